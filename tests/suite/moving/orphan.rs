//! `stackanetes delete --orphan`: the ApplySet goes, and nothing else does.

use serde_json::{Value, json};

use super::{is_unchanged, standing};
use crate::bed::{Bed, config_map, deployment, namespace, pod_template, with_metadata};
use crate::control_plane::{AuditEvent, ControlPlane};

/// Whether an object bears a mark of a sync: our label, annotation or managed fields.
fn marks(object: &Value) -> Vec<String> {
    let keys = |map: &str| {
        object["metadata"][map]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key.clone())
    };
    let managers = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    let managers = managers.filter_map(|entry| entry["manager"].as_str().map(str::to_owned));
    let marks = keys("labels").chain(keys("annotations")).chain(managers);
    marks
        .filter(|mark| mark.starts_with("stackanetes") || mark.starts_with("applyset"))
        .collect()
}

#[test]
fn every_object_stays_as_it_is_and_bears_no_mark_of_a_sync() {
    let bed = Bed::new("orphan-all");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.write("pods.yaml", &pod_template("web", "one"));
    bed.write(
        "login/component.yaml",
        "secrets:\n  - name: login\n    generate: {password: {length: 12}}\n",
    );
    let never = "  annotations: {stackanetes.io/prune: never, team: a}\n";
    bed.write("kept.yaml", &with_metadata(&config_map("kept", &[("a", "1")]), never));
    bed.write("elsewhere.yaml", &namespace("orphan-all-too"));
    bed.synced();
    bed.patch("team-b", "configmap", "settings", &json!({"data": {"theirs": "kept"}}));
    let before = standing(&bed);

    let requests = bed.audited(|| {
        bed.run(&["delete", "--orphan"])
            .exits(2)
            .shows("orphan-all on controlplane: the ApplySet is to be deleted, and its objects are to stay")
            .shows("~ orphan ConfigMap orphan-all/settings")
            .shows("5 to orphan")
            .shows("the ApplySet orphan-all goes, with its records; its objects stay")
            .complains("pass --yes to delete without asking");
    });
    assert!(!requests.iter().any(AuditEvent::is_write), "{requests:?}");
    let requests = bed.audited(|| {
        bed.run(&["delete", "--orphan", "--yes"])
            .exits(0)
            .shows("complete: 5 orphaned")
            .shows("the ApplySet orphan-all is gone");
    });
    let deleted = requests.iter().filter(|request| request.verb == "delete");
    let deleted: Vec<&str> = deleted.map(|request| request.resource.as_str()).collect();
    assert_eq!(deleted, ["configmaps", "leases"], "only the records are deleted");

    is_unchanged(&bed, &before);
    for (kind, name) in [("configmap", "settings"), ("podtemplate", "web"), ("secret", "login")] {
        let object = bed.get(kind, name).expect("it stays");
        assert_eq!(marks(&object), Vec::<String>::new(), "{object}");
    }
    let kept = bed.get("configmap", "kept").expect("it stays");
    assert_eq!(
        kept["metadata"]["annotations"],
        json!({"stackanetes.io/prune": "never", "team": "a"})
    );
    assert_eq!(
        marks(&bed.plane.get("namespace", None, "orphan-all-too").expect("it stays")),
        Vec::<String>::new()
    );
    // Nobody owns what was ours, and what somebody else set is theirs as before.
    let settings = bed.get("configmap", "settings").expect("it stays");
    let owners = settings["metadata"]["managedFields"].as_array().expect("a list");
    assert_eq!(
        owners.iter().map(|entry| &entry["manager"]).collect::<Vec<_>>(),
        ["team-b"]
    );

    bed.run(&["delete", "--orphan", "--yes"])
        .exits(2)
        .complains("was never synced");
    // And back: nothing changes then either, and no value is generated anew.
    bed.run(&["sync", "--yes", "--adopt"]).exits(0);
    is_unchanged(&bed, &before);
}

