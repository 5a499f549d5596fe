//! A Job runs again when its declared inputs change, and not otherwise: here, where Jobs complete.

mod replaced;
mod secrets;

use serde_json::{Value, json};

use crate::bed::{Bed, config_map, wait_until};
use crate::control_plane::{AuditEvent, ControlPlane};

/// The Job `migrate`, with these inputs.
fn job(inputs: &str) -> String {
    format!(
        "apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations:
    stackanetes.io/inputs: {inputs:?}
spec:
  backoffLimit: 0
  template:
    metadata: {{labels: {{app: migrate}}}}
    spec:
      restartPolicy: Never
      containers: [{{name: main, image: one, args: [fast]}}]
"
    )
}

/// A bed where that Job was synced, and is complete.
fn migrated(namespace: &str, inputs: &str) -> Bed {
    let bed = Bed::on(ControlPlane::full(), namespace);
    bed.write("job.yaml", &job(inputs));
    bed.synced().shows("complete: 1 created");
    bed
}

const PASSWORDS: [&str; 2] = ["hunter2-one", "hunter2-two"];

fn secret(password: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: login}}\nstringData: {{password: {password}}}\n")
}

fn uid(bed: &Bed) -> Value {
    bed.get("job", "migrate").expect("the Job is there")["metadata"]["uid"].clone()
}

/// What the parent keeps of Jobs.
fn recorded(bed: &Bed) -> String {
    let parent = bed.get("configmap", &format!("stackanetes-{}", bed.namespace));
    let jobs = parent.expect("there is a parent")["data"]["jobs"].clone();
    jobs.as_str().unwrap_or_default().to_owned()
}

#[track_caller]
fn in_sync(bed: &Bed) {
    bed.diff().exits(0).shows("in sync:");
    let requests = bed.audited(|| drop(bed.synced().shows("complete: 1 unchanged")));
    let writes: Vec<&AuditEvent> = requests.iter().filter(|request| request.is_write()).collect();
    assert!(writes.is_empty(), "{writes:?}");
}

/// A diff that replaces the Job for this reason, and the sync that does it.
#[track_caller]
fn runs_again(bed: &Bed, reason: &str) {
    let before = uid(bed);
    let line = format!("± replace Job {}/migrate runs again: {reason}", bed.namespace);
    bed.diff().exits(1).shows(&line).shows("1 to replace");
    bed.synced().shows("1 replaced").shows_not("mismatch");
    assert_ne!(uid(bed), before);
    bed.diff().exits(0).shows("in sync:");
}

#[test]
fn a_completed_job_with_the_same_inputs_is_in_sync_whatever_else_differs() {
    let bed = migrated("jobs-same", "image");
    let before = uid(&bed);
    in_sync(&bed);
    bed.write(
        "job.yaml",
        &job("image")
            .replace("fast", "slow")
            .replace("backoffLimit: 0", "backoffLimit: 3"),
    );
    in_sync(&bed);
    assert_eq!(uid(&bed), before);
}

#[test]
fn another_image_runs_it_again() {
    let bed = migrated("jobs-image", "image");
    let first = recorded(&bed);
    bed.write("job.yaml", &job("image").replace("image: one", "image: two"));
    bed.diff()
        .exits(1)
        .shows("spec.template.spec.containers[main].image desired/job.yaml:13 - one + two git")
        .shows_not("controller-uid");
    let before = uid(&bed);
    let requests = bed.audited(|| runs_again(&bed, "its image changed"));
    // The new one was tried under another name before the old one was deleted.
    let of_jobs = requests
        .iter()
        .filter(|request| request.resource == "jobs" && request.is_write());
    let stored: Vec<&str> = of_jobs.map(|request| request.verb.as_str()).collect();
    assert_eq!(stored, ["delete", "patch"]);
    assert_ne!(recorded(&bed), first);
    assert_eq!(
        bed.get("job", "migrate").expect("it is there")["status"]["succeeded"],
        json!(1)
    );
    assert_ne!(uid(&bed), before);
}

