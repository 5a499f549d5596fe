//! Why something in a tree of files cannot be read.

use std::fmt;
use std::io;

/// Why something in a tree of files cannot be read.
#[derive(Debug)]
pub(in crate::source) enum Unreadable {
    Io(io::Error),
    /// The file is a Git LFS pointer, and what it points to is not at hand.
    Pointer,
    /// Git passes it through a filter, of this name, between the commit and the disk.
    Filter(String),
    /// Git keeps it in this encoding on disk, and in another one in the commit.
    Encoding(String),
    /// The clone lacks this object, since it is partial.
    Partial(git2::Oid),
}

impl Unreadable {
    /// There is no such file.
    pub(super) fn not_found() -> Self {
        Self::Io(io::Error::new(io::ErrorKind::NotFound, "there is no such file"))
    }

    /// The kind of error that a file system would have told.
    pub(in crate::source) fn io_kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Io(error) => Some(error.kind()),
            _ => None,
        }
    }

    /// What helps, if that is known.
    pub(in crate::source) fn hint(&self) -> Option<String> {
        match self {
            Self::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Some("allow reading it, or take it out of the directory".into())
            }
            Self::Io(_) => None,
            Self::Pointer => Some("`git lfs pull` fetches its content".into()),
            Self::Filter(_) | Self::Encoding(_) => {
                Some("check the commit out, and leave --revision out: git converts the file then".into())
            }
            Self::Partial(id) => Some(format!(
                "`git cat-file -e {id}` fetches it; a clone without --filter has all"
            )),
        }
    }
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(out),
            Self::Pointer => write!(out, "it is a Git LFS pointer, and its content is not in this clone"),
            Self::Filter(name) => write!(out, "git filters it (filter={name}), and no filter is run for a commit"),
            Self::Encoding(name) => write!(out, "git converts it (working-tree-encoding={name})"),
            Self::Partial(id) => write!(out, "the object {id} is not in this clone, which is partial"),
        }
    }
}

impl std::error::Error for Unreadable {}
