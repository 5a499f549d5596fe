//! `--name`, `-n` and `-l`: what they are about, and what they leave alone.

use crate::bed::{Bed, config_map};

fn in_namespace(namespace: &str, name: &str, data: &[(&str, &str)]) -> String {
    config_map(name, data).replace("metadata:\n", &format!("metadata:\n  namespace: {namespace}\n"))
}

fn labelled(tier: &str, name: &str, data: &[(&str, &str)]) -> String {
    config_map(name, data).replace("metadata:\n", &format!("metadata:\n  labels: {{tier: {tier}}}\n"))
}

#[test]
fn without_a_name_nothing_is_a_member_and_nothing_is_pruned() {
    let bed = Bed::new("scope-nameless");
    let (one, two) = (config_map("one", &[("a", "1")]), config_map("two", &[("a", "1")]));
    let args = ["sync", "--yes", "-f", "-", "-n", "scope-nameless"];
    bed.run_with(&args, &format!("{one}---\n{two}"))
        .exits(0)
        .shows("nothing is pruned: the ApplySet has no name (pass --name)");
    assert!(bed.get("configmap", "one").expect("it is there")["metadata"]["labels"].is_null());
    bed.run_with(&args, &one).exits(0);
    assert!(bed.get("configmap", "two").is_some());
    bed.run_with(
        &["diff", "-f", "-", "-n", "scope-nameless"],
        &format!("{one}---\n{two}"),
    )
    .exits(0)
    .shows("in sync: 2 objects");
}

#[test]
fn a_namespace_limits_what_is_applied_and_pruned() {
    let bed = Bed::new("scope-namespace");
    bed.plane
        .kubectl(&["create", "namespace", "scope-other"])
        .expect_success();
    bed.write("a.yaml", &config_map("a", &[("v", "1")]));
    bed.write("b.yaml", &in_namespace("scope-other", "b", &[("v", "1")]));
    bed.write("dropped-here.yaml", &config_map("dropped", &[("v", "1")]));
    bed.write(
        "dropped-there.yaml",
        &in_namespace("scope-other", "dropped", &[("v", "1")]),
    );
    let role =
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: scope-namespace\nrules: []\n";
    bed.write("role.yaml", role);
    bed.synced();

    bed.write("a.yaml", &config_map("a", &[("v", "2")]));
    bed.write("b.yaml", &in_namespace("scope-other", "b", &[("v", "2")]));
    for file in ["dropped-here.yaml", "dropped-there.yaml", "role.yaml"] {
        bed.remove(file);
    }
    bed.run(&["sync", "--yes", "--only-namespace", "scope-namespace"])
        .exits(0)
        .shows("complete: 1 updated, 1 deleted")
        .shows("pruned is only what is in the namespace of --only-namespace")
        .shows("not selected: 1 in git");
    let other = |name: &str| bed.plane.get("configmap", Some("scope-other"), name);
    assert!(bed.get("configmap", "dropped").is_none());
    assert_eq!(bed.get("configmap", "a").expect("it is there")["data"]["v"], "2");
    assert_eq!(other("b").expect("it is there")["data"]["v"], "1");
    assert!(other("dropped").is_some());
    assert!(bed.plane.get("clusterrole", None, "scope-namespace").is_some());

    bed.synced().shows("complete: 1 updated, 2 deleted, 1 unchanged");
    assert!(other("dropped").is_none());
    assert!(bed.plane.get("clusterrole", None, "scope-namespace").is_none());
}

#[test]
fn a_selector_limits_what_is_applied_and_pruned() {
    let bed = Bed::new("scope-labels");
    bed.write("front.yaml", &labelled("front", "front", &[("v", "1")]));
    bed.write("back.yaml", &labelled("back", "back", &[("v", "1")]));
    bed.write("old-front.yaml", &labelled("front", "old-front", &[("v", "1")]));
    bed.write("old-back.yaml", &labelled("back", "old-back", &[("v", "1")]));
    bed.synced();
    bed.write("front.yaml", &labelled("front", "front", &[("v", "2")]));
    bed.write("back.yaml", &labelled("back", "back", &[("v", "2")]));
    bed.remove("old-front.yaml");
    bed.remove("old-back.yaml");
    bed.run(&["sync", "--yes", "-l", "tier=front"])
        .exits(0)
        .shows("complete: 1 updated, 1 deleted");
    assert!(bed.get("configmap", "old-front").is_none() && bed.get("configmap", "old-back").is_some());
    assert_eq!(bed.get("configmap", "back").expect("it is there")["data"]["v"], "1");
    bed.synced().shows("complete: 1 updated, 1 deleted, 1 unchanged");
}

