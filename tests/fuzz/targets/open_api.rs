//! OpenAPI documents of API servers.

use serde_json::Value;
use stackanetes::object::GroupVersionKind;
use stackanetes::object::field::FieldPath;
use stackanetes::ssa::canonical;
use stackanetes::ssa::merge::{self, OnConflict, Writer};
use stackanetes::ssa::predict::{self, Predicted, Request};
use stackanetes::ssa::schema::{Schema, reduce};

/// Reads a document, and writes an object of each of its kinds. Where only what counts of the document is kept, the
/// same comes of it.
pub fn run(input: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Value>(input) else {
        return;
    };
    let schema = Schema::from_open_api([&document]);
    let reduced: Value = serde_json::from_str(&reduce([&document])).unwrap_or_default();
    let reduced = Schema::from_open_api([&reduced]);
    for gvk in schema.kinds() {
        let object = serde_json::json!({
            "apiVersion": gvk.api_version(), "kind": gvk.group_kind.kind,
            "metadata": {"name": "a", "labels": {"a": "b"}},
            "spec": {"a": [{"name": "a", "b": 1}, {"name": "b"}], "b": {"c": null}}, "status": {"a": "1"},
        });
        let written = write(&schema, &object);
        if reduced.kind(gvk).is_some() && is_declared_once(&document, gvk) {
            assert_eq!(write(&reduced, &object), written, "reduced");
        }
    }
}

/// Whether one schema says that it is of this kind: of two, what counts is not kept of both.
fn is_declared_once(document: &Value, gvk: &GroupVersionKind) -> bool {
    let schemas = document["components"]["schemas"].as_object();
    let kinds = |schema: &Value| schema["x-kubernetes-group-version-kind"].as_array().cloned();
    let is_it = |kind: &Value| kind["kind"] == gvk.group_kind.kind.as_str() && kind["version"] == gvk.version.as_str();
    let declaring = schemas
        .into_iter()
        .flatten()
        .filter(|(_, schema)| kinds(schema).iter().flatten().any(is_it));
    declaring.count() == 1
}

/// Applies an object, and applies it again, and asks everything that is asked of a schema.
pub fn write(schema: &Schema, object: &Value) -> Option<Predicted> {
    let kind = schema.kind_of(object)?;
    kind.empty();
    kind.reset("");
    kind.type_at(&FieldPath::of(&["spec", "a"]));
    merge::mistakes(kind.root(), object);
    merge::applied_fields(kind, object);
    let of = Some(kind.root());
    for same in [canonical::settled(of, object), canonical::stored(kind, object)] {
        assert_eq!(
            canonical::settled(of, &same),
            canonical::settled(of, &canonical::settled(of, &same)),
            "settled"
        );
    }
    let writer = Writer::new("ours", "2026-01-01T00:00:00Z");
    let request = Request {
        live: None,
        sent: object,
        writer: &writer,
        on_conflict: OnConflict::Refuse,
        is_as_applied: false,
    };
    let predicted = predict::predict(schema, &request).ok()?;
    let again = Request {
        live: Some(&predicted.object),
        ..request
    };
    // A manifest may say the same twice in ways that are refused only once it is there.
    let _ = predict::predict(schema, &again);
    Some(predicted)
}