#[test]
fn a_job_that_is_gone_does_not_run_again_unless_its_inputs_changed() {
    let bed = migrated("jobs-gone", "image");
    bed.kubectl(&["delete", "job", "migrate"]);
    in_sync(&bed);
    assert!(bed.get("job", "migrate").is_none());
    // So a sync that is cut off between deleting a Job and creating it anew is taken up.
    bed.write("job.yaml", &job("image").replace("image: one", "image: two"));
    bed.diff()
        .exits(1)
        .shows("+ create Job jobs-gone/migrate runs again: its image changed");
    bed.synced().shows("1 created").shows_not("mismatch");
    in_sync(&bed);
    // What git dropped is forgotten.
    bed.kubectl(&["delete", "job", "migrate"]);
    bed.remove("job.yaml");
    bed.write_config_map("other", &[("a", "1")]);
    bed.synced();
    assert_eq!(recorded(&bed), "");
    bed.write("job.yaml", &job("image").replace("image: one", "image: two"));
    bed.diff()
        .exits(1)
        .shows("+ create Job jobs-gone/migrate")
        .shows_not("runs again");
}

#[test]
fn a_job_that_its_ttl_removes_is_remembered_though_the_sync_fails_elsewhere() {
    let bed = Bed::on(ControlPlane::full(), "jobs-ttl");
    bed.write(
        "job.yaml",
        &job("image").replace("backoffLimit: 0", "ttlSecondsAfterFinished: 0"),
    );
    let failing = job("image")
        .replace("migrate", "fails")
        .replace("{app: fails}", "{outcome: failure}");
    bed.write("fails.yaml", &failing);
    bed.sync().exits(1).shows("not ready Job jobs-ttl/fails: Failed");
    wait_until("the TTL removed it", || bed.get("job", "migrate").is_none());
    bed.diff()
        .exits(1)
        .shows("Job jobs-ttl/fails")
        .shows_not("jobs-ttl/migrate");
    bed.sync().exits(1);
    assert!(bed.get("job", "migrate").is_none());
}

