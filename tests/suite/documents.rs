//! What programs read: every JSON document that any test sees is what its schema in `fixtures/schemas` says.

use std::path::Path;
use std::sync::LazyLock;
use std::{collections::BTreeMap, fs};

use jsonschema::Validator;
use serde_json::{Deserializer, Value, json};

/// The schemas by the kinds of their documents. In a test no document has more than its schema knows.
static SCHEMAS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas");
    let files = fs::read_dir(directory).expect("the schemas");
    let schemas = files.map(|file| {
        let path = file.expect("a schema").path();
        let mut schema: Value = serde_json::from_slice(&fs::read(&path).expect("a schema")).expect("JSON");
        schema["unevaluatedProperties"] = json!(false);
        let kind = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (kind, jsonschema::validator_for(&schema).expect("a schema"))
    });
    schemas.collect()
});

/// Looks at each document of ours in an output that is JSON; what is no JSON is none.
#[track_caller]
pub fn are_as_their_schemas_say(output: &str) {
    if !output.starts_with('{') {
        return;
    }
    let documents = Deserializer::from_str(output).into_iter::<Value>();
    for document in documents.map_while(Result::ok) {
        if document["apiVersion"] == "stackanetes.io/v1alpha1" {
            let wrong = wrong(&document);
            assert!(wrong.is_empty(), "{wrong:#?} in\n{document:#}");
        }
    }
}

/// What of a document is not as its schema says.
fn wrong(document: &Value) -> Vec<String> {
    let Some(schema) = document["kind"].as_str().and_then(|kind| SCHEMAS.get(kind)) else {
        return vec![format!("no schema for {}", document["kind"])];
    };
    let errors = schema.iter_errors(document);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn a_document_that_is_not_as_its_schema_says_is_found() {
    let document = |kind: &str| {
        json!({
            "apiVersion": "stackanetes.io/v1alpha1", "kind": kind,
            "time": "2026-11-30T00:00:00.000Z", "type": "started", "action": "create",
            "object": {"group": "", "kind": "ConfigMap", "name": "one"},
        })
    };
    assert_eq!(wrong(&document("Event")), [""; 0]);
    assert_eq!(wrong(&document("Evant")).len(), 1);
    for (key, value) in [("type", "begun".into()), ("action", Value::Null), ("more", 1.into())] {
        let mut document = document("Event");
        document[key] = value;
        assert!(!wrong(&document).is_empty(), "{document}");
    }
}

/// The schema behind `schema`, if that only refers to another part of `whole`.
fn resolved<'a>(whole: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = schema["$ref"]
        .as_str()
        .and_then(|reference| reference.strip_prefix('#'));
    pointer.map_or(schema, |pointer| {
        resolved(whole, whole.pointer(pointer).expect("what is referred to"))
    })
}

/// The codes that an object of this schema may have.
fn codes<'a>(whole: &'a Value, schema: &'a Value) -> Vec<&'a str> {
    let schema = resolved(whole, schema);
    let own = schema.pointer("/properties/code/const").and_then(Value::as_str);
    let parts = ["oneOf", "anyOf", "allOf"]
        .into_iter()
        .filter_map(|part| schema[part].as_array());
    own.into_iter()
        .chain(parts.flatten().flat_map(|part| codes(whole, part)))
        .chain(schema.get("items").into_iter().flat_map(|items| codes(whole, items)))
        .collect()
}

#[test]
fn the_manual_tells_of_every_field_of_a_document_and_of_what_a_sync_refuses_for() {
    let manual = stackanetes::manual::topic("programs").expect("the chapter").text;
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas");
    let mut untold = Vec::new();
    for kind in SCHEMAS.keys() {
        let text = fs::read(directory.join(format!("{kind}.json"))).expect("a schema");
        let schema: Value = serde_json::from_slice(&text).expect("JSON");
        let fields = schema["properties"].as_object().into_iter().flatten();
        let fields = fields.map(|(name, _)| name.as_str());
        let parts = ["refusals", "dangers", "warnings"].map(|name| &schema["properties"][name]);
        let told = fields.chain(parts.into_iter().flat_map(|part| codes(&schema, part)));
        untold.extend(
            told.filter(|name| !manual.contains(&format!("`{name}`")))
                .map(|name| format!("{kind}: {name}")),
        );
    }
    assert!(untold.is_empty(), "{untold:#?}");
}
