//! What came of a sync.

use crate::execute::{Event, Outcome};
use crate::field::FieldPath;
use crate::object::ObjectRef;

/// What came of a sync, gathered from its events.
#[derive(Debug, Default)]
pub struct Report {
    /// What came of each object, in the order in which it was settled.
    pub outcomes: Vec<(ObjectRef, Outcome)>,
    /// The fields on which a stored object differs from the plan's prediction.
    pub mismatches: Vec<(ObjectRef, Vec<FieldPath>)>,
    /// How many objects were to be pruned and were not, and why.
    pub not_pruned: Option<(usize, String)>,
    /// Whether it was stopped.
    pub interrupted: bool,
    /// Whether it could not begin, or not go on.
    pub failed: bool,
}

impl Report {
    /// Takes note of an event.
    pub fn note(&mut self, event: Event) {
        match event {
            Event::Settled { reference, outcome } => self.outcomes.push((reference, outcome)),
            Event::Mismatch { reference, paths } => self.mismatches.push((reference, paths)),
            Event::NotPruned { objects, why } => self.not_pruned = Some((objects, why)),
            Event::Started { .. } | Event::Applied { .. } | Event::Waiting { .. } | Event::Warning { .. } => {}
        }
    }

    /// Whether everything that was planned was done.
    pub fn is_complete(&self) -> bool {
        !self.interrupted
            && !self.failed
            && self.not_pruned.is_none()
            && self.outcomes.iter().all(|(_, outcome)| outcome.is_done())
    }

    /// How many objects had such an outcome.
    pub fn count(&self, of: impl Fn(&Outcome) -> bool) -> usize {
        self.outcomes.iter().filter(|(_, outcome)| of(outcome)).count()
    }
}
