//! One sync at a time: the Lease of an ApplySet, between processes.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bed::{Bed, Run, deployment, wait_until};
use crate::control_plane::AuditEvent;

const ROUNDS: u32 = 20;
const OBJECTS: u32 = 6;

fn signal(name: &str, process: &std::process::Child) {
    let kill = Command::new("kill").args([name, &process.id().to_string()]).status();
    assert!(kill.expect("kill can be run").success());
}

/// A number that nobody foresees, below `limit`.
fn random(limit: u64) -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) % limit
}

/// What a user wrote, but for the Lease itself, each with the user's name.
fn writes(user: &str, events: Vec<AuditEvent>) -> impl Iterator<Item = (String, String, AuditEvent)> {
    let writes = events
        .into_iter()
        .filter(|event| event.is_write() && event.resource != "leases");
    let user = user.to_owned();
    writes.map(move |event| (event.received.clone(), user.clone(), event))
}

/// What the history of an ApplySet says, the latest first.
fn history(bed: &Bed) -> Vec<Value> {
    let parent = bed.get("configmap", &format!("stackanetes-{}", bed.namespace));
    let text = parent.expect("a parent")["data"]["history"].clone();
    serde_json::from_str(text.as_str().expect("text")).expect("JSON")
}

#[test]
fn two_syncs_at_once_never_interleave_and_none_is_lost() {
    let bed = Bed::new("once-two");
    let other = bed.plane.admin();
    let write = |value: &str| {
        for number in 0..OBJECTS {
            bed.write_config_map(&format!("object-{number}"), &[("value", value)]);
        }
        bed.commit(value)
    };
    write("first");
    bed.synced();
    let mut expected = 1;
    for round in 0..ROUNDS {
        let commits = ["a", "b"].map(|name| write(&format!("{round}-{name}")));
        let (ours, theirs) = (bed.user.audit().len(), other.audit().len());
        let sync = |commit: &str, kubeconfig| {
            let args = ["sync", "--yes", "--revision", commit, "--lock-timeout", "2m"];
            bed.start_as(kubeconfig, &args)
        };
        let first = sync(&commits[0], &bed.user.kubeconfig);
        thread::sleep(Duration::from_millis(random(400)));
        let second = sync(&commits[1], &other.kubeconfig);
        Run::finish(first).exits(0);
        Run::finish(second).exits(0);

        let ours = writes("ours", bed.user.audit().split_off(ours));
        let mut all: Vec<_> = ours.chain(writes("theirs", other.audit().split_off(theirs))).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        let switches = all.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
        assert!(switches == 1, "round {round}: {all:#?}");
        let written = u32::try_from(all.len()).expect("few");
        assert_eq!(
            written,
            2 * (OBJECTS + 2),
            "each wrote its objects, and the parent twice"
        );

        // The state is whole, and of the one that was last.
        expected += 2;
        let history = history(&bed);
        assert_eq!(history.len(), expected);
        let mut last = [&history[0]["revision"], &history[1]["revision"]].map(|revision| revision.as_str());
        for number in 0..OBJECTS {
            let object = bed.get("configmap", &format!("object-{number}")).expect("it is there");
            assert_eq!(object["data"]["value"], history[0]["subject"], "round {round}");
        }
        last.sort_unstable();
        let mut both = [Some(&*commits[0]), Some(&*commits[1])];
        both.sort_unstable();
        assert_eq!(last, both, "neither is lost");
    }
}

/// Starts a sync that waits for a Deployment, which nothing runs here.
fn waiting_sync(bed: &Bed, args: &[&str]) -> std::process::Child {
    bed.write("web.yaml", &deployment("web", 1, "nginx"));
    bed.commit("Web");
    let sync = bed.start(&[&["sync", "--yes", "--timeout", "100s"], args].concat());
    wait_until("the Deployment is applied", || bed.get("deployment", "web").is_some());
    sync
}

