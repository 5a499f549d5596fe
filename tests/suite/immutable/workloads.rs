//! Workloads whose fields cannot be changed, or only against the server's defaults: what becomes of their pods.

use serde_json::{Value, json};

use super::{Case, workload, writes};
use crate::bed::Bed;
use crate::control_plane::ControlPlane;

fn pods(bed: &Bed) -> Vec<(String, String)> {
    let pods = bed.kubectl(&["get", "pods", "--output=json"]);
    let pods: Value = serde_json::from_str(&pods).expect("kubectl prints JSON");
    let pods = pods["items"].as_array().expect("a list").iter();
    let text = |pod: &Value, key: &str| pod["metadata"][key].as_str().unwrap_or_default().to_owned();
    let mut pods: Vec<_> = pods.map(|pod| (text(pod, "name"), text(pod, "uid"))).collect();
    pods.sort();
    pods
}

#[test]
fn a_deployment_with_another_selector() {
    let bed = Bed::on(ControlPlane::full(), "fixed-deployment");
    let case = Case {
        kind: "Deployment",
        name: "web",
        first: workload("Deployment", "web", ""),
        second: workload("Deployment", "site", ""),
        fields: "spec.selector",
        lost: "all its pods end before the first new one starts",
    };
    case.is_replaced_only_where_allowed(&bed);
    assert_eq!(pods(&bed).len(), 2);
    // Invalid besides: the old one lives.
    let before = case.uid(&bed);
    bed.write(
        "subject.yaml",
        &workload("Deployment", "other", "").replace("image: one", "image: ''"),
    );
    bed.run(&["sync", "--yes", "--replace", "Deployment/web"])
        .exits(1)
        .shows("the server refuses Deployment fixed-deployment/web")
        .shows("Required value");
    assert_eq!(case.uid(&bed), before);
}

fn claims(size: &str) -> String {
    format!(
        "  serviceName: web
  volumeClaimTemplates:
    - metadata: {{name: data}}
      spec:
        accessModes: [ReadWriteOnce]
        resources: {{requests: {{storage: {size}}}}}
"
    )
}

#[test]
fn a_stateful_set_with_other_claims_keeps_its_pods() {
    let bed = Bed::on(ControlPlane::full(), "fixed-set");
    let set = |claims: &str| workload("StatefulSet", "web", claims);
    let case = Case {
        kind: "StatefulSet",
        name: "web",
        first: set(&claims("1Gi")),
        second: set(&claims("2Gi")),
        fields: "spec.volumeClaimTemplates",
        lost: "its pods run on; its volume claims stay as they are",
    };
    bed.write("subject.yaml", &case.first);
    bed.synced();
    let before = pods(&bed);
    assert_eq!(before.len(), 2);
    let (_, after) = case.is_replaced_only_where_allowed(&bed);
    assert_eq!(pods(&bed), before, "they are the same pods");
    let pod = bed.get("pod", "web-0").expect("it is there");
    assert_eq!(
        pod["metadata"]["ownerReferences"][0]["uid"], after["metadata"]["uid"],
        "and the new set's"
    );
    // A claim of another name needs other pods, and their data would go with the set by its own policy.
    let renamed = claims("2Gi").replace("name: data", "name: files");
    bed.write("subject.yaml", &set(&renamed));
    bed.diff()
        .exits(1)
        .shows("all its pods end before the first new one starts; its volume claims stay as they are");
    let going = "  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Retain}\n";
    bed.write("subject.yaml", &set(&(claims("2Gi") + going)));
    bed.synced();
    bed.write("subject.yaml", &set(&(renamed + going)));
    bed.run(&["diff", "--replace", "StatefulSet/web"])
        .exits(1)
        .shows("! refused StatefulSet fixed-set/web")
        .shows("its claims, with their data, would be deleted with it");
}

/// The server keeps what it has filled in for the old strategy, and refuses it with the new one.
#[test]
fn a_deployment_is_recreated_instead_of_rolled_without_being_replaced() {
    let bed = Bed::on(ControlPlane::full(), "fixed-strategy");
    bed.write("subject.yaml", &workload("Deployment", "web", ""));
    bed.synced();
    let live = || bed.get("deployment", "web").expect("it is there");
    let before = live();
    let recreate = "  strategy: {type: Recreate}\n";
    bed.write(
        "subject.yaml",
        &workload("Deployment", "web", recreate).replace("image: one", "image: two"),
    );
    bed.diff()
        .exits(1)
        .shows("~ update Deployment fixed-strategy/web restarts 2 pods; unverified: the server accepts it once spec.strategy.rollingUpdate is taken back")
        .shows("spec.strategy.type")
        .shows("- RollingUpdate + Recreate");
    let requests = bed.audited(|| drop(bed.synced().shows("1 updated").shows_not("mismatch")));
    assert_eq!(writes(&requests), ["patch", "patch"]);
    let after = live();
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    assert_eq!(after["spec"]["strategy"], json!({"type": "Recreate"}));
    let managers = after["metadata"]["managedFields"].as_array().expect("managers").iter();
    let updates = managers.filter(|entry| entry["manager"] == "stackanetes" && entry["operation"] == "Update");
    assert_eq!(updates.count(), 0, "nothing is left to clean up");
    // The pods were replaced once: taking a field back is no rollout.
    assert_eq!(
        after["metadata"]["annotations"]["deployment.kubernetes.io/revision"],
        "2"
    );
    bed.diff().exits(0);
    // And back again.
    bed.write("subject.yaml", &workload("Deployment", "web", ""));
    bed.synced().shows_not("mismatch");
    assert_eq!(live()["spec"]["strategy"]["type"], "RollingUpdate");
}

#[test]
fn a_stateful_set_whose_pods_are_to_change_when_they_are_deleted() {
    let bed = Bed::on(ControlPlane::full(), "fixed-update");
    bed.write("subject.yaml", &workload("StatefulSet", "web", "  serviceName: web\n"));
    bed.synced();
    let on_delete = "  serviceName: web\n  updateStrategy: {type: OnDelete}\n";
    bed.write("subject.yaml", &workload("StatefulSet", "web", on_delete));
    bed.synced().shows("1 updated").shows_not("mismatch");
    let live = bed.get("statefulset", "web").expect("it is there");
    assert_eq!(live["spec"]["updateStrategy"], json!({"type": "OnDelete"}));
    bed.diff().exits(0);
}
