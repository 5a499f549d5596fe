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
