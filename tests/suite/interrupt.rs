//! Ctrl-C ends a sync at once, with an account of what was not done.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::bed::{Bed, Run, config_map, deployment, wait_until, with_metadata};

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
    let kill = Command::new("kill").args(["-INT", &sync.id().to_string()]).status();
    assert!(kill.expect("kill can be run").success());
    let run = Run::finish(sync).exits(130);
    assert!(
        interrupted.elapsed() < Duration::from_secs(40),
        "it does not wait any more"
    );
    run.shows("not ready Deployment interrupt-waiting/web:")
        .shows("ConfigMap interrupt-waiting/after:")
        .shows("not synced: 2 not done");
    assert_eq!(bed.lease_holder(), "");
    assert!(bed.get("configmap", "after").is_none());
}
