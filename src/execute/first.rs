//! What is done first, since the server refuses other objects until then.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::rc::Rc;

use tokio::sync::Mutex;

use super::Run;
use crate::object::ObjectRef;
use crate::plan::order::{self, Dependencies};
use crate::plan::{Action, Step, Unverified};

/// What is in the way of others, and goes; what is not here stays. Whoever needs one of them gone holds it meanwhile.
pub(super) type Displaced = RefCell<BTreeMap<ObjectRef, Rc<Mutex<InTheWay>>>>;

/// How far an object has got that is in the way of others.
pub(super) enum InTheWay {
    /// The object is there, and this step is to delete it.
    Here(Box<Step>),
    /// The object is gone.
    Gone,
    /// The object could not be deleted, or nobody came to it.
    Stays,
}

impl Run<'_> {
    /// Deletes what is in the way of an object whose turn has come. What stays, or could not be deleted, keeps it out: the
    /// server would only refuse it.
    pub(super) async fn clear_way(&self, unverified: Option<&Unverified>) -> Result<(), ObjectRef> {
        let Some(Unverified::Displaces(objects)) = unverified else {
            return Ok(());
        };
        for object in objects {
            let displaced = self.displaced.borrow().get(object).cloned();
            let Some(displaced) = displaced else {
                return Err(object.clone());
            };
            // Others of which the same is in the way wait until it is gone.
            let mut displaced = displaced.lock().await;
            let is_gone = match mem::replace(&mut *displaced, InTheWay::Stays) {
                InTheWay::Here(step) => self.prune(&[*step], None).await,
                InTheWay::Gone => true,
                InTheWay::Stays => false,
            };
            if !is_gone {
                return Err(object.clone());
            }
            *displaced = InTheWay::Gone;
        }
        Ok(())
    }

    /// What is in the way of nothing that was tried: it is pruned as all else is.
    pub(super) async fn still_displaced(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for displaced in self.displaced.take().into_values() {
            if let InTheWay::Here(step) = mem::replace(&mut *displaced.lock().await, InTheWay::Stays) {
                steps.push(*step);
            }
        }
        steps
    }
}

/// The objects that are in the way of others and go first. None where something of the plan is not to be done: then nothing
/// is deleted, and what waits for that is not started.
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
