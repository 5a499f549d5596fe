//! What was synced is remembered; the way back to it, and what stands in it.

use serde_json::Value;

use crate::bed::{Bed, Run};
use crate::control_plane::ControlPlane;

fn history(bed: &Bed) -> Run {
    bed.run(&["history"]).exits(0)
}

fn sync_at(bed: &Bed, revision: &str, args: &[&str]) -> Run {
    bed.run(&[&["sync", "--yes", "--timeout", "60s", "--revision", revision], args].concat())
}

#[test]
fn back_to_an_earlier_revision_and_forward_again() {
    let bed = Bed::new("history-back");
    bed.run(&["history"]).exits(2).complains("was never synced");
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.write_config_map("old", &[("a", "1")]);
    let first = bed.commit("Slow");
    bed.synced();
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.remove("old.yaml");
    let second = bed.commit("Fast");
    bed.synced();
    let short = |commit: &str| commit[..7].to_owned();
    let goes_back = format!("goes back: {} was synced last", short(&second));

    bed.run(&["diff", "--revision", &first])
        .exits(1)
        .shows("- fast + slow")
        .shows("+ create ConfigMap history-back/old")
        .shows(&goes_back);
    sync_at(&bed, &first, &[]).exits(0).shows(&goes_back);
    assert_eq!(
        bed.get("configmap", "settings").expect("it is there")["data"]["mode"],
        "slow"
    );
    assert!(bed.get("configmap", "old").is_some());
    bed.run(&["diff", "--revision", &first]).exits(0).shows_not("goes back");

    bed.diff().exits(1).shows("- slow + fast").shows_not("goes back");
    bed.synced();
    assert_eq!(
        bed.get("configmap", "settings").expect("it is there")["data"]["mode"],
        "fast"
    );
    assert!(bed.get("configmap", "old").is_none());
    bed.diff().exits(0);
    // What has nothing to do is no sync.
    bed.synced();

    // In short, among all that others sync there.
    let all = bed.run(&["status", "-A"]).exits(0);
    let own = all
        .stdout
        .lines()
        .find(|line| line.contains(" history-back/history-back "));
    let own = own.expect("it is there");
    assert!(
        own.contains(&format!("complete {}, ", short(&second))) && own.ends_with(", 1 object"),
        "{own}"
    );

    let all = bed.run(&["history", "-A", "--format", "json"]).exits(0);
    let all: Value = serde_json::from_str(&all.stdout).expect("a document");
    let histories = all["histories"].as_array().expect("the histories");
    let own = histories.iter().find(|set| set["applySet"]["name"] == "history-back");
    assert_eq!(own.expect("it is there")["syncs"][0]["result"], "complete");
    bed.run(&["history", "-A"]).exits(0).shows("history-back on ");

    let all = bed.run(&["status", "-A", "--format", "json"]).exits(0);
    let all: Value = serde_json::from_str(&all.stdout).expect("a document");
    let sets = all["applySets"].as_array().expect("the ApplySets");
    let own = sets.iter().find(|set| set["applySet"]["name"] == "history-back");
    let last = &own.expect("it is there")["last"];
    assert_eq!(
        (&last["result"], &last["revision"]),
        (&"complete".into(), &second.as_str().into())
    );

    let run = history(&bed);
    let lines: Vec<&str> = run.stdout.lines().skip(2).map(str::trim).collect();
    let expected = [
        (&second, "Fast", "complete: 1 updated, 1 deleted"),
        (&first, "Slow", "complete: 1 created, 1 updated; back from"),
        (&second, "Fast", "complete: 1 updated, 1 deleted"),
        (&first, "Slow", "complete: 2 created"),
    ];
    assert_eq!(lines.len(), expected.len(), "{}", run.stdout);
    for (line, (commit, subject, result)) in lines.iter().zip(expected) {
        assert!(line.starts_with(&format!("{} {subject}", short(commit))), "{line}");
        assert!(line.contains(result) && line.contains("just now"), "{line}");
        assert!(line.contains('@'), "by whom: {line}");
    }
    assert!(
        lines[1].contains(&format!("back from {}", short(&second))),
        "{}",
        lines[1]
    );
    bed.run(&["history", "-v"])
        .exits(0)
        .shows(&format!("commit {second}"))
        .shows("1 object in git, stackanetes/");
}

