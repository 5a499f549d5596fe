//! Keeps a sync that lost its Lease from writing: every write asks first how old the last renewal is.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::Value;
use tokio::sync::watch;

use super::lease::{self, LeaseState};
use crate::cluster::{
    Answer, Apply, Cluster, ClusterError, Deletion, Discovery, Failure, Judge, Patch, Persist, Resource, Scope,
    WatchEvent,
};
use crate::object::{GroupVersionKind, LiveObject, ObjectRef};
use crate::ssa::schema::Schema;

/// A cluster that is written to only while the Lease is held, once there is one.
pub(super) struct Fence {
    cluster: Arc<dyn Cluster>,
    gate: Mutex<Option<Gate>>,
}

/// A Lease that must be held, and how old its last renewal may be.
struct Gate {
    held: Arc<watch::Sender<LeaseState>>,
    give_up: Duration,
}

impl Fence {
    /// An open one.
    pub(super) fn around(cluster: Arc<dyn Cluster>) -> Self {
        Self {
            cluster,
            gate: Mutex::new(None),
        }
    }

    /// The cluster, without the fence: for the Lease itself.
    pub(super) fn cluster(&self) -> &Arc<dyn Cluster> {
        &self.cluster
    }

    /// Lets no write through from now on unless this Lease is held.
    pub(super) fn close(&self, held: Arc<watch::Sender<LeaseState>>, give_up: Duration) {
        *self.gate() = Some(Gate { held, give_up });
    }

    /// Lets every write through from now on: what was to be done with the Lease is done.
    pub(super) fn open(&self) {
        *self.gate() = None;
    }

    fn gate(&self) -> std::sync::MutexGuard<'_, Option<Gate>> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a write may be sent. One that may not ends the sync.
    fn pass(&self) -> Result<(), ClusterError> {
        let gate = self.gate();
        let Some(Gate { held, give_up }) = gate.as_ref() else {
            return Ok(());
        };
        if let LeaseState::Yes { renewed, .. } = &*held.borrow()
            && renewed.age() < *give_up
        {
            return Ok(());
        }
        lease::lose(held, "it was not renewed in time".to_owned());
        Err(ClusterError::new(
            Failure::Other,
            "it was not sent, since the Lease of the ApplySet is lost",
        ))
    }
}

#[async_trait]
impl Cluster for Fence {
    fn address(&self) -> String {
        self.cluster.address()
    }

    fn judge(&self) -> Judge {
        self.cluster.judge()
    }

    async fn discover(&self) -> Result<Discovery, ClusterError> {
        self.cluster.discover().await
    }

    async fn schema(&self, kinds: &BTreeSet<GroupVersionKind>) -> Result<Schema, ClusterError> {
        self.cluster.schema(kinds).await
    }

    async fn list(&self, resource: &Resource, scope: &Scope, selector: &str) -> Result<Vec<LiveObject>, ClusterError> {
        self.cluster.list(resource, scope, selector).await
    }

    async fn get(&self, resource: &Resource, reference: &ObjectRef) -> Result<Option<LiveObject>, ClusterError> {
        self.cluster.get(resource, reference).await
    }

    async fn events(&self, reference: &ObjectRef, uid: &str) -> Result<Vec<LiveObject>, ClusterError> {
        self.cluster.events(reference, uid).await
    }

    async fn apply(&self, resource: &Resource, apply: &Apply<'_>) -> Result<Answer, ClusterError> {
        if apply.persist == Persist::Stored {
            self.pass()?;
        }
        self.cluster.apply(resource, apply).await
    }

    async fn patch(&self, resource: &Resource, patch: &Patch<'_>) -> Result<LiveObject, ClusterError> {
        if patch.persist == Persist::Stored {
            self.pass()?;
        }
        self.cluster.patch(resource, patch).await
    }

    async fn create(
        &self,
        resource: &Resource,
        object: &Value,
        field_manager: &str,
    ) -> Result<LiveObject, ClusterError> {
        self.pass()?;
        self.cluster.create(resource, object, field_manager).await
    }

    async fn replace(
        &self,
        resource: &Resource,
        object: &Value,
        field_manager: &str,
    ) -> Result<LiveObject, ClusterError> {
        self.pass()?;
        self.cluster.replace(resource, object, field_manager).await
    }

    async fn delete(&self, resource: &Resource, deletion: &Deletion<'_>) -> Result<(), ClusterError> {
        self.pass()?;
        self.cluster.delete(resource, deletion).await
    }

    fn watch(
        &self,
        resource: &Resource,
        scope: &Scope,
        selector: &str,
    ) -> BoxStream<'static, Result<WatchEvent, ClusterError>> {
        self.cluster.watch(resource, scope, selector)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Sandbox;
    use crate::execute::lock::Renewed;
    use crate::testing::resource;
    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;
    use tokio::time::Instant;

    #[tokio::test]
    async fn nothing_is_written_once_the_last_renewal_is_too_old() {
        let name = format!("stackanetes-fence-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        let sandbox = Sandbox::open(&directory).expect("a sandbox");
        let fence = Fence::around(Arc::new(sandbox));
        let configmap = resource("v1", "ConfigMap", true);
        let create = async |name: &str| {
            let object =
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}});
            fence.create(&configmap, &object, "test").await
        };
        let held = |seconds: i64| {
            let renewed = Renewed {
                instant: Instant::now(),
                time: Timestamp::now() - SignedDuration::from_secs(seconds),
            };
            Arc::new(watch::Sender::new(LeaseState::Yes {
                object: Value::Null,
                renewed,
            }))
        };
        create("before").await.expect("no Lease is needed yet");
        fence.close(held(19), Duration::from_secs(20));
        create("in-time").await.expect("the Lease is held");
        let late = held(21);
        fence.close(late.clone(), Duration::from_secs(20));
        create("late").await.expect_err("the Lease is lost");
        assert!(matches!(&*late.borrow(), LeaseState::Lost(_)), "the sync ends");
        fence.open();
        create("late").await.expect("no Lease is needed any more");
        std::fs::remove_dir_all(directory).expect("removed");
    }
}
