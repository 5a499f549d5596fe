//! `sync --format json`: what happens, a document a line, and a report at the end.

use serde_json::{Value, json};

use crate::bed::{Bed, Run, secret};
use crate::control_plane::ControlPlane;

/// The documents that a run printed: nothing else may stand on standard output.
fn documents(run: &Run) -> Vec<Value> {
    let lines = run.stdout.lines();
    let read = lines.map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    let documents: Vec<Value> = read.collect();
    for document in &documents {
        assert_eq!(document["apiVersion"], "stackanetes.io/v1alpha1", "{document}");
        assert!(document["time"].is_string(), "{document}");
    }
    let (last, events) = documents.split_last().expect("a report");
    assert_eq!(last["kind"], "Report", "{last}");
    assert!(events.iter().all(|event| event["kind"] == "Event"), "{events:#?}");
    documents
}

/// The types of the events about one object, in their order.
fn of(documents: &[Value], name: &str) -> Vec<String> {
    let about = documents.iter().filter(|document| document["object"]["name"] == name);
    about
        .map(|event| event["type"].as_str().expect("a type").to_owned())
        .filter(|kind| kind != "waiting")
        .collect()
}

const JSON: [&str; 6] = ["sync", "--yes", "--timeout", "60s", "--format", "json"];

#[test]
fn a_sync_is_told_event_by_event_and_ends_with_a_report() {
    let bed = Bed::on(ControlPlane::full(), "events-all");
    let job = |image: &str, outcome: &str| {
        format!(
            "apiVersion: batch/v1
kind: Job
metadata: {{name: migrate, annotations: {{stackanetes.io/inputs: image}}}}
spec:
  backoffLimit: 0
  template: {{metadata: {{labels: {{outcome: {outcome}}}}}, spec: {{restartPolicy: Never, containers: [{{name: main, image: {image:?}}}]}}}}
"
        )
    };
    bed.write("job.yaml", &job("one", "success"));
    bed.write_config_map("old", &[("a", "1")]);
    bed.write("secret.yaml", &secret("credentials"));
    let first = bed.commit("First");
    let run = bed.run(&JSON).exits(0).hides(&["hunter2", "aHVudGVyMg"]);
    let told = documents(&run);
    assert_eq!(of(&told, "migrate"), ["started", "applied", "ready"]);
    assert!(told.iter().any(|event| event["type"] == "waiting"
        && event["object"] == json!({"group": "batch", "kind": "Job", "namespace": "events-all", "name": "migrate"})));
    let report = told.last().expect("a report");
    assert_eq!(report["result"], "complete");
    assert_eq!(report["revision"], first.as_str());
    assert_eq!(
        report["applySet"],
        json!({"name": "events-all", "namespace": "events-all"})
    );
    assert_eq!(
        report["counts"],
        json!({"created": 3, "updated": 0, "replaced": 0, "deleted": 0, "missed": 0, "unchanged": 0})
    );

    bed.write("job.yaml", &job("two", "success"));
    bed.remove("old.yaml");
    bed.commit("Second");
    let told = documents(&bed.run(&JSON).exits(0));
    assert_eq!(of(&told, "old"), ["started", "applied", "pruned"]);
    assert_eq!(of(&told, "migrate"), ["started", "applied", "applied", "ready"]);
    let outcomes: Vec<&Value> = told.last().expect("a report")["objects"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|object| &object["outcome"])
        .collect();
    assert_eq!(outcomes, ["replaced", "deleted"]);

    // What fails is told with its reason, what it keeps back too.
    bed.write("job.yaml", &job("three", "failure"));
    bed.write("secret.yaml", &secret("credentials").replace("hunter2", "hunter3"));
    bed.write_config_map("kept", &[("a", "1")]);
    bed.commit("Third");
    bed.run(&["sync", "--yes", "--timeout", "60s"]).exits(1);
    bed.remove("kept.yaml");
    bed.commit("Fourth");
    let run = bed.run(&JSON).exits(1).hides(&["hunter3", "aHVudGVyMw"]);
    let told = documents(&run);
    assert_eq!(of(&told, "migrate").last().map(String::as_str), Some("failed"));
    let failed = told.iter().find(|event| event["type"] == "failed").expect("it is told");
    assert_eq!(failed["outcome"], "notReady");
    assert!(
        failed["message"].as_str().expect("why").starts_with("Failed"),
        "{failed}"
    );
    let kept = told
        .iter()
        .find(|event| event["type"] == "notPruned")
        .expect("it is told");
    assert_eq!(kept["objects"], 1);
    let report = told.last().expect("a report");
    assert_eq!(
        (&report["result"], &report["counts"]["missed"]),
        (&json!("incomplete"), &json!(1))
    );
    assert_eq!(report["notPruned"]["objects"], 1);
}

#[test]
fn what_the_server_refuses_is_told_whole_and_without_secrets() {
    let bed = Bed::new("events-refused");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.kubectl(&["create", "quota", "few", "--hard=count/configmaps=1"]);
    crate::bed::wait_until("the quota counts", || {
        bed.get("resourcequota", "few").expect("it is there")["status"]["used"].is_object()
    });
    let run = bed.run(&JSON);
    // The parent takes the last place, or nothing could begin.
    let told = documents(&run);
    let report = told.last().expect("a report");
    assert_ne!(report["result"], "complete");
    assert!(run.code == 1 || run.code == 2, "{run:?}");
    let text = report.to_string();
    assert!(text.contains("exceeded quota"), "{text}");
    // Text and JSON are views of the same: progress goes on on standard error.
    assert!(!run.stderr.is_empty());
}
