//! The JSON Schema of each document, made from its type.
//!
//! `GOLDEN=rewrite cargo test --lib schemas` writes them anew.

use std::path::Path;
use std::{env, fs};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::DocumentKind;
use crate::plan::API_VERSION;

/// The schema of a document: that of its content, and what every document begins with.
fn schema<T: DocumentKind + JsonSchema>() -> (&'static str, Value) {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    never_null(&mut schema);
    schema["title"] = T::KIND.into();
    let begins = json!({
        "type": "object",
        "properties": {"apiVersion": {"const": API_VERSION}, "kind": {"const": T::KIND}},
        "required": ["apiVersion", "kind"],
    });
    match schema.get_mut("allOf").and_then(Value::as_array_mut) {
        Some(all) => all.push(begins),
        None => schema["allOf"] = json!([begins]),
    }
    (T::KIND, schema)
}

/// What does not apply is left out: a property that need not be there is not null where it is.
fn never_null(schema: &mut Value) {
    let required: Vec<String> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if !required.contains(name) {
            without_null(property);
        }
    }
    match schema {
        Value::Object(map) => map.values_mut().for_each(never_null),
        Value::Array(items) => items.iter_mut().for_each(never_null),
        _ => {}
    }
}

fn without_null(property: &mut Value) {
    if let Some(types) = property.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            property["type"] = only.clone();
        }
    }
    if let Some(any) = property.get_mut("anyOf").and_then(Value::as_array_mut) {
        any.retain(|one| *one != json!({"type": "null"}));
    }
}

#[test]
fn each_document_has_its_schema_in_the_repository() {
    let schemas = [
        schema::<super::plan::Plan<'static>>(),
        schema::<super::environments::PlanList<'static>>(),
        schema::<super::event::Event<'static>>(),
        schema::<super::report::Report<'static>>(),
        schema::<super::check::Check<'static>>(),
        schema::<super::status::Status<'static>>(),
        schema::<super::status::StatusList<'static>>(),
        schema::<super::history::HistoryList<'static>>(),
        schema::<super::history::History<'static>>(),
        schema::<super::roles::RoleList<'static>>(),
        schema::<super::error::ErrorDocument>(),
    ];
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas");
    for (kind, schema) in schemas {
        assert!(jsonschema::meta::is_valid(&schema), "{kind} is no schema");
        let path = directory.join(format!("{kind}.json"));
        let text = format!("{schema:#}\n");
        if env::var_os("GOLDEN").is_some_and(|value| value == "rewrite") {
            fs::create_dir_all(&directory).expect("a directory of the repository");
            fs::write(&path, text).expect("a file of the repository");
            continue;
        }
        let stored = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            stored == text,
            "{} is not what its type says: GOLDEN=rewrite cargo test --lib schemas",
            path.display()
        );
    }
}
