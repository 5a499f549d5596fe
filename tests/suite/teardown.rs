//! What goes together goes in an order in which all of it can, and what goes by itself is waited for.

use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::bed::{Bed, config_map, definition, deployment, namespace, wait_until, with_metadata};
use crate::control_plane::ControlPlane;

const DEFINITIONS: [&str; 2] = ["--prune-kind", "CustomResourceDefinition"];

fn has_definition(bed: &Bed, name: &str) -> bool {
    bed.plane.get("customresourcedefinition", None, name).is_some()
}

#[test]
fn a_set_goes_with_the_kinds_that_it_brought() {
    let bed = Bed::new("teardown-kinds");
    bed.write("lamp.yaml", &definition("teardown.example.com", "Lamp", "Namespaced"));
    bed.write("room.yaml", &definition("teardown.example.com", "Room", "Cluster"));
    bed.write("namespace.yaml", &namespace("teardown-kinds-too"));
    bed.write(
        "objects.yaml",
        "apiVersion: teardown.example.com/v1
kind: Lamp
metadata: {name: hall, namespace: teardown-kinds-too}
---
apiVersion: teardown.example.com/v1
kind: Room
metadata: {name: hall}
",
    );
    bed.synced();
    bed.run(&[&["delete", "--yes", "--timeout", "60s"], &DEFINITIONS[..]].concat())
        .exits(0)
        .shows("complete: 5 deleted")
        .shows("is gone");
    assert!(!has_definition(&bed, "lamps.teardown.example.com"));
    assert!(!has_definition(&bed, "rooms.teardown.example.com"));
    assert!(bed.plane.get("namespace", None, "teardown-kinds-too").is_none());
    assert!(bed.get("configmap", "stackanetes-teardown-kinds").is_none());
}

#[test]
fn custom_objects_go_before_the_operator_that_lets_them_go() {
    let bed = Bed::on(ControlPlane::full(), "teardown-operator");
    bed.write("kind.yaml", &definition("operator.example.com", "Bucket", "Namespaced"));
    let bucket = "apiVersion: operator.example.com/v1\nkind: Bucket\nmetadata:\n  name: logs\n";
    bed.write("bucket.yaml", bucket);
    bed.write(
        "operator.yaml",
        &deployment("operator", 0, "registry.example.net/operator:1"),
    );
    bed.synced();
    let finalizers = |names: serde_json::Value| {
        bed.patch(
            "operator",
            "bucket",
            "logs",
            &json!({"metadata": {"finalizers": names}}),
        );
    };
    finalizers(json!(["operator.example.com/cleanup"]));

    // Nobody lets it go: what may be its operator stays, with the kind.
    let left = bed.run(&[&["delete", "--yes", "--timeout", "2s"], &DEFINITIONS[..]].concat());
    left.exits(1)
        .shows("not deleted Bucket teardown-operator/logs: still there, held by the finalizer operator.example.com/cleanup")
        .shows("not deleted Deployment teardown-operator/operator: Bucket teardown-operator/logs is still there, held by a finalizer that this may have to take off");
    assert!(bed.get("deployment", "operator").is_some());

    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_secs(1));
            assert!(bed.get("deployment", "operator").is_some(), "the operator went first");
            finalizers(json!(null));
        });
        bed.run(&[&["delete", "--yes", "--timeout", "60s"], &DEFINITIONS[..]].concat())
            .exits(0)
            .shows("is gone");
    });
    assert!(bed.get("deployment", "operator").is_none());
}

