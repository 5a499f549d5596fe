//! Why an object did not become Current: what its pods and the Events about them say.

use serde_json::Value;

use crate::cluster::{Cluster, Discovery, Resource, Scope};
use crate::kinds::health::{self, Health, Hindrance, Status};
use crate::object::field::{ManagedFields, Operation};
use crate::object::selection::LabelSelector;
use crate::object::{GroupKind, LiveObject, ObjectRef};

/// How an object is, with why, and what keeps it from becoming Current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// How it is; the message says why, as far as pods and Events tell.
    pub health: Health,
    /// What keeps it from becoming Current. What only holds up pods that are older than the last apply does not: they
    /// may be on their way out.
    pub hindrance: Option<Hindrance>,
}

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
    diagnosed(cluster, discovery, resource, object, health).await.health
}

/// Whether pods or Events may tell more of objects of this kind than they do themselves.
pub fn can_be_diagnosed(kind: &GroupKind) -> bool {
    health::runs_pods(kind) || kind.is("", "PersistentVolumeClaim")
}

/// Asks pods and Events why an object is as it is. What may not be read is left out.
pub async fn diagnosed(
    cluster: &dyn Cluster,
    discovery: &Discovery,
    resource: &Resource,
    object: &LiveObject,
    health: Health,
) -> Diagnosis {
    let kind = &resource.gvk.group_kind;
    if !matches!(health.status, Status::InProgress | Status::Failed) || !can_be_diagnosed(kind) {
        return Diagnosis {
            health,
            hindrance: None,
        };
    }
    let pods = if health::runs_pods(kind) {
        pods(cluster, discovery, resource, object).await
    } else {
        Vec::new()
    };
    let unready = health::unready_pod(&pods);
    let about = unready.as_ref().map_or(object, |unready| unready.pod);
    // Who may not read Events is told what there is without them.
    let events = cluster
        .events(&about.reference(), about.uid())
        .await
        .unwrap_or_default();
    let event = health::last_event(&events);
    let hindrance = match &unready {
        Some(unready) => unready.hindrance.filter(|_| is_since_apply(unready.pod, object)),
        None if kind.is("apps", "Deployment") => pods_refused(cluster, resource, object).await,
        None => event.as_ref().and_then(|event| Hindrance::of_event(event, kind)),
    };
    let why = unready.map(|unready| unready.problem);
    let mut said: Vec<String> = [Some(health.message), why].into_iter().flatten().collect();
    said.retain(|text| !text.is_empty());
    let others: Vec<&str> = said.iter().map(String::as_str).collect();
    let event = event.map(|event| format!("last event: {}", event.beside(&others)));
    said.extend(event);
    let said = said.iter().map(|text| text.trim_end_matches('.'));
    Diagnosis {
        health: Health {
            status: health.status,
            message: said.collect::<Vec<_>>().join("; "),
        },
        hindrance,
    }
}

/// Whether the pods of a Deployment cannot be created, by what it says now: its ReplicaSet has the Events about it.
async fn pods_refused(cluster: &dyn Cluster, resource: &Resource, object: &LiveObject) -> Option<Hindrance> {
    let live = cluster.get(resource, &object.reference()).await.ok().flatten()?;
    health::refuses_pods(&live).then_some(Hindrance::PodsRefused)
}

/// Whether a pod was created no earlier than the last apply of the object that runs it, by the server's clock: then it
/// is of the template that was applied. A pod that is the object itself is.
fn is_since_apply(pod: &LiveObject, object: &LiveObject) -> bool {
    let created = pod
        .value()
        .pointer("/metadata/creationTimestamp")
        .and_then(Value::as_str);
    let writers = ManagedFields::writers(object.value()).map(|(writer, _)| writer);
    let applies = writers.filter(|writer| writer.operation == Operation::Apply && writer.subresource.is_empty());
    let applied = applies.filter_map(|writer| writer.time).max();
    pod.uid() == object.uid()
        || created
            .zip(applied.as_deref())
            .is_none_or(|(created, applied)| created >= applied)
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
        name: class.into(),
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
