//! Waits until objects are Current.

use std::time::Duration;

use super::{Event, Execution, Outcome, Run};
use crate::cluster::Resource;
use crate::kinds::health::Health;
use crate::kinds::jobs::InputDigests;
use crate::object::LiveObject;
use crate::observe;
use crate::plan::InSync;

/// How long until the StorageClass of a claim that is not bound is read again.
const CLASS_INTERVAL: Duration = Duration::from_secs(1);

impl Run<'_> {
    /// Waits until an object that is as git wants it is Current too.
    pub(super) async fn await_settled(&self, settled: InSync) -> Outcome {
        if settled.health.is_current() {
            return Outcome::Unchanged;
        }
        let InSync {
            reference,
            resource,
            inputs,
            ..
        } = settled;
        let live = {
            let _turn = self.requests.acquire().await;
            self.execution.cluster.get(&resource, &reference).await
        };
        match live {
            Ok(Some(live)) => self.await_current(&resource, &live, inputs, Outcome::Unchanged).await,
            Ok(None) => Outcome::Moved,
            Err(error) => Outcome::Failed(observe::failed(&format!("read {reference}"), error)),
        }
    }

    pub(super) async fn await_current(
        &self,
        resource: &Resource,
        live: &LiveObject,
        inputs: Option<InputDigests>,
        done: Outcome,
    ) -> Outcome {
        let progress = |health: &Health| {
            self.send(Event::Waiting {
                reference: live.reference(),
                health: health.clone(),
            });
        };
        let health = tokio::select! {
            biased;
            () = self.waits_for_consumer(live) => return done,
            health = self.feeds.current(resource, live, self.patience(), progress) => health,
        };
        if health.is_current() {
            if let Some(inputs) = inputs.filter(|_| self.feeds.saw_complete(resource, live)) {
                self.runs.complete(&live.reference(), inputs);
            }
            done
        } else {
            Outcome::NotReady(self.explained(resource, live, health).await)
        }
    }

    /// Ends when a claim stays Pending until a pod uses it, and never for anything else. It is asked again and again,
    /// because the StorageClass may come after the claim, in another component.
    async fn waits_for_consumer(&self, live: &LiveObject) {
        let Execution { cluster, served, .. } = &self.execution;
        while !observe::waits_for_consumer(&**cluster, &served.discovery, live).await {
            if !live.reference().kind.is("", "PersistentVolumeClaim") {
                return std::future::pending().await;
            }
            tokio::time::sleep(CLASS_INTERVAL).await;
        }
    }

    /// How an object is, with why; without it where the sync is stopped.
    async fn explained(&self, resource: &Resource, live: &LiveObject, health: Health) -> Health {
        if self.is_stopped() {
            return health;
        }
        let _turn = self.requests.acquire().await;
        let Execution { cluster, served, .. } = &self.execution;
        observe::explained(&**cluster, &served.discovery, resource, live, health).await
    }

    /// How long anything is waited for: until its time is up, or the sync is stopped.
    pub(super) async fn patience(&self) {
        let mut stop = self.execution.stop.clone();
        tokio::select! {
            () = tokio::time::sleep(self.execution.timeout) => {}
            Ok(_) = stop.wait_for(|stop| *stop) => {}
        }
    }
}
