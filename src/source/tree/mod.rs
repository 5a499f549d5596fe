//! Where the files of a directory are read from: the disk, or a commit.
//!
//! Both are asked with the paths that a person types, and answer alike: links are followed within the
//! directory, wherever it is.

mod commit;
mod disk;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

pub(super) use commit::CommitTree;
pub(super) use disk::Disk;

/// A tree of files.
pub(super) trait Tree {
    /// What is in a directory, in any order.
    fn entries(&self, directory: &Path) -> io::Result<Vec<(OsString, Kind)>>;

    /// The path that something really has, with every link resolved. What is compared is such paths
    /// of the same tree; they mean nothing else.
    fn real(&self, path: &Path) -> io::Result<PathBuf>;

    /// What is at a path, links followed.
    fn kind(&self, path: &Path) -> io::Result<Kind>;

    /// The bytes of a file, links followed.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Where this is, in words that follow the name of what is not there: ` in 3f2c1ab`, or nothing.
    fn of(&self) -> String;
}

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    File,
    Link,
    /// A socket, a device, a submodule.
    Other,
}
