//! What git drops of objects whose owners were lost: managed fields were cleared, or the object was restored from a backup.

use serde_json::{Value, json};

use crate::bed::{Bed, config_map, definition_of, deployment, with_metadata};

/// The objects, each as git has it first, as it has it without what it drops, and what the diff then tells.
fn objects() -> [(&'static str, &'static str, String, String, &'static [&'static str]); 4] {
    let probe = "          livenessProbe: {httpGet: {path: /, port: 80}}\n          env:\n";
    let sidecar = "        - {name: aside, image: busybox}\n      containers:\n";
    let full = deployment("web", 3, "nginx")
        .replace("spec:\n  replicas: 3\n", "spec:\n  replicas: 3\n  minReadySeconds: 5\n")
        .replace("          env:\n", probe)
        .replace("      containers:\n", &format!("      initContainers:\n{sidecar}"));
    let less = deployment("web", 3, "nginx").replace("            - name: SECOND\n              value: two\n", "");
    let role = |rules: &str| {
        format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: reader\nrules: {rules}\n")
    };
    let service = |ports: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {{app: web}}\n  ports:\n{ports}"
        )
    };
    let dns = "    - {name: dns, port: 53, protocol: UDP}\n";
    let http = "    - {name: http, port: 80}\n";
    let settings = with_metadata(
        &config_map("settings", &[("mode", "fast"), ("size", "one")]),
        "  labels: {tier: back}\n  finalizers: [example.com/kept, example.com/dropped]\n",
    );
    let fewer = with_metadata(
        &config_map("settings", &[("mode", "fast")]),
        "  finalizers: [example.com/kept]\n",
    );
    [
        (
            "configmap",
            "settings",
            settings,
            fewer,
            &[
                "data.size - one removed:",
                "metadata.labels.tier - back removed:",
                "metadata.finalizers",
            ],
        ),
        (
            "deployment",
            "web",
            full,
            less,
            &["spec.minReadySeconds", "env[SECOND]", "livenessProbe", "initContainers"],
        ),
        (
            "role",
            "reader",
            role("[{apiGroups: [\"\"], resources: [pods], verbs: [get]}]"),
            role("[]"),
            &["rules"],
        ),
        (
            "service",
            "web",
            service(&format!("{http}{dns}")),
            service(http),
            &["spec.ports[port=53,protocol=UDP]"],
        ),
    ]
}

/// Nobody is recorded as the owner of anything.
fn clear(bed: &Bed, kind: &str, name: &str) {
    let nobody = json!({"metadata": {"managedFields": [{}]}}).to_string();
    bed.kubectl(&["patch", kind, name, "--type=merge", "--patch", &nobody]);
}

/// Deletes an object, and creates it from what it was.
fn restore(bed: &Bed, kind: &str, name: &str) {
    let mut object = bed.get(kind, name).expect("it is there");
    bed.kubectl(&[
        "patch",
        kind,
        name,
        "--type=merge",
        "--patch",
        r#"{"metadata": {"finalizers": null}}"#,
    ]);
    bed.kubectl(&["delete", kind, name]);
    for key in [
        "managedFields",
        "resourceVersion",
        "uid",
        "creationTimestamp",
        "generation",
    ] {
        object["metadata"].as_object_mut().expect("metadata").remove(key);
    }
    object.as_object_mut().expect("an object").remove("status");
    bed.kubectl_stdin(&["create", "-f", "-"], &object.to_string());
}

