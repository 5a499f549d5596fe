//! What came of a sync.

use std::collections::BTreeMap;

use crate::execute::{Event, Outcome};
use crate::object::ObjectRef;
use crate::object::field::FieldPath;
use crate::plan::Plan;

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
    /// What was to be written and has not come to its end, and whether it was begun.
    open: BTreeMap<ObjectRef, bool>,
}

impl Report {
    /// Of a sync that is to carry out `plan`.
    pub fn of(plan: &Plan) -> Self {
        let written = plan.steps.iter().filter(|step| step.action.writes());
        Self {
            open: written.map(|step| (step.reference.clone(), false)).collect(),
            ..Self::default()
        }
    }

    /// Takes note of an event.
    pub fn note(&mut self, event: Event) {
        match event {
            Event::Settled { reference, outcome } => {
                self.open.remove(&reference);
                if matches!(outcome, Outcome::Gone) {
                    self.outcomes.retain(|(other, _)| *other != reference);
                }
                self.outcomes.push((reference, outcome));
            }
            Event::Started { reference, .. } => {
                self.open.insert(reference, true);
            }
            Event::Mismatch { reference, paths } => self.mismatches.push((reference, paths)),
            Event::NotPruned { objects, why } => self.not_pruned = Some((objects, why)),
            Event::Queued { .. } | Event::Applied { .. } | Event::Waiting { .. } | Event::Warning { .. } => {}
        }
    }

    /// What a sync that was ended at once leaves open, and whether it was begun: then nobody knows what
    /// came of it. What was not pruned, and is told as such, is not among it.
    pub fn open(&self) -> impl Iterator<Item = (&ObjectRef, bool)> {
        let open = self.open.iter().filter(|_| self.failed && self.not_pruned.is_none());
        open.map(|(reference, begun)| (reference, *begun))
    }

    /// Whether anything was begun that has not come to its end.
    pub fn has_begun(&self) -> bool {
        self.open.values().any(|begun| *begun)
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
