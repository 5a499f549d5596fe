//! What lives in a namespace, or is of a defined kind, before that is pruned with all it holds.

use std::collections::BTreeSet;

use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;
use smol_str::SmolStr;

use super::metrics_kinds;
use super::once::SeenUids;
use crate::applyset::inventory::ApplySet;
use crate::cluster::{Cluster, ClusterError, Discovery, Resource, Scope};
use crate::kinds::definition::Definition;
use crate::object::{GroupKind, GroupVersionKind, LiveObject, ObjectRef, is_definition};
use crate::plan::{Contained, Contents, Unseen};

/// The label of the Endpoints that the control plane writes, and deletes a moment after their Service.
const ENDPOINTS_WRITER: &str = "endpoints.kubernetes.io/managed-by";

/// Finds out what goes with a container: with a Namespace all that is in it, with a CustomResourceDefinition
/// all objects of its kind.
///
/// What comes with every namespace, what the control plane writes there by itself, and our own
/// parent, Lease and key do not count, nor does anything that goes with its owner in the same place.
pub async fn contents(
    cluster: &dyn Cluster,
    discovery: &Discovery,
    container: &LiveObject,
    set: Option<&ApplySet>,
    concurrency: usize,
) -> Contents {
    if is_definition(&container.reference().kind) {
        of_definition(cluster, discovery, container).await
    } else {
        of_namespace(cluster, discovery, &container.reference().name, set, concurrency).await
    }
}

async fn of_definition(cluster: &dyn Cluster, discovery: &Discovery, definition: &LiveObject) -> Contents {
    let kind = Definition::new(definition.value()).kind();
    let Some(resource) = kind.and_then(|kind| discovery.preferred(&kind)) else {
        // It is served in no version, so there is nothing by which to see whether objects are stored.
        return Contents::Known {
            stays: Vec::new(),
            leaves: Vec::new(),
        };
    };
    match cluster.list(resource, &Scope::Cluster, "").await {
        Ok(objects) => {
            let (leaves, stays): (Vec<_>, Vec<_>) =
                objects.iter().partition(|object| object.deletion_timestamp().is_some());
            Contents::Known {
                stays: sorted(stays.into_iter().map(held)),
                leaves: sorted(leaves.into_iter().map(LiveObject::reference)),
            }
        }
        Err(error) => Contents::Unknown(not_listed(&resource.plural, &error)),
    }
}

async fn of_namespace(
    cluster: &dyn Cluster,
    discovery: &Discovery,
    namespace: &str,
    set: Option<&ApplySet>,
    concurrency: usize,
) -> Contents {
    let resources: Vec<&Resource> = discovery
        .kinds()
        .filter_map(|kind| discovery.preferred(kind))
        .filter(|resource| resource.namespaced && resource.listable && !is_ephemeral(resource))
        .collect();
    if let Some(away) = metrics_kinds::unavailable_but(discovery).next() {
        return Contents::Unknown(Unseen::Unavailable(away.clone()));
    }
    let kinds = resources.iter().map(|resource| &resource.gvk.group_kind).collect();
    let scope = Scope::Namespace(namespace.into());
    let listed: Result<Vec<Vec<LiveObject>>, (SmolStr, ClusterError)> = futures::stream::iter(resources)
        .map(|resource| {
            let scope = &scope;
            async move {
                let listed = cluster.list(resource, scope, "").await;
                listed.map_err(|error| (resource.plural.clone(), error))
            }
        })
        .buffered(concurrency)
        .try_collect()
        .await;
    match listed {
        Ok(objects) => {
            let objects: Vec<LiveObject> = objects.into_iter().flatten().collect();
            missed(&objects, &kinds, set)
        }
        Err((plural, error)) => Contents::Unknown(not_listed(&plural, &error)),
    }
}

fn not_listed(plural: &str, error: &ClusterError) -> Unseen {
    Unseen::NotListed {
        plural: plural.to_owned(),
        message: error.message.clone(),
    }
}

/// Kinds whose objects say something about others, and are nobody's property.
fn is_ephemeral(resource: &Resource) -> bool {
    let kind = &resource.gvk.group_kind;
    kind.kind == "Event" || metrics_kinds::are_in(&kind.group)
}

