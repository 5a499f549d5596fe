//! The files for CI: they are held to rules, checked by the tools for such files, and their shell is run as a runner
//! runs it, with stand-ins for GitHub's and GitLab's sides.

mod files;
mod github;
mod gitlab;
mod twenty;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::bed::{Bed, Run};
use crate::wanted::skipped_for_want_of;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn yaml(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("a readable file");
    serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Where programs of the system are.
const SYSTEM: &str = "/usr/local/bin:/usr/bin:/bin";

/// A program that `tests/programs/install` gets.
fn program(name: &str) -> Option<PathBuf> {
    let own = env::current_exe().expect("a process has a program");
    let target = own.ancestors().nth(3).expect("cargo puts it three levels deep");
    let own = ["ci/bin", "bin"].map(|dir| target.join("programs").join(dir));
    let system = SYSTEM.split(':').map(PathBuf::from);
    let mut found = own.into_iter().chain(system).map(|dir| dir.join(name));
    if let Some(path) = found.find(|path| path.is_file()) {
        return Some(path);
    }
    skipped_for_want_of(name);
    None
}

/// What a runner runs: the text of a shell, and what is set for it.
struct Shell {
    text: String,
    env: BTreeMap<String, String>,
}

/// A runner: a checked-out repository, and beside it a place for what the scripts write and for what the other side
/// keeps.
struct Runner<'a> {
    bed: &'a Bed,
    temp: PathBuf,
}

impl<'a> Runner<'a> {
    fn new(bed: &'a Bed) -> Self {
        let temp = bed.beside("runner");
        fs::create_dir_all(temp.join("state")).expect("a directory of our own");
        Self { bed, temp }
    }

    /// Where the scripts write what others read.
    fn results(&self) -> PathBuf {
        self.temp.join("results")
    }

    fn result(&self, name: &str) -> String {
        fs::read_to_string(self.results().join(name)).unwrap_or_default()
    }

    /// What the other side keeps in this list.
    fn kept(&self, list: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.temp.join("state").join(list)).unwrap_or_else(|_| "[]".to_owned());
        serde_json::from_str(&text).expect("JSON")
    }

    fn keep(&self, list: &str, value: &Value) {
        fs::write(self.temp.join("state").join(list), value.to_string()).expect("a file of our own");
    }

    /// How often the scripts have run this command of the program.
    fn count(&self, command: &str) -> usize {
        let ran = fs::read_to_string(self.temp.join("state/commands")).unwrap_or_default();
        ran.lines()
            .filter(|line| line.split(' ').next() == Some(command))
            .count()
    }

    /// Runs a shell in the repository, with the built command and the stand-ins on its path.
    fn run(&self, program: &[&str], shell: &Shell) -> Run {
        let path = format!("{}:{SYSTEM}", root().join("tests/suite/ci").display());
        let child = Command::new(program[0])
            .args(&program[1..])
            .arg(&shell.text)
            .current_dir(&self.bed.dir)
            .env_clear()
            .env("PATH", path)
            .env("HOME", &self.temp)
            .env("XDG_CACHE_HOME", self.bed.cache())
            .env("STATE", self.temp.join("state"))
            .env("BUILT", env!("CARGO_BIN_EXE_stackanetes"))
            .envs(&shell.env)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Run::finish(child.expect("a shell"))
    }
}

impl Drop for Runner<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.temp);
        }
    }
}

/// A repository with a commit on `main`, and on `topic` one more that adds a ConfigMap.
fn changed(name: &str) -> Bed {
    change(Bed::new(name))
}

/// The same, for scripts that need jq; nothing where there is none.
fn changed_with_jq(name: &str) -> Option<Bed> {
    program("jq").map(|_| changed(name))
}

fn change(bed: Bed) -> Bed {
    let git = |args: &[&str]| crate::bed::git(&bed.dir, args);
    bed.write_config_map("old", &[("a", "1")]);
    bed.commit("Base");
    git(&["branch", "--move", "main"]);
    git(&["switch", "--quiet", "--create", "topic"]);
    bed.write_config_map("new", &[("a", "1")]);
    bed.commit("More");
    bed
}

/// Checks out the change merged into a `main` that somebody else has added to, as GitHub makes `refs/pull/N/merge` and
/// GitLab `refs/merge-requests/N/merge`. Gives the commit of `main`; what it was is tagged `before`.
fn merged_with_others(bed: &Bed) -> String {
    let git = |args: &[&str]| crate::bed::git(&bed.dir, args);
    git(&["tag", "before", "main"]);
    git(&["switch", "--quiet", "main"]);
    bed.write_config_map("others", &[("a", "1")]);
    let main = bed.commit("By somebody else");
    git(&["switch", "--quiet", "--detach"]);
    git(&["merge", "--quiet", "--no-ff", "--no-edit", "topic"]);
    main
}

/// What somebody does by hand to a ConfigMap of the change.
fn edit(bed: &Bed, name: &str) {
    bed.patch("kubectl-edit", "configmap", name, &json!({"data": {"a": "2"}}));
}

/// So many comments or issues, of which no page holds all: each has `fields`, and what `own` says of its number.
fn many(count: u64, fields: &Value, own: fn(u64) -> Value) -> Vec<Value> {
    let one = |number: u64| {
        let mut one = fields.clone();
        let own = own(number);
        let fields = one.as_object_mut().expect("fields");
        fields.extend(own.as_object().expect("fields").clone());
        one
    };
    (1..=count).map(one).collect()
}

/// The one that a list has more than it had before, when all others are as they were.
#[track_caller]
fn added(before: &[Value], now: &[Value]) -> Value {
    assert_eq!(now[..before.len()], *before);
    let [one] = &now[before.len()..] else {
        panic!("{now:#?}")
    };
    one.clone()
}
