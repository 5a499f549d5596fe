//! One commit is one state, however it is checked out: what a clone lacks is read elsewhere or refused by
//! name, and is never taken for what somebody removed.

use std::fs;

use crate::bed::{Bed, commit, config_map, git};
use crate::control_plane::ControlPlane;

/// The SHA-256 of `large` and a line feed.
const LARGE: &str = "9bfce334a37bd1bc1d36b0370195b31fe9a9389dd43d0873891a3544ef1140a1";

/// A bed whose `desired/library` is a submodule with one ConfigMap, `shared`; `own` is its own.
fn with_submodule(name: &str) -> Bed {
    let bed = Bed::new(name);
    let library = bed.beside("library");
    git2::Repository::init(&library).expect("a repository");
    fs::write(library.join("shared.yaml"), config_map("shared", &[("a", "1")])).expect("written");
    commit(&library, "Library");
    bed.write_config_map("own", &[("a", "1")]);
    let url = library.to_str().expect("a plain path");
    git(&bed.dir, &["submodule", "add", "-q", url, "desired/library"]);
    bed.commit("With a library");
    bed
}

#[test]
fn a_submodule_is_read_on_disk_and_at_a_revision() {
    let bed = with_submodule("checkout-submodule");
    bed.synced();
    bed.diff().exits(0);
    bed.run(&["diff", "--revision", "HEAD"]).exits(0);
    bed.run(&["diff", "--from", "HEAD"]).exits(0);
    assert!(bed.run(&["status"]).exits(0).stdout.contains("With a library"));
    // Another commit of the submodule is not what the commit has.
    bed.write("library/shared.yaml", &config_map("shared", &[("a", "2")]));
    commit(&bed.dir.join("desired/library"), "Newer");
    bed.diff().exits(1).shows("- 1 + 2");
    bed.run(&["diff", "--revision", "HEAD"]).exits(0);
    // What git keeps of it is enough to read a commit.
    git(&bed.dir, &["submodule", "update", "-q", "--force"]);
    git(&bed.dir, &["submodule", "deinit", "-q", "--force", "--all"]);
    bed.run(&["diff", "--revision", "HEAD"]).exits(0);
}

#[test]
fn a_submodule_that_is_not_checked_out_is_refused_by_name() {
    let bed = with_submodule("checkout-no-submodule");
    bed.synced();
    let clone = bed.beside("clone");
    git(&bed.dir, &["clone", "-q", ".", clone.to_str().expect("a plain path")]);
    let desired = clone.join("desired");
    let desired = desired.to_str().expect("a plain path");
    for args in [
        &["diff", desired][..],
        &["diff", desired, "--revision", "HEAD"],
        &["sync", desired, "--yes"],
    ] {
        let said = bed.run(args).exits(2);
        said.complains("the submodule")
            .complains("submodule update --init --recursive library");
    }
    assert!(bed.get("configmap", "shared").is_some());
}

#[test]
fn a_sparse_checkout_names_what_it_leaves_out() {
    let bed = Bed::new("checkout-sparse");
    bed.write("a/one.yaml", &config_map("one", &[("a", "1")]));
    bed.write("b/two.yaml", &config_map("two", &[("a", "1")]));
    bed.commit("Two");
    bed.synced();
    git(&bed.dir, &["sparse-checkout", "set", "desired/a"]);
    assert!(!bed.dir.join("desired/b").exists());
    let said = bed.sync().exits(2);
    said.complains("the checkout is sparse, and leaves out desired/b/two.yaml");
    bed.run(&["diff", "--revision", "HEAD"]).exits(0);
    git(&bed.dir, &["sparse-checkout", "set", "--sparse-index", "desired/a"]);
    bed.sync().exits(2).complains("--no-sparse-index");
    assert!(bed.get("configmap", "two").is_some());
}

#[test]
fn a_partial_clone_names_the_object_that_it_lacks() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "checkout-partial");
    bed.write_config_map("one", &[("a", "1")]);
    bed.commit("One");
    git(&bed.dir, &["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", bed.dir.display());
    for filter in ["blob:none", "tree:0"] {
        let clone = bed.beside("partial");
        let path = clone.to_str().expect("a plain path");
        git(
            &bed.dir,
            &["clone", "-q", "--no-checkout", "--filter", filter, &url, path],
        );
        let desired = clone.join("desired");
        let run = bed.run(&["render", desired.to_str().expect("a plain path"), "--revision", "HEAD"]);
        run.exits(2)
            .complains("is not in this clone, which is partial")
            .complains("git cat-file -e");
    }
}

