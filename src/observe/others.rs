//! The ApplySets of others, found by the IDs that their members have.

use std::collections::{BTreeMap, BTreeSet};

use super::members::Observer;
use crate::applyset::inventory::id_of;
use crate::applyset::parent;
use crate::cluster::{Cluster, Discovery, Scope};
use crate::kinds::definition::Definition;
use crate::object::{GroupKind, LiveObject};
use crate::plan::{Answered, Observation, OtherSet, Ownership};

impl Observer<'_> {
    /// Names the parents of other ApplySets that have objects which git wants.
    pub(super) async fn name_other_sets(&self, objects: &mut [Observation]) {
        let others = objects
            .iter_mut()
            .filter_map(|observation| match &mut observation.answer {
                Answered::NotOurs(Ownership::Other(set), _) => Some(set),
                _ => None,
            });
        let others: Vec<&mut OtherSet> = others.collect();
        let ids = others.iter().map(|set| set.id.clone()).collect();
        let parents = parents(self.cluster, self.discovery, &ids).await;
        for set in others {
            set.parent = parents.get(&set.id).map(LiveObject::reference);
        }
    }
}

/// The parents of the ApplySets with these IDs. One that may not be listed is not found; nor is what has the label of a
/// parent, and not the identity that the ID is made of.
///
/// By KEP-3659 a parent is a ConfigMap, a Secret, or of a custom kind whose definition says so. One LIST is made for each
/// of these kinds, in this order, until all are found.
pub(super) async fn parents(
    cluster: &dyn Cluster,
    discovery: &Discovery,
    ids: &BTreeSet<String>,
) -> BTreeMap<String, LiveObject> {
    let search = ParentSearch { cluster, discovery };
    let mut found = BTreeMap::new();
    let is_missing = |found: &BTreeMap<String, LiveObject>| ids.iter().any(|id| !found.contains_key(id));
    for kind in ["ConfigMap", "Secret"] {
        if is_missing(&found) {
            search.add(&GroupKind::new("", kind), &mut found).await;
        }
    }
    if is_missing(&found) {
        for kind in search.custom_kinds().await {
            search.add(&kind, &mut found).await;
        }
    }
    found
}

/// Where parents are looked for.
struct ParentSearch<'a> {
    cluster: &'a dyn Cluster,
    discovery: &'a Discovery,
}

impl ParentSearch<'_> {
    /// Adds the objects of a kind that are the parent of an ApplySet, by its ID.
    async fn add(&self, kind: &GroupKind, found: &mut BTreeMap<String, LiveObject>) {
        for object in self.list(kind, parent::ID).await {
            let id = id_of(&object.reference());
            if object.label(parent::ID) == Some(&id) {
                found.insert(id, object);
            }
        }
    }

    /// The custom kinds whose definitions say that they are kinds of parents.
    async fn custom_kinds(&self) -> Vec<GroupKind> {
        let definitions = GroupKind::new("apiextensions.k8s.io", "CustomResourceDefinition");
        let listed = self.list(&definitions, parent::IS_PARENT_TYPE).await;
        let kinds = listed
            .iter()
            .filter_map(|definition| Definition::new(definition.value()).kind());
        kinds.collect()
    }

    async fn list(&self, kind: &GroupKind, selector: &str) -> Vec<LiveObject> {
        let Some(resource) = self.discovery.preferred(kind) else {
            return Vec::new();
        };
        let listed = self.cluster.list(resource, &Scope::Cluster, selector).await;
        listed.unwrap_or_default()
    }
}
