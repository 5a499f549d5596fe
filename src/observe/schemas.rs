//! How the kinds that are wanted are merged: for proof, and where the server cannot be asked.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::ask::Known;
use super::resolve::is_definition;
use crate::cluster::{Cluster, Discovery, Resource};
use crate::object::{GroupVersionKind, LiveObject, ObjectRef};
use crate::schema::Schema;

/// The schema of the kinds that are wanted, and what of it is still to be read.
///
/// It comes from nearby: from what is bundled, from the definitions that are members, and from those that
/// git wants. Only for what is in none of them the server's own is read: for custom kinds whose definition is
/// somebody else's, for the kinds of extension servers, and for those of a server that is not of the
/// [bundled](Schema::is_bundled_for) version.
pub(super) struct Schemas {
    schema: Cow<'static, Schema>,
    /// The kinds to read of the server.
    missing: BTreeSet<GroupVersionKind>,
    unread: Option<String>,
}

impl Schemas {
    /// What is known without a request. A definition that is there counts before one that git wants.
    pub(super) fn nearby(
        live: &BTreeMap<ObjectRef, (Resource, LiveObject)>,
        known: &[Known],
        discovery: &Discovery,
    ) -> Self {
        let members = known.iter().filter_map(|(_, _, member)| member.as_ref());
        let members = live.values().chain(members).map(|(_, live)| live);
        let there = members.filter(|live| is_definition(&live.reference().kind));
        let wanted = known.iter().map(|(desired, _, _)| desired);
        let wanted = wanted.filter(|desired| is_definition(&desired.reference.kind));
        let definitions: Vec<&Value> = wanted
            .map(|desired| &desired.value)
            .chain(there.map(LiveObject::value))
            .collect();
        let mut custom = Schema::from_open_api([]);
        definitions.iter().for_each(|definition| custom.add_custom(definition));
        let is_bundled = Schema::is_bundled_for(&discovery.server_version);
        let kinds = known.iter().map(|(_, resource, _)| &resource.gvk);
        let missing = kinds.filter(|gvk| {
            let is_known = custom.kind(gvk).is_some() || (is_bundled && Schema::bundled().kind(gvk).is_some());
            !is_known && discovery.resource(gvk).is_some()
        });
        // In every version: in each of them fields of the object may be recorded.
        let versions = missing.flat_map(|gvk| discovery.versions(&gvk.group_kind));
        let missing: BTreeSet<GroupVersionKind> = versions.map(|resource| resource.gvk.clone()).collect();
        let mut schema = Cow::Borrowed(Schema::bundled());
        if !missing.is_empty() {
            schema.to_mut().forget(&missing);
        }
        for definition in definitions {
            schema.to_mut().add_custom(definition);
        }
        Self {
            schema,
            missing,
            unread: None,
        }
    }

    /// Reads what is missing, once.
    pub(super) async fn read(&mut self, cluster: &dyn Cluster) {
        let missing = std::mem::take(&mut self.missing);
        if missing.is_empty() {
            return;
        }
        match cluster.schema(&missing).await {
            Ok(schema) => self.schema.to_mut().extend(schema),
            Err(error) => self.unread = Some(error.to_string()),
        }
    }

    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The schema, and why some of it could not be read.
    pub(super) fn into_parts(self) -> (Schema, Option<String>) {
        (self.schema.into_owned(), self.unread)
    }
}
