//! What an API server does to the values of its own kinds when it stores them, beyond what
//! [`canonical::stored`](crate::canonical::stored) does, and as far as it decides who owns what.

use serde_json::Value;

use crate::schema::{ListType, Map, Type};

/// Drops the maps that are empty, and gives the items of keyed lists the defaults of the keys that
/// they do not have: `protocol: TCP`.
pub(super) fn settle(of: Type<'_>, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let Some(map) = of.map() else { return };
            fields.retain(|name, value| !map.child(name).is_some_and(|of| is_empty_map(of, value)));
            for (name, value) in fields {
                if let Some(of) = map.child(name).filter(|_| name != "managedFields") {
                    settle(of, value);
                }
            }
        }
        Value::Array(items) => {
            let Some(list) = of.list() else { return };
            for item in items {
                settle(list.item(), item);
                if let (ListType::Map(names), Some(map)) = (list.kind(), list.item().map()) {
                    fill(map, names, item);
                }
            }
        }
        _ => {}
    }
}

/// Whether it is a map of names that are not declared, with none in it; a structure is not.
fn is_empty_map(of: Type<'_>, value: &Value) -> bool {
    let is_open = |map: Map<'_>| map.fields().next().is_none() && !map.is_unknown();
    value.as_object().is_some_and(serde_json::Map::is_empty) && of.map().is_some_and(is_open)
}

fn fill(map: Map<'_>, names: &[String], item: &mut Value) {
    let Some(fields) = item.as_object_mut() else { return };
    for name in names {
        if let (None, Some(default)) = (fields.get(name), map.field(name).and_then(|field| field.default())) {
            fields.insert(name.clone(), default.clone());
        }
    }
}
