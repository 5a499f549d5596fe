//! `sync --format json`: what happens, a document a line, and a report at the end.

use serde_json::{Value, json};

use crate::bed::{Bed, Run, config_map, deployment, secret};
use crate::control_plane::ControlPlane;

/// The documents that a run printed: nothing else may stand on standard output.
fn documents(run: &Run) -> Vec<Value> {
    let lines = run.stdout.lines();
    let read = lines.map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    let documents: Vec<Value> = read.collect();
    for document in &documents {
        assert_eq!(document["apiVersion"], "stackanetes.io/v1alpha1", "{document}");
    }
    let [plan, events @ .., report] = documents.as_slice() else {
        panic!("{documents:#?}");
    };
    assert_eq!((&plan["kind"], &report["kind"]), (&json!("Plan"), &json!("Report")));
    assert!(
        events
            .iter()
            .all(|event| event["kind"] == "Event" && event["time"].is_string()),
        "{events:#?}"
    );
    assert_eq!(planned(plan), counted(report), "counts add up: {plan:#} {report:#}");
    documents
}

/// How many objects a plan is about, without those that are kept.
fn planned(plan: &Value) -> u64 {
    let counts = plan["counts"].as_object().expect("counts");
    let counts = counts.iter().filter(|(action, _)| action.as_str() != "keep");
    counts.map(|(_, count)| count.as_u64().expect("a count")).sum()
}

/// How many objects a report tells of.
fn counted(report: &Value) -> u64 {
    let counts = report["counts"].as_object().expect("counts").values();
    let settled: u64 = counts.map(|count| count.as_u64().expect("a count")).sum();
    settled + report["notPruned"]["objects"].as_u64().unwrap_or(0)
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
    assert_eq!(of(&told, "migrate"), ["started", "applied", "settled"]);
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
        json!({"created": 3, "updated": 0, "replaced": 0, "deleted": 0, "skipped": 0, "conflict": 0, "refused": 0,
            "notReady": 0, "notDeleted": 0, "failed": 0, "notStarted": 0, "unknown": 0, "orphaned": 0, "unchanged": 0})
    );

    bed.write("job.yaml", &job("two", "success"));
    bed.remove("old.yaml");
    bed.commit("Second");
    let told = documents(&bed.run(&JSON).exits(0));
    assert_eq!(of(&told, "old"), ["started", "applied", "settled"]);
    assert_eq!(of(&told, "migrate"), ["started", "applied", "applied", "settled"]);
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
    assert_eq!(of(&told, "migrate").last().map(String::as_str), Some("settled"));
    let is_not_ready = |event: &&Value| event["type"] == "settled" && event["outcome"] == "notReady";
    let failed = told.iter().find(is_not_ready).expect("it is told");
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
        (&report["result"], &report["counts"]["notReady"]),
        (&json!("incomplete"), &json!(1))
    );
    assert_eq!(report["notPruned"]["objects"], 1);
}

#[test]
fn what_the_server_refuses_is_told_whole_and_without_secrets() {
    let bed = Bed::on(ControlPlane::full(), "events-refused");
    bed.write_config_map("settings", &[("a", "1")]);
    // One that is there anyway, and the parent, which takes the last place.
    bed.kubectl(&["create", "quota", "few", "--hard=count/configmaps=2"]);
    crate::bed::wait_until("the quota counts", || {
        bed.get("resourcequota", "few").expect("it is there")["status"]["used"].is_object()
    });
    let run = bed.run(&JSON).exits(1);
    let told = documents(&run);
    assert_eq!(of(&told, "settings"), ["started", "settled"]);
    let report = told.last().expect("a report");
    assert_eq!(report["result"], "incomplete");
    let error = &report["objects"][0]["error"];
    assert_eq!(error["places"][0]["place"], "desired/settings.yaml:1:1", "{error}");
    assert!(
        error["causes"][0].as_str().expect("why").contains("exceeded quota"),
        "{error}"
    );
    // Text and JSON are views of the same: progress goes on on standard error.
    assert!(!run.stderr.is_empty());
}

/// A bed with every action in its plan: a conflict too.
fn bed_with_everything(name: &str) -> Bed {
    let bed = Bed::new(name);
    bed.write("pod.yaml", &crate::bed::pod_template("web", "nginx:1"));
    bed.write("secret.yaml", &secret("credentials"));
    bed.write_config_map("old", &[("a", "1")]);
    bed.write_config_map("taken", &[("mode", "slow")]);
    bed.commit("First");
    bed.synced();
    bed.write("pod.yaml", &crate::bed::pod_template("web", "nginx:2"));
    bed.write("secret.yaml", &secret("credentials").replace("hunter2", "hunter3"));
    bed.remove("old.yaml");
    bed.write_config_map("new", &[("a", "ping @team <b>`````")]);
    bed.write_config_map("taken", &[("mode", "fast")]);
    let theirs = json!({"data": {"mode": "hot-fix"}});
    bed.patch("somebody", "configmap", "taken", &theirs);
    bed.commit("Second");
    bed
}

