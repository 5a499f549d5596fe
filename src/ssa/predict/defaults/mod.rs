//! The defaults of the API server's own kinds, which it does not publish.
//!
//! They are those of `k8s.io/kubernetes/pkg/apis/*/v1/defaults.go` (1.37), by the types that they are
//! about there. An object that lives has them already: they count where a field is taken back, where an
//! item comes to a list, and inside of values that are replaced as a whole.

mod computed;
mod constants;
mod image;

use serde_json::{Map as JsonMap, Value, json};

use crate::ssa::merge::element;
use crate::ssa::schema::{Map, Type};

use constants::Constant::{Empty, Flag, Number, Text};

/// Fills in what a server would, from the root down.
///
/// What is there already (`live`) has the defaults of its server, which may be older or newer: where it has a
/// structure without a field, there is no default of it.
pub(super) fn fill(of: Type<'_>, value: &mut Value, live: Option<&Value>) {
    match value {
        Value::Object(fields) => {
            let Some(map) = of.map() else { return };
            let live = live.and_then(Value::as_object);
            if let Some(name) = of.name() {
                fill_type(name.strip_prefix("io.k8s.api.").unwrap_or(name), fields, live);
            }
            fill_declared(map, fields, live);
            for (name, value) in fields {
                // The server's part of an object is none of ours.
                if let Some(of) = map.child(name).filter(|_| name != "status") {
                    fill(of, value, live.and_then(|live| live.get(name)));
                }
            }
        }
        Value::Array(items) => {
            let Some(list) = of.list() else { return };
            let others = live.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            for item in items {
                let place = element(list, item).ok();
                let is_same = |other: &&Value| place.is_some() && element(list, other).ok() == place;
                fill(list.item(), item, others.iter().find(is_same));
            }
        }
        _ => {}
    }
}

/// The defaults that the schema declares, and the structures that are always written.
fn fill_declared(map: Map<'_>, fields: &mut JsonMap<String, Value>, live: Option<&JsonMap<String, Value>>) {
    for (name, field) in map.fields().filter(|(name, _)| *name != "status") {
        let is_default = |default: &Value| match default {
            Value::Object(fields) => fields.is_empty() && field.of().map().is_some(),
            Value::String(text) => !text.is_empty(),
            Value::Number(number) => number.as_f64() != Some(0.0),
            default => default == &Value::Bool(true),
        };
        let default = field.default().filter(|default| is_default(default));
        if let Some(default) = default.filter(|_| has_default(live, name)) {
            set(fields, name, default.clone());
        }
    }
}

fn fill_type(of: &str, fields: &mut JsonMap<String, Value>, live: Option<&JsonMap<String, Value>>) {
    let constants = constants::of_type(of).iter();
    for (name, constant) in constants.filter(|(name, _)| has_default(live, name)) {
        let value = match *constant {
            Text(text) => text.into(),
            Number(number) => number.into(),
            Flag(flag) => flag.into(),
            Empty => json!({}),
        };
        set(fields, name, value);
    }
    computed::fill(of, fields);
}

/// Whether the server is not known to have no default of a field.
fn has_default(live: Option<&JsonMap<String, Value>>, name: &str) -> bool {
    live.is_none_or(|live| live.contains_key(name))
}

/// Sets a field that has no value.
fn set(fields: &mut JsonMap<String, Value>, name: &str, value: Value) {
    let is_set = |value: &Value| !value.is_null() && value != "";
    if !fields.get(name).is_some_and(is_set) {
        fields.insert(name.to_owned(), value);
    }
}
