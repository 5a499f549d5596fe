//! The jobs of the GitLab template, as its runner runs them: what goes before and the job's own lines in one shell.

use std::process::Command;

use serde_json::{Value, json};

use super::{Runner, Shell, added, changed, changed_with_jq, edit, many, merged_with_others, program, root, yaml};
use crate::bed::{Bed, Run};

fn template() -> Value {
    yaml(&root().join(".gitlab/stackanetes.yml")).remove(1)
}

/// All that the runner hands to one shell for a job.
fn script(template: &Value, job: &str) -> String {
    let lines = |value: &Value| -> Vec<String> {
        let lines = value.as_array().expect("lines").iter();
        lines.map(|line| line.as_str().expect("text").to_owned()).collect()
    };
    let before = lines(&template[".stackanetes"]["before_script"]);
    let script = lines(&template[job]["script"]);
    [before, script].concat().join("\n")
}

/// Runs a job with these variables.
#[track_caller]
fn run(runner: &Runner<'_>, job: &str, variables: &[(&str, &str)]) -> Run {
    run_in("sh", runner, job, variables)
}

/// The same in one of the shells that a runner takes: bash where the image has it.
#[track_caller]
fn run_in(program: &str, runner: &Runner<'_>, job: &str, variables: &[(&str, &str)]) -> Run {
    let own = [("DIRECTORY", "desired"), ("ENVIRONMENT", "")];
    let variables = own.iter().chain(variables);
    let shell = Shell {
        text: script(&template(), job),
        env: variables
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    runner.run(&[program, "-c"], &shell)
}

#[test]
fn shellcheck_finds_nothing_in_any_job() {
    let Some(shellcheck) = program("shellcheck") else {
        return;
    };
    let (template, runner) = (template(), tempfile::tempdir().expect("a directory of our own"));
    let jobs = template
        .as_object()
        .expect("jobs")
        .iter()
        .filter(|(_, job)| job["script"].is_array());
    let mut count = 0;
    for (job, _) in jobs {
        let file = runner.path().join(job);
        std::fs::write(&file, script(&template, job)).expect("a file of our own");
        let output = Command::new(&shellcheck).args(["--shell", "sh"]).arg(file).output();
        let output = output.expect("it can be run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        count += 1;
    }
    assert_eq!(count, 5);
}

fn written(bed: &Bed, file: &str) -> String {
    std::fs::read_to_string(bed.dir.join(file)).unwrap_or_default()
}

#[test]
fn a_merge_request_is_compared_with_git_where_there_are_no_credentials() {
    let bed = changed("gitlab-preview");
    let runner = Runner::new(&bed);
    run(
        &runner,
        "stackanetes-preview",
        &[("CI_MERGE_REQUEST_DIFF_BASE_SHA", "main")],
    )
    .exits(0);
    let told = written(&bed, "stackanetes.md");
    assert!(
        told.starts_with(
            "<!-- stackanetes: preview -->\n<!-- stackanetes: gitlab-preview -->\n### gitlab-preview from main "
        ),
        "{told}"
    );
    assert!(told.contains("1 to create"), "{told}");
    assert!(written(&bed, "stackanetes.html").contains("<code>ConfigMap gitlab-preview/"));
    assert_eq!(runner.count("diff"), 1);
    run(
        &runner,
        "stackanetes-preview",
        &[("CI_MERGE_REQUEST_DIFF_BASE_SHA", "nothing")],
    )
    .exits(2);
}

#[test]
fn in_a_pipeline_of_merged_results_what_others_merged_is_no_part_of_a_preview() {
    let bed = changed("gitlab-merged");
    let main = merged_with_others(&bed);
    let runner = Runner::new(&bed);
    let preview = |event: &str| {
        let variables = [
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "before"),
            ("CI_MERGE_REQUEST_EVENT_TYPE", event),
        ];
        run(&runner, "stackanetes-preview", &variables).exits(0);
        written(&bed, "stackanetes.md")
    };
    for event in ["merged_result", "merge_train"] {
        let told = preview(event);
        assert!(
            told.contains(&format!("### gitlab-merged from {} ", &main[..7])),
            "{told}"
        );
        assert!(told.contains("1 to create") && !told.contains("others"), "{told}");
    }
    // A merge that is on the branch itself is a part of the change.
    assert!(preview("detached").contains("### gitlab-merged from before "));
}

/// What a job that posts is told.
const POSTING: [(&str, &str); 3] = [
    ("STACKANETES_TOKEN", "a-token-of-the-project"),
    ("CI_API_V4_URL", "https://gitlab.example.com/api/v4"),
    ("CI_PROJECT_ID", "1"),
];

/// More than two pages of what others wrote, or we did of other things; each has these fields, too.
fn others(fields: &Value) -> Vec<Value> {
    many(
        250,
        fields,
        |number| json!({"id": number + 1000, "iid": number, "author": {"id": 1 + number % 3}}),
    )
}

#[test]
fn a_merge_request_has_one_note_that_is_kept_up_to_date() {
    let Some(bed) = changed_with_jq("gitlab-note") else {
        return;
    };
    let runner = Runner::new(&bed);
    let own = [
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "main"),
        ("CI_MERGE_REQUEST_IID", "7"),
    ];
    let variables = [&own[..], &POSTING].concat();
    let preview = || {
        run(&runner, "stackanetes-preview", &variables)
            .exits(0)
            .hides(&["a-token-of-the-project"])
    };
    let mut before = others(&json!({"body": "a discussion"}));
    // Whoever writes the marker too gets no note of ours.
    before[1]["body"] = json!("<!-- stackanetes: preview -->");
    assert_ne!(before[1]["author"]["id"], 1);
    runner.keep("notes.json", &json!(before));
    preview();
    bed.write_config_map("newer", &[("a", "1")]);
    bed.commit("Still more");
    preview();
    let note = added(&before, &runner.kept("notes.json"));
    let body = note["body"].as_str().expect("text");
    assert!(body.contains("2 to create"), "{body}");
    assert_eq!(runner.kept("issues.json").len(), 0);
}

