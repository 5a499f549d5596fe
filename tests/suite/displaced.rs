//! What git drops in the same commit is in the way of the rest, and goes first; and rules that are slow to be used.

use crate::bed::{Bed, Run, config_map, definition, deployment, wait_until, with_metadata};
use crate::control_plane::{AuditEvent, ControlPlane};

/// A Service that has this port on every node.
fn service(name: &str, port: u16) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  type: NodePort\n  selector: {{app: web}}\n  ports: [{{port: 80, nodePort: {port}}}]\n"
    )
}

#[test]
fn a_service_gets_the_port_of_one_that_git_drops() {
    let bed = Bed::new("displaced-port");
    bed.write("web.yaml", &service("old", 30007));
    bed.commit("First");
    bed.synced();
    bed.write("web.yaml", &service("new", 30007));
    bed.commit("Another name");
    bed.diff()
        .exits(1)
        .shows("+ create Service displaced-port/new")
        .shows("unverified: Service displaced-port/old is in the way, and is deleted first")
        .shows("- delete Service displaced-port/old");
    bed.synced().shows("1 created, 1 deleted");
    assert!(bed.get("service", "old").is_none() && bed.get("service", "new").is_some());
    bed.diff().exits(0);
    // A port that no Service has which git drops is in the way of nothing.
    bed.write("other.yaml", &service("other", 30007));
    bed.diff().exits(1).shows("! refused Service displaced-port/other");
}

/// What is in the way of one object, and takes long to go, keeps out no other.
#[test]
fn what_is_in_the_way_of_others_goes_side_by_side() {
    let bed = Bed::new("displaced-beside");
    let held = with_metadata(&service("a-old", 30013), "  finalizers: [example.com/hold]\n");
    bed.write("a.yaml", &held);
    bed.write("b.yaml", &service("b-old", 30014));
    bed.synced();
    bed.write("a.yaml", &service("a-new", 30013));
    bed.write("b.yaml", &service("b-new", 30014));
    let sync = bed.start(&["sync", "--yes"]);
    wait_until("the other port is free", || bed.get("service", "b-new").is_some());
    assert!(bed.get("service", "a-old").is_some() && bed.get("service", "a-new").is_none());
    let free = r#"[{"op": "remove", "path": "/metadata/finalizers"}]"#;
    bed.kubectl(&["patch", "service", "a-old", "--type=json", "--patch", free]);
    Run::finish(sync).exits(0).shows("2 created, 2 deleted");
}

#[test]
fn a_custom_object_has_no_port_that_a_service_could_want() {
    let bed = Bed::new("displaced-custom");
    bed.write(
        "definition.yaml",
        &definition("ports.example.com", "PortForward", "Namespaced"),
    );
    bed.write(
        "forward.yaml",
        "apiVersion: ports.example.com/v1\nkind: PortForward\nmetadata: {name: old}\nspec: {ports: [{nodePort: 30012}]}\n",
    );
    bed.synced();
    bed.remove("forward.yaml");
    bed.kubectl_stdin(&["create", "-f", "-"], &service("other", 30012));
    bed.write("web.yaml", &service("new", 30012));
    bed.diff()
        .exits(1)
        .shows("! refused Service displaced-custom/new")
        .shows("- delete PortForward displaced-custom/old");
}

#[test]
fn nothing_is_deleted_first_as_long_as_something_is_refused_or_pruning_is_not_allowed() {
    let bed = Bed::new("displaced-refused");
    bed.write("web.yaml", &service("old", 30008));
    bed.synced();
    bed.write("web.yaml", &service("new", 30008));
    bed.run(&["diff", "--no-prune"])
        .exits(1)
        .shows("! refused Service displaced-refused/new");
    bed.write(
        "bad.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: [1]}\n",
    );
    let requests = bed.audited(|| {
        bed.run(&["sync", "--yes", "--timeout", "5s"])
            .exits(1)
            .shows("not started Service displaced-refused/new: Service displaced-refused/old is in the way");
    });
    assert!(bed.get("service", "old").is_some());
    // The server would only refuse it.
    let is_tried = |request: &AuditEvent| request.is_write() && request.resource == "services";
    assert!(!requests.iter().any(is_tried), "{requests:#?}");
    bed.remove("bad.yaml");
    bed.synced();
    assert!(bed.get("service", "old").is_none() && bed.get("service", "new").is_some());
}

