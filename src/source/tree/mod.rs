//! Where the files of a directory are read from: the disk, or a commit.
//!
//! Both are asked with the paths that a person types, and answer alike: links are followed within the
//! directory, wherever it is.

mod commit;
mod disk;
mod pointer;
mod unread;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::diagnostic::error::Error;

pub(super) use commit::CommitTree;
pub(super) use disk::Disk;
pub(super) use unread::Unreadable;

/// A tree of files.
pub(super) trait FileTree {
    /// What is in a directory, in any order.
    fn entries(&self, directory: &Path) -> Result<Vec<(OsString, EntryKind)>, Unreadable>;

    /// The path that something really has, with every link resolved. What is compared is such paths
    /// of the same tree; they mean nothing else.
    fn real(&self, path: &Path) -> Result<PathBuf, Unreadable>;

    /// What is at a path, links followed.
    fn kind(&self, path: &Path) -> Result<EntryKind, Unreadable>;

    /// The bytes of a file, links followed. What stands for a file elsewhere is an error, and no file.
    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable>;

    /// How many bytes a file has, links followed, as far as that is known before it is read.
    fn size(&self, path: &Path) -> Result<u64, Unreadable>;

    /// What git ignores in a directory, files and whole folders, by their paths from it on. Nothing of a commit.
    fn ignored(&self, directory: &Path) -> BTreeSet<PathBuf>;

    /// What is missing of a directory since git was told to leave it out of the checkout. Nothing of a commit.
    fn left_out(&self, directory: &Path) -> Vec<Error>;

    /// Where this is, in words that follow the name of what is not there: ` in 3f2c1ab`, or nothing.
    fn of(&self) -> String;
}

/// The kind of entry that a tree has at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    Directory,
    File,
    Link,
    /// A submodule whose files are not at hand; one whose files are is a directory.
    Submodule,
    /// A socket, a device.
    Other,
}
