//! Which pods an update replaces.

use serde_json::{Value, json};

use crate::object::LiveObject;
use crate::object::field::FieldSet;
use crate::plan::Restarts;
use crate::plan::compare;
use crate::testing::desired;

/// A workload of this kind with this image, and these fields in its spec.
fn workload(kind: &str, image: &str, spec: &Value) -> LiveObject {
    let mut value =
        json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "x", "namespace": "ns"}, "spec": spec});
    value["spec"]["template"] = json!({"spec": {"containers": [{"name": "a", "image": image}]}});
    LiveObject::new(value)
}

/// What a new image restarts where the spec goes from one to the other.
fn restarts(kind: &str, before: &Value, after: &Value) -> Option<Restarts> {
    let (before, after) = (workload(kind, "one", before), workload(kind, "two", after));
    let differences = compare::differences(before.value(), after.value(), &FieldSet::default());
    let git = desired("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x, namespace: ns}\n");
    Restarts::of(&compare::between(&git, differences), &before, &after)
}

#[test]
fn as_many_pods_restart_as_there_are_before_and_after() {
    let replicas = |count: i64| json!({"replicas": count});
    let scaled = |before, after| restarts("StatefulSet", &replicas(before), &replicas(after));
    assert_eq!(scaled(3, 3), Some(Restarts::Pods(Some(3))));
    assert_eq!(scaled(1, 3), Some(Restarts::Pods(Some(1))));
    assert_eq!(scaled(3, 0), None);
    assert_eq!(scaled(0, 3), None);
    assert_eq!(
        restarts("Deployment", &json!({}), &json!({})),
        Some(Restarts::Pods(None))
    );
}

#[test]
fn a_pod_that_its_controller_leaves_alone_does_not_restart() {
    let partition =
        |partition: i64| json!({"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": partition}}});
    let of = |count| restarts("StatefulSet", &partition(count), &partition(count));
    assert_eq!(of(2), Some(Restarts::Pods(Some(1))));
    assert_eq!(of(3), None);
    let paused = json!({"replicas": 3, "paused": true});
    assert_eq!(restarts("Deployment", &paused, &paused), None);
    let on_delete = json!({"updateStrategy": {"type": "OnDelete"}});
    assert_eq!(restarts("DaemonSet", &on_delete, &on_delete), Some(Restarts::OnDelete));
}
