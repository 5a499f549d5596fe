//! Takes away an ApplySet of which nothing is left: its key, its parent, and at last its Lease.

use super::Run;
use crate::applyset::inventory::ApplySet;
use crate::cluster::{Deletion, Failure, Propagation};
use crate::diagnostic::error::{Error, Result};
use crate::object::ObjectRef;
use crate::observe;

impl Run<'_> {
    /// Deletes the key and the parent if it is certain that there is no member any more. Whether it is.
    ///
    /// The cluster is asked once more: what was kept, and what came since, is still to be found by the
    /// parent.
    pub(super) async fn dissolve(&self, set: &ApplySet) -> Result<bool> {
        let execution = self.execution;
        let cluster = &*execution.cluster;
        let Some(parent) = observe::read_parent(cluster, set, &execution.served.discovery).await? else {
            return Ok(true);
        };
        let (query, discovery) = (&execution.query, &execution.served.discovery);
        let found = observe::read_members(cluster, query, discovery, Some(&parent)).await?;
        if found.is_some_and(|found| !found.live.is_empty() || found.may_have_more()) {
            return Ok(false);
        }
        self.remove(&set.key()).await?;
        self.remove(&set.parent()).await?;
        Ok(true)
    }

    /// Deletes the Lease, which is free by now. One that somebody has taken since stays.
    pub(super) async fn remove_lease(&self, set: &ApplySet) -> Result<()> {
        self.remove(&set.lease()).await
    }

    /// Deletes what belongs to the ApplySet itself, exactly as it is now.
    async fn remove(&self, reference: &ObjectRef) -> Result<()> {
        let cluster = &*self.execution.cluster;
        let Some(resource) = self.execution.served.discovery.preferred(&reference.kind) else {
            return Ok(());
        };
        let live = cluster.get(resource, reference).await;
        let live = match live {
            Ok(Some(live)) => live,
            Ok(None) => return Ok(()),
            Err(error) => return Err(observe::failed(&format!("read {reference}"), error)),
        };
        let holder = live.value().pointer("/spec/holderIdentity");
        let is_held = holder
            .and_then(serde_json::Value::as_str)
            .is_some_and(|holder| !holder.is_empty());
        if is_held {
            return Ok(());
        }
        let deletion = Deletion {
            reference,
            uid: live.uid(),
            resource_version: live.resource_version(),
            propagation: Propagation::Background,
        };
        match cluster.delete(resource, &deletion).await {
            Ok(()) => Ok(()),
            Err(error) if error.failure == Failure::NotFound => Ok(()),
            Err(error) if error.failure == Failure::Conflict => {
                Err(Error::new(format!("{reference} changed while it was to be deleted")).hint("run the command again"))
            }
            Err(error) => Err(observe::failed(&format!("delete {reference}"), error)),
        }
    }
}
