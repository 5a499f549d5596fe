//! Others delete what is written, hold what is deleted, or delete the namespace.

use serde_json::json;

use super::{Moment, sync_while};
use crate::bed::{Bed, wait_until};

#[test]
fn what_somebody_deletes_once_it_is_created_is_said_and_created_by_the_next_sync() {
    let bed = Bed::new("writers-deletes");
    bed.write_config_map("first", &[("a", "1")]);
    let after = "apiVersion: v1
kind: ConfigMap
metadata:
  name: second
  annotations: {config.kubernetes.io/depends-on: /namespaces/writers-deletes/ConfigMap/first}
";
    bed.write("second.yaml", after);
    let (run, _) = sync_while(&bed, Moment::applied("/configmaps/second"), |other, _| {
        other.kubectl(&["delete", "configmap", "first"]);
    });
    run.exits(1)
        .shows("failed ConfigMap writers-deletes/first: somebody deleted it once it was written");
    bed.synced().shows("1 created");
}

#[test]
fn what_somebody_deletes_before_it_is_updated_is_not_made_anew_unseen() {
    let bed = Bed::new("writers-deleted-first");
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.synced();
    bed.write_config_map("settings", &[("mode", "fast")]);
    let (run, _) = sync_while(&bed, Moment::applied("/configmaps/settings"), |other, _| {
        other.kubectl(&["delete", "configmap", "settings"]);
    });
    run.exits(1)
        .shows("failed ConfigMap writers-deleted-first/settings: it changed after the plan was made");
    assert!(bed.get("configmap", "settings").is_none());
    bed.synced().shows("1 created");
}

#[test]
fn a_finalizer_that_somebody_adds_to_what_is_pruned_is_named() {
    let bed = Bed::new("writers-holds");
    bed.write_config_map("kept", &[("a", "1")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.synced();
    bed.remove("dropped.yaml");
    let (run, requests) = sync_while(&bed, Moment::deleted("/configmaps/dropped"), |other, _| {
        let hold = json!({"metadata": {"finalizers": ["example.com/hold"]}});
        other.patch("operator", ["configmap", "dropped"], &hold);
    });
    run.exits(1)
        .shows("not deleted ConfigMap writers-holds/dropped: still there")
        .shows("the finalizer example.com/hold (put there by operator)");
    let deletes = requests.iter().filter(|request| request.method == "DELETE").count();
    assert!(deletes <= 3, "{deletes}");
    bed.patch(
        "operator",
        "configmap",
        "dropped",
        &json!({"metadata": {"finalizers": null}}),
    );
    bed.synced();
    assert!(bed.get("configmap", "dropped").is_none());
}

#[test]
fn a_namespace_that_is_deleted_meanwhile_is_said_and_nothing_spins() {
    let bed = Bed::new("writers-namespace");
    for name in ["one", "two", "three"] {
        bed.write_config_map(name, &[("a", "1")]);
    }
    let (run, _) = sync_while(&bed, Moment::applied("/configmaps/one"), |other, _| {
        let namespace = other.namespace.clone();
        other
            .plane
            .kubectl(&["delete", "namespace", &namespace, "--wait=false"])
            .expect_success();
    });
    assert!([1, 2].contains(&run.code), "{run:#?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(
        said.contains("the namespace is being deleted") || said.contains("somebody deleted it"),
        "{said}"
    );
    wait_until("the namespace is gone", || {
        bed.plane.get("namespace", None, &bed.namespace).is_none()
    });
    bed.sync()
        .exits(2)
        .complains("namespace writers-namespace does not exist");
    bed.plane
        .kubectl(&["create", "namespace", &bed.namespace])
        .expect_success();
    bed.synced().shows("3 created");
}
