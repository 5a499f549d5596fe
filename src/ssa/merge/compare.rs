//! What differs between two versions of an object, as fields.

use serde_json::{Map as JsonMap, Value};
use std::collections::BTreeMap;

use super::form::{TypeForm, element};
use crate::object::field::{FieldSet, PathElement, order};
use crate::ssa::schema::{List, Map, Type};

/// The fields on which two versions of an object differ. None is in more than one of the sets.
#[derive(Debug, Clone, Default)]
pub(super) struct ValueComparison {
    pub(super) removed: FieldSet,
    pub(super) modified: FieldSet,
    pub(super) added: FieldSet,
}

impl ValueComparison {
    /// The comparison of two versions of an object.
    pub(super) fn of(of: Type<'_>, old: &Value, new: &Value) -> Self {
        let mut walk = ValueWalk {
            path: Vec::new(),
            found: Self::default(),
        };
        walk.values(of, Some(old), Some(new));
        walk.found
    }

    /// This comparison without these fields and what is below them.
    pub(super) fn without(self, fields: &FieldSet) -> Self {
        Self {
            removed: self.removed.without_below(fields),
            modified: self.modified.without_below(fields),
            added: self.added.without_below(fields),
        }
    }

    /// What is new or has another value.
    pub(super) fn changed(&self) -> FieldSet {
        let mut changed = self.modified.clone();
        changed.extend(&self.added);
        changed
    }
}

struct ValueWalk {
    path: Vec<PathElement>,
    found: ValueComparison,
}

impl ValueWalk {
    fn values(&mut self, of: Type<'_>, old: Option<&Value>, new: Option<&Value>) {
        let (old_form, new_form) = (TypeForm::of(of, old), TypeForm::of(of, new));
        let is_leaf = match (old, new) {
            (None, None) => return,
            (_, None) => self.form(TypeForm::or_first(old_form, of), of, old, new),
            (None, _) => self.form(TypeForm::or_first(new_form, of), of, old, new),
            _ if old_form == new_form => self.form(TypeForm::or_first(new_form, of), of, old, new),
            // The value took another form: what both forms have of it differs.
            _ => {
                self.form(TypeForm::or_first(old_form, of), of, old, new);
                self.form(TypeForm::or_first(new_form, of), of, old, new)
            }
        };
        match (old, new) {
            (None, _) if !is_leaf => self.found.added.insert(&self.path),
            (_, None) if !is_leaf => self.found.removed.insert(&self.path),
            _ => {}
        }
    }

    /// Whether it was a leaf.
    fn form(&mut self, form: TypeForm, of: Type<'_>, old: Option<&Value>, new: Option<&Value>) -> bool {
        match (form, of.map(), of.list()) {
            (TypeForm::Map, Some(map), _) => self.maps(map, old, new),
            (TypeForm::List, _, Some(list)) => self.lists(list, old, new),
            _ => {
                self.leaf(old, new);
                true
            }
        }
    }

    fn leaf(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (None, _) => self.found.added.insert(&self.path),
            (_, None) => self.found.removed.insert(&self.path),
            (Some(old), Some(new)) if !order::equal(old, new) => self.found.modified.insert(&self.path),
            _ => {}
        }
    }

    fn maps(&mut self, map: Map<'_>, old: Option<&Value>, new: Option<&Value>) -> bool {
        let none = JsonMap::new();
        let before = old.and_then(Value::as_object).unwrap_or(&none);
        let after = new.and_then(Value::as_object).unwrap_or(&none);
        // Nothing on both sides is a leaf, so that `null`, `{}` and absence stay apart.
        if map.is_atomic() || (before.is_empty() && after.is_empty()) {
            self.leaf(old, new);
            return true;
        }
        let added = after.keys().filter(|name| !before.contains_key(*name));
        for name in before.keys().chain(added) {
            if let Some(of) = map.child(name) {
                self.child(PathElement::field(name), of, before.get(name), after.get(name));
            }
        }
        false
    }

    fn lists(&mut self, list: List<'_>, old: Option<&Value>, new: Option<&Value>) -> bool {
        let before = old.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let after = new.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if list.is_atomic() || (before.is_empty() && after.is_empty()) {
            self.leaf(old, new);
            return true;
        }
        let mut items: BTreeMap<PathElement, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
        for item in before {
            if let Ok(place) = element(list, item) {
                items.entry(place).or_default().0.push(item);
            }
        }
        for item in after {
            if let Ok(place) = element(list, item) {
                items.entry(place).or_default().1.push(item);
            }
        }
        for (place, (old, new)) in items {
            self.items(list, place, &old, &new);
        }
        false
    }

    /// The items that share a key. Where one of the versions has several, they are compared as one.
    fn items(&mut self, list: List<'_>, place: PathElement, old: &[&Value], new: &[&Value]) {
        let of = list.item();
        match (old, new) {
            ([] | [_], [] | [_]) => self.child(place, of, old.first().copied(), new.first().copied()),
            ([_, _, ..], [_, _, ..]) => {
                let equal = old.len() == new.len() && old.iter().zip(new).all(|(old, new)| order::equal(old, new));
                if !equal {
                    self.at(place, |walk| walk.found.modified.insert(&walk.path));
                }
            }
            ([_, _, ..], _) => {
                self.child(place.clone(), of, None, new.first().copied());
                self.at(place, |walk| walk.found.removed.insert(&walk.path));
            }
            _ => {
                self.child(place.clone(), of, old.first().copied(), None);
                self.at(place, |walk| walk.found.added.insert(&walk.path));
            }
        }
    }

    fn child(&mut self, place: PathElement, of: Type<'_>, old: Option<&Value>, new: Option<&Value>) {
        self.at(place, |walk| walk.values(of, old, new));
    }

    fn at(&mut self, place: PathElement, visit: impl FnOnce(&mut Self)) {
        self.path.push(place);
        visit(self);
        self.path.pop();
    }
}
