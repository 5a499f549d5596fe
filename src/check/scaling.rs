//! Autoscalers, and what they scale.

use serde_json::Value;

use crate::object::field::At;
use crate::object::{GroupKind, GroupVersionKind};

use super::directory::{CheckedDirectory, CheckedObject};
use super::finding::Finding;
use super::references::follow;

const AUTOSCALER: (&str, &str) = ("autoscaling", "HorizontalPodAutoscaler");

pub(super) fn check<'a>(directory: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    if !object.kind().is(AUTOSCALER.0, AUTOSCALER.1) {
        return;
    }
    if let Some((kind, name)) = target(object) {
        let kind = (kind.group.as_str(), kind.kind.as_str(), object.namespace());
        follow(directory, object, &name, kind, "scales", findings);
    }
}

/// What an autoscaler scales.
fn target<'a>(object: &CheckedObject<'a>) -> Option<(GroupKind, At<'a>)> {
    let target = object.at(&["spec", "scaleTargetRef"]);
    let version = target.field("apiVersion").text().unwrap_or("v1");
    let kind = GroupVersionKind::new(version, target.field("kind").text()?).group_kind;
    Some((kind, target.field("name")))
}

/// The most pods that an object is to have; nothing if it does not say.
pub(super) fn most_pods(directory: &CheckedDirectory<'_>, object: &CheckedObject<'_>) -> Option<u64> {
    let mut autoscalers = directory.of_kind(AUTOSCALER.0, AUTOSCALER.1, object.namespace());
    let autoscaler = autoscalers.find(|autoscaler| {
        let target = target(autoscaler);
        target.is_some_and(|(kind, name)| kind == *object.kind() && name.text() == Some(&object.reference.name))
    });
    if let Some(autoscaler) = autoscaler {
        return autoscaler.at(&["spec", "maxReplicas"]).value.as_u64();
    }
    match object.kind().kind.as_str() {
        "Pod" => Some(1),
        "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" => {
            match object.at(&["spec", "replicas"]).value {
                Value::Null => Some(1),
                replicas => replicas.as_u64(),
            }
        }
        _ => None,
    }
}
