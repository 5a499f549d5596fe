//! What an API server does to an object of a custom kind whenever it converts it.

use serde_json::Value;

use crate::canonical;
use crate::schema::Type;

/// The object without `null`, where the schema neither allows nor replaces it, and with the metadata
/// of every resource in it as a typed structure has them: nothing empty.
pub(super) fn coerce(of: Type<'_>, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let Some(map) = of.map() else { return };
            fields.retain(|name, value| {
                let has_default = map.field(name).is_some_and(|field| field.default().is_some());
                !value.is_null() || has_default || map.child(name).is_none_or(Type::is_nullable)
            });
            for (name, value) in fields {
                let Some(of) = map.child(name) else { continue };
                // Only metadata refers to a type by name.
                if of.is_named() && name == "metadata" {
                    *value = canonical::settled(Some(of), value);
                    if let Some(fields) = value.as_object_mut() {
                        fields.retain(|_, value| value.as_object().is_none_or(|map| !map.is_empty()));
                    }
                } else {
                    coerce(of, value);
                }
            }
        }
        Value::Array(items) => {
            let Some(list) = of.list() else { return };
            for item in items {
                coerce(list.item(), item);
            }
        }
        _ => {}
    }
}
