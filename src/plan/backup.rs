//! Whether what a Job does for good is backed up before.

use super::order::waits_for;
use super::{Action, Plan, Reason, Step, Work};
use crate::kinds::jobs::{self, BACKUP};
use crate::object::ObjectRef;
use crate::object::field::FieldPath;

/// What becomes of the Job that backs up what another Job changes for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backup<'a> {
    /// The other Job names none, or its name must not be shown.
    Unnamed,
    /// The backup Job runs, and the other waits for it.
    RunsBefore(&'a ObjectRef),
    /// The backup Job runs, and the other does not wait for it.
    RunsUnordered(&'a ObjectRef),
    /// The backup Job does not run in this sync.
    Idle(&'a ObjectRef),
    /// The backup Job is the other Job itself.
    Itself(&'a ObjectRef),
    /// Git has no Job of this name.
    Missing(&'a str),
}

impl<'a> Backup<'a> {
    /// What becomes of the backup of the Job that a step of `plan` runs, as that Job names it by [`BACKUP`].
    pub(super) fn of(step: &'a Step, plan: &'a Plan) -> Self {
        let Some(name) = name(step) else {
            return Self::Unnamed;
        };
        let is_near = |job: &ObjectRef| name.contains('/') || job.namespace == step.reference.namespace;
        let is_it = |job: &&ObjectRef| is_near(job) && jobs::names(job, name);
        let Some(job) = plan.facts.jobs.iter().find(is_it) else {
            return Self::Missing(name);
        };
        if *job == step.reference {
            return Self::Itself(job);
        }
        let runs = |other: &Step| {
            let is_run = other.action == Action::Create || matches!(other.reason, Reason::Runs(_));
            is_run && other.reference == *job
        };
        match plan.steps.iter().any(runs) {
            false => Self::Idle(job),
            true if waits_for(&plan.facts.dependencies, &step.reference, job) => Self::RunsBefore(job),
            true => Self::RunsUnordered(job),
        }
    }

    /// The Job, where there is one.
    pub fn job(self) -> Option<&'a ObjectRef> {
        match self {
            Self::RunsBefore(job) | Self::RunsUnordered(job) | Self::Idle(job) | Self::Itself(job) => Some(job),
            Self::Unnamed | Self::Missing(_) => None,
        }
    }

    /// What programs know it by.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unnamed => "unnamed",
            Self::RunsBefore(_) => "runsBefore",
            Self::RunsUnordered(_) => "runsUnordered",
            Self::Idle(_) => "doesNotRun",
            Self::Itself(_) => "itself",
            Self::Missing(_) => "missing",
        }
    }
}

/// The name of the Job that backs up, as a Job says it.
fn name(step: &Step) -> Option<&str> {
    let Work::Apply(work) = &step.work else { return None };
    let path = FieldPath::of(&["metadata", "annotations", BACKUP]);
    let name = work.desired.annotation(BACKUP)?.trim();
    (!name.is_empty() && !work.desired.origins.is_secret(&path)).then_some(name)
}
