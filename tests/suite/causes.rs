//! Why a field differs, told by what git said when the object was last applied.

use std::fs;

use serde_json::json;

use crate::bed::{Bed, Run, config_map};

fn short(commit: &str) -> &str {
    &commit[..7]
}

/// That nothing of it is a guess.
#[track_caller]
fn for_sure(run: Run) -> Run {
    run.shows_not("guessed")
}

#[test]
fn every_cause_side_by_side() {
    let bed = Bed::new("causes-all");
    let all = |name: &str| config_map(name, &[("mode", "one"), ("size", "one")]);
    for name in [
        "git", "drift", "diverged", "conflict", "removed", "left", "gone", "dropped",
    ] {
        bed.write(&format!("{name}.yaml"), &all(name));
    }
    let first = bed.commit("First");
    bed.synced();
    let edit =
        |name: &str, data: serde_json::Value| bed.patch("kubectl-edit", "configmap", name, &json!({"data": data}));
    edit("drift", json!({"mode": "theirs"}));
    edit("diverged", json!({"mode": "theirs"}));
    edit("left", json!({"size": "theirs"}));
    bed.patch("team-b", "configmap", "conflict", &json!({"data": {"new": "theirs"}}));
    bed.kubectl(&["delete", "configmap", "gone"]);
    bed.kubectl(&["create", "configmap", "foreign", "--from-literal=mode=theirs"]);

    bed.write_config_map("git", &[("mode", "two"), ("size", "one")]);
    bed.write_config_map("diverged", &[("mode", "two"), ("size", "one")]);
    let modes = bed.commit("Modes to two");
    bed.write_config_map("drift", &[("mode", "one"), ("size", "two"), ("more", "yes")]);
    bed.write_config_map("removed", &[("mode", "one")]);
    bed.write_config_map("left", &[("mode", "one")]);
    let sizes = bed.commit("Sizes are not\u{1b}[2K needed");
    bed.write_config_map("conflict", &[("mode", "one"), ("size", "one"), ("new", "ours")]);
    bed.write(
        "foreign.yaml",
        &crate::bed::with_metadata(
            &config_map("foreign", &[("mode", "ours")]),
            "  annotations: {stackanetes.io/adopt: allowed}\n",
        ),
    );
    bed.remove("dropped.yaml");
    let last = bed.commit("New ones");

    let run = for_sure(bed.diff().exits(1));
    assert!(!run.stdout.contains('\u{1b}'), "{:?}", run.stdout);
    let (modes, sizes) = (short(&modes), short(&sizes));
    let words = "Sizes are not\\u{1b}[2K needed";
    run.shows(&format!(
        "~ update ConfigMap causes-all/git data.mode desired/git.yaml:6 - one + two git: {modes}"
    ))
    .shows(&format!("git: {modes} Modes to two ("))
    .shows(&format!("git: {sizes} {words} ("))
    .shows("data.mode desired/drift.yaml:6 - theirs + one drift: kubectl-edit,")
    .shows(&format!("data.more desired/drift.yaml:8 + yes git: {sizes}"))
    .shows("! conflict ConfigMap causes-all/diverged")
    .shows(&format!("- theirs + two diverged: git: {modes}; kubectl-edit,"))
    .shows("to take git's: pass --force-conflicts; to keep the other: write it into git")
    .shows("data.new git says ours; team-b says theirs to leave it")
    .shows(&format!("data.size - one removed: {sizes}"))
    .shows(&format!("data.size left behind: {sizes}; kubectl-edit keeps it"))
    .shows(&format!(
        "+ create ConfigMap causes-all/gone deleted: it was synced at {}, and is gone",
        short(&first)
    ))
    .shows(&format!(
        "- delete ConfigMap causes-all/dropped dropped from git in {} New ones",
        short(&last)
    ))
    .shows("- theirs + ours takeover: from kubectl-create");

    let data = |name: &str| bed.get("configmap", name).expect("it is there")["data"].clone();
    bed.sync().exits(1).shows("conflict ConfigMap causes-all/diverged");
    assert_eq!(data("diverged")["mode"], "theirs", "a sync leaves it to a person");
    assert_eq!(
        (&data("drift")["mode"], &data("git")["mode"]),
        (&json!("one"), &json!("two"))
    );
    bed.run(&["sync", "--yes", "--force-conflicts"])
        .exits(0)
        .shows("taken by --force-conflicts");
    assert_eq!(data("diverged")["mode"], "two");
    assert_eq!(data("left"), json!({"mode": "one", "size": "theirs"}));
    bed.diff().exits(0);
}

