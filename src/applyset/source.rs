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
