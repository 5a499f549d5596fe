//! Which Jobs have completed with which inputs: what the parent keeps, so that they do not run again
//! when they are gone.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::jobs::{InputDigests, Irreversible, Recorded};
use crate::object::ObjectRef;
use crate::plan::{Action, Plan};

/// The Jobs of one sync.
#[derive(Debug)]
pub(super) struct Runs {
    /// Those that git wants. Of others nothing is kept.
    wanted: BTreeSet<ObjectRef>,
    /// The Jobs that the plan runs.
    planned: BTreeSet<ObjectRef>,
    /// Those of them whose earlier run counts no more.
    begun: RefCell<BTreeSet<ObjectRef>>,
    /// The Jobs that were seen complete.
    completed: RefCell<BTreeMap<ObjectRef, InputDigests>>,
    /// What those do that cannot be undone and declare it.
    irreversible: Irreversible,
    /// Those that it is gone back across, which was allowed.
    crossed: BTreeSet<ObjectRef>,
}

impl Runs {
    pub(super) fn of(plan: &Plan) -> Self {
        let runs = |action: Action| matches!(action, Action::Create | Action::Replace);
        let planned = plan.steps.iter().filter(|step| runs(step.action));
        let complete = plan.unchanged.iter().filter(|settled| settled.is_complete);
        Self {
            wanted: plan.facts.jobs.clone(),
            planned: planned.map(|step| step.reference.clone()).collect(),
            begun: RefCell::default(),
            completed: RefCell::new(
                complete
                    .filter_map(|settled| Some((settled.reference.clone(), settled.inputs.clone()?)))
                    .collect(),
            ),
            irreversible: plan.facts.irreversible.clone(),
            crossed: plan.back.crossed.iter().map(|crossed| crossed.job.clone()).collect(),
        }
    }

    /// A Job is about to be written.
    pub(super) fn begin(&self, job: &ObjectRef) {
        if self.planned.contains(job) {
            self.begun.borrow_mut().insert(job.clone());
        }
    }

    /// A Job was seen complete.
    pub(super) fn complete(&self, job: &ObjectRef, inputs: InputDigests) {
        self.completed.borrow_mut().insert(job.clone(), inputs);
    }

    /// What to keep before the first write. Once a Job is begun its earlier run counts no more, even
    /// if the sync ends between deleting it and creating it anew.
    pub(super) fn before(&self, recorded: &Recorded) -> Recorded {
        let mut kept = self.to_record(recorded);
        kept.retain(|job, _| !self.planned.contains(job));
        kept
    }

    /// What to keep after the last write, of what was `recorded` before the first one.
    pub(super) fn to_record(&self, recorded: &Recorded) -> Recorded {
        let begun = self.begun.borrow();
        let standing = recorded
            .iter()
            .filter(|(job, _)| self.wanted.contains(*job) && !begun.contains(*job));
        let mut kept: Recorded = standing.map(|(job, inputs)| (job.clone(), inputs.clone())).collect();
        kept.extend(self.completed.borrow().clone());
        kept
    }

    /// What to keep before the first write of what Jobs did that cannot be undone: those that are to
    /// run may have run, should the sync be cut off.
    pub(super) fn irreversible_before(&self, recorded: &Irreversible) -> Irreversible {
        self.irreversible(recorded, |job| {
            self.planned.contains(job) || self.completed.borrow().contains_key(job)
        })
    }

    /// What to keep of it after the last write, of what was `recorded` before the first one. A Job that
    /// was begun may have done it, however it ended.
    pub(super) fn irreversible_after(&self, recorded: &Irreversible) -> Irreversible {
        self.irreversible(recorded, |job| {
            self.begun.borrow().contains(job) || self.completed.borrow().contains_key(job)
        })
    }

    fn irreversible(&self, recorded: &Irreversible, ran: impl Fn(&ObjectRef) -> bool) -> Irreversible {
        let mut kept = recorded.clone();
        kept.retain(|job, _| !self.crossed.contains(job));
        let declared = self.irreversible.iter().filter(|(job, _)| ran(job));
        kept.extend(declared.map(|(job, done)| (job.clone(), done.clone())));
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::reference;

    #[test]
    fn what_was_recorded_stays_until_the_job_is_begun_and_no_longer_than_git_wants_it() {
        let job = |name: &str| reference("batch/Job", Some("ns"), name);
        let inputs = |digest: &str| InputDigests::from_iter([("image".to_owned(), Some(digest.to_owned()))]);
        let recorded: Recorded = ["stands", "blocked", "failed", "done", "dropped"]
            .map(|name| (job(name), inputs("old")))
            .into();
        let runs = Runs {
            wanted: ["stands", "blocked", "failed", "done"].map(job).into(),
            planned: ["blocked", "failed", "done"].map(job).into(),
            begun: RefCell::default(),
            completed: RefCell::default(),
            irreversible: Irreversible::new(),
            crossed: BTreeSet::new(),
        };
        assert_eq!(runs.before(&recorded), [(job("stands"), inputs("old"))].into());
        for name in ["failed", "done", "stands"] {
            runs.begin(&job(name));
        }
        runs.complete(&job("done"), inputs("new"));
        let expected = [("stands", "old"), ("blocked", "old"), ("done", "new")];
        assert_eq!(
            runs.to_record(&recorded),
            expected.map(|(name, digest)| (job(name), inputs(digest))).into()
        );
    }
}
