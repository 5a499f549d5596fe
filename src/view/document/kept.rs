//! Why an object stays that would be deleted otherwise.

use super::{Heading, Pruning};
use crate::kinds::finalizer;
use crate::object::ObjectRef;
use crate::plan::{Reason, Unseen};
use crate::view::value::few;

/// Why it is not known what a container holds: a clause.
pub(in crate::view) fn unseen(why: &Unseen) -> String {
    match why {
        Unseen::NotLooked => "it was not looked into".to_owned(),
        Unseen::NotListed { plural, message } => format!("its {plural} cannot be listed: {message}"),
        Unseen::Unavailable(version) => format!("the server of {version} does not answer"),
    }
}

/// In words; nothing for what does not stay.
pub(super) fn reason_text(reason: &Reason, object: &ObjectRef, heading: &Heading<'_>) -> String {
    match reason {
        Reason::KeepGenerated => "it holds generated values: delete it with --prune-kind Secret".to_owned(),
        Reason::KeepAnnotated if heading.pruning == Pruning::Everything => format!(
            "kept by stackanetes.io/prune: never; delete it with --prune-kind {}",
            object.kind.kind
        ),
        Reason::KeepAnnotated => "kept by stackanetes.io/prune: never".to_owned(),
        Reason::KeepKind => format!("delete it with --prune-kind {}", object.kind.kind),
        Reason::KeepInUse(objects) => format!("still in use by {}", few(objects)),
        Reason::KeepUnknownUse(why) => format!("kept, since {}", unseen(why)),
        Reason::KeepGoing(finalizers) => match finalizer::held_by(finalizers) {
            None => "being deleted already".to_owned(),
            Some(held) => format!("being deleted already, {held}"),
        },
        Reason::KeepOwned(owner) => format!("{owner} owns it"),
        _ => String::new(),
    }
}
