//! Deletes what git dropped, last of all.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::feeds::LOOK_AGAIN;
use super::{DeletionBlock, Event, Execution, NotPruned, Outcome, Run, TRIES};
use crate::cluster::{Deletion, Failure};
use crate::object::{self, LiveObject};
use crate::observe::{self, Query};
use crate::plan::order::{KeptBy, Removal};
use crate::plan::{self, Action, Contained, Contents, DeleteWork, ObjectVersion, Step, Work};

/// What came of a request to delete.
enum DeleteResult {
    /// The request was sent; that the object is gone is still to be seen.
    Requested,
    /// There is no such object any more.
    Gone,
    /// No delete was sent.
    Not(Outcome),
}

impl Run<'_> {
    /// Prunes, unless something that comes before stops it. Whether all that was to go is gone.
    ///
    /// What is dropped from git may still be in use by what could not be updated. What does not go, since
    /// it was refused or a finalizer holds it, keeps what it uses, and nothing else.
    pub(super) async fn prune(&self, deletes: &[Step], before: Option<NotPruned>) -> bool {
        let (steps, live): (Vec<_>, Vec<_>) = deletes
            .iter()
            .filter_map(|step| match &step.work {
                Work::Delete(work) | Work::Await(work) => Some((step, &work.live)),
                Work::Nothing | Work::Apply(_) | Work::Orphan(_) => None,
            })
            .unzip();
        let removal = Removal::of(&live);
        let is_deleted = |index: &usize| steps[*index].action == Action::Delete;
        let mut open = (0..steps.len()).filter(is_deleted).count();
        let mut left = BTreeSet::new();
        for wave in removal.waves() {
            if before.is_some() || self.is_stopped() {
                break;
            }
            let (deleted, going): (Vec<usize>, Vec<usize>) = wave.iter().partition(|index| is_deleted(index));
            left.extend(self.await_going(&removal, &steps, going).await);
            let mut held = Vec::new();
            let mut free = Vec::new();
            for index in &deleted {
                match removal.holder(*index, &left) {
                    Some(holder) => held.push((*index, holder)),
                    None => free.push(*index),
                }
            }
            let outcomes = join_all(free.iter().map(|index| self.delete(steps[*index]))).await;
            for (index, outcome) in free.into_iter().zip(outcomes) {
                if !outcome.is_done() {
                    left.insert(index);
                }
                self.settled(steps[index].reference.clone(), outcome);
            }
            for (index, holder) in held {
                left.insert(index);
                let hold = match holder {
                    KeptBy::User(user) => DeletionBlock::UsedBy(steps[user].reference.clone()),
                    KeptBy::Finalized(object) => DeletionBlock::Finalizes(steps[object].reference.clone()),
                };
                self.settled(steps[index].reference.clone(), Outcome::NotGone(hold));
            }
            open -= deleted.len();
        }
        if open > 0 {
            let reason = before.unwrap_or(NotPruned::Stopped);
            self.send(Event::NotPruned { objects: open, reason });
        }
        open == 0 && left.is_empty()
    }

    /// Waits for those of `going` that something else may have to let go; which of them are still there.
    async fn await_going(&self, removal: &Removal, steps: &[&Step], going: Vec<usize>) -> Vec<usize> {
        let awaited = going.into_iter().filter(|index| removal.is_awaited(*index));
        let waits = awaited.map(async |index| {
            let Work::Await(DeleteWork { resource, live, .. }) = &steps[index].work else {
                return None;
            };
            let reference = &steps[index].reference;
            let gone = self.gone(resource, reference, live.uid()).await;
            gone.err().map(|_| index)
        });
        join_all(waits).await.into_iter().flatten().collect()
    }

    async fn delete(&self, step: &Step) -> Outcome {
        let Work::Delete(work) = &step.work else {
            return Outcome::Skipped;
        };
        if self.is_stopped() {
            return Outcome::Stopped;
        }
        let reference = &step.reference;
        self.send(Event::Started {
            reference: reference.clone(),
            action: Action::Delete,
        });
        if plan::is_container(reference)
            && let Some(outcome) = self.still_in_use(&work.live).await
        {
            return outcome;
        }
        self.feeds.expect(&work.resource, reference);
        match self.try_delete(step, work).await {
            DeleteResult::Requested => {}
            DeleteResult::Gone => return Outcome::Deleted,
            DeleteResult::Not(outcome) => return outcome,
        }
        self.send(Event::Applied {
            reference: reference.clone(),
            action: Action::Delete,
        });
        match self.gone(&work.resource, reference, work.live.uid()).await {
            Ok(()) => Outcome::Deleted,
            Err(why) => Outcome::NotGone(why),
        }
    }

    /// A container takes with it all it holds: whether anything came since the plan looked, or was
    /// kept. What the plan had for it is gone by now, and what is on its way out is waited for: in a
    /// definition's kind, that may be what goes with an owner of another kind.
    async fn still_in_use(&self, container: &LiveObject) -> Option<Outcome> {
        let Query { set, concurrency, .. } = &self.execution.query;
        let Execution { cluster, served, .. } = self.execution;
        let may_follow = object::is_definition(&container.reference().kind);
        let patience = self.patience();
        tokio::pin!(patience);
        loop {
            let contents =
                observe::contents(&**cluster, &served.discovery, container, set.as_ref(), *concurrency).await;
            let (stays, mut leaving) = match contents {
                Contents::Known { stays, leaves } => (stays, leaves),
                Contents::Unknown(why) => return Some(Outcome::NotGone(DeletionBlock::Unseen(why))),
            };
            let (follow, stay): (Vec<Contained>, Vec<Contained>) = stays
                .into_iter()
                .partition(|held| may_follow && !held.owners.is_empty());
            if !stay.is_empty() {
                let stay = stay.into_iter().map(|held| held.reference).collect();
                return Some(Outcome::NotGone(DeletionBlock::InUse(stay)));
            }
            leaving.extend(follow.into_iter().map(|held| held.reference));
            if leaving.is_empty() {
                return None;
            }
            tokio::select! {
                () = &mut patience => return Some(Outcome::NotGone(DeletionBlock::Leaving(leaving))),
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Deletes exactly the object that was planned for. One that changed since is looked at again,
    /// and deleted only if it would still be planned for.
    async fn try_delete(&self, step: &Step, work: &DeleteWork) -> DeleteResult {
        let reference = &step.reference;
        let cluster = &self.execution.cluster;
        let mut version = ObjectVersion::of(&work.live);
        for _ in 0..TRIES {
            let _turn = self.requests.acquire().await;
            let deletion = Deletion {
                reference,
                uid: &version.uid,
                resource_version: &version.resource_version,
                propagation: work.propagation,
            };
            let Err(error) = cluster.delete(&work.resource, &deletion).await else {
                return DeleteResult::Requested;
            };
            match error.failure {
                Failure::NotFound => return DeleteResult::Gone,
                Failure::Conflict => {}
                _ => {
                    let error = observe::failed(&format!("delete {reference}"), error);
                    return DeleteResult::Not(Outcome::Failed(error));
                }
            }
            match cluster.get(&work.resource, reference).await {
                Ok(None) => return DeleteResult::Gone,
                Ok(Some(live)) if live.uid() == version.uid && live.deletion_timestamp().is_some() => {
                    return DeleteResult::Requested;
                }
                Ok(Some(live)) if plan::is_same_delete(&work.live, &live, &self.execution.query.policy) => {
                    version = ObjectVersion::of(&live);
                }
                Ok(Some(_)) => return DeleteResult::Not(Outcome::Moved),
                Err(error) => {
                    let error = observe::failed(&format!("read {reference}"), error);
                    return DeleteResult::Not(Outcome::Failed(error));
                }
            }
        }
        DeleteResult::Not(Outcome::Moved)
    }
}
