//! What was reviewed is what is done: a saved plan is executed only where a plan that is made now is the
//! same.

use std::collections::HashMap;
use std::fs;

use serde_json::json;

use crate::bed::{Bed, Run, deployment, git, secret};
use crate::control_plane::ControlPlane;

const SECRET: &str = "hunter2-in-a-plan";

/// A change to a saved plan by hand.
type Edit = fn(&mut serde_json::Value);

/// A bed with a Service and a Deployment in sync, a change to the Deployment in git, one ConfigMap that
/// git dropped and one that is new; and the plan of all that, saved.
fn planned(name: &str) -> Bed {
    let bed = Bed::new(name);
    bed.write(
        "service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n",
    );
    bed.write("pod.yaml", &crate::bed::pod_template("web", "nginx:1"));
    bed.write_config_map("old", &[("a", "1")]);
    bed.commit("First");
    bed.synced();
    bed.write("pod.yaml", &crate::bed::pod_template("web", "nginx:2"));
    bed.remove("old.yaml");
    bed.write_config_map("new", &[("a", "1")]);
    bed.commit("Second");
    save(&bed);
    bed
}

fn save(bed: &Bed) {
    bed.run(&["diff", "--out", "plan.json"]).exits(1);
}

fn sync_plan(bed: &Bed) -> Run {
    bed.run(&["sync", "--plan", "plan.json", "--timeout", "60s"])
}

/// Syncs the plan, which is refused with these words, and sees that nothing was written.
#[track_caller]
fn refused(bed: &Bed, words: &str) -> Run {
    let mut run = None;
    let requests = bed.audited(|| run = Some(sync_plan(bed)));
    let written: Vec<_> = requests.iter().filter(|request| request.is_write()).collect();
    assert!(written.is_empty(), "{written:#?}");
    run.expect("it ran").exits(2).complains(words)
}

#[test]
fn a_plan_that_still_holds_is_executed_without_asking() {
    let bed = planned("saved-holds");
    sync_plan(&bed)
        .exits(0)
        .shows("complete: 1 created, 1 updated, 1 deleted");
    assert!(bed.get("configmap", "old").is_none());
    bed.diff().exits(0);
}

#[test]
fn a_plan_that_was_executed_before_is_done_until_something_changes() {
    let bed = planned("saved-twice");
    sync_plan(&bed).exits(0);
    sync_plan(&bed)
        .exits(0)
        .shows("plan.json was carried out already: the sync of")
        .shows("nothing would change now");
    // Another commit with the same content, as after a merge.
    git(&bed.dir, &["commit", "-q", "--allow-empty", "-m", "Merged"]);
    sync_plan(&bed).exits(0).shows("plan.json was carried out already");
    let run = bed
        .run(&["sync", "--plan", "plan.json", "--format", "json"])
        .exits(0)
        .shows_not("carried out already");
    for line in run.stdout.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("a document a line");
    }
    bed.patch("somebody", "configmap", "new", &json!({"data": {"a": "2"}}));
    refused(&bed, "is not what a sync would do now");
}

#[test]
fn a_plan_that_nobody_executed_is_not_done_where_nothing_would_change() {
    let bed = planned("saved-never");
    // Of a sync of what is selected it is not known whether that is what the plan was of.
    bed.run(&["sync", "--yes", "--timeout", "60s", "-l", "!nothing"])
        .exits(0)
        .shows("1 deleted");
    bed.diff().exits(0);
    refused(&bed, "is not what a sync would do now").shows("- delete    ConfigMap saved-never/old");
}

#[test]
fn a_page_is_written_of_the_plan_that_is_saved_and_printed() {
    let bed = planned("saved-page");
    let told = "1 to create, 1 to update, 1 to delete";
    bed.run(&["diff", "--out", "again.json", "--page", "page.html"])
        .exits(1)
        .shows(told);
    assert!(bed.dir.join("again.json").exists());
    let page = || fs::read_to_string(bed.dir.join("page.html")).expect("it is there");
    assert!(page().contains(told) && page().contains("<code>ConfigMap saved-page/new"));
    let before = page();
    for same in ["page.html", "./page.html", "desired/../page.html"] {
        bed.run(&["diff", "--out", "page.html", "--page", same])
            .exits(2)
            .complains("--out and --page name the same file: page.html");
        assert_eq!(page(), before);
    }
    let run = bed.run(&["diff", "--out", "unseen.json", "--page", "none/page.html"]);
    assert_eq!(run.exits(2).complains("failed to write none/page.html").stdout, "");
    assert!(!bed.dir.join("unseen.json").exists(), "nobody could review it");
}

