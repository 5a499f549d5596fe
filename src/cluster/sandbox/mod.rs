//! A cluster in a directory: the local merge in the place of an API server.
//!
//! Each object is one file of YAML, which a person can read and git can keep. What is written is merged
//! as an API server merges it, with managed fields, conflicts and dry-run; what is deleted takes with it
//! what depends on it; and everything becomes Current at once, since nothing runs. What an API server
//! would default is not there, and nobody's rights are asked for. Tests hold every claim to a real one.
//!
//! `store` keeps the objects, as files of a `directory` or in `memory`; `kinds` knows what is served. Pure, between the two: `write` says what a
//! write makes of an object, `valid` what is refused, `status` what controllers would say of it, and
//! `garbage` what goes when something is deleted. `mask` is for snapshots, which hold no values of Secrets.

mod directory;
mod garbage;
mod generation;
mod initial;
mod kinds;
mod marker;
mod mask;
mod memory;
mod path;
mod refusal;
mod session;
mod status;
mod store;
mod valid;
mod watch;
mod write;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::Value;

use self::directory::ObjectFiles;
use self::marker::{MARKER, Marker};
use self::memory::Memory;
use self::session::WriteOutcome;
use self::store::Store;
use super::{
    Answer, Apply, Cluster, ClusterError, Deletion, Discovery, Failure, Judge, Patch, Resource, Scope, WatchEvent,
};
use crate::diagnostic::error::{Error, Result};
use crate::object::selection::{LabelSelector, NoSelector};
use crate::object::{GroupVersionKind, LiveObject, ObjectRef};
use crate::ssa::schema::Schema;

pub use self::marker::Snapshot;
pub use self::mask::mask;

/// A cluster in a directory.
/// ```
/// use serde_json::json;
/// use stackanetes::cluster::{Apply, Cluster as _, Force, Persist, Sandbox};
/// use stackanetes::object::{GroupVersionKind, ObjectRef};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let directory = tempfile::tempdir()?;
/// let sandbox = Sandbox::open(directory.path())?;
/// let kinds = sandbox.discover().await?;
/// let config_maps = kinds.resource(&GroupVersionKind::new("v1", "ConfigMap")).unwrap();
///
/// let object = json!({
///     "apiVersion": "v1", "kind": "ConfigMap",
///     "metadata": {"name": "settings", "namespace": "default"}, "data": {"mode": "fast"},
/// });
/// let reference = ObjectRef::of(&object);
/// let apply = Apply {
///     object: &object,
///     reference: &reference,
///     field_manager: "stackanetes",
///     force: Force::Yield,
///     persist: Persist::Stored,
/// };
/// assert!(sandbox.apply(config_maps, &apply).await?.created);
/// let stored = sandbox.get(config_maps, &reference).await?.unwrap();
/// assert_eq!(stored.value()["metadata"]["managedFields"][0]["manager"], "stackanetes");
/// assert!(directory.path().join("default/configmaps/settings.yaml").is_file());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sandbox {
    store: Arc<Store>,
    snapshot: Option<Snapshot>,
    /// Told of every write of this process.
    writes: tokio::sync::watch::Sender<()>,
}

impl Sandbox {
    /// The namespace of what names none.
    pub const DEFAULT_NAMESPACE: &'static str = "default";

    /// Opens a sandbox. A directory that is empty, or not there, becomes one with the first write; one
    /// that holds anything else is refused.
    pub fn open(root: &Path) -> Result<Self> {
        let marker = match fs::read_to_string(root.join(MARKER)) {
            Ok(text) => Marker::read(&root.join(MARKER).display().to_string(), &text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                must_be_empty(root)?;
                Marker::default()
            }
            Err(error) => {
                return Err(Error::new(format!("failed to read {}", root.join(MARKER).display())).because(error));
            }
        };
        Ok(Self {
            store: Arc::new(Store::new(ObjectFiles::new(root.to_owned()))),
            snapshot: marker.snapshot,
            writes: tokio::sync::watch::Sender::default(),
        })
    }

