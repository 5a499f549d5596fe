//! A parent that was lost, or is older than the members, must not make an ApplySet forget any; and one object is one
//! member, however many API groups it is served in.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::bed::{Bed, definition, namespace, secret, with_metadata};
use crate::control_plane::Rule;

/// A bed that was synced with a ConfigMap, a Secret and a ServiceAccount, and of which git then drops the last.
fn with_a_dropped_account(name: &str) -> Bed {
    let bed = Bed::new(name);
    bed.write_config_map("settings", &[("a", "1")]);
    bed.write("secret.yaml", &secret("credentials"));
    bed.write(
        "account.yaml",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: runner}\n",
    );
    bed.synced();
    bed.remove("account.yaml");
    bed
}

fn parent(bed: &Bed) -> String {
    format!("stackanetes-{}", bed.namespace)
}

#[test]
fn without_its_parent_a_set_still_finds_what_git_dropped() {
    let bed = with_a_dropped_account("forgotten-parent");
    bed.kubectl(&["delete", "configmap", &parent(&bed)]);
    let missing = "warning: ConfigMap forgotten-parent/stackanetes-forgotten-parent is missing";
    bed.diff()
        .exits(1)
        .shows(missing)
        .shows("- delete ServiceAccount forgotten-parent/runner")
        .shows_not("it is unknown");
    // What is not pruned is not forgotten either.
    bed.run(&["sync", "--yes", "--no-prune"]).exits(0).shows(missing);
    bed.diff()
        .exits(1)
        .shows_not("is missing")
        .shows("- delete ServiceAccount forgotten-parent/runner");
    bed.synced().shows("1 deleted");
    bed.diff().exits(0);
}

#[test]
fn a_parent_from_a_backup_leaves_out_members_that_are_found() {
    let bed = with_a_dropped_account("forgotten-backup");
    let old = json!({"metadata": {"annotations": {"applyset.kubernetes.io/contains-group-kinds": "ConfigMap"}}});
    bed.patch("restore", "configmap", &parent(&bed), &old);
    bed.diff()
        .exits(1)
        .shows("leaves out Secret forgotten-backup/credentials")
        .shows("- delete ServiceAccount forgotten-backup/runner");
    bed.synced().shows("1 deleted");
    bed.diff().exits(0).shows_not("leaves out");

    // Nothing but the parent is wrong: it is written though no object is.
    bed.patch("restore", "configmap", &parent(&bed), &old);
    bed.synced().shows("leaves out");
    bed.diff().exits(0).shows_not("leaves out");
}

#[test]
fn a_namespace_that_the_parent_forgot_is_looked_into() {
    let bed = Bed::new("forgotten-namespace");
    let other = "forgotten-namespace-other";
    bed.write("namespace.yaml", &namespace(other));
    let elsewhere = |name: &str| with_metadata(&secret(name), &format!("  namespace: {other}\n"));
    bed.write("kept.yaml", &elsewhere("kept"));
    bed.write(
        "account.yaml",
        &format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: runner, namespace: {other}}}\n"),
    );
    bed.synced();
    bed.remove("account.yaml");
    let old = json!({"metadata": {"annotations": {
        "applyset.kubernetes.io/contains-group-kinds": "Secret,Namespace",
        "applyset.kubernetes.io/additional-namespaces": "",
    }}});
    bed.patch("restore", "configmap", &parent(&bed), &old);
    bed.diff()
        .exits(1)
        .shows(&format!("leaves out Secret {other}/kept"))
        .shows(&format!("- delete ServiceAccount {other}/runner"));
}

#[test]
fn without_its_parent_a_set_is_deleted_whole() {
    let bed = with_a_dropped_account("forgotten-deleted");
    bed.kubectl(&["delete", "configmap", &parent(&bed)]);
    let delete = [
        "delete",
        "--name",
        "forgotten-deleted",
        "-n",
        "forgotten-deleted",
        "--yes",
    ];
    bed.run(&delete)
        .exits(0)
        .shows("3 deleted")
        .shows("the ApplySet forgotten-deleted is gone");
    assert!(bed.get("secret", "credentials").is_none() && bed.get("serviceaccount", "runner").is_none());
    bed.run(&delete).exits(2).complains("was never synced");
}

/// Somebody who may keep ConfigMaps and Secrets in one namespace, and list nothing else.
fn user_of(bed: &Bed) -> PathBuf {
    let rules = [
        Rule {
            groups: &[""],
            resources: &["configmaps", "secrets", "namespaces"],
            verbs: &["get", "list", "watch", "create", "patch", "delete"],
        },
        Rule {
            groups: &["coordination.k8s.io"],
            resources: &["leases"],
            verbs: &["get", "create", "update", "delete"],
        },
    ];
    bed.plane.user_in(&bed.namespace, &rules).kubeconfig.clone()
}

