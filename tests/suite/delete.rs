//! `stackanetes delete`: a whole ApplySet goes, and nothing but it.

use serde_json::Value;

use crate::bed::{Bed, Run, config_map, namespace, pod_template, secret, with_metadata};
use crate::control_plane::{AuditEvent, ControlPlane};

fn deleted(bed: &Bed, more: &[&str]) -> Run {
    bed.run(&[&["delete", "--yes", "--timeout", "60s"], more].concat())
}

/// What keeps the ApplySet: its parent, its Lease, its key.
fn records(bed: &Bed) -> [bool; 3] {
    let name = format!("stackanetes-{}", bed.namespace);
    [
        bed.get("configmap", &name).is_some(),
        bed.get("lease", &name).is_some(),
        bed.get("secret", &format!("{name}-key")).is_some(),
    ]
}

/// The names of what was deleted, in the order of the requests.
fn deletes(requests: &[AuditEvent]) -> Vec<&str> {
    let deletes = requests.iter().filter(|request| request.verb == "delete");
    deletes.map(|request| request.name.as_str()).collect()
}

#[test]
fn programs_are_told_of_each_object_that_goes() {
    let bed = Bed::new("delete-told");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.write(
        "kept.yaml",
        &with_metadata(
            &config_map("kept", &[("a", "1")]),
            "  annotations: {stackanetes.io/prune: never}\n",
        ),
    );
    bed.synced();
    let run = deleted(&bed, &["--format", "json"]).exits(0);
    let documents: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a document a line"))
        .collect();
    let kinds: Vec<&str> = documents
        .iter()
        .map(|document| document["kind"].as_str().expect("a kind"))
        .collect();
    let events = kinds.len() - 2;
    assert!(events > 0, "{kinds:?}");
    assert_eq!(kinds, [vec!["Plan"], vec!["Event"; events], vec!["Report"]].concat());
    let reasons: Vec<&Value> = documents[0]["steps"]
        .as_array()
        .expect("the steps")
        .iter()
        .map(|step| &step["reason"]["code"])
        .collect();
    assert_eq!(reasons, ["keepAnnotated", "everything"]);
    let report = &documents[kinds.len() - 1];
    assert_eq!(
        (&report["result"], &report["counts"]["deleted"]),
        (&"complete".into(), &1.into())
    );
}

#[test]
fn everything_goes_in_reverse_order_and_the_records_last() {
    let bed = Bed::new("delete-all");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.write("pods.yaml", &pod_template("web", "one"));
    let on = "  annotations:\n    config.kubernetes.io/depends-on: /namespaces/delete-all/ConfigMap/settings\n";
    bed.write("after.yaml", &with_metadata(&config_map("after", &[("a", "1")]), on));
    bed.write(
        "service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports: [{port: 80}]\n",
    );
    bed.write("namespace.yaml", &namespace("delete-all-too"));
    bed.write(
        "there.yaml",
        &with_metadata(&config_map("there", &[("a", "1")]), "  namespace: delete-all-too\n"),
    );
    bed.synced();
    bed.kubectl(&["create", "configmap", "bystander"]);

    let shown = |run: Run| {
        run.shows("delete-all on controlplane: everything is to be deleted")
            .shows("- delete Service delete-all/web")
            .shows("- delete ConfigMap delete-all/settings")
            .shows("6 to delete")
            .shows("the ApplySet delete-all goes, too, with its records")
            .shows_not("no longer in git")
    };
    let requests = bed.audited(|| {
        shown(bed.run(&["delete"]).exits(2)).complains("pass --yes to delete without asking");
    });
    assert!(!requests.iter().any(AuditEvent::is_write), "{requests:?}");

    let requests = bed.audited(|| {
        drop(
            shown(deleted(&bed, &[]).exits(0))
                .shows("complete: 6 deleted")
                .shows("is gone"),
        );
    });
    let order = deletes(&requests);
    let position = |name: &str| order.iter().position(|other| *other == name).expect("it was deleted");
    assert!(position("web") < position("after"), "{order:?}");
    assert!(position("after") < position("settings"), "{order:?}");
    assert!(position("there") < position("delete-all-too"), "{order:?}");
    let records_last = ["stackanetes-delete-all", "stackanetes-delete-all"];
    assert_eq!(order[order.len() - 2..], records_last, "{order:?}");
    for delete in requests.iter().filter(|request| request.verb == "delete") {
        assert!(delete.request["preconditions"]["uid"].is_string(), "{delete:?}");
    }
    // The Lease was held while anything was deleted.
    let lease = requests
        .iter()
        .position(|request| request.resource == "leases" && request.is_write());
    let first = requests.iter().position(|request| request.verb == "delete");
    assert!(lease < first);
    assert_eq!(records(&bed), [false; 3]);
    assert!(bed.get("configmap", "bystander").is_some());
    deleted(&bed, &[]).exits(2).complains("was never synced");
    // And from there again.
    bed.synced();
}

