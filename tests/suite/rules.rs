//! Fields that are left to others, and conflicts that are decided once and for all.

use serde_json::json;

use crate::bed::{Bed, Run, deployment, scaling, wait_until, with_metadata};
use crate::control_plane::ControlPlane;

/// Adds to the bed's `stackanetes.yaml`.
fn settings(bed: &Bed, rules: &str) {
    let name = &bed.namespace;
    bed.write("stackanetes.yaml", &format!("name: {name}\nnamespace: {name}\n{rules}"));
}

/// A sync of what nothing runs, so that it is not waited for.
fn applied(bed: &Bed) -> Run {
    bed.run(&["sync", "--yes", "--timeout", "0s"])
        .shows_not("differs from the plan")
}

fn data(bed: &Bed, name: &str) -> serde_json::Value {
    bed.get("configmap", name).expect("it is there")["data"].clone()
}

#[test]
fn an_ignored_field_is_nobodys_business_in_diff_and_sync() {
    let bed = Bed::new("rules-ignore");
    settings(
        &bed,
        "ignore:\n  - {kind: ConfigMap, name: settings, fields: [data.mode]}\n",
    );
    bed.write_config_map("settings", &[("mode", "fast"), ("size", "one")]);
    bed.synced();
    bed.diff().exits(0).shows_not("left as it is");
    bed.patch(
        "kubectl-edit",
        "configmap",
        "settings",
        &json!({"data": {"mode": "theirs"}}),
    );
    let asked = bed.audited(|| {
        bed.diff()
            .exits(0)
            .shows("in sync: 1 object")
            .shows("left as it is: 1 field ignored by desired/stackanetes.yaml:4 (-v names them)");
    });
    assert!(
        asked.iter().all(|event| event.verb != "patch"),
        "it is proved: {asked:?}"
    );
    bed.run(&["diff", "-v"]).exits(0).shows(
        "ConfigMap rules-ignore/settings data.mode git says fast; kubectl-edit says theirs: ignored by desired/stackanetes.yaml:4",
    );
    bed.run(&["diff", "--verify"]).exits(0);
    bed.write_config_map("settings", &[("mode", "slow"), ("size", "two")]);
    bed.diff().exits(1).shows("- one + two").shows_not("- theirs");
    bed.synced().shows_not("differs from the plan");
    assert_eq!(data(&bed, "settings"), json!({"mode": "theirs", "size": "two"}));
    // What nobody has is not brought back, and a new object is as git says.
    bed.patch(
        "kubectl-edit",
        "configmap",
        "settings",
        &json!({"data": {"mode": null}}),
    );
    bed.diff().exits(0).shows("left as it is: 1 field");
    bed.kubectl(&["delete", "configmap", "settings"]);
    bed.synced();
    assert_eq!(data(&bed, "settings"), json!({"mode": "slow", "size": "two"}));
}

#[test]
fn what_only_we_own_keeps_its_value_when_git_drops_it() {
    let bed = Bed::new("rules-drop");
    settings(&bed, "ignore: [{kind: Deployment, fields: [spec.replicas]}]\n");
    bed.write("web.yaml", &deployment("web", 3, "nginx"));
    applied(&bed);
    bed.write(
        "web.yaml",
        &deployment("web", 3, "nginx").replace("  replicas: 3\n", ""),
    );
    applied(&bed);
    let web = bed.get("deployment", "web").expect("it is there");
    assert_eq!(web["spec"]["replicas"], 3, "and not the default, 1");
    bed.run(&["diff", "-v"]).shows(
        "spec.replicas git says nothing; nobody else owns it yet; it stays 3: ignored by desired/stackanetes.yaml:3",
    );
}

fn autoscaler(name: &str) -> String {
    format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}}}\nspec:\n  \
         scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  maxReplicas: 9\n"
    )
}

fn replicas(bed: &Bed) -> serde_json::Value {
    bed.get("deployment", "web").expect("it is there")["spec"]["replicas"].clone()
}