#[test]
fn what_may_not_be_listed_may_hold_others_and_stops_nothing_and_is_looked_into_until_it_can_be() {
    let bed = with_a_dropped_account("forgotten-hidden");
    bed.kubectl(&["delete", "configmap", &parent(&bed)]);
    let user = user_of(&bed);
    let version = || bed.get("configmap", &parent(&bed)).expect("it is there")["metadata"]["resourceVersion"].clone();
    let unknown = "it is unknown whether there are others, of ComponentStatus, ConfigMap, ";
    bed.run_as(&user, &["diff"], "")
        .exits(0)
        .shows("is missing")
        .shows(unknown)
        .shows("which could not be listed everywhere");
    bed.run_as(&user, &["sync", "--yes"], "").exits(0).shows(unknown);
    // The parent is there again, and notes where nobody could look.
    let synced = version();
    let noted = "notes kinds that could not be listed in an earlier sync";
    for command in [&["diff"][..], &["sync", "--yes"], &["status"]] {
        let exit = i32::from(command == ["status"]);
        bed.run_as(&user, command, "").exits(exit).shows(noted).shows(unknown);
    }
    assert_eq!(version(), synced, "there is nothing new to note");
    bed.run_as(&user, &["snapshot", "--to", "snap"], "")
        .exits(0)
        .complains(noted)
        .complains(unknown);
    bed.run_as(&user, &["diff", "--format", "markdown"], "")
        .exits(0)
        .shows("not listed everywhere: ComponentStatus, ConfigMap, ");
    let plan = bed.run_as(&user, &["diff", "--format", "json"], "").exits(0);
    let plan: Value = serde_json::from_str(&plan.stdout).expect("JSON");
    assert_eq!(plan["forgotten"]["gap"], "unlisted");
    let unseen = plan["forgotten"]["unseen"].as_array().expect("kinds");
    assert!(
        unseen.contains(&json!({"group": "", "kind": "ServiceAccount"})),
        "{unseen:?}"
    );

    bed.diff()
        .exits(1)
        .shows(noted)
        .shows_not("it is unknown")
        .shows("- delete ServiceAccount forgotten-hidden/runner");
    bed.synced().shows("1 deleted");
    bed.diff().exits(0).shows_not(noted);
}

#[test]
fn a_set_is_not_gone_while_there_may_be_members_that_could_not_be_listed() {
    let bed = with_a_dropped_account("forgotten-partly");
    bed.kubectl(&["delete", "configmap", &parent(&bed)]);
    let user = user_of(&bed);
    bed.run_as(&user, &["status"], "")
        .exits(1)
        .shows("last sync   unknown")
        .shows("is missing");
    let delete = [
        "delete",
        "--name",
        "forgotten-partly",
        "-n",
        "forgotten-partly",
        "--yes",
    ];
    bed.run_as(&user, &delete, "")
        .exits(0)
        .shows("2 deleted")
        .shows("stays, since there may be members that could not be listed")
        .shows_not("is gone");
    assert!(bed.get("serviceaccount", "runner").is_some());
    bed.run(&delete).exits(0).shows("1 deleted").shows("is gone");
    assert!(bed.get("configmap", &parent(&bed)).is_none());
    // Now nothing is left, and this user cannot know.
    bed.run_as(&user, &delete, "")
        .exits(2)
        .complains("no member of the ApplySet forgotten-partly was found")
        .complains("could not be listed, so there may be members")
        .complains("hint: ");
    bed.run(&delete).exits(2).complains("was never synced");
}

#[test]
fn metrics_are_nobodys_and_are_not_searched() {
    let bed = with_a_dropped_account("forgotten-metrics");
    // The API server takes a kind of the group `k8s.io` only if somebody has approved it, or says that nobody has.
    let metrics = definition("metrics.k8s.io", "PodMetric", "Namespaced");
    let unapproved = "  annotations: {api-approved.kubernetes.io: 'unapproved, for a test'}\n";
    bed.run_with(
        &[
            "sync",
            "--yes",
            "-f",
            "-",
            "--name",
            "metrics",
            "-n",
            "forgotten-metrics",
        ],
        &with_metadata(&metrics, unapproved),
    )
    .exits(0);
    bed.kubectl(&["delete", "configmap", &parent(&bed)]);
    let requests = bed.audited(|| drop(bed.diff().exits(1).shows("is missing").shows("- delete ServiceAccount")));
    let groups: Vec<&str> = requests.iter().map(|request| request.group.as_str()).collect();
    assert!(groups.contains(&"events.k8s.io"), "{groups:?}");
    assert!(!groups.contains(&"metrics.k8s.io"), "{groups:?}");
}

const OLD_EVENT: &str = "apiVersion: v1
kind: Event
metadata: {name: noted}
involvedObject: {apiVersion: v1, kind: ConfigMap, name: a, namespace: NAMESPACE}
reason: Noted
message: hello
type: Normal
eventTime: '2026-01-01T00:00:00.000000Z'
action: Note
reportingComponent: tests.example/note
reportingInstance: one
";
const NEW_EVENT: &str = "apiVersion: events.k8s.io/v1
kind: Event
metadata: {name: noted}
regarding: {apiVersion: v1, kind: ConfigMap, name: a, namespace: NAMESPACE}
reason: Noted
note: hello
type: Normal
eventTime: '2026-01-01T00:00:00.000000Z'
action: Note
reportingController: tests.example/note
reportingInstance: one
";

#[test]
fn one_object_under_two_api_groups_is_one_member() {
    let bed = Bed::new("forgotten-groups");
    let write = |event: &str| bed.write("event.yaml", &event.replace("NAMESPACE", "forgotten-groups"));
    let uid = || bed.get("events", "noted").expect("it is there")["metadata"]["uid"].clone();
    bed.write_config_map("settings", &[("a", "1")]);
    write(OLD_EVENT);
    bed.synced();
    let first = uid();
    // From one group to the other and back, and each time the parent lists the group that git has left.
    for event in [NEW_EVENT, OLD_EVENT, NEW_EVENT] {
        write(event);
        bed.diff().shows_not("- delete");
        bed.synced().shows_not("deleted");
        assert_eq!(uid(), first);
    }
    // Found in every kind, it is still one.
    bed.kubectl(&["delete", "configmap", &parent(&bed)]);
    bed.diff().shows("is missing").shows_not("- delete");
    bed.remove("event.yaml");
    bed.diff().exits(1).shows("1 to delete");
    bed.synced().shows("1 deleted");
    bed.diff().exits(0);
}
