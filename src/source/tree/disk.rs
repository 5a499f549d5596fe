//! The files on disk.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};

use super::{EntryKind, FileTree, Unreadable, pointer};
use crate::diagnostic::error::Error;
use crate::source::{checkout, git, stored};

/// The files on disk, each as git stores it.
#[derive(Debug)]
pub(in crate::source) struct Disk;

impl FileTree for Disk {
    fn entries(&self, directory: &Path) -> Result<Vec<(OsString, EntryKind)>, Unreadable> {
        let entries = fs::read_dir(directory)?;
        entries
            .map(|entry| {
                let entry = entry?;
                Ok((entry.file_name(), kind(entry.file_type()?)))
            })
            .collect()
    }

    fn real(&self, path: &Path) -> Result<PathBuf, Unreadable> {
        Ok(fs::canonicalize(path)?)
    }

    fn kind(&self, path: &Path) -> Result<EntryKind, Unreadable> {
        Ok(kind(fs::metadata(path)?.file_type()))
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        let bytes = fs::read(path)?;
        match pointer::target(&bytes) {
            Some(_) => Err(Unreadable::Pointer),
            None => Ok(stored::stored(path, bytes)),
        }
    }

    fn size(&self, path: &Path) -> Result<u64, Unreadable> {
        Ok(fs::metadata(path)?.len())
    }

    fn ignored(&self, directory: &Path) -> BTreeSet<PathBuf> {
        git::ignored(directory)
    }

    fn left_out(&self, directory: &Path) -> Vec<Error> {
        checkout::sparse_files(directory)
    }

    fn of(&self) -> String {
        String::new()
    }
}

fn kind(found: FileType) -> EntryKind {
    if found.is_dir() {
        EntryKind::Directory
    } else if found.is_symlink() {
        EntryKind::Link
    } else if found.is_file() {
        EntryKind::File
    } else {
        EntryKind::Other
    }
}
