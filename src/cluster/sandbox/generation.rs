//! `metadata.generation`: which version of what is wanted an object is.

use serde_json::{Map, Value};

use crate::object::GroupKind;
use crate::object::field::order;
use crate::ssa::schema::Kind;

/// The API server's own kinds that count generations, as the strategies of its registry say.
const COUNTED: [(&str, &[&str]); 11] = [
    ("", &["Pod", "PodTemplate", "ReplicationController"]),
    ("apps", &["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]),
    ("autoscaling", &["HorizontalPodAutoscaler"]),
    ("batch", &["CronJob", "Job"]),
    ("networking.k8s.io", &["Ingress", "IngressClass", "NetworkPolicy"]),
    ("policy", &["PodDisruptionBudget"]),
    ("discovery.k8s.io", &["EndpointSlice"]),
    ("scheduling.k8s.io", &["PriorityClass"]),
    (
        "flowcontrol.apiserver.k8s.io",
        &["FlowSchema", "PriorityLevelConfiguration"],
    ),
    ("apiextensions.k8s.io", &["CustomResourceDefinition"]),
    (
        "admissionregistration.k8s.io",
        &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
];

/// The generation of an object after a write; none for kinds that do not count.
pub(super) fn after_write(kind: Kind<'_>, live: Option<&Value>, object: &Value) -> Option<i64> {
    let group_kind = &kind.gvk().group_kind;
    if kind.is_built_in() && !is_counted(group_kind) {
        return None;
    }
    let Some(live) = live else { return Some(1) };
    let before = live
        .pointer("/metadata/generation")
        .and_then(Value::as_i64)
        .unwrap_or(1);
    let has_status = !kind.reset("").is_empty();
    let differs = !order::equal(&wanted(live, has_status), &wanted(object, has_status))
        || group_kind.is("apps", "Deployment") && annotations(live) != annotations(object);
    Some(before + i64::from(differs))
}

fn is_counted(kind: &GroupKind) -> bool {
    COUNTED
        .iter()
        .any(|(group, kinds)| kind.group == *group && kinds.contains(&kind.kind.as_str()))
}

/// An object without what does not count.
fn wanted(object: &Value, has_status: bool) -> Value {
    let fields = object.as_object().into_iter().flatten();
    let wanted = fields.filter(|(name, _)| match name.as_str() {
        "apiVersion" | "kind" | "metadata" => false,
        "status" => !has_status,
        _ => true,
    });
    Value::Object(wanted.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Those of a Deployment count, since they are copied to its ReplicaSets.
fn annotations(object: &Value) -> Option<&Map<String, Value>> {
    object.pointer("/metadata/annotations")?.as_object()
}