/// Syncs all objects, loses their owners by `lose`, goes on with `between`, and looks at what becomes of what git drops.
fn what_git_drops_goes(name: &str, lose: impl Fn(&Bed, &str, &str), between: impl FnOnce(&Bed)) {
    let bed = Bed::new(name);
    for (kind, name, full, ..) in objects() {
        bed.write(&format!("{kind}-{name}.yaml"), &full);
    }
    bed.commit("First");
    // The Deployment never becomes ready: nothing runs it.
    let sync = || bed.run(&["sync", "--yes", "--timeout", "0s"]).exits(1);
    sync();
    bed.diff().exits(0);
    for (kind, name, ..) in objects() {
        lose(&bed, kind, name);
    }
    between(&bed);
    for (kind, name, _, less, _) in objects() {
        bed.write(&format!("{kind}-{name}.yaml"), &less);
    }
    bed.commit("Less");
    let diff = bed.diff().exits(1).shows_not("conflict").shows_not("takeover");
    let mut diff = diff;
    for (.., told) in objects() {
        for words in told {
            diff = diff.shows(words);
        }
    }
    sync();
    bed.diff().exits(0);
    bed.run(&["diff", "--verify"]).exits(0);
    let get = |kind: &str, name: &str| bed.get(kind, name).expect("it is there");
    let settings = get("configmap", "settings");
    assert_eq!(settings["data"], json!({"mode": "fast"}));
    assert_eq!(settings["metadata"]["finalizers"], json!(["example.com/kept"]));
    assert_eq!(settings["metadata"]["labels"]["tier"], Value::Null);
    let web = get("deployment", "web");
    let pod = &web["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(container["env"], json!([{"name": "FIRST", "value": "one"}]));
    assert_eq!(
        [
            &web["spec"]["minReadySeconds"],
            &container["livenessProbe"],
            &pod["initContainers"]
        ],
        [&Value::Null; 3]
    );
    assert_eq!(get("role", "reader")["rules"].as_array().map_or(0, Vec::len), 0);
    let ports = get("service", "web")["spec"]["ports"].clone();
    assert_eq!(ports.as_array().map(Vec::len), Some(1), "{ports}");
    let kept = r#"{"metadata": {"finalizers": null}}"#;
    bed.kubectl(&["patch", "configmap", "settings", "--type=merge", "--patch", kept]);
}

#[test]
fn what_git_drops_goes_after_managed_fields_were_cleared() {
    what_git_drops_goes("lost-cleared", clear, |_| {});
}

#[test]
fn what_git_drops_commits_after_managed_fields_were_cleared_goes() {
    what_git_drops_goes("lost-later", clear, |bed| {
        for (file, text) in [("one", "1"), ("two", "2")] {
            // Of each object something else changes first.
            for (kind, name, full, ..) in objects() {
                let noted = with_metadata(&full, &format!("  annotations: {{note: {text:?}}}\n"));
                bed.write(&format!("{kind}-{name}.yaml"), &noted);
            }
            bed.commit(file);
            bed.run(&["sync", "--yes", "--timeout", "0s"]).exits(1);
        }
    });
}

#[test]
fn what_git_drops_goes_after_the_object_was_created_from_a_backup() {
    what_git_drops_goes("lost-restored", restore, |_| {});
}

#[test]
fn what_somebody_changed_after_the_owners_were_lost_is_left_behind_by_name() {
    let bed = Bed::new("lost-changed");
    bed.write_config_map("settings", &[("mode", "fast"), ("size", "one"), ("more", "yes")]);
    bed.commit("First");
    bed.synced();
    clear(&bed, "configmap", "settings");
    bed.kubectl(&[
        "patch",
        "configmap",
        "settings",
        "--patch",
        r#"{"data": {"size": "theirs", "new": "theirs"}}"#,
    ]);
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.commit("Less");
    bed.diff()
        .exits(1)
        .shows("data.more - yes removed:")
        .shows("data.mode desired/settings.yaml:6 - fast + slow git:")
        .shows("data.size left behind:")
        .shows("the server kept no trace of whose it is");
    bed.synced();
    let data = bed.get("configmap", "settings").expect("it is there")["data"].clone();
    assert_eq!(data, json!({"mode": "slow", "size": "theirs", "new": "theirs"}));
    bed.diff().exits(0);
}

#[test]
fn a_metric_that_an_older_version_has_no_field_for_goes_when_git_drops_it() {
    let bed = Bed::new("lost-version");
    let target = "metadata:\n  name: web\nspec:\n  maxReplicas: 3\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n";
    let metric = |name: &str| {
        format!(
            "    - {{type: Resource, resource: {{name: {name}, target: {{type: Utilization, averageUtilization: 50}}}}}}\n"
        )
    };
    bed.write(
        "scaler.yaml",
        &format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n{target}  metrics:\n{}{}  behavior: {{scaleDown: {{stabilizationWindowSeconds: 60}}}}\n",
            metric("cpu"),
            metric("memory")
        ),
    );
    bed.commit("Two metrics");
    bed.synced();
    bed.write(
        "scaler.yaml",
        &format!(
            "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\n{target}  targetCPUUtilizationPercentage: 50\n"
        ),
    );
    bed.commit("One metric");
    bed.diff()
        .exits(1)
        .shows("metadata.annotations[autoscaling.alpha.kubernetes.io/metrics]")
        .shows("removed:");
    bed.synced();
    bed.diff().exits(0);
    let scaler = bed
        .get("horizontalpodautoscalers.v2.autoscaling", "web")
        .expect("it is there");
    let metrics = scaler["spec"]["metrics"].as_array().expect("metrics");
    assert_eq!(metrics.len(), 1, "{metrics:?}");
    assert_eq!(metrics[0]["resource"]["name"], "cpu");
}

