//! What a sync tells while it runs. The only interface between executing and reporting.

use std::sync::Arc;

use super::{LeaseHolder, NotReleased};
use crate::applyset::tally::OutcomeKind;
use crate::diagnostic::error::Error;
use crate::kinds::finalizer::Finalizer;
use crate::kinds::health::{Health, Hindrance};
use crate::kinds::termination::Remainder;
use crate::object::ObjectRef;
use crate::object::shown::ShownPath;
use crate::plan::{Action, Unseen};

/// Something happened.
#[derive(Debug)]
pub enum Event {
    /// Another sync has the Lease, and is waited for.
    Queued {
        /// The holder of the Lease.
        holder: LeaseHolder,
    },
    /// The sync begins to work on an object.
    Started {
        /// The object that work begins on.
        reference: ObjectRef,
        /// What the plan does with the object.
        action: Action,
    },
    /// An object was written; whether it becomes Current is still to be seen.
    Applied {
        /// The object that was written.
        reference: ObjectRef,
        /// What was done with the object.
        action: Action,
    },
    /// An object is waited for.
    Waiting {
        /// The object that is waited for.
        reference: ObjectRef,
        /// The health that it has now.
        health: Health,
        /// What keeps it from becoming Current, where its pods or the Events about it tell.
        hindered: Option<Hindered>,
    },
    /// An object is not Current, and is not waited for, since the sync is not to wait.
    Unawaited {
        /// The object.
        reference: ObjectRef,
        /// The health that it has now.
        health: Health,
    },
    /// The sync is done with an object.
    Settled {
        /// The object that is settled.
        reference: ObjectRef,
        /// What came of it.
        outcome: Outcome,
    },
    /// The stored object differs from the prediction.
    Mismatch {
        /// The object.
        reference: ObjectRef,
        /// The fields on which they differ.
        paths: Vec<ShownPath>,
    },
    /// The server warned.
    Warning {
        /// About which object.
        reference: ObjectRef,
        /// Its words.
        message: String,
    },
    /// The Lease could not be given back.
    NotReleased(NotReleased),
    /// Nothing is pruned, and this is why.
    NotPruned {
        /// How many objects stay.
        objects: usize,
        /// What keeps the sync from pruning.
        reason: NotPruned,
    },
}

/// What keeps an object from becoming Current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hindered {
    /// What that is.
    pub by: Hindrance,
    /// How the object is, with what its pods and Events tell of it.
    pub health: Health,
}

/// What keeps a sync from pruning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotPruned {
    /// Nothing is pruned, since so many objects that come before are not as git wants them: they may still use what git
    /// dropped.
    Before(usize),
    /// So many objects, which come before it, are not Current, and were not waited for: they may still use what git
    /// dropped.
    Unawaited(usize),
    /// Members may be left of kinds that could not be listed: the namespace holds the parent, by which they are found.
    Unlisted,
    /// The sync was stopped.
    Stopped,
}

/// What came of one object.
#[derive(Debug)]
pub enum Outcome {
    /// The object was as git wants it, and is Current.
    Unchanged,
    /// The object was created, and is Current.
    Created,
    /// The object was changed, and is Current.
    Updated,
    /// The object was deleted and created again, and is Current.
    Replaced,
    /// The object was deleted, and is gone.
    Deleted,
    /// The object stays in the cluster as it is, and is a member no more.
    Orphaned,
    /// The object was left as it is: another manager owns what git wants.
    Conflict,
    /// The object was left as it is: only a new one can be what git wants, and that is not allowed; or, in its words,
    /// the server refuses it.
    Refused(Option<Arc<Error>>),
    /// The object was left as it is: it is not ours.
    Skipped,
    /// The object changed after the plan was made, so that the plan is not what would be done any more.
    Moved,
    /// The server refused.
    Failed(Error),
    /// The object is not Current: it failed, or time ran out.
    NotReady(Health),
    /// The object was written, and somebody deleted it before the sync was over.
    Gone,
    /// The object was to go, and is still there.
    NotGone(DeletionBlock),
    /// What it depends on is not Current.
    Blocked {
        /// What that is.
        by: ObjectRef,
    },
    /// Something is in its way that stays: the server would refuse it.
    KeptOut {
        /// What that is.
        by: ObjectRef,
    },
    /// The sync was stopped before it came to this object.
    Stopped,
}

/// What keeps an object that was to go.
#[derive(Debug)]
pub enum DeletionBlock {
    /// An object that uses it and did not go either.
    UsedBy(ObjectRef),
    /// A custom object that waits for whoever takes its finalizers off, which may be this one.
    Finalizes(ObjectRef),
    /// What lives in this namespace, and is to stay.
    InUse(Vec<ObjectRef>),
    /// What lives in this namespace, and goes, but has not gone in time.
    Leaving(Vec<ObjectRef>),
    /// Its finalizers, if it has any: it is being deleted, and has not gone in time.
    Finalizers(Vec<Finalizer>),
    /// What its controller says that it waits for: it is a namespace, and has not gone in time.
    Terminating(Vec<Remainder>),
    /// Nobody knows whether the object is gone: it cannot be looked at, and the server said this to that.
    Hidden(String),
    /// Nobody knows whether the object is gone: nobody could look at it in time.
    Unanswered,
    /// Nobody knows whether the object is gone: its watch has ended.
    WatchEnded,
    /// What it holds could not be found out.
    Unseen(Unseen),
}

impl Outcome {
    /// The outcome in one word, as it is counted.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Unchanged => OutcomeKind::Unchanged,
            Self::Created => OutcomeKind::Created,
            Self::Updated => OutcomeKind::Updated,
            Self::Replaced => OutcomeKind::Replaced,
            Self::Deleted => OutcomeKind::Deleted,
            Self::Orphaned => OutcomeKind::Orphaned,
            Self::Conflict => OutcomeKind::Conflict,
            Self::Refused(_) => OutcomeKind::Refused,
            Self::Skipped => OutcomeKind::Skipped,
            Self::Moved | Self::Failed(_) | Self::Gone => OutcomeKind::Failed,
            Self::NotReady(_) => OutcomeKind::NotReady,
            Self::NotGone(_) => OutcomeKind::NotDeleted,
            Self::Blocked { .. } | Self::KeptOut { .. } | Self::Stopped => OutcomeKind::NotStarted,
        }
    }

    /// Whether this is what the plan promised.
    pub fn is_done(&self) -> bool {
        self.kind().is_done()
    }
}
