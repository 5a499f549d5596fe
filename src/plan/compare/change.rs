//! What of git's history stands behind a change.

/// What made git say something else than it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitChange {
    /// This commit.
    Commit {
        /// A short name of it.
        short: String,
        /// The first line of its message.
        subject: String,
    },
    /// Files that differ from the commit.
    Uncommitted,
    /// No commit: another environment, or other `--set`.
    Parameters,
}
