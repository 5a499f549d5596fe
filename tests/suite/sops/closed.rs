//! Without an identity: a diff tells what changed by the ciphertexts, and a sync refuses.

use super::{DATA, KEY, RECIPIENT, Vault};
use crate::bed::{self, Bed};
use crate::control_plane::ControlPlane;

fn secret(one: &str, two: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: key}}\nstringData:\n  one: {one}\n  two: {two}\n")
}

/// A Job that runs again where the Secret changes.
const JOB: &str = "apiVersion: batch/v1
kind: Job
metadata:
  name: fill
  annotations: {stackanetes.io/inputs: Secret/key}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: fill, image: 'fill:1', envFrom: [{secretRef: {name: key}}]}]
";

/// A Secret that was synced with the identity.
fn synced(name: &str) -> Vault {
    let vault = Vault::new(name);
    vault.encrypt("key.yaml", secret("hunter2-one", "hunter2-two"), &DATA);
    bed::commit(&vault.desk.dir, "First");
    vault.run(&["sync", "--yes", "--sandbox", "box"]).exits(0);
    vault
}

/// Changes one value: the others keep their ciphertexts.
fn change(vault: &Vault) {
    vault.set("key.yaml", "[\"stringData\"][\"two\"]", "\"hunter2-new\"");
}

#[test]
fn what_git_left_as_it_is_does_not_differ() {
    let vault = synced("closed-same");
    let run = vault.run_closed(&["diff", "--sandbox", "box"]);
    run.exits(0)
        .shows("sync blocked")
        .shows("desired/key.yaml is encrypted for")
        .shows(RECIPIENT);
}

#[test]
fn what_git_changed_differs_value_by_value_and_is_marked() {
    let vault = synced("closed-changed");
    change(&vault);
    bed::commit(&vault.desk.dir, "Second");
    let run = vault
        .run_closed(&["diff", "--sandbox", "box"])
        .exits(1)
        .hides(&["hunter2", "ENC["]);
    run.shows("data.two")
        .shows("unverified")
        .shows("Second")
        .shows_not("data.one");
    let between = vault.run_closed(&["diff", "--from", "HEAD~1", "--to", "HEAD"]).exits(1);
    between
        .hides(&["hunter2", "ENC["])
        .shows("data.two")
        .shows_not("data.one");
}

#[test]
fn a_sync_refuses_and_names_file_and_recipient() {
    let vault = synced("closed-sync");
    change(&vault);
    bed::commit(&vault.desk.dir, "Second");
    let before = vault.run(&["diff", "--sandbox", "box"]).exits(1).stdout;
    let run = vault.run_closed(&["sync", "--yes", "--sandbox", "box"]).exits(2);
    run.complains("desired/key.yaml")
        .complains(RECIPIENT)
        .complains("--age-key-file");
    assert_eq!(
        vault.run(&["diff", "--sandbox", "box"]).stdout,
        before,
        "something was written"
    );
}

#[test]
fn a_job_runs_again_only_where_a_ciphertext_that_it_reads_changed() {
    let vault = Vault::new("closed-job");
    vault.desk.write("desired/job.yaml", JOB);
    vault.encrypt("key.yaml", secret("hunter2-one", "hunter2-two"), &DATA);
    bed::commit(&vault.desk.dir, "First");
    vault.run(&["sync", "--yes", "--sandbox", "box"]).exits(0);
    vault.run_closed(&["diff", "--sandbox", "box"]).exits(0);
    change(&vault);
    let run = vault
        .run_closed(&["diff", "--sandbox", "box"])
        .exits(1)
        .hides(&["hunter2", "ENC["]);
    run.shows("runs again: Secret/key changed");
}

#[test]
fn a_ciphertext_is_never_rendered_for_somebody_to_apply() {
    let vault = synced("closed-render");
    let run = vault.run_closed(&["render", "--show-secrets"]).exits(2);
    run.complains("desired/key.yaml").complains(RECIPIENT);
    let masked = vault.run_closed(&["render"]).exits(0).hides(&["ENC["]);
    masked.complains("desired/key.yaml").shows("one: (not shown)");
}

#[test]
fn an_object_whose_name_is_encrypted_cannot_be_told_and_is_an_error() {
    let vault = Vault::new("closed-whole");
    vault.encrypt("key.yaml", secret("hunter2-one", "hunter2-two"), &[]);
    let run = vault.run_closed(&["diff", "--sandbox", "box"]).exits(2);
    run.complains("`apiVersion` is encrypted")
        .complains("--encrypted-regex")
        .complains("desired/key.yaml:1:1");
}

#[test]
fn an_api_server_is_told_nothing_of_a_ciphertext() {
    let bed = Bed::on(ControlPlane::full(), "closed-server");
    let vault = Vault::new("closed-server");
    let write = |two: &str| {
        vault.encrypt("key.yaml", secret("hunter2-one", two), &DATA);
        bed.write("key.yaml", &vault.text("key.yaml"));
    };
    write("hunter2-two");
    let web = bed::deployment("web", 1, "nginx:1");
    let reads = "          envFrom: [{secretRef: {name: key}}]\n";
    bed.write(
        "web.yaml",
        &web.replace("          image:", &format!("{reads}          image:")),
    );
    bed.commit("First");
    std::fs::write(bed.dir.join("keys.txt"), KEY).expect("a file of our own");
    let with_identity = ["sync", "--yes", "--age-key-file", "keys.txt"];
    bed.run(&with_identity).exits(0).hides(&["hunter2"]);
    bed.diff().exits(0).shows("sync blocked: desired/key.yaml is encrypted");
    change(&vault);
    bed.write("key.yaml", &vault.text("key.yaml"));
    bed.commit("Second");
    let requests = bed.audited(|| {
        let diff = bed.diff().exits(1).hides(&["hunter2", "ENC["]);
        diff.shows("update Secret closed-server/key")
            .shows("data.two")
            .shows_not("data.one")
            .shows("Second");
        bed.sync().exits(2).complains(RECIPIENT);
    });
    let sent = requests.iter().map(|request| request.request.to_string());
    assert!(
        sent.into_iter().all(|sent| !sent.contains("RU5DW0FFUzI1Nl9HQ00s")),
        "{requests:#?}"
    );
}

/// A Deployment whose pods have the Secret in their environment.
fn reader(secret: &str) -> String {
    let reads = format!("          envFrom: [{{secretRef: {{name: {secret}}}}}]\n");
    let web = bed::deployment("web", 1, "nginx:1");
    web.replace("          image:", &format!("{reads}          image:"))
}

#[test]
fn a_secret_that_is_not_selected_changes_no_pod_and_no_job_that_reads_it() {
    let vault = Vault::new("closed-component");
    for component in ["web", "keys"] {
        vault.desk.write(&format!("desired/{component}/component.yaml"), "{}");
    }
    vault.desk.write(
        "desired/web/web.yaml",
        &bed::with_metadata(&reader("key"), "  labels: {app: web}\n"),
    );
    vault.desk.write("desired/web/job.yaml", JOB);
    vault.encrypt("keys/key.yaml", secret("hunter2-one", "hunter2-two"), &DATA);
    bed::commit(&vault.desk.dir, "First");
    vault.run(&["sync", "--yes", "--sandbox", "box"]).exits(0);
    for selection in [["--component", "web"], ["-l", "app=web"]] {
        let run = vault.run_closed(&[&["diff", "--sandbox", "box"], &selection[..]].concat());
        run.exits(0).shows_not("Secret/key changed");
    }
}