/// A definition whose `tags` and `parts` are one value each, or are merged key by key and item by item.
fn definition(is_whole: bool) -> String {
    let (tags, parts, names) = if is_whole {
        (
            "x-kubernetes-map-type: atomic",
            "x-kubernetes-list-type: atomic",
            "x-kubernetes-list-type: atomic",
        )
    } else {
        (
            "x-kubernetes-map-type: granular",
            "x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name]",
            "x-kubernetes-list-type: set",
        )
    };
    let properties = format!(
        "{{tags: {{type: object, {tags}, additionalProperties: {{type: string}}}}, \
         names: {{type: array, {names}, items: {{type: string}}}}, \
         parts: {{type: array, {parts}, items: {{type: object, required: [name], \
         properties: {{name: {{type: string}}, size: {{type: integer}}}}}}}}}}"
    );
    definition_of("lost.example.com", "LostGadget", &properties)
}

#[test]
fn what_git_drops_in_the_commit_that_makes_a_value_mergeable_goes() {
    let bed = Bed::new("lost-grown");
    let gadget =
        |spec: &str| format!("apiVersion: lost.example.com/v1\nkind: LostGadget\nmetadata:\n  name: x\nspec: {spec}\n");
    bed.write("definition.yaml", &definition(true));
    bed.write(
        "gadget.yaml",
        &gadget("{tags: {a: '1', b: '2'}, names: [one, two], parts: [{name: p, size: 1}, {name: q, size: 2}]}"),
    );
    bed.commit("Whole");
    bed.synced();
    bed.write("definition.yaml", &definition(false));
    bed.write(
        "gadget.yaml",
        &gadget("{tags: {a: '1'}, names: [one], parts: [{name: p, size: 1}]}"),
    );
    bed.commit("Mergeable, and less");
    bed.diff()
        .exits(1)
        .shows("spec.tags.b - 2")
        .shows("spec.parts[q]")
        .shows("spec.names[=two]");
    bed.synced();
    let spec = bed.get("lostgadgets.lost.example.com", "x").expect("it is there")["spec"].clone();
    assert_eq!(
        spec,
        json!({"tags": {"a": "1"}, "names": ["one"], "parts": [{"name": "p", "size": 1}]})
    );
    bed.diff().exits(0);
}

#[test]
fn what_a_person_owns_too_stays_where_git_drops_it_as_long_as_no_owner_was_lost() {
    let bed = Bed::new("owners-known");
    let limits = "          resources: {limits: {cpu: \"1\"}}\n          env:\n";
    let full = deployment("web", 4, "nginx").replace("          env:\n", limits);
    bed.write("web.yaml", &full);
    bed.commit("First");
    bed.run(&["sync", "--yes", "--wait=false"]).exits(0);
    bed.patch(
        "kubectl-edit",
        "deployment",
        "web",
        &json!({"spec": {"template": {"spec": {"containers": [
            {"name": "web", "image": "nginx", "resources": {"requests": {"memory": "1Gi"}}}]}}}}),
    );
    // The same value, so that both own it.
    bed.kubectl(&["scale", "deployment", "web", "--replicas=3"]);
    bed.kubectl(&["scale", "deployment", "web", "--replicas=4"]);
    bed.write(
        "web.yaml",
        &deployment("web", 4, "nginx").replace("  replicas: 4\n", ""),
    );
    bed.commit("Less");
    bed.diff().exits(1).shows_not("requests").shows_not("- 4 + 1");
    bed.run(&["sync", "--yes", "--wait=false"]).exits(0);
    let live = bed.get("deployment", "web").expect("it is there");
    let container = &live["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["resources"], json!({"requests": {"memory": "1Gi"}}), "{live}");
    assert_eq!(live["spec"]["replicas"], 4, "{live}");
}
