//! Whatever is wrong with the input is said with its file, line and column and a way out; the exit
//! code is 2, and nothing is changed.

use serde_json::Value;

use crate::bed::{Bed, Run, config_map, deployment, namespace, with_metadata};
use crate::control_plane::{ControlPlane, Rule};

/// Refused by diff and by sync, with nothing written.
#[track_caller]
fn refused(bed: &Bed) -> Run {
    bed.diff().exits(2);
    let mut run = None;
    let requests = bed.audited(|| run = Some(bed.sync().exits(2)));
    let writes: Vec<_> = requests.iter().filter(|request| request.is_write()).collect();
    assert!(writes.is_empty(), "{writes:?}");
    let run = run.expect("it ran");
    assert!(run.stderr.contains("error:"), "{}", run.stderr);
    run
}

#[track_caller]
fn refuses(name: &str, file: &str, text: &str, words: &[&str]) {
    let bed = Bed::new(name);
    bed.write_config_map("fine", &[("a", "1")]);
    bed.write(file, text);
    words.iter().fold(refused(&bed), |run, words| run.complains(words));
}

/// Refused, by the server or since there is no such kind or namespace: shown at its place, while everything else is done.
#[track_caller]
fn turned_down(name: &str, file: &str, text: &str, words: &[&str]) {
    let bed = Bed::new(name);
    bed.write_config_map("fine", &[("a", "1")]);
    bed.write(file, text);
    let shown = bed.diff().exits(1).shows("! refused").shows("+ create ConfigMap");
    words.iter().fold(shown, |run, words| run.shows(words));
    let synced = bed.sync().exits(1);
    words.iter().fold(synced, |run, words| run.shows(words));
    assert!(bed.get("configmap", "fine").is_some());
}

#[test]
fn a_syntax_error() {
    refuses(
        "input-syntax",
        "bad.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  labels: [a, b\ndata:\n",
        &["desired/bad.yaml:"],
    );
}

#[test]
fn a_duplicate_key_shows_both_places() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  a: \"1\"\n  a: \"2\"\n";
    refuses(
        "input-duplicate",
        "bad.yaml",
        text,
        &["6 | a: \"1\"", "7 | a: \"2\"", "desired/bad.yaml:7:3"],
    );
}

#[test]
fn a_manifest_without_its_identity() {
    refuses(
        "input-no-version",
        "bad.yaml",
        "kind: ConfigMap\nmetadata:\n  name: x\n",
        &["desired/bad.yaml:1:1", "apiVersion"],
    );
    refuses(
        "input-no-kind",
        "bad.yaml",
        "apiVersion: v1\nmetadata:\n  name: x\n",
        &["desired/bad.yaml:1:1", "kind"],
    );
    refuses(
        "input-no-name",
        "bad.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n",
        &["desired/bad.yaml:", "`metadata.name` is missing"],
    );
}

#[test]
fn the_same_object_twice_shows_both_places() {
    let twice = format!(
        "{}---\n{}",
        config_map("x", &[("a", "1")]),
        config_map("x", &[("a", "2")])
    );
    let words = [
        "duplicate object ConfigMap input-twice/x",
        "first here",
        "and again here",
        "desired/bad.yaml:1:1",
    ];
    refuses("input-twice", "bad.yaml", &twice, &words);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let bed = Bed::new("input-all");
    bed.write("one.yaml", "kind: ConfigMap\n");
    bed.write("two.yaml", "a: [\n");
    refused(&bed)
        .complains("desired/one.yaml:1:1")
        .complains("desired/two.yaml:");
}

#[test]
fn a_kind_the_server_does_not_know() {
    let text = deployment("web", 1, "nginx").replace("kind: Deployment", "kind: Deploymnt");
    turned_down(
        "input-kind",
        "bad.yaml",
        &text,
        &[
            "does not know the kind apps/v1 Deploymnt",
            "desired/bad.yaml:2:",
            "did you mean apps/v1 Deployment?",
        ],
    );
    let text = deployment("web", 1, "nginx").replace("apps/v1", "apps/v1beta1");
    turned_down(
        "input-version",
        "bad.yaml",
        &text,
        &[
            "the cluster has the kind Deployment in the group apps, but not in the version v1beta1 (it has v1)",
            "desired/bad.yaml:1:",
            "change `apiVersion` to apps/v1",
        ],
    );
}

#[test]
fn a_field_the_server_refuses_is_shown_at_its_line() {
    let text = deployment("web", 1, "nginx").replace("  replicas: 1", "  replcas: 1");
    turned_down(
        "input-field",
        "bad.yaml",
        &text,
        &[
            "the server refuses Deployment input-field/web",
            "desired/bad.yaml:6:3",
            "replcas: 1",
        ],
    );
    let text = deployment("web", 1, "nginx").replace("replicas: 1", "replicas: many");
    turned_down(
        "input-type",
        "bad.yaml",
        &text,
        &["desired/bad.yaml:6:3", "spec.replicas"],
    );
    let text =
        deployment("web", 1, "nginx").replace("      labels:\n        app: web", "      labels:\n        app: other");
    turned_down(
        "input-selector",
        "bad.yaml",
        &text,
        &[
            "the server refuses Deployment input-selector/web",
            "desired/bad.yaml:12:",
            "selector",
        ],
    );
    let text = deployment("web", 1, "nginx").replace(
        "              value: two",
        "              value: two\n              valu: x",
    );
    turned_down(
        "input-item",
        "bad.yaml",
        &text,
        &["the server refuses", "desired/bad.yaml:23:", "valu"],
    );
}

