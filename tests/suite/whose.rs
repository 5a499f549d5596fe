//! A set belongs to one directory of one repository: another one of the same name does not prune it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bed::{Bed, Run, commit, config_map, git, with_metadata};

/// A directory `desired` of another repository, with the same settings as the bed's, and one ConfigMap.
fn another(bed: &Bed, name: &str) -> PathBuf {
    let root = bed.beside(name);
    git2::Repository::init(&root).expect("a repository");
    let desired = root.join("desired");
    fs::create_dir_all(&desired).expect("created");
    let settings = bed.dir.join("desired/stackanetes.yaml");
    fs::copy(settings, desired.join("stackanetes.yaml")).expect("copied");
    fs::write(desired.join("theirs.yaml"), config_map("theirs", &[("a", "1")])).expect("written");
    desired
}

#[test]
fn another_repository_of_the_same_name_is_refused() {
    let bed = Bed::new("whose-repository");
    bed.write_config_map("ours", &[("a", "1")]);
    bed.commit("Ours");
    bed.synced();
    let other = another(&bed, "other");
    commit(other.parent().expect("a repository"), "Theirs");
    let path = other.to_str().expect("a plain path");
    let words = "the set was synced last from desired in the repository whose first commit is";
    bed.run(&["diff", path]).shows(words);
    bed.run(&["sync", path, "--yes"])
        .exits(2)
        .complains(words)
        .complains("--switch-source");
    assert!(bed.get("configmap", "ours").is_some());
    assert!(bed.get("configmap", "theirs").is_none());
    bed.run(&["sync", path, "--yes", "--switch-source"]).exits(0);
    assert!(bed.get("configmap", "ours").is_none());
    // It is theirs now.
    bed.sync().exits(2).complains(words);
}

#[test]
fn another_directory_of_the_repository_is_refused_and_so_is_one_outside_of_git() {
    let bed = Bed::new("whose-directory");
    bed.write_config_map("ours", &[("a", "1")]);
    let second = bed.dir.join("second");
    fs::create_dir_all(&second).expect("created");
    fs::copy(
        bed.dir.join("desired/stackanetes.yaml"),
        second.join("stackanetes.yaml"),
    )
    .expect("copied");
    fs::write(second.join("x.yaml"), config_map("x", &[("a", "1")])).expect("written");
    bed.commit("Two directories");
    bed.synced();
    bed.run(&["sync", "second", "--yes"])
        .exits(2)
        .complains("this is second in the repository");
    let outside = tempfile::tempdir().expect("a directory");
    fs::copy(second.join("stackanetes.yaml"), outside.path().join("stackanetes.yaml")).expect("copied");
    let path = outside.path().to_str().expect("a plain path");
    bed.run(&["sync", path, "--yes", "--allow-empty"])
        .exits(2)
        .complains("this is no git repository");
    bed.diff().exits(0);
}

#[test]
fn a_clone_is_the_same_repository_wherever_it_is_and_however_deep() {
    let bed = Bed::new("whose-clone");
    bed.write_config_map("ours", &[("a", "1")]);
    bed.commit("First");
    bed.synced();
    bed.write_config_map("ours", &[("a", "2")]);
    bed.commit("Second");
    for (name, depth) in [("deep", &[][..]), ("shallow", &["--depth=1"])] {
        let clone = bed.beside(name);
        let url = format!("file://{}", bed.dir.display());
        let to = clone.to_str().expect("a plain path");
        git(&bed.dir, &[&["clone", "-q"], depth, &[&url, to]].concat());
        let desired = clone.join("desired");
        bed.run(&["sync", desired.to_str().expect("a plain path"), "--yes"])
            .exits(0);
    }
    bed.write_config_map("ours", &[("a", "3")]);
    bed.commit("Third");
    bed.synced();
    bed.run(&["status"])
        .exits(0)
        .shows("  source      desired in the repository whose first commit is ");
}

/// A clone of the latest commit alone, as most CI systems make it; its directory.
fn shallow_clone(of: &Path, to: &Path) -> PathBuf {
    let url = format!("file://{}", of.display());
    let _ = fs::remove_dir_all(to);
    git(
        of,
        &["clone", "-q", "--depth=1", &url, to.to_str().expect("a plain path")],
    );
    to.join("desired")
}

