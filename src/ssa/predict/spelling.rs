//! Keeps the spelling that a value has in another version of the object, where both mean the same.

use serde_json::{Map as JsonMap, Value};

use crate::object::field::{FieldSet, PathElement, order};
use crate::ssa::canonical;
use crate::ssa::merge::element;
use crate::ssa::schema::{List, Map, Type};

/// How two versions of an object are held against each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spelling {
    /// Whether the API server keeps the object in a typed structure, in which quantities have one
    /// spelling, and nothing and what is empty are one.
    pub(super) is_built_in: bool,
    /// Whether the other version may say more inside of what we own as a whole: defaults.
    pub(super) may_have_more: bool,
}

impl Spelling {
    /// `value` as `other` spells it. `ours` is what we own of `other`.
    pub(super) fn of(self, of: Type<'_>, other: &Value, value: Value, ours: Option<&FieldSet>) -> Value {
        match (value, other) {
            (Value::Object(fields), Value::Object(others)) if of.map().is_some_and(|map| !map.is_atomic()) => {
                let map = of.map();
                let fields = fields.into_iter();
                let spelled = fields.filter_map(|(name, value)| self.field(map, (name, value), others, ours));
                Value::Object(spelled.collect())
            }
            (Value::Array(items), Value::Array(others)) if of.list().is_some_and(|list| !list.is_atomic()) => {
                let items = items.into_iter();
                let spelled = items.map(|item| match of.list() {
                    Some(list) => self.item(list, item, others, ours),
                    None => item,
                });
                Value::Array(spelled.collect())
            }
            (value, other) if self.means(of, other, &value, ours) => other.clone(),
            (value, _) => value,
        }
    }

    fn field(
        self,
        map: Option<Map<'_>>,
        (name, value): (String, Value),
        others: &JsonMap<String, Value>,
        ours: Option<&FieldSet>,
    ) -> Option<(String, Value)> {
        let ours = ours.and_then(|ours| ours.child(&PathElement::field(&name)));
        let of = map.and_then(|map| map.child(&name));
        match (of, others.get(&name)) {
            (Some(of), Some(other)) => Some((name, self.of(of, other, value, ours))),
            // It was applied, and not stored: what is zero is left out there.
            (_, None) if self.is_built_in && ours.is_some() && is_zero(&value) => None,
            _ => Some((name, value)),
        }
    }

    fn item(self, list: List<'_>, item: Value, others: &[Value], ours: Option<&FieldSet>) -> Value {
        let Ok(place) = element(list, &item) else { return item };
        let mut others = others.iter();
        let other = others.find(|other| element(list, other).is_ok_and(|other| other == place));
        let ours = ours.and_then(|ours| ours.child(&place));
        match other {
            Some(other) => self.of(list.item(), other, item, ours),
            None => item,
        }
    }

    /// Whether two values mean the same.
    fn means(self, of: Type<'_>, other: &Value, value: &Value, ours: Option<&FieldSet>) -> bool {
        if !self.is_built_in {
            return order::equal(other, value);
        }
        let may_have_more = self.may_have_more && ours.is_some_and(FieldSet::is_member);
        canonical::covers(Some(of), Some(other), Some(value))
            && (may_have_more || canonical::covers(Some(of), Some(value), Some(other)))
    }
}

/// A scalar that says nothing.
fn is_zero(value: &Value) -> bool {
    !value.is_object() && !value.is_array() && canonical::is_nothing(value)
}
