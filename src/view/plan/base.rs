//! Why it is not known what git said when an object was last applied, in words.

use crate::plan::NoBase;

/// A clause that goes after "since".
pub(in crate::view) fn no_base(why: &NoBase) -> String {
    match why {
        NoBase::Repository(error) => error.to_string(),
        NoBase::NotNoted => "it does not say which commit it was applied from".to_owned(),
        NoBase::NoCommit(commit) => format!("the commit {commit} is not at hand"),
        NoBase::NotRendered(commit, error) => format!("the commit {commit} cannot be rendered: {error}"),
        NoBase::NotInCommit(commit) => format!("the commit {commit} does not have it"),
        NoBase::OtherThanCommit(commit) => format!(
            "what was applied is not what the commit {commit} says: files differed from it, or parameters were set by hand"
        ),
        NoBase::Secret => "no digest of a Secret's values is kept".to_owned(),
    }
}