#[test]
fn an_object_that_was_never_applied_is_left_alone_and_keeps_the_set() {
    let bed = Bed::new("orphan-foreign");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.synced();
    let id =
        bed.get("configmap", "settings").expect("it is there")["metadata"]["labels"]["applyset.kubernetes.io/part-of"]
            .as_str()
            .expect("a label")
            .to_owned();
    bed.kubectl(&["create", "configmap", "theirs"]);
    let label = format!("applyset.kubernetes.io/part-of={id}");
    bed.kubectl(&["label", "configmap", "theirs", &label]);
    let before = bed.get("configmap", "theirs");
    bed.run(&["delete", "--orphan", "--yes"])
        .exits(0)
        .shows("= keep ConfigMap orphan-foreign/theirs labelled as a member, but never applied by us")
        .shows("the ApplySet orphan-foreign stays, since 1 of its objects are kept")
        .shows("1 orphaned");
    assert_eq!(bed.get("configmap", "theirs"), before);
    assert_eq!(
        marks(&bed.get("configmap", "settings").expect("it stays")),
        Vec::<String>::new()
    );
}

#[test]
fn pods_that_follow_their_configuration_do_not_restart() {
    let bed = Bed::on(ControlPlane::full(), "orphan-pods");
    bed.write_config_map("settings", &[("mode", "fast")]);
    let reads = "      containers:\n        - name: web\n          envFrom: [{configMapRef: {name: settings}}]\n";
    let web = deployment("web", 2, "example/web:1").replace("      containers:\n        - name: web\n", reads);
    bed.write("web.yaml", &web);
    bed.synced();
    let before = standing(&bed);
    let template = &bed.get("deployment", "web").expect("it is there")["spec"]["template"]["metadata"];
    assert!(
        !template["annotations"]["stackanetes.io/configuration"].is_null(),
        "{template}"
    );
    bed.run(&["delete", "--orphan", "--yes"]).exits(0).shows("2 orphaned");
    is_unchanged(&bed, &before);
}

#[test]
fn a_sandbox_lets_its_members_go_too() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "orphan-sandbox");
    bed.write("namespace.yaml", &namespace("orphan-sandbox"));
    bed.write_config_map("settings", &[("a", "1")]);
    let run = |args: &[&str]| bed.run(&[args, &["--sandbox", "sandbox"]].concat());
    run(&["sync", "--yes"]).exits(0);
    run(&["delete", "--orphan", "--yes"])
        .exits(0)
        .shows("2 orphaned")
        .shows("is gone");
    run(&["diff"]).exits(1).shows("2 objects are not ours; pass --adopt");
    run(&["sync", "--yes", "--adopt"]).exits(0).shows("2 updated");
}

#[test]
fn another_set_is_not_touched_and_programs_read_what_was_done() {
    let bed = Bed::new("orphan-json");
    let sync = |name: &str, object: &str| {
        let args = ["sync", "--yes", "-f", "-", "--name", name, "-n", "orphan-json"];
        bed.run_with(&args, &config_map(object, &[("a", "1")])).exits(0);
    };
    sync("one", "first");
    sync("two", "second");
    let other = bed.get("configmap", "second");
    let run = bed.run(&[
        "delete",
        "--orphan",
        "--yes",
        "--name",
        "one",
        "-n",
        "orphan-json",
        "--format",
        "json",
    ]);
    let run = run.exits(0);
    let documents: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let (plan, report) = (&documents[0], documents.last().expect("a report"));
    assert_eq!(
        (&plan["steps"][0]["action"], &plan["steps"][0]["reason"]["code"]),
        (&"orphan".into(), &"orphan".into())
    );
    assert_eq!(
        (&report["result"], &report["counts"]["orphaned"]),
        (&"complete".into(), &1.into())
    );
    assert_eq!(bed.get("configmap", "second"), other);
}
