//! A field that changes, and why.

use serde::Serialize;

use super::super::place::file_and_line;
use super::edit::By;
use crate::diagnostic::place::Origin;
use crate::object::field::FieldManager;
use crate::plan::SavedChange;
use crate::plan::compare::{self, FieldChange, GitChange};

/// A field that changes, and why.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Change"))]
pub(super) struct Change<'a> {
    #[serde(flatten)]
    saved: SavedChange,
    /// Why it differs.
    cause: Cause,
    /// Whether the cause is a guess, since it is not known what git said before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    guessed: bool,
    /// What changed it in git.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<By<'a>>,
    /// Who changed it in the cluster, or owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    writer: Option<Writer<'a>>,
    /// The place to look at: `FILE:LINE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// All places that the value comes from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<ValuePlace>,
}

/// Why a field differs.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
enum Cause {
    /// Git changed it.
    Git,
    /// Somebody changed it in the cluster.
    Drift,
    /// Git changed it, and so did somebody in the cluster.
    Diverged,
    /// Another manager owns it with another value.
    Conflict,
    /// Git no longer has it.
    Removed,
    /// Git no longer has it, and another manager keeps it.
    LeftBehind,
    /// The object was not ours before.
    Takeover,
    /// The server sets it as a result of the rest.
    Server,
}

/// Who writes a field.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Writer<'a> {
    /// The name of the field manager.
    name: &'a str,
    /// The subresource that it writes through.
    #[serde(skip_serializing_if = "str::is_empty")]
    subresource: &'a str,
    /// When it last wrote to the object (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<&'a str>,
}

impl<'a> std::convert::From<&'a FieldManager> for Writer<'a> {
    fn from(manager: &'a FieldManager) -> Self {
        Self {
            name: &manager.name,
            subresource: &manager.subresource,
            time: manager.time.as_deref(),
        }
    }
}

/// A place that a value comes from.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ValuePlace {
    /// `FILE:LINE`
    place: String,
    /// `parameter` for the place where a parameter has its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
}

impl<'a> Change<'a> {
    /// A change, and what made it in git.
    pub(super) fn of(saved: SavedChange, change: &'a FieldChange, by: Option<&'a GitChange>) -> Self {
        let (cause, writer) = match &change.cause {
            compare::Cause::Git => (Cause::Git, None),
            compare::Cause::Drift { writer } => (Cause::Drift, writer.as_ref()),
            compare::Cause::InOurName { writer } => (Cause::Drift, Some(writer)),
            compare::Cause::Diverged { writer } => (Cause::Diverged, writer.as_ref()),
            compare::Cause::Conflict { owner } => (Cause::Conflict, Some(owner)),
            compare::Cause::Removed => (Cause::Removed, None),
            compare::Cause::LeftBehind { owner } => (Cause::LeftBehind, owner.as_ref()),
            compare::Cause::Takeover { from } => (Cause::Takeover, from.as_ref()),
            compare::Cause::Server => (Cause::Server, None),
        };
        let places = change.origins.iter().map(|Origin { role, place }| ValuePlace {
            place: file_and_line(place),
            role: role.is_parameter().then_some("parameter"),
        });
        Self {
            saved,
            cause,
            guessed: change.guessed,
            by: by.map(Into::into),
            writer: writer.map(Into::into),
            place: change.place.as_ref().map(file_and_line),
            places: places.collect(),
        }
    }
}
