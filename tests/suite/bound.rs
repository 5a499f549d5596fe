//! Environments of one directory: each has a name and a namespace of its own, and belongs to certain clusters.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::bed::Bed;
use crate::control_plane::{AuditEvent, ControlPlane};

const SCHEMA: &str = r#"{
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "site": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "name": {"type": "string", "description": "What the environment is called."},
        "password": {"type": "string", "description": "A password.", "writeOnly": true}
      }
    }
  }
}
"#;

/// A directory with the environments dev and prod, whose names and namespaces begin with `name`.
fn bed(name: &str) -> Bed {
    let bed = Bed::without_namespace(ControlPlane::bare(), name).with_default_secrets();
    bed.write("parameters.schema.json", SCHEMA);
    bed.write("parameters.yaml", "site:\n  name: none\n  password: hunter2\n");
    for environment in ["dev", "prod"] {
        bed.write(
            &format!("environments/{environment}.yaml"),
            &format!("site:\n  name: {environment}\n"),
        );
    }
    settings(&bed, "");
    bed.write(
        "namespace.yaml",
        &format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}-${{{{ site.name }}}}\n"),
    );
    bed.write(
        "settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  site: ${{ site.name }}\n",
    );
    bed
}

fn settings(bed: &Bed, more: &str) {
    let name = &bed.namespace;
    let text = format!("name: {name}-${{{{ site.name }}}}\nnamespace: \"{name}-${{{{ site.name }}}}\"\n{more}");
    bed.write("stackanetes.yaml", &text);
}

#[test]
fn environments_of_one_directory_live_side_by_side_in_one_cluster() {
    let bed = bed("side-by-side");
    bed.commit("Both");
    for environment in ["dev", "prod"] {
        bed.run(&["sync", "-e", environment, "--yes"])
            .exits(0)
            .shows("complete: 2 created");
    }
    let site = |environment: &str| {
        let namespace = format!("side-by-side-{environment}");
        let object = bed.plane.get("configmap", Some(&namespace), "settings");
        object.map(|object| object["data"]["site"].clone())
    };
    assert_eq!((site("dev"), site("prod")), (Some("dev".into()), Some("prod".into())));
    for environment in ["dev", "prod"] {
        bed.run(&["diff", "-e", environment]).exits(0);
        bed.run(&["status", "-e", environment])
            .exits(0)
            .shows(&format!("side-by-side-{environment} on controlplane"));
        bed.run(&["history", "-e", environment]).exits(0).shows(environment);
    }
    bed.run(&["status"])
        .exits(2)
        .complains("the ApplySet side-by-side-none was never synced");
    bed.run(&["status", "-e", "test"])
        .exits(2)
        .complains("has no environment test");
    bed.run(&["roles", "--for", "sync", "-e", "dev"])
        .exits(0)
        .shows("namespace: side-by-side-dev");
    // One goes, and the other is as it was.
    bed.remove("settings.yaml");
    bed.run(&["sync", "-e", "dev", "--yes"]).exits(0).shows("1 deleted");
    assert_eq!((site("dev"), site("prod")), (None, Some("prod".into())));
    bed.run(&["delete", "-e", "prod", "--yes"]).exits(0);
    assert_eq!(site("prod"), None);
    bed.run(&["status", "-e", "dev"]).exits(0);
}

#[test]
fn a_name_that_parameters_make_is_checked_as_one_that_is_written() {
    let bed = bed("made-names");
    bed.run(&["diff", "--set", "site.name=Not_a_name"])
        .exits(2)
        .complains("`made-names-Not_a_name` cannot be a name")
        .complains("desired/stackanetes.yaml:1:1")
        .complains("cannot be a namespace");
    bed.write("stackanetes.yaml", "name: shop-${{ site.nam }}\n");
    bed.run(&["diff"])
        .exits(2)
        .complains("desired/stackanetes.yaml:1:")
        .complains("nam");
    bed.write("stackanetes.yaml", "name: shop-${{ site.password }}\n");
    bed.run(&["diff"]).exits(2).complains("secret").hides(&["hunter2"]);
    bed.run(&["status"]).exits(2).complains("secret").hides(&["hunter2"]);
}

