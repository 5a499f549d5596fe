//! The ApplySets of others, found by the IDs that their members have.

use std::collections::BTreeMap;

use super::members::Observer;
use crate::applyset::parent;
use crate::cluster::Scope;
use crate::object::{GroupKind, ObjectRef};
use crate::plan::{Answered, Observation, OtherSet, Ownership};

impl Observer<'_> {
    /// Names the parents of other ApplySets that have objects which git wants. A parent that is no ConfigMap, or that
    /// may not be listed, is not found; nor are two that say they are the parent of the same ApplySet.
    pub(super) async fn name_other_sets(&self, objects: &mut [Observation]) {
        let others = objects
            .iter_mut()
            .filter_map(|observation| match &mut observation.answer {
                Answered::NotOurs(Ownership::Other(set), _) => Some(set),
                _ => None,
            });
        let others: Vec<&mut OtherSet> = others.collect();
        if others.is_empty() {
            return;
        }
        let parents = self.parents().await;
        for set in others {
            if let Some([parent]) = parents.get(&set.id).map(Vec::as_slice) {
                set.parent = Some(parent.clone());
            }
        }
    }

    /// The ConfigMaps that say they are the parent of an ApplySet, by its ID: one LIST, however many there are.
    async fn parents(&self) -> BTreeMap<String, Vec<ObjectRef>> {
        let Some(resource) = self.discovery.preferred(&GroupKind::new("", "ConfigMap")) else {
            return BTreeMap::new();
        };
        let listed = self.cluster.list(resource, &Scope::Cluster, parent::ID).await;
        let mut parents: BTreeMap<String, Vec<ObjectRef>> = BTreeMap::new();
        for object in listed.unwrap_or_default() {
            if let Some(id) = object.label(parent::ID) {
                parents.entry(id.to_owned()).or_default().push(object.reference());
            }
        }
        parents
    }
}