#[test]
fn no_second_note_is_posted_where_the_first_cannot_be_looked_for() {
    let Some(bed) = changed_with_jq("gitlab-unread") else {
        return;
    };
    let runner = Runner::new(&bed);
    // There is no such merge request.
    let own = [
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "main"),
        ("CI_MERGE_REQUEST_IID", "8"),
    ];
    for shell in ["sh", "bash"] {
        let run = run_in(shell, &runner, "stackanetes-preview", &[&own[..], &POSTING].concat()).exits(22);
        assert_eq!(run.stderr.matches("curl: (22)").count(), 1, "{}", run.stderr);
    }
}

#[test]
fn a_check_is_a_report_of_tests() {
    let bed = changed("gitlab-check");
    let runner = Runner::new(&bed);
    run(&runner, "stackanetes-check", &[]).exits(0);
    assert!(written(&bed, "stackanetes.xml").contains("<testcase name=\"nothing found\""));
}

#[test]
fn what_was_merged_is_planned_and_exactly_that_is_synced() {
    let bed = changed("gitlab-sync");
    let runner = Runner::new(&bed);
    let kubeconfig = bed.user.kubeconfig.display().to_string();
    let variables = [("STACKANETES_KUBECONFIG", kubeconfig.as_str())];
    run(&runner, "stackanetes-plan", &variables).exits(0);
    bed.kubectl(&["create", "configmap", "new"]);
    run(&runner, "stackanetes-sync", &variables)
        .exits(2)
        .complains("is not what a sync would do now; nothing was changed");
    let counts = |counts: &str| assert!(written(&bed, "stackanetes-sync.xml").contains(counts), "{counts}");
    counts("tests=\"1\" failures=\"0\" errors=\"1\"");
    bed.kubectl(&["delete", "configmap", "new"]);
    run(&runner, "stackanetes-sync", &variables).exits(0);
    counts("tests=\"2\" failures=\"0\" errors=\"0\"");
}

#[test]
fn drift_is_one_issue() {
    let Some(bed) = changed_with_jq("gitlab-drift") else {
        return;
    };
    bed.synced();
    let runner = Runner::new(&bed);
    let kubeconfig = bed.user.kubeconfig.display().to_string();
    let own = [("STACKANETES_PREVIEW_KUBECONFIG", kubeconfig.as_str())];
    let variables = [&own[..], &POSTING].concat();
    run(&runner, "stackanetes-drift", &variables).exits(0);
    assert_eq!(runner.kept("issues.json").len(), 0);
    // Of those that were closed none is opened again, though they are ours.
    let marker = "<!-- stackanetes: drift -->";
    let mut before = others(&json!({"state": "closed", "description": marker}));
    before[1]["state"] = json!("opened");
    assert_ne!(before[1]["author"]["id"], 1);
    runner.keep("issues.json", &json!(before));
    for (name, shell) in [("old", "sh"), ("new", "bash")] {
        edit(&bed, name);
        run_in(shell, &runner, "stackanetes-drift", &variables).exits(0);
    }
    let issue = added(&before, &runner.kept("issues.json"));
    assert_eq!(issue["title"], "desired is not what the cluster has");
    let told = issue["description"].as_str().expect("text");
    assert!(told.contains("2 to update"), "{told}");
}
