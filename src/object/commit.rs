//! Commits, as records and annotations name them.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// How many digits of an id are shown, where nothing is known of the other commits of its repository.
const DIGITS: usize = 7;

/// The id of a commit. All of it is kept and compared, and is what a record or an annotation holds; people
/// are shown [the first digits](Self::short).
///
/// What others wrote into a record need not be an id, nor one of this repository.
///
/// ```
/// use stackanetes::object::commit::Commit;
///
/// let commit = Commit::new("3f2c1ab05e1bd9dbb1f6f4b2f3d1e0a9c8b7a695");
/// assert_eq!(commit.short(), "3f2c1ab");
/// assert_eq!(commit.with_digits(9).short(), "3f2c1ab05");
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(description = "The id of a commit, whole.")
)]
#[serde(from = "String", into = "String")]
pub struct Commit {
    id: String,
    digits: usize,
}

impl Commit {
    /// The commit of this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            digits: DIGITS,
        }
    }

    /// This commit, shown by its first `digits`: as many as tell it from the others of its repository.
    #[must_use]
    pub fn with_digits(self, digits: usize) -> Self {
        Self { digits, ..self }
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.id
    }

    /// The first digits of the id: for people to read, never to compare.
    pub fn short(&self) -> &str {
        self.id.get(..self.digits).unwrap_or(&self.id)
    }
}

/// The whole id.
impl fmt::Display for Commit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.id)
    }
}

impl From<String> for Commit {
    fn from(id: String) -> Self {
        Self::new(id)
    }
}

impl From<Commit> for String {
    fn from(commit: Commit) -> Self {
        commit.id
    }
}

/// Hashes what [`PartialEq`] compares.
impl Hash for Commit {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// Compares ids, however many digits of them are shown.
impl PartialEq for Commit {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Commit {}

impl PartialOrd for Commit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Commit {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id.cmp(&other.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_id_is_shown_whole_where_it_cannot_be_cut() {
        for (text, short) in [
            ("", ""),
            ("main", "main"),
            ("überall am Rand", "überal"),
            ("1234567ü", "1234567"),
        ] {
            assert_eq!(Commit::new(text).short(), short);
        }
        assert_eq!(Commit::new("sechsgü").short(), "sechsgü");
    }

    #[test]
    fn a_record_holds_the_whole_id_as_text() {
        let commit = Commit::new("3f2c1ab05e1b").with_digits(9);
        let text = serde_json::to_string(&commit).expect("a text");
        assert_eq!(text, "\"3f2c1ab05e1b\"");
        assert_eq!(serde_json::from_str::<Commit>(&text).expect("a commit"), commit);
    }
}
