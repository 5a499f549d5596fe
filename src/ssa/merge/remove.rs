//! Takes fields out of a value.

use serde_json::{Map as JsonMap, Value};

use super::form::{TypeForm, element};
use crate::object::field::{FieldSet, PathElement};
use crate::ssa::schema::{List, Map, Type};

/// The value without these fields. A value of which nothing is left, and an atomic one below which
/// something was to go, is `null`.
pub(super) fn remove(of: Type<'_>, value: &Value, fields: &FieldSet) -> Value {
    match (
        TypeForm::or_first(TypeForm::of(of, Some(value)), of),
        of.map(),
        of.list(),
    ) {
        (TypeForm::Map, Some(map), _) => from_map(map, value, fields),
        (TypeForm::List, _, Some(list)) => from_list(list, value, fields),
        _ => value.clone(),
    }
}

fn from_map(map: Map<'_>, value: &Value, fields: &FieldSet) -> Value {
    if map.is_atomic() {
        return Value::Null;
    }
    let mut left = JsonMap::new();
    for (name, child) in value.as_object().into_iter().flatten() {
        let place = PathElement::field(name);
        let kept = match (fields.child(&place), map.child(name)) {
            (Some(fields), _) if fields.is_member() => continue,
            (Some(fields), Some(of)) if !fields.is_empty() => remove(of, child, fields),
            _ => child.clone(),
        };
        left.insert(name.clone(), kept);
    }
    if left.is_empty() {
        Value::Null
    } else {
        Value::Object(left)
    }
}

fn from_list(list: List<'_>, value: &Value, fields: &FieldSet) -> Value {
    if list.is_atomic() {
        return Value::Null;
    }
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let left = items.iter().filter_map(|item| {
        let fields = element(list, item).ok().and_then(|place| fields.child(&place).cloned());
        match fields {
            Some(fields) if fields.is_member() => None,
            Some(fields) if !fields.is_empty() => Some(remove(list.item(), item, &fields)),
            _ => Some(item.clone()),
        }
    });
    let left: Vec<_> = left.collect();
    if left.is_empty() {
        Value::Null
    } else {
        Value::Array(left)
    }
}