#[test]
fn a_namespace_that_nobody_makes() {
    let text = config_map("x", &[("a", "1")]).replace("metadata:\n", "metadata:\n  namespace: nowhere\n");
    turned_down(
        "input-namespace",
        "bad.yaml",
        &text,
        &["namespace nowhere does not exist", "desired/bad.yaml:"],
    );
}

#[test]
fn a_circle_of_dependencies_shows_every_place() {
    let depends = |name: &str, on: &str| {
        let annotation = format!(
            "metadata:\n  annotations:\n    config.kubernetes.io/depends-on: /namespaces/input-circle/ConfigMap/{on}\n"
        );
        config_map(name, &[("a", "1")]).replace("metadata:\n", &annotation)
    };
    let bed = Bed::new("input-circle");
    bed.write("a.yaml", &depends("a", "b"));
    bed.write("b.yaml", &depends("b", "a"));
    refused(&bed)
        .complains("depend on each other in a circle")
        .complains("desired/a.yaml:5:")
        .complains("desired/b.yaml:5:");
    bed.write("b.yaml", &depends("b", "c"));
    refused(&bed)
        .complains("depends on ConfigMap input-circle/c, which is not in the directory")
        .complains("desired/b.yaml:5:");
}

#[test]
fn a_directory_that_is_not_there() {
    let bed = Bed::new("input-directory");
    bed.run(&["diff", "nowhere"]).exits(2).complains("nowhere");
    bed.run(&["sync", "--yes", "nowhere"]).exits(2).complains("nowhere");
}

#[test]
fn a_cluster_that_is_not_there() {
    let bed = Bed::new("input-cluster");
    bed.write_config_map("fine", &[("a", "1")]);
    let kubeconfig = std::fs::read_to_string(&bed.user.kubeconfig).expect("a kubeconfig");
    let elsewhere = |name: &str, text: String| {
        let path = bed.dir.join(name);
        std::fs::write(&path, text).expect("a file of our own");
        path
    };
    let closed = elsewhere("closed", kubeconfig.replace(bed.plane.server(), "https://127.0.0.1:1"));
    bed.run_as(&closed, &["diff"], "")
        .exits(2)
        .complains("failed to")
        .complains("127.0.0.1:1");
    let expired = elsewhere(
        "expired",
        kubeconfig.replace(&bed.user.token, "a-token-that-has-expired"),
    );
    bed.run_as(&expired, &["diff"], "")
        .exits(2)
        .complains("expired")
        .complains("hint: log in again");
    bed.run(&["diff", "--context", "nowhere"]).exits(2).complains("nowhere");
    bed.run(&["diff", "--kubeconfig", "missing"])
        .exits(2)
        .complains("missing");
}

#[test]
fn a_verb_that_is_forbidden_is_named_with_what_it_is_for() {
    let bed = Bed::new("input-forbidden");
    bed.write_config_map("fine", &[("a", "1")]);
    let reader = ControlPlane::bare().user(&[Rule {
        groups: &[""],
        resources: &["configmaps"],
        verbs: &["get", "list"],
    }]);
    // A diff does without.
    bed.run_as(&reader.kubeconfig, &["diff"], "")
        .exits(1)
        .shows("unverified: you may not write it");
    bed.run_as(&reader.kubeconfig, &["sync", "--yes"], "")
        .exits(2)
        .complains("you may not write ConfigMap input-forbidden/fine; that takes `patch`, and `create`")
        .complains("hint: `stackanetes roles --for sync`, with --user, --group or --service-account, prints the roles");
    let nobody = ControlPlane::bare().user(&[]);
    bed.run_as(&nobody.kubeconfig, &["diff"], "")
        .exits(2)
        .complains("cannot get resource \"configmaps\"")
        .complains(&format!(
            "hint: `stackanetes roles --for preview --user {}` prints the roles",
            nobody.name
        ));
}

#[test]
fn options_that_are_wrong() {
    let bed = Bed::new("input-options");
    bed.run(&["diff", "--max-prune", "lots"])
        .exits(2)
        .complains("neither a number of objects nor a percentage");
    bed.run(&["diff", "-l", "a like (b)"])
        .exits(2)
        .complains("is not a label selector");
    bed.run(&["sync", "--timeout", "soon"])
        .exits(2)
        .complains("such as 90s");
    bed.run(&["dif"]).exits(2).complains("diff");
}

