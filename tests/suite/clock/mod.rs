//! A client whose clock is wrong, or is set while it runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::bed::{Bed, Run, config_map, deployment, wait_until};
use crate::connections::with_plugin;
use crate::wanted::skipped_for_want_of;

const HOUR: i64 = 3_600;

/// The library that gives a process a time of day of its own; none where there is no compiler, or no Linux.
fn library() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/clock/set.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clock.so");
        let unfinished = library.with_extension(format!("{}.so", std::process::id()));
        let mut compiler = Command::new("cc");
        compiler
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&unfinished)
            .arg(source);
        let built = cfg!(target_os = "linux") && compiler.status().is_ok_and(|status| status.success());
        built.then(|| {
            fs::rename(unfinished, &library).expect("a file of our own");
            library
        })
    });
    if built.is_none() {
        skipped_for_want_of("cc");
    }
    built.as_deref()
}

/// A bed whose commands have a clock of their own.
struct Clock<'a> {
    bed: &'a Bed,
    library: &'static Path,
    /// By how much it is ahead, in seconds.
    ahead: PathBuf,
}

impl<'a> Clock<'a> {
    fn of(bed: &'a Bed) -> Option<Clock<'a>> {
        let library = library()?;
        let ahead = bed.cache().with_extension("ahead");
        fs::write(&ahead, "0").expect("a file of our own");
        Some(Clock { bed, library, ahead })
    }

    /// Sets it so many seconds ahead, or behind.
    fn set(&self, ahead: i64) {
        // Whoever reads it meanwhile reads all of it.
        let new = self.ahead.with_extension("new");
        fs::write(&new, ahead.to_string()).expect("a file of our own");
        fs::rename(new, &self.ahead).expect("a file of our own");
    }

    fn start(&self, args: &[&str]) -> Child {
        let mut command = self.bed.command(args);
        command.env("LD_PRELOAD", self.library).env("CLOCK_AHEAD", &self.ahead);
        command.spawn().expect("the command can be run")
    }

    fn run(&self, ahead: i64, args: &[&str]) -> Run {
        self.set(ahead);
        Run::finish(self.start(args))
    }
}

impl Drop for Clock<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.ahead);
    }
}

const SYNC: [&str; 4] = ["sync", "--yes", "--timeout", "60s"];

/// What the history says, the latest first.
fn history(bed: &Bed) -> Vec<Value> {
    let parent = bed.get("configmap", &format!("stackanetes-{}", bed.namespace));
    let text = parent.expect("a parent")["data"]["history"].clone();
    serde_json::from_str(text.as_str().expect("text")).expect("JSON")
}

/// How long the latest sync took, as the history says.
fn length(bed: &Bed) -> SignedDuration {
    let last = history(bed).swap_remove(0);
    let [began, ended] = ["time", "ended"].map(|key| last[key].as_str().expect("a time").parse::<Timestamp>());
    ended.expect("a time").duration_since(began.expect("a time"))
}

/// Sets the clock while a sync waits. It goes on, nobody else has its Lease, and it took as long as it took.
fn goes_on(name: &str, ahead: i64) {
    let bed = Bed::new(name);
    let Some(clock) = Clock::of(&bed) else { return };
    bed.write_claim();
    bed.commit("A claim");
    let mut args = SYNC.to_vec();
    args.extend(["--format", "json"]);
    let sync = clock.start(&args);
    wait_until("the claim is applied", || bed.get("pvc", "claim").is_some());
    clock.set(ahead);
    bed.bind_claim();
    let run = Run::finish(sync).exits(0);
    assert!(bed.get("configmap", "after").is_some());
    let took = length(&bed);
    assert!(took.is_positive() && took < SignedDuration::from_mins(30), "{took}");
    let documents = run
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let times: Vec<Timestamp> = documents
        .filter_map(|document| document["time"].as_str()?.parse().ok())
        .collect();
    assert!(times.len() > 2 && times.is_sorted(), "{times:?}");
    bed.diff().exits(0);
}

#[test]
fn a_clock_that_is_set_ahead_during_a_sync_takes_no_lease_from_it() {
    goes_on("clock-ahead", HOUR);
}

