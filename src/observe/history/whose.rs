//! Whose set it is: the directory that it is to be synced from.

use super::Directory;
use crate::plan::Observed;
use crate::source::Commits;

/// Notes on what was observed which directory of which repository it is. Outside of git nothing is noted.
pub fn look_whose(observed: &mut Observed, directory: &Directory) {
    let (Some(path), Some(revision)) = (&directory.path, &directory.revision) else {
        return;
    };
    let Ok(commits) = Commits::of(path) else { return };
    let last = observed.parent.as_ref().and_then(|parent| parent.attempted.as_ref());
    let last = last.and_then(|last| Some((last.source.as_ref()?, last.revision.as_deref()?)));
    observed.source = Some(commits.source(revision.id(), last));
}
