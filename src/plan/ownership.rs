//! Whether an existing object is ours to change.

use super::Policy;
use crate::applyset::inventory::{self, ApplySet};
use crate::object::field::ManagedFields;
use crate::object::{DesiredObject, LiveObject, ObjectRef};

/// Whose an existing object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// A member of our ApplySet, or of none and applied by us before.
    Ours,
    /// Nobody's that we know of, and adoption was asked for.
    Adoptable,
    /// Nobody's that we know of.
    NotOurs,
    /// Part of an ApplySet that is not ours.
    Other(OtherSet),
}

/// An ApplySet that is not ours, as a member of it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherSet {
    /// Its ID.
    pub id: String,
    /// Its parent, where one with this ID was found.
    pub parent: Option<ObjectRef>,
}

impl Ownership {
    /// Whether a sync may change the object.
    pub fn allows_change(&self) -> bool {
        matches!(self, Self::Ours | Self::Adoptable)
    }
}

/// Finds out whose `live` is. Another ApplySet's object is never taken, asked or not.
pub fn claim(desired: &DesiredObject, live: &LiveObject, set: Option<&ApplySet>, policy: &Policy) -> Ownership {
    let ours = set.map(ApplySet::id);
    match inventory::member_of(live) {
        Some(id) if Some(id) == ours.as_deref() => Ownership::Ours,
        Some(id) => Ownership::Other(OtherSet {
            id: id.to_owned(),
            parent: None,
        }),
        None if ManagedFields::of(live).applied_by(&policy.field_manager).is_some() => Ownership::Ours,
        None if policy.adoption.takes(&desired.reference)
            || desired.annotation(inventory::ADOPT) == Some("allowed") =>
        {
            Ownership::Adoptable
        }
        None => Ownership::NotOurs,
    }
}
