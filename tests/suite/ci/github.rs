//! The steps of the workflows, as a runner of GitHub runs them.

use std::fs;

use serde_json::{Value, json};

use super::{
    Runner, Shell, added, change, changed, changed_with_jq, edit, many, merged_with_others, program, root, yaml,
};
use crate::bed::{Bed, Run, wait_until};
use crate::control_plane::ControlPlane;

/// The step `name` of a workflow. `values` are what its expressions stand for; those that hold for every run are
/// known.
#[track_caller]
fn step(runner: &Runner<'_>, (workflow, name): (&str, &str), values: &[(&str, &str)]) -> Shell {
    let file = &yaml(&root().join(".github/workflows").join(workflow))[0];
    let jobs = file["jobs"].as_object().expect("jobs");
    let mut steps = jobs.values().flat_map(|job| job["steps"].as_array().expect("steps"));
    let step = steps.find(|step| step["name"] == name).expect("there is such a step");
    let (temp, scripts) = (
        runner.temp.display().to_string(),
        root().join(".github/actions/stackanetes"),
    );
    let scripts = scripts.display().to_string();
    let known = [
        ("runner.temp", temp.as_str()),
        ("steps.tool.outputs.scripts", &scripts),
        ("github.token", "a-token"),
        ("github.repository", "a/b"),
        ("inputs.name", "cluster"),
        ("inputs.directory", "desired"),
        ("inputs.environment", ""),
        ("secrets.kubeconfig", ""),
    ];
    let filled = |text: &str| {
        let all = values.iter().chain(&known);
        let filled = all.fold(text.to_owned(), |text, (expression, value)| {
            text.replace(&format!("${{{{ {expression} }}}}"), value)
        });
        assert!(!filled.contains("${{"), "{workflow}: {filled}");
        filled
    };
    let env = step["env"].as_object().expect("an environment");
    let mut env: std::collections::BTreeMap<String, String> = env
        .iter()
        .map(|(name, value)| (name.clone(), filled(value.as_str().expect("text"))))
        .collect();
    for (name, file) in [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary")] {
        env.insert(name.to_owned(), format!("{temp}/{file}"));
    }
    env.insert("RUNNER_TEMP".to_owned(), temp.clone());
    Shell {
        text: step["run"].as_str().expect("a step that runs a shell").to_owned(),
        env,
    }
}

#[track_caller]
fn run(runner: &Runner<'_>, what: (&str, &str), values: &[(&str, &str)]) -> Run {
    runner.run(&["bash", "-e", "-c"], &step(runner, what, values))
}

/// The same on a runner that has more in its environment, such as what lets the command run programs.
pub(super) fn run_trusting(
    runner: &Runner<'_>,
    what: (&str, &str),
    values: &[(&str, &str)],
    environment: [(&str, String); 3],
) -> Run {
    let mut shell = step(runner, what, values);
    let environment = environment.map(|(name, value)| (name.to_owned(), value));
    shell.env.extend(environment);
    runner.run(&["bash", "-e", "-c"], &shell)
}

pub(super) const PREVIEW: (&str, &str) = ("preview.yml", "Preview");
const BASE: (&str, &str) = ("github.event.pull_request.base.sha", "main");

#[test]
fn a_preview_without_credentials_compares_git_with_git_and_a_change_is_no_failure() {
    let bed = changed("ci-preview");
    let runner = Runner::new(&bed);
    run(&runner, PREVIEW, &[BASE]).exits(0);
    let comment = runner.result("comment.md");
    assert!(
        comment.starts_with(
            "<!-- stackanetes: preview cluster -->\n<!-- stackanetes: ci-preview -->\n### ci-preview from main "
        ),
        "{comment}"
    );
    assert!(comment.contains("**1 to create; 1 unchanged**"), "{comment}");
    assert!(!runner.results().join("plan.json").exists());
    assert!(runner.result("diff.html").contains("<code>ConfigMap ci-preview/"));
    assert!(
        fs::read_to_string(runner.temp.join("summary"))
            .expect("a summary")
            .contains("1 to create")
    );
}

