//! Whose set it is: the directory that it is to be synced from.

use std::path::Path;

use super::DirectoryInputs;
use crate::applyset::parent::Parent;
use crate::applyset::source::Checkout;
use crate::plan::Observed;
use crate::source::{CommitId, Commits};

/// Which directory of which repository it is; nothing outside of git.
pub(super) fn look_whose(observed: &Observed, directory: &DirectoryInputs) -> Option<Checkout> {
    let (path, revision) = (directory.path.as_ref()?, directory.revision.as_ref()?);
    let commits = Commits::of(path).ok()?;
    Some(checkout(&commits, revision.id(), observed.facts.parent.as_ref()))
}

/// Which directory of which repository it is, as it is checked out; nothing outside of git, and in a repository that
/// has no commit.
pub fn checked_out(path: &Path, parent: Option<&Parent>) -> Option<Checkout> {
    let commits = Commits::of(path).ok()?;
    let head = commits.head()?;
    Some(checkout(&commits, head, parent))
}

fn checkout(commits: &Commits, now: CommitId, parent: Option<&Parent>) -> Checkout {
    let last = parent.and_then(|parent| parent.attempted.as_ref()?.known_source());
    commits.checkout(now, last)
}