    /// A sandbox that is nowhere but in memory.
    pub fn in_memory() -> Self {
        Self {
            store: Arc::new(Store::new(Memory::default())),
            snapshot: None,
            writes: tokio::sync::watch::Sender::default(),
        }
    }

    /// Records objects as they are in a new sandbox, their Secrets [masked](mask()). Each comes with its
    /// resource; of the kinds that are not every cluster's, the definitions must be among them.
    ///
    /// The directory is there, whole, at the end, or not at all.
    pub fn record<'a>(
        root: &Path,
        snapshot: Snapshot,
        objects: impl IntoIterator<Item = (&'a Resource, &'a LiveObject)>,
    ) -> Result<()> {
        must_be_empty(root)?;
        let failed = |error: io::Error| Error::new(format!("failed to write {}", root.display())).because(error);
        let (Some(parent), Some(_)) = (root.parent(), root.file_name()) else {
            return Err(Error::new(format!("{} is no name of a new directory", root.display())));
        };
        fs::create_dir_all(parent).map_err(failed)?;
        // What is left of one that failed goes when this is dropped.
        let part = tempfile::Builder::new()
            .prefix(".unfinished-")
            .tempdir_in(parent)
            .map_err(failed)?;
        record_in(&part.path().join("snapshot"), snapshot, objects)?;
        fs::rename(part.path().join("snapshot"), root).map_err(failed)
    }

    /// What it is a snapshot of, if it is one.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
    }

    /// Works on the files, off the threads that wait for others.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, ClusterError> + Send + 'static,
    ) -> Result<T, ClusterError> {
        let store = Arc::clone(&self.store);
        let failed = |error: tokio::task::JoinError| {
            ClusterError::new(Failure::Other, "the sandbox stopped working").because(error)
        };
        tokio::task::spawn_blocking(move || work(&store))
            .await
            .map_err(failed)?
    }

    /// Does work that may write, on a thread where it may block.
    async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, ClusterError> + Send + 'static,
    ) -> Result<T, ClusterError> {
        let done = self.work(work).await;
        self.writes.send_replace(());
        done
    }
}

fn record_in<'a>(
    root: &Path,
    snapshot: Snapshot,
    objects: impl IntoIterator<Item = (&'a Resource, &'a LiveObject)>,
) -> Result<()> {
    let objects: Vec<_> = objects.into_iter().collect();
    let versions = objects
        .iter()
        .filter_map(|(_, object)| object.resource_version().parse().ok());
    let marker = Marker {
        resource_version: versions.max().unwrap_or(1),
        snapshot: Some(snapshot),
    };
    let failed = |error: ClusterError| Error::new(format!("failed to write {}", root.display())).because(error);
    let store = Store::new(ObjectFiles::new(root.to_owned()));
    let session = store.recording(marker).map_err(failed)?;
    for (resource, object) in objects {
        let reference = object.reference();
        let mut value = object.value().clone();
        mask(&mut value);
        let path = path::file(resource, reference.namespace.as_deref(), &reference.name);
        session.write(&path, &Arc::new(value)).map_err(failed)?;
    }
    Ok(())
}

/// What is there and no sandbox must not become one. That it is kept by git is no matter.
fn must_be_empty(root: &Path) -> Result<()> {
    let failed = |error: io::Error| Error::new(format!("failed to read {}", root.display())).because(error);
    let mut entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    // A first write that was cut off may have left the rest.
    let ours = [".git", ".gitignore", ".lock", ".new", path::CLUSTER];
    let counts = |entry: &fs::DirEntry| !ours.iter().any(|name| entry.file_name() == *name);
    let found = entries.find(|entry| entry.as_ref().map_or(true, counts));
    match found.transpose().map_err(failed)? {
        None => Ok(()),
        Some(entry) => Err(Error::new(format!(
            "{} is no sandbox, and not empty: it holds {}",
            root.display(),
            entry.file_name().display()
        ))
        .hint("name a directory that is empty or not there yet")),
    }
}