#[test]
fn the_commit_is_the_one_that_changed_the_field_and_not_the_file() {
    let bed = Bed::new("causes-commit");
    bed.write_config_map("settings", &[("mode", "one"), ("size", "one")]);
    bed.commit("First");
    bed.synced();
    let mut commits = Vec::new();
    for (subject, mode, size) in [
        ("Mode to two", "two", "one"),
        ("Size to two", "two", "two"),
        ("Mode to three", "three", "two"),
        ("Back and forth", "two", "two"),
    ] {
        bed.write_config_map("settings", &[("mode", mode), ("size", size)]);
        commits.push(bed.commit(subject));
        bed.write_config_map("other", &[("mode", subject)]);
        bed.commit("Something else");
    }
    for_sure(bed.diff().exits(1))
        .shows(&format!("+ two git: {} Back and forth", short(&commits[3])))
        .shows(&format!("+ two git: {} Size to two", short(&commits[1])));
    // What is not committed has no commit, and an earlier commit its own.
    bed.write_config_map("settings", &[("mode", "four"), ("size", "two")]);
    for_sure(bed.diff().exits(1))
        .shows("+ four git: not committed yet")
        .shows(&format!("+ two git: {} Size to two", short(&commits[1])));
    for_sure(bed.run(&["diff", "--revision", &commits[2]]).exits(1))
        .shows(&format!("+ three git: {} Mode to three", short(&commits[2])));
}

#[test]
fn the_way_back_leads_through_moves_merges_and_broken_commits() {
    let bed = Bed::new("causes-moved");
    bed.write_config_map("settings", &[("mode", "one"), ("size", "one")]);
    bed.write_config_map("old", &[("mode", "one")]);
    bed.commit("First");
    bed.synced();
    bed.write_config_map("settings", &[("mode", "two"), ("size", "one")]);
    let two = bed.commit("Mode to two");
    bed.write("broken.yaml", "a: b: c\n");
    bed.commit("Broken");
    bed.rename("settings.yaml", "deep/other.yaml");
    bed.rename("old.yaml", "deep/old.yaml");
    bed.remove("broken.yaml");
    bed.commit("Moved");
    bed.write(
        "deep/other.yaml",
        &config_map("settings", &[("mode", "two"), ("size", "two")]),
    );
    let size = bed.commit("Size to two");
    bed.remove("deep/old.yaml");
    let dropped = bed.commit("Without old");
    for_sure(bed.diff().exits(1))
        .shows(&format!("+ two git: {} Mode to two", short(&two)))
        .shows(&format!("+ two git: {} Size to two", short(&size)))
        .shows(&format!(
            "ConfigMap causes-moved/old dropped from git in {} Without old",
            short(&dropped)
        ));
}

#[test]
fn a_merge_leaves_the_word_to_the_commit_that_it_merged() {
    let bed = Bed::new("causes-merge");
    bed.write_config_map("settings", &[("mode", "one")]);
    bed.write_config_map("other", &[("mode", "one")]);
    let first = bed.commit("First");
    bed.synced();
    let git = git2::Repository::open(&bed.dir).expect("the repository");
    let id = |commit: &str| git2::Oid::from_str(commit).expect("an id");
    bed.write_config_map("other", &[("mode", "two")]);
    let other = bed.commit("Other to two");
    git.set_head_detached(id(&first)).expect("a commit");
    bed.write_config_map("other", &[("mode", "one")]);
    bed.write_config_map("settings", &[("mode", "two")]);
    let settings = bed.commit("Mode to two");
    bed.write_config_map("other", &[("mode", "two")]);
    let mut index = git.index().expect("an index");
    index.read(true).expect("read");
    index
        .add_all(["*"], git2::IndexAddOption::DEFAULT, None)
        .expect("added");
    index.write().expect("written");
    let tree = git.find_tree(index.write_tree().expect("a tree")).expect("a tree");
    let who = git2::Signature::now("Test", "test@example.com").expect("a signature");
    let parents = [&settings, &other].map(|commit| git.find_commit(id(commit)).expect("a commit"));
    let parents: Vec<_> = parents.iter().collect();
    git.commit(Some("HEAD"), &who, &who, "Merge", &tree, &parents)
        .expect("a commit");
    for_sure(bed.diff().exits(1))
        .shows(&format!("+ two git: {} Mode to two", short(&settings)))
        .shows(&format!("+ two git: {} Other to two", short(&other)))
        .shows_not("local changes");
}