#[test]
fn what_an_autoscaler_of_the_directory_scales_is_left_to_it() {
    let bed = Bed::on(ControlPlane::full(), "rules-autoscaler");
    let web = |replicas: u32, image: &str| bed.write("web.yaml", &deployment("web", replicas, image));
    web(3, "nginx:1");
    bed.write("scaler.yaml", &autoscaler("scaler"));
    bed.commit("First");
    bed.synced();
    assert_eq!(replicas(&bed), 3, "git's number is the first");
    bed.kubectl(&scaling(6).each_ref().map(String::as_str));
    let left = "left as it is: 1 field left to HorizontalPodAutoscaler rules-autoscaler/scaler (-v names them)";
    let asked = bed.audited(|| drop(bed.diff().exits(0).shows(left)));
    assert!(
        asked.iter().all(|event| event.verb != "patch"),
        "it is proved: {asked:?}"
    );
    bed.run(&["diff", "-v"]).exits(0).shows(
        "Deployment rules-autoscaler/web spec.replicas git says 3; kube-controller-manager (scale) says 6: left to \
         HorizontalPodAutoscaler rules-autoscaler/scaler",
    );
    web(4, "nginx:2");
    bed.commit("Four, and another image");
    bed.diff()
        .exits(1)
        .shows("- nginx:1 + nginx:2")
        .shows_not("! conflict")
        .shows_not("spec.replicas");
    bed.synced().shows_not("differs from the plan");
    assert_eq!(replicas(&bed), 6);
    bed.write(
        "web.yaml",
        &deployment("web", 4, "nginx:2").replace("  replicas: 4\n", ""),
    );
    bed.commit("No number at all");
    bed.diff().exits(1).shows_not("spec.replicas").shows("no value changes");
    bed.synced();
    assert_eq!(replicas(&bed), 6, "git may say nothing at all");
    bed.diff().exits(0);
    // Without an autoscaler git has a say again.
    bed.remove("scaler.yaml");
    web(4, "nginx:2");
    bed.commit("No autoscaler");
    bed.diff()
        .exits(1)
        .shows("spec.replicas git says 4; kube-controller-manager (scale) says 6")
        .shows("- {kind: Deployment, name: web, fields: [spec.replicas], manager: kube-controller-manager}");
}

#[test]
fn what_an_autoscaler_of_the_cluster_scales_is_left_to_it() {
    let bed = Bed::new("rules-foreign-scaler");
    bed.write("web.yaml", &deployment("web", 3, "nginx"));
    applied(&bed);
    bed.kubectl(&scaling(6).each_ref().map(String::as_str));
    bed.diff()
        .exits(1)
        .shows("! conflict")
        .shows("kube-controller-manager (scale) says 6");
    bed.kubectl_stdin(&["apply", "--server-side", "-f", "-"], &autoscaler("theirs"));
    bed.diff()
        .exits(0)
        .shows("1 field left to HorizontalPodAutoscaler rules-foreign-scaler/theirs");
}

#[test]
fn a_conflict_says_which_rule_would_decide_it_and_the_rule_does() {
    let bed = Bed::new("rules-conflict");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.synced();
    bed.patch("team-b", "configmap", "settings", &json!({"data": {"size": "huge"}}));
    bed.write_config_map("settings", &[("mode", "fast"), ("size", "small")]);
    let rule = "{kind: ConfigMap, name: settings, fields: [data.size], manager: team-b}";
    bed.diff()
        .exits(1)
        .shows("data.size git says small; team-b says huge")
        .shows(&format!(
            "to decide it for good, add to stackanetes.yaml, under `yield:` or `take:`: - {rule}"
        ));

    settings(&bed, &format!("yield:\n  - {rule}\n"));
    bed.diff()
        .exits(1)
        .shows_not("! conflict")
        .shows("1 field yielded by desired/stackanetes.yaml:4");
    bed.synced();
    assert_eq!(data(&bed, "settings"), json!({"mode": "fast", "size": "huge"}));
    bed.diff()
        .exits(0)
        .shows("1 field yielded by desired/stackanetes.yaml:4");

    settings(&bed, "yield:\ntake:\n  - {manager: team-*}\n");
    // What was never ours and is wanted, now with the word of a rule.
    bed.run(&["diff"])
        .exits(1)
        .shows("git says small; team-b says huge taken by desired/stackanetes.yaml:5");
    bed.synced().shows_not("conflict ConfigMap");
    assert_eq!(data(&bed, "settings"), json!({"mode": "fast", "size": "small"}));
    bed.diff().exits(0).shows_not("left as it is");
}

#[test]
fn a_conflict_that_a_rule_takes_stops_nothing_and_says_so() {
    let bed = Bed::new("rules-take");
    settings(&bed, "take:\n  - {fields: [data.size]}\n");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.synced();
    bed.patch(
        "team-b",
        "configmap",
        "settings",
        &json!({"data": {"size": "huge", "more": "huge"}}),
    );
    bed.write_config_map("settings", &[("mode", "fast"), ("size", "small")]);
    bed.diff()
        .exits(1)
        .shows("~ update ConfigMap rules-take/settings")
        .shows("taken by desired/stackanetes.yaml:4");
    bed.synced();
    assert_eq!(
        data(&bed, "settings"),
        json!({"mode": "fast", "size": "small", "more": "huge"})
    );
    bed.write_config_map("settings", &[("mode", "fast"), ("size", "small"), ("more", "less")]);
    bed.diff()
        .exits(1)
        .shows("! conflict")
        .shows("data.more git says less; team-b says huge");
}

