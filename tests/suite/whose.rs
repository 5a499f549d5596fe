//! A set belongs to one directory of one repository: another one of the same name does not prune it.

use std::fs;
use std::path::PathBuf;

use crate::bed::{Bed, commit, config_map, git};

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
    let words = "the set was synced last from desired of the repository that began with";
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
        .complains("this is second of the repository");
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
        .shows("  source      desired of the repository that began with ");
}
