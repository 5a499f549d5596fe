//! Ids of commits, as people read them.

/// How many digits are shown.
const DIGITS: usize = 7;

/// The first seven digits of a commit's id: for people to read, never to compare.
pub fn short(id: &str) -> &str {
    id.get(..DIGITS).unwrap_or(id)
}