#[test]
fn a_pointer_of_git_lfs_is_no_content() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "checkout-lfs");
    let content = "large\n";
    let id = LARGE;
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize {}\n",
        content.len()
    );
    bed.write(
        "web/component.yaml",
        "configMaps:\n  - name: web\n    files: {page: page.txt}\n",
    );
    bed.write("web/page.txt", &pointer);
    bed.commit("A pointer");
    bed.run(&["render"])
        .exits(2)
        .complains("it is a Git LFS pointer")
        .complains("git lfs pull");
    bed.run(&["render", "--revision", "HEAD"])
        .exits(2)
        .complains("it is a Git LFS pointer");
    let kept = bed.dir.join(".git/lfs/objects").join(&id[..2]).join(&id[2..4]);
    fs::create_dir_all(&kept).expect("created");
    fs::write(kept.join(id), content).expect("written");
    bed.run(&["render", "--revision", "HEAD"]).exits(0).shows("large");
    // A store that somebody changed is not believed.
    fs::write(kept.join(id), "forged\n").expect("written");
    bed.run(&["render", "--revision", "HEAD"])
        .exits(2)
        .complains("it is a Git LFS pointer");
}

#[test]
fn a_file_that_git_converts_is_not_read_from_a_commit() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "checkout-filter");
    bed.write_config_map("one", &[("a", "1")]);
    for (attribute, words) in [
        ("filter=crypt", "git filters it (filter=crypt)"),
        (
            "working-tree-encoding=UTF-16",
            "git converts it (working-tree-encoding=UTF-16)",
        ),
    ] {
        bed.write(".gitattributes", "");
        bed.commit("Plain");
        bed.run(&["render", "--revision", "HEAD"]).exits(0);
        bed.write(".gitattributes", &format!("one.yaml {attribute}\n"));
        bed.run(&["render", "--revision", "HEAD"]).exits(2).complains(words);
    }
    bed.run(&["render"]).exits(0);
    // What an archive leaves out is in the commit, and what has no name is no filter.
    for attribute in [
        "export-ignore",
        "-filter",
        "!filter",
        "filter",
        "-working-tree-encoding",
    ] {
        bed.write(".gitattributes", &format!("one.yaml {attribute}\n"));
        bed.run(&["render", "--revision", "HEAD"]).exits(0).shows("name: one");
    }
}

#[test]
fn line_ends_and_ids_that_git_converts_are_read_as_the_commit_has_them() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "checkout-converted");
    bed.write("stackanetes.yaml", "name: checkout-converted\n");
    bed.write_config_map("one", &[("a", "1")]);
    bed.write(
        "app/component.yaml",
        "configMaps: [{name: app, files: {run.sh: run.sh, dos.txt: dos.txt}}]\n",
    );
    let text = "#!/bin/sh\nexec true # $Id$\n";
    bed.write("app/run.sh", text);
    bed.write("app/dos.txt", "one\r\ntwo\r\n");
    bed.commit("One");
    let clean = bed.run(&["render"]).exits(0).stdout;
    let script = bed.dir.join("desired/app/run.sh");
    let again = || {
        fs::remove_file(&script).expect("removed");
        git(&bed.dir, &["checkout", "-q", "desired/app/run.sh"]);
        fs::read_to_string(&script).expect("a file")
    };
    for (setting, attributes) in [
        ("false", "*.sh text eol=crlf ident\n"),
        ("false", "*.sh eol=crlf\n"),
        ("false", "*.sh ident\n"),
        ("false", "*.sh eol=crlf working-tree-encoding=UTF-8\n"),
        ("true", "*.sh text=auto\n"),
        ("true", ""),
    ] {
        git(&bed.dir, &["config", "core.autocrlf", setting]);
        fs::write(bed.dir.join(".gitattributes"), attributes).expect("written");
        bed.write("app/run.sh", text);
        bed.commit(&format!("With {attributes}"));
        let on_disk = again();
        assert!(
            on_disk.contains("\r\n") || on_disk.contains("$Id: "),
            "git has converted it: {on_disk}"
        );
        assert_eq!(bed.run(&["render"]).exits(0).stdout, clean, "{attributes}");
        assert_eq!(
            bed.run(&["render", "--revision", "HEAD"]).exits(0).stdout,
            clean,
            "{attributes}"
        );
    }
    // So is what was not committed yet: the change alone is new.
    fs::write(&script, "#!/bin/sh\r\nexec false # $Id$\r\n").expect("written");
    let changed = bed.run(&["render"]).exits(0).stdout;
    assert_eq!(changed, clean.replace("exec true", "exec false"));
    bed.commit("False");
    assert_eq!(bed.run(&["render", "--revision", "HEAD"]).exits(0).stdout, changed);
    // To read it stores nothing.
    fs::write(&script, "exec no\r\n").expect("written");
    bed.run(&["render"]).exits(0).shows("exec no");
    let id = git2::Oid::hash_object(git2::ObjectType::Blob, b"exec no\n").expect("a name");
    let repository = git2::Repository::open(&bed.dir).expect("a repository");
    assert!(repository.find_blob(id).is_err());
}