#[test]
fn a_settings_file_with_an_unknown_key() {
    let bed = Bed::new("input-settings");
    bed.write("stackanetes.yaml", "name: x\nnamspace: y\n");
    bed.write_config_map("fine", &[("a", "1")]);
    refused(&bed)
        .complains("desired/stackanetes.yaml:2:1")
        .complains("namespace");
}

#[test]
fn a_set_that_was_never_synced_has_no_status() {
    let bed = Bed::new("input-status");
    bed.run(&["status"]).exits(2).complains("was never synced");
}

#[test]
fn a_circle_through_a_namespace() {
    let bed = Bed::new("input-ring");
    let depends = "  annotations:\n    config.kubernetes.io/depends-on: /namespaces/input-inner/ConfigMap/inside\n";
    bed.write("namespace.yaml", &with_metadata(&namespace("input-inner"), depends));
    bed.write(
        "inside.yaml",
        &with_metadata(&config_map("inside", &[("a", "1")]), "  namespace: input-inner\n"),
    );
    refused(&bed)
        .complains("circle")
        .complains("Namespace input-inner")
        .complains("ConfigMap input-inner/inside")
        .complains("desired/namespace.yaml:5:");
    bed.diff().exits(2).complains("circle");
    assert!(bed.plane.get("namespace", None, "input-inner").is_none());
}

#[test]
fn what_only_the_server_writes() {
    for (name, field) in [
        ("input-uid", "uid: 3a1c2c9e-0000-4000-8000-000000000000"),
        ("input-resource-version", "resourceVersion: \"7\""),
        ("input-managed-fields", "managedFields: []"),
    ] {
        let text = with_metadata(&config_map("x", &[("a", "1")]), &format!("  {field}\n"));
        let key = field.split(':').next().expect("a key");
        refuses(
            name,
            "bad.yaml",
            &text,
            &["desired/bad.yaml:4:3", &format!("metadata.{key}")],
        );
    }
}

#[test]
fn json_objects_one_after_the_other_are_manifests_each() {
    let bed = Bed::new("input-json-stream");
    let object = |name: &str| {
        let namespace = "input-json-stream";
        serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}})
    };
    let pretty = |name: &str| serde_json::to_string_pretty(&object(name)).expect("text");
    // As `jq -c` writes them, as two of `kubectl get -o json` stand in a file, and with nothing between.
    bed.write("lines.json", &format!("{}\n{}\n", object("a"), object("b")));
    bed.write("pretty.json", &format!("{}\n\n{}\n", pretty("c"), pretty("d")));
    bed.write("close.json", &format!("{}{}", object("e"), object("f")));
    bed.diff().exits(1).shows("6 to create");
    bed.synced().shows("6 created");
    bed.diff().exits(0);
    // What is wrong in a later one is shown where it stands.
    bed.write(
        "lines.json",
        &format!("{}\n{}\n{{\"kind\": }}\n", object("a"), object("b")),
    );
    refused(&bed).complains("desired/lines.json:3:");
    bed.write("lines.json", &format!("{}\n{}", object("a"), object("Not_A_Name")));
    bed.diff().exits(1).shows("! refused").shows("desired/lines.json:2:51");
}

#[test]
fn the_same_manifest_twice_is_taken_once_and_said() {
    let bed = Bed::new("input-repeated");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.write("copy.yaml", &config_map("settings", &[("a", "1")]));
    let said = "duplicate object, with the same content; keep one";
    bed.diff()
        .exits(1)
        .shows("1 to create")
        .shows("desired/settings.yaml:1:1")
        .shows(said);
    bed.synced().shows("1 created");
    bed.diff().exits(0).shows(said);
    let plan = bed.run(&["diff", "--format", "json"]).exits(0);
    let plan: Value = serde_json::from_str(&plan.stdout).expect("JSON");
    assert_eq!(plan["warnings"][0]["object"]["name"], "settings");
    let message = plan["warnings"][0]["message"].as_str();
    assert!(message.is_some_and(|message| message.contains(said)), "{plan}");
    // Three times, in one file and as an item of a list.
    let one = config_map("settings", &[("a", "1")]);
    bed.write("copy.yaml", &format!("{one}---\n{one}"));
    bed.diff()
        .exits(0)
        .shows("duplicate object (2 times), with the same content");
    bed.run(&["check"])
        .exits(1)
        .shows("repeated-object")
        .shows_not("duplicate-object");
    // With other content nobody knows which is meant.
    bed.write("copy.yaml", &config_map("settings", &[("a", "2")]));
    refused(&bed).complains("duplicate object ConfigMap input-repeated/settings");
    bed.run(&["check"])
        .exits(1)
        .shows("duplicate-object")
        .shows_not("repeated-object");
}

#[test]
fn a_kustomization_without_a_kind_is_told_how_it_is_built() {
    let bed = Bed::new("input-kustomization");
    // As the Kustomize manual writes it.
    bed.write("kustomization.yaml", "resources:\n- deployment.yaml\n");
    bed.diff()
        .exits(2)
        .complains("desired/kustomization.yaml:1:1")
        .complains("`kustomize: FOLDER` (`stackanetes help kustomize-and-helm`)");
}