#[test]
fn the_comment_the_page_and_the_plan_are_of_one_diff() {
    let bed = changed("ci-one-diff");
    let runner = Runner::new(&bed);
    run(&runner, PREVIEW, &[BASE]).exits(0);
    assert_eq!(runner.count("diff"), 1);
    let text = kubeconfig(&bed);
    run(&runner, PREVIEW, &[BASE, ("secrets.kubeconfig", &text)]).exits(0);
    assert_eq!(runner.count("diff"), 2);
    for result in ["comment.md", "diff.html"] {
        assert!(runner.result(result).contains("2 to create"), "{result}");
    }
    assert!(runner.result("plan.json").contains("\"madeOf\""));
}

#[test]
fn what_others_merged_meanwhile_is_no_part_of_a_preview() {
    let bed = changed("ci-behind");
    let main = merged_with_others(&bed);
    let runner = Runner::new(&bed);
    run(&runner, PREVIEW, &[("github.event.pull_request.base.sha", "before")]).exits(0);
    let comment = runner.result("comment.md");
    assert!(
        comment.contains(&format!("### ci-behind from {} ", &main[..7])),
        "{comment}"
    );
    assert!(comment.contains("**1 to create; 2 unchanged**"), "{comment}");
    assert!(!comment.contains("others"), "{comment}");
}

#[test]
fn a_finding_fails_the_preview_beside_its_line_and_the_diff_is_told_all_the_same() {
    let bed = changed("ci-finding");
    bed.write("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  serviceAccountName: none\n  containers: [{name: a}]\n");
    bed.commit("A pod");
    let runner = Runner::new(&bed);
    run(&runner, PREVIEW, &[BASE])
        .exits(1)
        .shows("::error file=desired/pod.yaml,line=5,endLine=5,col=3,endColumn=27,title=missing-object::");
    assert!(runner.result("comment.md").contains("**2 to create; 1 unchanged**"));
    assert!(runner.result("diff.html").contains("2 to create; 1 unchanged"));
}

#[test]
fn a_file_that_cannot_be_read_fails_the_preview_and_no_line_of_an_error_is_a_command() {
    let bed = changed("ci-unreadable");
    bed.write("new.yaml", "a: [}\n::error::forged\n");
    bed.commit("Broken");
    let runner = Runner::new(&bed);
    let run = run(&runner, PREVIEW, &[BASE]).exits(2);
    assert!(
        run.stdout.starts_with("::error file=desired/new.yaml,line=1,"),
        "{}",
        run.stdout
    );
    assert!(run.stderr.lines().all(|line| line.starts_with("| ")), "{}", run.stderr);
    assert!(runner.result("comment.md").contains("The diff failed"));
}

fn comments(runner: &Runner<'_>) -> Vec<String> {
    let text = |comment: &Value| comment["body"].as_str().unwrap_or_default().to_owned();
    runner.kept("comments.json").iter().map(text).collect()
}

/// More than a page of what people wrote; each has these fields, too.
fn others(fields: &Value) -> Vec<Value> {
    many(
        40,
        fields,
        |number| json!({"id": number + 1000, "number": number, "user": {"type": "User"}}),
    )
}

#[test]
fn there_is_one_comment_and_it_is_kept_up_to_date() {
    let Some(bed) = changed_with_jq("ci-comment") else {
        return;
    };
    let runner = Runner::new(&bed);
    let marker = "<!-- stackanetes: preview cluster -->";
    let mut before = others(&json!({"issue": 7, "body": "a review"}));
    // Whoever writes the marker too gets no comment of ours.
    before[0]["body"] = json!(marker);
    // Nor is that of another pull request ours.
    before[1] = json!({"id": 2, "issue": 6, "user": {"type": "Bot"}, "body": marker});
    runner.keep("comments.json", &json!(before));
    let comment = ("preview.yml", "Comment");
    let values = [("github.event.pull_request.number", "7")];
    run(&runner, PREVIEW, &[BASE]).exits(0);
    run(&runner, comment, &values).exits(0);
    bed.write_config_map("newer", &[("a", "1")]);
    bed.commit("Still more");
    run(&runner, PREVIEW, &[BASE]).exits(0);
    run(&runner, comment, &values).exits(0);
    let comment = added(&before, &runner.kept("comments.json"));
    let body = comment["body"].as_str().expect("text");
    assert!(body.contains("2 to create"), "{body}");
}

