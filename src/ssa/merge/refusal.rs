//! Why a write cannot be merged.

use std::fmt::Write as _;

use super::validate::Mistake;
use crate::object::GroupVersionKind;
use crate::object::field::{FieldManager, FieldPath};

/// A field that an apply would take away from another manager.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The manager that owns the field.
    pub manager: FieldManager,
    /// The path of the field.
    pub path: FieldPath,
}

/// Why a write cannot be merged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MergeError {
    /// The schema does not have the kind.
    #[error("no schema for {0}")]
    UnknownKind(GroupVersionKind),
    /// The schema does not allow what is applied.
    #[error("{}", mistakes_text(.0))]
    Invalid(Vec<Mistake>),
    /// The schema does not allow what is live: it is not the one by which that was written.
    #[error("the live object does not fit the schema: {}", mistakes_text(.0))]
    InvalidLive(Vec<Mistake>),
    /// A webhook turns the versions of the kind into each other, and the object is recorded in several.
    #[error("a webhook converts the versions of {0}")]
    Converted(GroupVersionKind),
    /// Others own what is applied, with other values.
    #[error("{}", conflicts_text(.0))]
    Conflicts(Vec<Conflict>),
}

fn mistakes_text(mistakes: &[Mistake]) -> String {
    let lines: Vec<_> = mistakes.iter().map(Mistake::to_string).collect();
    lines.join("\n")
}

fn conflicts_text(conflicts: &[Conflict]) -> String {
    let plural = if conflicts.len() == 1 { "" } else { "s" };
    let mut text = format!("{} conflict{plural}: ", conflicts.len());
    for (index, Conflict { manager, path }) in conflicts.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        // A string can always be written to.
        let _ = write!(text, "{comma}{path} is owned by {}", manager.name);
    }
    text
}