#[test]
fn what_a_sync_would_not_prune_stays_with_the_records_until_it_is_asked_for() {
    let bed = Bed::on(ControlPlane::full(), "delete-kept");
    bed.write_config_map("settings", &[("a", "1")]);
    let never = "  annotations: {stackanetes.io/prune: never}\n";
    bed.write(
        "precious.yaml",
        &with_metadata(&config_map("precious", &[("a", "1")]), never),
    );
    bed.write(
        "claim.yaml",
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\nspec:\n  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 1Gi}}\n",
    );
    bed.write(
        "login/component.yaml",
        "secrets:\n  - name: login\n    generate: {password: {length: 12}}\n",
    );
    bed.synced();
    deleted(&bed, &[])
        .exits(0)
        .shows("= keep ConfigMap delete-kept/precious kept by stackanetes.io/prune: never; delete it with --prune-kind ConfigMap")
        .shows("= keep PersistentVolumeClaim delete-kept/data delete it with --prune-kind PersistentVolumeClaim")
        .shows("= keep Secret delete-kept/login it holds generated values: delete it with --prune-kind Secret")
        .shows("the ApplySet delete-kept stays, since 3 of its objects are kept")
        .shows("1 deleted")
        .shows_not("is gone");
    assert!(bed.get("configmap", "settings").is_none());
    assert_eq!(records(&bed)[..2], [true, true]);
    // Again there is nothing to do, and it is not asked for.
    bed.run(&["delete"]).exits(0).shows("3 kept");
    let all = [
        "--prune-kind",
        "ConfigMap",
        "--prune-kind",
        "Secret",
        "--prune-kind",
        "PersistentVolumeClaim",
    ];
    deleted(&bed, &all).exits(0).shows("3 deleted").shows("is gone");
    assert_eq!(records(&bed), [false; 3]);
}

#[test]
fn a_name_and_a_namespace_are_enough_and_another_set_is_left_alone() {
    let bed = Bed::new("delete-named");
    let sync = |name: &str, object: &str| {
        let args = ["sync", "--yes", "-f", "-", "--name", name, "-n", "delete-named"];
        bed.run_with(&args, &config_map(object, &[("a", "1")])).exits(0);
    };
    sync("one", "first");
    sync("two", "second");
    bed.run(&["delete", "nowhere", "--yes", "--name", "one", "-n", "delete-named"])
        .exits(0)
        .shows("1 deleted");
    assert!(bed.get("configmap", "first").is_none());
    assert!(bed.get("configmap", "second").is_some() && bed.get("configmap", "stackanetes-two").is_some());
    assert!(bed.get("configmap", "stackanetes-one").is_none());
}

#[test]
fn the_key_goes_and_so_does_the_namespace_that_it_is_kept_in() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "delete-home");
    bed.write("namespace.yaml", &namespace("delete-home"));
    bed.write("secret.yaml", &secret("login"));
    bed.write("pods.yaml", &pod_template("web", "one"));
    bed.synced();
    deleted(&bed, &[])
        .exits(0)
        .shows("3 deleted")
        .shows("the ApplySet delete-home is gone");
    assert!(bed.plane.get("namespace", None, "delete-home").is_none());
}

#[test]
fn what_is_held_keeps_the_records_and_what_it_uses_and_nothing_else() {
    let bed = Bed::new("delete-held");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.write_config_map("free", &[("a", "1")]);
    let on = "  annotations:\n    config.kubernetes.io/depends-on: /namespaces/delete-held/ConfigMap/settings\n";
    bed.write("held.yaml", &with_metadata(&config_map("held", &[("a", "1")]), on));
    bed.synced();
    let finalizers = |value: &str| {
        bed.patch(
            "operator",
            "configmap",
            "held",
            &serde_json::from_str(value).expect("JSON"),
        );
    };
    finalizers(r#"{"metadata":{"finalizers":["example.com/hold"]}}"#);
    bed.run(&["delete", "--yes", "--timeout", "2s"])
        .exits(1)
        .shows("not deleted ConfigMap delete-held/held: still there, held by the finalizer example.com/hold (put there by operator)")
        .shows("not deleted ConfigMap delete-held/settings: ConfigMap delete-held/held is still there and uses it")
        .shows("1 deleted");
    assert!(bed.get("configmap", "free").is_none() && bed.get("configmap", "settings").is_some());
    assert_eq!(records(&bed)[..2], [true, true]);
    assert_eq!(bed.lease_holder(), "");
    finalizers(r#"{"metadata":{"finalizers":null}}"#);
    deleted(&bed, &[]).exits(0).shows("1 deleted").shows("is gone");
    assert_eq!(records(&bed), [false; 3]);
}

#[test]
fn a_delete_holds_the_lease_and_takes_no_plan_that_was_overtaken() {
    let bed = Bed::new("delete-leased");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.synced();
    let now = jiff::Timestamp::now();
    let spec = serde_json::json!({"spec": {"holderIdentity": "jo@laptop/1", "leaseDurationSeconds": 600, "renewTime": format!("{now:.6}")}});
    bed.patch("jo", "lease", "stackanetes-delete-leased", &spec);
    deleted(&bed, &[]).exits(2).complains("is being synced by jo@laptop");
    assert!(bed.get("configmap", "settings").is_some());
    bed.patch(
        "jo",
        "lease",
        "stackanetes-delete-leased",
        &serde_json::json!({"spec": {"holderIdentity": ""}}),
    );
    deleted(&bed, &[]).exits(0);
}

#[test]
fn a_sandbox_is_emptied_too() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "delete-sandbox");
    bed.write("namespace.yaml", &namespace("delete-sandbox"));
    bed.write_config_map("settings", &[("a", "1")]);
    let run = |args: &[&str]| bed.run(&[args, &["--sandbox", "sandbox"]].concat());
    run(&["sync", "--yes"]).exits(0);
    run(&["delete", "--yes"]).exits(0).shows("2 deleted").shows("is gone");
    run(&["diff"]).exits(1).shows("2 to create");
}