#[test]
fn a_diff_that_is_longer_than_a_comment_keeps_its_verdict_and_its_dangers() {
    let Some(bed) = changed_with_jq("ci-long") else { return };
    let runner = Runner::new(&bed);
    let write = |value: char| {
        let value = value.to_string().repeat(300);
        let objects = (0..400).map(|number| {
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a-{number}}}\ndata: {{a: {value}}}\n---\n")
        });
        bed.write("many.yaml", &objects.collect::<String>());
    };
    write('x');
    let base = bed.commit("Many");
    write('y');
    bed.write(
        "web.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n",
    );
    bed.commit("Others");
    run(&runner, PREVIEW, &[("github.event.pull_request.base.sha", &base)]).exits(0);
    run(
        &runner,
        ("preview.yml", "Comment"),
        &[("github.event.pull_request.number", "7")],
    )
    .exits(0);
    let comments = comments(&runner);
    let [comment] = &comments[..] else {
        panic!("{} comments", comments.len())
    };
    for text in [
        "**1 to create, 400 to update; 2 unchanged**",
        "> - grants: Service ci-long/web is reached from outside",
        "more objects change, and are left out, since the comment would be too long: `stackanetes diff` shows them.",
    ] {
        assert!(comment.contains(text), "{comment}");
    }
    assert!(comment.len() > 60_000, "it has room for more");
}

/// The artifact of the run 9, which a fork has made, and the pull request 7 that it is of.
fn made_by_a_fork(runner: &Runner<'_>, diff: &str) {
    let artifact = runner.temp.join("state/artifacts/9/stackanetes-preview-cluster");
    fs::create_dir_all(&artifact).expect("a directory of our own");
    fs::write(artifact.join("diff.md"), diff).expect("a file of our own");
    let pull = |number: u64, state: &str, label: &str| json!({"number": number, "state": state, "head": {"sha": "a1", "label": label}});
    let pulls = json!([
        pull(5, "open", "somebody:other"),
        pull(6, "closed", "somebody:main; exit 1"),
        pull(7, "open", "somebody:main; exit 1"),
    ]);
    runner.keep("pulls.json", &pulls);
}

/// What the workflow for forks is told of a run at this commit.
fn of_fork(sha: &'static str) -> [(&'static str, &'static str); 4] {
    [
        ("github.event.workflow_run.id", "9"),
        ("github.event.workflow_run.head_repository.owner.login", "somebody"),
        ("github.event.workflow_run.head_branch", "main; exit 1"),
        ("github.event.workflow_run.head_sha", sha),
    ]
}

const FORK: (&str, &str) = ("comment.yml", "Comment");

#[test]
fn what_a_fork_made_is_posted_where_its_commit_is_and_nowhere_else() {
    if program("jq").is_none() {
        return;
    }
    let bed = Bed::new("ci-fork");
    let runner = Runner::new(&bed);
    made_by_a_fork(&runner, "**1 to create**\n");
    run(&runner, FORK, &of_fork("b2"))
        .exits(0)
        .shows("no open pull request is at b2");
    assert_eq!(comments(&runner), [""; 0]);
    run(&runner, FORK, &of_fork("a1")).exits(0);
    let comments = comments(&runner);
    assert_eq!(
        comments,
        [
            "<!-- stackanetes: preview cluster -->\n> From the run of a fork, git compared with git: nobody asked the \
          cluster.\n\n**1 to create**"
        ]
    );
    assert_eq!(runner.kept("comments.json")[0]["issue"], 7);
}

