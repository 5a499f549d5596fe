//! A command that fails tells programs so, where they asked for JSON.

use serde_json::Value;

use crate::bed::{Bed, Run};

#[track_caller]
fn last_document(run: &Run) -> Value {
    let text = match run.stdout.find("\n{") {
        Some(_) if !run.stdout.starts_with("{\n") => run.stdout.trim_end().lines().last().unwrap_or_default(),
        _ => &run.stdout,
    };
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{}", run.stdout))
}

#[test]
fn an_error_of_a_file_is_a_document_with_its_place() {
    let bed = Bed::new("failures-file");
    bed.write("web.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {a: [}\n");
    for args in [&["diff", "--format", "json"][..], &["sync", "--yes", "--format=json"]] {
        let run = bed.run(args).exits(2).complains("error: `[` is closed by `}`");
        let error = last_document(&run);
        assert_eq!(error["kind"], "Error", "{args:?}");
        assert_eq!(error["code"], 2);
        assert_eq!(error["message"], "`[` is closed by `}`");
        let place = [&error["file"], &error["line"], &error["column"]];
        assert_eq!(place.map(ToString::to_string), ["\"desired/web.yaml\"", "3", "11"]);
        assert_eq!(error["places"][0]["line"], 3);
    }
    assert_eq!(bed.diff().exits(2).stdout, "");
}

#[test]
fn a_refused_command_line_is_a_document_too() {
    let bed = Bed::new("failures-usage");
    let run = bed.run(&["diff", "--format", "json", "--prune"]).exits(2);
    let error = last_document(&run.complains("unexpected argument '--prune' found"));
    assert_eq!(error["message"], "unexpected argument '--prune' found");
    assert_eq!(error["hints"][0], "a sync prunes unless you pass --no-prune");
    assert_eq!(bed.run(&["diff", "--prune"]).exits(2).stdout, "");
    let help = bed.run(&["diff", "--format", "json", "--help"]).exits(0);
    assert!(!help.stdout.contains("\"Error\""));
}

#[test]
fn what_a_sync_refuses_follows_its_plan_and_what_a_report_tells_is_told_once() {
    let bed = Bed::new("failures-sync");
    bed.write_config_map("a", &[("a", "1")]);
    bed.synced();
    bed.remove("a.yaml");
    let run = bed
        .run(&["sync", "--yes", "--allow-empty", "--max-prune", "0", "--format", "json"])
        .exits(2);
    let kinds: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["kind"].clone())
        .collect();
    assert_eq!(kinds, ["Plan", "Error"]);
    let message = last_document(&run)["message"].clone();
    assert!(
        message
            .as_str()
            .is_some_and(|message| message.contains("refused for safety")),
        "{message}"
    );
}