#[test]
fn a_change_that_git_is_told_not_to_see_is_a_local_change() {
    let bed = with_submodule("checkout-unseen");
    let is_dirty = || bed.run(&["diff"]).stdout.contains("with local changes");
    let path = "desired/own.yaml";
    for (set, unset) in [
        ("--assume-unchanged", "--no-assume-unchanged"),
        ("--skip-worktree", "--no-skip-worktree"),
    ] {
        git(&bed.dir, &["update-index", set, path]);
        assert!(!is_dirty(), "{set}");
        bed.write_config_map("own", &[("a", "2")]);
        assert!(is_dirty(), "{set}");
        git(&bed.dir, &["update-index", unset, path]);
        git(&bed.dir, &["checkout", "-q", path]);
    }
    git(&bed.dir, &["update-index", "--assume-unchanged", path]);
    bed.remove("own.yaml");
    assert!(is_dirty(), "it is removed");
    git(&bed.dir, &["update-index", "--no-assume-unchanged", path]);
    git(&bed.dir, &["checkout", "-q", path]);
    assert!(!is_dirty());
    let library = bed.dir.join("desired/library");
    git(&bed.dir, &["config", "submodule.desired/library.ignore", "all"]);
    bed.write("library/shared.yaml", &config_map("shared", &[("a", "2")]));
    assert!(is_dirty(), "a submodule has a change");
    git(&library, &["update-index", "--assume-unchanged", "shared.yaml"]);
    assert!(is_dirty(), "a submodule has a change that it does not see");
    git(&library, &["update-index", "--no-assume-unchanged", "shared.yaml"]);
    commit(&library, "Newer");
    assert!(is_dirty(), "a submodule is at another commit");
}

#[test]
fn an_ignored_manifest_is_no_part_of_the_commit() {
    let bed = Bed::new("checkout-ignored");
    bed.write_config_map("one", &[("a", "1")]);
    fs::write(bed.dir.join(".gitignore"), "made.yaml\nmade/\n*.log\n").expect("written");
    bed.write("notes.log", "");
    bed.commit("One");
    bed.synced();
    bed.run(&["status"]).exits(0).shows_not("with local changes");
    bed.write("made/two.yaml", &config_map("two", &[("a", "1")]));
    bed.synced();
    bed.run(&["status"]).exits(0).shows("with local changes");
}

#[test]
fn a_name_of_two_commits_is_refused() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "checkout-ambiguous");
    bed.write_config_map("one", &[("a", "1")]);
    bed.commit("One");
    git(&bed.dir, &["tag", "v1"]);
    git(&bed.dir, &["branch", "v1"]);
    bed.run(&["render", "--revision", "v1"]).exits(0);
    bed.write_config_map("one", &[("a", "2")]);
    bed.commit("Two");
    git(&bed.dir, &["branch", "--force", "v1", "HEAD"]);
    let said = bed.run(&["render", "--revision", "v1"]).exits(2);
    said.complains("v1 names two commits: refs/tags/v1 and refs/heads/v1");
    bed.run(&["render", "--revision", "refs/tags/v1"])
        .exits(0)
        .shows("a: \"1\"");
}

#[test]
fn repositories_without_anything_to_read_say_what_they_are() {
    let bed = Bed::without_namespace(ControlPlane::bare(), "checkout-other");
    bed.write_config_map("one", &[("a", "1")]);
    bed.run(&["render", "--revision", "HEAD"])
        .exits(2)
        .complains("the repository has no commit yet");
    bed.commit("One");
    // Outside of every repository.
    let outside = tempfile::tempdir().expect("a directory");
    let bare = outside.path().join("bare");
    git(
        &bed.dir,
        &["clone", "-q", "--bare", ".", bare.to_str().expect("a plain path")],
    );
    let said = bed.run(&[
        "render",
        bare.join("desired").to_str().expect("a plain path"),
        "--revision",
        "HEAD",
    ]);
    said.exits(2).complains("is a bare repository");
    let other = bed.beside("sha256");
    git(
        &bed.dir,
        &[
            "init",
            "-q",
            "--object-format=sha256",
            other.to_str().expect("a plain path"),
        ],
    );
    fs::write(other.join("one.yaml"), config_map("one", &[("a", "1")])).expect("written");
    let other = other.to_str().expect("a plain path");
    bed.run(&["render", other, "--revision", "HEAD"])
        .exits(2)
        .complains("named by SHA-256");
    bed.run(&["render", other]).exits(0).complains("named by SHA-256");
}
