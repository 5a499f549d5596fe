//! Removes what a manager no longer applies.

use std::collections::BTreeMap;

use serde_json::Value;

use super::MergeError;
use super::owned;
use super::remove::remove;
use super::versions::Versions;
use crate::object::field::{FieldManager, FieldSet, ManagedFields, PathElement};
use crate::ssa::schema::{Kind, Type};

/// What `manager` applied the last time, in the version it was applied in.
pub(super) struct Last<'a> {
    pub(super) api_version: &'a str,
    pub(super) fields: &'a FieldSet,
}

/// The merged object without the fields that the last apply set and this one does not, unless
/// another manager owns them. `managers` are those after this apply.
pub(super) fn prune(
    versions: &Versions<'_>,
    merged: Value,
    managers: &ManagedFields,
    manager: &FieldManager,
    last: &Last<'_>,
) -> Result<Value, MergeError> {
    let Some((kind, whole)) = versions.convert(&merged, last.api_version)? else {
        return Ok(merged);
    };
    let of = kind.root();
    let pruned = remove(of, &whole, &with_parents(of, last.fields));
    let pruned = give_back_owned(versions, &whole, pruned, last.api_version, managers)?;
    let pruned = give_back_dangling(kind, &whole, &pruned, last.fields);
    let converted = versions.convert(&pruned, &manager.api_version)?;
    let pruned = converted.map(|(_, pruned)| pruned.into_owned());
    Ok(pruned.unwrap_or(merged))
}

/// Puts back what some manager owns, version after version; that of the last apply first.
fn give_back_owned(
    versions: &Versions<'_>,
    merged: &Value,
    mut pruned: Value,
    first: &str,
    managers: &ManagedFields,
) -> Result<Value, MergeError> {
    let mut owned: BTreeMap<(bool, &str), FieldSet> = BTreeMap::new();
    for (manager, fields) in managers.entries() {
        let version = manager.api_version.as_str();
        owned.entry((version != first, version)).or_default().extend(fields);
    }
    for ((_, version), owned) in &owned {
        let (merged, converted) = (versions.convert(merged, version)?, versions.convert(&pruned, version)?);
        let (Some((kind, merged)), Some((_, converted))) = (merged, converted) else {
            continue;
        };
        let of = kind.root();
        let mut kept = with_parents(of, &owned::fields(of, &converted));
        kept.extend(&with_parents(of, owned));
        pruned = remove(
            of,
            &merged,
            &with_parents(of, &owned::fields(of, &merged)).without(&kept),
        );
    }
    Ok(pruned)
}

/// Puts back what was removed only because something around it was: only what the last apply set may go.
fn give_back_dangling(kind: Kind<'_>, merged: &Value, pruned: &Value, last: &FieldSet) -> Value {
    let of = kind.root();
    let left = with_parents(of, &owned::fields(of, pruned));
    let gone = with_parents(of, &owned::fields(of, merged)).without(&left);
    remove(of, merged, &gone.intersection(&with_parents(of, last)))
}

/// These fields, and with them each declared field that leads to one.
fn with_parents(of: Type<'_>, fields: &FieldSet) -> FieldSet {
    with_parents_below(Some(of), fields)
}

fn with_parents_below(of: Option<Type<'_>>, fields: &FieldSet) -> FieldSet {
    let mut all = FieldSet::default();
    all.set_member(fields.is_member());
    let map = of.and_then(Type::map);
    let list = of.and_then(Type::list);
    for (element, child) in fields.children() {
        let (of, is_named) = match element {
            PathElement::Field(name) => (
                map.and_then(|map| map.child(name)),
                map.is_some_and(|map| map.field(name).is_some()),
            ),
            PathElement::Key(_) => (list.map(crate::ssa::schema::List::item), false),
            PathElement::Value(_) | PathElement::Index(_) => (None, false),
        };
        let mut below = with_parents_below(of, child);
        if is_named && child.children().next().is_some() {
            below.set_member(true);
        }
        all.add_below(element.clone(), below);
    }
    all
}
