//! A plan and its steps: what becomes of each object, and why.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::orphan::OrphanWork;
use super::policy::Elsewhere;
use super::{
    Adopting, CertainMistake, Facts, LastSeen, NoBase, OtherSet, Past, Replacement, Rollback, Tolerated, Unpredicted,
    Unseen, Unverified, Warning,
};
use crate::applyset::source::{Source, Unconfirmed};
use crate::cluster::{Propagation, Resource};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::Place;
use crate::kinds::finalizer::Finalizer;
use crate::kinds::generate::Make;
use crate::kinds::health::{Health, Status};
use crate::kinds::jobs::{Crossed, InputDigests, Why};
use crate::kinds::keeper::Keeper;
use crate::kinds::pods::{self, PodTemplate};
use crate::kinds::privilege::Privilege;
use crate::kinds::traffic::Opening;
use crate::object::{DesiredObject, GroupKind, LiveObject, ObjectRef};
use crate::plan::compare::FieldChange;
use crate::plan::migrate::Migration;
use crate::sops::Closed;

/// What a sync would do, whole. Only [`plan`](super::plan) makes one; it is complete then, and is not changed.
#[derive(Debug)]
pub struct Plan {
    /// What it was made from, and what it leaves as it is.
    pub facts: Facts,
    /// What changes, and what stands in the way of a change, in the usual order of kinds.
    pub steps: Vec<Step>,
    /// What stays as it is.
    pub unchanged: Vec<InSync>,
    /// Whether the ApplySet itself goes, once it has no member any more: its parent, its key and its Lease.
    pub dissolves: bool,
    /// Why a sync refuses to begin; empty when it does not.
    pub refusals: Vec<Refusal>,
    /// Whether the commit is older than the one that was synced last, and what is crossed.
    pub back: Rollback,
    /// The directory that the set belongs to afterwards; none outside of git.
    pub source: Option<Source>,
    /// The Secrets of which some values are masked in the cluster, which is a snapshot: these are not
    /// compared.
    pub masked: Vec<ObjectRef>,
}

/// An object that is as git wants it.
#[derive(Debug)]
pub struct InSync {
    /// The object.
    pub reference: ObjectRef,
    /// The resource that serves its kind.
    pub resource: Resource,
    /// Its health, by its status.
    pub health: Health,
    /// Why the server could not be asked, when it could not: then our own merge says so.
    pub unverified: Option<Unverified>,
    /// What to know of it all the same.
    pub warnings: Vec<Warning>,
    /// What is other than git says, and stays so.
    pub tolerated: Tolerated,
    /// The inputs that a Job has.
    pub inputs: Option<InputDigests>,
    /// Whether the inputs of a Job must not be named.
    pub hides_inputs: bool,
    /// Whether a Job has completed with its inputs.
    pub is_complete: bool,
}

/// One object and what becomes of it.
#[derive(Debug)]
pub struct Step {
    /// The object that the step is about.
    pub reference: ObjectRef,
    /// What becomes of it.
    pub action: Action,
    /// Why, for a person; nothing is decided by it.
    pub reason: Reason,
    /// The fields that change.
    pub changes: Vec<FieldChange>,
    /// What is other than git says, and stays so.
    pub tolerated: Tolerated,
    /// The version in which our fields are recorded, where it is another than git writes: they move.
    pub moved: Option<String>,
    /// The values of a Secret that are made in the cluster.
    pub generates: Vec<Make>,
    /// What it does to running pods; none when it does nothing to them.
    pub restarts: Option<Restarts>,
    /// What it lets somebody do that they could not do before.
    pub grants: BTreeSet<Privilege>,
    /// What a NetworkPolicy lets through that it did not let through before.
    pub opens: BTreeSet<Opening>,
    /// Why causes are guessed, where some are and it is known.
    pub guess: Option<NoBase>,
    /// Why the server could not be asked, when it could not.
    pub unverified: Option<Unverified>,
    /// What to know of it besides.
    pub warnings: Vec<Warning>,
    /// The ID of the ApplySet that the object is part of, where it is to be taken over from that.
    pub taken: Option<String>,
    /// Who keeps the object that is there, where that is not us and it left a mark.
    pub keeper: Option<Keeper>,
    /// Where git says so.
    pub place: Option<Place>,
    /// What there is to do.
    pub work: Work,
}

