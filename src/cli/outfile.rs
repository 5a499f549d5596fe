//! The files that a result is written into, beside what is printed: `--out` and `--page`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::cluster::files;
use crate::diagnostic::error::{Error, Result};

/// Writes `text` into the file at `path`, whole or not at all; into a pipe or a device as it comes.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    // Only a file can be replaced.
    let is_other = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    let written = if is_other {
        fs::write(path, text)
    } else {
        files::write(path, text)
    };
    written.map_err(|error| Error::new(format!("failed to write {}", path.display())).because(error))
}

/// Whether two paths name the same file, there or not yet. A link at a path is replaced when the file is written, so it
/// is a file of its own, and only the folders are followed.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    one == other || matches!((whole(one), whole(other)), (Ok(one), Ok(other)) if one == other)
}

/// The path of a file, by a folder that has one name only.
fn whole(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    Ok(fs::canonicalize(files::folder_of(path))?.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_by_another_way_to_its_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        fs::create_dir(at("out")).expect("a folder");
        for (one, other, expected) in [
            ("a", "a", true),
            ("a", "./a", true),
            ("a", "out/../a", true),
            ("a", "out/a", false),
            ("a", "b", false),
            ("none/a", "none/./a", true),
            ("none/a", "none/b", false),
        ] {
            assert_eq!(is_same(&at(one), &at(other)), expected, "{one} {other}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_leads_to_the_same_file_and_a_link_to_a_file_is_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        fs::create_dir(at("out")).expect("a folder");
        std::os::unix::fs::symlink("out", at("link")).expect("a link");
        std::os::unix::fs::symlink("out/a", at("a")).expect("a link");
        assert!(is_same(&at("out/a"), &at("link/a")));
        assert!(!is_same(&at("out/a"), &at("a")));
    }
}
