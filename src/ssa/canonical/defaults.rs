//! The defaults of custom kinds, which their schemas declare.

use serde_json::Value;

use crate::ssa::schema::Type;

/// Gives every map the defaults of the fields it does not have, from the root down. One that is
/// `null` counts as missing, unless its schema allows that value.
pub(super) fn fill(of: Type<'_>, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let Some(map) = of.map() else { return };
            for (name, field) in map.fields() {
                let is_missing = match fields.get(name) {
                    Some(Value::Null) => !field.is_nullable(),
                    value => value.is_none(),
                };
                if let (Some(default), true) = (field.default(), is_missing) {
                    fields.insert(name.to_owned(), default.clone());
                }
            }
            for (name, value) in fields {
                if let Some(of) = map.child(name) {
                    fill(of, value);
                }
            }
        }
        Value::Array(items) => {
            let Some(list) = of.list() else { return };
            for item in items {
                fill(list.item(), item);
            }
        }
        _ => {}
    }
}
