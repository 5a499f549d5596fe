//! Reduces OpenAPI documents to what merging needs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::open_api::{gvk, is_built_in, kinds_of, referred};
use crate::object::GroupVersionKind;

/// What is kept of a schema as it is.
const KEPT: [&str; 11] = [
    "default",
    "format",
    "nullable",
    "required",
    "type",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-group-version-kind",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
];

/// Older names for list types, kept where there is none.
const PATCH: [&str; 2] = ["x-kubernetes-patch-merge-key", "x-kubernetes-patch-strategy"];

const PRESERVE: &str = "x-kubernetes-preserve-unknown-fields";

/// One document of `/openapi/v3` out of many, with the types of objects and what they refer to, and
/// of these what merging needs. Each type is on a line of its own, sorted by name.
pub fn reduce<'a>(documents: impl IntoIterator<Item = &'a Value>) -> String {
    let documents: Vec<&Value> = documents.into_iter().collect();
    let mut all = BTreeMap::new();
    for document in &documents {
        let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
        all.extend(schemas.into_iter().flatten());
    }
    let mut kept = BTreeMap::new();
    let objects = all.iter().filter(|(_, schema)| is_object(schema));
    let mut wanted: Vec<&str> = objects.map(|(name, _)| name.as_str()).collect();
    while let Some(name) = wanted.pop() {
        if let (false, Some(schema)) = (kept.contains_key(name), all.get(&name.to_owned())) {
            kept.insert(name, reduced(schema));
            wanted.extend(references(schema));
        }
    }
    let line = |(name, schema): (&&str, &Value)| format!("{}:{schema}", Value::from(*name));
    let schemas: Vec<_> = kept.iter().map(line).collect();
    // Of custom kinds, whether they have a status of their own is told by their paths alone.
    let statuses: BTreeMap<&str, Value> = documents.iter().flat_map(|document| statuses(document)).collect();
    let paths: Vec<_> = statuses.iter().map(line).collect();
    format!(
        "{{\"components\":{{\"schemas\":{{\n{}\n}}}},\"paths\":{{{}}}}}\n",
        schemas.join(",\n"),
        paths.join(",\n")
    )
}

/// The paths of the statuses of custom kinds, and of which kind each is.
fn statuses(document: &Value) -> impl Iterator<Item = (&str, Value)> {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let built_in: BTreeSet<GroupVersionKind> = schemas
        .into_iter()
        .flatten()
        .filter(|(name, _)| is_built_in(name))
        .flat_map(|(_, schema)| kinds_of(schema))
        .collect();
    let paths = document.get("paths").and_then(Value::as_object);
    let statuses = paths
        .into_iter()
        .flatten()
        .filter(|(path, _)| path.ends_with("/status"));
    statuses.filter_map(move |(path, operations)| {
        let kind = operations.pointer("/get/x-kubernetes-group-version-kind")?;
        let is_custom = !built_in.contains(&gvk(kind));
        is_custom.then(|| (path.as_str(), json!({"get": {"x-kubernetes-group-version-kind": kind}})))
    })
}

/// Whether this is the schema of objects, not of lists of them or of options.
fn is_object(schema: &Value) -> bool {
    let metadata = schema.pointer("/properties/metadata").and_then(referred);
    !kinds_of(schema).is_empty() && metadata.is_some_and(|name| name.ends_with(".ObjectMeta"))
}

fn references(schema: &Value) -> BTreeSet<&str> {
    let mut names: BTreeSet<&str> = referred(schema).into_iter().collect();
    match schema {
        Value::Object(map) => names.extend(map.values().flat_map(references)),
        Value::Array(list) => names.extend(list.iter().flat_map(references)),
        _ => {}
    }
    names
}

fn reduced(schema: &Value) -> Value {
    let Some(map) = schema.as_object() else {
        return schema.clone();
    };
    let mut kept = Map::new();
    let patch = if map.contains_key("x-kubernetes-list-type") {
        [].as_slice()
    } else {
        &PATCH
    };
    for key in KEPT.iter().chain(patch).chain([&PRESERVE]) {
        if let Some(value) = map.get(*key) {
            kept.insert((*key).to_owned(), value.clone());
        }
    }
    if let Some(name) = referred(schema) {
        kept.insert("$ref".to_owned(), name.into());
    }
    for key in ["items", "additionalProperties"] {
        if let Some(value) = map.get(key) {
            kept.insert(key.to_owned(), reduced(value));
        }
    }
    if let Some(properties) = map.get("properties").and_then(Value::as_object) {
        let properties = properties.iter().map(|(name, schema)| (name.clone(), reduced(schema)));
        kept.insert("properties".to_owned(), properties.collect());
    }
    Value::Object(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssa::schema::Schema;

    #[test]
    fn a_custom_kind_of_a_protected_group_keeps_its_status() {
        let gvk = json!({"group": "snapshot.storage.k8s.io", "version": "v1", "kind": "Snapshot"});
        let status = json!({"type": "object"});
        let metadata = json!({"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"});
        let document = json!({
            "components": {"schemas": {
                "io.k8s.storage.snapshot.v1.Snapshot": {
                    "type": "object",
                    "properties": {"metadata": metadata, "status": status},
                    "x-kubernetes-group-version-kind": [gvk],
                },
                "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {"type": "object", "properties": {"name": {"type": "string"}}},
            }},
            "paths": {"/apis/snapshot.storage.k8s.io/v1/namespaces/{namespace}/snapshots/{name}/status": {
                "get": {"x-kubernetes-group-version-kind": gvk},
            }},
        });
        let reduced: Value = serde_json::from_str(&reduce([&document])).expect("JSON");
        for document in [&document, &reduced] {
            let schema = Schema::from_open_api([document]);
            let kind = schema.kinds().next().expect("a kind");
            assert!(!schema.kind(kind).expect("it").reset("").is_empty(), "{document}");
        }
    }
}
