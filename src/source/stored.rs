//! What git stores of a file on disk, which is what its commit has.
//!
//! Between a commit and the disk git converts line ends (`text`, `eol`, `core.autocrlf`) and `$Id$` (`ident`), by the
//! attributes of a path and the settings of one machine (gitattributes, git-config). What is desired is what a commit
//! has, wherever it is checked out, so that such a file is read back as git stores it.

use std::path::Path;

use git2::{IndexEntry, ObjectType, Oid, Repository, Status};

use super::checkout::SKIP_WORKTREE;
use super::git;

/// The bit of an entry's flags by which git takes its file for unchanged (gitformat-index, "assume valid").
const ASSUME_VALID: u16 = 1 << 15;
/// Comes before what is on disk, so that nothing is written there.
const FIRST: i32 = 1000;

/// What git stores of the file at `path`, whose bytes on disk these are. They are it themselves where nothing was
/// converted, outside of a repository, and in one that cannot be read, which the revision of the directory says.
pub(super) fn stored(path: &Path, bytes: Vec<u8>) -> Vec<u8> {
    if !may_be_converted(&bytes) {
        return bytes;
    }
    let stored = || {
        let place = path.canonicalize().ok()?;
        let repository = git::open(&place).ok()??;
        let workdir = repository.workdir()?.canonicalize().ok()?;
        stored_in(&repository, place.strip_prefix(&workdir).ok()?, &bytes).ok()?
    };
    let stored = stored();
    stored.unwrap_or(bytes)
}

/// Whether a file on disk can have been converted: git makes carriage returns, and puts a name behind `$Id`.
fn may_be_converted(bytes: &[u8]) -> bool {
    bytes.contains(&b'\r') || bytes.windows(4).any(|part| part == b"$Id:")
}

/// What git stores of a file at `inside`, a path from the top of a repository; nothing where the bytes on disk are it.
pub(super) fn stored_in(repository: &Repository, inside: &Path, bytes: &[u8]) -> Result<Option<Vec<u8>>, git2::Error> {
    if git::conversion(repository, inside).is_some() {
        return Ok(None);
    }
    let content = |id| Ok(Some(repository.find_blob(id)?.content().to_vec()));
    if let Some(entry) = repository.index()?.get_path(inside, 0) {
        if is_blob(entry.id, bytes) {
            return Ok(None);
        }
        if !is_taken_for_unchanged(&entry) && is_unchanged(repository, inside) {
            return content(entry.id);
        }
    }
    let Some(workdir) = repository.workdir() else {
        return Ok(None);
    };
    repository.odb()?.add_new_mempack_backend(FIRST)?;
    content(repository.blob_path(&workdir.join(inside))?)
}

/// Whether these bytes are the blob of this name.
pub(super) fn is_blob(id: Oid, bytes: &[u8]) -> bool {
    Oid::hash_object(ObjectType::Blob, bytes).is_ok_and(|own| own == id)
}

/// Whether git was told not to look whether the file of an entry has changed (git-update-index).
pub(super) fn is_taken_for_unchanged(entry: &IndexEntry) -> bool {
    entry.flags & ASSUME_VALID != 0 || entry.flags_extended & SKIP_WORKTREE != 0
}

/// Whether git says that the file on disk is that of its index.
fn is_unchanged(repository: &Repository, inside: &Path) -> bool {
    let changed = Status::WT_MODIFIED | Status::WT_TYPECHANGE | Status::WT_NEW | Status::WT_DELETED | Status::IGNORED;
    repository
        .status_file(inside)
        .is_ok_and(|status| !status.intersects(changed))
}
