//! What is pruned, and everything that keeps an object from it.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::immutable::is_container;
use super::ownership::unapplied;
use super::{Action, DeleteWork, Keep, Policy, Prune, Reason, Step, Work};
use crate::applyset::inventory;
use crate::cluster::{Propagation, Resource};
use crate::kinds::finalizer::finalizers;
use crate::kinds::generate;
use crate::object::field::{FieldPath, ManagedFields};
use crate::object::{GroupKind, LiveObject, ObjectRef, is_definition};
use crate::plan::compare;

/// How many objects one sync may prune.
///
/// ```
/// use stackanetes::plan::Budget;
///
/// assert_eq!(Budget::default().allowed(30), 10); // 10 objects or 10 %, whichever is more
/// assert_eq!(Budget::default().allowed(300), 30);
/// assert_eq!("5%".parse::<Budget>().unwrap().allowed(100), 5);
/// assert_eq!("0".parse::<Budget>().unwrap().allowed(100), 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Budget {
    /// Ten objects or ten percent, whichever is more.
    #[default]
    Default,
    /// This many objects.
    Objects(usize),
    /// This many percent of what git wants and of the members that it does not want, together; rounded
    /// up.
    Percent(usize),
}

impl Budget {
    /// The number of objects allowed, of `members` in all.
    pub fn allowed(self, members: usize) -> usize {
        match self {
            Self::Default => 10.max(Self::Percent(10).allowed(members)),
            Self::Objects(count) => count,
            Self::Percent(percent) => (members * percent).div_ceil(100),
        }
    }
}

/// A text that is no budget.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is neither a number of objects nor a percentage such as 20%")]
pub struct NoBudget(String);

impl FromStr for Budget {
    type Err = NoBudget;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NoBudget(text.to_owned());
        match text.strip_suffix('%') {
            Some(percent) => match percent.parse() {
                Ok(percent) if percent <= 100 => Ok(Self::Percent(percent)),
                _ => Err(wrong()),
            },
            None => text.parse().map(Self::Objects).map_err(|_| wrong()),
        }
    }
}

/// What a container holds that git does not want any more: a Namespace its objects, a
/// CustomResourceDefinition those of its kind. All of it goes with the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    /// These objects, other than what comes with every namespace and what belongs to them.
    Known {
        /// What stays until somebody deletes it, or its owner.
        stays: Vec<Contained>,
        /// What is on its way out: it is being deleted, or its owner is gone.
        leaves: Vec<ObjectRef>,
    },
    /// The contents could not be found out.
    Unknown(Unseen),
}

/// Why it is not known what a container holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unseen {
    /// Nobody looked.
    NotLooked,
    /// Objects of this kind, by its plural name, cannot be listed; what the server said to that.
    NotListed {
        /// `deployments`
        plural: String,
        /// The server's words.
        message: String,
    },
    /// The server of an API, by its group and version, does not answer.
    Unavailable(String),
}

/// An object in a container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contained {
    /// The object that goes with its container.
    pub reference: ObjectRef,
    /// Its UID, which tells it from a later one of the same name.
    pub uid: String,
    /// The UIDs of its owners. It goes with the last of them.
    pub owners: Vec<String>,
}

/// The steps for the members that git does not want.
pub(super) fn steps(
    dropped: Vec<(Resource, LiveObject)>,
    contents: &[(ObjectRef, Contents)],
    policy: &Policy,
) -> Vec<Step> {
    let mut decided: Vec<(Resource, LiveObject, Option<Keep>)> = dropped
        .into_iter()
        .map(|(resource, live)| {
            let kept = keep(&live, policy);
            (resource, live, kept)
        })
        .collect();

    // A container takes with it all it holds, so it goes only when all of that goes anyway.
    let going: Vec<(ObjectRef, String)> = decided
        .iter()
        .filter(|(_, _, kept)| matches!(kept, None | Some(Keep::Going(_))))
        .map(|(_, live, _)| (live.reference(), live.uid().to_owned()))
        .collect();
    for (_, live, kept) in &mut decided {
        let reference = live.reference();
        if kept.is_none() && is_container(&reference) {
            let mut found = contents.iter().filter(|(container, _)| *container == reference);
            *kept = in_use(found.next().map(|(_, contents)| contents), &going);
        }
    }
    let why = match policy.prune {
        Prune::Everything => Reason::Everything,
        Prune::Dropped | Prune::Orphan | Prune::Nothing => Reason::Dropped,
    };
    decided
        .into_iter()
        .map(|(resource, live, kept)| {
            let reference = live.reference();
            let propagation = propagation(&reference.kind);
            let delete = DeleteWork {
                resource,
                live,
                propagation,
            };
            let (action, work) = match kept {
                Some(Keep::Going(_)) => (Action::Keep, Work::Await(delete)),
                Some(_) => (Action::Keep, Work::Nothing),
                None => (Action::Delete, Work::Delete(delete)),
            };
            Step::plain(reference, action, kept.map_or_else(|| why.clone(), Reason::Keep), work)
        })
        .collect()
}

