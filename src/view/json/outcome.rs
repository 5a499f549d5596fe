//! What came of an object.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::Errors;
use crate::applyset::tally::OutcomeKind;
use crate::execute::{DeletionBlock, NotPruned, Outcome};
use crate::kinds::termination::Remainder;
use crate::object::ObjectRef;
use crate::plan::Unseen;
use crate::view::document;

/// What came of an object and, unless it is as git wants it, why.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Came<'a> {
    /// What came of it.
    outcome: OutcomeKind,
    /// Why it is not as git wants it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<OutcomeReason<'a>>,
    /// The sentence for it.
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    /// The server's refusal, whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Errors>,
}

/// Why an object is not as git wants it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "OutcomeReason"))]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum OutcomeReason<'a> {
    /// Another manager owns what git wants.
    Conflict,
    /// Fields cannot be changed, and the object is not to be replaced.
    Immutable,
    /// The server refuses it, as `error` says.
    ServerRefused,
    /// It exists, and is not ours.
    NotOurs,
    /// It changed after the plan was made.
    Moved,
    /// A request failed, as `error` says.
    RequestFailed,
    /// It is not Current in time, or never will be.
    NotReady {
        /// How it is, in the words of kstatus.
        status: String,
    },
    /// Somebody deleted it once it was written.
    Gone,
    /// What it depends on is not Current.
    DependsOn {
        /// What it depends on.
        by: &'a ObjectRef,
    },
    /// Something is in its way that stays.
    KeptOut {
        /// That object.
        by: &'a ObjectRef,
    },
    /// The sync was stopped before.
    Stopped,
    /// It was to go: an object that uses it is still there.
    UsedBy {
        /// That object.
        by: &'a ObjectRef,
    },
    /// It was to go: an object is still there, held by a finalizer that it may have to take off.
    Finalizes {
        /// That object.
        object: &'a ObjectRef,
    },
    /// It was to go: these objects are in it, and stay.
    InUse {
        /// The objects.
        by: &'a [ObjectRef],
    },
    /// It was to go: these objects are in it, and have not gone in time.
    Leaving {
        /// The objects.
        objects: &'a [ObjectRef],
    },
    /// It is being deleted, and its finalizers hold it.
    Finalizers {
        /// Their names.
        finalizers: Vec<&'a str>,
    },
    /// It is a namespace that is being deleted, and its controller says what it waits for.
    Terminating {
        /// The resources, with their groups, of which there are still objects in it, and how many.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        objects: BTreeMap<&'a str, u64>,
        /// The finalizers on objects in it, and on how many they are.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        finalizers: BTreeMap<&'a str, u64>,
        /// Why not all of it can be found or deleted, in the controller's words.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        failures: Vec<&'a str>,
    },
    /// It cannot be looked at.
    Hidden,
    /// Nobody could look at it in time.
    Unanswered,
    /// Its watch has ended.
    WatchEnded,
    /// What is in it could not be found out.
    Unseen(Unlooked<'a>),
}

/// Why it is not known what a namespace or a definition holds.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Unseen"))]
#[serde(rename_all = "camelCase")]
pub(super) enum Unlooked<'a> {
    /// Nobody looked.
    NotLooked,
    /// Objects of this kind, by its plural name, cannot be listed.
    NotListed(&'a str),
    /// The server of this group and version does not answer.
    Unavailable(&'a str),
}

impl<'a> From<&'a Unseen> for Unlooked<'a> {
    fn from(unseen: &'a Unseen) -> Self {
        match unseen {
            Unseen::NotLooked => Self::NotLooked,
            Unseen::NotListed { plural, .. } => Self::NotListed(plural),
            Unseen::Unavailable(version) => Self::Unavailable(version),
        }
    }
}

impl<'a> From<&'a Outcome> for Came<'a> {
    fn from(outcome: &'a Outcome) -> Self {
        Self {
            outcome: outcome.kind(),
            reason: OutcomeReason::of(outcome),
            message: document::reason_text(outcome),
            error: match outcome {
                Outcome::Failed(error) => Some(error.into()),
                Outcome::Refused(Some(error)) => Some((&**error).into()),
                _ => None,
            },
        }
    }
}

