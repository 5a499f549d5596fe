//! The API server, or its etcd, dies and comes back while a sync is under way.

use serde_json::Value;

use crate::bed::{Bed, Run, wait_until};
use crate::control_plane::{ControlPlane, Form};

/// How many objects a sync writes here.
const OBJECTS: usize = 300;

fn count(bed: &Bed) -> usize {
    let listed = bed.kubectl(&[
        "get",
        "configmaps",
        "--selector=applyset.kubernetes.io/part-of",
        "--output=json",
    ]);
    let listed: Value = serde_json::from_str(&listed).expect("kubectl prints JSON");
    listed["items"].as_array().map_or(0, Vec::len)
}

/// Kills the program in the middle of a sync. What of it was not done is told, and the next sync comes to the end that
/// an undisturbed one has.
fn survives(program: &str) {
    // Of its own: no other test has a program killed. It ends with this process.
    let plane: &'static ControlPlane = Box::leak(Box::new(ControlPlane::start(Form::Bare)));
    let bed = Bed::on(plane, &format!("restarted-{program}"));
    for number in 0..OBJECTS {
        bed.write_config_map(&format!("map-{number}"), &[("number", &number.to_string())]);
    }
    bed.commit("All");
    // One object after the other, so that most are still to come when the program is killed.
    let mut sync = bed.start(&["sync", "--yes", "--concurrency", "1"]);
    wait_until("the sync is under way", || count(&bed) > 0);
    let ended = sync.try_wait().expect("it is our child");
    assert_eq!(ended, None, "the sync ended before {program} was killed");
    plane.restart(program);
    let run = Run::finish(sync);
    match run.code {
        0 => {
            assert_eq!(count(&bed), OBJECTS, "{run:#?}");
            // One whose answer was lost may count as unchanged: it was there when it was written again.
            drop(run.shows("complete: "));
        }
        1 => drop(run.shows("incomplete: ")),
        2 => drop(run.complains("error: ")),
        _ => panic!("{run:#?}"),
    }
    // A Lease that nobody could give back is waited for.
    bed.run(&["sync", "--yes", "--lock-timeout", "90s"]).exits(0);
    assert_eq!(count(&bed), OBJECTS);
    bed.diff().exits(0).shows(&format!("in sync: {OBJECTS} objects"));
    bed.run(&["diff", "--verify"]).exits(0);
}

#[test]
fn a_sync_survives_that_the_api_server_is_killed() {
    survives("kube-apiserver");
}

#[test]
fn a_sync_survives_that_etcd_is_killed() {
    survives("etcd");
}