#[test]
fn what_makes_no_difference_does_not_count() {
    let bed = planned("saved-unrelated");
    bed.kubectl(&["patch", "service", "web", "--subresource=status", "--type=merge", "--patch",
        r#"{"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "x", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}"#]);
    bed.patch(
        "somebody",
        "podtemplate",
        "web",
        &json!({"metadata": {"annotations": {"example.com/theirs": "1"}}}),
    );
    bed.patch(
        "somebody",
        "configmap",
        "old",
        &json!({"metadata": {"labels": {"theirs": "1"}}}),
    );
    sync_plan(&bed)
        .exits(0)
        .shows("complete: 1 created, 1 updated, 1 deleted");
}

#[test]
fn what_moved_since_the_review_is_shown_and_nothing_is_done() {
    let bed = planned("saved-moved");
    bed.patch(
        "kubectl-edit",
        "service",
        "web",
        &json!({"spec": {"selector": {"app": "theirs"}}}),
    );
    refused(&bed, "is not what a sync would do now")
        .shows("~ update    Service saved-moved/web")
        .shows("spec.selector")
        .shows("theirs")
        .shows_not("ConfigMap");
    save(&bed);
    sync_plan(&bed).exits(0).shows("1 created, 2 updated, 1 deleted");
}

#[test]
fn an_object_that_was_made_anew_is_another_one() {
    let bed = planned("saved-anew");
    let old = bed.get("configmap", "old").expect("it is there");
    bed.kubectl(&["delete", "configmap", "old"]);
    let mut anew = old.clone();
    let metadata = anew["metadata"].as_object_mut().expect("a map");
    for key in ["uid", "resourceVersion", "creationTimestamp", "managedFields"] {
        metadata.remove(key);
    }
    bed.kubectl_stdin(
        &["apply", "--server-side", "--field-manager=stackanetes", "-f", "-"],
        &anew.to_string(),
    );
    refused(&bed, "is not what a sync would do now").shows("- delete    ConfigMap saved-anew/old");
}

#[test]
fn a_file_that_was_edited_achieves_nothing() {
    let bed = planned("saved-edited");
    let path = bed.dir.join("plan.json");
    let saved = fs::read_to_string(&path).expect("it is there");
    let plan: serde_json::Value = serde_json::from_str(&saved).expect("JSON");
    let edits: [(&str, Edit); 5] = [
        ("a step less", |plan| {
            drop(plan["steps"].as_array_mut().expect("a list").pop());
        }),
        ("another value", |plan| {
            let steps = plan["steps"].as_array_mut().expect("a list");
            let step = steps.iter_mut().find(|step| step["object"]["kind"] == "PodTemplate");
            step.expect("a step")["changes"][0]["after"]["value"] = json!("nginx:3");
        }),
        ("another object", |plan| {
            plan["steps"][0]["object"]["name"] = json!("web-2");
        }),
        ("another action", |plan| plan["steps"][0]["action"] = json!("delete")),
        ("another UID", |plan| {
            let steps = plan["steps"].as_array_mut().expect("a list");
            let step = steps.iter_mut().find(|step| step["action"] == "delete");
            step.expect("a step")["live"]["uid"] = json!("1234");
        }),
    ];
    for (what, edit) in edits {
        let mut edited = plan.clone();
        edit(&mut edited);
        assert_ne!(edited, plan, "{what}");
        fs::write(&path, edited.to_string()).expect("written");
        refused(&bed, "is not what a sync would do now");
    }
    for (text, words) in [
        ("{", "plan.json:1:1 is no saved plan"),
        ("{\"apiVersion\": \"v1\"}", "is no saved plan: missing field"),
        (&*saved.replace("v1alpha1", "v9"), "is a stackanetes.io/v9 Plan"),
    ] {
        fs::write(&path, text).expect("written");
        refused(&bed, words);
    }
    fs::write(&path, &saved).expect("written");
    sync_plan(&bed).exits(0);
}

#[test]
fn a_plan_for_something_else_is_refused() {
    let bed = planned("saved-other");
    let elsewhere = ControlPlane::full().admin();
    ControlPlane::full()
        .kubectl(&["create", "namespace", "saved-other"])
        .expect_success();
    bed.run_as(&elsewhere.kubeconfig, &["sync", "--plan", "plan.json"], "")
        .exits(2)
        .complains("plan.json is another plan, nothing was changed: it is for the cluster ");
    bed.run(&["sync", "--plan", "plan.json", "--name", "another"])
        .exits(2)
        .complains("it is for the ApplySet saved-other of namespace saved-other, and this is the ApplySet another of");
    bed.run(&["sync", "--plan", "plan.json", "--revision", "HEAD~1"])
        .exits(2)
        .complains("it is for commit ");
    bed.write("parameters.yaml", "web: {color: red}\n");
    bed.write(
        "parameters.schema.json",
        r#"{"properties": {"web": {"properties": {"color": {"type": "string"}}}}}"#,
    );
    bed.write("environments/prod.yaml", "web: {color: blue}\n");
    bed.commit("Third");
    save(&bed);
    bed.run(&[
        "sync",
        "--plan",
        "plan.json",
        "--environment",
        "prod",
        "--switch-environment",
    ])
    .exits(2)
    .complains("it is for no environment, and this is the environment prod");
    bed.run(&["sync", "--plan", "plan.json", "--set", "web.color=green"])
        .exits(2)
        .complains("it is for no --set, and this is --set web.color=\"green\"");
    sync_plan(&bed).exits(0);
}

#[test]
fn what_no_commit_holds_cannot_be_saved() {
    let bed = Bed::new("saved-unbound").with_default_secrets();
    bed.write_config_map("a", &[]);
    let save = &["diff", "--out", "plan.json"];
    bed.run(save)
        .exits(2)
        .complains("can neither be saved nor executed where what is desired is no commit");
    bed.write("parameters.yaml", "passwords: {root: x}\n");
    bed.write(
        "parameters.schema.json",
        r#"{"properties": {"passwords": {"writeOnly": true, "properties": {"root": {"type": "string"}}}}}"#,
    );
    bed.commit("All");
    bed.write_config_map("b", &[]);
    bed.run(save)
        .exits(2)
        .complains("can neither be saved nor executed where files differ from the commit");
    bed.remove("b.yaml");
    bed.run(&[
        "diff",
        "--out",
        "plan.json",
        "--set",
        &format!("passwords.root={SECRET}"),
    ])
    .exits(2)
    .hides(&[SECRET])
    .complains("can neither be saved nor executed where a secret is set by hand");
    bed.run_with(&["diff", "-f", "-", "--out", "plan.json"], &secret("x"))
        .exits(2)
        .complains("can neither be saved nor executed where what is desired is no commit");
    assert!(!bed.dir.join("plan.json").exists());
}

#[test]
fn a_plan_holds_no_secret_and_a_secret_that_moved_is_seen() {
    let bed = Bed::new("saved-secret");
    bed.write("deployment.yaml", &deployment("web", 0, "nginx"));
    let text =
        |value: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: key}}\nstringData: {{key: {value}}}\n");
    bed.write("secret.yaml", &text("first-value-1"));
    bed.commit("First");
    bed.run(&["sync", "--yes", "--timeout", "1s"]);
    bed.write("secret.yaml", &text(SECRET));
    bed.commit("Second");
    save(&bed);
    let saved = fs::read_to_string(bed.dir.join("plan.json")).expect("it is there");
    assert!(
        saved.contains("masked") && !saved.contains(SECRET) && !saved.contains("aHVudGVyMi"),
        "{saved}"
    );
    let theirs = json!({"stringData": {"key": "third-value"}});
    bed.patch("somebody", "secret", "key", &theirs);
    refused(&bed, "is not what a sync would do now")
        .hides(&[SECRET])
        .shows("Secret saved-secret/key");
}

