//! What holds after every sync.

mod dropped;
mod ends;
mod outside;
mod predicted;
mod wanted;

use std::fmt;

use super::files::Files;
use super::place::Others;
use super::step::Id;
use super::synced::Synced;
pub use outside::outside;

/// What holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Property {
    /// The command ends as it says it does.
    Ends,
    /// What git wants is there, or something is in its way that others did.
    Wanted,
    /// What git dropped is gone, or named.
    Dropped,
    /// What happened is what was predicted.
    Predicted,
    /// Nothing outside the set was touched.
    Outside,
    /// The diff after a sync finds nothing that the sync should have done.
    InSync,
}

/// A property that does not hold, and of what.
#[derive(Debug)]
pub struct Found {
    pub property: Property,
    id: Option<Id>,
    /// What a person looks at.
    detail: String,
}

impl Found {
    fn of(property: Property, id: &Id, detail: impl Into<String>) -> Self {
        Self {
            property,
            id: Some(id.clone()),
            detail: detail.into(),
        }
    }

    /// About no object in particular.
    fn of_all(property: Property, detail: impl Into<String>) -> Self {
        Self {
            property,
            id: None,
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", self.property)?;
        if let Some(id) = &self.id {
            write!(out, " of {id}")?;
        }
        write!(out, ": {}", self.detail)
    }
}

/// All that a property is about.
pub struct State<'a> {
    pub files: &'a Files,
    pub others: &'a Others,
    pub synced: &'a Synced,
}

/// Checks all of them.
pub fn check(state: &State<'_>) -> Result<(), Found> {
    let State { files, synced, .. } = state;
    ends::ends(synced)?;
    wanted::wanted(state)?;
    predicted::predicted(synced)?;
    dropped::objects(state)?;
    dropped::fields(state)?;
    outside(files, &synced.before, &synced.after)?;
    ends::in_sync(synced)
}