impl Step {
    /// A step of which nothing else is known.
    pub(super) fn plain(reference: ObjectRef, action: Action, reason: Reason, work: Work) -> Self {
        Self {
            reference,
            action,
            reason,
            changes: Vec::new(),
            tolerated: Tolerated::default(),
            moved: None,
            generates: Vec::new(),
            restarts: None,
            grants: BTreeSet::new(),
            opens: BTreeSet::new(),
            guess: None,
            unverified: None,
            warnings: Vec::new(),
            taken: None,
            keeper: None,
            place: None,
            work,
        }
    }
}

/// What becomes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// The object is created.
    Create,
    /// The object is changed.
    Update,
    /// The object is deleted and created anew.
    Replace,
    /// The object is deleted.
    Delete,
    /// The object stays in the cluster as it is, and is a member no more.
    Orphan,
    /// The object is left as it is: another manager owns what git wants.
    Conflict,
    /// The object is left as it is: only a new one can be what git wants, and that is not allowed.
    Refused,
    /// The object is left as it is: it is not ours.
    Skip,
    /// The object stays although git does not want it.
    Keep,
}

impl Action {
    /// The sign of a line that is about this action.
    pub fn glyph(self) -> char {
        match self {
            Self::Create => '+',
            Self::Update | Self::Orphan => '~',
            Self::Replace => '±',
            Self::Delete => '-',
            Self::Conflict | Self::Refused => '!',
            Self::Skip => '?',
            Self::Keep => '=',
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Orphan => "orphan",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
            Self::Skip => "skip",
            Self::Keep => "keep",
        }
    }

    /// Whether a sync writes.
    pub fn writes(self) -> bool {
        match self {
            Self::Create | Self::Update | Self::Replace | Self::Delete | Self::Orphan => true,
            Self::Conflict | Self::Refused | Self::Skip | Self::Keep => false,
        }
    }
}

/// Why a step is what it is, in facts that a view turns into words.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// There is no such object.
    New,
    /// There is no such object any more: somebody deleted it.
    Deleted(LastSeen),
    /// There is one under another name, which is deleted.
    Renamed(ObjectRef),
    /// There is one, which is being deleted.
    BeingDeleted,
    /// Fields differ.
    Fields,
    /// Fields differ that cannot be changed: a new one takes its place, if that is allowed.
    Immutable(Box<Replacement>),
    /// The server refuses it in these words, or would, as our own merge says.
    Refused(Arc<Error>),
    /// A Job runs again.
    Runs(Why),
    /// The object becomes a member, and nothing else changes.
    Joins,
    /// The object is to be written in a version that the server does not serve yet.
    NewVersion,
    /// Git says it otherwise, with the same result: only our note of what it said changes.
    Noted,
    /// We become owner of fields that have their values already, or cease to be.
    Ownership,
    /// Values of it are made in the cluster, and nothing else changes.
    Generates,
    /// What changes cannot be said: neither by the server nor by our own merge, and why not by that.
    Unpredicted(Unpredicted),
    /// The object exists, and we never applied it; what adopting it would do.
    NotOurs(Box<Adopting>),
    /// The object is part of another ApplySet.
    OtherApplySet(OtherSet),
    /// Git does not want it any more.
    Dropped,
    /// Everything is to go.
    Everything,
    /// The ApplySet is to go, and its objects are to stay.
    Orphan,
    /// Git does not want it any more, or everything is to go, and it stays.
    Keep(Keep),
}