#[test]
fn an_environment_is_synced_to_its_own_cluster_only() {
    let bed = bed("own-cluster");
    settings(&bed, "contexts:\n  prod: prod-eu\n  dev: [kind-dev, controlplane]\n");
    let refusal = "the environment prod belongs to prod-eu, and this is controlplane: pass another --context";
    bed.run(&["diff", "-e", "prod"])
        .exits(1)
        .shows(&format!("sync blocked: {refusal}"));
    let writes = bed.audited(|| {
        bed.run(&["sync", "-e", "prod", "--yes"])
            .exits(2)
            .complains(&format!("refused for safety, nothing was changed: {refusal}"));
    });
    assert!(!writes.iter().any(AuditEvent::is_write));
    bed.run(&["sync", "-e", "dev", "--yes"])
        .exits(0)
        .shows("complete: 2 created");
    // By another way to the same server the context is not known; the server is.
    let server = bed.plane.server();
    bed.run(&["diff", "-e", "dev", "--server", server])
        .exits(0)
        .shows(&format!(
            "the environment dev belongs to kind-dev or controlplane, and this is {server}"
        ));
    let host = server.trim_start_matches("https://");
    settings(&bed, &format!("contexts:\n  dev: \"{host}\"\n"));
    bed.run(&["diff", "-e", "dev"]).exits(0).shows_not("sync blocked");
    bed.run(&["diff", "-e", "dev", "--server", server])
        .exits(0)
        .shows_not("sync blocked");
    // A sandbox is nobody's cluster, and what is not named is bound to nothing.
    settings(&bed, "contexts: {prod: prod-eu}\n");
    bed.run(&["diff", "-e", "prod", "--sandbox", "try"])
        .exits(1)
        .shows_not("sync blocked");
    bed.run(&["diff", "-e", "dev"]).exits(0).shows_not("sync blocked");
}

#[test]
fn a_directory_may_belong_to_some_clusters_as_a_whole() {
    let bed = bed("whole");
    settings(&bed, "contexts: [prod-eu, prod-us]\n");
    bed.run(&["sync", "--yes"])
        .exits(2)
        .complains("this directory belongs to prod-eu or prod-us, and this is controlplane");
    settings(&bed, "contexts: controlplane\n");
    bed.run(&["sync", "--yes"]).exits(0);
    settings(&bed, "contexts: [prod-eu]\n");
    bed.run(&["delete", "--yes"])
        .exits(2)
        .complains("this directory belongs to prod-eu, and this is controlplane");
    assert!(bed.plane.get("configmap", Some("whole-none"), "settings").is_some());
}

#[test]
fn a_binding_that_is_wrong_is_shown_where_it_is() {
    let bed = bed("wrong-binding");
    settings(&bed, "contexts:\n  prd: prod-eu\n");
    bed.run(&["diff"])
        .exits(2)
        .complains("there is no environment prd")
        .complains("desired/stackanetes.yaml:4:3")
        .complains("did you mean `prod`?");
    // A delete reads no more than the settings, and must not take the binding of none for no binding.
    for environment in [&["-e", "prod"][..], &[]] {
        bed.run(&[&["delete", "--yes"], environment].concat())
            .exits(2)
            .complains("there is no environment prd")
            .complains("desired/stackanetes.yaml:4:3")
            .complains("did you mean `prod`?");
    }
    settings(&bed, "contexts:\n  prod: 1\n");
    bed.run(&["diff"])
        .exits(2)
        .complains("a context, or a server, must be text, not a number")
        .complains("hint: write, for example, `contexts:");
}

/// The kubeconfig of the bed's user, with a second context `prod-eu`, at which nobody listens.
fn with_an_unreachable_context(bed: &Bed) -> PathBuf {
    let text = fs::read_to_string(&bed.user.kubeconfig).expect("a kubeconfig");
    let mut config: Value = serde_saphyr::from_str(&text).expect("YAML");
    let user = config["users"][0]["name"].clone();
    let add = |list: &mut Value, item: Value| list.as_array_mut().expect("a list").push(item);
    let cluster = json!({"name": "nowhere", "cluster": {"server": "https://127.0.0.1:1"}});
    let context = json!({"name": "prod-eu", "context": {"cluster": "nowhere", "user": user}});
    add(&mut config["clusters"], cluster);
    add(&mut config["contexts"], context);
    let path = bed.beside("two-contexts");
    fs::write(&path, config.to_string()).expect("a file of our own");
    path
}

