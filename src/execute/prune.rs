//! Deletes what git dropped, last of all.

use futures::future::join_all;

use super::{Event, Outcome, Run, TRIES};
use crate::cluster::{Deletion, Failure, Propagation};
use crate::observe;
use crate::order;
use crate::plan::{self, Action, DeleteWork, Step, Version, Work};

impl Run<'_> {
    /// Prunes, unless something before it was not done. Whether all that was to go is gone.
    ///
    /// What is dropped from git may still be in use by what could not be updated.
    pub(super) async fn prune(&self, deletes: Vec<Step>, missed: usize) -> bool {
        if deletes.is_empty() {
            return true;
        }
        let why = match missed {
            _ if self.is_stopped() => Some("the sync was stopped".to_owned()),
            0 => None,
            1 => Some("one object before it was not done".to_owned()),
            missed => Some(format!("{missed} objects before it were not done")),
        };
        if let Some(why) = why {
            self.send(Event::NotPruned {
                objects: deletes.len(),
                why,
            });
            return false;
        }
        let mut complete = true;
        for same_rank in deletes.chunk_by(|a, b| order::rank(&a.reference.kind) == order::rank(&b.reference.kind)) {
            let outcomes = join_all(same_rank.iter().map(|step| self.delete(step))).await;
            for (step, outcome) in same_rank.iter().zip(outcomes) {
                complete &= outcome.is_done();
                self.settled(step.reference.clone(), outcome);
            }
        }
        complete
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
        self.feeds.expect(&work.resource, reference);
        match self.try_delete(step, work).await {
            Ok(()) => {}
            Err(outcome) => return outcome,
        }
        self.send(Event::Applied {
            reference: reference.clone(),
            action: Action::Delete,
        });
        match self
            .feeds
            .gone(&work.resource, reference, work.live.uid(), self.deadline())
            .await
        {
            Ok(()) => Outcome::Deleted,
            Err(why) => Outcome::NotGone(why),
        }
    }

    /// Deletes exactly the object that was planned for. One that changed since is looked at again,
    /// and deleted only if it would still be planned for.
    async fn try_delete(&self, step: &Step, work: &DeleteWork) -> Result<(), Outcome> {
        let reference = &step.reference;
        let cluster = &self.execution.cluster;
        let mut version = Version::of(&work.live);
        for _ in 0..TRIES {
            let _turn = self.requests.acquire().await;
            let deletion = Deletion {
                reference,
                uid: &version.uid,
                resource_version: &version.resource_version,
                propagation: propagation(step),
            };
            let Err(error) = cluster.delete(&work.resource, &deletion).await else {
                return Ok(());
            };
            match error.failure {
                Failure::NotFound => return Err(Outcome::Deleted),
                Failure::Conflict => {}
                _ => return Err(Outcome::Failed(observe::failed(&format!("delete {reference}"), error))),
            }
            match cluster.get(&work.resource, reference).await {
                Ok(None) => return Err(Outcome::Deleted),
                Ok(Some(live)) if live.uid() == version.uid && live.deletion_timestamp().is_some() => return Ok(()),
                Ok(Some(live)) if plan::is_same_delete(&work.live, &live, &self.execution.question.policy) => {
                    version = Version::of(&live);
                }
                Ok(Some(_)) => return Err(Outcome::Moved),
                Err(error) => return Err(Outcome::Failed(observe::failed(&format!("read {reference}"), error))),
            }
        }
        Err(Outcome::Moved)
    }
}

/// An owner of pods stays until they are gone, so that nothing else is deleted from under them.
fn propagation(step: &Step) -> Propagation {
    match step.reference.kind.group.as_str() {
        "apps" | "batch" => Propagation::Foreground,
        _ => Propagation::Background,
    }
}
