//! What git dropped goes, and nothing else: each guard has a test that would delete something
//! without it.

use serde_json::json;

use crate::bed::{Bed, config_map, deployment, namespace, secret, wait_until, with_metadata};
use crate::control_plane::{ControlPlane, Rule};

#[test]
fn a_removed_file_prunes_its_object_and_nothing_else() {
    let bed = Bed::new("prune-one");
    bed.write_config_map("kept", &[("a", "1")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    bed.kubectl(&["create", "configmap", "bystander"]);
    bed.remove("dropped.yaml");
    bed.diff()
        .exits(1)
        .shows("- delete ConfigMap prune-one/dropped no longer in git")
        .shows("1 to delete; 1 unchanged");
    let requests = bed.audited(|| drop(bed.synced().shows("1 deleted")));
    assert!(bed.get("configmap", "dropped").is_none());
    assert!(bed.get("configmap", "kept").is_some() && bed.get("configmap", "bystander").is_some());
    let deletes: Vec<_> = requests.iter().filter(|request| request.verb == "delete").collect();
    assert_eq!(deletes.len(), 1, "{deletes:?}");
    let preconditions = &deletes[0].request["preconditions"];
    assert!(
        preconditions["uid"].is_string() && preconditions["resourceVersion"].is_string(),
        "{deletes:?}"
    );
    bed.diff().exits(0);
}

#[test]
fn pruning_comes_after_everything_was_applied() {
    let bed = Bed::new("prune-last");
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.write_config_map("kept", &[("a", "1")]);
    bed.synced();
    bed.remove("dropped.yaml");
    bed.write_config_map("kept", &[("a", "2")]);
    bed.write_config_map("new", &[("a", "1")]);
    let requests = bed.audited(|| drop(bed.synced()));
    let writes: Vec<_> = requests
        .iter()
        .filter(|request| request.is_write() && ["kept", "new", "dropped"].contains(&request.name.as_str()))
        .map(|request| request.verb.as_str())
        .collect();
    assert_eq!(writes, ["patch", "patch", "delete"]);
}

#[test]
fn nothing_is_pruned_when_something_could_not_be_applied() {
    let bed = Bed::new("prune-after-conflict");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    bed.kubectl(&[
        "patch",
        "configmap",
        "settings",
        "--field-manager=team-b",
        "--type=merge",
        "--patch",
        r#"{"data":{"b":"2"}}"#,
    ]);
    bed.write_config_map("settings", &[("a", "1"), ("b", "3")]);
    bed.remove("dropped.yaml");
    bed.sync()
        .exits(1)
        .shows("nothing was pruned (1 to delete): one object that comes before is not as git wants it");
    assert!(bed.get("configmap", "dropped").is_some());
}

#[test]
fn more_than_the_budget_is_refused_whole() {
    let bed = Bed::new("prune-budget");
    bed.write_config_map("kept", &[("a", "1")]);
    for number in 0..11 {
        bed.write_config_map(&format!("dropped-{number}"), &[("a", "1")]);
    }
    bed.synced();
    for number in 0..11 {
        bed.remove(&format!("dropped-{number}.yaml"));
    }
    bed.write_config_map("kept", &[("a", "2")]);
    let refusal = "11 objects would be deleted, and 10 may be; allow more with --max-prune 11";
    bed.diff().exits(1).shows(refusal);
    let requests = bed.audited(|| {
        bed.sync()
            .exits(2)
            .complains("refused for safety, nothing was changed: 11 objects");
    });
    assert!(
        !requests.iter().any(crate::control_plane::AuditEvent::is_write),
        "nothing at all is done"
    );
    bed.run(&["sync", "--yes", "--max-prune", "11"])
        .exits(0)
        .shows("11 deleted");
}

#[test]
fn an_empty_directory_prunes_nothing_unless_it_is_meant() {
    let bed = Bed::new("prune-empty");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.synced();
    bed.remove("settings.yaml");
    bed.sync()
        .exits(2)
        .complains("there is no manifest in desired")
        .complains("--allow-empty");
    assert!(bed.get("configmap", "settings").is_some());
    bed.run(&["sync", "--yes", "--allow-empty"]).exits(0).shows("1 deleted");
    assert!(bed.get("configmap", "settings").is_none());
}

#[test]
fn no_prune_deletes_nothing_and_says_so() {
    let bed = Bed::new("prune-off");
    bed.write_config_map("kept", &[("a", "1")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    bed.remove("dropped.yaml");
    bed.run(&["sync", "--yes", "--no-prune"])
        .exits(0)
        .shows("nothing is pruned: --no-prune");
    assert!(bed.get("configmap", "dropped").is_some());
    bed.synced().shows("1 deleted");
}

#[test]
fn an_object_annotated_against_it_is_kept() {
    let bed = Bed::new("prune-never");
    bed.write_config_map("kept", &[("a", "1")]);
    let annotated = config_map("precious", &[("a", "1")]).replace(
        "metadata:\n",
        "metadata:\n  annotations:\n    stackanetes.io/prune: never\n",
    );
    bed.write("precious.yaml", &annotated);
    bed.synced();
    bed.remove("precious.yaml");
    bed.diff()
        .exits(0)
        .shows("= keep ConfigMap prune-never/precious no longer in git; kept by stackanetes.io/prune: never");
    bed.synced();
    assert!(bed.get("configmap", "precious").is_some());
    bed.diff().exits(0).shows("1 kept");
}

#[test]
fn a_definition_goes_only_on_request() {
    let bed = Bed::new("prune-kinds");
    bed.write_config_map("kept", &[("a", "1")]);
    bed.write(
        "definition.yaml",
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: gizmos.prune.example.com
spec:
  group: prune.example.com
  scope: Namespaced
  names: {plural: gizmos, singular: gizmo, kind: Gizmo, listKind: GizmoList}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
",
    );
    bed.synced();
    bed.remove("definition.yaml");
    bed.diff().exits(0).shows("= keep CustomResourceDefinition gizmos.prune.example.com no longer in git; delete it with --prune-kind CustomResourceDefinition");
    bed.synced();
    let there = || {
        bed.plane
            .get("customresourcedefinition", None, "gizmos.prune.example.com")
            .is_some()
    };
    assert!(there());
    bed.run(&["sync", "--yes", "--prune-kind", "CustomResourceDefinition"])
        .exits(0)
        .shows("1 deleted");
    assert!(!there());
}

#[test]
fn a_namespace_in_use_is_kept_and_an_unused_one_goes() {
    let bed = Bed::new("prune-namespace");
    bed.write_config_map("kept", &[("a", "1")]);
    bed.write("used.yaml", &namespace("prune-used"));
    bed.write("unused.yaml", &namespace("prune-unused"));
    bed.write(
        "content.yaml",
        &with_metadata(&config_map("content", &[("a", "1")]), "  namespace: prune-unused\n"),
    );
    bed.synced();
    bed.plane
        .kubectl(&["create", "configmap", "somebodys", "--namespace=prune-used"])
        .expect_success();
    for file in ["used.yaml", "unused.yaml", "content.yaml"] {
        bed.remove(file);
    }
    bed.diff()
        .exits(1)
        .shows("= keep Namespace prune-used no longer in git; still in use by ConfigMap prune-used/somebodys")
        .shows("- delete Namespace prune-unused no longer in git");
    bed.synced().shows("2 deleted");
    assert!(bed.plane.get("configmap", Some("prune-used"), "somebodys").is_some());
    assert!(bed.plane.get("namespace", None, "prune-unused").is_none());
}

#[test]
fn what_another_set_or_nobody_applied_is_never_pruned() {
    let bed = Bed::new("prune-others");
    bed.write_config_map("mine", &[("a", "1")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    // Another ApplySet in the same namespace, and a copy of a member, label and all.
    let args = ["sync", "--yes", "-f", "-", "--name", "another", "-n", "prune-others"];
    bed.run_with(&args, &config_map("theirs", &[("a", "1")])).exits(0);
    let label =
        bed.get("configmap", "mine").expect("it is there")["metadata"]["labels"]["applyset.kubernetes.io/part-of"]
            .clone();
    bed.kubectl(&["create", "configmap", "copied"]);
    bed.kubectl(&[
        "label",
        "configmap",
        "copied",
        &format!("applyset.kubernetes.io/part-of={}", label.as_str().expect("text")),
    ]);
    bed.remove("dropped.yaml");
    bed.synced()
        .shows("= keep ConfigMap prune-others/copied labelled as a member, but never applied by us")
        .shows("1 deleted");
    assert!(bed.get("configmap", "theirs").is_some() && bed.get("configmap", "copied").is_some());
}

#[test]
fn another_sets_object_is_not_taken_even_when_asked() {
    let bed = Bed::new("prune-taken");
    let args = ["sync", "--yes", "-f", "-", "--name", "another", "-n", "prune-taken"];
    bed.run_with(&args, &config_map("theirs", &[("a", "1")])).exits(0);
    bed.write_config_map("theirs", &[("a", "mine")]);
    bed.run(&["sync", "--yes", "--adopt"])
        .exits(1)
        .shows("? skip ConfigMap prune-taken/theirs it is part of another ApplySet");
    assert_eq!(bed.get("configmap", "theirs").expect("it is there")["data"]["a"], "1");
}

#[test]
fn an_object_that_is_not_ours_is_adopted_only_when_asked() {
    let bed = Bed::new("prune-adopt");
    bed.kubectl(&["create", "configmap", "settings", "--from-literal=mode=theirs"]);
    bed.write_config_map("settings", &[("mode", "ours")]);
    bed.sync()
        .exits(1)
        .shows("? skip ConfigMap prune-adopt/settings it exists and is not ours; take it over with --adopt");
    assert_eq!(
        bed.get("configmap", "settings").expect("it is there")["data"]["mode"],
        "theirs"
    );
    bed.run(&["sync", "--yes", "--adopt"])
        .exits(0)
        .shows("- theirs + ours takeover: from kubectl-create");
    assert_eq!(
        bed.get("configmap", "settings").expect("it is there")["data"]["mode"],
        "ours"
    );
    bed.diff().exits(0);
}

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

#[test]
fn a_kind_that_may_not_be_listed_is_not_compared_and_blocks_the_sync() {
    let bed = Bed::new("prune-hidden");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.write("secret.yaml", &secret("credentials"));
    bed.synced();
    bed.remove("secret.yaml");
    bed.write_config_map("settings", &[("a", "2")]);
    let reader = ControlPlane::bare().user(&[Rule {
        groups: &[""],
        resources: &["configmaps"],
        verbs: &["get", "list", "patch", "create"],
    }]);
    bed.run_as(&reader.kubeconfig, &["diff"], "")
        .exits(1)
        .shows("? not compared Secret")
        .shows("~ update ConfigMap prune-hidden/settings")
        .shows("1 kind not compared");
    bed.run_as(&reader.kubeconfig, &["sync", "--yes"], "")
        .exits(2)
        .shows("Secret may not be listed");
    assert!(bed.get("secret", "credentials").is_some());
    assert_eq!(bed.get("configmap", "settings").expect("it is there")["data"]["a"], "1");
}

#[test]
fn a_kind_that_git_dropped_is_not_forgotten_while_nothing_is_pruned() {
    let bed = Bed::new("prune-later");
    bed.write_config_map("kept", &[("a", "1")]);
    bed.write("secret.yaml", &secret("dropped"));
    bed.synced();
    bed.remove("secret.yaml");
    bed.write_config_map("kept", &[("a", "2")]);
    bed.run(&["sync", "--yes", "--no-prune"]).exits(0).shows("1 updated");
    assert!(bed.get("secret", "dropped").is_some());
    bed.synced().shows("1 deleted");
    assert!(bed.get("secret", "dropped").is_none());
}

#[test]
fn a_set_goes_with_the_namespace_that_it_is_kept_in() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "prune-whole");
    bed.write("namespace.yaml", &namespace("prune-whole"));
    bed.write_config_map("settings", &[("a", "1")]);
    bed.synced();
    bed.remove("namespace.yaml");
    bed.remove("settings.yaml");
    bed.run(&["sync", "--yes", "--allow-empty", "--timeout", "60s"])
        .exits(0)
        .shows("2 deleted");
    assert!(bed.plane.get("namespace", None, "prune-whole").is_none());
}

#[test]
fn a_volume_claim_goes_only_on_request() {
    let bed = Bed::on(ControlPlane::full(), "prune-claim");
    bed.write_config_map("kept", &[("a", "1")]);
    bed.write(
        "claim.yaml",
        "apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
",
    );
    bed.synced();
    bed.remove("claim.yaml");
    bed.diff().exits(0).shows(
        "= keep PersistentVolumeClaim prune-claim/data no longer in git; delete it with --prune-kind PersistentVolumeClaim",
    );
    bed.synced();
    assert!(bed.get("persistentvolumeclaim", "data").is_some());
    bed.run(&["sync", "--yes", "--prune-kind", "PersistentVolumeClaim"])
        .exits(0)
        .shows("1 deleted");
    assert!(bed.get("persistentvolumeclaim", "data").is_none());
}

#[test]
fn what_another_object_owns_by_now_is_kept() {
    let bed = Bed::new("prune-owned");
    bed.write_config_map("owner", &[("a", "1")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    let uid = bed.get("configmap", "owner").expect("it is there")["metadata"]["uid"].clone();
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid});
    bed.patch(
        "operator",
        "configmap",
        "dropped",
        &json!({"metadata": {"ownerReferences": [owner]}}),
    );
    bed.remove("dropped.yaml");
    bed.synced()
        .shows("= keep ConfigMap prune-owned/dropped no longer in git; ConfigMap owner owns it");
    assert!(bed.get("configmap", "dropped").is_some());
}

#[test]
fn nothing_is_pruned_while_something_is_not_current() {
    let bed = Bed::new("prune-not-ready");
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    bed.remove("dropped.yaml");
    // Nothing runs it here.
    bed.write("web.yaml", &deployment("web", 1, "one"));
    bed.run(&["sync", "--yes", "--timeout", "2s"])
        .exits(1)
        .shows("not ready Deployment prune-not-ready/web")
        .shows("nothing was pruned (1 to delete): one object that comes before is not as git wants it");
    assert!(bed.get("configmap", "dropped").is_some());
}

#[test]
fn nothing_is_pruned_when_a_file_cannot_be_read() {
    let bed = Bed::new("prune-unreadable");
    bed.write_config_map("broken", &[("a", "1")]);
    bed.write_config_map("kept", &[("a", "1")]);
    bed.synced();
    bed.write(
        "broken.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: broken\n",
    );
    let requests = bed.audited(|| drop(bed.sync().exits(2).complains("desired/broken.yaml")));
    assert!(!requests.iter().any(crate::control_plane::AuditEvent::is_write));
    assert!(bed.get("configmap", "broken").is_some());
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

#[test]
fn another_name_is_one_create_and_one_delete_that_belong_together() {
    let bed = Bed::new("prune-renamed");
    bed.write_config_map("before", &[("a", "1")]);
    let service = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  type: NodePort\n  selector: {{app: web}}\n  ports: [{{port: 80}}]\n"
        )
    };
    bed.write("service.yaml", &service("old"));
    bed.synced();
    bed.remove("before.yaml");
    bed.write_config_map("after", &[("a", "1")]);
    bed.write_config_map("another", &[("a", "2")]);
    bed.write("service.yaml", &service("new"));
    bed.diff()
        .exits(1)
        .shows("+ create ConfigMap prune-renamed/after renamed from ConfigMap prune-renamed/before, which is deleted")
        .shows("+ create ConfigMap prune-renamed/another\n")
        .shows("+ create Service prune-renamed/new renamed from Service prune-renamed/old, which is deleted")
        .shows("- delete ConfigMap prune-renamed/before no longer in git")
        .shows("3 to create, 2 to delete");
    // What is not deleted is not renamed.
    bed.run(&["diff", "--no-prune"]).exits(1).shows_not("renamed from");
    bed.synced().shows("3 created, 2 deleted");
    bed.diff().exits(0);
}

#[test]
fn what_is_cluster_scoped_is_not_pruned_under_a_namespace() {
    let bed = Bed::new("prune-cluster-scoped");
    bed.write_config_map("kept", &[("a", "1")]);
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: prune-cluster-scoped\nrules: []\n";
    bed.write("role.yaml", role);
    bed.synced();
    bed.remove("role.yaml");
    let there = || bed.plane.get("clusterrole", None, "prune-cluster-scoped").is_some();
    bed.run(&["sync", "--yes", "--only-namespace", "prune-cluster-scoped"])
        .exits(0);
    assert!(there());
    bed.synced().shows("1 deleted");
    assert!(!there());
}
