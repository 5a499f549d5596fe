//! Files that somebody names beside the directory.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// How long such a file may be, in bytes: what is larger is no file of parameters, nor of identities.
const LONGEST: u64 = 1 << 20;

/// The text of the file at `path`; an error of a file of more than 1 MiB, of which no more is read.
pub fn small_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    Ok(text)
}
