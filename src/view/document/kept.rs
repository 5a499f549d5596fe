//! Why an object stays that would be deleted otherwise.

use super::{Heading, Pruning};
use crate::kinds::finalizer;
use crate::object::ObjectRef;
use crate::plan::{Keep, Unseen};
use crate::view::value::few;

/// Why it is not known what a container holds: a clause.
pub(in crate::view) fn unseen(why: &Unseen) -> String {
    match why {
        Unseen::NotLooked => "it was not looked into".to_owned(),
        Unseen::NotListed { plural, message } => format!("its {plural} cannot be listed: {message}"),
        Unseen::Unavailable(version) => format!("the server of {version} does not answer"),
    }
}

/// Why an object stays, in words.
pub(super) fn reason_text(keep: &Keep, object: &ObjectRef, heading: &Heading<'_>) -> String {
    match keep {
        Keep::Generated => "it holds generated values: delete it with --prune-kind Secret".to_owned(),
        Keep::Annotated if heading.pruning == Pruning::Everything => format!(
            "kept by stackanetes.io/prune: never; delete it with --prune-kind {}",
            object.kind.kind
        ),
        Keep::Annotated => "kept by stackanetes.io/prune: never".to_owned(),
        Keep::Kind => format!("delete it with --prune-kind {}", object.kind.kind),
        Keep::InUse(objects) => format!("still in use by {}", few(objects)),
        Keep::UnknownUse(why) => format!("kept, since {}", unseen(why)),
        Keep::Going(finalizers) => match finalizer::held_by(finalizers) {
            None => "being deleted already".to_owned(),
            Some(held) => format!("being deleted already, {held}"),
        },
        Keep::Owned(owner) => format!("{owner} owns it"),
        Keep::NeverApplied => "labelled as a member, but never applied by us".to_owned(),
        Keep::OwnersLost => {
            "labelled as a member, but its managed fields were lost: sync it once before it is dropped".to_owned()
        }
    }
}
