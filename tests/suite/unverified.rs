//! Where the API server cannot be asked, our own merge says what would change, and the diff says so.

use serde_json::json;

use crate::agreement;
use crate::bed::{Bed, config_map, definition_of, deployment, namespace, secret};
use crate::control_plane::{ControlPlane, Rule};

const ALL: &[&str] = &["*"];
const READ: &[&str] = &["get", "list"];

/// The lines of a plan without what says which tier it is of.
fn told(text: &str) -> Vec<String> {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = text.lines().map(words);
    let lines = lines.map(|line| {
        let line = line.replace("; unverified: you may not write it", "");
        line.replace(" unverified: you may not write it", "")
    });
    let is_remark = |line: &String| line.starts_with("unverified: ") || line.starts_with("sync blocked");
    lines.filter(|line| !is_remark(line)).collect()
}

#[test]
fn who_may_only_read_sees_the_same_diff_and_that_it_is_unverified() {
    let bed = Bed::new("read-only");
    let manifests = agreement::manifests();
    for (name, text) in &manifests {
        bed.write(&format!("{name}.yaml"), text);
    }
    bed.write_config_map("untouched", &[("a", "1")]);
    bed.commit("First");
    bed.run(&["sync", "--yes", "--timeout", "0s"]);
    let reader = bed.plane.user(&[Rule {
        groups: ALL,
        resources: ALL,
        verbs: READ,
    }]);
    let read = |args: &[&str]| bed.run_as(&reader.kubeconfig, args, "");
    // With --verify nothing is proved.
    read(&["diff", "--verify"])
        .exits(0)
        .shows("in sync: 14 objects")
        .shows("unverified: 14 of 14 objects, 14 of them unchanged");

    // Others write, and git changes.
    bed.patch("kubectl-edit", "configmap", "cm", &json!({"data": {"mode": "off"}}));
    bed.patch("kubectl-edit", "deployment", "web", &json!({"spec": {"replicas": 7}}));
    bed.patch(
        "kubectl-edit",
        "networkpolicy",
        "np",
        &json!({"spec": {"policyTypes": ["Ingress", "Egress"]}}),
    );
    // The number is left to the autoscaler, the image is not.
    let theirs = deployment("web", 8, "httpd");
    let team = [
        "apply",
        "--server-side",
        "--field-manager=team-b",
        "--force-conflicts",
        "-f",
        "-",
    ];
    bed.kubectl_stdin(&team, &theirs);
    let text = |name: &str| {
        manifests
            .iter()
            .find(|(other, _)| *other == name)
            .expect("it is there")
            .1
            .clone()
    };
    bed.write(
        "service.yaml",
        &text("service").replace("targetPort: dns", "targetPort: other"),
    );
    bed.write(
        "stateful-set.yaml",
        &text("stateful-set").replace("image: mariadb", "image: mariadb:12"),
    );
    bed.write(
        "autoscaler.yaml",
        &text("autoscaler").replace("maxReplicas: 5", "maxReplicas: 6"),
    );
    bed.write("role.yaml", &text("role").replace("[get, list]", "[get]"));
    bed.write("secret.yaml", &text("secret").replace("a: b", "a: swordfish"));
    bed.write_config_map("new", &[("b", "2")]);
    bed.remove("untouched.yaml");
    bed.commit("Second");
    let asked = bed.diff().exits(1).hides(&["swordfish"]);
    let mut predicted = None;
    let before = reader.audit().len();
    predicted.replace(read(&["diff", "--verify"]).exits(1).hides(&["swordfish"]));
    let requests = reader.audit().split_off(before);
    let predicted = predicted.expect("it ran");
    assert_eq!(told(&predicted.stdout), told(&asked.stdout), "{}", predicted.stdout);
    let predicted = predicted
        .shows("+ create ConfigMap read-only/new unverified: you may not write it")
        .shows("! conflict Deployment read-only/web unverified: you may not write it")
        .shows("restarts 1 pod; unverified: you may not write it")
        .shows("git: ")
        .shows("drift: kubectl-edit")
        .shows("unverified: 14 of 15 objects, 5 of them unchanged")
        .shows("sync blocked: you may not write");
    drop(predicted);
    // One of those that take the same right was asked about, not each.
    let refused = requests
        .iter()
        .filter(|request| request.code == 403 && request.verb == "patch");
    let mut refused: Vec<&str> = refused.map(|request| request.resource.as_str()).collect();
    let count = refused.len();
    refused.sort_unstable();
    refused.dedup();
    assert!(count <= refused.len() + 1, "{refused:?} {count}");

    // A sync says so before it writes anything.
    let before = reader.audit().len();
    read(&["sync", "--yes"])
        .exits(2)
        .complains("you may not write")
        .complains("that takes `patch`, and `create` for what is new");
    let requests = reader.audit().split_off(before);
    let writes: Vec<_> = requests.iter().filter(|request| request.is_write()).collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[test]
fn what_is_proved_takes_no_right_to_write() {
    let bed = Bed::new("read-only-proved");
    for (name, text) in agreement::manifests() {
        if !["deployment", "stateful-set"].contains(&name) {
            bed.write(&format!("{name}.yaml"), &text);
        }
    }
    bed.synced();
    let reader = bed.plane.user(&[Rule {
        groups: ALL,
        resources: ALL,
        verbs: READ,
    }]);
    let run = bed.run_as(&reader.kubeconfig, &["diff"], "").exits(0);
    run.shows("in sync: 11 objects").shows_not("unverified");
    let run = bed.run_as(&reader.kubeconfig, &["diff", "--verify"], "").exits(0);
    run.shows("in sync: 11 objects")
        .shows("unverified: 11 of 11 objects, 11 of them unchanged");
    // There is nothing to write, so nothing is refused.
    bed.run_as(&reader.kubeconfig, &["diff", "--verify"], "")
        .shows_not("refuses");
}

#[test]
fn a_missing_right_is_found_out_once_a_kind_and_namespace() {
    let bed = Bed::new("read-only-once");
    for number in 0..12 {
        bed.write_config_map(&format!("settings-{number}"), &[("a", "1")]);
    }
    bed.write("web.yaml", &deployment("web", 1, "nginx"));
    let reader = bed.plane.user(&[
        Rule {
            groups: ALL,
            resources: ALL,
            verbs: READ,
        },
        Rule {
            groups: &["apps"],
            resources: &["deployments"],
            verbs: &["patch", "create"],
        },
    ]);
    let run = bed.run_as(&reader.kubeconfig, &["diff", "--stat"], "").exits(1);
    run.shows("unverified: 12 of 13 objects")
        .shows("ConfigMap read-only-once/settings-11 unverified: you may not write it")
        .shows_not("Deployment read-only-once/web unverified");
    let asked = reader.audit();
    let asked: Vec<_> = asked.iter().filter(|request| request.dry_run).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
}

#[test]
fn a_namespace_that_is_missing_is_told_to_who_may_only_read_too() {
    let bed = Bed::new("read-only-homeless");
    let elsewhere = "metadata:\n  namespace: nowhere\n";
    bed.write(
        "a.yaml",
        &config_map("a", &[("a", "1")]).replace("metadata:\n", elsewhere),
    );
    let reader = bed.plane.user(&[Rule {
        groups: ALL,
        resources: ALL,
        verbs: READ,
    }]);
    bed.run_as(&reader.kubeconfig, &["diff"], "")
        .exits(1)
        .shows("namespace nowhere does not exist");
    bed.diff().exits(1).shows("namespace nowhere does not exist");
}

#[test]
fn who_may_not_see_secrets_is_told_that_they_are_not_compared() {
    let bed = Bed::new("read-only-secrets");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.write("secret.yaml", &secret("credentials"));
    bed.run(&["sync", "--yes", "--timeout", "0s"]).exits(0);
    bed.write_config_map("settings", &[("a", "2")]);
    let reader = bed.plane.user(&[Rule {
        groups: &[""],
        resources: &["configmaps", "namespaces"],
        verbs: READ,
    }]);
    bed.run_as(&reader.kubeconfig, &["diff"], "")
        .exits(1)
        .shows("? not compared Secret")
        .shows("~ update ConfigMap read-only-secrets/settings unverified: you may not write it")
        .shows("1 kind not compared")
        .hides(&["hunter2", "aHVudGVyMg=="]);
    bed.run_as(&reader.kubeconfig, &["sync", "--yes"], "").exits(2);
}

/// A definition of Widgets with a default, a set and a part of any form.
fn widgets(group: &str) -> String {
    let properties = "{size: {type: integer, default: 3}, \
        tags: {type: array, items: {type: string}, x-kubernetes-list-type: set}, \
        any: {type: object, x-kubernetes-preserve-unknown-fields: true}}";
    let storage = "      storage: true\n";
    definition_of(group, "Widget", properties)
        .replace(storage, &format!("{storage}      subresources: {{status: {{}}}}\n"))
}

const WIDGET: &str = "apiVersion: unverified.example.com/v1
kind: Widget
metadata: {name: first}
spec: {tags: [b, a], any: {x: {y: 1}}}
";

#[test]
fn a_namespace_and_a_definition_with_all_that_is_in_them_come_as_predicted() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "unverified-new");
    bed.write("namespace.yaml", &namespace("unverified-new"));
    bed.write("definition.yaml", &widgets("unverified.example.com"));
    bed.write("widget.yaml", WIDGET);
    for (name, text) in agreement::manifests() {
        bed.write(&format!("{name}.yaml"), &text);
    }
    let count = agreement::manifests().len() + 1;
    let unverified = format!("unverified: {count} objects: namespace unverified-new is not there yet");
    bed.diff()
        .exits(1)
        .shows("+ create 15 objects")
        .shows("warning: names no StorageClass for a claim, and the cluster has no default one")
        .shows(&unverified);
    bed.run(&["diff", "--stat"])
        .exits(1)
        .shows("+ create Namespace unverified-new")
        .shows("+ create CustomResourceDefinition widgets.unverified.example.com")
        .shows("+ create Widget unverified-new/first")
        .shows(&unverified);
    // Nothing runs here, so nothing that runs becomes Current; all the rest does, as it was predicted.
    bed.run(&["sync", "--yes", "--timeout", "2s"])
        .shows("14 created, 2 not ready")
        .shows_not("mismatch");
    bed.diff().exits(0).shows("in sync: 16 objects");
    bed.run(&["diff", "--verify"]).exits(0).shows("in sync: 16 objects");
}

