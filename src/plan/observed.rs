//! What a plan is made of: everything that was gathered before anything was decided.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use smol_str::SmolStr;

use super::{CertainMistake, Contents, Former, Ownership, Proved, Warning};
use crate::applyset::inventory::ApplySet;
use crate::applyset::key::Keyring;
use crate::applyset::parent::Parent;
use crate::applyset::source::Checkout;
use crate::applyset::unlisted::Unlisted;
use crate::cluster::Resource;
use crate::diagnostic::error::Error;
use crate::kinds::disruption::DisruptionBudget;
use crate::kinds::jobs::{Crossed, Irreversible, JobRun};
use crate::kinds::pods::PodLabels;
use crate::kinds::prerequisites::Prerequisite;
use crate::kinds::rollout::Unknown;
use crate::object::commit::Commit;
use crate::object::field::FieldPath;
use crate::object::{DesiredObject, GroupKind, LiveObject, ObjectRef};
use crate::plan::migrate::Migration;
use crate::plan::order::Dependencies;
use crate::sops::Closed;
use crate::source::rules::{Rule, Ruled};
use crate::ssa::merge::MergeError;

/// What was gathered before anything was decided.
#[derive(Debug)]
pub struct Observed {
    /// What the plan keeps as it is.
    pub facts: Facts,
    /// What git wants and the cluster has, as the server's own records prove.
    pub proved: Vec<Proved>,
    /// What git wants besides, each with what the cluster has and answers.
    pub objects: Vec<Observation>,
    /// Members of the ApplySet that git does not want, within what is selected.
    pub dropped: Vec<(Resource, LiveObject)>,
    /// The contents of each dropped Namespace and CustomResourceDefinition.
    pub contents: Vec<(ObjectRef, Contents)>,
    /// How many objects git wants besides, which were not selected.
    pub not_selected: usize,
    /// What is selected and reads something that git says otherwise and that is not: both.
    pub pending: Vec<(ObjectRef, ObjectRef)>,
}

/// What is known of an ApplySet as a whole, and of the server. A plan is made from it and keeps it, so that
/// whoever shows the plan, or executes it, need not ask again.
#[derive(Debug, Default)]
pub struct Facts {
    /// The ApplySet, if the sync has one: without it nothing is a member and nothing is pruned.
    pub set: Option<ApplySet>,
    /// Its parent as it stands, if there is one.
    pub parent: Option<Parent>,
    /// The ApplySets that objects are taken over from, where that was asked for.
    pub former: Former,
    /// The kinds that may not be listed.
    pub not_compared: Vec<NotCompared>,
    /// Set where the parent does not say where all members are.
    pub forgotten: Option<Forgotten>,
    /// What waits for what, by what the manifests say.
    pub dependencies: Dependencies,
    /// Every Job that git wants, selected or not.
    pub jobs: BTreeSet<ObjectRef>,
    /// What the selected Jobs that git wants do that cannot be undone, as they declare it.
    pub irreversible: Irreversible,
    /// The disruption budgets that git has.
    pub budgets: Vec<DisruptionBudget>,
    /// The labels of the pods that git has, selected or not.
    pub pods: Vec<PodLabels>,
    /// The key for digests of secret values.
    pub key: Keyring,
    /// The files that are encrypted and that no identity decrypts: what they hold is compared as ciphertext.
    pub closed: BTreeSet<Closed>,
    /// The secret parameters that have the defaults of the directory, by their dotted names; none in a sandbox.
    pub secret_defaults: Vec<String>,
    /// What objects need that neither the directory nor the cluster has.
    pub missing: Missing,
    /// The mistakes in what git wants that no cluster can make right; none where nobody looked for any.
    pub mistakes: Vec<CertainMistake>,
    /// The workloads of which it is unknown whether they restart.
    pub unknown_rollouts: Unknown,
    /// The rules that are about nothing.
    pub idle_rules: Vec<(Arc<Rule>, Idle)>,
    /// The server's version.
    pub server_version: String,
    /// Why its schemas could not be read, where they were needed and could not: nothing is proved then, nor
    /// predicted, of the kinds that are known to it alone.
    pub schema_unread: Option<String>,
}

