//! `diff --from REV`: what a change in git does, told without a cluster, is what a cluster that is in
//! sync with that commit tells.

use std::process::{Command, Stdio};

use crate::bed::{Bed, Run, git, pod_template};

const SECRET: &str = "hunter2-between-commits";

/// All but the heading, which says what was compared.
fn body(run: &Run) -> String {
    run.stdout.lines().skip(1).collect::<Vec<_>>().join("\n")
}

/// Two commits that change, add and drop something each.
fn commits(bed: &Bed) {
    bed.write_config_map("dropped", &[("a", "1")]);
    bed.write_config_map("changed", &[("log", "info\nall\n"), ("other", "x")]);
    bed.write("pod.yaml", &pod_template("web", "nginx:1"));
    bed.write(
        "service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, name: a}]}\n",
    );
    let secret =
        |value: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: key}}\nstringData: {{key: {value}}}\n");
    bed.write("key.yaml", &secret("first-value"));
    bed.commit("First");
    bed.remove("dropped.yaml");
    bed.write_config_map("changed", &[("log", "debug\nall\n")]);
    bed.commit("Talk more");
    bed.write("pod.yaml", &pod_template("web", "nginx:2"));
    bed.write(
        "service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, name: a}, {port: 81, name: b}]}\n",
    );
    bed.write("key.yaml", &secret(SECRET));
    bed.write_config_map("new", &[("a", "1")]);
    bed.commit("Second");
}

#[test]
fn it_tells_what_a_cluster_in_sync_with_that_commit_tells() {
    let bed = Bed::new("between-same");
    commits(&bed);
    bed.run(&["sync", "--yes", "--revision", "HEAD~2"]).exits(0);
    let asked = bed.diff().exits(1);
    let requests = bed.audited(|| {
        let told = bed
            .run(&["diff", "--from", "HEAD~2", "--to", "HEAD"])
            .exits(1)
            .hides(&[SECRET]);
        assert_eq!(body(&told), body(&asked));
        told.shows("Talk more").shows("1 to create, 4 to update, 1 to delete");
    });
    assert!(requests.is_empty(), "{requests:#?}");
    // Without --to it is the directory as it is on disk.
    bed.write_config_map("untracked", &[]);
    bed.run(&["diff", "--from", "HEAD"])
        .exits(1)
        .shows("with local changes: two commits compared, without asking a cluster")
        .shows("+ create    ConfigMap between-same/untracked")
        .shows("1 to create; 5 unchanged");
    bed.remove("untracked.yaml");
    bed.run(&["diff", "--from", "HEAD"]).exits(0);
}