#[test]
fn the_instance_of_a_definition_that_is_still_to_come_is_as_predicted() {
    let bed = Bed::new("unverified-kind");
    let definition = widgets("kinds.example.com");
    let widget = WIDGET.replace("unverified.example.com", "kinds.example.com");
    bed.write("definition.yaml", &definition);
    bed.write("widget.yaml", &widget);
    bed.diff()
        .exits(1)
        .shows("Widget unverified-kind/first unverified: its CustomResourceDefinition is not there yet");
    bed.synced().shows("2 created").shows_not("mismatch");
    // A version that is still to come: what it changes is shown.
    let version = "    - name: v1\n";
    let (head, body) = definition.split_once(version).expect("a version");
    let old = body.replace("storage: true", "storage: false");
    bed.write(
        "definition.yaml",
        &format!("{head}{version}{old}    - name: v2\n{body}"),
    );
    let newer = widget
        .replace("example.com/v1", "example.com/v2")
        .replace("[b, a]", "[a, c]");
    bed.write("widget.yaml", &newer);
    bed.diff()
        .exits(1)
        .shows("~ update Widget unverified-kind/first unverified: its CustomResourceDefinition does not have its version yet, only kinds.example.com/v1")
        .shows("spec.tags[=c]")
        .shows("spec.tags[=b]");
    bed.synced().shows("2 updated").shows_not("mismatch");
    bed.diff().exits(0);
}

#[test]
fn what_is_not_valid_is_refused_although_nobody_can_be_asked() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "unverified-invalid");
    bed.write("namespace.yaml", &namespace("unverified-invalid"));
    let wrong = config_map("settings", &[("a", "1")]).replace("\ndata:", "\ndate:");
    bed.write("settings.yaml", &wrong);
    bed.write_config_map("other", &[("a", "1")]);
    bed.run(&["sync", "--yes", "--timeout", "60s", "--no-check"])
        .exits(1)
        .shows("ConfigMap unverified-invalid/settings is not valid")
        .shows("desired/settings.yaml:5:1")
        .shows("date: field not declared in schema");
    assert!(bed.get("configmap", "settings").is_none() && bed.get("configmap", "other").is_some());
}
