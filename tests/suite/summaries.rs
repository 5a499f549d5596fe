//! What came of a sync, for the summary of a CI job and for what shows tests.

use crate::bed::{Bed, Run, config_map};
use crate::xml::{of_name, xml};

/// A ConfigMap that the server takes, one that it refuses, and one that waits for that.
fn bed(name: &str) -> Bed {
    let bed = Bed::new(name);
    bed.write("good.yaml", &config_map("good", &[("mode", "fast")]));
    bed.write("bad.yaml", &config_map("bad", &[("no such | key", "x")]));
    let on = format!("  annotations:\n    config.kubernetes.io/depends-on: /namespaces/{name}/ConfigMap/bad\n");
    bed.write(
        "late.yaml",
        &config_map("late", &[("mode", "slow")]).replace("metadata:\n", &format!("metadata:\n{on}")),
    );
    bed
}

fn sync(bed: &Bed, options: &[&str]) -> Run {
    bed.run(&[&["sync", "--yes", "--no-check"], options].concat())
}

#[test]
fn the_summary_of_a_job_is_the_plan_and_what_came_of_it() {
    let bed = bed("summaries-markdown");
    let run = sync(&bed, &["--format", "markdown"]).exits(1);
    let (plan, came) = run
        .stdout
        .split_once("\n### incomplete: ")
        .expect("a verdict below the plan");
    assert!(
        plan.contains("<!-- stackanetes: ") && plan.contains("ConfigMap summaries-markdown/good"),
        "{plan}"
    );
    assert!(
        came.starts_with("1 created, 1 refused, 1 not started\n\n```\n"),
        "{came}"
    );
    assert!(came.contains("\nrefused ConfigMap summaries-markdown/bad: "), "{came}");
    assert!(came.contains("no such | key"), "{came}");
    assert!(!run.stdout.contains('\u{1b}'), "{}", run.stdout);
    bed.remove("bad.yaml");
    bed.write("late.yaml", &config_map("late", &[("mode", "slow")]));
    let run = sync(&bed, &["--format", "markdown"]).exits(0);
    assert!(
        run.stdout.ends_with("\n### complete: 1 created, 1 unchanged\n"),
        "{}",
        run.stdout
    );
}

#[test]
fn each_object_that_a_sync_changes_is_a_test_of_junit() {
    let bed = bed("summaries-junit");
    let run = sync(&bed, &["--format", "junit"]).exits(1);
    let elements = xml(&run.stdout);
    let suite = of_name(&elements, "testsuite")[0];
    assert_eq!(suite.value("name"), "stackanetes sync summaries-junit/summaries-junit");
    let counts = ["tests", "failures", "errors", "skipped"].map(|count| suite.value(count));
    assert_eq!(counts, ["3", "1", "0", "1"], "{}", run.stdout);
    let names: Vec<&str> = of_name(&elements, "testcase")
        .iter()
        .map(|case| case.value("name"))
        .collect();
    assert!(names.contains(&"ConfigMap summaries-junit/good"), "{names:?}");
    assert_eq!(of_name(&elements, "failure")[0].value("type"), "refused");
    let skipped = of_name(&elements, "skipped")[0].value("message");
    assert_eq!(skipped, "it depends on ConfigMap summaries-junit/bad");
    bed.remove("bad.yaml");
    bed.write("late.yaml", &config_map("late", &[("mode", "slow")]));
    let done = sync(&bed, &["--format", "junit"]).exits(0);
    assert!(of_name(&xml(&done.stdout), "failure").is_empty(), "{}", done.stdout);
}

#[test]
fn a_sync_that_cannot_begin_is_an_error_of_junit() {
    let bed = bed("summaries-error");
    bed.write("bad.yaml", "data: {a: [}\n");
    let run = sync(&bed, &["--format", "junit"])
        .exits(2)
        .complains("desired/bad.yaml:1:");
    let elements = xml(&run.stdout);
    assert_eq!(of_name(&elements, "testsuite")[0].value("errors"), "1");
    assert_eq!(of_name(&elements, "error").len(), 1);
    // So is a command line that is refused.
    let refused = sync(&bed, &["--format=junit", "--no-such-option"]).exits(2);
    assert_eq!(of_name(&xml(&refused.stdout), "error").len(), 1);
    // The plan is not shown, so nobody can be asked.
    bed.remove("bad.yaml");
    bed.write("late.yaml", &config_map("late", &[("mode", "slow")]));
    let asked = bed.run(&["sync", "--format", "junit"]).exits(2);
    asked.complains("hint: pass --yes to sync without asking");
    let back = sync(&bed, &["--format", "junit", "--rollback-on-failure"]).exits(2);
    back.complains("--format junit cannot be used with --rollback-on-failure");
}