/// An owner of pods stays until they are gone, so that nothing else is deleted from under them.
fn propagation(kind: &GroupKind) -> Propagation {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("apps" | "batch", _) | ("", "ReplicationController") => Propagation::Foreground,
        _ => Propagation::Background,
    }
}

/// Whether a member that changed since it was planned to be deleted is still what a person agreed to
/// see go. A status that moved on makes no difference, nor does what a controller wrote: it has no wish
/// that the object stays. One that another ApplySet has taken over is no longer ours to delete.
pub fn is_same_delete(planned: &LiveObject, now: &LiveObject, policy: &Policy) -> bool {
    let mut keys = ManagedFields::of(planned).all();
    keys.extend(&ManagedFields::of(now).all());
    planned.uid() == now.uid()
        && inventory::member_of(planned) == inventory::member_of(now)
        && keep(now, policy).is_none()
        && compare::differences(planned.value(), now.value(), &keys)
            .iter()
            .map(|difference| &difference.path)
            .all(|path| compare::is_status(path) || is_by_a_controller(now, path, policy))
}

fn is_by_a_controller(now: &LiveObject, path: &FieldPath, policy: &Policy) -> bool {
    let managers = ManagedFields::of(now);
    let mut owners = managers.entries().filter(|(_, fields)| fields.covers(path)).peekable();
    owners.peek().is_some() && owners.all(|(owner, _)| owner.name != policy.field_manager && !owner.is_imperative())
}

impl Policy {
    /// Whether objects of this kind may be pruned at all.
    pub fn may_prune(&self, kind: &GroupKind) -> bool {
        self.prune != Prune::Nothing && (!is_precious(kind) || self.names(kind))
    }

    /// Whether the kind was asked for by name.
    fn names(&self, kind: &GroupKind) -> bool {
        names_kind(&self.prune_kinds, kind)
    }
}

/// Whether one of these names is the kind's: `Secret`, or with its group.
pub fn names_kind(names: &[String], kind: &GroupKind) -> bool {
    names.iter().any(|name| *name == kind.kind || *name == kind.to_string())
}

/// Whether a member that git does not want is one that a sync deletes, whatever else becomes of it.
pub fn may_go(live: &LiveObject, policy: &Policy) -> bool {
    policy.may_prune(&live.reference().kind) && keep(live, policy).is_none()
}

/// Why a member is not pruned, whatever else is.
fn keep(live: &LiveObject, policy: &Policy) -> Option<Keep> {
    let reference = live.reference();
    let owner = live.value().pointer("/metadata/ownerReferences/0").map(|owner| {
        let text = |key: &str| owner.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
        format!("{} {}", text("kind"), text("name"))
    });
    let asked = policy.names(&reference.kind);
    if live.deletion_timestamp().is_some() {
        Some(Keep::Going(finalizers(live)))
    } else if live.annotation(inventory::PRUNE) == Some("never") && !(asked && policy.prune == Prune::Everything) {
        Some(Keep::Annotated)
    } else if let Some(owner) = owner {
        Some(Keep::Owned(owner))
    } else if let Some(unapplied) = unapplied(live, &policy.field_manager) {
        Some(unapplied)
    } else if is_precious(&reference.kind) && !asked {
        Some(Keep::Kind)
    } else if !generate::noted(live).is_empty() && !asked {
        Some(Keep::Generated)
    } else {
        None
    }
}

fn in_use(contents: Option<&Contents>, going: &[(ObjectRef, String)]) -> Option<Keep> {
    match contents {
        Some(Contents::Known { stays, .. }) => {
            let staying = staying(stays, going);
            (!staying.is_empty()).then_some(Keep::InUse(staying))
        }
        Some(Contents::Unknown(why)) => Some(Keep::UnknownUse(why.clone())),
        None => Some(Keep::UnknownUse(Unseen::NotLooked)),
    }
}

/// What is neither going nor owned by what goes.
fn staying(held: &[Contained], going: &[(ObjectRef, String)]) -> Vec<ObjectRef> {
    let mut uids: BTreeSet<&str> = going.iter().map(|(_, uid)| uid.as_str()).collect();
    let is_going = |held: &&Contained| going.iter().any(|(reference, _)| *reference == held.reference);
    let (_, mut rest): (Vec<&Contained>, Vec<&Contained>) = held.iter().partition(is_going);
    loop {
        let goes_along = |held: &&Contained| {
            !held.owners.is_empty() && held.owners.iter().all(|owner| uids.contains(owner.as_str()))
        };
        let (along, staying): (Vec<&Contained>, Vec<&Contained>) = rest.into_iter().partition(goes_along);
        if along.is_empty() {
            return staying.into_iter().map(|held| held.reference.clone()).collect();
        }
        uids.extend(along.into_iter().map(|held| held.uid.as_str()));
        rest = staying;
    }
}

/// Whether objects of this kind take so much with them that they are pruned only where their kind is asked
/// for by name.
pub fn is_precious(kind: &GroupKind) -> bool {
    kind.is("", "PersistentVolumeClaim") || is_definition(kind)
}
