//! Puts back what a write cannot set.

use serde_json::Value;

use crate::object::field::{FieldSet, PathElement};
use crate::ssa::schema::Kind;

/// The object as it is stored after a write through `subresource`: what the API server resets is as it
/// was, and through the status of a custom kind nothing but the status is written.
pub(super) fn restore(kind: Kind<'_>, subresource: &str, live: &Value, object: Value) -> Value {
    if subresource == "status" && !kind.is_built_in() {
        let mut stored = live.clone();
        put(&mut stored, "status", object.get("status").cloned());
        return stored;
    }
    let mut stored = object;
    below(&kind.reset(subresource), Some(live), &mut stored);
    stored
}

fn below(fields: &FieldSet, live: Option<&Value>, stored: &mut Value) {
    for (element, fields) in fields.children() {
        let PathElement::Field(name) = element else { continue };
        let before = live.and_then(|live| live.get(name.as_str()));
        if fields.is_member() {
            put(stored, name, before.cloned());
        } else if let Some(stored) = stored.get_mut(name.as_str()) {
            below(fields, before, stored);
        }
    }
}

fn put(object: &mut Value, name: &str, value: Option<Value>) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove(name);
        fields.extend(value.map(|value| (name.to_owned(), value)));
    }
}