fn missed(objects: &[LiveObject], kinds: &BTreeSet<&GroupKind>, set: Option<&ApplySet>) -> Contents {
    let own = |reference: &ObjectRef| set.is_some_and(|set| [set.parent(), set.lease(), set.key()].contains(reference));
    let listed: BTreeSet<&str> = objects.iter().map(LiveObject::uid).collect();
    let services: BTreeSet<SmolStr> = objects
        .iter()
        .map(LiveObject::reference)
        .filter(|object| object.kind.is("", "Service"))
        .map(|service| service.name)
        .collect();
    let (mut stays, mut leaves) = (Vec::new(), Vec::new());
    let mut seen = SeenUids::default();
    for object in objects.iter().filter(|object| seen.is_new(object)) {
        let reference = object.reference();
        let owners: Vec<OwnerId> = owners(object).collect();
        let is_owned = owners.iter().any(|owner| listed.contains(owner.uid));
        let is_endpoints = reference.kind.is("", "Endpoints");
        let comes_with_it = reference.kind.is("", "ConfigMap") && reference.name == "kube-root-ca.crt"
            || reference.kind.is("", "ServiceAccount") && reference.name == "default"
            || is_endpoints && services.contains(&reference.name);
        if is_owned || comes_with_it || own(&reference) {
            continue;
        }
        let is_ownerless = !owners.is_empty() && owners.iter().all(|owner| kinds.contains(&owner.kind));
        let is_leaving = object.deletion_timestamp().is_some()
            || is_ownerless
            || is_endpoints && object.label(ENDPOINTS_WRITER) == Some("endpoint-controller");
        if is_leaving {
            leaves.push(reference);
        } else {
            stays.push(held(object));
        }
    }
    Contents::Known {
        stays: sorted(stays),
        leaves: sorted(leaves),
    }
}

fn held(object: &LiveObject) -> Contained {
    Contained {
        reference: object.reference(),
        uid: object.uid().to_owned(),
        owners: owners(object).map(|owner| owner.uid.to_owned()).collect(),
    }
}

fn sorted<T: Ord>(objects: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut objects: Vec<T> = objects.into_iter().collect();
    objects.sort();
    objects
}

/// What an object goes with.
struct OwnerId<'a> {
    kind: GroupKind,
    uid: &'a str,
}

fn owners(object: &LiveObject) -> impl Iterator<Item = OwnerId<'_>> {
    let owners = object.value().pointer("/metadata/ownerReferences");
    owners.and_then(Value::as_array).into_iter().flatten().map(|owner| {
        let text = |key: &str| owner[key].as_str().unwrap_or_default();
        OwnerId {
            kind: GroupVersionKind::new(text("apiVersion"), text("kind")).group_kind,
            uid: text("uid"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(kind: &str, name: &str, uid: &str, more: Value) -> LiveObject {
        let mut value = json!({"apiVersion": "v1", "kind": kind});
        value["metadata"] = more;
        value["metadata"]["name"] = name.into();
        value["metadata"]["namespace"] = "a".into();
        value["metadata"]["uid"] = uid.into();
        LiveObject::new(value)
    }

    fn owned(kind: &str, uid: &str) -> Value {
        json!({"ownerReferences": [{"apiVersion": "v1", "kind": kind, "uid": uid}]})
    }

    fn names(objects: &[LiveObject]) -> [Vec<SmolStr>; 2] {
        let set = ApplySet {
            name: "demo".into(),
            namespace: "a".into(),
        };
        let (pod, service) = (GroupKind::new("", "Pod"), GroupKind::new("", "Service"));
        match missed(objects, &BTreeSet::from([&pod, &service]), Some(&set)) {
            Contents::Known { stays, leaves } => {
                let stays = stays.into_iter().map(|held| held.reference).collect();
                [stays, leaves].map(|objects: Vec<ObjectRef>| objects.into_iter().map(|object| object.name).collect())
            }
            Contents::Unknown(why) => panic!("{why:?}"),
        }
    }

    #[test]
    fn what_nobody_would_miss_does_not_count() {
        let found = names(&[
            object("ConfigMap", "kube-root-ca.crt", "1", json!({})),
            object("ServiceAccount", "default", "2", json!({})),
            object("ConfigMap", "stackanetes-demo", "3", json!({})),
            object("Secret", "stackanetes-demo-key", "8", json!({})),
            object("Service", "web", "4", json!({})),
            object("Endpoints", "web", "5", json!({})),
            object("Pod", "web-1", "6", owned("Service", "4")),
            object("Pod", "of-a-node", "7", owned("Node", "elsewhere")),
        ]);
        assert_eq!(found, [vec!["of-a-node", "web"], Vec::new()]);
    }

    #[test]
    fn an_object_counts_once_however_many_names_it_has_and_those_without_a_uid_count_each() {
        let found = names(&[
            object("Event", "noted", "1", json!({})),
            object("Event", "noted", "1", json!({})),
            object("Report", "one", "", json!({})),
            object("Report", "two", "", json!({})),
        ]);
        assert_eq!(found, [vec!["noted", "one", "two"], Vec::new()]);
    }

    #[test]
    fn what_goes_by_itself_is_on_its_way_out() {
        let written = json!({"labels": {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}});
        let found = names(&[
            object("Endpoints", "service-gone", "1", written),
            object("Endpoints", "by-hand", "2", json!({})),
            object("Pod", "owner-gone", "3", owned("Service", "no more")),
            object(
                "Pod",
                "going",
                "4",
                json!({"deletionTimestamp": "2026-01-01T00:00:00Z"}),
            ),
        ]);
        assert_eq!(found, [vec!["by-hand"], vec!["service-gone", "going", "owner-gone"]]);
    }
}