/// Two commits with one parent and these trees whose ids share their first seven digits.
fn two_alike(repository: &git2::Repository, trees: [git2::Oid; 2]) -> [git2::Oid; 2] {
    let author = git2::Signature::now("Test", "test@example.com").expect("a signature");
    let parent = repository.head().expect("HEAD").peel_to_commit().expect("a commit");
    let mut seen: HashMap<String, (usize, Vec<u8>)> = HashMap::new();
    for number in 0_u32.. {
        for (side, tree) in trees.iter().enumerate() {
            let tree = repository.find_tree(*tree).expect("the tree");
            let message = format!("Number {number}");
            let written = repository
                .commit_create_buffer(&author, &author, &message, &tree, &[&parent])
                .expect("a commit");
            let text: Vec<u8> = written.to_vec();
            let id = git2::Oid::hash_object(git2::ObjectType::Commit, &text).expect("an id");
            let short = id.to_string()[..7].to_owned();
            match seen.get(&short) {
                Some((other, theirs)) if *other != side => {
                    let database = repository.odb().expect("the objects");
                    let write = |text: &[u8]| database.write(git2::ObjectType::Commit, text).expect("written");
                    let ids = [write(theirs), write(&text)];
                    return if side == 1 { ids } else { [ids[1], ids[0]] };
                }
                Some(_) => {}
                None => {
                    seen.insert(short, (side, text));
                }
            }
        }
    }
    unreachable!("numbers do not end")
}

