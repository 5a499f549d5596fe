//! `sync --rollback-on-failure` goes back to the last complete commit, and is as careful as any sync.

use crate::bed::{Bed, Run, deployment};
use crate::control_plane::ControlPlane;

/// A Deployment named `web` whose pods no node takes.
fn web_nowhere() -> String {
    deployment("web", 1, "two").replace(
        "    spec:\n      containers:",
        "    spec:\n      nodeSelector: {example.com/nowhere: \"true\"}\n      containers:",
    )
}

const CLAIM: &str = "apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
";

/// A bed at whose first commit `web` runs, which is synced, and at whose second one it does not.
fn failing(name: &str) -> (Bed, [String; 2]) {
    let bed = Bed::on(ControlPlane::full(), name);
    bed.write("web.yaml", &deployment("web", 1, "one"));
    let first = bed.commit("First");
    bed.synced();
    bed.write("web.yaml", &web_nowhere());
    bed.write_config_map("added", &[("a", "1")]);
    bed.write("claim.yaml", CLAIM);
    let second = bed.commit("Second");
    (bed, [first, second])
}

/// Syncs with these options besides. A failure is known long before this time is up.
fn sync(bed: &Bed, options: &[&str]) -> Run {
    let all = ["sync", "--rollback-on-failure", "--fail-fast", "--timeout", "1h"];
    bed.run(&[&all, options].concat())
}

fn image(bed: &Bed) -> String {
    let web = bed.get("deployment", "web").expect("it is there");
    web["spec"]["template"]["spec"]["containers"][0]["image"]
        .as_str()
        .expect("text")
        .to_owned()
}

#[test]
fn a_sync_that_fails_goes_back_to_the_last_complete_commit_and_keeps_data() {
    let (bed, [first, second]) = failing("rollback-back");
    let first = &first[..7];
    sync(&bed, &["--yes"])
        .exits(1)
        .shows("not ready Deployment rollback-back/web: InProgress")
        .shows(&format!("goes back: {} was synced last", &second[..7]))
        .shows("- delete ConfigMap rollback-back/added")
        .shows("= keep PersistentVolumeClaim rollback-back/data")
        .shows("complete: 1 updated, 1 deleted")
        .complains(&format!("the sync failed: rolling back to {first}"))
        .complains(&format!("the sync failed, and was rolled back to {first}"));
    assert_eq!(image(&bed), "one");
    assert!(bed.get("configmap", "added").is_none());
    assert!(bed.get("persistentvolumeclaim", "data").is_some(), "it holds data");
    bed.run(&["history"])
        .exits(0)
        .shows(&format!("{first} First"))
        .shows(&format!("back from {}", &second[..7]));
}

#[test]
fn a_saved_plan_confirms_no_way_back() {
    let (bed, _) = failing("rollback-plan");
    bed.run(&["diff", "--out", "plan.json"]).exits(1);
    sync(&bed, &["--plan", "plan.json"])
        .exits(1)
        .shows("- delete ConfigMap rollback-plan/added")
        .complains("cannot prompt: standard input is not a terminal");
    assert_eq!(image(&bed), "two");
}

#[test]
fn it_is_not_gone_back_across_what_cannot_be_undone_without_the_option_for_it() {
    let (bed, _) = failing("rollback-across");
    bed.write(
        "migrate.yaml",
        "apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {stackanetes.io/irreversible: migrates the database}}
spec:
  backoffLimit: 0
  template: {spec: {restartPolicy: Never, containers: [{name: main, image: a}]}}
",
    );
    bed.commit("Third");
    sync(&bed, &["--yes"])
        .exits(1)
        .complains("refused for safety")
        .complains("Job rollback-across/migrate");
    assert_eq!(image(&bed), "two");
}

#[test]
fn that_there_is_no_way_back_is_told_before_a_sync_begins() {
    // Nothing runs Deployments on the bare control plane.
    let bed = Bed::new("rollback-nowhere");
    let sync = ["sync", "--yes", "--rollback-on-failure", "--timeout", "0s"];
    let none = "a failure will not be rolled back:";
    bed.write_config_map("one", &[("a", "1")]);
    let first = bed.commit("First");
    bed.run(&sync)
        .exits(0)
        .complains(&format!("{none} no sync of the whole ApplySet was complete yet"));
    bed.run(&sync).exits(0).complains(&format!(
        "{none} the last complete sync was of the same commit, {}",
        &first[..7]
    ));
    bed.write("web.yaml", &deployment("web", 1, "one"));
    bed.commit("Second");
    bed.run(&["sync", "--yes", "--rollback-on-failure", "--wait=false"])
        .exits(2)
        .complains("--rollback-on-failure cannot be used with --wait=false");
    bed.run(&["sync", "--yes", "--wait=false"]).exits(0);
    bed.write_config_map("one", &[("a", "2")]);
    // What was not waited for is nothing to go back to.
    bed.run(&sync)
        .exits(1)
        .complains(&format!("the sync failed: rolling back to {}", &first[..7]));
}

#[test]
fn it_is_not_gone_back_to_what_another_directory_said() {
    let bed = Bed::new("rollback-source");
    bed.write_config_map("one", &[("a", "1")]);
    bed.commit("First");
    bed.synced();
    let other = bed.dir.join("other");
    std::fs::create_dir(&other).expect("a directory of our own");
    for file in std::fs::read_dir(bed.dir.join("desired")).expect("the directory") {
        let path = file.expect("a file").path();
        std::fs::copy(&path, other.join(path.file_name().expect("a name"))).expect("a copy");
    }
    bed.commit("Second");
    bed.run(&["sync", "other", "--switch-source", "--yes", "--rollback-on-failure"])
        .exits(0)
        .complains("a failure will not be rolled back: the last complete sync, of ")
        .complains(", was from another directory or repository");
}
