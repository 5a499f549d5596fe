//! Snapshots of a real cluster.

use std::fs;

use super::commands::{files, read};
use crate::bed::{Bed, config_map, pod_template, secret};
use crate::control_plane::{ControlPlane, Rule};

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crates.snapshot.example.com}
spec:
  group: snapshot.example.com
  scope: Namespaced
  names: {kind: Crate, listKind: CrateList, plural: crates, singular: crate}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {size: {type: integer, default: 3}, count: {type: integer}}}
";

fn synced(name: &str) -> Bed {
    let bed = Bed::new(name);
    bed.write_config_map("settings", &[("a", "one\ntwo\n")]);
    bed.write("password.yaml", &secret("password"));
    bed.write("template.yaml", &pod_template("template", "nginx:1"));
    bed.commit("The shop");
    bed.synced();
    bed
}

fn holds_no_secret(written: &[std::path::PathBuf]) {
    for path in written {
        let text = fs::read_to_string(path).expect("text");
        assert!(
            !text.contains("hunter2") && !text.contains("aHVudGVyMg"),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_snapshot_is_diffed_like_the_cluster_and_holds_no_secret() {
    let bed = synced("snapshot");
    // Objects of a kind whose definition is not in git.
    bed.plane
        .kubectl_stdin(&["apply", "--server-side", "-f", "-"], DEFINITION)
        .expect_success();
    let crates = "customresourcedefinition/crates.snapshot.example.com";
    bed.plane
        .kubectl(&["wait", "--for=condition=Established", "--timeout=30s", crates])
        .expect_success();
    let a_crate = "apiVersion: snapshot.example.com/v1\nkind: Crate\nmetadata: {name: one}\nspec: {count: 1}\n";
    bed.write("crate.yaml", a_crate);
    bed.commit("A crate");
    bed.synced();
    // Other tools leave values where nobody looks for them.
    let last = "kubectl.kubernetes.io/last-applied-configuration={\"stringData\":{\"password\":\"hunter2\"}}";
    bed.kubectl(&["annotate", "secret", "password", last]);
    bed.run(&["snapshot", "--to", "noted"]).exits(0);
    holds_no_secret(&files(&bed.dir.join("noted")));
    // A sync would take it away.
    bed.kubectl(&[
        "annotate",
        "secret",
        "password",
        "kubectl.kubernetes.io/last-applied-configuration-",
    ]);

    bed.run(&["snapshot", "--to", "snap"])
        .exits(0)
        .shows("in snap; the values of 2 Secrets are masked");
    let written = files(&bed.dir.join("snap"));
    assert!(
        written
            .iter()
            .any(|path| path.ends_with("crates.snapshot.example.com/one.yaml")),
        "{written:?}"
    );
    holds_no_secret(&written);
    let masked = read(&bed.dir.join("snap/snapshot/secrets/password.yaml"));
    assert_eq!(masked["data"]["password"], "(masked)");

    let on_snapshot = |args: &[&str]| bed.run(&[args, &["--sandbox", "snap"]].concat());
    on_snapshot(&["diff"])
        .exits(0)
        .shows("on the snapshot snap of")
        .shows("in sync: 4 objects")
        .shows("not compared: the values of Secret snapshot/password");
    on_snapshot(&["diff", "--verify"]).exits(0).shows("in sync: 4 objects");
    on_snapshot(&["status"]).exits(0).shows("4, 4 Current");

    // What git changes is shown as it is of the cluster; a value of a Secret is compared with nothing.
    bed.write_config_map("settings", &[("a", "one\nthree\n")]);
    bed.write("template.yaml", &pod_template("template", "nginx:2"));
    bed.write("crate.yaml", &a_crate.replace("count: 1", "count: 2"));
    bed.write("more.yaml", &config_map("more", &[]));
    bed.commit("More");
    let steps = |run: &str| -> Vec<String> {
        run.lines()
            .skip(1)
            .take_while(|line| !line.contains(" unchanged"))
            .map(str::to_owned)
            .collect()
    };
    let real = bed.diff().exits(1).stdout;
    assert_eq!(steps(&on_snapshot(&["diff"]).exits(1).stdout), steps(&real));
    bed.write("password.yaml", &secret("password").replace("hunter2", "hunter3"));
    let changed = on_snapshot(&["diff"]).exits(1).hides(&["hunter2", "hunter3"]);
    assert!(!changed.stdout.contains("data.password"), "{}", changed.stdout);
    bed.write("password.yaml", &(secret("password") + "  other: hunter4\n"));
    on_snapshot(&["diff"]).exits(1).shows("data.other").hides(&["hunter4"]);

    // One is never written over.
    bed.run(&["snapshot", "--to", "snap"]).exits(2).complains("not empty");
    bed.run(&["snapshot", "--to", "desired"])
        .exits(2)
        .complains("not empty");
    bed.plane.kubectl(&["delete", "--wait=false", crates]).expect_success();
}

#[test]
fn what_may_not_be_seen_is_not_in_it() {
    let bed = synced("snapshot-reader");
    let reader = ControlPlane::bare().user(&[Rule {
        groups: &[""],
        resources: &["configmaps", "podtemplates", "namespaces"],
        verbs: &["get", "list"],
    }]);
    bed.run_as(&reader.kubeconfig, &["snapshot", "--to", "snap"], "")
        .exits(0)
        .complains("Secret may not be listed");
    assert!(!bed.dir.join("snap/snapshot-reader/secrets").exists());
    bed.run(&["diff", "--sandbox", "snap"])
        .exits(1)
        .shows("? not compared Secret")
        .shows_not("+ create");
}
