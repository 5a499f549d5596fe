//! Whether an existing object is ours to change.

use std::str::FromStr;

use super::{Keep, Policy};
use crate::applyset::inventory::{self, AppliedDigests, ApplySet};
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
    /// Part of an ApplySet that is not ours, and to take it over from that one was asked for.
    Taken,
    /// Part of an ApplySet that is not ours.
    Other(OtherSet),
}

/// An ApplySet that is not ours, as a member of it tells, or a person names it: `NAMESPACE/NAME` where it is one of this
/// program, or else its ID.
///
/// ```
/// use stackanetes::plan::OtherSet;
///
/// let named: OtherSet = "shop/old".parse().unwrap();
/// assert_eq!(named.of_this_program().unwrap().name, "old");
/// let by_id: OtherSet = named.id.parse().unwrap();
/// assert_eq!((by_id.id, by_id.parent), (named.id, None));
/// for wrong in ["", "old", "/old", "shop/", "a/b/c", "applyset-"] {
///     assert!(wrong.parse::<OtherSet>().is_err(), "{wrong}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherSet {
    /// Its ID.
    pub id: String,
    /// Its parent, where one with this ID was found, or a person named it.
    pub parent: Option<ObjectRef>,
}

/// A text that names no ApplySet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write NAMESPACE/NAME, or the id of an ApplySet, which looks like applyset-…-v1")]
pub struct NoSet;

impl OtherSet {
    /// The ApplySet, where its parent is one of this program.
    pub fn of_this_program(&self) -> Option<ApplySet> {
        let set = ApplySet::with_parent(self.parent.as_ref()?)?;
        (set.id() == self.id).then_some(set)
    }
}

impl FromStr for OtherSet {
    type Err = NoSet;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |text: &str| (!text.is_empty() && !text.contains('/')).then(|| text.to_owned());
        if let Some((namespace, name)) = text.split_once('/') {
            let set = ApplySet {
                name: part(name).ok_or(NoSet)?,
                namespace: part(namespace).ok_or(NoSet)?,
            };
            return Ok(Self {
                id: set.id(),
                parent: Some(set.parent()),
            });
        }
        let hash = text.strip_prefix("applyset-").and_then(|rest| rest.strip_suffix("-v1"));
        match hash {
            Some(hash) if !hash.is_empty() => Ok(Self {
                id: text.to_owned(),
                parent: None,
            }),
            _ => Err(NoSet),
        }
    }
}

impl Ownership {
    /// Whether a sync may change the object.
    pub fn allows_change(&self) -> bool {
        matches!(self, Self::Ours | Self::Adoptable | Self::Taken)
    }
}

/// Why a member is neither deleted nor given up, where its managed fields record no apply of ours. Our label and our notes
/// do not stand for one: whoever may edit the object may write them.
pub(super) fn unapplied(live: &LiveObject, field_manager: &str) -> Option<Keep> {
    let is_applied = ManagedFields::of(live).applied_by(field_manager).is_some();
    let reason = match AppliedDigests::noted(live) {
        Some(_) => Keep::OwnersLost,
        None => Keep::NeverApplied,
    };
    (!is_applied).then_some(reason)
}

/// Finds out whose `live` is. Another ApplySet's object is taken only where that very set is named.
pub fn claim(desired: &DesiredObject, live: &LiveObject, set: Option<&ApplySet>, policy: &Policy) -> Ownership {
    let ours = set.map(ApplySet::id);
    match inventory::member_of(live) {
        Some(id) if Some(id) == ours.as_deref() => Ownership::Ours,
        Some(_) if policy.takes(live).is_some() => Ownership::Taken,
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
