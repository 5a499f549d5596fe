//! What a server refuses by rules that the same plan changes: a claim that grows together with the permission of
//! its class, a workload together with the quota of its namespace.

use crate::object::{DesiredObject, ObjectRef};
use crate::plan::{Answered, Observation, RefusedBy, Unverified, compare};

use super::predict::not_yet;

/// Lets our own merge say what becomes of objects that the server refuses by rules which are to change first.
pub(super) fn rely(observations: &mut [Observation]) {
    let changing: Vec<ObjectRef> = observations
        .iter()
        .filter(|observation| is_to_change(observation))
        .map(|observation| observation.desired.reference.clone())
        .collect();
    for observation in observations {
        if !is_denied(&observation.answer) {
            continue;
        }
        let desired = &observation.desired;
        let rules: Vec<ObjectRef> = changing
            .iter()
            .filter(|rule| is_asked(rule, desired))
            .cloned()
            .collect();
        if !rules.is_empty() {
            observation.answer = not_yet(Unverified::Relies(rules));
        }
    }
}

/// Whether the server may let the object in once others have changed.
fn is_denied(answer: &Answered) -> bool {
    matches!(
        answer,
        Answered::Refused {
            by: RefusedBy::Admission,
            ..
        }
    )
}

fn is_to_change(observation: &Observation) -> bool {
    let Answered::ByServer { object, .. } = &observation.answer else {
        return false;
    };
    let live = observation.live.as_ref();
    live.is_none_or(|live| compare::differs(&observation.desired, live, object))
}

/// Whether an API server asks this object whether that one may be.
fn is_asked(rule: &ObjectRef, desired: &DesiredObject) -> bool {
    let object = &desired.reference;
    let is_here = rule.namespace == object.namespace;
    let class = desired
        .value
        .pointer("/spec/storageClassName")
        .and_then(serde_json::Value::as_str);
    match (rule.kind.group.as_str(), rule.kind.kind.as_str()) {
        ("storage.k8s.io", "StorageClass") => {
            object.kind.is("", "PersistentVolumeClaim") && class.is_none_or(|class| class == rule.name)
        }
        ("", "ResourceQuota" | "LimitRange") => is_here,
        ("", "ServiceAccount") => is_here && object.kind.is("", "Pod"),
        ("", "Namespace") => object.namespace.as_ref() == Some(&rule.name),
        ("scheduling.k8s.io", "PriorityClass") | ("node.k8s.io", "RuntimeClass") => object.kind.is("", "Pod"),
        ("networking.k8s.io", "IngressClass") => object.kind.is("networking.k8s.io", "Ingress"),
        ("rbac.authorization.k8s.io", kind @ ("Role" | "ClusterRole")) => {
            let refers = |field: &str| desired.value["roleRef"][field].as_str();
            object.kind.group == rule.kind.group && refers("kind") == Some(kind) && refers("name") == Some(&rule.name)
        }
        ("admissionregistration.k8s.io", _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::desired;

    fn rule(manifest: &str) -> ObjectRef {
        desired(manifest).reference
    }

    #[test]
    fn a_claim_asks_its_class_and_what_is_in_a_namespace_its_quota() {
        let class = rule("apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\n");
        let quota = rule("apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: a}\n");
        let claim = |class: &str| {
            desired(&format!(
                "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: c, namespace: a}}\nspec: {{storageClassName: {class}}}\n"
            ))
        };
        assert!(is_asked(&class, &claim("fast")) && !is_asked(&class, &claim("slow")));
        let map = |namespace: &str| {
            desired(&format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m, namespace: {namespace}}}\n"
            ))
        };
        assert!(is_asked(&quota, &map("a")) && !is_asked(&quota, &map("b")) && !is_asked(&class, &map("a")));
    }
}
