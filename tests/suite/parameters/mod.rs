//! A directory with parameters: set by defaults, by an environment and by hand, filled in where a
//! manifest asks for them.

mod secret;

use std::fs;

use crate::bed::{Bed, Run};

const PASSWORD: &str = "hunter2-in-a-parameter";

/// A bed whose manifests read parameters.
fn bed(name: &str) -> Bed {
    let bed = Bed::new(name).with_default_secrets();
    bed.write(
        "parameters.yaml",
        &format!("deployment:\n  replicas: 1\n  label: control\nnetwork:\n  hosts: [a, b]\npasswords:\n  database: {PASSWORD}\n"),
    );
    bed.write(
        "parameters.schema.json",
        r#"{"properties": {
            "deployment": {"properties": {"replicas": {"type": "integer", "minimum": 1}, "label": {"type": "string"}}},
            "network": {"properties": {"hosts": {"type": "array", "items": {"type": "string"}}}},
            "passwords": {"writeOnly": true, "properties": {"database": {"type": "string"}}}}}"#,
    );
    bed.write("environments/prod.yaml", "deployment: {replicas: 3}\n");
    bed.write(
        "web.yaml",
        "apiVersion: v1
kind: PodTemplate
metadata:
  name: web
template:
  metadata:
    labels:
      count: ${{ deployment.replicas | string }}
  spec:
    nodeSelector:
      \"${{ deployment.label }}\": enabled
    terminationGracePeriodSeconds: ${{ deployment.replicas }}
    containers:
      - $for: host in network.hosts
        name: web-${{ host }}
        image: nginx
        args: [\"$${{ as it is }}\", 'mysql://root:${{ passwords.database }}@db']
",
    );
    bed.write(
        "many.yaml",
        "$when: deployment.replicas > 1\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: many}\n",
    );
    bed
}

#[track_caller]
fn hides(run: Run) -> Run {
    run.hides(&[PASSWORD])
}

#[test]
fn parameters_are_filled_in_with_their_types() {
    let bed = bed("parameters-types");
    hides(bed.run(&["sync", "--yes", "-vv"]).exits(0).shows("complete: 1 created"));
    let spec = bed.get("podtemplate", "web").expect("it is there")["template"]["spec"].clone();
    assert_eq!(spec["terminationGracePeriodSeconds"], 1);
    assert_eq!(spec["nodeSelector"]["control"], "enabled");
    let names: Vec<_> = spec["containers"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|container| container["name"].clone())
        .collect();
    assert_eq!(names, ["web-a", "web-b"]);
    assert_eq!(spec["containers"][0]["args"][0], "${{ as it is }}");
    assert_eq!(spec["containers"][0]["args"][1], format!("mysql://root:{PASSWORD}@db"));
    bed.diff().exits(0);
}

#[test]
fn what_an_environment_and_a_set_change_is_shown_where_it_is_set() {
    let bed = bed("parameters-environment");
    bed.synced();
    bed.run(&["diff", "--environment", "prod", "--switch-environment"])
        .exits(1)
        .shows("+ create ConfigMap parameters-environment/many")
        .shows("template.spec.terminationGracePeriodSeconds desired/environments/prod.yaml:1 - 1 + 3 git");
    bed.run(&["diff", "--set", "deployment.replicas=7"])
        .exits(1)
        .shows("template.spec.terminationGracePeriodSeconds --set deployment.replicas:1 - 1 + 7 git");
    bed.run(&["diff", "--set", "network.hosts=[a]"])
        .exits(1)
        .shows("template.spec.containers[web-b]");
}

