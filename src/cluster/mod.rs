//! Where objects live: the one trait through which the rest of the program meets a cluster.
//!
//! Only this folder knows `kube`. Everything here is I/O and nothing here decides: what to ask and
//! what to do with the answer is `observe`'s, `plan`'s and `execute`'s.

mod built_in;
mod discovery;
mod error;
pub(crate) mod files;
mod kubernetes;
mod sandbox;

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::Value;
use smol_str::SmolStr;

use crate::object::{GroupVersionKind, LiveObject, ObjectRef};
use crate::ssa::schema::Schema;

pub use built_in::{built_in_kinds, reduce_kinds};
pub use discovery::{Discovery, Resource};
pub use error::{CauseKind, ClusterError, Failure, FieldCause};
pub use kubernetes::{Connection, Impersonation, KubeconfigNames, Kubernetes, Token, Trust};
pub use sandbox::{Sandbox, Snapshot, mask};

/// A cluster, real or embedded.
#[async_trait]
pub trait Cluster: Send + Sync {
    /// Where it is: the API server's URL, or a directory.
    fn address(&self) -> String;

    /// Who says which objects are valid there.
    fn judge(&self) -> Judge;

    /// Which kinds there are, and the server's version.
    async fn discover(&self) -> Result<Discovery, ClusterError>;

    /// How it merges these kinds, as far as it says so: a kind that is not in the answer it has no schema
    /// of. Other kinds may be in it too.
    async fn schema(&self, kinds: &BTreeSet<GroupVersionKind>) -> Result<Schema, ClusterError>;

    /// All objects of a kind in `scope` that match the label selector, page by page. A kind that there is
    /// no more has none.
    async fn list(&self, resource: &Resource, scope: &Scope, selector: &str) -> Result<Vec<LiveObject>, ClusterError>;

    /// One object; `None` when there is none, or its kind is no more.
    async fn get(&self, resource: &Resource, reference: &ObjectRef) -> Result<Option<LiveObject>, ClusterError>;

    /// The Events about the object with this UID; none where the cluster keeps none.
    async fn events(&self, reference: &ObjectRef, uid: &str) -> Result<Vec<LiveObject>, ClusterError>;

    /// Server-side apply.
    async fn apply(&self, resource: &Resource, apply: &Apply<'_>) -> Result<Answer, ClusterError>;

    /// Creates an object; [`Failure::AlreadyExists`] when there is one.
    async fn create(
        &self,
        resource: &Resource,
        object: &Value,
        field_manager: &str,
    ) -> Result<LiveObject, ClusterError>;

    /// Replaces an object; [`Failure::Conflict`] when its `resourceVersion` is not the latest.
    async fn replace(
        &self,
        resource: &Resource,
        object: &Value,
        field_manager: &str,
    ) -> Result<LiveObject, ClusterError>;

    /// Changes an object by a JSON patch, and answers with what is, or would be, stored. A patch that names
    /// the `resourceVersion` is refused with [`Failure::Conflict`] when that is not the latest.
    async fn patch(&self, resource: &Resource, patch: &Patch<'_>) -> Result<LiveObject, ClusterError>;

    /// Deletes an object. That it is gone is known only once it is not found under its UID.
    async fn delete(&self, resource: &Resource, deletion: &Deletion<'_>) -> Result<(), ClusterError>;

    /// The objects of a kind in `scope` as they are and as they change, for as long as the stream is
    /// read. Interrupted watches are resumed; after an interruption that cannot be resumed, every
    /// object is sent again as [`WatchEvent::Applied`] between [`WatchEvent::Restarted`] and
    /// [`WatchEvent::Listed`].
    fn watch(
        &self,
        resource: &Resource,
        scope: &Scope,
        selector: &str,
    ) -> BoxStream<'static, Result<WatchEvent, ClusterError>>;
}

/// Who says which objects are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge {
    /// An API server.
    Server,
    /// This program, by the schemas of the kinds: no server is asked.
    Sandbox,
}

/// Where to list and watch.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// The whole cluster; the only scope of what is cluster-scoped.
    Cluster,
    /// One namespace.
    Namespace(SmolStr),
}

/// Whether the server stores what it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persist {
    /// The write is stored.
    Stored,
    /// The server only says what it would store.
    DryRun,
}

/// Who wins where another manager owns a field with another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// The other manager: the apply is refused.
    Yield,
    /// We do.
    Take,
}

/// One server-side apply.
#[derive(Debug)]
pub struct Apply<'a> {
    /// What to apply; its `metadata` carries `uid` and `resourceVersion` when the live object must be
    /// the one that was planned for.
    pub object: &'a Value,
    /// The object that is applied.
    pub reference: &'a ObjectRef,
    /// The name of the field manager.
    pub field_manager: &'a str,
    /// Who wins where another manager owns a field.
    pub force: Force,
    /// Whether the write is stored, or is a dry-run.
    pub persist: Persist,
}

/// One JSON patch.
#[derive(Debug)]
pub struct Patch<'a> {
    /// The operations of [RFC 6902](https://www.rfc-editor.org/rfc/rfc6902).
    pub operations: &'a Value,
    /// The object.
    pub reference: &'a ObjectRef,
    /// Under which name.
    pub field_manager: &'a str,
    /// Whether the write is stored, or is a dry-run.
    pub persist: Persist,
}

/// What the server answers to an apply.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The object as it is, or would be, stored.
    pub object: LiveObject,
    /// Whether there was none before.
    pub created: bool,
    /// The warnings the server sent along.
    pub warnings: Vec<String>,
}

/// What becomes of an object's dependents when it is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// The dependents are collected after their owner is gone.
    Background,
    /// The owner stays until its dependents are gone.
    Foreground,
    /// The dependents stay, and belong to nobody.
    Orphan,
}

/// One delete of exactly the object that was planned for.
#[derive(Debug)]
pub struct Deletion<'a> {
    /// The object that is deleted.
    pub reference: &'a ObjectRef,
    /// Its UID; the server refuses another with [`Failure::Conflict`].
    pub uid: &'a str,
    /// Its version; likewise.
    pub resource_version: &'a str,
    /// What becomes of its dependents.
    pub propagation: Propagation,
}

/// What a watch tells.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchEvent {
    /// Everything known is forgotten; what there is follows.
    Restarted,
    /// There is such an object.
    Applied(Box<LiveObject>),
    /// This object is gone.
    Deleted(Box<LiveObject>),
    /// Everything there is has been sent.
    Listed,
}
