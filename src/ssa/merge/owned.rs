//! The fields that a value sets.

use std::collections::BTreeMap;

use serde_json::Value;

use super::form::{TypeForm, element};
use crate::object::field::{FieldSet, PathElement};
use crate::ssa::schema::{List, Map, Type};

/// Every leaf of `value`, and every item of its lists and of its undeclared maps.
///
/// An empty keyed list or set leaves no trace; `{}` and `null` do, and so does an atomic list.
pub(super) fn fields(of: Type<'_>, value: &Value) -> FieldSet {
    let mut fields = below(of, value);
    // Nobody owns the object as a whole.
    fields.set_member(false);
    fields
}

fn below(of: Type<'_>, value: &Value) -> FieldSet {
    let mut fields = FieldSet::default();
    match TypeForm::or_first(TypeForm::of(of, Some(value)), of) {
        TypeForm::Scalar => fields.set_member(true),
        TypeForm::Map => {
            if let Some(map) = of.map() {
                in_map(map, value, &mut fields);
            }
        }
        TypeForm::List => {
            if let Some(list) = of.list() {
                in_list(list, value, &mut fields);
            }
        }
    }
    fields
}

fn in_map(map: Map<'_>, value: &Value, fields: &mut FieldSet) {
    if map.is_atomic() {
        return fields.set_member(true);
    }
    for (name, child) in value.as_object().into_iter().flatten() {
        let Some(of) = map.child(name) else { continue };
        let mut set = below(of, child);
        let is_empty = child.is_null() || child.as_object().is_some_and(serde_json::Map::is_empty);
        if is_empty || map.field(name).is_none() {
            set.set_member(true);
        }
        fields.add_below(PathElement::field(name), set);
    }
}

fn in_list(list: List<'_>, value: &Value, fields: &mut FieldSet) {
    if list.is_atomic() {
        return fields.set_member(true);
    }
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let elements: Vec<_> = items.iter().map(|item| element(list, item).ok()).collect();
    let mut counts: BTreeMap<&PathElement, usize> = BTreeMap::new();
    for place in elements.iter().flatten() {
        *counts.entry(place).or_default() += 1;
    }
    for (item, place) in items.iter().zip(&elements) {
        let Some(place) = place else { continue };
        // Items that share a key are owned as one, without what is in them.
        let mut set = if counts.get(place).is_some_and(|count| *count > 1) {
            FieldSet::default()
        } else {
            below(list.item(), item)
        };
        set.set_member(true);
        fields.add_below(place.clone(), set);
    }
}
