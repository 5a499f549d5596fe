//! Proof, without asking anybody, that an apply would change nothing.

use serde_json::Value;

use super::live::Live;
use super::unchanged::is_unchanged;
use super::write::Merge;
use super::{OnConflict, Writer, restore};
use crate::object::field::{ManagedFields, order};
use crate::ssa::canonical;
use crate::ssa::schema::{Kind, Schema};

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
    is_unchanged(kind, live, config, manager) || merges_into_itself(schema, kind, (live, config), manager)
}

/// Whether an apply changes nothing, seen by merging.
pub(super) fn merges_into_itself(
    schema: &Schema,
    kind: Kind<'_>,
    (live, config): (&Value, &Value),
    manager: &str,
) -> bool {
    // Whose entry has which time makes no difference.
    let writer = Writer::new(manager, "");
    let merge = Merge::new(schema, kind, &writer);
    let live = Live::read(Some(live), kind);
    let Ok(applied) = merge.apply(&live, config, OnConflict::Force) else {
        return false;
    };
    if !own_the_same(&live.managers, &applied.managers) {
        return false;
    }
    // Not looked at are the defaults of a custom resource's definition that the live object lacks. An API server sets
    // them whenever it reads an object, so that only one of a sandbox or a snapshot can lack them.
    if applied.is_unchanged {
        return true;
    }
    let object = restore::restore(kind, "", &live.object, applied.object);
    let stored = canonical::stored(kind, &object);
    if kind.is_built_in() {
        canonical::covers(Some(kind.root()), Some(&live.object), Some(&stored))
    } else {
        // What is empty, what is `null` and what is not there are three things here.
        order::equal(&live.object, &stored)
    }
}

/// Whether the same writers own the same, whenever they wrote. Each writer has one entry.
fn own_the_same(left: &ManagedFields, right: &ManagedFields) -> bool {
    left.entries().count() == right.entries().count()
        && left.entries().all(|(writer, fields)| {
            let mut same = right.entries();
            same.any(|(other, others)| writer.is(other) && writer.api_version == other.api_version && fields == others)
        })
}
