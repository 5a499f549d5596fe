//! Makes way for an object that is created anew: deletes the old one and waits until it is gone.

use super::apply::{Agreed, ApplyResult};
use super::{Event, Outcome, Run, TRIES};
use crate::cluster::{Deletion, Failure};
use crate::observe;
use crate::plan::{Action, ObjectVersion};

impl Run<'_> {
    /// Deletes exactly the object that was planned for and waits until it is gone; not if the server
    /// would refuse the new one.
    pub(super) async fn make_way(&self, mut agreed: Agreed) -> Result<Agreed, ApplyResult> {
        self.validate(&agreed).await?;
        self.runs.begin(&agreed.work.desired.reference);
        for _ in 0..TRIES {
            let Some(old) = agreed.work.live.clone() else {
                return Ok(agreed);
            };
            let (resource, reference) = (agreed.work.resource.clone(), agreed.work.desired.reference.clone());
            self.feeds.expect(&resource, &reference);
            match self.request_delete(&agreed, &old).await {
                Ok(()) => {
                    self.send(Event::Applied {
                        reference: reference.clone(),
                        action: Action::Delete,
                    });
                    let gone = self.gone(&resource, &reference, &old.uid).await;
                    gone.map_err(|why| ApplyResult::Not(Outcome::NotGone(why)))?;
                    return Ok(agreed);
                }
                Err(error) if error.failure == Failure::NotFound => return Ok(agreed),
                Err(error) if error.failure == Failure::Conflict => {}
                Err(error) => {
                    let error = observe::failed(&format!("delete {reference}"), error);
                    return Err(ApplyResult::Not(Outcome::Failed(error)));
                }
            }
            let live = self.execution.cluster.get(&resource, &reference).await;
            match live {
                Ok(None) => return Ok(agreed),
                Ok(Some(_)) => agreed = self.plan_again(agreed).await?,
                Err(error) => {
                    let error = observe::failed(&format!("read {reference}"), error);
                    return Err(ApplyResult::Not(Outcome::Failed(error)));
                }
            }
        }
        Err(ApplyResult::Not(Outcome::Moved))
    }

    /// What the server accepted when the plan was made it may refuse now.
    async fn validate(&self, agreed: &Agreed) -> Result<(), ApplyResult> {
        let work = &agreed.work;
        let Some(old) = &work.live else { return Ok(()) };
        let _turn = self.requests.acquire().await;
        // What the old one holds is free once it is gone.
        let tried = observe::without_addresses(&work.sent, None);
        let asked = observe::validate(
            &*self.execution.cluster,
            &work.resource,
            &work.desired.reference,
            &tried,
            &old.uid,
            &self.execution.query.policy.field_manager,
        );
        match asked.await {
            Ok(_) => Ok(()),
            Err(error) => {
                let judge = self.execution.cluster.judge();
                let refused = observe::refused(judge, &work.desired, error);
                Err(ApplyResult::Not(Outcome::Failed(refused)))
            }
        }
    }

    async fn request_delete(&self, agreed: &Agreed, old: &ObjectVersion) -> Result<(), crate::cluster::ClusterError> {
        let _turn = self.requests.acquire().await;
        let deletion = Deletion {
            reference: &agreed.work.desired.reference,
            uid: &old.uid,
            resource_version: &old.resource_version,
            propagation: agreed.work.dependents,
        };
        self.execution.cluster.delete(&agreed.work.resource, &deletion).await
    }
}