#[test]
fn where_the_commit_is_not_at_hand_it_is_a_guess() {
    let bed = Bed::new("causes-rewritten");
    bed.write_config_map("settings", &[("mode", "one")]);
    let first = bed.commit("First");
    bed.synced();
    bed.patch(
        "kubectl-edit",
        "configmap",
        "settings",
        &json!({"data": {"mode": "theirs"}}),
    );
    fs::remove_dir_all(bed.dir.join(".git")).expect("removed");
    git2::Repository::init(&bed.dir).expect("a new repository");
    bed.write_config_map("settings", &[("mode", "two")]);
    bed.commit("Rewritten");
    bed.diff()
        .exits(1)
        .shows("+ two drift: kubectl-edit,")
        .shows("just now (guessed)")
        .shows_not("is not at hand");
    bed.run(&["diff", "-v"])
        .exits(1)
        .shows(&format!("guessed, since the commit {} is not at hand", short(&first)));
}

#[test]
fn where_a_clone_ends_no_commit_is_named() {
    let bed = Bed::new("causes-shallow");
    bed.write_config_map("settings", &[("mode", "one"), ("size", "one")]);
    bed.commit("First");
    bed.synced();
    bed.write_config_map("settings", &[("mode", "two"), ("size", "one")]);
    let end = bed.commit("Mode to two");
    bed.write_config_map("settings", &[("mode", "two"), ("size", "two")]);
    let size = bed.commit("Size to two");
    // The commit that was applied is at hand, as one that was fetched by itself is.
    fs::write(bed.dir.join(".git/shallow"), format!("{end}\n")).expect("written");
    for_sure(bed.diff().exits(1))
        .shows("- one + two git data.size")
        .shows(&format!("+ two git: {} Size to two", short(&size)));
}

#[test]
fn where_the_files_differed_from_the_commit_it_is_a_guess() {
    let bed = Bed::new("causes-dirty");
    bed.write_config_map("settings", &[("mode", "one")]);
    let first = bed.commit("First");
    bed.write_config_map("settings", &[("mode", "dirty")]);
    bed.write_config_map("more", &[("mode", "dirty")]);
    bed.synced();
    bed.patch(
        "kubectl-edit",
        "configmap",
        "settings",
        &json!({"data": {"mode": "theirs"}}),
    );
    bed.write_config_map("settings", &[("mode", "two")]);
    bed.commit("Two");
    bed.run(&["diff", "-v"])
        .exits(1)
        .shows("+ two drift: kubectl-edit,")
        .shows("just now (guessed)")
        .shows(&format!(
            "guessed, since what was applied is not what the commit {} says",
            short(&first)
        ));
    // The commit itself had it, and what was synced may not have.
    bed.kubectl(&["delete", "configmap", "settings"]);
    bed.diff().exits(1).shows(&format!(
        "deleted: it was synced at {}, and is gone (guessed)",
        short(&first)
    ));
}

/// Parameters, of which an environment sets one.
fn write_parameters(bed: &Bed, color: &str, thick: u32) {
    bed.write(
        "parameters.yaml",
        &format!("paint: {{color: {color}, coats: 1, password: hunter2}}\n"),
    );
    bed.write(
        "parameters.schema.json",
        r#"{"type": "object", "properties": {"paint": {"type": "object", "properties":
            {"color": {"type": "string"}, "coats": {"type": "integer"},
             "password": {"type": "string", "writeOnly": true}}}}}"#,
    );
    bed.write("environments/thick.yaml", &format!("paint: {{coats: {thick}}}\n"));
}

