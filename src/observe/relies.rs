//! What a server refuses by rules that the same plan changes or deletes: a claim that grows together with the permission
//! of its class, a workload together with the quota of its namespace, a Service that gets the port of one that git drops.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::{DesiredObject, LiveObject, ObjectRef};
use crate::plan::{Answered, Observation, RefusedBy, Unverified, compare};

use super::predict::not_yet;

/// Lets our own merge say what becomes of objects that the server refuses by rules which are to change first, or by one of
/// those that are `going`.
pub(super) fn rely(observations: &mut [Observation], going: &[&LiveObject]) {
    let changing: Vec<ObjectRef> = observations
        .iter()
        .filter(|observation| is_to_change(observation))
        .map(|observation| observation.desired.reference.clone())
        .collect();
    for observation in observations {
        let Answered::Refused { by, .. } = observation.answer else {
            continue;
        };
        let desired = &observation.desired;
        let mut rules = Vec::new();
        if by == RefusedBy::Admission {
            rules.extend(changing.iter().filter(|rule| is_asked(rule, desired)).cloned());
        }
        let is_in_the_way = |object: &&&LiveObject| match by {
            RefusedBy::Admission => {
                is_restriction(&object.reference(), desired) && is_asked(&object.reference(), desired)
            }
            RefusedBy::Taken => {
                object.reference().kind.is("", "Service") && has_the_same(object.value(), &desired.value)
            }
            RefusedBy::Validation => false,
        };
        let displaced: Vec<ObjectRef> = going
            .iter()
            .filter(is_in_the_way)
            .map(|object| object.reference())
            .collect();
        if !displaced.is_empty() {
            observation.answer = not_yet(Unverified::Displaces(displaced));
        } else if !rules.is_empty() {
            observation.answer = not_yet(Unverified::Relies(rules));
        }
    }
}

/// Whether an object of this kind only keeps others out, so that more is let in without it. Roles and bindings are kept out
/// by what their author may not grant, and by no rule of the cluster.
fn is_restriction(rule: &ObjectRef, desired: &DesiredObject) -> bool {
    if desired.reference.kind.group == "rbac.authorization.k8s.io" {
        return false;
    }
    match (rule.kind.group.as_str(), rule.kind.kind.as_str()) {
        ("", "ResourceQuota" | "LimitRange") => true,
        ("admissionregistration.k8s.io", kind) => kind.starts_with("Validating"),
        _ => false,
    }
}

/// Whether two Services have an address or a port of all nodes in common.
fn has_the_same(one: &Value, other: &Value) -> bool {
    !taken(one).is_disjoint(&taken(other))
}

/// What a Service has of which there is one in the cluster. A Service without an address of its own says `None`.
fn taken(service: &Value) -> BTreeSet<String> {
    let spec = &service["spec"];
    let ports = spec["ports"].as_array().into_iter().flatten();
    let ports = ports.filter_map(|port| Some(format!("{} {}", protocol(port), port["nodePort"].as_u64()?)));
    let addresses = spec["clusterIPs"]
        .as_array()
        .into_iter()
        .flatten()
        .chain([&spec["clusterIP"]]);
    let addresses = addresses.filter_map(Value::as_str);
    let addresses = addresses
        .filter(|address| !address.is_empty() && *address != "None")
        .map(str::to_owned);
    let check = spec["healthCheckNodePort"].as_u64().filter(|port| *port != 0);
    let check = check.map(|port| format!("TCP {port}"));
    ports.chain(addresses).chain(check).collect()
}

fn protocol(port: &Value) -> &str {
    port["protocol"].as_str().unwrap_or("TCP")
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
    use serde_json::json;

    #[test]
    fn services_have_in_common_what_the_cluster_has_once() {
        let service = |spec: Value| json!({"spec": spec});
        let port =
            |number: u16, protocol: &str| service(json!({"ports": [{"nodePort": number, "protocol": protocol}]}));
        assert!(has_the_same(
            &port(30080, "TCP"),
            &service(json!({"ports": [{"port": 80}, {"nodePort": 30080}]}))
        ));
        assert!(!has_the_same(&port(30080, "TCP"), &port(30080, "UDP")));
        assert!(!has_the_same(&port(30080, "TCP"), &port(30081, "TCP")));
        let headless = || service(json!({"clusterIP": "None", "clusterIPs": ["None"]}));
        assert!(!has_the_same(&headless(), &headless()));
        let address = service(json!({"clusterIP": "10.0.0.9"}));
        assert!(has_the_same(&address, &service(json!({"clusterIPs": ["10.0.0.9"]}))));
    }

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
