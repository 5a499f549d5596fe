//! The pods that an object makes, and what they read.

mod reads;

use serde_json::Value;

use crate::object::GroupKind;
use crate::object::field::At;

pub(crate) use reads::{Key, Kind, Read, reads};

/// The pods that an object makes, or is.
#[derive(Debug, Clone)]
pub(crate) struct Pods<'a> {
    /// Their labels.
    pub(crate) labels: At<'a>,
    /// What they are.
    pub(crate) spec: At<'a>,
}

/// The pods that the object `value` of this kind makes.
pub(crate) fn pods<'a>(kind: &GroupKind, value: &'a Value) -> Option<Pods<'a>> {
    let way: &[&str] = match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod") => &[],
        ("", "PodTemplate") => &["template"],
        ("", "ReplicationController")
        | ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("batch", "Job") => &["spec", "template"],
        ("batch", "CronJob") => &["spec", "jobTemplate", "spec", "template"],
        _ => return None,
    };
    let template = At::root(value).at(way);
    Some(Pods {
        labels: template.at(&["metadata", "labels"]),
        spec: template.field("spec"),
    })
}

impl<'a> Pods<'a> {
    /// Their containers of every sort.
    pub(crate) fn containers(&self) -> Vec<At<'a>> {
        containers(&self.spec)
    }
}

/// The containers of a pod with this spec.
fn containers<'a>(spec: &At<'a>) -> Vec<At<'a>> {
    let lists = ["initContainers", "containers"];
    lists.iter().flat_map(|list| spec.field(list).items()).collect()
}
