//! Gives back the Lease of an ApplySet at the end of a sync, so that the next one can begin at once.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::lease::{Lease, LeaseState, MANAGER, PAUSE, WRITES, identity};
use crate::cluster::ClusterError;
use crate::object::ObjectRef;

/// A Lease that could not be given back, and expires by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotReleased {
    /// The Lease.
    pub lease: ObjectRef,
    /// How long after its last renewal anybody may take it.
    pub valid: Duration,
    /// What the server said; nothing where it did not answer in time.
    pub error: Option<String>,
}

impl Lease {
    /// Lets the next sync begin at once. What cannot be given back before it expires is not tried any longer.
    pub(super) async fn release(self) -> Result<(), NotReleased> {
        self.renewal.abort();
        self.fence.open();
        let LeaseState::Yes { object, .. } = self.held.borrow().clone() else {
            return Ok(());
        };
        let error = match timeout(self.valid, self.give_back(object)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => Some(error.message),
            Err(_) => None,
        };
        Err(NotReleased {
            lease: self.set.lease(),
            valid: self.valid,
            error,
        })
    }

    async fn give_back(&self, mut object: Value) -> Result<(), ClusterError> {
        let cluster = self.fence.cluster();
        let ours = identity(&object);
        let mut tried = 1;
        loop {
            object["spec"]["holderIdentity"] = "".into();
            let Err(error) = cluster.replace(&self.resource, &object, MANAGER).await else {
                return Ok(());
            };
            tracing::debug!(%error, "failed to give back the Lease");
            match cluster.get(&self.resource, &self.set.lease()).await {
                // A renewal that was under way may have arrived.
                Ok(Some(live)) if identity(live.value()) == ours => object = live.into_value(),
                // It was given back, and the answer was lost; or somebody else has it.
                Ok(_) => return Ok(()),
                Err(_) => {}
            }
            if tried == WRITES {
                return Err(error);
            }
            tried += 1;
            sleep(PAUSE).await;
        }
    }
}
