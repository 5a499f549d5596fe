//! Changes that `git status` is told not to see: of files that are marked (`--assume-unchanged`, `--skip-worktree`),
//! and in submodules whose changes are ignored (`submodule.NAME.ignore`).
//!
//! The commit does not have them, whatever one machine's index and settings say.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use git2::{IndexEntry, Repository, SubmoduleIgnore, SubmoduleStatus};

use super::checkout::{SKIP_WORKTREE, SUBMODULE};
use super::{git, stored};

/// Whether something at `inside`, a path from the top of the repository, has such a change. What a sparse checkout
/// leaves out has none.
pub(super) fn has_changes(repository: &Repository, inside: &Path) -> Result<bool, git2::Error> {
    for entry in repository.index()?.iter() {
        let path = PathBuf::from(String::from_utf8_lossy(&entry.path).into_owned());
        if !path.starts_with(inside) {
            continue;
        }
        let is_changed = if entry.mode == SUBMODULE {
            is_submodule_changed(repository, &path)?
        } else {
            stored::is_taken_for_unchanged(&entry) && is_changed(repository, &path, &entry)
        };
        if is_changed {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the file on disk is not what its entry says. Where that cannot be told, it is taken for changed.
fn is_changed(repository: &Repository, path: &Path, entry: &IndexEntry) -> bool {
    let Some(place) = repository.workdir().map(|workdir| workdir.join(path)) else {
        return false;
    };
    let found = match fs::symlink_metadata(&place) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return entry.flags_extended & SKIP_WORKTREE == 0,
        Err(_) => return true,
    };
    if found.is_symlink() {
        let target = fs::read_link(&place);
        return !target.is_ok_and(|target| stored::is_blob(entry.id, target.as_os_str().as_encoded_bytes()));
    }
    let Ok(bytes) = fs::read(&place) else { return true };
    let is_same = || match stored::stored_in(repository, path, &bytes) {
        Ok(Some(stored)) => stored::is_blob(entry.id, &stored),
        Ok(None) | Err(_) => false,
    };
    !stored::is_blob(entry.id, &bytes) && !is_same()
}

/// Whether a submodule is not at the commit that its parent names, or has changes of its own.
fn is_submodule_changed(repository: &Repository, path: &Path) -> Result<bool, git2::Error> {
    let changed = SubmoduleStatus::WD_MODIFIED
        | SubmoduleStatus::WD_INDEX_MODIFIED
        | SubmoduleStatus::WD_WD_MODIFIED
        | SubmoduleStatus::WD_UNTRACKED;
    let status = path
        .to_str()
        .and_then(|name| repository.submodule_status(name, SubmoduleIgnore::None).ok());
    if status.is_some_and(|status| status.intersects(changed)) {
        return Ok(true);
    }
    match git::submodule(repository, path) {
        Some(module) if !module.is_bare() => has_changes(&module, Path::new("")),
        _ => Ok(false),
    }
}
