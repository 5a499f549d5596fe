//! The rules, one by one. Whether they are those of an API server, the differential test knows.

mod apply;
mod lists;
mod unchanged;
mod update;

use serde_json::{Value, json};

use super::*;
use crate::object::field::FieldPath;

fn at(manager: &str) -> Writer {
    Writer::new(manager, "2026-01-01T00:00:00Z")
}

fn config_map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}, "data": data})
}

fn pod(spec: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "b"}, "spec": spec})
}

/// Applied by force.
fn applied(live: Option<&Value>, config: &Value, manager: &str) -> Value {
    apply(Schema::bundled(), live, config, &at(manager), OnConflict::Force)
        .expect("it can be applied")
        .object
}

fn updated(live: Option<&Value>, new: &Value, manager: &str) -> Value {
    update(Schema::bundled(), live, new, &at(manager))
        .expect("it can be written")
        .object
}

fn refused(live: Option<&Value>, config: &Value, manager: &str) -> MergeError {
    apply(Schema::bundled(), live, config, &at(manager), OnConflict::Refuse).expect_err("it is refused")
}

/// What a manager owns, as FieldsV1; `null` when nothing.
fn fields(object: &Value, manager: &str) -> Value {
    let managers = ManagedFields::read(object);
    let mut entries = managers.entries();
    entries
        .find(|(writer, _)| writer.name == manager)
        .map_or(Value::Null, |(_, fields)| fields.to_fields_v1())
}
