//! What an apply would store once managed fields became ours.

use serde_json::{Value, json};

use crate::cluster::{Cluster, ClusterError, Patch, Persist, Resource};
use crate::object::LiveObject;
use crate::object::field::ManagedFields;
use crate::plan::migrate::Migration;

/// An apply that a migration comes before.
pub(super) struct AfterMigration<'a> {
    pub(super) cluster: &'a dyn Cluster,
    pub(super) field_manager: &'a str,
    pub(super) migration: &'a Migration,
    pub(super) resource: &'a Resource,
    pub(super) live: &'a LiveObject,
}

impl AfterMigration<'_> {
    /// What the apply would store, where it would store `now` without the migration.
    ///
    /// Two dry-runs do not build on each other, so the server cannot be asked in one; but it can be asked
    /// what it makes of an object without the fields that go.
    pub(super) async fn answer(&self, now: &LiveObject) -> Result<LiveObject, ClusterError> {
        let (predicted, is_less) = self.migration.predicted(now);
        if !is_less {
            return Ok(predicted);
        }
        let live = self.live;
        let managed = ManagedFields::of(&predicted);
        let mut wanted = predicted.with_managed(&ManagedFields::of(live)).into_value();
        wanted["metadata"]["generation"] = live.value()["metadata"]["generation"].clone();
        let changes = serde_json::to_value(json_patch::diff(live.value(), &wanted));
        let version = json!({"op": "replace", "path": "/metadata/resourceVersion", "value": live.resource_version()});
        // Of this very version: positions in lists mean something else in another.
        let mut operations = vec![version];
        operations.extend(
            changes
                .ok()
                .and_then(|changes| changes.as_array().cloned())
                .into_iter()
                .flatten(),
        );
        let patch = Patch {
            operations: &Value::Array(operations),
            reference: &live.reference(),
            field_manager: self.field_manager,
            persist: Persist::DryRun,
        };
        let stored = self.cluster.patch(self.resource, &patch).await?;
        Ok(stored.with_managed(&managed))
    }
}
