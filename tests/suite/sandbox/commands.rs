//! What a person does with a sandbox: the commands, on a directory in the place of a cluster.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use stackanetes::diagnostic::place::SourceFile;
use stackanetes::yaml;

use crate::bed::{self, Run, config_map, deployment, job_with_inputs, namespace, secret};

/// A directory of manifests beside a sandbox, both of one test alone. There is no cluster.
pub struct Desk {
    pub dir: PathBuf,
}

impl Desk {
    pub fn new(name: &str) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-desk-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a directory of our own");
        git2::Repository::init(&dir).expect("a new repository");
        let desk = Self { dir };
        desk.write("desired/stackanetes.yaml", "name: shop\nnamespace: shop\n");
        desk.write("desired/namespace.yaml", &namespace("shop"));
        desk
    }

    fn commit(&self) {
        bed::commit(&self.dir, "The shop");
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory of our own");
        fs::write(path, text).expect("a file of our own");
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.dir.join(path)).expect("a file that is there");
    }

    pub fn read(&self, path: &str) -> Value {
        read(&self.dir.join(path))
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stackanetes"));
        command
            .args(args)
            .current_dir(&self.dir)
            .env_clear()
            .env("HOME", &self.dir);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        Run::finish(self.command(args).spawn().expect("the command can be run"))
    }

    fn on_box(&self, args: &[&str]) -> Run {
        self.run(&[args, &["--sandbox", "box"]].concat())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

/// Reads a file of a sandbox.
pub fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut errors = Vec::new();
    let documents = yaml::documents(&SourceFile::new("a.yaml", text.clone()), &mut errors);
    assert!(errors.is_empty() && documents.len() == 1, "{}:\n{text}", path.display());
    documents.into_iter().next().expect("one").root.into_value()
}

/// The files below a directory.
pub fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory that is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn from_nothing_to_in_sync_and_on() {
    let desk = Desk::new("life");
    desk.write("desired/web.yaml", &deployment("web", 3, "nginx:1"));
    desk.write("desired/settings.yaml", &config_map("settings", &[("a", "one\ntwo\n")]));
    desk.write("desired/password.yaml", &secret("password"));
    desk.write("desired/job.yaml", &job_with_inputs("shop:1"));

    desk.commit();

    // A diff makes no directory.
    desk.on_box(&["diff"])
        .exits(1)
        .shows("shop on the sandbox box:")
        .shows("never synced")
        .shows("5 to create");
    assert!(!desk.dir.join("box").exists());
    desk.on_box(&["sync", "--yes"])
        .exits(0)
        .shows("complete: 5 created")
        .shows_not("mismatch");
    desk.on_box(&["diff"]).exits(0).shows("in sync: 5 objects");
    desk.on_box(&["diff", "--verify"]).exits(0).shows("in sync: 5 objects");
    desk.on_box(&["status"]).exits(0).shows("5, 5 Current");

    // A person can read it.
    let text = fs::read_to_string(desk.dir.join("box/shop/configmaps/settings.yaml")).expect("a file");
    assert!(text.contains("data:\n  a: |\n    one\n    two\n"), "{text}");
    assert_eq!(desk.read("box/shop/deployments.apps/web.yaml")["spec"]["replicas"], 3);
    let job = desk.read("box/shop/jobs.batch/migrate.yaml");
    assert_eq!(job["status"]["succeeded"], 1);

    // And edit it; that it was done by hand is nowhere noted.
    let path = desk.dir.join("box/shop/deployments.apps/web.yaml");
    let text = fs::read_to_string(&path).expect("a file");
    fs::write(&path, text.replacen("\n  replicas: 3", "\n  replicas: 5", 1)).expect("a file of our own");
    desk.on_box(&["diff"])
        .exits(1)
        .shows("~ update Deployment shop/web")
        .shows("- 5")
        .shows("+ 3");
    desk.on_box(&["sync", "--yes"]).exits(0).shows("complete: 1 updated");
    let web = desk.read("box/shop/deployments.apps/web.yaml");
    assert_eq!(
        (&web["spec"]["replicas"], &web["status"]["replicas"]),
        (&3.into(), &3.into())
    );

    // A Job runs again when its input changed, and not otherwise.
    desk.write("desired/job.yaml", &job_with_inputs("shop:2"));
    desk.on_box(&["diff"])
        .exits(1)
        .shows("± replace Job shop/migrate runs again: its image changed");
    desk.on_box(&["sync", "--yes"]).exits(0).shows("complete: 1 replaced");
    assert_ne!(
        desk.read("box/shop/jobs.batch/migrate.yaml")["metadata"]["uid"],
        job["metadata"]["uid"]
    );
    desk.on_box(&["diff"]).exits(0);

    // What git drops is pruned.
    desk.remove("desired/settings.yaml");
    desk.remove("desired/web.yaml");
    desk.on_box(&["diff"]).exits(1).shows("2 to delete");
    desk.on_box(&["sync", "--yes"]).exits(0).shows("complete: 2 deleted");
    assert!(!desk.dir.join("box/shop/configmaps/settings.yaml").exists());
    assert!(
        !desk.dir.join("box/shop/deployments.apps").exists(),
        "no empty folder is left"
    );
    desk.on_box(&["diff"]).exits(0).shows("in sync: 3 objects");
}