#[test]
fn a_clock_that_is_set_back_during_a_sync_changes_nothing() {
    goes_on("clock-back", -HOUR);
}

#[test]
fn nobody_steals_a_lease_or_waits_for_it_for_ever_whatever_their_clock_says() {
    for (name, ahead) in [("clock-steals", HOUR), ("clock-waits", -HOUR)] {
        let bed = Bed::new(name);
        let Some(clock) = Clock::of(&bed) else { return };
        bed.write("web.yaml", &deployment("web", 1, "nginx"));
        bed.commit("Web");
        let mut first = bed.start(&["sync", "--yes", "--timeout", "100s"]);
        wait_until("the Deployment is applied", || bed.get("deployment", "web").is_some());
        bed.remove("web.yaml");
        bed.write_config_map("settings", &[("a", "1")]);
        clock
            .run(ahead, &SYNC)
            .exits(2)
            .complains(&format!("the ApplySet {name} is being synced by"));
        first.kill().expect("it can be killed");
        first.wait().expect("it ends");
        bed.expire_lease(name);
        // By its time alone it is not known whether anybody has it: that is found out.
        clock.run(ahead, &SYNC).exits(0).shows("1 created, 1 deleted");
        assert_eq!(history(&bed).len(), 2);
    }
}

#[test]
fn which_sync_was_the_last_one_is_not_asked_of_clocks() {
    let bed = Bed::new("clock-order");
    let Some(clock) = Clock::of(&bed) else { return };
    bed.write_config_map("one", &[("a", "1")]);
    bed.commit("First");
    clock.run(0, &SYNC).exits(0);
    bed.write_config_map("two", &[("a", "1")]);
    bed.write("wrong.yaml", &config_map("wrong", &[("not/a/key", "1")]));
    let failed = bed.commit("Second");
    clock.run(-HOUR, &SYNC).exits(1);
    bed.run(&["status"]).shows(&format!("attempted {}", &failed[..7]));
    bed.run(&["status", "--drift"])
        .exits(2)
        .complains("failed to find drift: a later sync was incomplete");
    let subjects: Vec<Value> = history(&bed).iter().map(|sync| sync["subject"].clone()).collect();
    assert_eq!(subjects, ["Second", "First"]);
    // One that is complete is the last one, too.
    bed.remove("wrong.yaml");
    bed.commit("Third");
    clock.run(-HOUR, &SYNC).exits(0);
    bed.run(&["status"]).exits(0).shows_not("attempted");
    bed.run(&["status", "--drift"]).exits(0).shows("drift none");
}

#[test]
fn a_certificate_that_seems_to_be_over_or_still_to_come_is_told_with_the_clock() {
    let bed = Bed::new("clock-certificate");
    let Some(clock) = Clock::of(&bed) else { return };
    bed.write_config_map("one", &[("a", "1")]);
    bed.commit("First");
    for years in [-40, 100] {
        clock
            .run(years * 365 * 24 * HOUR, &["diff"])
            .exits(2)
            .complains("hint: the server's certificate is not valid at this time: look at the clock of this machine");
    }
}

#[test]
fn a_credential_that_seems_to_be_over_is_fetched_again_and_used() {
    let bed = Bed::new("clock-credential");
    let Some(clock) = Clock::of(&bed) else { return };
    bed.write_config_map("one", &[("a", "1")]);
    bed.commit("First");
    let expires = (Timestamp::now() + SignedDuration::from_mins(30)).to_string();
    let status = json!({"token": bed.user.token, "expirationTimestamp": expires});
    let credential =
        json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status});
    let plugin = json!({"command": "/bin/sh", "args": ["-c", format!("echo '{credential}'")]});
    let kubeconfig = with_plugin(&bed, "expires", plugin);
    let kubeconfig = kubeconfig.to_str().expect("text");
    for ahead in [HOUR, -HOUR] {
        clock
            .run(ahead, &[&SYNC[..], &["--kubeconfig", kubeconfig]].concat())
            .exits(0);
        clock.run(ahead, &["diff", "--kubeconfig", kubeconfig]).exits(0);
        bed.write_config_map("two", &[("a", "1")]);
    }
}
