//! Edits in git, and the commits that made them.

use serde::Serialize;

use super::super::place::file_and_line;
use crate::object::ObjectRef;
use crate::object::commit::Commit;
use crate::plan::WideEdit;
use crate::plan::compare::GitChange;

/// An edit in git that changes several objects.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Edit<'a> {
    /// Where: `FILE:LINE`.
    place: String,
    /// The key whose value was edited, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    /// The path of that key in its file, as `images.web.tag`; absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// What stood there; absent where it is not known, or secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a str>,
    /// What stands there; absent where it is not known, or secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a str>,
    /// What made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<By<'a>>,
    /// The objects that it changes.
    objects: Vec<&'a ObjectRef>,
}

/// What made git say something else.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(super) enum By<'a> {
    /// A commit.
    Commit {
        /// Its id.
        commit: &'a Commit,
        /// The first line of its message.
        subject: &'a str,
        /// Who wrote it.
        author: &'a str,
    },
    /// Files that differ from the commit.
    Uncommitted {
        /// Always true.
        uncommitted: bool,
    },
    /// Another environment, or parameters that were set by hand.
    Parameters {
        /// Always true.
        parameters: bool,
    },
    /// Git did not have it yet.
    NotYet {
        /// Always true.
        #[serde(rename = "notYet")]
        not_yet: bool,
    },
}

impl<'a> From<&'a GitChange> for By<'a> {
    fn from(change: &'a GitChange) -> Self {
        match change {
            GitChange::Commit {
                commit,
                subject,
                author,
            } => Self::Commit {
                commit,
                subject,
                author,
            },
            GitChange::Uncommitted => Self::Uncommitted { uncommitted: true },
            GitChange::Parameters => Self::Parameters { parameters: true },
            GitChange::NotYet => Self::NotYet { not_yet: true },
        }
    }
}

impl<'a> Edit<'a> {
    pub(super) fn of(edited: &'a WideEdit<'a>) -> Self {
        let texts = edited.edit.texts.as_ref();
        Self {
            place: file_and_line(&edited.edit.place),
            key: edited.edit.key.as_deref(),
            path: edited.path.as_ref().map(ToString::to_string),
            before: texts.map(|(before, _)| before.as_str()),
            after: texts.map(|(_, after)| after.as_str()),
            by: edited.by.map(Into::into),
            objects: edited.steps.iter().map(|step| &step.reference).collect(),
        }
    }
}
