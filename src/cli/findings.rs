//! What a check of the directory finds when a plan is made of it.

use crate::check::{self, Finding};
use crate::observe::history::DirectoryInputs;
use crate::plan::Plan;
use crate::source::{self, Desired};
use crate::view::Checks;

/// Whether the directory is checked, and what its findings are compared with.
#[derive(Debug, Clone)]
pub(super) enum Checking {
    /// The directory is not checked.
    Off,
    /// The findings are compared with those of the commit that was synced last.
    SinceLastSync,
    /// The findings are compared with these.
    Since(Vec<Finding>),
}

/// What a check found.
#[derive(Debug, Default)]
pub(super) struct FoundMistakes {
    /// All that it finds now.
    now: Vec<Finding>,
    /// What it finds in what was there before; nothing where that is not known.
    before: Option<Vec<Finding>>,
}

impl Checking {
    /// What is found in `read`, whose manifests are in `namespace` if they name none.
    pub(super) fn check(&self, read: &Desired, namespace: &str) -> Vec<Finding> {
        match self {
            Self::Off => Vec::new(),
            Self::SinceLastSync | Self::Since(_) => find(read, namespace),
        }
    }

    /// What is found `now`, with what was found before. Of the commit that was synced last that is found out only if
    /// there is something to compare, and something changes.
    pub(super) fn findings(self, now: Vec<Finding>, plan: &Plan, directory: &DirectoryInputs) -> FoundMistakes {
        let before = match self {
            Self::Since(before) => Some(before),
            Self::SinceLastSync if !now.is_empty() && !plan.steps.is_empty() => last_synced(plan, directory),
            Self::SinceLastSync | Self::Off => None,
        };
        FoundMistakes { now, before }
    }
}

impl FoundMistakes {
    /// The findings as a plan shows them.
    pub(super) fn as_checks(&self) -> Checks<'_> {
        Checks {
            findings: &self.now,
            before: self.before.as_deref(),
        }
    }
}

/// What is found in `read`, whose manifests are in `namespace` if they name none.
pub(super) fn find(read: &Desired, namespace: &str) -> Vec<Finding> {
    let (rules, encrypted) = (&read.settings.ignore_findings, read.closed.len());
    check::check(&read.manifests, namespace, rules, encrypted).findings
}

/// What is found in the commit that was synced last, read as the directory is read now; nothing where there is none, or
/// it cannot be read so.
fn last_synced(plan: &Plan, directory: &DirectoryInputs) -> Option<Vec<Finding>> {
    let last = plan.facts.parent.as_ref()?.completed.as_ref()?;
    let commit = last.revision.as_ref().filter(|_| !last.dirty)?;
    let read = source::at_revision(directory.path.as_ref()?, commit.as_str(), &directory.inputs).ok()?;
    Some(find(&read, &directory.namespace_of(&read.settings)))
}
