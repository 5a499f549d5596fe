//! What came of the objects of a sync, in one word each, and how many of each there are.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What came of an object. Each has one word, which every output uses.
///
/// The order is the one in which they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum OutcomeKind {
    /// The object was created, and is Current.
    Created,
    /// The object was changed, and is Current.
    Updated,
    /// Another took its place, and is Current.
    Replaced,
    /// The object was deleted, and is gone.
    Deleted,
    /// The object stays in the cluster, and is a member no more.
    Orphaned,
    /// The object was left as it is: it is not ours.
    Skipped,
    /// The object was left as it is: another manager owns what git wants.
    Conflict,
    /// The object was left as it is: only a new one could be what git wants, or the server refuses what git wants.
    Refused,
    /// The object was written, and is not Current.
    NotReady,
    /// The object was to be deleted, and is still there.
    NotDeleted,
    /// The object could not be written, or somebody changed or deleted it meanwhile.
    #[serde(alias = "missed")]
    Failed,
    /// Nothing was done yet: what it depends on is not Current, something is in its way, or the sync was stopped.
    NotStarted,
    /// The sync was aborted while the object was being written, so that nobody knows what came of it.
    Unknown,
    /// The object was as git wants it.
    Unchanged,
}

impl OutcomeKind {
    /// All of them, in their order.
    pub const ALL: [Self; 14] = [
        Self::Created,
        Self::Updated,
        Self::Replaced,
        Self::Deleted,
        Self::Orphaned,
        Self::Skipped,
        Self::Conflict,
        Self::Refused,
        Self::NotReady,
        Self::NotDeleted,
        Self::Failed,
        Self::NotStarted,
        Self::Unknown,
        Self::Unchanged,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Replaced => "replaced",
            Self::Deleted => "deleted",
            Self::Orphaned => "orphaned",
            Self::Skipped => "skipped",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
            Self::NotReady => "not ready",
            Self::NotDeleted => "not deleted",
            Self::Failed => "failed",
            Self::NotStarted => "not started",
            Self::Unknown => "unknown",
            Self::Unchanged => "unchanged",
        }
    }

    /// Whether all that was to be written was, ready or not.
    pub fn is_written(self) -> bool {
        self.is_done() || matches!(self, Self::NotReady | Self::NotDeleted)
    }

    /// Whether the object is as git wants it.
    pub fn is_done(self) -> bool {
        match self {
            Self::Created | Self::Updated | Self::Replaced | Self::Deleted | Self::Orphaned | Self::Unchanged => true,
            Self::Skipped
            | Self::Conflict
            | Self::Refused
            | Self::NotReady
            | Self::NotDeleted
            | Self::Failed
            | Self::NotStarted
            | Self::Unknown => false,
        }
    }
}

/// How many objects had which outcome.
///
/// ```
/// use stackanetes::applyset::tally::{OutcomeKind, Tally};
///
/// let tally: Tally = [OutcomeKind::Unchanged, OutcomeKind::Created, OutcomeKind::Unchanged].into_iter().collect();
/// assert_eq!(tally.to_string(), "1 created, 2 unchanged");
/// assert_eq!(tally.of(OutcomeKind::Failed), 0);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(description = "How many objects there are of each outcome.")
)]
#[serde(transparent)]
pub struct Tally(BTreeMap<OutcomeKind, usize>);

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, outcome: OutcomeKind) {
        *self.0.entry(outcome).or_default() += 1;
    }

    /// Counts one less, as far as there are any.
    pub fn remove(&mut self, outcome: OutcomeKind) {
        if let Some(count) = self.0.get_mut(&outcome) {
            *count = count.saturating_sub(1);
        }
    }

    /// How many had this outcome.
    pub fn of(&self, outcome: OutcomeKind) -> usize {
        self.0.get(&outcome).copied().unwrap_or_default()
    }

    /// How many were to be written, and were not.
    pub fn unwritten(&self) -> usize {
        let unwritten = self.0.iter().filter(|(kind, _)| !kind.is_written());
        unwritten.map(|(_, count)| count).sum()
    }

    /// How many had any outcome at all.
    pub fn total(&self) -> usize {
        self.0.values().sum()
    }
}

impl FromIterator<OutcomeKind> for Tally {
    fn from_iter<I: IntoIterator<Item = OutcomeKind>>(outcomes: I) -> Self {
        let mut tally = Self::default();
        outcomes.into_iter().for_each(|outcome| tally.add(outcome));
        tally
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = self.0.iter().filter(|(_, count)| **count > 0);
        let parts: Vec<String> = counted
            .map(|(outcome, count)| format!("{count} {}", outcome.word()))
            .collect();
        out.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_among_all_of_them_once_and_in_order() {
        assert!(OutcomeKind::ALL.is_sorted_by(|one, next| one < next));
        let written: Tally = OutcomeKind::ALL.into_iter().collect();
        let text = serde_json::to_string(&written).expect("text");
        assert_eq!(serde_json::from_str::<Tally>(&text).expect("a tally"), written);
        assert_eq!(written.total(), OutcomeKind::ALL.len());
    }

    #[test]
    fn what_an_earlier_version_counted_as_missed_is_read() {
        let text = r#"{"created": 1, "updated": 0, "missed": 2, "unchanged": 3}"#;
        let tally: Tally = serde_json::from_str(text).expect("a tally");
        assert_eq!(tally.to_string(), "1 created, 2 failed, 3 unchanged");
    }
}
