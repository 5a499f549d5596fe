//! The object that is written, before the write.

use serde_json::Value;

use super::managers;
use crate::object::field::ManagedFields;
use crate::ssa::schema::Kind;

/// An object that exists, or what an API server starts from when none does.
pub(super) struct Live {
    pub(super) object: Value,
    pub(super) managers: ManagedFields,
    pub(super) is_there: bool,
}

impl Live {
    /// Reads it, and takes the managed fields out of it.
    pub(super) fn read(live: Option<&Value>, kind: Kind<'_>) -> Self {
        let Some(live) = live else {
            return Self {
                object: empty(kind),
                managers: ManagedFields::default(),
                is_there: false,
            };
        };
        Self {
            object: unowned(live),
            managers: managers::told_apart(&ManagedFields::read(live)),
            is_there: true,
        }
    }
}

/// What an API server starts from where there is no object.
pub(super) fn empty(kind: Kind<'_>) -> Value {
    let mut object = kind.empty();
    object["apiVersion"] = kind.gvk().api_version().into();
    object["kind"] = kind.gvk().group_kind.kind.as_str().into();
    object
}

/// What an object says about who owns it.
pub(super) enum DeclaredOwners {
    /// The object has no managed fields at all.
    None,
    /// An empty list, or one with an empty entry: nobody shall be known to own anything.
    Reset,
    /// The fields that each manager owns.
    These(ManagedFields),
}

/// An object without its managed fields, and what they say.
pub(super) fn without_managed_fields(object: &Value) -> (Value, DeclaredOwners) {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    let declared = match entries.map(Vec::as_slice) {
        None => DeclaredOwners::None,
        Some([]) => DeclaredOwners::Reset,
        Some([Value::Object(entry)]) if entry.is_empty() => DeclaredOwners::Reset,
        Some(_) => DeclaredOwners::These(managers::told_apart(&ManagedFields::read(object))),
    };
    (unowned(object), declared)
}

/// A copy of an object without its managed fields, which are much of it.
fn unowned(object: &Value) -> Value {
    let Value::Object(fields) = object else {
        return object.clone();
    };
    let copied = fields.iter().map(|(name, value)| match value {
        Value::Object(metadata) if name == "metadata" => {
            let kept = metadata.iter().filter(|(name, _)| *name != "managedFields");
            let kept = kept.map(|(name, value)| (name.clone(), value.clone()));
            (name.clone(), Value::Object(kept.collect()))
        }
        value => (name.clone(), value.clone()),
    });
    Value::Object(copied.collect())
}
