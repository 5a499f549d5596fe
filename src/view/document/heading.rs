//! What stands above a plan, and how it is shown.

use jiff::Timestamp;

use super::super::{age, value};
use super::Checks;
use crate::object::commit::Commit;
use crate::object::{NamedObjects, ObjectRef};
use crate::plan::compare::Blame;
use crate::plan::{Plan, Restarts};
use crate::source::Revision;

/// What stands above a plan, and how it is shown.
#[derive(Debug)]
pub struct Heading<'a> {
    /// What the desired state is compared with.
    pub against: Against<'a>,
    /// The commit that the desired state is of.
    pub revision: Option<&'a Revision>,
    /// The commit that is checked out where standard input was read from, which need not be of it.
    pub piped_at: Option<&'a Commit>,
    /// The time that ages are counted from.
    pub now: Timestamp,
    /// How much is shown of each object.
    pub detail: Detail,
    /// The environment, if one was chosen.
    pub environment: Option<&'a str>,
    /// The other environments that change, too, between two commits.
    pub elsewhere: &'a [String],
    /// How many manifests were not selected.
    pub not_selected: usize,
    /// What is pruned, and why not everything.
    pub pruning: Pruning,
    /// What of git's history stands behind the changes.
    pub blame: &'a Blame,
    /// The objects that are shown, where not all are: the plan is of all.
    pub only: &'a [NamedObjects],
    /// What a check of the directory finds.
    pub checks: Checks<'a>,
}

impl Heading<'_> {
    /// Whether what becomes of this object is shown.
    pub(in crate::view) fn shows(&self, object: &ObjectRef) -> bool {
        self.only.is_empty() || self.only.iter().any(|named| named.names(object))
    }

    /// What an update does to running pods, as far as it is known: where no cluster is asked, no node is known.
    pub(in crate::view) fn known(&self, restarts: Restarts) -> Restarts {
        match restarts {
            Restarts::Daemons(_) if !self.against.is_cluster() => Restarts::Daemons(None),
            restarts => restarts,
        }
    }
}

/// How much is shown of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// One line: what becomes of it.
    Objects,
    /// Its fields that change, too.
    Fields,
    /// New objects whole, too.
    Whole,
}

/// What the desired state is compared with.
#[derive(Debug, Clone, Copy)]
pub enum Against<'a> {
    /// A cluster, as a person knows it: the context.
    Cluster(&'a str),
    /// A cluster as a sync of this commit would leave it. There is none.
    Commit {
        /// The commit.
        revision: &'a Revision,
        /// The commits that it is the merge base of, where it was not named itself.
        base_of: Option<[&'a str; 2]>,
    },
}

impl Against<'_> {
    /// Whether objects live there.
    pub(in crate::view) fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }
}

/// What becomes of members that git does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pruning {
    /// What git dropped.
    Members,
    /// Every member.
    Everything,
    /// Nothing: every member ceases to be one.
    Orphan,
    /// Nothing, since it was asked so.
    Off,
    /// Only what the selection selects is pruned.
    Selected {
        /// Whether it is a namespace, so that nothing cluster-scoped is.
        in_namespace: bool,
    },
}

impl Pruning {
    /// Whether the ApplySet itself is to go, whatever git wants.
    pub(super) fn is_about_the_set(self) -> bool {
        matches!(self, Self::Everything | Self::Orphan)
    }
}

/// The first line of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::view) struct Head {
    /// The ApplySet.
    pub(in crate::view) subject: String,
    /// What is compared with what, to be read after it.
    pub(in crate::view) compared: String,
}

/// The first lines: which state of git is compared with which cluster or commit.
pub(super) fn head(plan: &Plan, heading: &Heading<'_>) -> Head {
    let subject = plan
        .facts
        .set
        .as_ref()
        .map_or("(no ApplySet named)", |set| set.name.as_str());
    let environment = heading.environment.map(|name| format!(", environment {name}"));
    let environment = environment.unwrap_or_default();
    let to = match (heading.revision, heading.piped_at) {
        (Some(revision), _) => branch_and_commit(revision),
        (None, _) if heading.pruning == Pruning::Everything => "everything is to be deleted".to_owned(),
        (None, _) if heading.pruning == Pruning::Orphan => {
            "the ApplySet is to be deleted, and its objects are to stay".to_owned()
        }
        (None, Some(commit)) => format!("piped at {}", commit.short()),
        (None, None) => "not in a git repository".to_owned(),
    };
    let goes_back = plan.back.from.is_some();
    let compared = match heading.against {
        Against::Cluster(cluster) => {
            let to = if goes_back { format!("goes back to {to}") } else { to };
            format!(" on {cluster}{environment}: {to}{}", last_synced(plan, heading.now))
        }
        Against::Commit { revision, base_of } => {
            let why = base_of.map(|[one, other]| format!(", the merge base of {one} and {other},"));
            let from = format!("{}{}", branch_and_commit(revision), why.unwrap_or_default());
            let back = if goes_back { "back " } else { "" };
            format!("{environment} from {from} {back}to {to}: two commits compared, without asking a cluster")
        }
    };
    Head {
        subject: value::line(subject).into_owned(),
        compared: value::line(&compared).into_owned(),
    }
}

/// `, last synced 3f2c1ab 2 hours ago`
fn last_synced(plan: &Plan, now: Timestamp) -> String {
    match plan.facts.parent.as_ref().and_then(|parent| parent.completed.as_ref()) {
        Some(completed) => {
            let commit = completed.revision.as_ref();
            let commit = commit.map(|commit| format!("{} ", commit.short()));
            let age = age(&completed.time, now);
            format!(", last synced {}{age}", commit.unwrap_or_default())
        }
        None if plan.facts.set.is_some() => ", never synced".to_owned(),
        None => String::new(),
    }
}

/// `main 3f2c1ab with local changes`
fn branch_and_commit(revision: &Revision) -> String {
    let branch = revision
        .branch
        .as_ref()
        .map(|branch| format!("{branch} "))
        .unwrap_or_default();
    let dirty = if revision.dirty { " with local changes" } else { "" };
    format!("{branch}{}{dirty}", revision.commit.short())
}
