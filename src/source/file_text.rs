//! The text of a file, or why it cannot be read.

use std::path::Path;
use std::sync::Arc;

use super::paths::shown;
use super::tree::{FileTree, Unreadable};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::{Place, SourceFile};

/// The text of the file at `path`.
pub(super) fn read(tree: &dyn FileTree, path: &Path) -> Result<Arc<SourceFile>> {
    let bytes = tree.read(path).map_err(|error| unreadable(path, error))?;
    decode(&shown(path), bytes)
}

/// The text that `bytes` are, without a byte order mark.
pub(super) fn decode(name: &str, bytes: Vec<u8>) -> Result<Arc<SourceFile>> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(SourceFile::new(
            name,
            text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text),
        )),
        Err(error) => Err(not_utf8(name, error.as_bytes(), error.utf8_error().valid_up_to())),
    }
}

/// Says why the file or directory at `path` cannot be read, and what helps.
pub(super) fn unreadable(path: &Path, error: Unreadable) -> Error {
    let hint = error.hint();
    let error = Error::new(format!("failed to read {}", shown(path))).because(error);
    hint.into_iter().fold(error, Error::hint)
}

/// Says that a submodule has no files here.
pub(super) fn not_checked_out(path: &Path, of: &str) -> Error {
    let error = Error::new(format!("the submodule {}{of} is not checked out", shown(path)));
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    let there = above.map(|above| format!("-C {} ", shown(above))).unwrap_or_default();
    let name = path.file_name().unwrap_or(path.as_os_str()).display();
    error.hint(format!(
        "`git {there}submodule update --init --recursive {name}` gets its files"
    ))
}

/// Says which byte of a file is no UTF-8. Its line is not shown: whether it holds a secret is known only of a file that
/// can be read, and one letter of a password may be what makes it unreadable.
fn not_utf8(name: &str, bytes: &[u8], offset: usize) -> Error {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Error::new(format!("{name} is UTF-16, not UTF-8")).hint("save it as UTF-8");
    }
    // Each broken sequence becomes a character of three bytes; what stands before stays as it is.
    let file = SourceFile::confidential(name, String::from_utf8_lossy(bytes));
    Error::new(format!("{name} is not UTF-8 text"))
        .at(Place::new(file, offset..offset + 3), format!("byte {offset}"))
        .hint("save it as UTF-8; keep binary data as base64, under `data` or `binaryData`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_not_utf8_is_named_and_never_shown() {
        let error = decode("a.yaml", b"a: 1\nb: caf\xe9\n".to_vec()).expect_err("not UTF-8");
        let (place, label) = &error.places()[0];
        assert_eq!((place.to_string().as_str(), label.as_str()), ("a.yaml:2:7", "byte 11"));
        assert!(place.file.is_confidential());
        let error = decode("a.yaml", b"\xff\xfea\0".to_vec()).expect_err("not UTF-8");
        assert_eq!(error.to_string(), "a.yaml is UTF-16, not UTF-8");
        assert_eq!(
            decode("a.yaml", b"\xef\xbb\xbfa: 1".to_vec()).expect("UTF-8").text(),
            "a: 1"
        );
    }
}