#[test]
fn a_sync_that_was_not_whole_is_said_to_be_so() {
    let bed = Bed::new("history-part");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.commit("First");
    bed.synced();
    bed.write_config_map("other", &[("a", "1")]);
    bed.write("claim.yaml", "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: claim}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n");
    bed.commit("Second");
    bed.run(&["sync", "--yes", "--timeout", "1s"]).exits(1);
    bed.run(&["sync", "--yes", "--timeout", "1s", "--only-namespace", "history-part"])
        .exits(1);
    history(&bed)
        .shows("Second")
        .shows("incomplete: 1 created, 1 not ready, 1 unchanged")
        .shows("complete: 1 created");
}

#[test]
fn a_sandbox_remembers_too() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "history-sandbox");
    bed.write("namespace.yaml", &crate::bed::namespace("history-sandbox"));
    bed.write_config_map("settings", &[("a", "1")]);
    bed.commit("First");
    bed.run(&["sync", "--yes", "--sandbox", "box"]).exits(0);
    bed.run(&["history", "--sandbox", "box"])
        .exits(0)
        .shows("history-sandbox on the sandbox box")
        .shows("First just now complete: 2 created");
    bed.run(&["history", "--sandbox", "box", "--name", "another"])
        .exits(2)
        .complains("the ApplySet another was never synced");
}

const REASON: &str = "migrates the database to the schema of 2026.1";

/// A Job that migrates a database, once for each image.
fn migration(image: &str, annotation: &str) -> String {
    format!(
        "apiVersion: batch/v1
kind: Job
metadata:
  name: db-sync
  annotations:
    stackanetes.io/inputs: image
    {annotation}
spec:
  backoffLimit: 0
  template: {{spec: {{restartPolicy: Never, containers: [{{name: main, image: {image:?}}}]}}}}
"
    )
}

fn irreversible(image: &str) -> String {
    migration(image, &format!("stackanetes.io/irreversible: {REASON}"))
}

/// What the parent keeps of Jobs that did what cannot be undone.
fn kept(bed: &Bed) -> Value {
    let parent = bed.get("configmap", &format!("stackanetes-{}", bed.namespace));
    let text = parent.expect("a parent")["data"]["irreversible"].clone();
    serde_json::from_str(text.as_str().unwrap_or("{}")).expect("JSON")
}

#[test]
fn going_back_across_a_migration_is_shown_and_refused_without_its_flag() {
    let bed = Bed::on(ControlPlane::full(), "history-schema");
    bed.write_config_map("settings", &[("mode", "one")]);
    let before = bed.commit("No Job yet");
    bed.synced();
    bed.write("job.yaml", &irreversible("2025.2"));
    let first = bed.commit("Nova 2025.2");
    bed.synced();
    bed.write("job.yaml", &irreversible("2026.1"));
    let second = bed.commit("Nova to 2026.1");
    // Forward nothing is in the way, and it is said what there is no way back from.
    bed.diff()
        .exits(1)
        .shows(&format!(
            "! cannot be undone: Job history-schema/db-sync runs again, since its image changed: {REASON}"
        ))
        .shows_not("sync blocked");
    bed.synced();
    bed.write_config_map("settings", &[("mode", "two")]);
    let third = bed.commit("Another setting");
    bed.synced();
    // The Job's TTL may have removed it: what it did stays done.
    bed.kubectl(&["delete", "job", "db-sync"]);

    // Back to a commit with the same migration.
    bed.run(&["diff", "--revision", &second])
        .exits(1)
        .shows("goes back")
        .shows_not("back across Job");
    // Back to one with another migration, and to one with none.
    let words = format!(
        "it goes back across Job history-schema/db-sync, whose run at {} cannot be undone ({REASON}); to do it anyway, \
         pass --allow-irreversible",
        &third[..7]
    );
    for revision in [&first, &before] {
        bed.run(&["diff", "--revision", revision])
            .exits(1)
            .shows(&format!("sync blocked: {words}"));
        let requests = bed.audited(|| {
            sync_at(&bed, revision, &[])
                .exits(2)
                .complains("refused for safety, nothing was changed")
                .complains(&words);
        });
        let writes: Vec<_> = requests.iter().filter(|request| request.is_write()).collect();
        assert!(writes.is_empty(), "{writes:#?}");
    }
    let allow = "--allow-irreversible";
    bed.run(&["diff", "--revision", &first, allow])
        .exits(1)
        .shows("warning: it goes back across Job history-schema/db-sync")
        .shows_not("refuses");
    sync_at(&bed, &first, &[allow]).exits(0).shows("1 created");
    assert_eq!(
        kept(&bed)["history-schema/db-sync"]["revision"],
        first.as_str(),
        "it ran there now"
    );
    // And forward again; then back to where there is no such Job, which leaves nothing to go back across.
    bed.synced().shows("1 replaced");
    sync_at(&bed, &before, &[allow]).exits(0);
    assert_eq!(kept(&bed), serde_json::json!({}));
    bed.synced().shows("1 created");
    assert_eq!(kept(&bed)["history-schema/db-sync"]["revision"], third.as_str());
}