#[test]
fn what_a_fork_made_that_is_too_long_ends_at_a_line_and_says_so() {
    if program("jq").is_none() {
        return;
    }
    let bed = Bed::new("ci-long-fork");
    let runner = Runner::new(&bed);
    let lines = "+ ```ä: a line of a value\n".repeat(5_000);
    let diff =
        format!("**1 to create**\n\n<details><summary>an object</summary>\n\n````diff\n{lines}````\n\n</details>\n");
    made_by_a_fork(&runner, &diff);
    run(&runner, FORK, &of_fork("a1")).exits(0);
    let comments = comments(&runner);
    let (head, tail) = comments[0].split_once("````diff\n").expect("its first lines");
    assert!(
        head.ends_with("**1 to create**\n\n<details><summary>an object</summary>\n\n"),
        "{head}"
    );
    let rest = tail.trim_start_matches("+ ```ä: a line of a value\n");
    assert_eq!(
        rest,
        "````\n\n</details>\n\nThe rest is left out, since the comment would be too long: see the artifacts of the job."
    );
    assert!(comments[0].len() > 65_000, "{}", comments[0].len());
}

/// The credentials of a user, as a secret holds them.
fn kubeconfig(bed: &Bed) -> String {
    fs::read_to_string(&bed.user.kubeconfig).expect("a kubeconfig")
}

/// A run of `pull-request.yml` for this commit that did well, and before it runs that differ from it in one thing each.
fn runs_about(commit: &str, id: u64) -> Value {
    let run = json!({
        "id": id,
        "path": ".github/workflows/pull-request.yml",
        "head_sha": commit,
        "event": "pull_request",
        "status": "completed",
        "conclusion": "success",
    });
    let others = [
        ("path", ".github/workflows/tests.yml"),
        ("head_sha", "another"),
        ("event", "workflow_dispatch"),
        ("conclusion", "failure"),
    ];
    let other = |(number, (field, value)): (usize, (&str, &str))| {
        let mut other = run.clone();
        other["id"] = json!(id + 1 + number as u64);
        other[field] = json!(value);
        other
    };
    let mut runs: Vec<Value> = others.into_iter().enumerate().map(other).collect();
    runs.push(run);
    json!(runs)
}

#[test]
fn what_was_reviewed_is_synced_after_its_merge_and_what_moved_waits_to_be_approved() {
    let Some(bed) = changed_with_jq("ci-sync") else { return };
    let runner = Runner::new(&bed);
    let text = kubeconfig(&bed);
    let secret = ("secrets.kubeconfig", text.as_str());
    run(&runner, PREVIEW, &[BASE, secret])
        .exits(0)
        .hides(&[&bed.user.token]);
    let artifacts = runner.temp.join("state/artifacts/5/stackanetes-plan-cluster");
    fs::create_dir_all(&artifacts).expect("a directory of our own");
    fs::rename(runner.results().join("plan.json"), artifacts.join("plan.json")).expect("a plan");
    // It comes to main by another commit with the same tree.
    crate::bed::git(&bed.dir, &["switch", "--quiet", "main"]);
    crate::bed::git(&bed.dir, &["merge", "--quiet", "--no-ff", "--no-edit", "topic"]);
    let pull = |merged_at: Option<&str>, commit: &str, head: &str| json!({"state": "closed", "merged_at": merged_at, "merge_commit_sha": commit, "head": {"sha": head}});
    let pulls = json!([
        pull(None, "c3", "a0"),
        pull(Some("2026-01-02"), "c4", "a2"),
        pull(Some("2026-01-01"), "c3", "a1"),
    ]);
    runner.keep("pulls.json", &pulls);
    runner.keep("runs.json", &runs_about("a1", 5));
    let find = ("sync.yml", "Find the plan that was reviewed");
    let found = [("github.sha", "c3"), ("inputs.preview-workflow", "pull-request.yml")];
    run(&runner, find, &found).exits(0);
    let sync = ("sync.yml", "Sync");
    // Until then somebody makes what the plan says is to be created.
    bed.kubectl(&["create", "configmap", "new"]);
    let output = || fs::read_to_string(runner.temp.join("output")).unwrap_or_default();
    run(&runner, sync, &[secret]).exits(0).hides(&[&bed.user.token]);
    assert_eq!(output(), "moved=true\n");
    assert_eq!(bed.get("configmap", "old"), None, "nothing was changed");
    bed.kubectl(&["delete", "configmap", "new"]);
    run(&runner, find, &found).exits(0);
    fs::remove_file(runner.temp.join("output")).expect("an output");
    run(&runner, sync, &[secret]).exits(0).shows("complete: 2 created");
    assert_eq!(output(), "");
    assert!(bed.get("configmap", "new").is_some());
}

