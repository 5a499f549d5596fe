//! Gives up members: they stay in the cluster as they are, and are members no more.

use futures::future::join_all;

use super::{Event, Outcome, Run, TRIES};
use crate::applyset::inventory::PART_OF;
use crate::cluster::{Failure, Patch, Persist};
use crate::object::LiveObject;
use crate::observe;
use crate::plan::{self, Action, OrphanWork, Step, Work};

impl Run<'_> {
    /// Orphans all members that the plan says. Whether none of them is a member any more.
    pub(super) async fn orphan(&self, steps: &[Step]) -> bool {
        let outcomes = join_all(steps.iter().map(async |step| {
            let outcome = self.orphan_one(step).await;
            let is_done = outcome.is_done();
            self.settled(step.reference.clone(), outcome);
            is_done
        }));
        outcomes.await.into_iter().all(|is_done| is_done)
    }

    async fn orphan_one(&self, step: &Step) -> Outcome {
        let Work::Orphan(work) = &step.work else {
            return Outcome::Skipped;
        };
        if self.is_stopped() {
            return Outcome::Stopped;
        }
        self.send(Event::Started {
            reference: step.reference.clone(),
            action: Action::Orphan,
        });
        let outcome = self.try_orphan(work).await;
        if outcome.is_done() {
            self.send(Event::Applied {
                reference: step.reference.clone(),
                action: Action::Orphan,
            });
        }
        outcome
    }

    /// Patches the object in the version that is known, and looks at it again where that is not the latest: nothing of
    /// it is lost whatever somebody wrote meanwhile.
    async fn try_orphan(&self, work: &OrphanWork) -> Outcome {
        let OrphanWork { resource, live } = work;
        let reference = &live.reference();
        let (cluster, field_manager) = (&self.execution.cluster, &self.execution.query.policy.field_manager);
        let mut now: Option<LiveObject> = Some(live.clone());
        for _ in 0..TRIES {
            // What another ApplySet has taken over meanwhile is its own.
            let is_same = |now: &&LiveObject| now.uid() == live.uid() && now.label(PART_OF) == live.label(PART_OF);
            let same = now.as_ref().filter(is_same);
            let Some(operations) = same.and_then(|now| plan::orphan_patch(now, field_manager)) else {
                return Outcome::Orphaned;
            };
            let patch = Patch {
                operations: &operations,
                reference,
                field_manager,
                persist: Persist::Stored,
            };
            let _turn = self.requests.acquire().await;
            match cluster.patch(resource, &patch).await {
                Ok(_) => return Outcome::Orphaned,
                Err(error) if error.failure == Failure::Conflict || error.may_have_arrived() => {}
                Err(error) => return Outcome::Failed(observe::failed(&format!("orphan {reference}"), error)),
            }
            now = match cluster.get(resource, reference).await {
                Ok(now) => now,
                Err(error) => return Outcome::Failed(observe::failed(&format!("read {reference}"), error)),
            };
        }
        Outcome::Moved
    }
}