const WALL: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: wall}\ndata:\n  coats: ${{ paint.coats }} coats\n  color: ${{ paint.color }}\n";

#[test]
fn an_earlier_commit_is_rendered_with_the_parameters_of_its_sync() {
    let bed = Bed::new("causes-environment").with_default_secrets();
    write_parameters(&bed, "red", 3);
    bed.write("wall.yaml", WALL);
    bed.commit("First");
    let args = ["--environment", "thick", "--set", "paint.color=green"];
    let with = |command: &[&'static str]| bed.run(&[command, &args[..]].concat());
    with(&["sync", "--yes"]).exits(0);
    with(&["diff"]).exits(0);
    write_parameters(&bed, "red", 4);
    let thicker = bed.commit("Thicker");
    write_parameters(&bed, "blue", 4);
    bed.commit("Blue, which is overridden");
    for_sure(with(&["diff"]).exits(1))
        .shows(&format!("- 3 coats + 4 coats git: {} Thicker", short(&thicker)))
        .shows_not("data.color");
    bed.patch("kubectl-edit", "configmap", "wall", &json!({"data": {"coats": "9"}}));
    for_sure(with(&["diff"]).exits(1)).shows("diverged: git:");
    // Nothing but the parameters is other than it was.
    for_sure(bed.run(&["diff", "-e", "thick", "--set", "paint.color=black"]).exits(1))
        .shows("- green + black git: other parameters than were given");
}

#[test]
fn a_secret_that_was_taken_out_and_changed_at_once_is_not_shown() {
    let bed = Bed::new("causes-secret").with_default_secrets();
    write_parameters(&bed, "red", 3);
    bed.write("wall.yaml", &WALL.replace("paint.color", "paint.password"));
    bed.commit("First");
    bed.synced();
    write_parameters(&bed, "red", 3);
    let parameters = fs::read_to_string(bed.dir.join("desired/parameters.yaml")).expect("a file");
    bed.write("parameters.yaml", &parameters.replace("hunter2", "another"));
    bed.write("wall.yaml", WALL);
    bed.commit("No password in the wall");
    bed.diff().exits(1).shows("- (not shown)").shows_not("hunter2");
}

#[test]
fn pods_that_follow_their_configuration_name_the_commit_that_changed_it() {
    let bed = Bed::new("causes-follow");
    bed.write_config_map("settings", &[("mode", "one")]);
    let reads = crate::bed::deployment("web", 1, "nginx").replace(
        "          env:",
        "          envFrom: [{configMapRef: {name: settings}}]\n          env:",
    );
    bed.write("web.yaml", &reads);
    bed.commit("First");
    bed.run(&["sync", "--yes", "--timeout", "0s"]).exits(1);
    bed.write_config_map("settings", &[("mode", "two")]);
    let two = bed.commit("Mode to two");
    bed.write_config_map("other", &[("mode", "two")]);
    bed.commit("Other");
    for_sure(bed.run(&["diff", "-v"]).exits(1))
        .shows(&format!("git: {} Mode to two (", short(&two)))
        .shows(&format!("follows ConfigMap settings git: {}", short(&two)));
}

/// A value that several parameters and the text around them make is shown at the one that git changed.
#[test]
fn the_place_of_a_value_is_the_one_whose_text_differs() {
    let bed = Bed::new("causes-place");
    bed.write(
        "parameters.schema.json",
        r#"{"type": "object", "properties": {
            "image": {"type": "object", "properties": {
                "registry": {"type": "string", "description": "A registry."},
                "tag": {"type": "string", "description": "A tag."}}},
            "web": {"type": "object", "properties": {
                "replicas": {"type": ["integer", "null"], "description": "How many."}}},
            "all": {"type": "object", "properties": {
                "replicas": {"type": "integer", "description": "How many of each."}}}}}"#,
    );
    bed.write(
        "parameters.yaml",
        "image:\n  registry: quay.io\n  tag: one\nweb:\n  replicas: null\nall:\n  replicas: 1\n",
    );
    bed.write("environments/prod.yaml", "image:\n  tag: two\n");
    let manifest = |suffix: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  image: ${{{{ image.registry }}}}/nova:${{{{ \
             image.tag }}}}{suffix}\n  replicas: of-${{{{ web.replicas or all.replicas }}}}\n"
        )
    };
    bed.write("settings.yaml", &manifest(""));
    bed.commit("First");
    bed.run(&["sync", "-e", "prod", "--yes"]).exits(0);

    bed.write("environments/prod.yaml", "image:\n  tag: three\n");
    let parameters = "image:\n  registry: quay.io\n  tag: one\nweb:\n  replicas: null\nall:\n  replicas: 3\n";
    bed.write("parameters.yaml", parameters);
    bed.commit("Another tag, and three of each");
    for_sure(bed.run(&["diff", "-e", "prod"]).exits(1))
        .shows("data.image desired/environments/prod.yaml:2")
        .shows("data.replicas desired/parameters.yaml:7");
    bed.run(&["sync", "-e", "prod", "--yes"]).exits(0);

    // Two parameters come to have one text, and only the second has changed.
    bed.write(
        "parameters.yaml",
        &parameters
            .replace("null", "3")
            .replace("replicas: 3\nall:\n  replicas: 3", "replicas: 3\nall:\n  replicas: 2"),
    );
    let both = manifest("").replace("web.replicas or all.replicas", "web.replicas }}-${{ all.replicas");
    bed.write("settings.yaml", &both);
    bed.commit("Both numbers");
    bed.run(&["sync", "-e", "prod", "--yes"]).exits(0);
    bed.write("parameters.yaml", &parameters.replace("null", "3"));
    bed.commit("Three of all");
    for_sure(bed.run(&["diff", "-e", "prod"]).exits(1)).shows("data.replicas desired/parameters.yaml:7");
    bed.run(&["sync", "-e", "prod", "--yes"]).exits(0);

    bed.write("settings.yaml", &both.replace("image.tag }}", "image.tag }}-slim"));
    bed.commit("The slim image");
    for_sure(bed.run(&["diff", "-e", "prod"]).exits(1)).shows("data.image desired/settings.yaml:6");
}