#[test]
fn a_sync_that_fails_after_it_has_begun_fails_the_step_and_plans_nothing_anew() {
    let bed = change(Bed::on(ControlPlane::full(), "ci-begun"));
    let runner = Runner::new(&bed);
    let text = kubeconfig(&bed);
    let secret = ("secrets.kubeconfig", text.as_str());
    run(&runner, PREVIEW, &[BASE, secret]).exits(0);
    let plan = runner.result("plan.json");
    // Beside the one that every namespace has there is room for the parent, and for one of the two.
    bed.kubectl(&["create", "quota", "few", "--hard=count/configmaps=3"]);
    wait_until("the quota counts", || {
        bed.get("resourcequota", "few").expect("it is there")["status"]["used"]["count/configmaps"] == "1"
    });
    run(&runner, ("sync.yml", "Sync"), &[secret])
        .exits(1)
        .shows("exceeded quota")
        .hides(&[&bed.user.token]);
    let created = ["new", "old"].map(|name| bed.get("configmap", name).is_some());
    assert_ne!(created[0], created[1], "one was created before the other failed");
    assert!(!runner.temp.join("output").exists());
    assert_eq!(runner.result("plan.json"), plan);
}

#[test]
fn drift_is_one_issue_that_is_closed_when_there_is_none() {
    let Some(bed) = changed_with_jq("ci-drift") else { return };
    bed.synced();
    let runner = Runner::new(&bed);
    let text = kubeconfig(&bed);
    let drift = || run(&runner, ("drift.yml", "Report"), &[("secrets.kubeconfig", &text)]).exits(0);
    let issues = || runner.kept("issues.json");
    drift();
    assert_eq!(issues().len(), 0);
    let marker = "<!-- stackanetes: drift cluster -->";
    let mut before = others(&json!({"state": "open", "body": "a wish"}));
    before[0]["body"] = json!(marker);
    before[1] = json!({"number": 2, "state": "closed", "user": {"type": "Bot"}, "body": marker});
    before[2] =
        json!({"number": 3, "state": "open", "user": {"type": "Bot"}, "body": marker, "pull_request": {"url": ""}});
    runner.keep("issues.json", &json!(before));
    for name in ["old", "new"] {
        edit(&bed, name);
        drift();
    }
    let issue = added(&before, &issues());
    assert_eq!(issue["title"], "desired is not what the cluster has");
    let body = issue["body"].as_str().expect("text");
    assert!(body.contains("2 to update"), "{body}");
    bed.synced();
    drift().hides(&[&bed.user.token]);
    assert_eq!(added(&before, &issues())["state"], "closed");
}

#[test]
fn nothing_is_downloaded_without_a_digest_and_scripts_take_no_program() {
    let bed = Bed::new("ci-install");
    let runner = Runner::new(&bed);
    let scripts = root().join(".github/actions/stackanetes");
    let temp = runner.temp.display().to_string();
    let install = |variables: &[(&str, &str)]| {
        let files = [
            ("RUNNER_TEMP", temp.clone()),
            ("GITHUB_OUTPUT", format!("{temp}/output")),
        ];
        let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let env = files.into_iter().chain(variables);
        let shell = Shell {
            text: scripts.join("install").display().to_string(),
            env: env.map(|(name, value)| (name.to_owned(), value)).collect(),
        };
        runner.run(&["bash", "-e", "-c"], &shell)
    };
    install(&[("URL", "https://example.com/stackanetes"), ("SHA256", "")])
        .exits(1)
        .complains("SHA256: is to be the SHA-256 of what is at URL");
    install(&[("PROGRAM", "false")]).exits(0);
    let output = fs::read_to_string(runner.temp.join("output")).expect("an output");
    assert!(
        output.ends_with(&format!("scripts={}\n", scripts.display())),
        "{output}"
    );
}
