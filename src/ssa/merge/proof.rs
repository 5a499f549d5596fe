//! Proof, without asking anybody, that an apply would change nothing.

use serde_json::Value;

use super::managers::told_apart;
use super::write::is_same_but_times;
use super::{OnConflict, Writer, apply};
use crate::object::field::{ManagedFields, order};
use crate::ssa::canonical;
use crate::ssa::schema::Schema;

/// Whether `manager`, who applied exactly `config` the last time, would change nothing by applying it
/// again: neither values, nor the order of items, nor owners. At most, times and the generation would be
/// others.
///
/// It is for the caller to know that this is what was applied: inside of what is owned as a whole the API
/// server sets defaults, and nothing tells them from what is no longer wanted there. A no says nothing:
/// it was not proved. A yes holds as long as the API server defaults and admits as it did then.
pub fn changes_nothing(schema: &Schema, live: &Value, config: &Value, manager: &str) -> bool {
    let Some(kind) = schema.kind_of(config) else {
        return false;
    };
    // Whose entry has which time makes no difference.
    let writer = Writer::new(manager, "");
    let Ok(merged) = apply(schema, Some(live), config, &writer, OnConflict::Force) else {
        return false;
    };
    let by_name = |managers: &ManagedFields| {
        let mut managers = told_apart(managers);
        managers.forget_times();
        managers.sort();
        managers
    };
    if !is_same_but_times(&by_name(&ManagedFields::read(live)), &by_name(&merged.managed_fields)) {
        return false;
    }
    let without_owners = |object: &Value| {
        let mut object = object.clone();
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
        object
    };
    let (live, stored) = (
        without_owners(live),
        without_owners(&canonical::stored(kind, &merged.object)),
    );
    if kind.is_built_in() {
        canonical::covers(Some(kind.root()), Some(&live), Some(&stored))
    } else {
        // What is empty, what is `null` and what is not there are three things here.
        order::equal(&live, &stored)
    }
}
