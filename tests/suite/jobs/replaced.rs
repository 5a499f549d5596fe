//! How the Job that runs again takes the place of the old one, whatever happens meanwhile.

use serde_json::{Value, json};
use stackanetes::execute::Outcome;

use super::{in_sync, job, migrated, recorded, runs_again, uid};
use crate::bed::wait_until;
use crate::races::sync_with_a_surprise;

#[test]
fn a_sync_that_is_killed_while_it_replaces_a_job_is_taken_up() {
    let bed = migrated("jobs-killed", "image");
    // The old one goes only when it is let go.
    let hold = |finalizers: Value| {
        let patch = json!({"metadata": {"finalizers": finalizers}});
        bed.patch("test", "job", "migrate", &patch);
    };
    hold(json!(["test/hold"]));
    let mut sync = bed.start(&["sync", "--yes", "--rerun", "migrate"]);
    wait_until("the Job is being deleted", || {
        bed.get("job", "migrate").expect("it is held")["metadata"]["deletionTimestamp"].is_string()
    });
    sync.kill().expect("it can be killed");
    sync.wait().expect("it ends");
    let free = json!({"spec": {"holderIdentity": ""}});
    bed.patch("test", "lease", "stackanetes-jobs-killed", &free);
    bed.diff()
        .exits(1)
        .shows("+ create Job jobs-killed/migrate once the old one is gone");
    hold(json!([]));
    wait_until("the Job is gone", || bed.get("job", "migrate").is_none());
    bed.diff().exits(1).shows("+ create Job jobs-killed/migrate");
    bed.synced().shows("1 created");
    in_sync(&bed);
}

#[test]
fn a_job_that_is_touched_before_it_is_replaced_is_looked_at_again() {
    let bed = migrated("jobs-touched", "image");
    bed.write("job.yaml", &job("image").replace("image: one", "image: two"));
    let before = uid(&bed);
    let label = |text: &str| bed.kubectl(&["label", "job", "migrate", text]);
    let (outcomes, _) = sync_with_a_surprise(&bed, || drop(label("seen=yes")));
    assert!(matches!(outcomes.as_slice(), [(_, Outcome::Moved)]), "{outcomes:?}");
    assert_eq!(uid(&bed), before);
    label("seen-");
    // What makes no difference stops nothing.
    let (outcomes, _) = sync_with_a_surprise(&bed, || {
        label("seen=yes");
        label("seen-");
    });
    assert!(matches!(outcomes.as_slice(), [(_, Outcome::Replaced)]), "{outcomes:?}");
    assert_ne!(uid(&bed), before);
}

#[test]
fn a_job_that_the_server_would_refuse_by_now_is_not_deleted() {
    let bed = migrated("jobs-refused", "image");
    bed.write("job.yaml", &job("image").replace("image: one", "image: two"));
    let (before, kept) = (uid(&bed), recorded(&bed));
    let (outcomes, _) = sync_with_a_surprise(&bed, || {
        bed.kubectl(&["create", "quota", "jobs", "--hard=count/jobs.batch=1"]);
        wait_until("the quota counts", || {
            bed.get("resourcequota", "jobs").expect("it is there")["status"]["used"].is_object()
        });
    });
    assert!(matches!(outcomes.as_slice(), [(_, Outcome::Failed(_))]), "{outcomes:?}");
    assert_eq!(uid(&bed), before);
    assert_eq!(recorded(&bed), kept);
    bed.kubectl(&["delete", "quota", "jobs"]);
    runs_again(&bed, "its image changed");
}
