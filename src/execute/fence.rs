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
#[derive(Clone)]
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
    ///
    /// Where only the time of day says that the last renewal is too old, the machine slept, or its clock was set: the
    /// next renewal tells whether somebody took the Lease meanwhile, and is waited for.
    async fn pass(&self) -> Result<(), ClusterError> {
        let Some(Gate { held, give_up }) = self.gate().clone() else {
            return Ok(());
        };
        let mut renewals = held.subscribe();
        loop {
            let LeaseState::Yes { renewed, .. } = renewals.borrow_and_update().clone() else {
                break;
            };
            let left = give_up.saturating_sub(renewed.age());
            if left.is_zero() {
                break;
            }
            if renewed.age_by_time_of_day() < give_up {
                return Ok(());
            }
            // Without a renewal its age ends this.
            let _ = tokio::time::timeout(left, renewals.changed()).await;
        }
        lease::lose(&held, "it was not renewed in time".to_owned());
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
            self.pass().await?;
        }
        self.cluster.apply(resource, apply).await
    }

    async fn patch(&self, resource: &Resource, patch: &Patch<'_>) -> Result<LiveObject, ClusterError> {
        if patch.persist == Persist::Stored {
            self.pass().await?;
        }
        self.cluster.patch(resource, patch).await
    }

    async fn create(
        &self,
        resource: &Resource,
        object: &Value,
        field_manager: &str,
    ) -> Result<LiveObject, ClusterError> {
        self.pass().await?;
        self.cluster.create(resource, object, field_manager).await
    }

    async fn replace(
        &self,
        resource: &Resource,
        object: &Value,
        field_manager: &str,
    ) -> Result<LiveObject, ClusterError> {
        self.pass().await?;
        self.cluster.replace(resource, object, field_manager).await
    }

    async fn delete(&self, resource: &Resource, deletion: &Deletion<'_>) -> Result<(), ClusterError> {
        self.pass().await?;
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
    use std::path::PathBuf;

    use super::*;
    use crate::cluster::Sandbox;
    use crate::execute::lock::Renewed;
    use crate::testing::resource;
    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;
    use tokio::time::Instant;

    /// A fence around a sandbox of this name, which is removed in the end.
    fn fence(name: &str) -> (Fence, PathBuf) {
        let directory = std::env::temp_dir().join(format!("stackanetes-fence-{name}-{}", std::process::id()));
        let sandbox = Sandbox::open(&directory).expect("a sandbox");
        (Fence::around(Arc::new(sandbox)), directory)
    }

    async fn create(fence: &Fence, name: &str) -> Result<LiveObject, ClusterError> {
        let object =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}});
        fence.create(&resource("v1", "ConfigMap", true), &object, "test").await
    }

    /// A Lease that was renewed so many seconds ago, by one clock and by the other.
    fn held(by_instant: u64, by_time_of_day: i64) -> LeaseState {
        LeaseState::Yes {
            object: Value::Null,
            renewed: Renewed {
                instant: Instant::now() - Duration::from_secs(by_instant),
                time: Timestamp::now() - SignedDuration::from_secs(by_time_of_day),
            },
        }
    }

    #[tokio::test]
    async fn nothing_is_written_once_the_last_renewal_is_too_old() {
        let (fence, directory) = fence("old");
        create(&fence, "before").await.expect("no Lease is needed yet");
        fence.close(Arc::new(watch::Sender::new(held(5, 5))), Duration::from_secs(20));
        create(&fence, "in-time").await.expect("the Lease is held");
        let late = Arc::new(watch::Sender::new(held(21, 21)));
        fence.close(late.clone(), Duration::from_secs(20));
        create(&fence, "late").await.expect_err("the Lease is lost");
        assert!(matches!(&*late.borrow(), LeaseState::Lost(_)), "the sync ends");
        fence.open();
        create(&fence, "late").await.expect("no Lease is needed any more");
        std::fs::remove_dir_all(directory).expect("removed");
    }

    #[tokio::test]
    async fn a_write_waits_for_the_next_renewal_where_the_clock_was_set_or_the_machine_slept() {
        let (fence, directory) = fence("set");
        let doubtful = Arc::new(watch::Sender::new(held(0, 3_600)));
        fence.close(doubtful.clone(), Duration::from_secs(600));
        let mut write = std::pin::pin!(create(&fence, "waits"));
        assert!(futures::poll!(&mut write).is_pending(), "nobody knows who holds it");
        doubtful.send_replace(held(0, 0));
        write.await.expect("it is still held");
        doubtful.send_replace(held(0, 3_600));
        let mut write = std::pin::pin!(create(&fence, "never"));
        assert!(futures::poll!(&mut write).is_pending());
        doubtful.send_replace(LeaseState::Lost("somebody has it".to_owned()));
        write.await.expect_err("it was taken");
        std::fs::remove_dir_all(directory).expect("removed");
    }
}
