//! `--from` and `--to`: which two states are compared, in git's own notation.

use crate::diagnostic::error::{Error, Result};

/// What is compared with what, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range<'a> {
    pub(super) from: ComparedSide<'a>,
    /// The commit that is compared with it; instead of one, what is on disk.
    pub(super) to: Option<&'a str>,
}

/// The side that is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ComparedSide<'a> {
    /// This commit itself.
    Commit(&'a str),
    /// The commit from which this one and the other side went different ways.
    MergeBaseWith(&'a str),
}

/// The commit that is checked out, as git calls it.
const HEAD: &str = "HEAD";

impl<'a> Range<'a> {
    /// `A` and `A...B` compare with the merge base, as pull requests do, `A..B` and two options with the commit
    /// itself (gitrevisions(7), git-diff(1)). A side that is left out is what is checked out.
    pub(super) fn new(from: &'a str, to: Option<&'a str>) -> Result<Self> {
        let head = |name: &'a str| if name.is_empty() { HEAD } else { name };
        let range = if let Some((base, other)) = from.split_once("...") {
            Self {
                from: ComparedSide::MergeBaseWith(head(base)),
                to: Some(head(other)),
            }
        } else if let Some((base, other)) = from.split_once("..") {
            Self {
                from: ComparedSide::Commit(head(base)),
                to: Some(head(other)),
            }
        } else {
            return Ok(Self {
                from: match to {
                    Some(_) => ComparedSide::Commit(from),
                    None => ComparedSide::MergeBaseWith(from),
                },
                to,
            });
        };
        match to {
            None => Ok(range),
            Some(to) => Err(
                Error::new(format!("--from {from} names both commits, and --to {to} another"))
                    .hint("leave out --to, or name one commit in each option"),
            ),
        }
    }

    /// The commit whose history the other side has.
    pub(super) fn other(&self) -> &'a str {
        self.to.unwrap_or(HEAD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_git_reads_it() {
        for (from, to, expected) in [
            ("main", None, (ComparedSide::MergeBaseWith("main"), None)),
            ("main", Some("topic"), (ComparedSide::Commit("main"), Some("topic"))),
            (
                "main...topic",
                None,
                (ComparedSide::MergeBaseWith("main"), Some("topic")),
            ),
            ("main..topic", None, (ComparedSide::Commit("main"), Some("topic"))),
            ("main...", None, (ComparedSide::MergeBaseWith("main"), Some("HEAD"))),
            ("..topic", None, (ComparedSide::Commit("HEAD"), Some("topic"))),
        ] {
            let range = Range::new(from, to).expect("a range");
            assert_eq!((range.from, range.to), expected, "{from}");
        }
        let error = Range::new("main..topic", Some("other")).expect_err("too many");
        assert_eq!(
            error.message(),
            "--from main..topic names both commits, and --to other another"
        );
    }
}