#[test]
fn a_commit_that_shares_seven_digits_with_the_one_reviewed_is_another() {
    let bed = Bed::new("saved-alike");
    bed.write("secret.yaml", &secret("web"));
    bed.commit("First");
    let repository = git2::Repository::open(&bed.dir).expect("the repository");
    let tree = |value: &str| {
        bed.write("secret.yaml", &secret("web").replace("hunter2", value));
        let mut index = repository.index().expect("an index");
        index
            .add_all(["*"], git2::IndexAddOption::DEFAULT, None)
            .expect("files that can be added");
        index.write_tree().expect("a tree")
    };
    let [reviewed, other] = two_alike(&repository, [tree("reviewed"), tree("sneaked-in")]);
    let check_out = |commit: git2::Oid| {
        let object = repository.find_object(commit, None).expect("the commit");
        repository
            .reset(&object, git2::ResetType::Hard, None)
            .expect("it can be checked out");
    };
    check_out(reviewed);
    save(&bed);
    check_out(other);
    refused(
        &bed,
        &format!("it is for commit {reviewed}, and this is commit {other}"),
    );
}

#[test]
fn a_plan_of_a_branch_is_executed_after_its_merge_but_not_where_the_merge_brings_more() {
    let bed = planned("saved-merged");
    // Another commit, with the same in the directory.
    std::fs::write(bed.dir.join("NOTES"), "elsewhere\n").expect("a file of our own");
    bed.commit("Beside the directory");
    bed.write_config_map("more", &[]);
    bed.commit("In the directory");
    refused(&bed, "it is for commit ");
    git(&bed.dir, &["checkout", "--quiet", "HEAD~1"]);
    sync_plan(&bed).exits(0);
}

#[cfg(unix)]
#[test]
fn a_directory_that_is_a_link_is_what_it_leads_to_in_each_commit() {
    let bed = Bed::new("saved-linked");
    fs::rename(bed.dir.join("desired"), bed.dir.join("real")).expect("a directory of our own");
    std::os::unix::fs::symlink("real", bed.dir.join("desired")).expect("a link of our own");
    bed.write_config_map("a", &[("a", "1")]);
    bed.commit("First");
    bed.run(&["diff", "--revision", "HEAD", "--out", "plan.json"]).exits(1);
    bed.commit("Beside the directory");
    bed.write_config_map("a", &[("a", "2")]);
    let edit = bed.commit("In the directory");
    for revision in [&[][..], &["--revision", "HEAD"]] {
        bed.run(&[&["sync", "--plan", "plan.json"], revision].concat())
            .exits(2)
            .complains("it is for commit ");
    }
    git(&bed.dir, &["checkout", "--quiet", "HEAD~1"]);
    // On disk there is the same as in the commit.
    sync_plan(&bed).exits(0).shows("complete: 1 created");
    git(&bed.dir, &["checkout", "--quiet", &edit]);
    bed.diff()
        .exits(1)
        .shows(&format!("git: {} In the directory", &edit[..7]));
}
