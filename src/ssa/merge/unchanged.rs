//! The usual proof: an object stands just as it was applied, which a walk over it sees without merging anything.

use serde_json::Value;

use super::form::{TypeForm, key_value};
use super::{managers, mistakes, owned, reconcile, validate};
use crate::object::field::{FieldManager, FieldSet, ManagedFields, order};
use crate::ssa::schema::{Kind, List, ListType, Type};

/// Whether an apply of `config` by `manager` leaves `live` as it is, where that is plain to see: what `config` says
/// stands there letter by letter, with the items of lists in its order and no others between them, and just that is
/// what the manager owns.
///
/// A yes is one of [`super::changes_nothing`] too; a no says nothing.
pub(super) fn is_unchanged(kind: Kind<'_>, live: &Value, config: &Value, manager: &str) -> bool {
    let root = kind.root();
    is_said(root, live, config)
        && owns_just(kind, live, config, manager)
        && mistakes(root, config).is_empty()
        && validate::mistakes_in_stored(root, live).is_empty()
}

/// Whether `manager` has applied just the fields of `config`, once; and nothing that anybody owns is recorded in
/// another version than the object has, or otherwise than its schema is now.
fn owns_just(kind: Kind<'_>, live: &Value, config: &Value, manager: &str) -> bool {
    let api_version = kind.gvk().api_version();
    let managed = ManagedFields::read(live);
    let mut ours = managed.entries().filter(|(writer, _)| writer.is_apply_of(manager));
    let (Some((_, ours)), None) = (ours.next(), ours.next()) else {
        return false;
    };
    let is_recorded_so = |(writer, fields): (&FieldManager, &FieldSet)| {
        writer.api_version == api_version && reconcile::is_reconciled(kind.root(), fields)
    };
    managed.entries().all(is_recorded_so) && {
        let fields = owned::fields(kind.root(), config).without_below(&kind.reset(""));
        *ours == fields.without(managers::unmanaged())
    }
}

/// Whether a merge of `config` into `live` is `live`.
///
/// What only `live` has stays as it is, as long as each item of its lists has a place.
fn is_said(of: Type<'_>, live: &Value, config: &Value) -> bool {
    match (TypeForm::or_first(TypeForm::of(of, Some(config)), of), live, config) {
        (TypeForm::Map, Value::Object(there), Value::Object(said)) if of.map().is_some_and(|map| !map.is_atomic()) => {
            let child = |name: &str| of.map()?.child(name);
            said.iter().all(|(name, said)| {
                let there = there.get(name).zip(child(name));
                there.is_some_and(|(there, of)| is_said(of, there, said))
            })
        }
        (TypeForm::List, Value::Array(there), Value::Array(said)) => match of.list().filter(|list| !list.is_atomic()) {
            Some(list) => {
                let mut pairs = there.iter().zip(said);
                let is_item_said = |(there, said)| has_place_of(list, there, said) && is_said(list.item(), there, said);
                there.len() == said.len() && pairs.all(is_item_said)
            }
            None => order::equal(live, config),
        },
        _ => order::equal(live, config),
    }
}

/// Whether two items of a list have the same place in it.
fn has_place_of(list: List<'_>, one: &Value, other: &Value) -> bool {
    match list.kind() {
        ListType::Map(names) => names.iter().all(|name| {
            let (one, other) = (key_value(list, name, one), key_value(list, name, other));
            match (one, other) {
                (Some(one), Some(other)) => order::equal(one, other),
                (one, other) => one.is_none() && other.is_none(),
            }
        }),
        // The items of a set are their own places.
        ListType::Set | ListType::Atomic => true,
    }
}
