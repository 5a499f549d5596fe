//! Whether a sync goes back to what was before, and across which Jobs whose work cannot be undone.

use super::DirectoryInputs;
use crate::kinds::jobs::{Crossed, Done};
use crate::object::selection::Selection;
use crate::object::{COMPONENT, ObjectRef};
use crate::plan::{Observed, Rollback};
use crate::source::{CommitId, Commits};

/// Whether the commit that is to be synced lies before the one that was synced last, and the Jobs that it goes
/// back across. Without a commit, now or then, there is no before and no after.
pub(super) fn look_back(observed: &Observed, selection: &Selection, directory: &DirectoryInputs) -> Option<Rollback> {
    let parent = observed.facts.parent.as_ref()?;
    let (path, revision) = (directory.path.as_ref()?, directory.revision.as_ref()?);
    let last = parent.attempted.as_ref().and_then(|last| last.revision.clone());
    if parent.irreversible.is_empty() && last.as_ref() == Some(&revision.commit) {
        return None;
    }
    let commits = Commits::of(path).ok()?;
    let now = revision.id();
    let done = parent.irreversible.iter();
    let done = done.filter(|(job, done)| is_other_now(job, done, observed, selection));
    let crossed = done
        .filter_map(|(job, done)| crossed(job, done, &commits, now))
        .collect();
    Some(Rollback {
        from: last.filter(|last| commits.is_since(now, last) == Some(false)),
        crossed,
    })
}

/// Whether a Job is not what it was when it did what cannot be undone.
fn is_other_now(job: &ObjectRef, done: &Done, observed: &Observed, selection: &Selection) -> bool {
    let mut desired = observed.objects.iter().map(|observation| &observation.desired);
    if let Some(desired) = desired.find(|desired| desired.reference == *job) {
        let inputs = desired.inputs.as_ref();
        return inputs.is_none_or(|inputs| !inputs.changed_since(&done.inputs).is_empty());
    }
    // What is proved declares no inputs.
    if observed.proved.iter().any(|proved| proved.settled.reference == *job) {
        return true;
    }
    // One that git wants and that is not selected stays what it is.
    let label = |key: &str| done.component.as_deref().filter(|_| key == COMPONENT);
    !observed.facts.jobs.contains(job) && selection.selects(job, label)
}

fn crossed(job: &ObjectRef, done: &Done, commits: &Commits, now: CommitId) -> Option<Crossed> {
    let ran = done.revision.clone()?;
    let is_certain = match commits.is_since(now, &ran) {
        Some(true) => return None,
        Some(false) => true,
        None => false,
    };
    Some(Crossed {
        job: job.clone(),
        reason: done.reason.clone(),
        ran,
        is_certain,
    })
}
