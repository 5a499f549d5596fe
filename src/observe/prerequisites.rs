//! What new and changed objects need, and neither the directory nor the cluster has.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, stream};

use super::members::Observer;
use crate::cluster::Scope;
use crate::kinds::prerequisites::{
    Prerequisite, comes_with_a_cluster, is_default_class, makes_claim, may_make, prerequisites,
};
use crate::object::field::At;
use crate::object::{DesiredObject, GroupKind, ObjectRef};
use crate::plan::{Missing, Observation};
use crate::ssa::schema::Schema;

impl Observer<'_> {
    /// What each of these objects needs anew that is not there: a claim its class, pods their Secrets and nodes.
    ///
    /// Of what exists, that counts which it did not need before. What may not be read is taken to be there, and
    /// nothing is said that is named by something secret.
    pub(super) async fn missing(&self, objects: &[Observation], schema: &Schema) -> Missing {
        if !self.query.prerequisites {
            return Missing::new();
        }
        let mut needed: BTreeMap<Prerequisite, Vec<&ObjectRef>> = BTreeMap::new();
        for observation in objects {
            for what in self.needed(observation) {
                let by = needed.entry(what).or_default();
                by.push(&observation.desired.reference);
            }
        }
        needed.retain(|what, _| !is_brought(what, objects, schema));
        let asked = needed.into_iter().map(|(what, by)| async move {
            let is_there = self.is_there(&what).await;
            (!is_there).then_some((what, by))
        });
        let asked: Vec<_> = stream::iter(asked).buffered(self.query.concurrency).collect().await;
        let mut missing = Missing::new();
        for (what, by) in asked.into_iter().flatten() {
            for object in by {
                missing.entry(object.clone()).or_default().push(what.clone());
            }
        }
        missing
    }

    fn needed(&self, observation: &Observation) -> BTreeSet<Prerequisite> {
        let Observation { desired, live, .. } = observation;
        let mut needed = prerequisites(&desired.reference, &desired.value);
        if needed.is_empty() {
            return BTreeSet::new();
        }
        if let Some(live) = live {
            let before = prerequisites(&desired.reference, live.value());
            needed.retain(|what, _| !before.contains_key(what));
        }
        needed.retain(|what, paths| {
            let is_wanted = matches!(what, Prerequisite::Object(reference) if self.wanted.contains(reference));
            !is_wanted && !paths.iter().any(|path| desired.origins.is_secret(path))
        });
        needed.into_keys().collect()
    }

    async fn is_there(&self, what: &Prerequisite) -> bool {
        match what {
            Prerequisite::Object(reference) => match self.discovery.preferred(&reference.kind) {
                Some(resource) => !matches!(self.cluster.get(resource, reference).await, Ok(None)),
                None => true,
            },
            Prerequisite::DefaultStorageClass => {
                let classes = self.all_of(&GroupKind::new("storage.k8s.io", "StorageClass"), "").await;
                classes.is_none_or(|classes| {
                    let mut classes = classes.iter();
                    classes.any(|class| is_default_class(|key| class.annotation(key)))
                })
            }
            Prerequisite::Node(labels) => {
                let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
                let nodes = self.all_of(&GroupKind::new("", "Node"), &labels.join(",")).await;
                nodes.is_none_or(|nodes| !nodes.is_empty())
            }
        }
    }

    /// All objects of a cluster-scoped kind that match the label selector; nothing where they may not be listed.
    async fn all_of(&self, kind: &GroupKind, selector: &str) -> Option<Vec<crate::object::LiveObject>> {
        let resource = self.discovery.preferred(kind)?;
        self.cluster.list(resource, &Scope::Cluster, selector).await.ok()
    }
}

/// Whether every cluster has it, or one of these objects may make it: a custom object the Secret that it mentions, a
/// StatefulSet its claims, a StorageClass itself the default one. What is proved made it long ago.
fn is_brought(what: &Prerequisite, objects: &[Observation], schema: &Schema) -> bool {
    let mut desired = objects.iter().map(|observation| (&observation.desired, observation));
    match what {
        Prerequisite::Object(reference) => {
            comes_with_a_cluster(reference)
                || desired.any(|(desired, observation)| {
                    let built_in = schema.kind(&observation.resource.gvk);
                    let is_custom = built_in.is_none_or(|kind| !kind.is_built_in());
                    brings(desired, is_custom, reference)
                })
        }
        Prerequisite::DefaultStorageClass => desired.any(|(desired, _)| {
            let annotations = &desired.value["metadata"]["annotations"];
            desired.reference.kind.is("storage.k8s.io", "StorageClass")
                && is_default_class(|key| annotations[key].as_str())
        }),
        // Nodes are not made by manifests.
        Prerequisite::Node(_) => false,
    }
}

fn brings(desired: &DesiredObject, is_custom: bool, reference: &ObjectRef) -> bool {
    let own = &desired.reference;
    let is_near = own.namespace.is_none() || own.namespace == reference.namespace;
    match (reference.kind.group.as_str(), reference.kind.kind.as_str()) {
        ("", "ConfigMap" | "Secret") => is_custom && is_near && may_make(own, &desired.value, reference),
        ("", "PersistentVolumeClaim") => {
            is_near && own.kind.is("apps", "StatefulSet") && makes_claim(&At::root(&desired.value), &reference.name)
        }
        _ => false,
    }
}