#[test]
fn nothing_of_two_commits_is_written_to_a_file_even_for_a_while() {
    let bed = Bed::new("between-nowhere");
    commits(&bed);
    let child = Command::new(env!("CARGO_BIN_EXE_stackanetes"))
        .args(["diff", "--from", "HEAD~2", "--to", "HEAD"])
        .current_dir(&bed.dir)
        .env_clear()
        .env("HOME", &bed.dir)
        .env("TMPDIR", bed.dir.join("no-such-folder"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command can be run");
    Run::finish(child)
        .exits(1)
        .shows("1 to create, 4 to update, 1 to delete");
}

#[test]
fn what_the_directory_does_not_hold_is_taken_to_be_there() {
    let bed = Bed::new("between-elsewhere");
    let certificate = |name: &str| {
        format!(
            "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {{name: tls, namespace: shop}}\nspec: {{dnsNames: [{name}], any: {{x: 1}}}}\n"
        )
    };
    bed.write("certificate.yaml", &certificate("a.example.com"));
    bed.commit("First");
    bed.write("certificate.yaml", &certificate("b.example.com"));
    bed.write("later.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: later}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: later}\n");
    bed.commit("Second");
    bed.run(&["diff", "--from", "HEAD~1"])
        .exits(1)
        .shows("~ update    Certificate shop/tls")
        .shows("+ create    Namespace later")
        .shows("+ create    ConfigMap later/a")
        .shows("2 to create, 1 to update; 0 unchanged");
}

#[test]
fn the_environments_that_change_beside_the_one_that_is_shown_are_named() {
    let bed = Bed::new("between-environments");
    bed.write("parameters.yaml", "web: {color: red}\n");
    bed.write(
        "parameters.schema.json",
        r#"{"properties": {"web": {"properties": {"color": {"type": "string"}}}}}"#,
    );
    for name in ["lab", "prod", "same", "went"] {
        bed.write(&format!("environments/{name}.yaml"), "web: {color: blue}\n");
    }
    bed.commit("First");
    for name in ["came", "lab", "prod"] {
        bed.write(&format!("environments/{name}.yaml"), "web: {color: green}\n");
    }
    bed.remove("environments/went.yaml");
    let told = |range: &str, exit| {
        let json = ["--environment", "prod", "--format", "json"];
        let json = bed.run(&[&["diff", "--from", range], &json[..]].concat()).exits(exit);
        let plan: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
        plan["environmentsNotShown"].clone()
    };
    let changed = serde_json::json!(["came", "lab", "went"]);
    assert_eq!(told("HEAD", 1), changed);
    bed.commit("Second");
    assert_eq!(told("HEAD~1..HEAD", 1), changed);
    assert_eq!(told("HEAD", 0), serde_json::Value::Null);
}

#[test]
fn a_page_of_two_commits_is_written_beside_what_is_printed() {
    let bed = Bed::new("between-page");
    commits(&bed);
    let html = bed.run(&["diff", "--from", "HEAD~1", "--format", "html"]).exits(1);
    let text = bed.run(&["diff", "--from", "HEAD~1"]).exits(1);
    let diff = |page: &str| bed.run(&["diff", "--from", "HEAD~1", "--page", page]).exits(1);
    assert_eq!(diff("page.html").stdout, text.stdout);
    let page = std::fs::read_to_string(bed.dir.join("page.html")).expect("it is there");
    assert_eq!(page, html.stdout);
    // A pipe is written to, and not replaced.
    assert_eq!(diff("/dev/stdout").stdout, html.stdout + &text.stdout);
}

#[test]
fn it_needs_no_cluster_and_no_stackanetes_yaml() {
    let bed = Bed::new("between-plain");
    bed.remove("stackanetes.yaml");
    commits(&bed);
    let nowhere = std::path::Path::new("/nonexistent/kubeconfig");
    bed.run_as(nowhere, &["diff", "--from", "HEAD~1"], "")
        .exits(1)
        .shows("~ update    PodTemplate default/web")
        .shows("+ create    ConfigMap default/new");
    bed.run_as(nowhere, &["diff", "--from", "HEAD~2", "--to", "HEAD~1"], "")
        .exits(1)
        .shows("- delete    ConfigMap default/dropped");
    bed.run_as(nowhere, &["diff", "--from", "nothing"], "")
        .exits(2)
        .complains("nothing");
    bed.run_as(nowhere, &["diff", "--from", "HEAD", "--verify"], "")
        .exits(2);
}

/// What a pull request may add: plain files in the directory that look like a git repository of another history.
#[test]
fn files_that_look_like_a_repository_are_none() {
    let bed = Bed::new("between-planted");
    bed.write_config_map("a", &[("a", "one")]);
    bed.commit("Base");
    let planted = bed.dir.join("desired");
    bed.write_config_map("a", &[("a", "two")]);
    bed.write("HEAD", "ref: refs/heads/main\n");
    bed.write(
        "config",
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = ..\n",
    );
    bed.write("objects/info/.keep", "");
    bed.write("refs/heads/.keep", "");
    assert!(
        git2::Repository::discover(&planted)
            .expect("a repository")
            .path()
            .ends_with("desired")
    );
    bed.run(&["diff", "--from", "HEAD"])
        .exits(1)
        .shows("~ update    ConfigMap between-planted/a");
}

/// A branch that is behind: `main` went on after `topic` left it.
fn apart(bed: &Bed) {
    let git = |args: &[&str]| git(&bed.dir, args);
    bed.write_config_map("shared", &[("a", "1")]);
    bed.commit("Base");
    git(&["branch", "--move", "main"]);
    git(&["switch", "--quiet", "--create", "topic"]);
    bed.write_config_map("mine", &[("a", "1")]);
    bed.commit("Mine");
    git(&["switch", "--quiet", "main"]);
    bed.write_config_map("theirs", &[("a", "1")]);
    bed.commit("Theirs");
    git(&["switch", "--quiet", "topic"]);
}

#[test]
fn a_branch_behind_main_shows_what_it_changes_and_not_what_main_does() {
    let bed = Bed::new("between-behind");
    apart(&bed);
    for range in ["main", "main...topic", "main..."] {
        bed.run(&["diff", "--from", range])
            .exits(1)
            .shows("the merge base of main and ")
            .shows("+ create    ConfigMap between-behind/mine")
            .shows("1 to create; 1 unchanged")
            .shows_not("theirs");
    }
    // The two commits themselves.
    for args in [&["--from", "main..topic"][..], &["--from", "main", "--to", "topic"]] {
        bed.run(&[&["diff"], args].concat())
            .exits(1)
            .shows("between-behind from main ")
            .shows("- delete    ConfigMap between-behind/theirs")
            .shows_not("merge base");
    }
    let run = bed.run(&["diff", "--from", "main", "--format", "json"]).exits(1);
    let plan: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(plan["from"]["mergeBaseOf"], serde_json::json!(["main", "HEAD"]));
    assert_eq!(plan["from"]["subject"], "Base");
    // What has all of main is compared with main.
    git(&bed.dir, &["merge", "--quiet", "--no-edit", "main"]);
    bed.run(&["diff", "--from", "main"])
        .exits(1)
        .shows("between-behind from main ")
        .shows("1 to create; 2 unchanged");
    bed.run(&["diff", "--from", "main..topic", "--to", "main"])
        .exits(2)
        .complains("--from main..topic names both commits, and --to main another");
}

#[test]
fn a_clone_that_is_too_shallow_says_how_deep_to_fetch() {
    let bed = Bed::new("between-shallow");
    apart(&bed);
    let clone = bed.beside("clone");
    let (from, to) = (format!("file://{}", bed.dir.display()), clone.display().to_string());
    let shallow = ["clone", "--quiet", "--depth", "1", "--no-single-branch", &from, &to];
    git(&bed.dir, &shallow);
    let desired = clone.join("desired").display().to_string();
    let diff = || bed.run(&["diff", &desired, "--from", "origin/main"]);
    diff()
        .exits(2)
        .complains("the merge base of origin/main and HEAD is not in this clone, which is shallow")
        .complains("`git fetch --unshallow`, in GitHub Actions `fetch-depth: 0`")
        .complains("--from origin/main --to HEAD");
    git(&clone, &["fetch", "--quiet", "--unshallow"]);
    diff().exits(1).shows("1 to create; 1 unchanged");
    std::fs::remove_dir_all(clone).expect("a directory of our own");
}

#[test]
fn histories_without_a_common_commit_have_no_merge_base() {
    let bed = Bed::new("between-unrelated");
    apart(&bed);
    git(&bed.dir, &["switch", "--quiet", "--orphan", "other"]);
    bed.write_config_map("mine", &[("a", "1")]);
    bed.commit("Of its own");
    bed.run(&["diff", "--from", "main"])
        .exits(2)
        .complains("main and HEAD have no commit in common");
}

#[test]
fn an_environment_that_only_the_branch_has_is_all_new() {
    let bed = Bed::new("between-new-environment");
    bed.write("parameters.yaml", "web: {color: red}\n");
    bed.write(
        "parameters.schema.json",
        r#"{"properties": {"web": {"properties": {"color": {"type": "string"}}}}}"#,
    );
    bed.write_config_map("settings", &[("a", "1")]);
    bed.commit("First");
    bed.write("environments/prod.yaml", "web: {color: blue}\n");
    bed.commit("Second");
    bed.run(&["diff", "--from", "HEAD~1", "--environment", "prod"])
        .exits(1)
        .shows("+ create ConfigMap between-new-environment/settings")
        .shows("1 to create; 0 unchanged");
    // Without it nothing changes, and that is not all.
    bed.run(&["diff", "--from", "HEAD~1"])
        .exits(1)
        .shows("no change in what is shown: 1 object")
        .shows("the environment prod changes too");
}
