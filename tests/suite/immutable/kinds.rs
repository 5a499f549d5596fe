//! Each kind with its fields that cannot be changed, and what a replacement of it loses.

use serde_json::json;

use super::{Case, assert_bound, service};
use crate::bed::{Bed, config_map};
use crate::control_plane::ControlPlane;

#[test]
fn a_service_that_becomes_headless() {
    let bed = Bed::new("fixed-service");
    let case = Case {
        kind: "Service",
        name: "web",
        first: service(""),
        second: service("  clusterIP: None\n"),
        fields: "spec.clusterIPs[0]",
        lost: "it is gone for a moment",
    };
    let (_, after) = case.is_replaced_only_where_allowed(&bed);
    assert_eq!(after["spec"]["clusterIP"], "None");
}

#[test]
fn a_service_that_gets_another_address_and_keeps_its_port() {
    let bed = Bed::new("fixed-address");
    let fixed = |address: &str| {
        service(&format!("  type: NodePort\n  clusterIP: {address}\n"))
            .replace("port: 80,", "port: 80, nodePort: 30010,")
    };
    let case = Case {
        kind: "Service",
        name: "web",
        first: fixed("10.96.200.1"),
        second: fixed("10.96.200.2"),
        fields: "spec.clusterIPs[0]",
        lost: "it is gone for a moment",
    };
    let (_, after) = case.is_replaced_only_where_allowed(&bed);
    assert_eq!(after["spec"]["clusterIP"], "10.96.200.2");
    assert_eq!(after["spec"]["ports"][0]["nodePort"], 30010);
    // An address that no Service can have: the server says so only of a new one.
    bed.write("subject.yaml", &fixed("10.200.0.1"));
    let before = case.uid(&bed);
    bed.run(&["sync", "--yes", "--replace", "Service/web"])
        .exits(1)
        .shows("the server refuses Service fixed-address/web")
        .shows("not in the valid range");
    assert_eq!(case.uid(&bed), before);
}

#[test]
fn a_binding_to_another_role() {
    let bed = Bed::new("fixed-role");
    let binding = |role: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: readers
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}
subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: jo}}]
"
        )
    };
    let case = Case {
        kind: "RoleBinding",
        name: "readers",
        first: binding("view"),
        second: binding("edit"),
        fields: "roleRef",
        lost: "its subjects have no such rights for a moment",
    };
    let (_, after) = case.is_replaced_only_where_allowed(&bed);
    assert_eq!(after["roleRef"]["name"], "edit");
}

#[test]
fn a_storage_class_with_other_parameters() {
    let bed = Bed::new("fixed-class");
    let class = |tier: &str| {
        format!(
            "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fixed-class
provisioner: example.com/disk
parameters: {{tier: {tier}}}
"
        )
    };
    let case = Case {
        kind: "StorageClass",
        name: "fixed-class",
        first: class("slow"),
        second: class("fast"),
        fields: "parameters",
        lost: "it is gone for a moment",
    };
    let (_, after) = case.is_replaced_only_where_allowed(&bed);
    assert_eq!(after["parameters"]["tier"], "fast");
}

#[test]
fn a_volume_on_other_nodes() {
    // A controller takes the finalizer off.
    let bed = Bed::on(ControlPlane::full(), "fixed-volume");
    let volume = |node: &str| {
        format!(
            "apiVersion: v1
kind: PersistentVolume
metadata:
  name: fixed-volume
spec:
  capacity: {{storage: 1Gi}}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  local: {{path: /data}}
  nodeAffinity:
    required:
      nodeSelectorTerms:
        - matchExpressions: [{{key: kubernetes.io/hostname, operator: In, values: [{node}]}}]
"
        )
    };
    let case = Case {
        kind: "PersistentVolume",
        name: "fixed-volume",
        first: volume("one"),
        second: volume("two"),
        fields: "nodeAffinity",
        lost: "its data is lost, unless the volume is retained",
    };
    let (_, after) = case.is_replaced_only_where_allowed(&bed);
    let terms = &after["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"];
    assert_eq!(terms[0]["matchExpressions"][0]["values"], json!(["two"]));
}