/// Why an object stays that git does not want any more.
#[derive(Debug, Clone, PartialEq)]
pub enum Keep {
    /// Its manifest asked for it to be kept.
    Annotated,
    /// Its kind is pruned only on request.
    Kind,
    /// The object holds values that were made in the cluster.
    Generated,
    /// The namespace, or the definition, holds objects that stay: git wants them, or they are not ours.
    InUse(Vec<ObjectRef>),
    /// What it holds could not be found out.
    UnknownUse(Unseen),
    /// The object has the label of a member, and we never applied it.
    NeverApplied,
    /// The object has the label of a member and our note of an apply, and its managed fields, which would prove that,
    /// were lost: they were cleared, or it was restored from a backup.
    OwnersLost,
    /// Another object owns it.
    Owned(String),
    /// The object is being deleted already, and these finalizers hold it.
    Going(Vec<Finalizer>),
}

/// What there is to do for a step.
#[derive(Debug)]
pub enum Work {
    /// Nothing.
    Nothing,
    /// The object is applied.
    Apply(Box<ApplyWork>),
    /// The object is deleted.
    Delete(DeleteWork),
    /// The object is made a member no more.
    Orphan(OrphanWork),
    /// The object is waited for until it is gone, before that goes which may have to let it go: it is being deleted
    /// already.
    Await(DeleteWork),
}

/// An apply that was planned.
#[derive(Debug)]
pub struct ApplyWork {
    /// What git wants.
    pub desired: DesiredObject,
    /// How the kind is reached.
    pub resource: Resource,
    /// The manifest with our notes, and the identity of the live object.
    pub sent: Value,
    /// The live object that the plan was made for; none when there was none. One that is replaced is
    /// deleted before what is sent is applied.
    pub live: Option<ObjectVersion>,
    /// What the server said would be stored or, of what is unverified, our own merge.
    pub predicted: Option<LiveObject>,
    /// What becomes of the dependents of one that is replaced.
    pub dependents: Propagation,
    /// The managed fields that become ours before it is sent.
    pub migration: Option<Migration>,
    /// What is known of what git said when it was last applied.
    pub past: Past,
}

/// A delete that was planned.
#[derive(Debug)]
pub struct DeleteWork {
    /// How the kind is reached.
    pub resource: Resource,
    /// Exactly the object that was planned for.
    pub live: LiveObject,
    /// What becomes of its dependents.
    pub propagation: Propagation,
}

/// One state of one object: its UID and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectVersion {
    /// `metadata.uid`
    pub uid: String,
    /// `metadata.resourceVersion`
    pub resource_version: String,
}

impl ObjectVersion {
    /// The version of this live object.
    pub fn of(object: &LiveObject) -> Self {
        Self {
            uid: object.uid().to_owned(),
            resource_version: object.resource_version().to_owned(),
        }
    }
}

/// Why a sync refuses to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// More would be pruned than is allowed.
    Budget {
        /// How many objects.
        deletes: usize,
        /// How many are allowed.
        allowed: usize,
    },
    /// Git wants nothing at all.
    Empty,
    /// A kind may not be listed.
    NotCompared(GroupKind),
    /// These objects are to be written, and who asks may not.
    NotAllowed(Vec<ObjectRef>),
    /// The key for digests may not be read, so it is not known whether these Jobs run again, and
    /// whether these workloads restart.
    KeyHidden {
        /// The Secret that holds it.
        key: ObjectRef,
        /// The Jobs and workloads.
        objects: Vec<ObjectRef>,
    },
    /// These mistakes are in objects that are to be written, and no cluster can make them right.
    Mistakes(BTreeSet<CertainMistake>),
    /// A file is encrypted, and no identity decrypts it.
    Encrypted(Closed),
    /// Secret parameters of these dotted names have the defaults of the directory.
    SecretDefaults(Vec<String>),
    /// An object reads another that is to change, and is not selected.
    Pending {
        /// The object.
        reader: ObjectRef,
        /// The object that it reads.
        read: ObjectRef,
    },
    /// The sync goes back across what this Job did, which cannot be undone.
    Irreversible(Crossed),
    /// The set is kept from another directory, or from one of another repository.
    Source {
        /// From there it was synced last.
        last: Source,
        /// The directory that the set would be synced from now; nothing outside of git.
        now: Option<Source>,
    },
    /// Something would be deleted, and nobody can tell whether the set is kept from this repository.
    UnknownSource {
        /// From there it was synced last.
        last: Source,
        /// What this clone cannot tell.
        unconfirmed: Unconfirmed,
    },
    /// The environment belongs to another cluster.
    Elsewhere(Elsewhere),
    /// Another environment was synced last.
    Environment {
        /// That one.
        last: Option<String>,
        /// The environment that is to be synced now.
        now: Option<String>,
    },
}

