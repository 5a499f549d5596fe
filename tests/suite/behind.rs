//! Behind our back: whatever another writer does between two diffs, the next one sees it.

use serde_json::{Value, json};

use crate::bed::{Bed, deployment, pod_template, with_metadata};

/// What another writer does to an object: a JSON patch, and the words in which the next diff tells of it.
struct Change {
    name: &'static str,
    patch: Value,
    told: &'static str,
}

fn change(name: &'static str, patch: Value, told: &'static str) -> Change {
    Change { name, patch, told }
}

/// The same for every kind: its labels and annotations.
fn metadata(changes: Vec<Change>) -> Vec<Change> {
    let common = [
        change(
            "a label changes",
            json!([{"op": "replace", "path": "/metadata/labels/tier", "value": "theirs"}]),
            "metadata.labels.tier",
        ),
        change(
            "a label goes",
            json!([{"op": "remove", "path": "/metadata/labels/tier"}]),
            "metadata.labels.tier",
        ),
        change(
            "a label comes",
            json!([{"op": "add", "path": "/metadata/labels/new", "value": "theirs"}]),
            "metadata.labels.new not in git: kubectl-edit",
        ),
        change(
            "an annotation changes",
            json!([{"op": "replace", "path": "/metadata/annotations/note", "value": "theirs"}]),
            "metadata.annotations.note",
        ),
        change(
            "an annotation goes",
            json!([{"op": "remove", "path": "/metadata/annotations/note"}]),
            "metadata.annotations.note",
        ),
        change(
            "our note of what was applied goes",
            json!([{"op": "remove", "path": "/metadata/annotations/stackanetes.io~1applied"}]),
            "no value changes",
        ),
    ];
    changes.into_iter().chain(common).collect()
}

