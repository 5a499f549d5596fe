//! What new and changed objects need, and neither the directory nor the cluster has.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, stream};

use super::bringers::Bringers;
use super::members::Observer;
use crate::cluster::Scope;
use crate::kinds::prerequisites::{Prerequisite, comes_with_a_cluster, is_default_class, prerequisites};
use crate::object::{GroupKind, LiveObject, ObjectRef};
use crate::plan::{Missing, Observation};

impl Observer<'_> {
    /// What each of these objects needs anew that is not there: a claim its class, pods their Secrets and nodes.
    ///
    /// Of what exists, that counts which it did not need before. What may not be read is taken to be there, and
    /// nothing is said that is named by something secret, or that one of the `bringers` may bring.
    pub(super) async fn missing(&self, objects: &[Observation], bringers: &Bringers) -> Missing {
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
        needed.retain(|what, _| !bringers.bring(what));
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
            let is_there = |object| self.wanted.contains(object) || comes_with_a_cluster(object);
            let is_known = matches!(what, Prerequisite::Object(object) if is_there(object));
            !is_known && !paths.iter().any(|path| desired.origins.is_secret(path))
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
    async fn all_of(&self, kind: &GroupKind, selector: &str) -> Option<Vec<LiveObject>> {
        let resource = self.discovery.preferred(kind)?;
        self.cluster.list(resource, &Scope::Cluster, selector).await.ok()
    }
}
