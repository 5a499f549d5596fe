//! The ApplySets of others, found by the IDs that their members have.

use std::collections::BTreeMap;

use super::members::Observer;
use crate::applyset::parent;
use crate::cluster::Scope;
use crate::object::{GroupKind, ObjectRef};
use crate::plan::{Answered, Claim, Observation};

impl Observer<'_> {
    /// Names the parents of other ApplySets that have objects which git wants. A parent that is no ConfigMap, or that
    /// may not be listed, is not found.
    pub(super) async fn name_other_sets(&self, objects: &mut [Observation]) {
        let others = objects
            .iter_mut()
            .filter_map(|observation| match &mut observation.answer {
                Answered::NotOurs(Claim::Other(set)) => Some(set),
                _ => None,
            });
        let mut parents: BTreeMap<String, Option<ObjectRef>> = BTreeMap::new();
        for set in others {
            if !parents.contains_key(&set.id) {
                parents.insert(set.id.clone(), self.parent_of(&set.id).await);
            }
            set.parent = parents.get(&set.id).cloned().flatten();
        }
    }

    /// The only ConfigMap that says it is the parent of the ApplySet with this ID.
    async fn parent_of(&self, id: &str) -> Option<ObjectRef> {
        let resource = self.discovery.preferred(&GroupKind::new("", "ConfigMap"))?;
        let selector = format!("{}={id}", parent::ID);
        let listed = self.cluster.list(resource, &Scope::Cluster, &selector).await.ok()?;
        match listed.as_slice() {
            [parent] => Some(parent.reference()),
            _ => None,
        }
    }
}