#[test]
fn a_kind_comes_with_its_definition() {
    let desk = Desk::new("kind");
    desk.write(
        "desired/definition.yaml",
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boxes.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Box, listKind: BoxList, plural: boxes, singular: box}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {size: {type: integer, default: 3}}}
",
    );
    desk.write(
        "desired/box.yaml",
        "apiVersion: example.com/v1\nkind: Box\nmetadata: {name: one}\nspec: {}\n",
    );
    desk.on_box(&["diff"]).exits(1).shows("3 to create");
    desk.on_box(&["sync", "--yes"]).exits(0).shows("3 created");
    assert_eq!(desk.read("box/shop/boxes.example.com/one.yaml")["spec"]["size"], 3);
    desk.on_box(&["diff"]).exits(0);
    desk.remove("desired/box.yaml");
    desk.on_box(&["sync", "--yes"]).exits(0).shows("1 deleted");
}

#[test]
fn what_is_no_sandbox_is_left_alone() {
    let desk = Desk::new("strange");
    desk.write("box/letter.txt", "dear reader");
    for command in [vec!["diff"], vec!["sync", "--yes"], vec!["status"]] {
        desk.on_box(&command)
            .exits(2)
            .complains("box is no sandbox, and not empty: it holds letter.txt");
    }
    desk.run(&["snapshot", "--sandbox", "other", "--to", "box"])
        .exits(2)
        .complains("never synced");
    assert_eq!(files(&desk.dir.join("box")).len(), 1);
    desk.on_box(&["diff", "--context", "prod"])
        .exits(2)
        .complains("cannot be used with");
    // One of a form that is not known yet.
    desk.write("box/sandbox.yaml", "sandbox: 2\nresourceVersion: 1\n");
    desk.on_box(&["diff"]).exits(2).complains("sandbox of form 2");
}

#[test]
fn a_file_that_is_broken_is_named() {
    let desk = Desk::new("broken");
    desk.write("desired/settings.yaml", &config_map("settings", &[("a", "1")]));
    desk.write("desired/password.yaml", &secret("password"));
    desk.on_box(&["sync", "--yes"]).exits(0);
    let settings = "box/shop/configmaps/settings.yaml";
    let good = fs::read_to_string(desk.dir.join(settings)).expect("a file");
    desk.write(settings, &good.replace("kind:", "kind: ["));
    desk.on_box(&["diff"]).exits(2).complains(&format!("{settings}:"));
    desk.write(settings, &good.replace("name: settings", "name: other"));
    desk.on_box(&["diff"])
        .exits(2)
        .complains(settings)
        .complains("belongs into another file");
    desk.write(settings, "");
    desk.on_box(&["diff"]).exits(2).complains(settings);
    desk.write(settings, &good);
    // Of a Secret, no line is shown.
    let password = "box/shop/secrets/password.yaml";
    desk.write(password, "apiVersion: v1\nkind: Secret\nstringData: {a: [hunter2}\n");
    desk.on_box(&["diff"])
        .exits(2)
        .complains(&format!("{password}:3:"))
        .hides(&["hunter2"]);
}

#[cfg(unix)]
#[test]
fn secrets_are_for_their_owner_and_not_for_git() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new("private");
    desk.write("desired/settings.yaml", &config_map("settings", &[("a", "1")]));
    desk.write("desired/password.yaml", &secret("password"));
    desk.on_box(&["sync", "--yes"])
        .exits(0)
        .hides(&["hunter2", "aHVudGVyMg"]);
    let mode = |path: &str| fs::metadata(desk.dir.join(path)).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode("box/shop/secrets/password.yaml"), 0o600);
    assert_ne!(mode("box/shop/configmaps/settings.yaml"), 0o600);
    let repository = git2::Repository::init(&desk.dir).expect("a new repository");
    let ignored = |path: &str| repository.is_path_ignored(Path::new(path)).expect("a path");
    assert!(ignored("box/shop/secrets/password.yaml") && ignored("box/.lock") && ignored("box/.new"));
    assert!(!ignored("box/shop/configmaps/settings.yaml") && !ignored("box/sandbox.yaml"));
}

