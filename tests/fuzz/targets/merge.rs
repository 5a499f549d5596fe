//! Server-side apply of any object onto any other.

use serde_json::Value;
use stackanetes::diagnostic::place::SourceFile;
use stackanetes::ssa::merge::{self, OnConflict, Writer};
use stackanetes::ssa::schema::Schema;
use stackanetes::yaml;

use super::open_api;

/// Two documents: the first is the live object, which may have managed fields, and the second is applied to it.
pub fn run(input: &[u8]) {
    let file = SourceFile::new("a.yaml", String::from_utf8_lossy(input));
    let documents = yaml::documents(&file, &mut Vec::new());
    let mut values = documents.into_iter().map(|document| document.root.into_value());
    let (Some(live), applied) = (values.next(), values.next()) else {
        return;
    };
    let schema = Schema::bundled();
    open_api::write(schema, &live);
    let Some(applied) = applied else { return };
    if live["kind"] != applied["kind"] || live["apiVersion"] != applied["apiVersion"] {
        return;
    }
    apply(schema, &live, &applied);
}

/// What was applied by force is not changed by the same apply.
fn apply(schema: &Schema, live: &Value, applied: &Value) {
    let writer = Writer::new("ours", "2026-01-01T00:00:00Z");
    let _ = merge::apply(schema, Some(live), applied, &writer, OnConflict::Refuse);
    let _ = merge::update(schema, Some(live), applied, &writer);
    let Ok(merged) = merge::apply(schema, Some(live), applied, &writer, OnConflict::Force) else {
        return;
    };
    let again = merge::apply(schema, Some(&merged.object), applied, &writer, OnConflict::Refuse);
    let again = again.unwrap_or_else(|error| panic!("refused the second time: {error}"));
    assert_eq!(again.object, merged.object, "applied twice");
}
