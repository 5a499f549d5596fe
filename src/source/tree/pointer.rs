//! Git LFS pointers: small files that stand for larger ones (git-lfs, `docs/spec.md`).

use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// How a pointer begins.
const VERSION: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
/// A pointer is shorter than this, by its specification.
const LONGEST: usize = 1024;

/// The SHA-256 of the content that these bytes point to, in hexadecimal; nothing if they are no pointer.
pub(super) fn target(bytes: &[u8]) -> Option<String> {
    if bytes.len() >= LONGEST || !bytes.starts_with(VERSION) {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let id = text.lines().find_map(|line| line.strip_prefix("oid sha256:"))?;
    let is_digest = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| id.to_ascii_lowercase())
}

/// The content with this digest, from the store of the repository at `git`; nothing if it is not there.
pub(super) fn content(git: &Path, id: &str) -> Option<Vec<u8>> {
    let path = git.join("lfs/objects").join(&id[..2]).join(&id[2..4]).join(id);
    let bytes = fs::read(path).ok()?;
    let digest = Sha256::digest(&bytes);
    let mut digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let is_it = id
        .chars()
        .all(|digit| digit.to_digit(16) == digits.next().map(u32::from));
    is_it.then_some(bytes)
}
