//! Writes a file whole, or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

/// Writes `text` to `path`, in place of what was there; whoever reads it meanwhile sees the one or the other.
///
/// Only its owner may read the file. What is unfinished stands beside it under a name that nobody can foresee, so
/// that it is never written through a link that somebody else laid there; a link at `path` itself is replaced, and
/// not followed.
///
/// # Errors
///
/// If the folder cannot be written in. Nothing is left of the file then.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = Builder::new().prefix(".unfinished-").tempfile_in(folder_of(path))?;
    finish(unfinished, path, text)
}

/// Writes `text` to `path` likewise, by way of the file `unfinished`, of which whoever calls this knows that nobody
/// else writes it. What is left there of a process that was killed goes.
///
/// # Errors
///
/// If one of the two folders cannot be written in, or they are of two file systems.
pub(crate) fn write_by_way_of(unfinished: &Path, path: &Path, text: &str, privacy: Privacy) -> io::Result<()> {
    match fs::remove_file(unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut builder = Builder::new();
    builder.prefix(unfinished.file_name().unwrap_or_default()).rand_bytes(0);
    privacy.apply_to(&mut builder);
    finish(builder.tempfile_in(folder_of(unfinished))?, path, text)
}

/// Which users may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Privacy {
    /// Whoever may read what its owner writes.
    All,
    /// Its owner.
    Owner,
}

impl Privacy {
    #[cfg(unix)]
    fn apply_to(self, builder: &mut Builder<'_, '_>) {
        let mode = match self {
            // Less what the process masks out.
            Self::All => 0o666,
            Self::Owner => 0o600,
        };
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    }

    #[cfg(not(unix))]
    fn apply_to(self, _: &mut Builder<'_, '_>) {}
}

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

fn finish(mut unfinished: NamedTempFile, path: &Path, text: &str) -> io::Result<()> {
    unfinished.write_all(text.as_bytes())?;
    unfinished.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("plan.json");
        for text in ["one", "two"] {
            write(&path, text).expect("written");
            assert_eq!(std::fs::read_to_string(&path).expect("a file"), text);
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(write(&folder.path().join("missing/plan.json"), "one").is_err());
        assert!(write(folder.path(), "one").is_err(), "it is a folder");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn what_a_killed_process_left_goes_and_a_file_is_for_whom_it_is() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().expect("a folder");
        let (new, path) = (folder.path().join(".new"), folder.path().join("a.yaml"));
        for (privacy, others) in [(Privacy::All, 0o077), (Privacy::Owner, 0)] {
            fs::write(&new, "left behind").expect("written");
            write_by_way_of(&new, &path, "one", privacy).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("a file"), "one");
            let beside = folder.path().join("beside");
            fs::write(&beside, "").expect("written");
            let mask = fs::metadata(&beside).expect("a file").permissions().mode();
            let mode = fs::metadata(&path).expect("a file").permissions().mode();
            assert_eq!(mode & 0o077, mask & others, "{privacy:?}");
            fs::remove_file(beside).expect("removed");
        }
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_what_it_leads_to_stays() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let folder = tempfile::tempdir().expect("a folder");
        let (other, path) = (folder.path().join("other"), folder.path().join("plan.json"));
        std::fs::write(&other, "keep").expect("written");
        symlink(&other, &path).expect("a link");
        write(&path, "one").expect("written");
        assert_eq!(std::fs::read_to_string(&other).expect("a file"), "keep");
        let mode = std::fs::symlink_metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }
}
