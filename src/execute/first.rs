//! What is done first, since the server refuses other objects until then.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::Mutex;

use super::Run;
use crate::object::ObjectRef;
use crate::plan::order::{self, Dependencies};
use crate::plan::{Action, Step, Unverified};

/// What is in the way of others, and goes. What is not here, or no longer since it could not be deleted, stays.
pub(super) type Displaced = Mutex<BTreeMap<ObjectRef, InTheWay>>;

/// How far an object has got that is in the way of others.
pub(super) enum InTheWay {
    /// It is there, and this step is to delete it.
    Here(Box<Step>),
    /// It is gone.
    Gone,
}

impl Run<'_> {
    /// Deletes what is in the way of an object whose turn has come. What stays, or could not be deleted, keeps it out: the
    /// server would only refuse it.
    pub(super) async fn clear_way(&self, unverified: Option<&Unverified>) -> Result<(), ObjectRef> {
        let Some(Unverified::Displaces(objects)) = unverified else {
            return Ok(());
        };
        // Others of which the same is in the way wait until it is gone.
        let mut displaced = self.displaced.lock().await;
        for object in objects {
            let is_gone = match displaced.remove(object) {
                Some(InTheWay::Here(step)) => self.prune(&[*step], None).await,
                Some(InTheWay::Gone) => true,
                None => false,
            };
            if !is_gone {
                return Err(object.clone());
            }
            displaced.insert(object.clone(), InTheWay::Gone);
        }
        Ok(())
    }

    /// What is in the way of nothing that was tried: it is pruned as all else is.
    pub(super) async fn still_displaced(&self) -> Vec<Step> {
        let displaced = std::mem::take(&mut *self.displaced.lock().await);
        let steps = displaced.into_values().filter_map(|in_the_way| match in_the_way {
            InTheWay::Here(step) => Some(*step),
            InTheWay::Gone => None,
        });
        steps.collect()
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