/// A text from elsewhere is taken as it is, and hidden where it is a secret.
#[test]
fn a_text_comes_from_a_file_or_a_variable() {
    let bed = bed("parameters-text");
    let file = bed.beside("password");
    fs::write(&file, format!("[from a file, {PASSWORD}]: # not YAML\n")).expect("a file of our own");
    let file = format!("passwords.database={}", file.display());
    let set_file = ["--set-file", &file];
    let run = |args: &[&str]| bed.run(&[args, &set_file].concat());
    hides(run(&["diff", "-v"]).exits(1).shows("web"));
    hides(run(&["sync", "--yes", "-vv"]).exits(0));
    let argument = format!("mysql://root:[from a file, {PASSWORD}]: # not YAML@db");
    run(&["render", "--show-secrets"]).exits(0).shows(&argument);
    let parent = bed
        .get("configmap", "stackanetes-parameters-text")
        .expect("it is there");
    assert!(!parent.to_string().contains(PASSWORD), "{parent}");
    hides(run(&["diff"]).exits(0));

    // A file that can be read only once.
    let piped = format!("passwords: {{database: '{PASSWORD}'}}\n");
    let run = bed.run_with(&["diff", "--format=json", "--parameters", "/dev/stdin"], &piped);
    hides(run.exits(1).shows("\"action\": \"update\""));

    // The suite's own environment has little in it.
    let label = ["render", "--set-env", "deployment.label=KUBECONFIG"];
    bed.run(&label)
        .exits(0)
        .shows(&bed.user.kubeconfig.display().to_string());
    for (option, argument, reason) in [
        ("--set-file", "passwords.database=nowhere", "failed to read nowhere"),
        ("--set-file", "passwords.database=desired", "failed to read desired"),
        (
            "--set-env",
            "passwords.database=NOWHERE",
            "there is no environment variable NOWHERE",
        ),
        ("--set-env", "passwords.database", "write GROUP.NAME=VARIABLE"),
        (
            "--set-env",
            "passwords.databas=HOME",
            "did you mean `passwords.database`?",
        ),
        ("--set-env", "passwords=HOME", "`passwords` is a group of parameters"),
        ("--set-env", "deployment.replicas=HOME", "`deployment.replicas` must be"),
    ] {
        bed.run(&["diff", option, argument]).exits(2).complains(reason);
    }
}

#[test]
fn another_environment_than_the_last_is_refused() {
    let bed = bed("parameters-switch");
    bed.run(&["sync", "--yes", "-e", "prod"]).exits(0);
    bed.sync()
        .exits(2)
        .complains("the environment prod was synced last, and this is no environment")
        .complains("--switch-environment");
    assert!(bed.get("configmap", "many").is_some());
    bed.run(&["sync", "--yes", "--switch-environment"])
        .exits(0)
        .shows("1 deleted");
    bed.diff().exits(0);
}

#[test]
fn what_is_wrong_is_said_where_it_is_and_nothing_is_changed() {
    let bed = bed("parameters-wrong");
    for (args, words) in [
        (
            &["--set", "deployment.replica=3"][..],
            "did you mean `deployment.replicas`?",
        ),
        (&["--set", "deployment.replicas=many"], "deployment.replicas"),
        (&["--set", "deployment.replicas=0"], "at least 1"),
        (&["--environment", "nowhere"], "it has prod"),
    ] {
        for command in [&["diff"][..], &["sync", "--yes"]] {
            let args: Vec<&str> = command.iter().chain(args).copied().collect();
            bed.run(&args).exits(2).complains(words);
        }
    }
    for (expression, words) in [
        ("${{ deployment.replcas }}", "did you mean `deployment.replicas`?"),
        ("${{ deployment.replicas + }}", "desired/bad.yaml:5:"),
        ("${{ network.hosts }}-x", "is a list"),
        ("${{ open }", "this expression has no end"),
    ] {
        bed.write(
            "bad.yaml",
            &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: bad}}\ndata:\n  x: '{expression}'\n"),
        );
        bed.sync().exits(2).complains("desired/bad.yaml:5:").complains(words);
    }
    bed.remove("bad.yaml");
    bed.write("environments/prod.yaml", "deployment:\n  replcas: 3\n");
    bed.run(&["sync", "--yes", "-e", "prod"])
        .exits(2)
        .complains("desired/environments/prod.yaml:2:3")
        .complains("replicas");
    assert!(bed.get("podtemplate", "web").is_none());
}

#[test]
fn a_plain_directory_is_taken_word_for_word() {
    let bed = Bed::new("parameters-plain");
    bed.remove("stackanetes.yaml");
    bed.write_config_map("text", &[("a", "${{ not an expression }}")]);
    let target = ["--name", "parameters-plain", "-n", "parameters-plain"];
    bed.run(&[&["sync", "--yes"][..], &target].concat()).exits(0);
    assert_eq!(
        bed.get("configmap", "text").expect("it is there")["data"]["a"],
        "${{ not an expression }}"
    );
    bed.run(&["diff", "--set", "a.b=1"])
        .exits(2)
        .complains("it has no stackanetes.yaml");
}

#[test]
fn a_word_that_git_says_in_the_open_hides_nothing() {
    let bed = bed("parameters-word");
    bed.write(
        "words.yaml",
        &crate::bed::config_map("words", &[("a", &format!("{PASSWORD} is a word: 1"))]),
    );
    bed.synced();
    bed.write(
        "words.yaml",
        &crate::bed::config_map("words", &[("a", &format!("{PASSWORD} is a word: 2"))]),
    );
    bed.diff().exits(1).shows("is a word: 2");
}
