//! Writes a file whole, or not at all.

use std::io::{self, Write as _};
use std::path::Path;

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
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut unfinished = tempfile::Builder::new()
        .prefix(".unfinished-")
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
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