#[test]
fn a_completed_job_that_nobody_recorded_is_recorded_by_the_next_sync() {
    let bed = migrated("jobs-record", "image");
    let before = recorded(&bed);
    assert!(before.contains(r#""jobs-record/migrate":{"image":""#), "{before}");
    let patch = json!({"data": {"jobs": null}});
    bed.patch("someone", "configmap", "stackanetes-jobs-record", &patch);
    bed.diff().exits(0);
    assert_eq!(recorded(&bed), "");
    bed.synced();
    assert_eq!(recorded(&bed), before);
}

#[test]
fn an_invalid_change_leaves_the_old_one_alone() {
    let bed = migrated("jobs-invalid", "image");
    let before = uid(&bed);
    let invalid = job("image")
        .replace("image: one", "image: two")
        .replace("restartPolicy: Never", "restartPolicy: Always");
    bed.write("job.yaml", &invalid);
    for run in [bed.diff(), bed.sync()] {
        run.exits(1)
            .shows("the server refuses Job jobs-invalid/migrate")
            .shows("desired/job.yaml:12");
    }
    assert_eq!(uid(&bed), before);
}

#[test]
fn one_key_of_a_config_map_runs_it_again_and_another_does_not() {
    let bed = Bed::on(ControlPlane::full(), "jobs-config");
    bed.write("job.yaml", &job("ConfigMap/scripts/migrate.sh"));
    let write = |migrate: &str, other: &str| {
        let scripts = config_map("scripts", &[("migrate.sh", migrate), ("other.sh", other)]);
        bed.write("scripts.yaml", &scripts);
    };
    write("one", "one");
    bed.synced();
    let before = uid(&bed);
    write("one", "two");
    bed.diff().exits(1).shows("1 to update; 1 unchanged");
    bed.synced();
    assert_eq!(uid(&bed), before);
    write("two", "two");
    runs_again(&bed, "ConfigMap/scripts/migrate.sh changed");
}

#[test]
fn a_value_that_is_declared_runs_it_again() {
    let bed = migrated("jobs-value", "image, region=north");
    bed.write("job.yaml", &job("image, region=south"));
    runs_again(&bed, "region changed");
    bed.write("job.yaml", &job("image, region=west").replace("one", "two"));
    runs_again(&bed, "its image and region changed");
}

#[test]
fn without_declared_inputs_it_is_the_pod_template() {
    let bed = Bed::on(ControlPlane::full(), "jobs-template");
    let plain = job("").replace("stackanetes.io/inputs", "note");
    bed.write("job.yaml", &plain);
    bed.synced();
    bed.write("job.yaml", &plain.replace("backoffLimit: 0", "backoffLimit: 3"));
    in_sync(&bed);
    bed.write("job.yaml", &plain.replace("fast", "slow"));
    runs_again(&bed, "its pod template changed");
}

#[test]
fn a_job_that_failed_runs_again_with_the_next_sync() {
    let bed = Bed::on(ControlPlane::full(), "jobs-failed");
    let failing = job("image").replace("app: migrate", "outcome: failure");
    bed.write("job.yaml", &failing);
    bed.sync().exits(1).shows("not ready Job jobs-failed/migrate: Failed");
    let before = uid(&bed);
    bed.sync()
        .exits(1)
        .shows("± replace Job jobs-failed/migrate runs again: it failed")
        .shows("not ready Job jobs-failed/migrate: Failed");
    assert_ne!(uid(&bed), before);
    assert_eq!(recorded(&bed), "");
    bed.write("job.yaml", &job("image"));
    runs_again(&bed, "it failed");
    // One that failed and was deleted runs again too.
    bed.write("job.yaml", &failing.replace("one", "two"));
    bed.sync().exits(1);
    bed.kubectl(&["delete", "job", "migrate"]);
    bed.write("job.yaml", &job("image"));
    bed.diff().exits(1).shows("+ create Job jobs-failed/migrate");
}

#[test]
fn a_job_runs_again_when_it_is_asked_for() {
    let bed = migrated("jobs-asked", "image");
    let asked = |command: &str, name: &str| bed.run(&[command, "--rerun", name]);
    let before = uid(&bed);
    asked("diff", "migrate")
        .exits(1)
        .shows("± replace Job jobs-asked/migrate runs again: asked for");
    bed.run(&["sync", "--yes", "--rerun", "jobs-asked/migrate"])
        .exits(0)
        .shows("1 replaced");
    assert_ne!(uid(&bed), before);
    in_sync(&bed);
    bed.kubectl(&["delete", "job", "migrate"]);
    asked("diff", "migrate")
        .exits(1)
        .shows("+ create Job jobs-asked/migrate runs again: asked for");
    bed.run(&["sync", "--yes", "--rerun", "migrate"])
        .exits(0)
        .shows("1 created");
    asked("diff", "migrat").exits(2).complains("did you mean migrate?");
    asked("diff", "settings")
        .exits(2)
        .complains("there are jobs-asked/migrate");
    bed.run(&["diff", "--rerun", "migrate", "-l", "app=web"])
        .exits(2)
        .complains("Job jobs-asked/migrate is not selected");
    bed.write(
        "other.yaml",
        &job("image").replace("metadata:\n  name", "metadata:\n  namespace: default\n  name"),
    );
    asked("diff", "migrate")
        .exits(2)
        .complains("pass one of default/migrate, jobs-asked/migrate");
}

#[test]
fn what_is_declared_wrong_is_shown_where_it_is_written() {
    let bed = Bed::new("jobs-wrong");
    for (inputs, message) in [
        ("imag", "did you mean image?"),
        (
            "ConfigMap/scripts",
            "ConfigMap jobs-wrong/scripts is not in the directory",
        ),
    ] {
        bed.write("job.yaml", &job(inputs));
        for command in ["diff", "sync"] {
            bed.run(&[command])
                .exits(2)
                .complains(message)
                .complains("desired/job.yaml:6");
        }
    }
    assert!(bed.get("job", "migrate").is_none());
}

#[test]
fn a_job_under_way_is_left_to_it_unless_its_inputs_change() {
    let bed = Bed::on(ControlPlane::full(), "jobs-under-way");
    let waits = job("image").replace("restartPolicy", "nodeSelector: {never: here}\n      restartPolicy");
    bed.write("job.yaml", &waits);
    let sync = || bed.run(&["sync", "--yes", "--timeout", "2s"]);
    sync().exits(1).shows("not ready Job");
    let before = uid(&bed);
    bed.write("job.yaml", &waits.replace("fast", "slow"));
    bed.diff().exits(0).shows("in sync: 1 object");
    sync()
        .exits(1)
        .shows("not ready Job jobs-under-way/migrate: InProgress");
    // What can be changed is.
    bed.write("job.yaml", &waits.replace("backoffLimit: 0", "suspend: true"));
    bed.diff().exits(1).shows("~ update Job").shows("spec.suspend");
    bed.synced().shows("1 updated");
    assert_eq!(uid(&bed), before);
    assert_eq!(recorded(&bed), "", "it has not completed");
    bed.write("job.yaml", &job("image").replace("image: one", "image: two"));
    runs_again(&bed, "its image changed");
}

#[test]
fn a_job_without_a_note_of_its_inputs_is_compared_first() {
    let bed = Bed::on(ControlPlane::full(), "jobs-noted");
    bed.write("job.yaml", &job("image"));
    let apply = |manifest: &str| {
        let apply = ["apply", "--server-side", "--field-manager=stackanetes", "-f", "-"];
        bed.kubectl_stdin(&apply, manifest);
        bed.kubectl(&["wait", "--for=condition=Complete", "job/migrate"]);
        uid(&bed)
    };
    let before = apply(&job("image"));
    bed.diff().exits(1).shows("~ update Job jobs-noted/migrate");
    bed.synced().shows("1 updated").shows_not("mismatch");
    assert_eq!(uid(&bed), before);
    in_sync(&bed);
    bed.kubectl(&["delete", "job", "migrate"]);
    apply(&job("image").replace("fast", "slow"));
    runs_again(&bed, "it cannot be changed while it is there");
}

#[test]
fn without_a_name_the_job_itself_is_all_there_is_to_know() {
    let bed = Bed::on(ControlPlane::full(), "jobs-nameless");
    let namespace = &["-f", "-", "-n", "jobs-nameless"];
    let run = |command: &[&str], manifest: &str| bed.run_with(&[command, namespace].concat(), manifest);
    let manifest = format!("{}---\n{}", job("image, Secret/login"), secret(PASSWORDS[0]));
    run(&["sync", "--yes"], &manifest).exits(0).shows("2 created");
    let before = uid(&bed);
    run(&["diff"], &manifest.replace("fast", "slow").replace("one}", "two}"))
        .exits(1)
        .shows("1 to update; 1 unchanged")
        .shows("Job jobs-nameless/migrate does not run again when Secret/login changes: pass --name");
    run(&["diff"], &manifest.replace("image: one", "image: two"))
        .exits(1)
        .shows("± replace Job jobs-nameless/migrate runs again: its image changed");
    // It may become a member later, whatever else git says of it now.
    bed.write("job.yaml", &job("image, Secret/login").replace("fast", "slow"));
    bed.write("login.yaml", &secret(PASSWORDS[0]));
    bed.diff()
        .exits(1)
        .shows("~ update Job jobs-nameless/migrate becomes a member; nothing else changes");
    bed.synced().shows("2 updated").shows_not("mismatch");
    assert_eq!(uid(&bed), before);
    bed.diff().exits(0);
    bed.write("login.yaml", &secret(PASSWORDS[1]));
    runs_again(&bed, "Secret/login changed");
}