#[test]
fn an_immutable_secret() {
    let bed = Bed::new("fixed-secret");
    let secret = |password: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: login\nimmutable: true\nstringData:\n  password: {password}\n"
        )
    };
    let case = Case {
        kind: "Secret",
        name: "login",
        first: secret("correct-horse"),
        second: secret("battery-staple"),
        fields: "data",
        lost: "pods that start meanwhile wait for it",
    };
    case.is_replaced_only_where_allowed(&bed);
    bed.write("subject.yaml", &secret("another-one"));
    bed.diff().exits(1).hides(&[
        "battery-staple",
        "another-one",
        "YW5vdGhlci1vbmU",
        "YmF0dGVyeS1zdGFwbGU",
    ]);
}

/// Nothing ends with a ConfigMap, and git has all that it holds.
#[test]
fn an_immutable_config_map_is_replaced_without_asking() {
    let bed = Bed::new("fixed-config");
    let sealed = |value: &str| format!("{}immutable: true\n", config_map("settings", &[("a", value)]));
    bed.write("subject.yaml", &sealed("1"));
    bed.synced();
    let uid = |bed: &Bed| bed.get("configmap", "settings").expect("it is there")["metadata"]["uid"].clone();
    let before = uid(&bed);
    bed.write("subject.yaml", &sealed("2"));
    bed.diff()
        .exits(1)
        .shows("± replace ConfigMap fixed-config/settings data cannot be changed pods that start meanwhile wait for it")
        .shows("data.a desired/subject.yaml:6 - 1 + 2");
    let requests = bed.audited(|| drop(bed.synced().shows("1 replaced").shows_not("mismatch")));
    assert_bound(&requests);
    assert_ne!(uid(&bed), before);

    // What would be invalid anew leaves the old one alone.
    let before = uid(&bed);
    bed.write("subject.yaml", &sealed("3").replace("  a:", "  a/b: x\n  a:"));
    bed.sync().exits(1).shows("a valid config key must consist of");
    assert_eq!(uid(&bed), before);
    // To be no longer immutable takes a new one, too.
    bed.write("subject.yaml", &config_map("settings", &[("a", "2")]));
    bed.synced().shows("1 replaced");
}

#[test]
fn an_immutable_config_map_that_is_not_ours_is_not_deleted_by_adopting_it() {
    let bed = Bed::new("fixed-adopted");
    let theirs = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"},
        "immutable": true, "data": {"a": "theirs"}});
    bed.kubectl_stdin(&["create", "-f", "-"], &theirs.to_string());
    bed.write("settings.yaml", &config_map("settings", &[("a", "ours")]));
    bed.run(&["sync", "--yes", "--adopt"])
        .exits(1)
        .shows("! refused ConfigMap fixed-adopted/settings");
    let live = || bed.get("configmap", "settings").expect("it is there");
    assert_eq!(live()["data"]["a"], "theirs");
    bed.run(&["sync", "--yes", "--adopt", "--replace", "ConfigMap/settings"])
        .exits(0)
        .shows("1 replaced");
    assert_eq!(live()["data"]["a"], "ours");
}

#[test]
fn a_secret_of_another_type_has_its_generated_values_made_anew() {
    let bed = Bed::new("fixed-generated");
    let declare = |kind: &str| {
        let text = format!(
            "secrets:\n  - name: login\n    type: example.com/{kind}\n    generate: {{password: {{length: 12}}}}\n"
        );
        bed.write("login/component.yaml", &text);
    };
    declare("one");
    bed.synced();
    let password = || bed.get("secret", "login").expect("it is there")["data"]["password"].clone();
    let before = password();
    declare("two");
    bed.diff()
        .exits(1)
        .shows("type cannot be changed if it is replaced, pods that start meanwhile wait for it; its values are generated again");
    bed.run(&["sync", "--yes", "--replace", "Secret/login"])
        .exits(0)
        .shows("data.password generated in the cluster")
        .shows("1 replaced")
        .shows_not("mismatch");
    assert!(password().is_string() && password() != before);
    bed.diff().exits(0);
}

#[test]
fn a_volume_claim_is_replaced_only_by_name_and_its_loss_is_told() {
    let bed = Bed::on(ControlPlane::full(), "fixed-claim");
    let claim = |mode: &str| {
        format!(
            "apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes: [{mode}]
  resources: {{requests: {{storage: 1Gi}}}}
"
        )
    };
    let case = Case {
        kind: "PersistentVolumeClaim",
        name: "data",
        first: claim("ReadWriteOnce"),
        second: claim("ReadWriteMany"),
        fields: "spec",
        lost: "its data is lost, unless the volume is retained",
    };
    case.is_replaced_only_where_allowed(&bed);
}
