//! What came of a sync.

use std::collections::BTreeMap;

use crate::applyset::tally::{OutcomeKind, Tally};
use crate::execute::{Event, NotPruned, Outcome};
use crate::kinds::health::Health;
use crate::object::ObjectRef;
use crate::object::shown::ShownPath;
use crate::plan::Plan;

/// What came of a sync, gathered from its events.
#[derive(Debug, Default)]
pub struct Report {
    /// What came of each object, in the order in which it was settled.
    pub outcomes: Vec<(ObjectRef, Outcome)>,
    /// The fields on which a stored object differs from the plan's prediction.
    pub mismatches: Vec<(ObjectRef, Vec<ShownPath>)>,
    /// What is not Current and was not waited for, and how it was.
    pub unawaited: Vec<(ObjectRef, Health)>,
    /// How many objects were to be pruned and were not, and the reason.
    pub not_pruned: Option<(usize, NotPruned)>,
    /// Whether a signal ended the sync.
    pub interrupted: bool,
    /// Whether it could not begin, or not go on.
    pub failed: bool,
    /// What was to be written and has not come to its end, and whether it was begun.
    open: BTreeMap<ObjectRef, bool>,
}

impl Report {
    /// The report of a sync that is to carry out `plan`.
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
            Event::Unawaited { reference, health } => self.unawaited.push((reference, health)),
            Event::NotPruned { objects, reason } => self.not_pruned = Some((objects, reason)),
            Event::Queued { .. }
            | Event::Applied { .. }
            | Event::Waiting { .. }
            | Event::Warning { .. }
            | Event::NotReleased(_) => {}
        }
    }

    /// What did not begin since something that it depends on is not Current, by what is at the bottom of it: not the
    /// object that each depends on, but the one that failed itself.
    pub fn blocked(&self) -> BTreeMap<&ObjectRef, Vec<&ObjectRef>> {
        let blocked = self.outcomes.iter().filter_map(|(object, outcome)| match outcome {
            Outcome::Blocked { by } => Some((object, by)),
            _ => None,
        });
        let by: BTreeMap<&ObjectRef, &ObjectRef> = blocked.collect();
        let mut groups: BTreeMap<&ObjectRef, Vec<&ObjectRef>> = BTreeMap::new();
        for (object, first) in &by {
            // Not more often than there are objects: one that is said to wait for itself ends no chain.
            let chain = std::iter::successors(Some(*first), |cause| by.get(cause).copied());
            if let Some(root) = chain.take(by.len()).last() {
                groups.entry(root).or_default().push(object);
            }
        }
        groups
    }

    /// What a sync that was ended at once leaves open: not started, or unknown where it was begun. What was not
    /// pruned, and is told as such, is not among it.
    pub fn open(&self) -> impl Iterator<Item = (&ObjectRef, OutcomeKind)> {
        let open = self.open.iter().filter(|_| self.failed && self.not_pruned.is_none());
        open.map(|(reference, begun)| {
            let kind = if *begun {
                OutcomeKind::Unknown
            } else {
                OutcomeKind::NotStarted
            };
            (reference, kind)
        })
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

    /// Whether an object could not be written, or did not become Current. What was left as it is, as the plan said, is no
    /// failure.
    pub fn has_failures(&self) -> bool {
        let is_failure = |kind: OutcomeKind| matches!(kind, OutcomeKind::Failed | OutcomeKind::NotReady);
        self.outcomes.iter().any(|(_, outcome)| is_failure(outcome.kind()))
    }

    /// How many objects had which outcome. What a sync that was ended at once leaves open is among them.
    pub fn tally(&self) -> Tally {
        let settled = self.outcomes.iter().map(|(_, outcome)| outcome.kind());
        settled.chain(self.open().map(|(_, kind)| kind)).collect()
    }
}
