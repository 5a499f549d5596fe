//! Lists that were one value, and that a definition has come to merge item by item.

use serde_json::Value;

use super::owned;
use crate::object::field::{FieldPath, FieldSet, PathElement};
use crate::ssa::schema::{List, Map, Type};

/// What a manager owns, with every item of the lists of which it owns the whole, where these are merged item by
/// item now. Nothing where there is no such list.
///
/// An API server leaves the record as it was (typed `ReconcileFieldSetWithSchema` in
/// sigs.k8s.io/structured-merge-diff), and an item that the manager drops then stays for ever. An empty list of
/// items leaves no trace, so that a list with an owner and no owned item was one value when it was applied.
pub fn regrown(of: Type<'_>, owned: &FieldSet, value: &Value) -> Option<FieldSet> {
    let mut grown = FieldSet::default();
    grown.set_member(owned.is_member());
    let mut has_grown = false;
    for (element, below) in owned.children() {
        let found = FieldPath::from_iter([element.clone()]).find(value);
        let of = match element {
            PathElement::Field(name) => of.map().and_then(|map: Map<'_>| map.child(name)),
            _ => of.list().map(List::item),
        };
        let items = of.zip(found).and_then(|(of, value)| {
            let is_whole = below.is_member() && below.children().next().is_none();
            let is_list = of.list().is_some_and(|list| !list.is_atomic())
                && value.as_array().is_some_and(|items| !items.is_empty());
            if is_whole && is_list {
                Some(owned::fields(of, value))
            } else {
                regrown(of, below, value)
            }
        });
        has_grown |= items.is_some();
        grown.add_below(element.clone(), items.unwrap_or_else(|| below.clone()));
    }
    has_grown.then_some(grown)
}