#[test]
fn a_migration_that_was_declared_late_counts_and_one_of_another_branch_too() {
    let bed = Bed::on(ControlPlane::full(), "history-late");
    bed.write("job.yaml", &migration("one", "note: plain"));
    let first = bed.commit("One");
    bed.write("job.yaml", &migration("two", "note: plain"));
    bed.commit("Two");
    bed.synced();
    bed.run(&["diff", "--revision", &first])
        .exits(1)
        .shows_not("cannot be undone");
    bed.write("job.yaml", &irreversible("two"));
    let declared = bed.commit("Declared");
    bed.synced();
    bed.run(&["diff", "--revision", &first])
        .exits(1)
        .shows(&format!("whose run at {} cannot be undone", &declared[..7]));
    // Without a commit there is no before and no after.
    bed.run_with(
        &["diff", "-f", "-", "--name", "history-late", "-n", "history-late"],
        &irreversible("three"),
    )
    .exits(1)
    .shows_not("back across Job");
    // Another branch does not have it among its commits.
    let repository = git2::Repository::open(&bed.dir).expect("a repository");
    let base = git2::Oid::from_str(&first).expect("an id");
    let base = repository.find_commit(base).expect("the commit");
    repository.branch("other", &base, false).expect("a branch");
    repository.set_head("refs/heads/other").expect("checked out");
    bed.write("job.yaml", &irreversible("three"));
    bed.commit("Three, elsewhere");
    bed.diff().exits(1).shows("goes back").shows("back across Job");
}

/// Nobody dropped an object that was not there yet, and a commit that cannot be rendered for an environment says
/// nothing for it.
#[test]
fn going_back_blames_no_commit_that_did_nothing() {
    let bed = Bed::new("history-blame");
    bed.write_config_map("mode", &[("v", "1")]);
    bed.commit("Root");
    bed.write_config_map("mode", &[("v", "2")]);
    bed.write("parameters.yaml", "shop: {size: 1}\n");
    bed.write(
        "parameters.schema.json",
        r#"{"properties": {"shop": {"properties": {"size": {"type": "integer"}}}}}"#,
    );
    bed.commit("Parameters");
    bed.write("environments/prod.yaml", "shop: {size: 2}\n");
    let prod = bed.commit("Environment prod");
    bed.write_config_map("mode", &[("v", "3")]);
    bed.write_config_map("late", &[("a", "1")]);
    bed.commit("Late comes");
    bed.run(&["sync", "--yes", "--environment", "prod"]).exits(0);
    bed.run(&["diff", "--environment", "prod", "--revision", "HEAD~1"])
        .exits(1)
        .shows(&format!("- 3 + 2 git: {} Environment prod", &prod[..7]))
        .shows("- delete ConfigMap history-blame/late not in git yet at this commit");
}
