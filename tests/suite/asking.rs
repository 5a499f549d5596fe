//! On a terminal `sync` shows the plan and asks.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::bed::{Bed, Run, config_map};
use crate::terminal::{PROGRAM, terminal};

/// Runs the command on a terminal on which this is typed.
fn on_a_terminal(bed: &Bed, args: &str, typed: &str) -> Run {
    let mut terminal = terminal(&bed.dir, &format!("{PROGRAM} {args}"));
    terminal
        .env("KUBECONFIG", &bed.user.kubeconfig)
        .env("XDG_CACHE_HOME", bed.cache());
    let terminal = terminal.stdin(Stdio::piped()).spawn();
    let mut child = terminal.expect("script (of util-linux) can be run");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(typed.as_bytes()).expect("it reads");
    let run = Run::finish(child);
    drop(input);
    run
}

#[test]
fn on_a_terminal_a_sync_shows_the_plan_and_does_what_the_answer_says() {
    let bed = Bed::new("asking-answers");
    bed.write_config_map("settings", &[("a", "1")]);
    for no in ["n\n", "\n", "what\n"] {
        on_a_terminal(&bed, "sync", no)
            .exits(1)
            .shows("+ create ConfigMap asking-answers/settings")
            .shows("Sync asking-answers to controlplane: 1 to create? [y/N]")
            .shows("nothing was changed");
        assert!(bed.get("configmap", "settings").is_none(), "{no:?}");
    }
    on_a_terminal(&bed, "sync", "y\n")
        .exits(0)
        .shows("Sync asking-answers to controlplane: 1 to create? [y/N]")
        .shows("complete: 1 created");
    assert!(bed.get("configmap", "settings").is_some());
    // With nothing to write there is nothing to ask.
    on_a_terminal(&bed, "sync", "").exits(0).shows_not("[y/N]");
}

#[test]
fn a_sync_of_standard_input_asks_on_the_terminal() {
    let bed = Bed::new("asking-piped");
    bed.write_config_map("settings", &[("a", "1")]);
    let piped = "sync --name asking-piped -n asking-piped -f - < desired/settings.yaml";
    let question = "Sync asking-piped to controlplane: 1 to create? [y/N]";
    on_a_terminal(&bed, piped, "n\n").exits(1).shows(question);
    assert!(bed.get("configmap", "settings").is_none());
    on_a_terminal(&bed, piped, "y\n")
        .exits(0)
        .shows(question)
        .shows("complete: 1 created");
    assert!(bed.get("configmap", "settings").is_some());
}

#[test]
fn a_sync_of_standard_input_that_has_no_terminal_is_refused() {
    let bed = Bed::new("asking-no-terminal");
    let manifest = config_map("settings", &[("a", "1")]);
    let mut setsid = bed.program("setsid");
    setsid
        .args(["--wait", PROGRAM])
        .args(["sync", "-n", "asking-no-terminal", "-f", "-"]);
    let run = setsid.stdin(Stdio::piped()).spawn();
    let mut child = run.expect("setsid (of util-linux) can be run");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(manifest.as_bytes()).expect("it reads");
    drop(input);
    Run::finish(child)
        .exits(2)
        .complains("cannot prompt: there is no terminal")
        .complains("pass --yes");
    assert!(bed.get("configmap", "settings").is_none());
}

#[test]
fn nobody_is_asked_where_the_answer_was_given_or_the_plan_was_reviewed() {
    let bed = Bed::new("asking-not");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.commit("First");
    on_a_terminal(&bed, "sync --yes", "")
        .exits(0)
        .shows("complete: 1 created")
        .shows_not("[y/N]");
    bed.write_config_map("settings", &[("a", "2")]);
    bed.commit("Second");
    bed.run(&["diff", "--out", "plan.json"]).exits(1);
    on_a_terminal(&bed, "sync --plan plan.json", "")
        .exits(0)
        .shows("complete: 1 updated")
        .shows_not("[y/N]");
    fs::remove_file(bed.dir.join("plan.json")).expect("removed");
    // What is piped in is no answer.
    bed.write_config_map("settings", &[("a", "3")]);
    bed.run_with(&["sync"], "y\n")
        .exits(2)
        .complains("cannot prompt: standard input is not a terminal");
    let data = bed.get("configmap", "settings").expect("it is there")["data"].clone();
    assert_eq!(data["a"], "2");
}