#[test]
fn what_controllers_write_or_delete_meanwhile_keeps_nothing() {
    let bed = Bed::on(ControlPlane::full(), "teardown-controllers");
    let plane = bed.plane;
    bed.write("namespace.yaml", &namespace("teardown-controllers-too"));
    let mut services = String::new();
    let mut roles = String::new();
    for number in 0..15 {
        services += &format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{number}, namespace: teardown-controllers-too}}\nspec: {{selector: {{a: b}}, ports: [{{port: 80}}]}}\n"
        );
        roles += &format!(
            "---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: teardown-whole-{number}}}
aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{teardown: part}}}}]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: teardown-part-{number}, labels: {{teardown: part}}}}
rules: [{{apiGroups: [\"\"], resources: [pods], verbs: [get]}}]
"
        );
    }
    bed.write("services.yaml", &services);
    bed.write("roles.yaml", &roles);
    bed.synced();
    wait_until("the Endpoints are there", || {
        let listed = plane.kubectl(&["get", "endpoints", "-n", "teardown-controllers-too", "-o", "name"]);
        listed.expect_success().lines().count() == 15
    });
    bed.run(&["delete", "--yes", "--timeout", "60s"])
        .exits(0)
        .shows("is gone");
    assert!(plane.get("namespace", None, "teardown-controllers-too").is_none());
}

#[test]
fn what_is_on_its_way_out_is_waited_for_and_named_when_it_does_not_go() {
    let bed = Bed::new("teardown-leaving");
    bed.write("namespace.yaml", &namespace("teardown-leaving-too"));
    let there = with_metadata(
        &config_map("there", &[("a", "1")]),
        "  namespace: teardown-leaving-too\n",
    );
    bed.write("there.yaml", &there);
    bed.synced();
    let kubectl = |args: &[&str], stdin: &str| bed.plane.kubectl_stdin(args, stdin).expect_success();
    let held = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: held, namespace: teardown-leaving-too, finalizers: [example.com/hold]}\n";
    kubectl(&["create", "-f", "-"], held);
    kubectl(
        &[
            "delete",
            "configmap",
            "held",
            "-n",
            "teardown-leaving-too",
            "--wait=false",
        ],
        "",
    );
    bed.run(&["delete", "--yes", "--timeout", "2s"])
        .exits(1)
        .shows("not deleted Namespace teardown-leaving-too: it still holds what is being deleted: ConfigMap teardown-leaving-too/held");
    kubectl(
        &[
            "patch",
            "configmap",
            "held",
            "-n",
            "teardown-leaving-too",
            "--type",
            "merge",
            "-p",
            "{\"metadata\":{\"finalizers\":null}}",
        ],
        "",
    );
    bed.run(&["delete", "--yes", "--timeout", "60s"])
        .exits(0)
        .shows("is gone");
}

#[test]
fn a_definition_stays_while_git_or_somebody_else_has_objects_of_it() {
    let bed = Bed::new("teardown-definition");
    let group = "definition.teardown.example.net";
    let lamp =
        |name: &str| format!("apiVersion: {group}/v1\nkind: Lamp\nmetadata: {{name: {name}}}\nspec: {{lit: true}}\n");
    bed.write("crd.yaml", &definition(group, "Lamp", "Namespaced"));
    bed.write("lamp.yaml", &lamp("ours"));
    bed.write_config_map("other", &[("a", "1")]);
    bed.synced();
    bed.remove("crd.yaml");
    let prune = [
        "sync",
        "--yes",
        "--timeout",
        "60s",
        "--prune-kind",
        "CustomResourceDefinition",
    ];
    let kept = bed.run(&prune).exits(0);
    kept.shows("still in use by Lamp teardown-definition/ours");
    assert!(bed.get(&format!("lamps.{group}"), "ours").is_some());
    // Nor does somebody else's go with it, nor one that comes once the plan is made.
    bed.kubectl_stdin(&["create", "-f", "-"], &lamp("theirs"));
    bed.remove("lamp.yaml");
    let kept = bed.run(&prune).exits(0);
    kept.complains("deleted   Lamp teardown-definition/ours")
        .shows("still in use by Lamp teardown-definition/theirs");
    bed.kubectl(&["delete", &format!("lamps.{group}"), "theirs"]);
    bed.run(&prune).exits(0).complains("deleted   CustomResourceDefinition");
    bed.diff().exits(0);
}

#[test]
fn what_a_namespace_waits_for_is_told_while_it_is_waited_for_and_when_it_has_not_gone() {
    let bed = Bed::on(ControlPlane::full(), "teardown-held");
    bed.write("held.yaml", &namespace("teardown-held-inner"));
    bed.write_config_map("kept", &[("a", "1")]);
    bed.synced();
    // What comes with every namespace keeps it no longer than somebody holds it.
    let hold = |finalizers: &str| {
        let patch = format!(r#"{{"metadata":{{"finalizers":{finalizers}}}}}"#);
        let inner = ["--namespace", "teardown-held-inner", "--type=merge", "--patch", &patch];
        wait_until("its ConfigMap is there", || {
            let args = [&["patch", "configmap", "kube-root-ca.crt"][..], &inner].concat();
            bed.plane.kubectl(&args).status.success()
        });
    };
    hold(r#"["example.com/hold"]"#);
    bed.remove("held.yaml");
    let waits = "waits for configmaps (1 object), the finalizer example.com/hold (on 1 object)";
    bed.run(&["sync", "--yes", "--timeout", "20s"])
        .exits(1)
        .shows(&format!(
            "not deleted Namespace teardown-held-inner: still there; it {waits}"
        ))
        .complains(&format!(
            "waiting Namespace teardown-held-inner: being deleted; {waits}"
        ));
    hold("[]");
    wait_until("it is gone", || {
        bed.plane.get("namespace", None, "teardown-held-inner").is_none()
    });
    bed.diff().exits(0);
}