#[test]
fn all_environments_are_shown_and_one_whose_cluster_cannot_be_reached_stops_no_other() {
    let bed = bed("all-at-once");
    settings(&bed, "contexts: {dev: controlplane, prod: prod-eu}\n");
    bed.commit("Both");
    bed.run(&["sync", "-e", "dev", "--yes"]).exits(0);
    let kubeconfig = with_an_unreachable_context(&bed);
    let diff = |format: &str| {
        let args = ["diff", "--all-environments", "--format", format];
        bed.run_as(&kubeconfig, &args, "").exits(2)
    };
    for format in ["text", "markdown"] {
        diff(format)
            .shows("all-at-once-dev on controlplane, environment dev: ")
            .shows("in sync: 2 objects")
            .shows("environment prod: failed")
            .shows("127.0.0.1:1");
    }
    let told: Value = serde_json::from_str(&diff("json").stdout).expect("JSON");
    assert_eq!(told["kind"], "PlanList");
    assert_eq!(told["environments"][0]["name"], "dev");
    assert_eq!(told["environments"][0]["plan"]["inSync"], true);
    assert_eq!(told["environments"][1]["name"], "prod");
    assert!(told["environments"][1]["error"]["message"].is_string(), "{told:#}");
    fs::remove_file(kubeconfig).expect("it is there");
}

#[test]
fn each_environment_is_compared_with_the_cluster_that_the_commit_binds_it_to() {
    let bed = bed("all-bound");
    settings(&bed, "contexts: {dev: controlplane, prod: controlplane}\n");
    bed.commit("Here");
    settings(&bed, "contexts: {dev: prod-eu, prod: prod-eu}\n");
    bed.commit("Elsewhere");
    let kubeconfig = with_an_unreachable_context(&bed);
    let args = ["diff", "--all-environments", "--revision", "HEAD~1"];
    bed.run_as(&kubeconfig, &args, "")
        .exits(1)
        .shows("all-bound-dev on controlplane, environment dev: ")
        .shows("all-bound-prod on controlplane, environment prod: ");
    fs::remove_file(kubeconfig).expect("it is there");
}

#[test]
fn all_environments_of_two_commits_are_one_comment() {
    let bed = bed("all-between");
    bed.commit("Before");
    bed.write("environments/dev.yaml", "site:\n  name: development\n");
    bed.write("environments/test.yaml", "site:\n  name: test\n");
    bed.commit("After");
    let between = ["diff", "--from", "HEAD~1", "--to", "HEAD"];
    let run = |args: &[&str]| bed.run(&[&between, args].concat());
    run(&["-e", "prod"])
        .exits(1)
        .shows("the environments dev, test change too, and are not shown");
    let comment = run(&["--all-environments", "--format", "markdown"])
        .exits(1)
        .shows("all-between-development, environment dev from")
        .shows("all-between-prod, environment prod from")
        .shows("no change: 2 objects")
        .shows("all-between-test, environment test from")
        .shows_not("not shown");
    assert_eq!(comment.stdout.matches("### ").count(), 3, "{}", comment.stdout);
    let marker = "<!-- stackanetes: desired * -->\n";
    assert!(comment.stdout.starts_with(marker), "{}", comment.stdout);
    run(&["--all-environments", "--format", "html"])
        .exits(2)
        .complains("--format html cannot be used with --all-environments");
    bed.remove("environments/dev.yaml");
    bed.remove("environments/test.yaml");
    bed.remove("environments/prod.yaml");
    bed.run(&["diff", "--all-environments"])
        .exits(2)
        .complains("desired has no environments");
}

#[test]
fn an_environment_where_there_can_be_none_is_told_with_what_is_missing() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "no-environments");
    for args in [&["status"][..], &["diff"], &["delete", "--yes"]] {
        bed.run(&[args, &["-e", "prod"]].concat())
            .exits(2)
            .complains("error: desired has no environment prod, as it has no parameters.yaml")
            .complains(
                "hint: leave out --environment, or add parameters.yaml, parameters.schema.json and environments/prod.yaml",
            );
    }
    bed.remove("stackanetes.yaml");
    bed.run(&["diff", "--set", "a.b=1"])
        .exits(2)
        .complains("error: desired has no parameters, as it has no stackanetes.yaml")
        .complains("hint: leave out --set, or add stackanetes.yaml, parameters.yaml and parameters.schema.json");
}
