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
            object: without_managed_fields(live).0,
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
pub(super) enum Declared {
    /// Nothing.
    None,
    /// An empty list, or one with an empty entry: nobody shall be known to own anything.
    Reset,
    /// They own this.
    These(ManagedFields),
}

/// An object without its managed fields, and what they say.
pub(super) fn without_managed_fields(object: &Value) -> (Value, Declared) {
    let mut object = object.clone();
    let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
    let removed = metadata.and_then(|metadata| metadata.remove("managedFields"));
    let declared = match removed.as_ref().and_then(Value::as_array).map(Vec::as_slice) {
        None => Declared::None,
        Some([]) => Declared::Reset,
        Some([Value::Object(entry)]) if entry.is_empty() => Declared::Reset,
        Some(entries) => {
            let entries = serde_json::json!({"metadata": {"managedFields": entries}});
            Declared::These(managers::told_apart(&ManagedFields::read(&entries)))
        }
    };
    (object, declared)
}