impl<'a> OutcomeReason<'a> {
    fn of(outcome: &'a Outcome) -> Option<Self> {
        Some(match outcome {
            Outcome::Unchanged
            | Outcome::Created
            | Outcome::Updated
            | Outcome::Replaced
            | Outcome::Deleted
            | Outcome::Orphaned => {
                return None;
            }
            Outcome::Conflict => Self::Conflict,
            Outcome::Refused(None) => Self::Immutable,
            Outcome::Refused(Some(_)) => Self::ServerRefused,
            Outcome::Skipped => Self::NotOurs,
            Outcome::Moved => Self::Moved,
            Outcome::Failed(_) => Self::RequestFailed,
            Outcome::NotReady(health) => Self::NotReady {
                status: health.status.to_string(),
            },
            Outcome::Gone => Self::Gone,
            Outcome::NotGone(hold) => Self::held(hold),
            Outcome::Blocked { by } => Self::DependsOn { by },
            Outcome::KeptOut { by } => Self::KeptOut { by },
            Outcome::Stopped => Self::Stopped,
        })
    }

    fn terminating(remainders: &'a [Remainder]) -> Self {
        let (mut objects, mut finalizers, mut failures) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for remainder in remainders {
            match remainder {
                Remainder::Objects { resource, count } => drop(objects.insert(resource.as_str(), *count)),
                Remainder::Finalizer { name, count } => drop(finalizers.insert(name.as_str(), *count)),
                Remainder::Failure(message) => failures.push(message.as_str()),
            }
        }
        Self::Terminating {
            objects,
            finalizers,
            failures,
        }
    }

    fn held(hold: &'a DeletionBlock) -> Self {
        match hold {
            DeletionBlock::UsedBy(by) => Self::UsedBy { by },
            DeletionBlock::Finalizes(object) => Self::Finalizes { object },
            DeletionBlock::InUse(by) => Self::InUse { by },
            DeletionBlock::Leaving(objects) => Self::Leaving { objects },
            DeletionBlock::Finalizers(finalizers) => Self::Finalizers {
                finalizers: finalizers.iter().map(|finalizer| finalizer.name.as_str()).collect(),
            },
            DeletionBlock::Terminating(remainders) => Self::terminating(remainders),
            DeletionBlock::Hidden(_) => Self::Hidden,
            DeletionBlock::Unanswered => Self::Unanswered,
            DeletionBlock::WatchEnded => Self::WatchEnded,
            DeletionBlock::Unseen(why) => Self::Unseen(why.into()),
        }
    }
}

/// That nothing was pruned, and why.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Unpruned {
    /// How many objects remain that were to be deleted.
    objects: usize,
    /// Why nothing was pruned.
    #[serde(flatten)]
    why: WhyNotPruned,
    /// The sentence for it.
    message: String,
}

/// Why nothing was pruned.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "code", rename_all = "camelCase")]
enum WhyNotPruned {
    /// Objects that come before are not as git wants them.
    Before {
        /// How many objects.
        count: usize,
    },
    /// Objects that come before are not Current, and were not waited for.
    Unawaited {
        /// How many objects.
        count: usize,
    },
    /// Members may be left of kinds that could not be listed.
    Unlisted,
    /// The sync was stopped.
    Stopped,
}

impl Unpruned {
    pub(super) fn new(objects: usize, why: NotPruned) -> Self {
        Self {
            objects,
            why: match why {
                NotPruned::Before(count) => WhyNotPruned::Before { count },
                NotPruned::Unawaited(count) => WhyNotPruned::Unawaited { count },
                NotPruned::Unlisted => WhyNotPruned::Unlisted,
                NotPruned::Stopped => WhyNotPruned::Stopped,
            },
            message: document::not_pruned(why),
        }
    }
}