/// Two processes write into one sandbox at the same time: nothing is lost, and no version is given twice.
#[test]
fn two_syncs_at_once() {
    let desk = Desk::new("two");
    for name in ["one", "two"] {
        desk.write(
            &format!("{name}/stackanetes.yaml"),
            &format!("name: {name}\nnamespace: {name}\n"),
        );
        desk.write(&format!("{name}/namespace.yaml"), &namespace(name));
        for index in 0..60 {
            desk.write(
                &format!("{name}/{index}.yaml"),
                &config_map(&format!("c{index}"), &[("a", "1")]),
            );
        }
    }
    let start = |name: &str| {
        let mut command = desk.command(&["sync", name, "--yes", "--sandbox", "box"]);
        command.spawn().expect("the command can be run")
    };
    let (one, two) = (start("one"), start("two"));
    for child in [one, two] {
        Run::finish(child).exits(0).shows("complete: 61 created");
    }
    let mut versions = BTreeSet::new();
    let objects = files(&desk.dir.join("box"));
    let objects: Vec<_> = objects
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    for path in &objects {
        let object = read(path);
        let is_new = versions.insert(object["metadata"]["resourceVersion"].to_string());
        let is_initial = object["metadata"]["resourceVersion"] == "1";
        assert!(
            is_new || is_initial || path.ends_with("sandbox.yaml"),
            "{}",
            path.display()
        );
    }
    for name in ["one", "two"] {
        desk.run(&["diff", name, "--sandbox", "box"])
            .exits(0)
            .shows("in sync: 61 objects");
    }
    // One ApplySet is synced by one at a time.
    desk.write("one/more.yaml", &config_map("more", &[("a", "1")]));
    let runs = [start("one"), start("one")].map(Run::finish);
    let done = runs.iter().filter(|run| run.code == 0).count();
    assert!(done >= 1, "{runs:?}");
    desk.run(&["diff", "one", "--sandbox", "box"]).exits(0);
}

/// Killed at any moment, it leaves whole files, and the next sync finishes the work.
#[test]
fn a_process_that_is_killed_leaves_no_half_file() {
    let desk = Desk::new("killed");
    // Without a name there is no Lease to wait for.
    desk.write("plain/namespace.yaml", &namespace("plain"));
    let long = "x".repeat(20_000);
    for index in 0..80 {
        let map = config_map(&format!("c{index}"), &[("long", &long)]);
        desk.write(&format!("plain/{index}.yaml"), &map);
    }
    let sync = ["sync", "plain", "-n", "plain", "--yes", "--sandbox", "box"];
    let folder = desk.dir.join("box/plain/configmaps");
    let count = || fs::read_dir(&folder).map_or(0, Iterator::count);
    let mut was_cut_off = 0;
    for target in (1..80).step_by(5) {
        let _ = fs::remove_dir_all(desk.dir.join("box"));
        let mut child = desk.command(&sync).spawn().expect("the command can be run");
        while count() < target && child.try_wait().expect("a child of ours").is_none() {
            thread::sleep(Duration::from_micros(100));
        }
        let _ = child.kill();
        let _ = child.wait();
        let written = files(&desk.dir.join("box"));
        let objects = written
            .iter()
            .filter(|path| path.extension().is_some_and(|end| end == "yaml"));
        objects.for_each(|path| drop(read(path)));
        was_cut_off += usize::from(count() < 80);
        if target % 4 == 1 {
            desk.run(&sync).exits(0);
            desk.run(&["diff", "plain", "-n", "plain", "--sandbox", "box"])
                .exits(0)
                .shows("in sync: 81 objects");
        }
    }
    assert!(was_cut_off > 0, "it was never killed in the middle");
}

#[test]
fn all_histories_begin_with_how_many_sets_there_are() {
    let desk = Desk::new("histories");
    let all = ["history", "-A"];
    desk.on_box(&all).exits(0).shows("no ApplySet on the sandbox box");
    desk.commit();
    desk.on_box(&["sync", "--yes"]).exits(0);
    desk.on_box(&all)
        .exits(0)
        .shows("1 ApplySet on the sandbox box shop on the sandbox box")
        .shows("complete: 1 created");
}

#[test]
fn the_hint_for_a_missing_directory_names_what_the_command_takes_instead() {
    let desk = Desk::new("nowhere");
    for command in ["status", "history", "delete"] {
        desk.on_box(&[command, "nowhere"])
            .exits(2)
            .complains("there is no directory nowhere")
            .complains("or pass --name NAME")
            .complains_not("-f FILE");
    }
    desk.on_box(&["diff", "nowhere"])
        .exits(2)
        .complains("there is no directory nowhere")
        .complains("-f FILE reads a file")
        .complains_not("--name");
    desk.on_box(&["diff", "-f", "nothing.yaml"])
        .exits(2)
        .complains("there is no file nothing.yaml");
}