/// For each object, what it needs that neither the directory nor the cluster has.
pub type Missing = BTreeMap<ObjectRef, Vec<Prerequisite>>;

/// The parent of an ApplySet does not say where all members are, so they were looked for in every kind.
#[derive(Debug)]
pub struct Forgotten {
    /// What shows it.
    pub gap: ParentGap,
    /// The members that were found.
    pub found: Vec<ObjectRef>,
    /// What could not be listed in all namespaces: there may be members of it.
    pub unlisted: Unlisted,
}

/// What shows that a parent does not say where all members are.
#[derive(Debug)]
pub enum ParentGap {
    /// There are members, and no parent.
    Missing,
    /// This member is of a kind, or in a namespace, that the parent does not list.
    NotListed(ObjectRef),
    /// The parent notes kinds that could not be listed when members were looked for before.
    Unlisted,
}

/// What git's past says of a sync: what each object that differs was last applied as, whose set it is, and
/// whether the sync goes back. Empty outside of git.
#[derive(Debug, Default)]
pub struct Lineage {
    /// What is known of the objects that differ, or that are not there.
    pub pasts: BTreeMap<ObjectRef, Past>,
    /// Whether the commit is older than the one that was synced last, and what is crossed.
    pub back: Rollback,
    /// The directory that git wants it from.
    pub source: Option<Checkout>,
}

/// Why a rule is about nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// There is no such object.
    NoObject,
    /// None of these objects, which are so many, has such a field.
    NoField(usize),
}

/// The way back that a sync goes, if it does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rollback {
    /// The commit that was synced last, where the one to sync is not a later one.
    pub from: Option<Commit>,
    /// The Jobs whose work it goes back across.
    pub crossed: Vec<Crossed>,
}

/// A kind that may not be listed: nothing of it can be said to be in sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCompared {
    /// The kind.
    pub kind: GroupKind,
    /// The objects of it that git wants.
    pub desired: Vec<ObjectRef>,
    /// The server's words.
    pub message: String,
}

/// One desired object, what there is of it, and what the server says to an apply of it.
#[derive(Debug)]
pub struct Observation {
    /// What git wants.
    pub desired: DesiredObject,
    /// The resource that serves its kind.
    pub resource: Resource,
    /// What is sent for it: the manifest with our notes, and with the identity of the live object.
    pub sent: Value,
    /// What the rules did with what is sent.
    pub ruled: Ruled,
    /// The managed fields that become ours before it is applied.
    pub migration: Option<Migration>,
    /// What the cluster has.
    pub live: Option<LiveObject>,
    /// What an apply would do.
    pub answer: Answered,
    /// Whether a Job runs again.
    pub run: JobRun,
}

/// What is known of what git said when an object was last applied. Nothing, unless it was looked for.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// What git said then.
    pub base: Option<Arc<DesiredObject>>,
    /// Why `base` is not known.
    pub unknown: Option<NoBase>,
    /// The sync that an object which is not there was last seen by: it was completed at this revision.
    pub deleted: Option<LastSeen>,
}

/// Why it is not known what git said when an object was last applied.
#[derive(Debug, Clone)]
pub enum NoBase {
    /// The repository cannot be read.
    Repository(Arc<Error>),
    /// The object does not say which commit it was applied from.
    NotNoted,
    /// The commit is not at hand: it is in another clone, or was never pushed.
    NoCommit(Commit),
    /// The commit cannot be rendered.
    NotRendered(Commit, Arc<Error>),
    /// The commit does not have the object.
    NotInCommit(Commit),
    /// What was applied is not what the commit says.
    OtherThanCommit(Commit),
    /// The object is a Secret, of whose values no digest is kept.
    Secret,
}

