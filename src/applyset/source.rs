//! Where the desired state of a set comes from: it is whose set it is.

use serde::{Deserialize, Serialize};

use crate::object::commit::Commit;

/// A directory of a git repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The repository, by the first commit of its main line, which clones and moves keep; none where a clone
    /// that is not whole does not have it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repository: Option<Commit>,
    /// The path of the directory in it; empty for all of it.
    pub directory: String,
    /// The last synced commit that is known to be of the repository, where those that were synced since are not;
    /// none where the one that was synced is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confirmed: Option<Commit>,
}

/// A directory as a clone has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Which one it is, as far as the clone tells.
    pub source: Source,
    /// Why it cannot be told whether it is the one that was synced last, where it cannot.
    pub unconfirmed: Option<Unconfirmed>,
}

/// A clone may be of the repository that was synced last, or of another one: it lacks the commit, and of one of the
/// two repositories the beginning is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconfirmed {
    /// The commit that it lacks.
    pub commit: Commit,
    /// Whether it lacks the beginning of its history, too.
    pub is_shallow: bool,
}

impl Source {
    /// Whether `now`, which is none outside of git, is known to be another source.
    ///
    /// ```
    /// use stackanetes::applyset::source::Source;
    /// use stackanetes::object::commit::Commit;
    ///
    /// let of = |repository: Option<&str>, directory: &str| Source {
    ///     repository: repository.map(Commit::new),
    ///     directory: directory.to_owned(),
    ///     confirmed: None,
    /// };
    /// let last = of(Some("1e39756"), "desired");
    /// assert!(!last.is_other_than(Some(&of(None, "desired"))));
    /// assert!(last.is_other_than(Some(&of(Some("1e39756"), "test"))));
    /// assert!(last.is_other_than(Some(&of(Some("f00ba12"), "desired"))));
    /// assert!(last.is_other_than(None));
    /// ```
    pub fn is_other_than(&self, now: Option<&Source>) -> bool {
        let Some(now) = now else { return true };
        let repositories = self.repository.as_ref().zip(now.repository.as_ref());
        self.directory != now.directory || repositories.is_some_and(|(last, now)| last != now)
    }
}
