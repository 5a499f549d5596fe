//! Inputs of Jobs that are secret: what is kept of them tells that they changed, and not what they are.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{PASSWORDS, job, recorded, runs_again, secret, uid};
use crate::bed::Bed;
use crate::control_plane::{ControlPlane, Rule};

#[test]
fn another_secret_runs_it_again_and_is_shown_nowhere() {
    let bed = Bed::on(ControlPlane::full(), "jobs-secret");
    bed.write("job.yaml", &job("Secret/login/password"));
    bed.write("login.yaml", &secret(PASSWORDS[0]));
    let mut said = vec![bed.run(&["sync", "--yes", "-vv"]).exits(0)];
    let key = || {
        bed.get("secret", "stackanetes-jobs-secret-key")
            .expect("there is a key")
    };
    let first = key();
    bed.diff().exits(0);

    bed.write("login.yaml", &secret(PASSWORDS[1]));
    runs_again(&bed, "Secret/login/password changed");
    assert_eq!(key()["data"], first["data"], "it is made once");
    said.push(bed.run(&["diff", "-vv"]));
    let live = bed.get("job", "migrate").expect("it is there");
    let kept = format!("{live}{}", recorded(&bed));
    // Nor is a digest of it there that could be guessed.
    let guessed = json!({"data": BASE64.encode(PASSWORDS[1])}).to_string();
    let digest = &URL_SAFE_NO_PAD.encode(Sha256::digest(guessed))[..20];
    for value in ["hunter2", "aHVudGVy", digest] {
        assert!(!kept.contains(value), "{value} in {kept}");
        for run in &said {
            assert!(
                !run.stdout.contains(value) && !run.stderr.contains(value),
                "{value} in {run:?}"
            );
        }
    }
    // Who may not read the key is told what is not known, and may not sync.
    let everything = Rule {
        groups: &["*"],
        resources: &["*"],
        verbs: &["list", "watch", "create", "patch", "update", "delete"],
    };
    let but_secrets = Rule {
        groups: &[""],
        resources: &["configmaps", "namespaces"],
        verbs: &["get"],
    };
    let leases = Rule {
        groups: &["coordination.k8s.io", "batch"],
        resources: &["leases", "jobs"],
        verbs: &["get"],
    };
    let reader = bed.plane.user(&[everything, but_secrets, leases]);
    bed.run_as(&reader.kubeconfig, &["diff"], "")
        .exits(0)
        .shows("Job jobs-secret/migrate runs again if Secret/login/password changed");
    bed.run_as(&reader.kubeconfig, &["sync", "--yes"], "")
        .exits(2)
        .complains("Secret jobs-secret/stackanetes-jobs-secret-key may not be read");

    // A lost key is made anew, and runs nothing.
    let before = uid(&bed);
    bed.kubectl(&["delete", "secret", "stackanetes-jobs-secret-key"]);
    bed.diff()
        .exits(1)
        .shows("~ update Job jobs-secret/migrate no value changes");
    bed.synced().shows_not("mismatch");
    bed.diff().exits(0);
    assert_eq!(uid(&bed), before);
    assert_ne!(key()["data"], first["data"]);
    bed.write("login.yaml", &secret(PASSWORDS[0]));
    runs_again(&bed, "Secret/login/password changed");
}

#[test]
fn a_generated_value_that_is_rotated_runs_it_again() {
    let bed = Bed::on(ControlPlane::full(), "jobs-rotated");
    let declare = |options: &str| {
        let component = format!("secrets:\n  - name: login\n    generate: {{token: {{{options}}}}}\n");
        bed.write("app/component.yaml", &component);
    };
    bed.write("app/job.yaml", &job("Secret/login/token"));
    declare("bytes: 32");
    bed.synced();
    bed.diff().exits(0);
    declare("bytes: 32, rotation: 2");
    runs_again(&bed, "Secret/login/token changed");
    assert!(
        bed.get("secret", "stackanetes-jobs-rotated-key").is_none(),
        "nobody needs one"
    );
}