/// Syncs, or deletes the set of, a directory that is not the bed's.
fn run_in(bed: &Bed, desired: &Path, command: &str, more: &[&str]) -> Run {
    let path = desired.to_str().expect("a plain path");
    bed.run(&[&[command, path, "--yes", "--timeout", "60s"], more].concat())
}

const UNKNOWN: &str = "it is not known whether this is the repository of the set";

#[test]
fn a_shallow_clone_of_another_repository_deletes_nothing() {
    let bed = Bed::new("whose-shallow");
    bed.write_config_map("ours", &[("a", "1")]);
    bed.commit("Ours");
    let ours = shallow_clone(&bed.dir, &bed.beside("ours"));
    let other = another(&bed, "other");
    let other = other.parent().expect("a repository");
    commit(other, "Theirs");
    let theirs = shallow_clone(other, &bed.beside("theirs"));
    run_in(&bed, &ours, "sync", &[]).exits(0);
    for command in ["sync", "delete"] {
        run_in(&bed, &theirs, command, &[])
            .exits(2)
            .complains(UNKNOWN)
            .complains("in GitHub Actions `fetch-depth: 0`")
            .complains("--switch-source");
    }
    // To sync without deleting anything does not make the set theirs.
    run_in(&bed, &theirs, "sync", &["--no-prune"]).exits(0);
    run_in(&bed, &theirs, "sync", &[]).exits(2).complains(UNKNOWN);
    assert!(bed.get("configmap", "ours").is_some() && bed.get("configmap", "theirs").is_some());
    run_in(&bed, &ours, "sync", &[]).exits(0);
    assert!(bed.get("configmap", "theirs").is_none());
    run_in(&bed, &theirs, "sync", &["--switch-source"]).exits(0);
    run_in(&bed, &ours, "sync", &[]).exits(2).complains(UNKNOWN);
    assert!(bed.get("configmap", "ours").is_none());
}

#[test]
fn a_shallow_clone_of_a_later_commit_deletes_once_the_history_is_fetched() {
    let bed = Bed::new("whose-later");
    bed.write_config_map("stays", &[("a", "1")]);
    bed.write_config_map("goes", &[("a", "1")]);
    bed.commit("First");
    let clone = bed.beside("clone");
    run_in(&bed, &shallow_clone(&bed.dir, &clone), "sync", &[]).exits(0);
    bed.write_config_map("stays", &[("a", "2")]);
    bed.commit("Second");
    run_in(&bed, &shallow_clone(&bed.dir, &clone), "sync", &[]).exits(0);
    bed.remove("goes.yaml");
    bed.commit("Third");
    let desired = shallow_clone(&bed.dir, &clone);
    run_in(&bed, &desired, "sync", &[]).exits(2).complains(UNKNOWN);
    git(&clone, &["fetch", "-q", "--unshallow"]);
    run_in(&bed, &desired, "sync", &[]).exits(0).shows("1 deleted");
    // From now on it is known where the repository began.
    bed.run(&["status"])
        .exits(0)
        .shows("  source      desired in the repository whose first commit is ");
}

#[test]
fn a_set_is_not_deleted_from_another_repository_of_the_same_name() {
    let bed = Bed::new("whose-delete");
    bed.write_config_map("ours", &[("a", "1")]);
    let kept = "  annotations: {stackanetes.io/prune: never}\n";
    bed.write("kept.yaml", &with_metadata(&config_map("kept", &[("a", "1")]), kept));
    bed.commit("Ours");
    bed.synced();
    let theirs = another(&bed, "other");
    commit(theirs.parent().expect("a repository"), "Theirs");
    run_in(&bed, &theirs, "delete", &[])
        .exits(2)
        .complains("the set was synced last from desired in the repository whose first commit is")
        .complains("--switch-source");
    assert!(bed.get("configmap", "ours").is_some());
    bed.run(&["delete", "--yes"]).exits(0);
    assert!(bed.get("configmap", "ours").is_none());
    // What is left of it is no more theirs than before.
    run_in(&bed, &theirs, "sync", &[]).exits(2).complains("--switch-source");
    run_in(
        &bed,
        &theirs,
        "delete",
        &["--switch-source", "--prune-kind", "ConfigMap"],
    )
    .exits(0)
    .shows("is gone");
    // A set that is named is meant, wherever that is said.
    bed.synced();
    let set = ["--name", "whose-delete", "--namespace", "whose-delete"];
    run_in(&bed, &theirs, "delete", &set).exits(0);
    assert!(bed.get("configmap", "ours").is_none());
}
