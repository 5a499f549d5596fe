//! What the server refuses to delete, or a finalizer holds, stays a member, and keeps what it uses.

use serde_json::json;

use crate::bed::{Bed, config_map, namespace, secret, wait_until, with_metadata};

#[test]
fn an_object_kept_by_a_finalizer_is_named_with_it() {
    let bed = Bed::new("prune-finalizer");
    bed.write_config_map("kept", &[("a", "1")]);
    bed.write_config_map("held", &[("a", "1")]);
    bed.synced();
    bed.kubectl(&[
        "patch",
        "configmap",
        "held",
        "--type=merge",
        "--patch",
        r#"{"metadata":{"finalizers":["example.com/hold"]}}"#,
    ]);
    bed.remove("held.yaml");
    bed.run(&["sync", "--yes", "--timeout", "2s"])
        .exits(1)
        .shows("not deleted ConfigMap prune-finalizer/held: still there, held by the finalizer example.com/hold (put there by kubectl-patch)");
    bed.diff().exits(0).shows(
        "= keep ConfigMap prune-finalizer/held no longer in git; being deleted already, held by the finalizer example.com/hold (put there by kubectl-patch)",
    );
    bed.kubectl(&[
        "patch",
        "configmap",
        "held",
        "--type=merge",
        "--patch",
        r#"{"metadata":{"finalizers":null}}"#,
    ]);
    bed.synced();
    bed.diff().exits(0).shows("in sync: 1 object");
}

/// Refuses a write of the ConfigMap `wanted` of a bed's namespace, for as long as it lives; a dry-run of it
/// is allowed.
struct Policy<'a> {
    bed: &'a Bed,
    operation: &'a str,
}

impl<'a> Policy<'a> {
    fn against(operation: &'a str, bed: &'a Bed) -> Self {
        let id = &bed.namespace;
        let group = "admissionregistration.k8s.io/v1";
        let policy = json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": group, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": id}, "spec": {
                "matchConstraints": {"resourceRules": [{
                    "apiGroups": [""], "apiVersions": ["v1"], "operations": [operation], "resources": ["configmaps"],
                }]},
                "validations": [{
                    "expression": format!(
                        "request.namespace != '{id}' || !(request.name in ['wanted', 'probe']) || request.dryRun",
                    ),
                    "message": "somebody wants it as it is",
                }],
            }},
            {"apiVersion": group, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": id}, "spec": {
                "policyName": id, "validationActions": ["Deny"],
            }},
        ]});
        bed.kubectl_stdin(&["create", "-f", "-"], &policy.to_string());
        let policy = Self { bed, operation };
        wait_until("the policy is at work", || !policy.allows());
        policy
    }

    /// Tries it with another ConfigMap.
    fn allows(&self) -> bool {
        let namespace = format!("--namespace={}", self.bed.namespace);
        let kubectl = |args: &[&str]| {
            self.bed
                .plane
                .kubectl(&[args, &[namespace.as_str()]].concat())
                .status
                .success()
        };
        // The same once more would be no request.
        let tried = format!("tried={}", jiff::Timestamp::now().as_nanosecond());
        kubectl(&["create", "configmap", "probe"]);
        match self.operation {
            "DELETE" => kubectl(&["delete", "configmap", "probe"]),
            _ => kubectl(&["label", "configmap", "probe", &tried, "--overwrite"]),
        }
    }
}

impl Drop for Policy<'_> {
    fn drop(&mut self) {
        for kind in ["validatingadmissionpolicybinding", "validatingadmissionpolicy"] {
            self.bed.kubectl(&["delete", kind, &self.bed.namespace]);
        }
    }
}

#[test]
fn nothing_is_pruned_when_something_is_refused_that_was_not_when_it_was_planned() {
    let bed = Bed::new("prune-refused");
    bed.write_config_map("wanted", &[("a", "1")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    bed.remove("dropped.yaml");
    bed.write_config_map("wanted", &[("a", "2")]);
    let policy = Policy::against("UPDATE", &bed);
    bed.sync()
        .exits(1)
        .shows("failed ConfigMap prune-refused/wanted")
        .shows("somebody wants it as it is")
        .shows("nothing was pruned (1 to delete)");
    assert!(bed.get("configmap", "dropped").is_some());
    drop(policy);
}

#[test]
fn a_rejected_delete_stays_a_member_and_is_tried_again_while_the_rest_goes() {
    let bed = Bed::new("prune-rejected");
    bed.write_config_map("kept", &[("a", "1")]);
    bed.write("secret.yaml", &secret("free"));
    let on = "  annotations:\n    config.kubernetes.io/depends-on: /namespaces/prune-rejected/Secret/used\n";
    bed.write("wanted.yaml", &with_metadata(&config_map("wanted", &[("a", "1")]), on));
    bed.write("used.yaml", &secret("used"));
    bed.synced();
    for file in ["wanted.yaml", "secret.yaml", "used.yaml"] {
        bed.remove(file);
    }
    let policy = Policy::against("DELETE", &bed);
    bed.sync()
        .exits(1)
        .shows("failed ConfigMap prune-rejected/wanted: failed to delete ConfigMap prune-rejected/wanted")
        .shows("somebody wants it as it is")
        .shows("not deleted Secret prune-rejected/used: ConfigMap prune-rejected/wanted is still there and uses it")
        .shows("1 deleted");
    assert!(bed.get("secret", "free").is_none() && bed.get("secret", "used").is_some());
    let wanted = bed.get("configmap", "wanted").expect("it is there");
    assert!(wanted["metadata"]["labels"]["applyset.kubernetes.io/part-of"].is_string());
    drop(policy);
    wait_until("the policy is gone", || bed.sync().code == 0);
    assert!(bed.get("configmap", "wanted").is_none() && bed.get("secret", "used").is_none());
}

#[test]
fn what_a_finalizer_holds_keeps_its_namespace_and_nothing_else() {
    let bed = Bed::new("prune-held");
    bed.write_config_map("kept", &[("a", "1")]);
    for name in ["prune-held-a", "prune-held-b"] {
        bed.write(&format!("{name}/namespace.yaml"), &namespace(name));
        let there = with_metadata(&config_map("there", &[("a", "1")]), &format!("  namespace: {name}\n"));
        bed.write(&format!("{name}/there.yaml"), &there);
    }
    bed.synced();
    let finalizers = |value: serde_json::Value| {
        let patch = json!({"metadata": {"finalizers": value}}).to_string();
        let args = [
            "patch",
            "configmap",
            "there",
            "--namespace=prune-held-a",
            "--type=merge",
            "--field-manager=operator",
            "--patch",
            &patch,
        ];
        bed.plane.kubectl(&args).expect_success();
    };
    finalizers(json!(["example.com/hold"]));
    for name in ["prune-held-a", "prune-held-b"] {
        bed.remove(&format!("{name}/namespace.yaml"));
        bed.remove(&format!("{name}/there.yaml"));
    }
    bed.run(&["sync", "--yes", "--timeout", "20s"])
        .exits(1)
        .shows("not deleted ConfigMap prune-held-a/there: still there, held by the finalizer example.com/hold (put there by operator)")
        .shows("not deleted Namespace prune-held-a: ConfigMap prune-held-a/there is still there and uses it")
        .shows("2 deleted");
    assert!(bed.plane.get("namespace", None, "prune-held-b").is_none());
    finalizers(serde_json::Value::Null);
    bed.synced().shows("1 deleted");
    bed.diff().exits(0);
}
