//! What is sent for an object: what git says, our notes, and what the rules leave to others.

use serde_json::Value;

use super::Query;
use crate::applyset::inventory;
use crate::cluster::Discovery;
use crate::object::field::{FieldPath, ManagedFields};
use crate::object::{DesiredObject, LiveObject};
use crate::plan::migrate::{self, DesiredVersions, Migration, NewOwner};
use crate::source::rules::{self, Ruled};
use crate::ssa::schema::Schema;

/// What is sent for an object, and what has to be done before.
pub(super) struct Payload {
    pub(super) sent: Value,
    /// What the rules did with it.
    pub(super) ruled: Ruled,
    /// The managed fields that have to become ours first.
    pub(super) migration: Option<Migration>,
}

impl Payload {
    /// Makes what is sent for `desired`, next to the live object that it is for, if it is for one, and to what git said
    /// of it when it was last applied, where that is known.
    pub(super) fn new(
        query: &Query,
        (discovery, schema): (&Discovery, &Schema),
        (desired, base): (&DesiredObject, Option<&DesiredObject>),
        live: Option<&LiveObject>,
    ) -> Self {
        let field_manager = &query.policy.field_manager;
        let mut sent = inventory::stamp(desired, query.set.as_ref(), query.revision.as_ref());
        // An object that is served in several API groups, as an Event is, may be recorded in a version of another.
        let kinds = discovery
            .kinds()
            .filter(|kind| kind.kind == desired.reference.kind.kind);
        let versions = kinds.flat_map(|kind| discovery.versions(kind));
        let served: Vec<String> = versions.map(|resource| resource.gvk.api_version()).collect();
        let new_owner = NewOwner {
            field_manager,
            named: &query.migrate,
            takes_over: live.is_some_and(|live| query.policy.takes(live).is_some()),
            api_version: &desired.gvk().api_version(),
            served: &served,
            schema,
            said: base.map(|then| DesiredVersions { then, now: desired }),
        };
        let migration = live.and_then(|live| migrate::due(live, new_owner));
        let managed = match (&migration, live) {
            (Some(migration), _) => migration.managed.clone(),
            (None, Some(live)) if !desired.rules.is_empty() => ManagedFields::of(live),
            (None, _) => ManagedFields::default(),
        };
        let live = live.map(LiveObject::value);
        let ruled = rules::apply(&desired.rules, &mut sent, live, &managed, field_manager);
        Self { sent, ruled, migration }
    }

    /// This payload, with fields of `live` that nobody owns becoming ours first.
    pub(super) fn taking(mut self, query: &Query, live: &LiveObject, fields: &[FieldPath]) -> Self {
        let new_owner = NewOwner {
            field_manager: &query.policy.field_manager,
            named: &query.migrate,
            takes_over: query.policy.takes(live).is_some(),
            api_version: live.value()["apiVersion"].as_str().unwrap_or_default(),
            served: &[],
            schema: Schema::bundled(),
            said: None,
        };
        self.migration = Some(Migration::taking(self.migration.take(), live, new_owner, fields));
        self
    }
}
