//! CustomResourceDefinitions.

use serde_json::Value;
use stackanetes::ssa::schema::Schema;

use super::open_api;

/// Reads a definition, and writes an object of each of its kinds. A second value in the input is an object to write.
pub fn run(input: &[u8]) {
    let mut values = serde_json::Deserializer::from_slice(input).into_iter::<Value>();
    let Some(Ok(definition)) = values.next() else { return };
    let mut schema = Schema::from_open_api([]);
    schema.add_custom(&definition);
    for gvk in schema.kinds() {
        let object = serde_json::json!({
            "apiVersion": gvk.api_version(), "kind": gvk.group_kind.kind,
            "metadata": {"name": "a"}, "spec": {"a": [{"name": "a"}, {"name": "b"}], "b": {"c": null}},
        });
        open_api::write(&schema, &object);
    }
    if let Some(Ok(object)) = values.next() {
        open_api::write(&schema, &object);
    }
}
