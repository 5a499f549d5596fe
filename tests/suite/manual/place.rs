//! The directory in which the blocks of a chapter are run, by a shell that finds the programs.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::root;
use crate::bed::write_script;
use crate::built;
use crate::control_plane::{ControlPlane, Form, User, kubectl_program};
use crate::sops;

/// Finds a program, and builds it if it has not been.
type Program = fn() -> &'static Path;

/// What the blocks run, besides what every system has and `kubectl`.
const PROGRAMS: [(&str, Program); 4] = [
    ("stackanetes", || Path::new(env!("CARGO_BIN_EXE_stackanetes"))),
    ("sops", sops::program),
    ("age-keygen", sops::age_keygen),
    ("helm", built::helm),
];

/// Outside of this repository: a copy of `fixtures/manual/NAME`, or empty where there is none.
///
/// A `setup.sh` of the fixture has been run in the copy. One that is named `cluster.sh` has a cluster, and then so have
/// the blocks.
pub struct Place {
    /// With the directories `work`, `bin` and `home`.
    whole: TempDir,
    user: Option<User>,
}

/// What a command printed on both streams, in the order in which it did, and its exit code.
pub struct Ran {
    pub code: i32,
    pub printed: Vec<String>,
}

/// The control plane of all chapters, which is nobody else's: they name sets and namespaces as they like.
fn plane() -> &'static ControlPlane {
    static PLANE: OnceLock<ControlPlane> = OnceLock::new();
    PLANE.get_or_init(|| ControlPlane::start(Form::Full))
}

impl Place {
    pub fn new(name: &str) -> Self {
        let whole = tempfile::tempdir().expect("a directory of our own");
        for part in ["work", "bin", "home"] {
            fs::create_dir(whole.path().join(part)).expect("a directory of our own");
        }
        let fixture = root().join("fixtures/manual").join(name);
        let needs_cluster = fixture.join("cluster.sh").is_file();
        let place = Self {
            whole,
            user: needs_cluster.then(|| plane().admin()),
        };
        if place.user.is_some() {
            place.offer_kubectl();
        }
        if fixture.is_dir() {
            copy(&fixture, &place.dir());
            place.set_up(name);
        }
        place
    }

    fn dir(&self) -> PathBuf {
        self.whole.path().join("work")
    }

    /// Writes a file that a chapter shows.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.dir().join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory of our own");
        fs::write(path, text).expect("a file of our own");
    }

    /// A program `kubectl`, and a context that is named `prod`.
    fn offer_kubectl(&self) {
        let command = kubectl_program();
        let mut script = format!("exec '{}'", command.get_program().display());
        for arg in command.get_args() {
            write!(script, " {}", arg.display()).expect("a text can be written");
        }
        let program = self.whole.path().join("bin/kubectl");
        write_script(&program, &(script + " \"$@\""));
        let ran = self.run("kubectl config rename-context \"$(kubectl config current-context)\" prod");
        assert_eq!(ran.code, 0, "{:?}", ran.printed);
    }

    fn set_up(&self, name: &str) {
        for script in ["setup.sh", "cluster.sh"].map(|script| self.dir().join(script)) {
            if let Ok(text) = fs::read_to_string(&script) {
                fs::remove_file(&script).expect("a file of our own");
                let ran = self.run(&format!("set -eux\n{text}"));
                assert_eq!(ran.code, 0, "fixtures/manual/{name}:\n{}", ran.printed.join("\n"));
            }
        }
    }

    /// Links the programs that a command line names. Only then are those built that have to be.
    fn offer(&self, command: &str) {
        for (name, program) in PROGRAMS {
            let link = self.whole.path().join("bin").join(name);
            if command.contains(name) && !link.exists() {
                symlink(program(), link).expect("a link of our own");
            }
        }
    }

    /// Runs a command line in the directory, with nothing on standard input.
    pub fn run(&self, command: &str) -> Ran {
        self.offer(command);
        let mut path = self.whole.path().join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("exec 2>&1; set -o pipefail\n{command}")]);
        shell.current_dir(self.dir()).env_clear().envs(self.environment());
        let run = shell.env("PATH", path).stdin(Stdio::null()).output();
        let run = run.expect("bash can be run");
        let printed = String::from_utf8(run.stdout).expect("UTF-8");
        Ran {
            code: run.status.code().unwrap_or(-1),
            printed: printed.lines().map(ToOwned::to_owned).collect(),
        }
    }

    /// Nothing of the person's; commits have the same author and time, and so the same id in each run.
    fn environment(&self) -> Vec<(&'static str, OsString)> {
        let home = self.whole.path().join("home");
        let mut environment = vec![
            ("XDG_CACHE_HOME", home.join("cache").into()),
            ("HOME", home.into()),
            ("REPOSITORY", root().into()),
            ("GIT_CONFIG_GLOBAL", "/dev/null".into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
        ];
        for (name, value) in [
            ("GIT_AUTHOR_NAME", "Alice"),
            ("GIT_AUTHOR_EMAIL", "alice@example.com"),
            ("GIT_AUTHOR_DATE", "2026-11-20T12:00:00Z"),
            ("GIT_COMMITTER_NAME", "Alice"),
            ("GIT_COMMITTER_EMAIL", "alice@example.com"),
            ("GIT_COMMITTER_DATE", "2026-11-20T12:00:00Z"),
        ] {
            environment.push((name, value.into()));
        }
        if let Some(user) = &self.user {
            environment.push(("KUBECONFIG", user.kubeconfig.clone().into()));
        }
        environment
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory of our own");
    for entry in fs::read_dir(from).expect("a fixture") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file of our own");
        }
    }
}
