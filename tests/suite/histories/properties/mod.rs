//! What holds after every sync.

mod dropped;
mod ends;
mod generated;
mod jobs;
mod outside;
mod predicted;
mod rules;
mod wanted;

use std::fmt;

use serde_json::Value;

use super::files::Files;
use super::made::Rotated;
use super::ran::Ran;
use super::step::Id;
use super::synced::Synced;
use super::theirs::Theirs;
pub use outside::outside;

/// What holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Property {
    /// The command ends as it says it does.
    Ends,
    /// So does the diff afterwards.
    EndsAgain,
    /// What git wants is there, or something is in its way that others did.
    Wanted,
    /// What git dropped is gone, or named.
    Dropped,
    /// What happened is what was predicted.
    Predicted,
    /// What a rule leaves to others stays as they have it.
    Rules,
    /// A value that is generated is made once, and again when git rotates it.
    Generated,
    /// No value of a Secret is printed.
    Hidden,
    /// A Job runs again when its inputs changed, and not otherwise.
    Jobs,
    /// Nothing outside the set was touched.
    Outside,
    /// The diff after a sync finds nothing that the sync should have done.
    InSync,
}

/// A property that does not hold, and of which object.
#[derive(Debug)]
pub struct Found {
    property: Property,
    id: Option<Id>,
    /// What a person looks at.
    detail: String,
}

impl Found {
    /// Whether it is the same property, of an object of the same kind.
    pub fn is_like(&self, other: &Self) -> bool {
        let kind = |found: &Self| found.id.as_ref().map(|id| id.kind.clone());
        self.property == other.property && kind(self) == kind(other)
    }

    pub fn of(property: Property, id: &Id, detail: impl Into<String>) -> Self {
        Self {
            property,
            id: Some(id.clone()),
            detail: detail.into(),
        }
    }

    /// About no object in particular.
    pub fn of_all(property: Property, detail: impl Into<String>) -> Self {
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
    pub theirs: &'a Theirs,
    /// What was known before the sync.
    pub ran: &'a Ran,
    pub rotated: &'a Rotated,
    pub synced: &'a Synced,
}

impl State<'_> {
    /// Whether a rule leaves a field of a live object to others, or an autoscaler does.
    fn is_left(&self, id: &Id, path: &str, live: &Value) -> bool {
        self.files.rules.leaves(id, path, live) || (path == "spec.replicas" && self.may_be_scaled(id))
    }

    /// Whether there is an autoscaler, or was one before, for an object.
    fn may_be_scaled(&self, id: &Id) -> bool {
        let live = self.synced.before.iter().chain(&self.synced.after);
        let mut scalers =
            live.filter(|(scaler, _)| scaler.kind == "HorizontalPodAutoscaler" && scaler.namespace == id.namespace);
        scalers.any(|(_, scaler)| scaler["spec"]["scaleTargetRef"]["name"] == *id.name)
    }
}

/// Checks all of them.
pub fn check(state: &State<'_>) -> Result<(), Found> {
    let State { files, synced, .. } = state;
    ends::ends(state)?;
    ends::again(state)?;
    wanted::wanted(state)?;
    predicted::predicted(synced)?;
    rules::rules(state)?;
    generated::generated(state)?;
    generated::hidden(state)?;
    jobs::jobs(state)?;
    dropped::objects(state)?;
    dropped::fields(state)?;
    outside::skipped(synced)?;
    outside(files, &synced.before, &synced.after)?;
    ends::in_sync(synced)
}
