//! The kinds of a sandbox: those that every cluster has, and those of its CustomResourceDefinitions.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::marker::Snapshot;
use super::refusal;
use crate::cluster::{ClusterError, Discovery, Failure, Resource, built_in_kinds};
use crate::kinds::definition::Definition;
use crate::object::{GroupKind, GroupVersionKind, LiveObject, ObjectRef};
use crate::ssa::merge;
use crate::ssa::schema::{Kind, Schema};

/// The kinds of a sandbox at one moment.
#[derive(Debug)]
pub(super) struct Kinds {
    pub(super) discovery: Discovery,
    schema: Cow<'static, Schema>,
    /// The definitions, by the kind that they define.
    definitions: BTreeMap<GroupKind, Arc<Value>>,
    /// The kinds of which a snapshot knows nothing.
    hidden: BTreeSet<GroupKind>,
}

impl Kinds {
    /// With these CustomResourceDefinitions, and what is known of the cluster of a snapshot.
    pub(super) fn new(definitions: &[Arc<Value>], snapshot: Option<&Snapshot>) -> Self {
        let mut discovery = built_in_kinds();
        discovery.server_version = match snapshot {
            Some(snapshot) => snapshot.server.clone(),
            None => format!("{}+sandbox", discovery.server_version),
        };
        let hidden = snapshot.into_iter().flat_map(|snapshot| &snapshot.hidden);
        let mut kinds = Self {
            discovery,
            schema: Cow::Borrowed(Schema::bundled()),
            definitions: BTreeMap::new(),
            hidden: hidden.map(|kind| GroupKind::parse(kind)).collect(),
        };
        for definition in definitions {
            kinds.define(definition);
        }
        kinds
    }

    fn define(&mut self, object: &Arc<Value>) {
        let definition = Definition::new(object);
        let Some(kind) = definition.kind() else { return };
        let mut versions: Vec<&str> = definition
            .versions()
            .filter(|version| version.served() == Some(true))
            .filter_map(|version| version.name())
            .collect();
        versions.sort_by_key(|version| priority(version));
        for version in versions {
            self.discovery.add(Resource {
                gvk: GroupVersionKind {
                    group_kind: kind.clone(),
                    version: version.into(),
                },
                plural: definition.plural().unwrap_or_default().into(),
                namespaced: definition.is_namespaced(),
                listable: true,
            });
        }
        self.schema.to_mut().add_custom(object);
        self.definitions.insert(kind, Arc::clone(object));
    }

    /// The schemas.
    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The kind of a resource, which must be served and be one of objects that are kept.
    pub(super) fn served(&self, resource: &Resource) -> Result<Kind<'_>, ClusterError> {
        let served = self.discovery.resource(&resource.gvk).ok_or_else(refusal::not_served)?;
        if !served.listable {
            let message = format!(
                "a sandbox keeps objects, and answers no {}",
                resource.gvk.group_kind.kind
            );
            return Err(ClusterError::new(Failure::Other, message));
        }
        if self.hidden.contains(&resource.gvk.group_kind) {
            return Err(refusal::hidden(resource));
        }
        self.schema.kind(&resource.gvk).ok_or_else(refusal::not_served)
    }

    /// An object as it is in the version of `resource`.
    ///
    /// Only the name of the version changes: that is all there is to it for a custom kind without a
    /// webhook, and where the versions of a built-in kind have the same fields.
    pub(super) fn in_version(&self, object: &Arc<Value>, resource: &Resource) -> Result<LiveObject, ClusterError> {
        let version = resource.gvk.api_version();
        if object.get("apiVersion").and_then(Value::as_str) == Some(&version) {
            return Ok(LiveObject::shared(Arc::clone(object)));
        }
        let mut object = Value::clone(object);
        let written = object["apiVersion"].take();
        object["apiVersion"] = version.as_str().into();
        let kind = self.served(resource)?;
        let definition = self.definitions.get(&resource.gvk.group_kind);
        let has_webhook = definition.is_some_and(|definition| Definition::new(definition).converts_by_webhook());
        if has_webhook || !merge::mistakes(kind.root(), &object).is_empty() {
            let live = ObjectRef::of(&object);
            let message = format!(
                "a sandbox cannot convert {live} from {} to {version}",
                written.as_str().unwrap_or_default()
            );
            return Err(ClusterError::new(Failure::Other, message));
        }
        Ok(LiveObject::new(object))
    }
}

/// The order in which versions are preferred: `v2`, `v1`, `v1beta1`, `v1alpha1`, and then all others.
fn priority(version: &str) -> (u8, Reverse<(u32, u32)>, &str) {
    let read = || {
        let rest = version.strip_prefix('v')?;
        let end = rest
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(rest.len());
        let (major, stage) = (rest[..end].parse().ok()?, &rest[end..]);
        let minor = |stage: &str| stage.parse::<u32>().ok();
        match stage {
            "" => Some((0, (major, 0))),
            stage if stage.starts_with("beta") => Some((1, (major, minor(&stage[4..])?))),
            stage if stage.starts_with("alpha") => Some((2, (major, minor(&stage[5..])?))),
            _ => None,
        }
    };
    match read() {
        Some((stage, numbers)) => (stage, Reverse(numbers), version),
        None => (3, Reverse((0, 0)), version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_preferred_as_an_api_server_does() {
        let mut versions = ["v1alpha1", "v10", "v1beta2", "foo", "v2", "v1beta10", "v1"];
        versions.sort_by_key(|version| priority(version));
        assert_eq!(versions, ["v10", "v2", "v1", "v1beta10", "v1beta2", "v1alpha1", "foo"]);
    }

    #[test]
    fn what_is_bundled_can_be_read_and_merged() {
        let kinds = Kinds::new(&[], None);
        assert!(kinds.discovery.server_version.ends_with("+sandbox"));
        for kind in kinds.discovery.kinds() {
            for resource in kinds
                .discovery
                .versions(kind)
                .iter()
                .filter(|resource| resource.listable)
            {
                assert!(kinds.schema().kind(&resource.gvk).is_some(), "{}", resource.gvk);
            }
        }
        let deployment = GroupVersionKind::new("apps/v1", "Deployment");
        assert!(
            kinds
                .discovery
                .resource(&deployment)
                .is_some_and(|found| found.namespaced)
        );
    }
}