impl Plan {
    /// The steps of one action.
    pub fn of(&self, action: Action) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.action == action)
    }

    /// The Jobs whose work it goes back across, where nothing is refused for that.
    pub fn crossed_as_meant(&self) -> impl Iterator<Item = &Crossed> {
        let is_refused = |crossed: &&Crossed| self.refusals.contains(&Refusal::Irreversible((*crossed).clone()));
        self.back.crossed.iter().filter(move |crossed| !is_refused(crossed))
    }

    /// What is as git wants it and is not Current, as far as the object itself tells. A claim that is pending is not
    /// among it: it may wait for its first consumer, as only its StorageClass says.
    pub fn not_current(&self) -> impl Iterator<Item = &InSync> {
        let is_claim = |settled: &InSync| settled.reference.kind.is("", "PersistentVolumeClaim");
        self.unchanged
            .iter()
            .filter(move |settled| match settled.health.status {
                Status::Current => false,
                Status::InProgress => !is_claim(settled),
                Status::Failed | Status::Terminating | Status::NotFound | Status::Unknown => true,
            })
    }

    /// Whether a sync would write an object.
    pub fn writes(&self) -> bool {
        self.steps.iter().any(|step| step.action.writes())
    }

    /// Whether everything git wants is as git wants it, as far as is known.
    pub fn is_in_sync(&self) -> bool {
        self.facts.not_compared.is_empty() && self.steps.iter().all(|step| step.action == Action::Keep)
    }
}

/// What an update of a workload does to its pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restarts {
    /// The pods are replaced; how many there are, if it is known. Those that a change of scale adds or takes away are
    /// not among them.
    Pods(Option<i64>),
    /// The pods are replaced on every node that a DaemonSet selects; how many these are, if it is known.
    Daemons(Option<i64>),
    /// The pods are replaced when somebody deletes them.
    OnDelete,
}

impl Restarts {
    pub(super) fn of(changes: &[FieldChange], before: &LiveObject, after: &LiveObject) -> Option<Self> {
        let kind = after.reference().kind;
        let template = PodTemplate::path(&kind).filter(|_| pods::rolls_out(&kind))?;
        let changes_pods = |change: &FieldChange| change.before != change.after && change.path.is_under(template);
        let rolls = changes.iter().any(changes_pods);
        if !rolls {
            return None;
        }
        let spec = |pointer: &str| after.value().pointer(pointer);
        if spec("/spec/updateStrategy/type").and_then(Value::as_str) == Some("OnDelete") {
            return Some(Self::OnDelete);
        }
        if spec("/spec/paused").and_then(Value::as_bool) == Some(true) {
            return None;
        }
        if kind.is("apps", "DaemonSet") {
            let nodes = before.value().pointer("/status/desiredNumberScheduled");
            return Some(Self::Daemons(nodes.and_then(Value::as_i64)));
        }
        let pods = |object: &LiveObject| object.value().pointer("/spec/replicas").and_then(Value::as_i64);
        // The pods below the partition of a StatefulSet stay as they are.
        let partition = spec("/spec/updateStrategy/rollingUpdate/partition").and_then(Value::as_i64);
        let restarted = pods(before)
            .zip(pods(after))
            .map(|(before, after)| (before.min(after) - partition.unwrap_or(0)).max(0));
        (restarted != Some(0)).then_some(Self::Pods(restarted))
    }
}
