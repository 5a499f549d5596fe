//! `--revision` reads the directory as a commit has it, whatever is on disk.

use std::fs;

use crate::bed::Bed;

/// A directory that uses all there is to read: parameters, environments, components, templates, outputs.
fn write_everything(bed: &Bed, color: &str) {
    bed.write(
        "stackanetes.yaml",
        &format!(
            "name: {0}\nnamespace: {0}\noutputs: {{colour: colour.j2}}\n",
            bed.namespace
        ),
    );
    bed.write("parameters.yaml", &format!("paint:\n  color: {color}\n  coats: 1\n"));
    bed.write(
        "parameters.schema.json",
        r#"{"type": "object", "properties": {"paint": {"type": "object", "properties":
            {"color": {"type": "string"}, "coats": {"type": "integer"}}}}}"#,
    );
    bed.write("environments/thick.yaml", "paint: {coats: 3}\n");
    bed.write("colour.j2", "it is {{ paint.color }}\n");
    bed.write(
        "wall/component.yaml",
        "configMaps:\n  - name: wall\n    files: {a.conf: etc/a.conf.j2, raw: etc/raw}\n",
    );
    bed.write("wall/etc/a.conf.j2", "color = {{ paint.color }}\n");
    bed.write("wall/etc/raw", &format!("raw {color}\n"));
    bed.write(
        "wall/coats.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: coats}\ndata: {coats: \"${{ paint.coats }} of ${{ paint.color }}\"}\n",
    );
}

#[test]
fn everything_is_read_from_the_commit() {
    let bed = Bed::without_namespace(crate::control_plane::ControlPlane::bare(), "revision-all");
    write_everything(&bed, "red");
    let red = bed.commit("Red");
    let rendered = bed.run(&["render", "--environment", "thick"]).exits(0);
    let shown = rendered.shows("color = red").shows("raw red").shows("3 of red");
    let output = bed.run(&["output", "colour"]).exits(0).shows("it is red");
    fs::remove_dir_all(bed.dir.join("desired")).expect("removed");
    write_everything(&bed, "blue");
    bed.remove("wall/coats.yaml");
    bed.commit("Blue");
    bed.write("wall/broken.yaml", "a: b: c\n");
    for revision in [&red, &red[..8], "HEAD~1"] {
        let then = bed
            .run(&["render", "--environment", "thick", "--revision", revision])
            .exits(0);
        assert_eq!(then.stdout, shown.stdout, "{revision}");
        assert_eq!(then.stderr, "");
    }
    assert_eq!(
        bed.run(&["output", "colour", "--revision", &red]).exits(0).stdout,
        output.stdout
    );
    // It need not be there any more.
    fs::remove_dir_all(bed.dir.join("desired")).expect("removed");
    assert_eq!(
        bed.run(&["render", "-e", "thick", "--revision", &red]).exits(0).stdout,
        shown.stdout
    );
}

#[test]
fn an_earlier_commit_is_diffed_and_synced() {
    let bed = Bed::new("revision-back");
    bed.write_config_map("settings", &[("mode", "slow")]);
    let first = bed.commit("Slow");
    bed.write_config_map("settings", &[("mode", "fast")]);
    bed.write_config_map("more", &[("a", "b")]);
    let second = bed.commit("Fast");
    bed.synced();
    bed.write_config_map("settings", &[("mode", "not committed")]);
    bed.run(&["diff", "--revision", "HEAD~1"])
        .exits(1)
        .shows(&format!(
            ": goes back to HEAD~1 {}, last synced {}",
            &first[..7],
            &second[..7]
        ))
        .shows_not("local changes")
        .shows("- fast + slow")
        .shows("- delete ConfigMap revision-back/more");
    bed.run(&["diff", "--revision", "HEAD"]).exits(0);
    bed.run(&["sync", "--yes", "--revision", "HEAD~1"]).exits(0);
    let object = bed.get("configmap", "settings").expect("it is there");
    assert_eq!(object["data"]["mode"], "slow");
    assert_eq!(
        object["metadata"]["annotations"]["stackanetes.io/revision"],
        first.as_str()
    );
    assert!(bed.get("configmap", "more").is_none());
    let parent = bed.get("configmap", "stackanetes-revision-back").expect("a parent");
    let completed = parent["data"]["completed"].as_str().expect("a record");
    assert!(
        completed.contains(&first) && completed.contains("\"dirty\":false"),
        "{completed}"
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_the_commit_only() {
    use std::os::unix::fs::symlink;

    let bed = Bed::without_namespace(crate::control_plane::ControlPlane::bare(), "revision-links");
    let desired = bed.dir.join("desired");
    let map = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
    bed.write(".hidden/one.yaml", &map("one"));
    bed.write(".hidden/deep/two.yaml", &map("two"));
    bed.write("sub/three.yaml", &map("three"));
    symlink(".hidden/one.yaml", desired.join("one.yaml")).expect("linked");
    symlink("../.hidden/deep", desired.join("sub/deep")).expect("linked");
    symlink("one.yaml", desired.join("again.yaml")).expect("linked");
    symlink("..", desired.join("sub/up")).expect("linked");
    symlink("desired", bed.dir.join("other")).expect("linked");
    bed.commit("Links");
    for directory in ["desired", "./desired", "other", "desired/sub/.."] {
        let now = bed.run(&["render", directory]).exits(0);
        let now = now.shows("name: one").shows("name: two").shows("name: three");
        let then = bed.run(&["render", directory, "--revision", "HEAD"]).exits(0);
        assert_eq!(now.stdout, then.stdout, "{directory}");
    }
    fs::write(bed.dir.join("out.yaml"), map("out")).expect("written");
    symlink("../out.yaml", desired.join("out.yaml")).expect("linked");
    symlink("/etc/hostname", desired.join("absolute.yaml")).expect("linked");
    symlink("nowhere.yaml", desired.join("broken.yaml")).expect("linked");
    symlink("round.yaml", desired.join("round.yaml")).expect("linked");
    bed.commit("More links");
    bed.run(&["render", "--revision", "HEAD"])
        .exits(2)
        .complains("the symbolic link desired/out.yaml leads out of desired")
        .complains("the symbolic link desired/absolute.yaml leads nowhere")
        .complains("leads out of the commit")
        .complains("the symbolic link desired/broken.yaml leads nowhere")
        .complains("the symbolic link desired/round.yaml leads nowhere");
}

#[test]
fn a_revision_that_cannot_be_read_is_said_to_be_so() {
    let bed = Bed::without_namespace(crate::control_plane::ControlPlane::bare(), "revision-wrong");
    bed.run(&["render", "--revision", "HEAD"])
        .exits(2)
        .complains("there is no commit HEAD");
    bed.write_config_map("settings", &[("mode", "slow")]);
    bed.commit("Slow");
    bed.run(&["render", "--revision", "no-such"])
        .exits(2)
        .complains("there is no commit no-such in")
        .complains("git log");
    fs::create_dir(bed.dir.join("later")).expect("created");
    bed.run(&["render", "later", "--revision", "HEAD"])
        .exits(2)
        .complains("there is no directory later in ");
    bed.run(&["render", "/", "--revision", "HEAD"])
        .exits(2)
        .complains("/ is not in a git repository");
    bed.run_with(&["render", "-f", "-", "--revision", "HEAD"], "")
        .exits(2)
        .complains("cannot be used with");
    bed.write("broken.yaml", "a: b: c\n");
    bed.commit("Broken");
    bed.remove("broken.yaml");
    bed.run(&["render", "--revision", "HEAD"])
        .exits(2)
        .complains("desired/broken.yaml:1:5");
}