/// Each change alone is seen by the next diff, and put back by the next sync; so is the deletion of the
/// object, and that of another in its place.
fn each_is_seen(name: &str, kind: &str, manifest: &str, changes: Vec<Change>) {
    let bed = Bed::new(name);
    let manifest = with_metadata(manifest, "  labels: {tier: back}\n  annotations: {note: ours}\n");
    bed.write("x.yaml", &manifest);
    bed.commit("First");
    let sync = || {
        bed.run(&["sync", "--yes", "--timeout", "0s"])
            .shows_not("differs from the plan")
    };
    sync();
    bed.diff().exits(0).shows_not("added by hand");
    let before = bed.get(kind, "x").expect("it is there");
    for Change { name, patch, told } in metadata(changes) {
        let patch = patch.to_string();
        bed.kubectl(&[
            "patch",
            kind,
            "x",
            "--type=json",
            "--field-manager=kubectl-edit",
            "--patch",
            &patch,
        ]);
        let run = bed.run(&["diff", "-v"]);
        let is_seen = squeezed(&run.stdout).contains(told);
        assert!(
            is_seen,
            "{name} of {kind}: no '{told}' in\n{}{}",
            run.stdout, run.stderr
        );
        if told.contains("not in git") {
            // It is nobody's to remove: what is not git's and not ours stays until somebody takes it away.
            bed.diff().exits(0).shows("added by hand and not in git: 1 field of");
            bed.kubectl(&["patch", kind, "x", "--type=json", "--patch", &undone(&patch)]);
        } else {
            bed.diff().exits(1);
            sync();
        }
        bed.diff().exits(0);
        let after = bed.get(kind, "x").expect("it is there");
        assert_eq!(part(&before), part(&after), "{name} of {kind} is undone");
    }
    bed.kubectl(&["delete", kind, "x"]);
    bed.diff().exits(1).shows("+ create");
    bed.kubectl_stdin(&["create", "-f", "-"], &manifest);
    bed.diff().exits(1).shows("? skip").shows("it exists and is not ours");
    // With our label, as from a backup.
    let label = before["metadata"]["labels"]["applyset.kubernetes.io/part-of"]
        .as_str()
        .expect("a label");
    bed.kubectl(&["label", kind, "x", &format!("applyset.kubernetes.io/part-of={label}")]);
    bed.diff().exits(1).shows("~ update");
    sync();
    bed.diff().exits(0);
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a person says of an object.
fn part(object: &Value) -> Value {
    let mut part = object.clone();
    part["status"].take();
    for key in ["managedFields", "resourceVersion", "generation"] {
        part["metadata"][key].take();
    }
    part
}

/// The patch that takes away what another added.
fn undone(patch: &str) -> String {
    let operations: Value = serde_json::from_str(patch).expect("a patch");
    json!([{"op": "remove", "path": operations[0]["path"]}]).to_string()
}

#[test]
fn of_a_config_map() {
    let manifest = crate::bed::config_map("x", &[("mode", "fast"), ("size", "one")]);
    let changes = vec![
        change(
            "a value changes",
            json!([{"op": "replace", "path": "/data/mode", "value": "theirs"}]),
            "data.mode",
        ),
        change(
            "a value goes",
            json!([{"op": "remove", "path": "/data/mode"}]),
            "data.mode",
        ),
        change(
            "a key comes",
            json!([{"op": "add", "path": "/data/more", "value": "theirs"}]),
            "data.more not in git: kubectl-edit",
        ),
    ];
    each_is_seen("behind-map", "configmap", &manifest, changes);
}

#[test]
fn of_a_deployment() {
    let env = "/spec/template/spec/containers/0/env";
    let changes = vec![
        change(
            "a value changes",
            json!([{"op": "replace", "path": "/spec/replicas", "value": 7}]),
            "spec.replicas",
        ),
        change(
            "a value goes, and is set to its default",
            json!([{"op": "remove", "path": "/spec/replicas"}]),
            "spec.replicas",
        ),
        change(
            "an item goes",
            json!([{"op": "remove", "path": format!("{env}/0")}]),
            "spec.template.spec.containers[x].env[FIRST]",
        ),
        change(
            "the order changes",
            json!([{"op": "move", "from": format!("{env}/1"), "path": format!("{env}/0")}]),
            "order: SECOND, FIRST",
        ),
        change(
            "a value in an item changes",
            json!([{"op": "replace", "path": format!("{env}/1/value"), "value": "theirs"}]),
            "env[SECOND].value",
        ),
        change(
            "an item comes",
            json!([{"op": "add", "path": format!("{env}/-"), "value": {"name": "THIRD", "value": "theirs"}}]),
            "spec.template.spec.containers[x].env[THIRD] not in git: kubectl-edit",
        ),
    ];
    let changes = changes.into_iter().map(|change| {
        // What was added is taken away by its place, which `-` does not name.
        let text = change.patch.to_string().replace("env/-", "env/2");
        let patch = serde_json::from_str(&text).expect("a patch");
        Change { patch, ..change }
    });
    each_is_seen(
        "behind-deployment",
        "deployment",
        &deployment("x", 3, "nginx"),
        changes.collect(),
    );
}

#[test]
fn of_a_pod_template_a_service_and_rules() {
    let image = "/template/spec/containers/0/image";
    let changes = vec![change(
        "a value changes",
        json!([{"op": "replace", "path": image, "value": "theirs"}]),
        "containers[main].image",
    )];
    each_is_seen("behind-template", "podtemplate", &pod_template("x", "nginx"), changes);

    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: x\nspec:\n  selector: {app: x}\n  ports:\n    \
                   - {name: http, port: 80}\n    - {name: dns, port: 53, protocol: UDP}\n";
    let changes = vec![
        change(
            "a value changes",
            json!([{"op": "replace", "path": "/spec/ports/0/name", "value": "theirs"}]),
            "spec.ports[port=80,protocol=TCP].name",
        ),
        change(
            "an item goes",
            json!([{"op": "remove", "path": "/spec/ports/1"}]),
            "spec.ports",
        ),
        change(
            "the order changes",
            json!([{"op": "move", "from": "/spec/ports/1", "path": "/spec/ports/0"}]),
            "order:",
        ),
        change(
            "an item comes",
            json!([{"op": "add", "path": "/spec/ports/2", "value": {"name": "more", "port": 82}}]),
            "spec.ports[port=82,protocol=TCP] not in git: kubectl-edit",
        ),
        change(
            "a part of a value that is one goes",
            json!([{"op": "replace", "path": "/spec/selector", "value": {"app": "theirs"}}]),
            "spec.selector",
        ),
    ];
    each_is_seen("behind-service", "service", service, changes);

    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: x\nrules:\n  \
                - {apiGroups: [\"\"], resources: [pods, secrets], verbs: [get, list]}\n  \
                - {apiGroups: [apps], resources: [deployments], verbs: [get]}\n";
    let changes = vec![
        change(
            "an item comes to a list that is one value",
            json!([{"op": "add", "path": "/rules/-", "value": {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}}]),
            "rules",
        ),
        change(
            "an item of it goes",
            json!([{"op": "remove", "path": "/rules/0"}]),
            "rules",
        ),
        change(
            "its order changes",
            json!([{"op": "move", "from": "/rules/1", "path": "/rules/0"}]),
            "rules",
        ),
        change(
            "a value in it changes",
            json!([{"op": "replace", "path": "/rules/0/verbs", "value": ["*"]}]),
            "rules",
        ),
    ];
    each_is_seen("behind-role", "role", role, changes);
}
