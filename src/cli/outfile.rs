//! The files that a result is written into, beside what is printed: `--out` and `--page`.

use std::fs;
use std::path::Path;

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