#[test]
fn what_a_quota_keeps_out_comes_in_the_commit_that_drops_the_quota() {
    let bed = Bed::on(ControlPlane::full(), "displaced-quota");
    bed.write(
        "quota.yaml",
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: few}\nspec: {hard: {configmaps: 1}}\n",
    );
    bed.synced();
    wait_until("the quota counts", || {
        let quota = bed.get("resourcequota", "few").expect("it is there");
        quota["status"]["used"]["configmaps"].is_string()
    });
    bed.remove("quota.yaml");
    for name in ["a", "b", "c"] {
        bed.write_config_map(name, &[("a", "1")]);
    }
    bed.diff()
        .exits(1)
        .shows("unverified: ResourceQuota displaced-quota/few is in the way, and is deleted first");
    bed.run(&["sync", "--yes", "--allow-empty", "--timeout", "60s"])
        .exits(0)
        .shows("3 created, 1 deleted");
    bed.diff().exits(0);
}

/// A policy for the ConfigMaps of one namespace, and its binding.
fn policy(namespace: &str, expression: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: {namespace}}}
spec:
  matchConstraints:
    namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}
    resourceRules:
      - {{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps], resourceNames: []}}
  validations:
    - expression: {expression}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: {namespace}}}
spec: {{policyName: {namespace}, validationActions: [Deny]}}
"
    )
}

#[test]
fn what_a_policy_forbids_comes_in_the_commit_that_changes_or_drops_it() {
    let bed = Bed::new("displaced-policy");
    let without = |word: &str| {
        let expression = format!("\"!has(object.data) || !('{word}' in object.data)\"");
        policy("displaced-policy", &expression)
    };
    let refuses = |data: &str| {
        let create = ["create", "configmap", "tried", data, "--dry-run=server"];
        let args = [&create[..], &["--namespace", "displaced-policy"]].concat();
        !bed.plane.kubectl(&args).status.success()
    };
    bed.write("policy.yaml", &without("color"));
    bed.synced();
    wait_until("the policy is used", || refuses("--from-literal=color=red"));
    bed.write("painted.yaml", &config_map("painted", &[("color", "red")]));
    bed.diff()
        .exits(1)
        .shows("! refused ConfigMap displaced-policy/painted");
    bed.write("policy.yaml", &without("size"));
    bed.diff()
        .exits(1)
        .shows("unverified: the server refuses it until ValidatingAdmissionPolicy displaced-policy changes");
    bed.synced();
    bed.diff().exits(0);
    wait_until("the changed policy is used", || refuses("--from-literal=size=big"));
    bed.remove("policy.yaml");
    bed.write("sized.yaml", &config_map("sized", &[("size", "big")]));
    bed.diff().exits(1).shows("are in the way, and are deleted first");
    bed.synced().shows("1 created, 2 deleted");
    bed.diff().exits(0);
}

#[test]
fn what_is_in_the_way_stays_until_the_turn_of_what_it_keeps_out() {
    // Nothing runs Deployments on the bare control plane.
    let bed = Bed::new("displaced-late");
    bed.write("service.yaml", &service("old", 30009));
    bed.synced();
    bed.write("slow.yaml", &deployment("slow", 1, "nginx"));
    let after = "  annotations: {config.kubernetes.io/depends-on: apps/namespaces/displaced-late/Deployment/slow}\n";
    bed.write("service.yaml", &with_metadata(&service("new", 30009), after));
    bed.diff()
        .exits(1)
        .shows("Service displaced-late/old is in the way, and is deleted first");
    bed.run(&["sync", "--yes", "--timeout", "3s"]).exits(1);
    assert!(bed.get("service", "old").is_some() && bed.get("service", "new").is_none());
    bed.write("service.yaml", &service("new", 30009));
    bed.run(&["sync", "--yes", "--timeout", "3s"]).exits(1);
    assert!(bed.get("service", "old").is_none() && bed.get("service", "new").is_some());
}
