//! Ctrl-C ends a sync as soon as what is under way is done, and a second one at once; each with an account of
//! what was and was not done.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::bed::{Bed, Run, config_map, deployment, wait_until, with_metadata};
use crate::proxy::{Proxy, Request, Then};

fn interrupt(sync: &Child) {
    let kill = Command::new("kill").args(["-INT", &sync.id().to_string()]).status();
    assert!(kill.expect("kill can be run").success());
}

#[test]
fn an_interrupted_sync_says_what_was_not_done_and_gives_back_the_lease() {
    let bed = Bed::new("interrupt-waiting");
    // Nothing runs Deployments on the bare control plane.
    bed.write("web.yaml", &deployment("web", 1, "nginx"));
    let depends =
        "  annotations:\n    config.kubernetes.io/depends-on: apps/namespaces/interrupt-waiting/Deployment/web\n";
    bed.write(
        "after.yaml",
        &with_metadata(&config_map("after", &[("a", "1")]), depends),
    );
    let sync = bed.start(&["sync", "--yes", "--timeout", "60s"]);
    wait_until("the Deployment is applied", || bed.get("deployment", "web").is_some());
    let interrupted = Instant::now();
    interrupt(&sync);
    let run = Run::finish(sync).exits(130);
    assert!(
        interrupted.elapsed() < Duration::from_secs(40),
        "it does not wait any more"
    );
    run.shows("not ready Deployment interrupt-waiting/web:")
        .shows("ConfigMap interrupt-waiting/after:")
        .shows("incomplete: 1 not ready, 1 not started");
    assert_eq!(bed.lease_holder(), "");
    assert!(bed.get("configmap", "after").is_none());
}

#[test]
fn an_interrupted_delete_says_what_stays_a_member_and_nothing_of_pruning() {
    let bed = Bed::new("interrupt-orphan");
    for name in ["one", "two"] {
        bed.write_config_map(name, &[("a", "1")]);
    }
    bed.synced();
    // The ApplySet's own parent is written first, and this waits until the test lets it.
    let (begins, begun) = mpsc::channel();
    let (lets_it, is_let) = mpsc::channel::<()>();
    let is_let = Mutex::new(is_let);
    let proxy = Proxy::start(&bed.user, move |request| {
        if request.is_write() && request.target.contains("/configmaps/stackanetes-interrupt-orphan?") {
            let _ = begins.send(());
            // It ends with the test's end of it.
            let _ = is_let.lock().expect("nobody panics with it").recv();
        }
        Then::Answer
    });
    let mut delete = bed.start_as(&proxy.kubeconfig, &["delete", "--orphan", "--yes"]);
    let first = begun.recv_timeout(Duration::from_secs(60));
    assert!(first.is_ok(), "it writes");
    interrupt(&delete);
    let mut said = BufReader::new(delete.stderr.take().expect("it is piped")).lines();
    let is_told = said.any(|line| line.expect("text").contains("stopping: finishing what is under way"));
    assert!(is_told, "it says that it stops");
    drop(lets_it);
    Run::finish(delete)
        .exits(130)
        .shows("not started 2 objects: the sync was interrupted before")
        .shows("incomplete: 2 not started")
        .shows_not("pruned");
    assert_eq!(bed.lease_holder(), "");
}

#[test]
fn a_second_ctrl_c_stops_at_once_and_says_what_nobody_knows() {
    let bed = Bed::new("interrupt-twice");
    for name in ["done", "held"] {
        bed.write_config_map(name, &[("a", "1")]);
    }
    let on_held = "  annotations:\n    config.kubernetes.io/depends-on: /namespaces/interrupt-twice/ConfigMap/held\n";
    bed.write(
        "after.yaml",
        &with_metadata(&config_map("after", &[("a", "1")]), on_held),
    );
    // One write is never answered.
    let proxy = Proxy::start(&bed.user, |request| {
        let is_held = request.is_write() && request.target.contains("/configmaps/held?");
        if is_held { Then::Hold } else { Then::Answer }
    });
    let args = ["sync", "--yes", "--timeout", "60s", "--concurrency", "1"];
    let sync = bed.start_as(&proxy.kubeconfig, &args);
    let is_held = |request: &Request| request.is_write() && request.target.contains("/configmaps/held?");
    wait_until("a write is under way", || proxy.seen().iter().any(is_held));
    interrupt(&sync);
    thread::sleep(Duration::from_millis(500));
    let second = Instant::now();
    interrupt(&sync);
    let run = Run::finish(sync).exits(130);
    assert!(second.elapsed() < Duration::from_secs(5), "it waits for nothing");
    run.complains("stopping: finishing what is under way; press Ctrl-C again to abort")
        .complains("stopped at once: what was under way may be done or not")
        .complains("the Lease is free again after 30 s")
        .shows("unknown ConfigMap interrupt-twice/held: the sync ended while it was under way")
        .shows("not started ConfigMap interrupt-twice/after: the sync ended before")
        .shows("incomplete: 1 created, 1 not started, 1 unknown");
}