#[test]
fn whoever_comes_second_is_told_who_syncs_what_and_may_wait() {
    let bed = Bed::new("once-told");
    let first = waiting_sync(&bed, &[]);
    let commit = git2::Repository::open(&bed.dir).expect("a repository");
    let commit = commit.head().expect("a head").target().expect("a commit").to_string();
    let who = format!("/{} at {}", first.id(), &commit[..7]);
    bed.write_config_map("settings", &[("a", "1")]);
    bed.sync()
        .exits(2)
        .complains("the ApplySet once-told is being synced by")
        .complains(&who);
    let began = Instant::now();
    bed.run(&["sync", "--yes", "--lock-timeout", "2s"])
        .exits(2)
        .complains("waiting for the sync of")
        .complains(&who);
    assert!(began.elapsed() >= Duration::from_secs(2), "it waited");
    assert!(bed.get("configmap", "settings").is_none());
    // Whoever waits can be stopped.
    let stopped = bed.start(&["sync", "--yes", "--lock-timeout", "2m"]);
    thread::sleep(Duration::from_secs(2));
    signal("-INT", &stopped);
    Run::finish(stopped).exits(130).complains("nothing was changed");
    let waits = bed.start(&["sync", "--yes", "--lock-timeout", "2m", "--timeout", "1s"]);
    thread::sleep(Duration::from_secs(1));
    signal("-INT", &first);
    Run::finish(first).exits(130);
    // It was planned when there was nothing yet, so it is planned again.
    Run::finish(waits)
        .exits(1)
        .complains("another sync ran since the plan was made: planning again")
        .shows("1 created");
    assert!(bed.get("configmap", "settings").is_some());
}

#[test]
fn a_holder_that_is_killed_is_taken_over_once_its_lease_expires() {
    let bed = Bed::new("once-killed");
    let mut first = waiting_sync(&bed, &["--lease-duration", "1s"]);
    first.kill().expect("it can be killed");
    first.wait().expect("it ends");
    assert!(
        bed.lease_holder().ends_with(&format!("/{}", first.id())),
        "it gave nothing back"
    );
    bed.remove("web.yaml");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.run(&["sync", "--yes", "--lock-timeout", "30s"])
        .exits(0)
        .shows("complete: 1 created, 1 deleted");
    let lease = bed.get("lease", "stackanetes-once-killed").expect("it is there");
    assert_eq!(lease["spec"]["leaseTransitions"], 1);
    assert_eq!(bed.lease_holder(), "");
    assert_eq!(
        history(&bed)
            .iter()
            .map(|sync| sync["ending"].clone())
            .collect::<Vec<_>>(),
        ["complete", "unknown"]
    );
}

#[test]
fn a_holder_whose_clock_is_slow_keeps_its_lease_while_it_renews_it() {
    let bed = Bed::new("once-slow");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.synced();
    bed.write_config_map("settings", &[("a", "2")]);
    let renew = |minutes: i64| {
        let time = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes);
        let spec =
            json!({"holderIdentity": "slow@clock/1", "renewTime": format!("{time:.6}"), "leaseDurationSeconds": 9});
        let patch = json!({"spec": spec});
        bed.patch("test", "lease", "stackanetes-once-slow", &patch);
    };
    renew(10);
    let sync = bed.start(&["sync", "--yes"]);
    for _ in 0..4 {
        thread::sleep(Duration::from_secs(1));
        renew(10);
    }
    Run::finish(sync)
        .exits(2)
        .complains("the ApplySet once-slow is being synced by slow@clock/1");
    assert_eq!(bed.get("configmap", "settings").expect("it is there")["data"]["a"], "1");
    // It renews no more: then it is over.
    bed.synced().shows("1 updated");
}

#[test]
fn a_sync_that_lost_its_lease_while_it_slept_writes_nothing_more() {
    let bed = Bed::new("once-slept");
    bed.write_claim();
    let sync = bed.start(&["sync", "--yes", "--lease-duration", "8s", "--timeout", "60s"]);
    wait_until("the claim is applied", || bed.get("pvc", "claim").is_some());
    signal("-STOP", &sync);
    bed.bind_claim();
    thread::sleep(Duration::from_secs(8));
    // Nobody has taken it: only its age says that it is lost.
    signal("-CONT", &sync);
    Run::finish(sync)
        .exits(1)
        .complains("lost the Lease of the ApplySet once-slept");
    assert!(
        bed.get("configmap", "after").is_none(),
        "nothing is written without the Lease"
    );
    bed.run(&["sync", "--yes", "--lock-timeout", "30s"])
        .exits(0)
        .shows("1 created");
}
