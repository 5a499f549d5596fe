//! What git dropped goes, and nothing else: each guard has a test that would delete something
//! without it.

mod held;

use serde_json::json;

use crate::bed::{Bed, config_map, deployment, namespace, secret, with_metadata};
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
