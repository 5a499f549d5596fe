//! Why an object did not become Current: what its pods and the Events about them say.

use serde_json::Value;

use crate::cluster::{Cluster, Discovery, Resource, Scope};
use crate::kinds::health::{self, Health, Status};
use crate::object::selection::LabelSelector;
use crate::object::{GroupKind, LiveObject, ObjectRef};

/// Adds to how an object is why it is so, as far as that may be read and is worth reading.
pub async fn explained(
    cluster: &dyn Cluster,
    discovery: &Discovery,
    resource: &Resource,
    object: &LiveObject,
    health: Health,
) -> Health {
    if health.status == Status::InProgress && waits_for_consumer(cluster, discovery, object).await {
        return Health::current();
    }
    if !matches!(health.status, Status::InProgress | Status::Failed) || !health::runs_pods(&resource.gvk.group_kind) {
        return health;
    }
    let pods = pods(cluster, discovery, resource, object).await;
    let pod = health::unready_pod(&pods);
    let (about, why) = match pod {
        Some((pod, why)) => (pod, Some(why)),
        None => (object, None),
    };
    // Who may not read Events is told what there is without them.
    let events = cluster
        .events(&about.reference(), about.uid())
        .await
        .unwrap_or_default();
    let mut said: Vec<String> = [Some(health.message), why].into_iter().flatten().collect();
    said.retain(|text| !text.is_empty());
    let others: Vec<&str> = said.iter().map(String::as_str).collect();
    let event = health::last_event(&events).map(|event| format!("last event: {}", event.beside(&others)));
    said.extend(event);
    let said = said.iter().map(|text| text.trim_end_matches('.'));
    Health {
        status: health.status,
        message: said.collect::<Vec<_>>().join("; "),
    }
}

/// Whether a claim stays Pending until a pod uses it, as its StorageClass says: it is as it should be then.
/// False where the class may not be read.
///
/// The rule is [`volumeBindingMode`](https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode).
pub async fn waits_for_consumer(cluster: &dyn Cluster, discovery: &Discovery, object: &LiveObject) -> bool {
    let text = |pointer: &str| object.value().pointer(pointer).and_then(Value::as_str);
    let is_claim = object.reference().kind.is("", "PersistentVolumeClaim");
    let is_open = text("/status/phase").is_none_or(|phase| phase == "Pending") && text("/spec/volumeName").is_none();
    let class = text("/spec/storageClassName").filter(|class| is_claim && is_open && !class.is_empty());
    let kind = GroupKind::new("storage.k8s.io", "StorageClass");
    let (Some(class), Some(resource)) = (class, discovery.preferred(&kind)) else {
        return false;
    };
    let reference = ObjectRef {
        kind,
        namespace: None,
        name: class.to_owned(),
    };
    let read = cluster.get(resource, &reference).await.ok().flatten();
    read.is_some_and(|class| class.value()["volumeBindingMode"] == "WaitForFirstConsumer")
}

/// The pods of a workload; none where they may not be listed.
async fn pods(
    cluster: &dyn Cluster,
    discovery: &Discovery,
    resource: &Resource,
    object: &LiveObject,
) -> Vec<LiveObject> {
    let reference = object.reference();
    let pod = GroupKind::new("", "Pod");
    if resource.gvk.group_kind == pod {
        let read = cluster.get(resource, &reference).await;
        return read.ok().flatten().into_iter().collect();
    }
    let selector = object.value().pointer("/spec/selector");
    let selector = selector.and_then(LabelSelector::in_object);
    let selector = selector.filter(|selector| !selector.is_empty());
    let (Some(selector), Some(pods), Some(namespace)) = (selector, discovery.preferred(&pod), reference.namespace)
    else {
        return Vec::new();
    };
    let listed = cluster
        .list(pods, &Scope::Namespace(namespace), &selector.to_string())
        .await;
    listed.unwrap_or_default()
}
