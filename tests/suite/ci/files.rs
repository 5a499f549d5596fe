//! What holds of every workflow and action, by our own rules and by those of the tools for such files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{program, root, yaml};

fn workflows() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(".github/workflows")).expect("the workflows");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(paths.len() >= 4);
    paths
}

/// Every value of this key, however deep.
fn values<'v>(value: &'v Value, key: &str, into: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            if name == key {
                into.push(value);
            }
            values(value, key, into);
        }),
        Value::Array(items) => items.iter().for_each(|item| values(item, key, into)),
        _ => {}
    }
}

fn texts<'v>(value: &'v Value, key: &str) -> Vec<&'v str> {
    let mut found = Vec::new();
    values(value, key, &mut found);
    found.into_iter().filter_map(Value::as_str).collect()
}

#[test]
fn workflows_can_only_be_called_and_have_no_right_that_a_job_does_not_name() {
    for path in workflows() {
        let workflow = &yaml(&path)[0];
        let triggers: Vec<_> = workflow["on"].as_object().expect("triggers").keys().collect();
        assert_eq!(triggers, ["workflow_call"], "{}", path.display());
        assert_eq!(workflow["permissions"], json!({}), "{}", path.display());
        for (name, job) in workflow["jobs"].as_object().expect("jobs") {
            assert!(job["permissions"].is_object(), "{}: {name}", path.display());
            // A release is written by one job, which runs nothing of the repository.
            let is_release = path.ends_with("release.yml") && name == "draft";
            let may_write = job["permissions"]["contents"] == "write";
            assert_eq!(may_write, is_release, "{}: {name}", path.display());
        }
    }
}

#[test]
fn foreign_actions_are_pinned_by_a_whole_commit_and_no_expression_stands_in_a_shell() {
    let mut seen = 0;
    let action = root().join(".github/actions/stackanetes/action.yml");
    for path in workflows().into_iter().chain([action]) {
        let file = &yaml(&path)[0];
        for uses in texts(file, "uses") {
            let commit = uses.split('@').nth(1).unwrap_or_default();
            let is_pinned = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(uses.starts_with("$/") || is_pinned, "{}: {uses}", path.display());
        }
        for run in texts(file, "run") {
            assert!(!run.contains("${{"), "{}: {run}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 8);
}

#[test]
fn a_checkout_has_the_whole_history_and_leaves_no_token_behind() {
    let mut seen = 0;
    for path in workflows() {
        let file = &yaml(&path)[0];
        let jobs = file["jobs"].as_object().expect("jobs").values();
        let steps = jobs.flat_map(|job| job["steps"].as_array().expect("steps"));
        let is_checkout = |step: &&Value| {
            let uses = step["uses"].as_str();
            uses.is_some_and(|uses| uses.starts_with("actions/checkout@"))
        };
        for step in steps.filter(is_checkout) {
            // Its token stands in the configuration of git otherwise.
            let expected = json!({"fetch-depth": 0, "persist-credentials": false});
            assert_eq!(step["with"], expected, "{}", path.display());
            seen += 1;
        }
    }
    assert_eq!(seen, 6);
}

#[track_caller]
fn has_nothing_to_say(command: &mut Command, directory: &Path) {
    let output = command.current_dir(directory).output().expect("it can be run");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

/// The workflows that the manual shows, in a directory of their own.
fn examples() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory of our own");
    fs::create_dir_all(directory.path().join(".github/workflows")).expect("a directory of our own");
    let manual = include_str!("../../../src/manual/ci.md");
    let blocks = manual.split("```yaml\n# ").skip(1);
    let blocks = blocks.filter_map(|block| block.split("```").next()?.split_once('\n'));
    let mut count = 0;
    for (file, text) in blocks.filter(|(file, _)| file.starts_with(".github/workflows/")) {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let text = text.replace("OWNER", "owner").replace("COMMIT", commit);
        fs::write(directory.path().join(file), text).expect("a file of our own");
        count += 1;
    }
    assert_eq!(count, 4);
    directory
}

#[test]
fn zizmor_finds_nothing() {
    let Some(zizmor) = program("zizmor") else { return };
    let mut command = Command::new(&zizmor);
    has_nothing_to_say(command.args(["--offline", "--persona", "pedantic", ".github"]), root());
    let examples = examples();
    has_nothing_to_say(Command::new(zizmor).args(["--offline", "."]), examples.path());
}

#[test]
fn actionlint_finds_nothing() {
    let (Some(actionlint), Some(shellcheck)) = (program("actionlint"), program("shellcheck")) else {
        return;
    };
    let (examples, folder) = (examples(), ".github/workflows");
    let written = fs::read_dir(examples.path().join(folder)).expect("the examples");
    let written = written.map(|entry| entry.expect("an entry").path());
    // It does not know yet of references to the workflow's own repository.
    let mut command = Command::new(actionlint);
    command.args(["-ignore", r#"specifying action "\$/.+" in invalid format"#]);
    command.arg("-shellcheck").arg(shellcheck);
    has_nothing_to_say(command.args(workflows()).args(written), root());
}

#[test]
fn shellcheck_finds_nothing() {
    let Some(shellcheck) = program("shellcheck") else {
        return;
    };
    let folders = [".ci", ".github/actions/stackanetes", "tests/suite/ci"].map(|folder| root().join(folder));
    let is_script = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| text.starts_with("#!/usr/bin/env bash"));
    for folder in folders {
        let entries = fs::read_dir(&folder).expect("the scripts");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let scripts: Vec<PathBuf> = paths.filter(is_script).collect();
        assert!(!scripts.is_empty());
        let mut command = Command::new(&shellcheck);
        has_nothing_to_say(
            command
                .args(["-x", "--source-path", &folder.display().to_string()])
                .args(scripts),
            root(),
        );
    }
}

#[test]
fn a_release_has_the_archives_that_cargo_binstall_looks_for() {
    let workflow = &yaml(&root().join(".github/workflows/release.yml"))[0];
    let built = workflow["jobs"]["build"]["strategy"]["matrix"]["include"]
        .as_array()
        .expect("targets");
    let built: Vec<&str> = built.iter().filter_map(|one| one["target"].as_str()).collect();
    assert_eq!(built.len(), 5, "{built:?}");
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    let pack = fs::read_to_string(root().join(".ci/pack")).expect("the script");
    assert!(manifest.contains("/{ name }-{ target }{ archive-suffix }"));
    assert!(manifest.contains("bin-dir = \"{ name }-{ target }/{ bin }{ binary-ext }\""));
    assert!(pack.contains("folder=stackanetes-$TARGET") && pack.contains("\"$PACKED/$folder.tar.gz\""));
    for target in built.iter().filter(|target| target.contains("windows")) {
        let windows = format!("[package.metadata.binstall.overrides.{target}]\npkg-fmt = \"zip\"");
        assert!(manifest.contains(&windows), "{target}");
    }
}

#[test]
fn every_script_that_a_workflow_runs_is_there() {
    let folder = Path::new(".github/actions/stackanetes");
    for path in workflows() {
        for run in texts(&yaml(&path)[0], "run") {
            let Some(script) = run.strip_prefix("\"$SCRIPTS/") else {
                continue;
            };
            let script = root().join(folder).join(script.trim_end_matches('"'));
            assert!(script.is_file(), "{}: {}", path.display(), script.display());
        }
    }
}