#[async_trait]
impl Cluster for Sandbox {
    fn address(&self) -> String {
        self.store.address()
    }

    fn judge(&self) -> Judge {
        Judge::Sandbox
    }

    async fn discover(&self) -> Result<Discovery, ClusterError> {
        self.work(|store| Ok(store.reading()?.kinds()?.discovery.clone())).await
    }

    /// What is bundled, and what its definitions say: there is no more to ask for.
    async fn schema(&self, _kinds: &BTreeSet<GroupVersionKind>) -> Result<Schema, ClusterError> {
        self.work(|store| Ok(store.reading()?.kinds()?.schema().clone())).await
    }

    async fn list(&self, resource: &Resource, scope: &Scope, selector: &str) -> Result<Vec<LiveObject>, ClusterError> {
        let wrong = |error: NoSelector| ClusterError::new(Failure::Invalid, error.to_string());
        let selector: LabelSelector = selector.parse().map_err(wrong)?;
        let (resource, scope) = (resource.clone(), scope.clone());
        self.work(move |store| session::list(store, &resource, &scope, &selector))
            .await
    }

    async fn get(&self, resource: &Resource, reference: &ObjectRef) -> Result<Option<LiveObject>, ClusterError> {
        let (resource, reference) = (resource.clone(), reference.clone());
        self.work(move |store| session::get(store, &resource, &reference)).await
    }

    /// Nothing happens in it.
    async fn events(&self, _reference: &ObjectRef, _uid: &str) -> Result<Vec<LiveObject>, ClusterError> {
        Ok(Vec::new())
    }

    async fn apply(&self, resource: &Resource, apply: &Apply<'_>) -> Result<Answer, ClusterError> {
        let resource = resource.clone();
        let apply = session::Apply {
            object: apply.object.clone(),
            reference: apply.reference.clone(),
            field_manager: apply.field_manager.to_owned(),
            force: apply.force,
            persist: apply.persist,
        };
        let WriteOutcome { object, created } = self
            .change(move |store| session::apply(store, &resource, &apply))
            .await?;
        Ok(Answer {
            object,
            created,
            warnings: Vec::new(),
        })
    }

    async fn create(
        &self,
        resource: &Resource,
        object: &Value,
        field_manager: &str,
    ) -> Result<LiveObject, ClusterError> {
        let (resource, object, manager) = (resource.clone(), object.clone(), field_manager.to_owned());
        self.change(move |store| session::create(store, &resource, &object, &manager))
            .await
    }

    async fn replace(
        &self,
        resource: &Resource,
        object: &Value,
        field_manager: &str,
    ) -> Result<LiveObject, ClusterError> {
        let (resource, object, manager) = (resource.clone(), object.clone(), field_manager.to_owned());
        self.change(move |store| session::replace(store, &resource, &object, &manager))
            .await
    }

    async fn patch(&self, resource: &Resource, patch: &Patch<'_>) -> Result<LiveObject, ClusterError> {
        let operations = serde_json::from_value(patch.operations.clone())
            .map_err(|error| ClusterError::new(Failure::Invalid, "this is no JSON patch").because(error))?;
        let resource = resource.clone();
        let patch = session::Patch {
            operations,
            reference: patch.reference.clone(),
            field_manager: patch.field_manager.to_owned(),
            persist: patch.persist,
        };
        self.change(move |store| session::patch(store, &resource, &patch)).await
    }

    async fn delete(&self, resource: &Resource, deletion: &Deletion<'_>) -> Result<(), ClusterError> {
        let resource = resource.clone();
        let deletion = session::Delete {
            reference: deletion.reference.clone(),
            uid: deletion.uid.to_owned(),
            resource_version: deletion.resource_version.to_owned(),
            propagation: deletion.propagation,
        };
        self.change(move |store| session::delete(store, &resource, &deletion))
            .await
    }

    fn watch(
        &self,
        resource: &Resource,
        scope: &Scope,
        selector: &str,
    ) -> BoxStream<'static, Result<WatchEvent, ClusterError>> {
        watch::watch(self, resource, scope, selector)
    }
}