/// An object that was there once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastSeen {
    /// The commit it was last applied from.
    pub revision: Commit,
    /// Whether it may never have been there: files differed from that commit, or another sync was
    /// not completed since.
    pub guessed: bool,
}

/// What is known of what an apply would do.
#[derive(Debug)]
pub enum Answered {
    /// The server's own answer to a dry-run.
    ByServer {
        /// The object as it would be stored.
        object: LiveObject,
        /// The warnings that came with it, and what it says otherwise than git.
        warnings: Vec<Warning>,
    },
    /// The server could not be asked.
    Unverified {
        /// Why the server could not be asked.
        reason: Unverified,
        /// What it would store, by our own merge; or why that cannot be said.
        predicted: Result<LiveObject, Unpredicted>,
    },
    /// The server refuses it, or would, as our own merge says. It is left as it is, and holds up nothing that
    /// does not depend on it.
    Refused {
        /// The refusal, in the words of who refuses.
        error: Arc<Error>,
        /// The grounds on which it refuses.
        by: RefusedBy,
    },
    /// The server refuses it, only because fields of the object that is there cannot be changed.
    Immutable(Box<Immutable>),
    /// The object is not ours to change. What an apply would do to it all the same, where the server was asked.
    NotOurs(Ownership, Option<Box<Answered>>),
    /// The server was not asked, since a Job has run, or runs, with the inputs that it is to have.
    UpToDate,
}

/// The grounds on which an object is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedBy {
    /// The object itself is invalid, beside the one that it is to replace: nothing else has to do with it.
    Validation,
    /// Other objects decide on it, as a quota or a policy does: once they have changed, it may be let in.
    Admission,
    /// Another object has what it is to have and only one can, such as a port of all nodes: once that is gone, it may be
    /// let in.
    Taken,
}

/// An object that cannot be changed into what git wants.
#[derive(Debug)]
pub struct Immutable {
    /// The fields that cannot be changed.
    pub fields: Vec<FieldPath>,
    /// The server's answer to a create in its place; or why there is none.
    pub replacement: Result<LiveObject, Untried>,
    /// The warnings that came with it.
    pub warnings: Vec<String>,
}

/// Why our own merge does not say what an apply would do.
#[derive(Debug, Clone, PartialEq)]
pub enum Unpredicted {
    /// Our own merge has not been asked yet.
    NotAsked,
    /// Our own merge cannot say it: the kind, or the live object, is not one that it knows how to merge.
    Refused(MergeError),
}

/// Why the server was not asked whether it would accept a new object in the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untried {
    /// Others live in it, so it cannot be tried under another name.
    Container,
    /// Who asks may not create it.
    NotAllowed,
}

/// Why the server could not be asked what an apply would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unverified {
    /// The namespace is itself still to be created.
    NamespaceMissing(SmolStr),
    /// The CustomResourceDefinition is itself still to be created, or to get the version of git; the versions that the
    /// server has of the kind now, such as `example.com/v1`.
    KindMissing(Vec<String>),
    /// Its kind comes at run time, once this object was applied.
    KindComes(ObjectRef),
    /// The CustomResourceDefinition is to change first.
    DefinitionChanges,
    /// The server refuses it by these, which are to change first.
    Relies(Vec<ObjectRef>),
    /// The server refuses it by these, which git drops: they are deleted first.
    Displaces(Vec<ObjectRef>),
    /// What is there now is being deleted, and must be gone first.
    BeingDeleted,
    /// The server refuses it while these fields are there, which it has filled in or nobody keeps writing: they
    /// are taken first, and go then.
    Defaulted(Vec<FieldPath>),
    /// Fields of it are recorded in this version, which the server does not know any more.
    VersionGone(String),
    /// The object has values that are encrypted and cannot be decrypted here.
    Encrypted,
    /// Who asks may not write it: a dry-run takes the same right as a write.
    NotAllowed,
}