#[test]
fn a_sidecar_that_is_injected_and_a_label_of_others_are_left_alone() {
    let bed = Bed::new("rules-sidecar");
    settings(
        &bed,
        "ignore:\n  - {kind: PodTemplate, fields: [\"template.spec.containers[main].env[FIRST].value\"]}\n  \
         - {fields: [/metadata/annotations/example.com~1a]}\n",
    );
    let git = with_metadata(
        &crate::bed::pod_template("web", "nginx"),
        "  annotations: {example.com/a: ours}\n",
    );
    bed.write("web.yaml", &git);
    bed.synced();
    let patch = json!([
        {"op": "replace", "path": "/template/spec/containers/0/env/0/value", "value": "theirs"},
        {"op": "replace", "path": "/metadata/annotations/example.com~1a", "value": "theirs"}])
    .to_string();
    bed.kubectl(&[
        "patch",
        "podtemplate",
        "web",
        "--type=json",
        "--field-manager=other",
        "--patch",
        &patch,
    ]);
    bed.diff().exits(0).shows(
        "left as it is: 1 field ignored by desired/stackanetes.yaml:4, 1 field ignored by desired/stackanetes.yaml:5",
    );
    bed.write("web.yaml", &git.replace("nginx", "nginx:2"));
    bed.synced()
        .shows("- nginx + nginx:2")
        .shows_not("differs from the plan");
    let web = bed.get("podtemplate", "web").expect("it is there");
    assert_eq!(web["template"]["spec"]["containers"][0]["env"][0]["value"], "theirs");
    assert_eq!(web["metadata"]["annotations"]["example.com/a"], "theirs");
    bed.run(&["diff", "--verify"]).exits(0);
}

#[test]
fn a_rule_about_nothing_is_told_and_a_wrong_one_is_refused_at_its_line() {
    let bed = Bed::new("rules-wrong");
    bed.write_config_map("settings", &[("mode", "fast")]);
    settings(
        &bed,
        "ignore:\n  - {name: other, fields: [data.mode]}\n  - {kind: ConfigMap, fields: [data.modus]}\n  - {manager: nobody}\n",
    );
    bed.diff()
        .exits(1)
        .shows("the rule at desired/stackanetes.yaml:4 is about no object in git")
        .shows("the rule at desired/stackanetes.yaml:5 is about a field that its object does not have")
        .shows_not("stackanetes.yaml:6");
    for (rules, message) in [
        ("ignor: []\n", "stackanetes.yaml:3:1"),
        ("ignor: []\n", "did you mean `ignore`?"),
        (
            "ignore:\n  - {kind: ConfgMap, fields: [data]}\n",
            "desired/stackanetes.yaml:4:12",
        ),
        (
            "ignore:\n  - {kind: ConfgMap, fields: [data]}\n",
            "did you mean ConfigMap?",
        ),
        (
            "yield:\n  - {kind: ConfigMap, fields: [data..a]}\n",
            "desired/stackanetes.yaml:4:32",
        ),
        ("take:\n  - {field: [data.a]}\n", "a rule has no key `field`"),
    ] {
        settings(&bed, rules);
        bed.diff().exits(2).complains(message);
        bed.sync().exits(2).complains(message);
        assert!(bed.get("configmap", "settings").is_none(), "nothing was changed");
    }
}

#[test]
fn no_value_of_a_secret_is_told_by_a_rule() {
    let bed = Bed::new("rules-secret");
    settings(&bed, "ignore: [{kind: Secret, fields: [data]}]\n");
    bed.write("s.yaml", &crate::bed::secret("s"));
    bed.synced();
    bed.patch(
        "kubectl-edit",
        "secret",
        "s",
        &json!({"stringData": {"password": "theirs77"}}),
    );
    for args in [&["diff"][..], &["diff", "-v"], &["sync", "--yes", "-v"]] {
        bed.run(args)
            .exits(0)
            .shows("stackanetes.yaml:3")
            .hides(&["hunter2", "theirs77", "aHVudGVyMg", "dGhlaXJzNzc"]);
    }
}

/// Published operators ship them so (kube-prometheus, cert-manager, Knative).
#[test]
fn the_rules_of_an_aggregated_role_are_left_to_the_control_plane() {
    let bed = Bed::on(ControlPlane::full(), "rules-aggregated");
    let role = |name: &str, rest: &str| {
        format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {name}\n{rest}")
    };
    bed.write(
        "all.yaml",
        &role(
            "rules-aggregated",
            "aggregationRule:\n  clusterRoleSelectors: [{matchLabels: {rules-aggregated: part}}]\nrules: []\n",
        ),
    );
    bed.write(
        "part.yaml",
        &role(
            "rules-aggregated-part",
            "  labels: {rules-aggregated: part}\nrules: [{apiGroups: [''], resources: [pods], verbs: [get]}]\n",
        ),
    );
    bed.synced();
    let rules = || {
        let role = bed.plane.get("clusterrole", None, "rules-aggregated");
        role.expect("it is there")["rules"].as_array().map(Vec::len)
    };
    wait_until("the control plane fills it in", || rules() == Some(1));
    bed.diff()
        .exits(0)
        .shows("left to the aggregationRule of ClusterRole rules-aggregated");
    bed.synced();
    assert_eq!(rules(), Some(1));
}
