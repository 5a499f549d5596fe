//! Whose set it is: the directory that it is to be synced from.

use super::DirectoryInputs;
use crate::applyset::source::Source;
use crate::plan::Observed;
use crate::source::Commits;

/// Which directory of which repository it is; nothing outside of git.
pub(super) fn look_whose(observed: &Observed, directory: &DirectoryInputs) -> Option<Source> {
    let (path, revision) = (directory.path.as_ref()?, directory.revision.as_ref()?);
    let commits = Commits::of(path).ok()?;
    let last = observed
        .facts
        .parent
        .as_ref()
        .and_then(|parent| parent.attempted.as_ref());
    let last = last.and_then(|last| Some((last.source.as_ref()?, last.revision.as_ref()?)));
    Some(commits.source(revision.id(), last))
}
