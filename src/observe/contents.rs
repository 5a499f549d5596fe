//! What lives in a namespace, before it is pruned with all it holds.

use std::collections::BTreeSet;

use futures::{StreamExt as _, TryStreamExt as _};

use crate::applyset::inventory::ApplySet;
use crate::cluster::{Cluster, ClusterError, Discovery, Resource, Scope};
use crate::object::{LiveObject, ObjectRef};
use crate::plan::Contents;

/// Lists everything in `namespace` that somebody would miss.
///
/// What comes with every namespace, what the control plane writes there by itself, and our own
/// parent, Lease and key do not count, nor does anything that goes with its owner.
pub async fn contents(
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
    if let Some(away) = discovery
        .unavailable
        .iter()
        .find(|version| !version.starts_with("metrics.k8s.io/"))
    {
        return Contents::Unknown(format!("the server of {away} does not answer"));
    }
    let scope = Scope::Namespace(namespace.to_owned());
    let listed: Result<Vec<Vec<LiveObject>>, (String, ClusterError)> = futures::stream::iter(resources)
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
            Contents::Known(missed(&objects, set))
        }
        Err((plural, error)) => Contents::Unknown(format!("{plural} cannot be listed there: {error}")),
    }
}

/// Kinds whose objects say something about others, and are nobody's property.
fn is_ephemeral(resource: &Resource) -> bool {
    let kind = &resource.gvk.group_kind;
    kind.kind == "Event" || kind.group == "metrics.k8s.io"
}

fn missed(objects: &[LiveObject], set: Option<&ApplySet>) -> Vec<ObjectRef> {
    let own = |reference: &ObjectRef| set.is_some_and(|set| [set.parent(), set.lease(), set.key()].contains(reference));
    let listed: BTreeSet<String> = objects.iter().map(|object| object.uid().to_owned()).collect();
    let services: BTreeSet<String> = objects
        .iter()
        .map(LiveObject::reference)
        .filter(|object| object.kind.is("", "Service"))
        .map(|service| service.name)
        .collect();
    let mut missed: Vec<ObjectRef> = objects
        .iter()
        .filter(|object| !is_owned_by_one_of(object, &listed))
        .map(LiveObject::reference)
        .filter(|object| {
            let comes_with_it = object.kind.is("", "ConfigMap") && object.name == "kube-root-ca.crt"
                || object.kind.is("", "ServiceAccount") && object.name == "default"
                || object.kind.is("", "Endpoints") && services.contains(&object.name);
            !comes_with_it && !own(object)
        })
        .collect();
    missed.sort();
    missed
}

/// Whether it goes when another of the listed objects goes.
fn is_owned_by_one_of(object: &LiveObject, uids: &BTreeSet<String>) -> bool {
    let owners = object
        .value()
        .pointer("/metadata/ownerReferences")
        .and_then(serde_json::Value::as_array);
    owners
        .into_iter()
        .flatten()
        .any(|owner| owner["uid"].as_str().is_some_and(|uid| uids.contains(uid)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_nobody_would_miss_does_not_count() {
        let object = |kind: &str, name: &str, uid: &str, owner: Option<&str>| {
            let owners = owner.map(|uid| json!([{"uid": uid}])).unwrap_or_default();
            LiveObject::new(json!({"apiVersion": "v1", "kind": kind,
                "metadata": {"name": name, "namespace": "a", "uid": uid, "ownerReferences": owners}}))
        };
        let set = ApplySet {
            name: "demo".into(),
            namespace: "a".into(),
        };
        let found = missed(
            &[
                object("ConfigMap", "kube-root-ca.crt", "1", None),
                object("ServiceAccount", "default", "2", None),
                object("ConfigMap", "stackanetes-demo", "3", None),
                object("Secret", "stackanetes-demo-key", "8", None),
                object("Service", "web", "4", None),
                object("Endpoints", "web", "5", None),
                object("Pod", "web-1", "6", Some("4")),
                object("Pod", "stray", "7", Some("elsewhere")),
            ],
            Some(&set),
        );
        let names: Vec<&str> = found.iter().map(|object| object.name.as_str()).collect();
        assert_eq!(names, ["stray", "web"]);
    }
}