#[test]
fn a_plan_as_json_says_all_that_a_reviewer_wants_to_know_and_can_be_executed() {
    let bed = bed_with_everything("events-plan");
    let run = bed.run(&["diff", "--format", "json"]).exits(1);
    let run = run.hides(&["hunter2", "hunter3", "aHVudGVy"]);
    let plan: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(
        (&plan["apiVersion"], &plan["kind"]),
        (&json!("stackanetes.io/v1alpha1"), &json!("Plan"))
    );
    assert_eq!(
        plan["counts"],
        json!({"create": 1, "update": 2, "replace": 0, "delete": 1, "conflict": 1, "refused": 0, "skip": 0, "keep": 0, "orphan": 0, "unchanged": 0})
    );
    assert_eq!(plan["revision"]["subject"], "Second");
    assert_eq!(plan["inSync"], false);
    let step = |name: &str| {
        let steps = plan["steps"].as_array().expect("a list");
        steps
            .iter()
            .find(|step| step["object"]["name"] == name)
            .expect("a step")
    };
    let change = &step("web")["changes"][0];
    assert_eq!(change["path"], "template.spec.containers[main].image");
    assert_eq!(
        (&change["before"], &change["after"]),
        (&json!({"value": "nginx:1"}), &json!({"value": "nginx:2"}))
    );
    assert_eq!(
        (&change["cause"], &change["by"]["subject"]),
        (&json!("git"), &json!("Second"))
    );
    assert_eq!(change["places"], json!([{"place": "desired/pod.yaml:9"}]));
    assert_eq!(step("credentials")["changes"][0]["after"], "masked");
    assert_eq!(step("taken")["changes"][0]["writer"]["name"], "somebody");
    assert_eq!(
        step("old")["message"],
        "dropped from git in ".to_owned() + &short(&bed) + " Second"
    );

    // It is the file that `--out` writes, and as good as that.
    bed.run(&["diff", "--out", "out.json"]).exits(1);
    let written = std::fs::read_to_string(bed.dir.join("out.json")).expect("it is there");
    let written: Value = serde_json::from_str(&written).expect("JSON");
    assert_eq!(written["steps"], plan["steps"]);
    std::fs::write(bed.dir.join("plan.json"), &run.stdout).expect("written");
    bed.run(&["sync", "--plan", "plan.json", "--timeout", "30s"])
        .exits(1)
        .shows("1 created, 2 updated");
    // What no commit holds is shown, and bound to nothing.
    bed.write_config_map("dirty", &[("a", "1")]);
    let run = bed.run(&["diff", "--format", "json"]).exits(1);
    let plan: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert!(plan["madeOf"].is_null() && plan["revision"]["dirty"] == true, "{plan}");
    std::fs::write(bed.dir.join("plan.json"), &run.stdout).expect("written");
    bed.commit("Clean");
    bed.run(&["sync", "--plan", "plan.json"])
        .exits(2)
        .complains("it was made of what no commit holds");
}

fn short(bed: &Bed) -> String {
    let repository = git2::Repository::open(&bed.dir).expect("a repository");
    let head = repository.head().expect("a head").target().expect("a commit");
    head.to_string()[..7].to_owned()
}

#[test]
fn a_plan_as_a_comment_says_first_what_is_dangerous() {
    let bed = bed_with_everything("events-comment");
    let run = bed.run(&["diff", "--format", "markdown"]).exits(1);
    let text = run.hides(&["hunter2", "hunter3", "aHVudGVy", "\u{1b}"]).stdout;
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("no {words} in\n{text}"));
    let order = [
        "### events-comment on controlplane",
        "**1 to create, 2 to update, 1 to delete, 1 conflict; 0 unchanged**",
        "> [!WARNING]",
        "> - in conflict: ConfigMap events-comment/taken",
        "> - deletes: ConfigMap events-comment/old",
        "<details><summary>! conflict <code>ConfigMap events-comment/taken</code>",
        "<details><summary>~ update <code>PodTemplate events-comment/web</code>",
        "<details><summary>+ create <code>ConfigMap events-comment/new</code>",
    ];
    let places = order.map(at);
    assert!(places.is_sorted(), "{places:?} in\n{text}");
    assert!(
        text.contains("\n-      nginx:1") && text.contains("\n+      nginx:2"),
        "{text}"
    );
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    // What git holds means nothing to whoever shows the comment.
    let whole = bed.run(&["diff", "--format", "markdown", "-v"]).exits(1).stdout;
    assert!(whole.contains("``````diff\n"), "{whole}");
}

#[test]
fn a_comment_is_never_too_long_and_says_what_it_leaves_out() {
    let bed = Bed::new("events-long");
    let long = "x".repeat(3_000);
    for number in 0..40 {
        bed.write_config_map(&format!("long-{number}"), &[("a", &long)]);
    }
    let mut many = String::new();
    for number in 0..900 {
        many += &format!("---\n{}", config_map(&format!("short-{number}"), &[("a", "1")]));
    }
    bed.write("many.yaml", &many);
    let text = bed.run(&["diff", "--format", "markdown", "-v"]).exits(1).stdout;
    assert!(text.len() <= 65_536, "{}", text.len());
    assert!(text.len() > 50_000, "it says what fits: {}", text.len());
    assert!(text.contains("lines are left out, since the comment would be too long"));
    let told = text.matches("+ create <code>").count();
    let left_out = 940 - told;
    assert!(left_out > 0);
    assert!(
        text.contains(&format!("{left_out} more objects change, and are left out")),
        "{told}"
    );
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

#[test]
fn what_is_not_waited_for_is_told_as_it_happens_and_in_the_report() {
    // Nothing runs Deployments on the bare control plane.
    let bed = Bed::new("events-unawaited");
    bed.write("web.yaml", &deployment("web", 1, "nginx"));
    let told = documents(&bed.run(&["sync", "--yes", "--wait=false", "--format", "json"]).exits(0));
    assert_eq!(of(&told, "web"), ["started", "applied", "unawaited", "settled"]);
    let report = told.last().expect("a report");
    assert_eq!(report["result"], "complete");
    assert_eq!(report["unawaited"][0]["status"], "InProgress", "{report}");
    let plan = bed.run(&["diff", "--format", "json"]).exits(0);
    let plan: Value = serde_json::from_str(&plan.stdout).expect("JSON");
    assert_eq!(plan["notCurrent"][0]["object"]["name"], "web", "{plan}");
}
