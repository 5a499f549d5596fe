//! `status --drift` and `status --watch`.

use std::io::{BufRead as _, BufReader};
use std::process::Command;

use serde_json::{Value, json};

use crate::bed::{Bed, config_map, secret, with_metadata};
use crate::control_plane::ControlPlane;

#[test]
fn drift_is_what_others_changed_since_the_last_sync_whatever_git_says_now() {
    let bed = Bed::new("status-drift");
    bed.write_config_map("edited", &[("mode", "fast"), ("size", "big")]);
    bed.write_config_map("lost", &[("a", "1")]);
    bed.commit("First");
    bed.synced();
    bed.run(&["status", "--drift"]).exits(0).shows("drift none");
    bed.patch(
        "kubectl-edit",
        "configmap",
        "edited",
        &json!({"data": {"mode": "slow"}}),
    );
    bed.kubectl(&["delete", "configmap", "lost"]);
    bed.write_config_map("edited", &[("mode", "fast"), ("size", "small")]);
    bed.write_config_map("new", &[("a", "1")]);
    bed.commit("Second");
    bed.run(&["status"]).exits(0).shows_not("drift ConfigMap");
    bed.run(&["status", "--drift"])
        .exits(1)
        .shows("drift ConfigMap status-drift/edited: data.mode, kubectl-edit")
        .shows("drift ConfigMap status-drift/lost: somebody deleted it")
        .shows_not("data.size")
        .shows_not("status-drift/new");
    let run = bed.run(&["status", "--drift", "--format", "json"]).exits(1);
    let status: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let drift = status["drift"].as_array().expect("a list");
    let changes: Vec<&Value> = drift.iter().map(|drift| &drift["change"]).collect();
    assert_eq!(changes, ["field", "deleted"], "{status}");
    assert_eq!(drift[0]["manager"], "kubectl-edit", "{status}");
}

#[test]
fn only_named_objects_are_shown_and_all_are_counted() {
    let bed = Bed::new("status-named");
    for name in ["one", "two"] {
        bed.write_config_map(name, &[("a", "1")]);
    }
    bed.write("secret.yaml", &secret("three"));
    bed.commit("First");
    bed.synced();
    bed.run(&["status"]).exits(0).shows_not("ConfigMap status-named/one");
    bed.run(&["status", "desired", "cm/one", "Secret/*", "cm/none"])
        .exits(0)
        .shows("objects 3, 3 Current")
        .shows("Current ConfigMap status-named/one")
        .shows("Current Secret status-named/three")
        .shows("warning no member is cm/none")
        .shows_not("status-named/two");
    let run = bed
        .run(&["status", "--format", "json", "desired", "configmap/t*"])
        .exits(0);
    let status: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(status["counts"]["Current"], 3, "{status}");
    let names = status["objects"].as_array().expect("a list").iter();
    assert_eq!(names.map(|one| &one["object"]["name"]).collect::<Vec<_>>(), ["two"]);
    // What others changed of another object is not shown, and is not forgotten.
    bed.patch("kubectl-edit", "configmap", "two", &json!({"data": {"a": "2"}}));
    bed.run(&["status", "--drift", "desired", "cm/one"])
        .exits(1)
        .shows_not("kubectl-edit");
    bed.run(&["status", "--drift", "desired", "cm/two"])
        .exits(1)
        .shows("data.a, kubectl-edit");
    bed.run(&["status", "cm/one"])
        .exits(2)
        .complains("there is no directory cm/one")
        .complains("`stackanetes status desired cm/one`");
}

#[test]
fn drift_is_not_known_after_a_sync_of_a_part_nor_from_another_directory() {
    let bed = Bed::new("status-part");
    let labelled = |name: &str| {
        let manifest = config_map(name, &[("a", "1")]);
        with_metadata(&manifest, "  labels: {part: mine}\n")
    };
    bed.write("goes.yaml", &labelled("goes"));
    bed.write_config_map("stays", &[("a", "1")]);
    bed.commit("First");
    bed.synced();
    bed.remove("goes.yaml");
    bed.write("comes.yaml", &labelled("comes"));
    bed.commit("Second");
    bed.run(&["sync", "--yes", "--selector", "part=mine"]).exits(0);
    assert!(bed.get("configmap", "goes").is_none());
    bed.run(&["status", "--drift"])
        .exits(2)
        .complains("failed to find drift: a later sync was incomplete, or of a part of the objects");
    bed.synced();
    bed.run(&["status", "--drift"]).exits(0).shows("drift none");
}

#[test]
fn drift_since_a_sync_of_no_commit_is_not_known() {
    let bed = Bed::new("status-dirty");
    bed.write_config_map("one", &[("a", "1")]);
    bed.synced();
    bed.run(&["status", "--drift"])
        .exits(2)
        .complains("failed to find drift: what was synced last is no commit");
}

#[test]
fn a_status_that_is_watched_is_shown_again_when_it_has_changed_until_somebody_ends_it() {
    let bed = Bed::new("status-watch");
    bed.write_config_map("one", &[("a", "1")]);
    bed.synced();
    let mut watch = bed.start(&["status", "--watch", "--format", "json"]);
    let mut lines = BufReader::new(watch.stdout.take().expect("it is piped")).lines();
    let mut shown = || -> Value {
        let line = lines.next().expect("it goes on").expect("text");
        serde_json::from_str(&line).expect("JSON")
    };
    assert_eq!(shown()["objects"].as_array().map(Vec::len), Some(1));
    bed.write_config_map("two", &[("a", "1")]);
    bed.synced();
    // It may be seen before the sync is over, too.
    while shown()["objects"].as_array().map(Vec::len) != Some(2) {}
    let ended = Command::new("kill").args(["-INT", &watch.id().to_string()]).status();
    assert!(ended.expect("kill can be run").success());
    assert_eq!(watch.wait().expect("it ends").code(), Some(130));
}

#[test]
fn drift_is_found_under_the_name_that_a_sync_was_told_to_apply_under() {
    let bed = Bed::new("status-manager");
    bed.write_config_map("edited", &[("mode", "fast")]);
    bed.commit("First");
    bed.run(&["sync", "--yes", "--field-manager", "ci"]).exits(0);
    bed.patch(
        "kubectl-edit",
        "configmap",
        "edited",
        &json!({"data": {"mode": "slow"}}),
    );
    bed.run(&["status", "--drift", "--field-manager", "ci"])
        .exits(1)
        .shows("drift ConfigMap status-manager/edited: data.mode, kubectl-edit");
}

#[test]
fn a_daemon_set_that_no_node_takes_is_told_with_the_labels_that_it_asks_for() {
    let bed = Bed::on(ControlPlane::full(), "status-no-node");
    let pods = "{metadata: {labels: {app: agent}}, spec: {nodeSelector: {role: no-such-role}, containers: [{name: a, image: a}]}}";
    bed.write(
        "agent.yaml",
        &format!(
            "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: agent}}\n\
             spec: {{selector: {{matchLabels: {{app: agent}}}}, template: {pods}}}\n"
        ),
    );
    bed.synced();
    bed.run(&["status"])
        .exits(0)
        .shows("1, 1 Current")
        .shows("DaemonSet status-no-node/agent runs on no node: none takes its pods, which ask for role=no-such-role");
    let run = bed.run(&["status", "--format", "json"]).exits(0);
    let status: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(status["objects"][0]["noNode"], json!({"role": "no-such-role"}));
}