#[test]
fn two_names_are_two_sets() {
    let bed = Bed::new("scope-names");
    let sync = |name: &str, manifest: &str| {
        bed.run_with(
            &["sync", "--yes", "-f", "-", "--name", name, "-n", "scope-names"],
            manifest,
        )
        .exits(0)
    };
    sync("blue", &config_map("one", &[("a", "1")]));
    sync("green", &config_map("two", &[("a", "1")]));
    assert!(bed.get("configmap", "one").is_some() && bed.get("configmap", "two").is_some());
    bed.run(&["status", "--name", "blue", "-n", "scope-names"])
        .exits(0)
        .shows("blue on")
        .shows("objects 1, 1 Current");
}

#[test]
fn members_are_found_by_a_user_of_one_namespace() {
    let bed = Bed::new("scope-role");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    bed.remove("dropped.yaml");
    let rules = [
        crate::control_plane::Rule {
            groups: &[""],
            resources: &["configmaps"],
            verbs: &["get", "list", "watch", "create", "patch", "delete"],
        },
        crate::control_plane::Rule {
            groups: &["coordination.k8s.io"],
            resources: &["leases"],
            verbs: &["get", "create", "update"],
        },
    ];
    let user = bed.plane.user_in("scope-role", &rules);
    bed.run_as(&user.kubeconfig, &["diff"], "")
        .exits(1)
        .shows("- delete ConfigMap scope-role/dropped");
    bed.run_as(&user.kubeconfig, &["sync", "--yes"], "")
        .exits(0)
        .shows("1 deleted");
}

#[test]
fn a_selector_leaves_alone_what_git_wants_with_another_label() {
    let bed = Bed::new("scope-relabelled");
    bed.write("a.yaml", &labelled("front", "a", &[("v", "1")]));
    bed.write("b.yaml", &labelled("front", "b", &[("v", "1")]));
    bed.synced();
    bed.write("b.yaml", &labelled("back", "b", &[("v", "1")]));
    let front = ["sync", "--yes", "-l", "tier=front"];
    bed.run(&front).exits(0).shows_not("delete");
    bed.synced().shows_not("delete");
    assert_eq!(
        bed.get("configmap", "b").expect("it is there")["metadata"]["labels"]["tier"],
        "back"
    );
}

#[test]
fn a_namespace_on_what_is_cluster_scoped_is_a_warning_and_the_object_is_synced() {
    let bed = Bed::new("scope-ignored");
    bed.write(
        "a.yaml",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: scope-ignored, namespace: other}\nrules: []\n---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata:\n  name: scope-ignored\n  namespace: other\nvalue: 1\n",
    );
    bed.diff()
        .exits(1)
        .shows("desired/a.yaml:3:33: metadata.namespace is ignored, since ClusterRole is cluster-scoped")
        .shows("desired/a.yaml:10:3: metadata.namespace is ignored, since PriorityClass is cluster-scoped");
    bed.synced();
    bed.diff().exits(0);
    bed.run(&["delete", "--yes"]).exits(0);
}

#[test]
fn a_namespace_by_option_is_that_of_the_manifests_and_of_the_set_and_selects_nothing() {
    let bed = Bed::new("scope-option");
    let settings = "name: scope-option\nnamespace: elsewhere\n";
    bed.write("stackanetes.yaml", settings);
    bed.write_config_map("kept", &[("a", "1")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    let role =
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: scope-option\nrules: []\n";
    bed.write("role.yaml", role);
    let sync = || bed.run(&["sync", "--yes", "-n", "scope-option"]).exits(0);
    sync().shows("complete: 3 created").shows_not("pruned is only");
    bed.remove("dropped.yaml");
    bed.remove("role.yaml");
    sync().shows("complete: 2 deleted, 1 unchanged");
    assert!(bed.plane.get("clusterrole", None, "scope-option").is_none());
    bed.run(&["diff", "-n", "scope-option"])
        .exits(0)
        .shows_not("never synced");
    bed.run(&["status", "-n", "scope-option"]).exits(0).shows("  synced ");
    bed.run(&["delete", "--yes", "-n", "scope-option"]).exits(0);
    assert!(bed.get("configmap", "kept").is_none());
}
