//! Why it is not known what git said when an object was last applied, in words.

use crate::plan::NoBase;

/// A clause that goes after "since".
pub(in crate::view) fn no_base(why: &NoBase) -> String {
    match why {
        NoBase::Repository(error) => error.to_string(),
        NoBase::NotNoted => "it does not say which commit it was applied from".to_owned(),
        NoBase::NoCommit(commit) => format!("the commit {} is not at hand", commit.short()),
        NoBase::NotRendered(commit, error) => format!("the commit {} cannot be rendered: {error}", commit.short()),
        NoBase::NotInCommit(commit) => format!("the commit {} does not have it", commit.short()),
        NoBase::OtherThanCommit(commit) => format!(
            "what was applied is not what the commit {} says: files differed from it, or parameters were set by hand",
            commit.short()
        ),
        NoBase::Secret => "no digest of a Secret's values is kept".to_owned(),
    }
}