#[test]
fn what_is_piped_is_shown_with_the_commit_that_is_the_cause_of_no_field() {
    let bed = Bed::new("causes-piped");
    bed.write_config_map("settings", &[("mode", "one")]);
    bed.commit("First");
    bed.synced();
    let changed = config_map("settings", &[("mode", "two")]);
    bed.write("settings.yaml", &changed);
    let second = bed.commit("Second");
    let set = ["--name", "causes-piped", "-n", "causes-piped"];
    let run = bed.run_with(&[&["diff", "-f", "-"][..], &set].concat(), &changed);
    let run = run.exits(1).shows(&format!(": piped at {}", short(&second)));
    assert_eq!(run.stdout.matches(short(&second)).count(), 1, "{}", run.stdout);
    // Read from the directory, the same change has it.
    let run = bed.diff().exits(1);
    assert!(run.stdout.matches(short(&second)).count() > 1, "{}", run.stdout);
}

#[test]
fn what_a_person_changes_after_git_only_spelled_it_otherwise_is_drift() {
    let bed = Bed::new("causes-spelling");
    let quota = |cpu: &str| {
        format!(
            "apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: q}}\nspec: {{hard: {{requests.cpu: {cpu:?}}}}}\n"
        )
    };
    bed.write("q.yaml", &quota("1"));
    bed.write_config_map("text", &[("a", "1")]);
    bed.commit("First");
    bed.synced();
    bed.write("q.yaml", &quota("1000m"));
    bed.commit("Spelling");
    bed.diff().exits(0);
    bed.write_config_map("text", &[("a", "1.0")]);
    bed.commit("Another text");
    let cpu = serde_json::json!({"spec": {"hard": {"requests.cpu": "2"}}});
    bed.patch("kubectl-edit", "resourcequota", "q", &cpu);
    bed.patch(
        "kubectl-edit",
        "configmap",
        "text",
        &serde_json::json!({"data": {"a": "2"}}),
    );
    // Of a text, each spelling is another value.
    bed.diff()
        .exits(1)
        .shows("~ update ResourceQuota causes-spelling/q")
        .shows("drift: kubectl-edit")
        .shows("! conflict ConfigMap causes-spelling/text")
        .shows("diverged: git: ");
}
