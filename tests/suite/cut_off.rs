//! A sync can be killed at any moment: the next one comes to the same end.
//!
//! The command talks to the API server through a proxy that lets so many requests through; then the
//! process is killed. `CUT_OFF=all` kills it after each single request in turn, not only after those of a
//! sample.

use std::env;

use serde_json::{Value, json};

use crate::bed::{Bed, job_with_inputs, secret, wait_until};
use crate::control_plane::ControlPlane;
use crate::proxy::{Proxy, Request, Then};

/// Every so many of the requests that write are in the sample, the first one and the last among them, and those
/// that delete.
const SAMPLE: usize = 3;

/// The kinds of members, and of what the ApplySet is kept in.
const KINDS: [&str; 3] = ["configmap", "secret", "job"];

/// A bed with two commits: from the first to the second an object is created, one is updated, a Job is
/// replaced, and two objects are pruned.
fn bed() -> (Bed, [String; 2]) {
    let bed = Bed::on(ControlPlane::full(), "cut-off");
    bed.write("job.yaml", &job_with_inputs("one"));
    bed.write_config_map("same", &[("a", "1")]);
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.write("dropped-too.yaml", &secret("dropped-too"));
    let first = bed.commit("First");
    bed.write("job.yaml", &job_with_inputs("two"));
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.write("created.yaml", &secret("created"));
    bed.remove("dropped.yaml");
    bed.remove("dropped-too.yaml");
    let second = bed.commit("Second");
    (bed, [first, second])
}

/// All that a sync leaves, without what differs from object to object of the same content.
fn state(bed: &Bed) -> Value {
    let mut state = json!({});
    for kind in KINDS {
        let listed = bed.kubectl(&["get", kind, "--output=json"]);
        let listed: Value = serde_json::from_str(&listed).expect("JSON");
        for object in listed["items"].as_array().expect("a list") {
            let name = object["metadata"]["name"].as_str().expect("a name");
            if name != "kube-root-ca.crt" {
                state[format!("{kind}/{name}")] = normal(object);
            }
        }
    }
    state
}

fn normal(object: &Value) -> Value {
    let mut data = object["data"].clone();
    if data["attempted"].is_string() {
        // When, and by what way, is not the same.
        for record in ["attempted", "completed"] {
            let text = data[record].as_str().expect("a record");
            let record_of: Value = serde_json::from_str(text).expect("JSON");
            data[record] = record_of["revision"].clone();
        }
        data.as_object_mut().expect("a map").remove("history");
    }
    let metadata = &object["metadata"];
    let status = json!([object["status"]["succeeded"], object["status"]["failed"]]);
    json!({
        "labels": metadata["labels"].as_object().map(|labels| labels
            .iter()
            .filter(|(key, _)| !key.contains("uid"))
            .collect::<std::collections::BTreeMap<_, _>>()),
        "annotations": metadata["annotations"],
        "isGoing": metadata["deletionTimestamp"].is_string(),
        "data": data,
        "image": object["spec"]["template"]["spec"]["containers"][0]["image"],
        "status": status,
    })
}

const SYNC: [&str; 4] = ["sync", "--yes", "--timeout", "60s"];

fn sync(bed: &Bed, revision: &str) {
    bed.run(&[&SYNC[..], &["--lock-timeout", "60s", "--revision", revision]].concat())
        .exits(0);
    bed.run(&["diff", "--revision", revision]).exits(0).shows("in sync:");
}

/// The requests of a sync of `revision` that nobody disturbs.
fn undisturbed(bed: &Bed, revision: &str) -> Vec<Request> {
    let proxy = Proxy::start(&bed.user, |_| Then::Answer);
    bed.run_as(&proxy.kubeconfig, &[&SYNC[..], &["--revision", revision]].concat(), "")
        .exits(0)
        .shows("complete: 1 created, 1 updated, 1 replaced, 2 deleted, 1 unchanged");
    proxy.seen()
}

#[test]
fn a_sync_killed_after_any_request_is_finished_by_the_next_one() {
    let (bed, [first, second]) = bed();
    sync(&bed, &first);
    let requests = undisturbed(&bed, &second);
    let expected = state(&bed);
    let writes: Vec<&Request> = requests.iter().filter(|request| request.is_write()).collect();
    assert!(writes.len() >= 10, "{writes:#?}");
    let last_write = writes[writes.len() - 1].number;
    let sample: Vec<usize> = if env::var("CUT_OFF").as_deref() == Ok("all") {
        (1..=requests.len()).collect()
    } else {
        let is_sampled = |place: usize| place.is_multiple_of(SAMPLE) || writes[place].method == "DELETE";
        let some = (0..writes.len()).filter(|place| is_sampled(*place) || place + 1 == writes.len());
        some.map(|place| writes[place].number).collect()
    };
    for after in sample {
        sync(&bed, &first);
        let proxy = Proxy::start(&bed.user, move |request| {
            if request.number == after {
                Then::Cut
            } else {
                Then::Answer
            }
        });
        let killed = bed.start_as(&proxy.kubeconfig, &[&SYNC[..], &["--revision", &second]].concat());
        let was_cut = proxy.kill_when_cut(killed);
        let last = proxy.seen().pop();
        // Where the waiting took fewer requests this time, it was done before.
        assert!(
            was_cut || after >= last_write,
            "it ended before request {after}: {last:#?}"
        );
        bed.expire_lease("cut-off");
        sync(&bed, &second);
        // What is deleted in the background may take a moment.
        wait_until("what is pruned is gone", || bed.get("configmap", "dropped").is_none());
        let now = state(&bed);
        assert_eq!(
            serde_json::to_string_pretty(&now).expect("JSON"),
            serde_json::to_string_pretty(&expected).expect("JSON"),
            "killed after request {after} of {}: {last:?}",
            requests.len()
        );
    }
}
