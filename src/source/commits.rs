//! The commits of the repository that a directory stands in.

use std::path::{Component, Path, PathBuf};

use git2::{Commit, ErrorCode, Oid, Repository};

use super::git::{self, Revision};
use super::tree::CommitTree;
use crate::error::{Error, Result};

/// The commits of the repository that a directory, or a file, stands in.
pub struct Commits {
    repository: Repository,
    /// The directory as it is typed, and its path in the repository.
    root: PathBuf,
    inside: PathBuf,
}

impl std::fmt::Debug for Commits {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Commits")
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

impl Commits {
    /// Of the directory or file at `path`, which need not be there now.
    pub fn of(path: &Path) -> Result<Self> {
        let shown = super::files::shown(path);
        let failed = |error| Error::new(format!("failed to find {shown}")).because(error);
        let whole = normal(&std::path::absolute(path).map_err(failed)?);
        let there = whole.ancestors().find(|path| path.exists()).unwrap_or(&whole);
        let opened = git::open(there).map_err(|error| git::unreadable(&git::repository_of(there), &error))?;
        let outside = || {
            Error::new(format!("{shown} is not in a git repository"))
                .hint("leave out --revision, or name a clone of it")
        };
        let repository = opened.ok_or_else(outside)?;
        let workdir = repository.workdir().and_then(|workdir| workdir.canonicalize().ok());
        let workdir = workdir.ok_or_else(outside)?;
        // Links above the working tree are no part of a commit, those in it are.
        let top = whole
            .ancestors()
            .filter(|above| above.canonicalize().is_ok_and(|real| real == workdir))
            .last();
        let inside = top.and_then(|top| whole.strip_prefix(top).ok()).map(Path::to_owned);
        let linked = || Some(path.canonicalize().ok()?.strip_prefix(&workdir).ok()?.to_owned());
        let inside = inside.or_else(linked).ok_or_else(outside)?;
        Ok(Self {
            repository,
            root: path.to_owned(),
            inside,
        })
    }

    /// The commit that `revision` names, in any way that git knows.
    pub fn find(&self, revision: &str) -> Result<Revision> {
        let found = self.repository.revparse_single(revision);
        let commit = found.and_then(|object| object.peel_to_commit()).map_err(|error| {
            let unknown = Error::new(format!(
                "there is no commit {revision} in {}",
                git::repository_of_open(&self.repository).display()
            ));
            let unknown = unknown.because(error.message());
            match error.code() {
                ErrorCode::Ambiguous => unknown.hint("name it by more of its characters"),
                _ => {
                    unknown.hint("`git log` lists them; a clone that is not whole lacks some (`git fetch --unshallow`)")
                }
            }
        })?;
        let mut found = git::revision(&commit, false).map_err(|error| self.unreadable(&error))?;
        if !found.commit.starts_with(revision) {
            found.branch = Some(revision.to_owned());
        }
        Ok(found)
    }

    /// The files of this commit.
    pub(super) fn tree(&self, revision: &Revision) -> Result<CommitTree<'_>> {
        let id = Oid::from_str(&revision.commit).map_err(|error| self.unreadable(&error))?;
        let commit = self.commit(id)?;
        Ok(CommitTree::new(
            &self.repository,
            &commit,
            &revision.short,
            &self.root,
            &self.inside,
        ))
    }

    fn commit(&self, id: Oid) -> Result<Commit<'_>> {
        self.repository.find_commit(id).map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &git2::Error) -> Error {
        git::unreadable(&git::repository_of_open(&self.repository), error)
    }
}

/// The path without `.` and `..`, links not looked at.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => _ = normal.pop(),
            step => normal.push(step),
        }
    }
    normal
}
