//! Takes fields out of a manifest, and puts them in.

use serde_json::{Map, Value};

use crate::object::field::{FieldPath, PathElement};

/// Takes out what is at `path`, and everything around it of which nothing is left by that.
pub(crate) fn remove(object: &mut Value, path: &FieldPath) {
    remove_below(object, path.elements());
}

fn remove_below(value: &mut Value, path: &[PathElement]) {
    let Some((element, rest)) = path.split_first() else {
        return;
    };
    if !rest.is_empty() {
        let Some(child) = element.find_written_mut(value) else {
            return;
        };
        remove_below(child, rest);
        // An item is something as long as it has its keys.
        if !is_empty(child) {
            return;
        }
    }
    match value {
        Value::Object(map) => {
            if let PathElement::Field(name) = element {
                map.remove(name.as_str());
            }
        }
        Value::Array(items) => {
            if let Some(position) = element.position_written(items) {
                items.remove(position);
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Puts `new` at `path`, with what is missing around it. Where an item belongs in its list is read from
/// `live`, which has it.
pub(super) fn set(object: &mut Value, path: &FieldPath, new: &Value, live: &Value) {
    set_below(object, path.elements(), new, Some(live));
}

fn set_below(value: &mut Value, path: &[PathElement], new: &Value, live: Option<&Value>) {
    let Some((element, rest)) = path.split_first() else {
        *value = new.clone();
        return;
    };
    let below = live.and_then(|live| element.find(live));
    if let PathElement::Field(name) = element {
        if !value.is_object() {
            *value = Value::Object(Map::new());
        }
        return set_below(&mut value[name.as_str()], rest, new, below);
    }
    if !value.is_array() {
        *value = Value::Array(Vec::new());
    }
    let Some(items) = value.as_array_mut() else { return };
    let position = element.position_written(items).unwrap_or_else(|| {
        let position = place(items, element, live);
        items.insert(position, bare(element));
        position
    });
    if let Some(item) = items.get_mut(position) {
        set_below(item, rest, new, below);
    }
}

/// An item that is nothing but what it is known by.
fn bare(element: &PathElement) -> Value {
    match element {
        PathElement::Key(keys) => Value::Object(keys.clone()),
        PathElement::Value(value) => value.clone(),
        PathElement::Field(_) | PathElement::Index(_) => Value::Null,
    }
}

/// Where a new item belongs: before the first that stands behind it in `live`.
fn place(items: &[Value], element: &PathElement, live: Option<&Value>) -> usize {
    let standing = live.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut after = standing.iter().skip_while(|item| !element.selects(item)).skip(1);
    let same_key = |left: &Value, right: &Value| match element {
        PathElement::Key(keys) => keys
            .keys()
            .all(|name| left.get(name).is_none() || left.get(name) == right.get(name)),
        _ => left == right,
    };
    after
        .find_map(|next| items.iter().position(|item| same_key(item, next)))
        .unwrap_or(items.len())
}
