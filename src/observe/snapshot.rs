//! Gathers what a snapshot of an ApplySet holds: enough for a diff of it to be the diff of the cluster.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use smol_str::SmolStr;

use crate::applyset::inventory::ApplySet;
use crate::cluster::{Cluster, Discovery, Failure, Resource};
use crate::diagnostic::error::Result;
use crate::object::{GroupKind, GroupVersionKind, LiveObject, ObjectRef};
use crate::observe::{self, Query};
use crate::plan::Forgotten;
use crate::ssa::schema::Schema;

/// What was gathered. The values of Secrets are still there.
#[derive(Debug)]
pub struct Gathered {
    /// The objects, and how their kinds are reached.
    pub objects: BTreeMap<ObjectRef, (Resource, LiveObject)>,
    /// The kinds that may not be listed: nobody knows what there is of them.
    pub hidden: Vec<GroupKind>,
    /// Set where the parent does not say where all members are.
    pub forgotten: Option<Forgotten>,
    /// The kinds whose definition may not be read, or that none defines.
    pub undefined: Vec<GroupKind>,
}

/// Reads the members of an ApplySet, its parent, the namespaces they are in, and the definitions of
/// their kinds; `None` when the ApplySet was never synced.
pub async fn gather(
    cluster: &dyn Cluster,
    set: &ApplySet,
    query: &Query,
    discovery: &Discovery,
) -> Result<Option<Gathered>> {
    let Some(parent) = observe::read_parent(cluster, set, discovery).await? else {
        return Ok(None);
    };
    let Some(found) = observe::read_members(cluster, query, discovery, Some(&parent)).await? else {
        return Ok(None);
    };
    let mut gathered = Gathered {
        objects: found
            .live
            .into_iter()
            .map(|(resource, object)| (object.reference(), (resource, object)))
            .collect(),
        hidden: found.not_compared.into_iter().map(|kind| kind.kind).collect(),
        forgotten: found.forgotten,
        undefined: Vec::new(),
    };
    let reader = SnapshotReader { cluster, discovery };
    reader.one(&set.parent(), &mut gathered).await?;
    if !gathered.hidden.contains(&set.key().kind) {
        reader.one(&set.key(), &mut gathered).await?;
    }
    let namespaces: BTreeSet<SmolStr> = gathered
        .objects
        .keys()
        .filter_map(|reference| reference.namespace.clone())
        .chain(["default".into()])
        .collect();
    for namespace in namespaces {
        reader.namespace(&namespace, &mut gathered).await?;
    }
    let kinds = gathered.objects.keys().map(|reference| reference.kind.clone());
    let kinds: BTreeSet<GroupKind> = kinds.chain(parent.kinds).collect();
    for kind in kinds.into_iter().filter(|kind| !is_built_in(kind)) {
        reader.definition(&kind, &mut gathered).await?;
    }
    Ok(Some(gathered))
}

fn is_built_in(kind: &GroupKind) -> bool {
    Schema::bundled().kinds().any(|known| known.group_kind == *kind)
}

struct SnapshotReader<'a> {
    cluster: &'a dyn Cluster,
    discovery: &'a Discovery,
}

impl SnapshotReader<'_> {
    /// Adds an object, if there is one.
    async fn one(&self, reference: &ObjectRef, gathered: &mut Gathered) -> Result<()> {
        let Some(resource) = self.discovery.preferred(&reference.kind) else {
            return Ok(());
        };
        let live = self.cluster.get(resource, reference).await;
        if let Some(live) = live.map_err(|error| observe::failed(&format!("read {reference}"), error))? {
            gathered.objects.insert(reference.clone(), (resource.clone(), live));
        }
        Ok(())
    }

    /// Adds a namespace. Of one that may not be looked at, it is known that it is there.
    async fn namespace(&self, name: &str, gathered: &mut Gathered) -> Result<()> {
        let reference = ObjectRef::namespace(name);
        let resource = Resource {
            gvk: GroupVersionKind::new("v1", "Namespace"),
            plural: "namespaces".into(),
            namespaced: false,
            listable: true,
        };
        let live = match self.cluster.get(&resource, &reference).await {
            Ok(live) => live,
            Err(error) if error.failure == Failure::Forbidden => Some(LiveObject::new(json!({
                "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "status": {"phase": "Active"},
            }))),
            Err(error) => return Err(observe::failed(&format!("read {reference}"), error)),
        };
        if let Some(live) = live {
            gathered.objects.entry(reference).or_insert((resource, live));
        }
        Ok(())
    }

    /// Adds the definition of a kind. Without it, its objects would be of no known kind.
    async fn definition(&self, kind: &GroupKind, gathered: &mut Gathered) -> Result<()> {
        let definitions = GroupKind::new("apiextensions.k8s.io", "CustomResourceDefinition");
        let resource = self.discovery.preferred(&definitions);
        if let (Some(resource), Some(defined)) = (resource, self.discovery.preferred(kind)) {
            let reference = ObjectRef {
                kind: definitions,
                namespace: None,
                name: format!("{}.{}", defined.plural, kind.group).into(),
            };
            match self.cluster.get(resource, &reference).await {
                Ok(Some(live)) => {
                    gathered.objects.insert(reference, (resource.clone(), live));
                    return Ok(());
                }
                Err(error) if error.failure != Failure::Forbidden => {
                    return Err(observe::failed(&format!("read {reference}"), error));
                }
                Ok(None) | Err(_) => {}
            }
        }
        gathered.objects.retain(|reference, _| reference.kind != *kind);
        gathered.undefined.push(kind.clone());
        Ok(())
    }
}
