//! What a plan says besides its steps.

use std::collections::BTreeSet;

use serde::Serialize;

use super::super::told::Told;
use super::super::warning::Code;
use crate::applyset::parent::Record;
use crate::kinds::jobs;
use crate::object::commit::Commit;
use crate::object::{GroupKind, ObjectRef};
use crate::plan;
use crate::plan::ParentGap;
use crate::source;
use crate::view::document::Against;

/// What is compared with: a cluster, or a commit.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) enum ComparedWith<'a> {
    /// The cluster, as a person knows it.
    Cluster(&'a str),
    /// The commit.
    From(ComparedCommit<'a>),
}

/// A commit that is compared with.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct ComparedCommit<'a> {
    #[serde(flatten)]
    revision: Revision<'a>,
    /// The two commits, as they were asked for, whose merge base this one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    merge_base_of: Option<[&'a str; 2]>,
}

impl<'a> ComparedWith<'a> {
    pub(super) fn of(against: Against<'a>) -> Self {
        match against {
            Against::Cluster(cluster) => Self::Cluster(cluster),
            Against::Commit { revision, base_of } => Self::From(ComparedCommit {
                revision: revision.into(),
                merge_base_of: base_of,
            }),
        }
    }

    pub(super) fn is_there(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }
}

/// A commit, and whether the directory is what it has.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Revision<'a> {
    /// Its id.
    commit: &'a Commit,
    /// The branch, or the name by which it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// The first line of its message.
    subject: &'a str,
    /// Who wrote it.
    author: &'a str,
    /// Whether files differ from it.
    dirty: bool,
}

impl<'a> std::convert::From<&'a source::Revision> for Revision<'a> {
    fn from(revision: &'a source::Revision) -> Self {
        Self {
            commit: &revision.commit,
            name: revision.branch.as_deref(),
            subject: &revision.subject,
            author: &revision.author,
            dirty: revision.dirty,
        }
    }
}

/// A sync that was completed.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct LastSync<'a> {
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<&'a Commit>,
    /// When it began (RFC 3339).
    time: &'a str,
    /// By whom: the user and the machine.
    by: &'a str,
}

impl<'a> std::convert::From<&'a Record> for LastSync<'a> {
    fn from(record: &'a Record) -> Self {
        Self {
            revision: record.revision.as_ref(),
            time: &record.time,
            by: &record.by,
        }
    }
}

/// What is taken over from another ApplySet.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Takeover<'a> {
    /// The id of that ApplySet.
    from: &'a str,
    /// Its parent, where it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a ObjectRef>,
    /// How many objects are taken over: those of the steps with its id as `takenFrom`.
    objects: usize,
    /// Its members that stay with it, as far as they were found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left: Vec<&'a ObjectRef>,
    /// Whether these are all that stay.
    all_known: bool,
}

impl<'a> std::convert::From<plan::Takeover<'a>> for Takeover<'a> {
    fn from(takeover: plan::Takeover<'a>) -> Self {
        Self {
            from: &takeover.set.id,
            parent: takeover.set.parent.as_ref(),
            objects: takeover.taken.len(),
            left: takeover.left,
            all_known: takeover.is_whole,
        }
    }
}

/// A Job whose work the sync goes back across.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Crossed<'a> {
    /// The Job.
    object: &'a ObjectRef,
    /// What it did that cannot be undone, in the words of its annotation.
    reason: &'a str,
    /// The commit that it ran from.
    revision: &'a Commit,
}

impl<'a> std::convert::From<&'a jobs::Crossed> for Crossed<'a> {
    fn from(crossed: &'a jobs::Crossed) -> Self {
        Self {
            object: &crossed.job,
            reason: &crossed.reason,
            revision: &crossed.ran,
        }
    }
}

/// A kind that could not be compared.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::view::json) struct NotCompared<'a> {
    /// The kind.
    kind: &'a GroupKind,
    /// The objects of it that git wants.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    objects: &'a [ObjectRef],
    /// The server's words.
    message: &'a str,
}

impl<'a> std::convert::From<&'a plan::NotCompared> for NotCompared<'a> {
    fn from(kind: &'a plan::NotCompared) -> Self {
        Self {
            kind: &kind.kind,
            objects: &kind.desired,
            message: &kind.message,
        }
    }
}

/// What shows that the ApplySet's parent does not say where all members are, and what could not be listed when they
/// were looked for.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::view::json) struct Forgotten<'a> {
    /// What shows it.
    gap: Gap,
    /// The member that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a ObjectRef>,
    /// The kinds of which there may be members.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    unseen: &'a BTreeSet<GroupKind>,
    /// The versions of API groups of which there may be members.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    unavailable: &'a BTreeSet<String>,
}

/// What shows that a parent does not say where all members are.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
enum Gap {
    /// There are members, and no parent.
    Missing,
    /// A member is of a kind, or in a namespace, that the parent does not list.
    NotListed,
    /// An earlier sync could not list some kinds.
    Unlisted,
}

impl<'a> std::convert::From<&'a plan::Forgotten> for Forgotten<'a> {
    fn from(forgotten: &'a plan::Forgotten) -> Self {
        let (gap, member) = match &forgotten.gap {
            ParentGap::Missing => (Gap::Missing, None),
            ParentGap::NotListed(member) => (Gap::NotListed, Some(member)),
            ParentGap::Unlisted => (Gap::Unlisted, None),
        };
        Self {
            gap,
            member,
            unseen: &forgotten.unlisted.kinds,
            unavailable: &forgotten.unlisted.versions,
        }
    }
}

/// An object that stays as it is, and is not Current.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct NotCurrent<'a> {
    /// The object.
    object: &'a ObjectRef,
    /// How it is, in the words of kstatus.
    status: String,
    /// Why it is not Current.
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
}

impl<'a> std::convert::From<&'a plan::InSync> for NotCurrent<'a> {
    fn from(settled: &'a plan::InSync) -> Self {
        Self {
            object: &settled.reference,
            status: settled.health.status.to_string(),
            message: &settled.health.message,
        }
    }
}

/// What to know of an object that no step is about.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ObjectWarning<'a> {
    /// The object.
    pub(super) object: &'a ObjectRef,
    #[serde(flatten)]
    pub(super) warning: Told<Code<'a>>,
}

/// A field that drifts again after a sync put it back.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct RecurringDrift<'a> {
    /// The object.
    object: &'a ObjectRef,
    /// The path of the field.
    path: String,
    /// Who changed it, again.
    writer: &'a str,
    /// When the sync that put it back began (RFC 3339).
    since: &'a str,
}

impl<'a> std::convert::From<plan::RecurringDrift<'a>> for RecurringDrift<'a> {
    fn from(again: plan::RecurringDrift<'a>) -> Self {
        Self {
            object: again.object,
            path: again.field.to_string(),
            writer: again.writer,
            since: again.since,
        }
    }
}
