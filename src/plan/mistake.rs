//! Mistakes in what git wants that no cluster can make right.

use std::collections::BTreeSet;

use super::{Action, Step};
use crate::diagnostic::identifier::Identifier;
use crate::object::ObjectRef;

/// A mistake in an object of git that no cluster can make right, so that nobody can mean it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CertainMistake {
    /// The object.
    pub object: ObjectRef,
    /// What kind of mistake it is.
    pub identifier: Identifier,
}

/// Those in the objects that a sync would write, or would have to. What the server refuses by itself holds up that object
/// alone. What stays as it is becomes no worse by a sync.
pub(super) fn in_what_changes(mistakes: &[CertainMistake], steps: &[Step]) -> BTreeSet<CertainMistake> {
    let is_wanted = |step: &&Step| match step.action {
        Action::Create | Action::Update | Action::Replace | Action::Conflict => true,
        Action::Delete | Action::Keep | Action::Orphan | Action::Refused | Action::Skip => false,
    };
    if mistakes.is_empty() {
        return BTreeSet::new();
    }
    let changed: BTreeSet<&ObjectRef> = steps.iter().filter(is_wanted).map(|step| &step.reference).collect();
    let mistakes = mistakes.iter().filter(|mistake| changed.contains(&mistake.object));
    mistakes.cloned().collect()
}
