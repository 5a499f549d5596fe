//! What is done first, since the server refuses other objects until then.

use std::collections::BTreeSet;

use crate::object::ObjectRef;
use crate::plan::order::{self, Dependencies};
use crate::plan::{Action, Step, Unverified};

/// The objects that are in the way of others. None where something of the plan is not to be done: then nothing is deleted,
/// and what waits for that is refused.
pub(super) fn displaced(steps: &[Step]) -> BTreeSet<ObjectRef> {
    let is_left = |step: &Step| matches!(step.action, Action::Conflict | Action::Refused | Action::Skip);
    if steps.iter().any(is_left) {
        return BTreeSet::new();
    }
    let displaced = steps.iter().filter_map(|step| match &step.unverified {
        Some(Unverified::Displaces(objects)) => Some(objects.clone()),
        _ => None,
    });
    displaced.flatten().collect()
}

/// Lets what relies on rules that change wait for these, whatever the usual order of kinds is.
pub(super) fn wait_for_rules(dependencies: &mut Dependencies, steps: &[Step]) {
    let relying = steps.iter().filter_map(|step| match &step.unverified {
        Some(Unverified::Relies(on)) => Some((&step.reference, on.as_slice())),
        _ => None,
    });
    order::add_relied(dependencies, relying);
}
