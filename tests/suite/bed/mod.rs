//! The place a test runs in: a git repository, a user, a namespace, and the command to run.

mod claim;
mod manifests;
mod run;

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::control_plane::{AuditEvent, ControlPlane, User};

pub use manifests::{
    config_map, definition, definition_of, deployment, job_with_inputs, namespace, pod_template, secret, with_metadata,
};
pub use run::Run;

/// A test's own repository and namespace. The ApplySet is named like the namespace, by
/// `desired/stackanetes.yaml`.
pub struct Bed {
    pub plane: &'static ControlPlane,
    pub user: User,
    pub namespace: String,
    pub dir: PathBuf,
    /// What each `diff` and `sync` is told.
    pub always: Vec<&'static str>,
}

impl Bed {
    /// On the bare control plane.
    pub fn new(name: &str) -> Bed {
        Bed::on(ControlPlane::bare(), name)
    }

    /// With a namespace that exists, as a user who may do everything.
    pub fn on(plane: &'static ControlPlane, name: &str) -> Bed {
        let bed = Bed::without_namespace(plane, name);
        plane.kubectl(&["create", "namespace", name]).expect_success();
        bed
    }

    /// With a namespace that is still to be created.
    pub fn without_namespace(plane: &'static ControlPlane, name: &str) -> Bed {
        let bed = Bed {
            plane,
            user: plane.admin(),
            namespace: name.to_owned(),
            dir: repository(name),
            always: Vec::new(),
        };
        bed.write("stackanetes.yaml", &format!("name: {name}\nnamespace: {name}\n"));
        bed
    }

    /// Goes on in a new repository and for another namespace, which is still to be created, as the same user:
    /// there are only so many of them.
    pub fn move_to(&mut self, name: &str) {
        let _ = fs::remove_dir_all(&self.dir);
        let _ = fs::remove_dir_all(self.cache());
        name.clone_into(&mut self.namespace);
        self.dir = repository(name);
    }

    /// Its secret parameters may have the defaults of the directory.
    pub fn with_default_secrets(mut self) -> Bed {
        self.always.push("--allow-default-secrets");
        self
    }

    /// A path beside the repository, at which nothing is.
    pub fn beside(&self, name: &str) -> PathBuf {
        let path = self.dir.with_extension(name);
        let _ = fs::remove_dir_all(&path);
        path
    }

    /// Where the command keeps what servers have said: not in the repository.
    pub fn cache(&self) -> PathBuf {
        self.dir.with_extension("cache")
    }

    /// Writes a file of `desired/`.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.dir.join("desired").join(path);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory of our own");
        fs::write(path, text).expect("a file of our own");
    }

    /// Writes a ConfigMap into a file of `desired/` that is named like it.
    pub fn write_config_map(&self, name: &str, data: &[(&str, &str)]) {
        self.write(&format!("{name}.yaml"), &config_map(name, data));
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.dir.join("desired").join(path)).expect("a file that is there");
    }

    pub fn rename(&self, from: &str, to: &str) {
        let (from, to) = (self.dir.join("desired").join(from), self.dir.join("desired").join(to));
        fs::create_dir_all(to.parent().expect("a file has a directory")).expect("a directory of our own");
        fs::rename(from, to).expect("a file that is there");
    }

    /// Commits everything; the full id.
    pub fn commit(&self, subject: &str) -> String {
        commit(&self.dir, subject)
    }

    /// Runs the command in the repository, as the bed's user, with nothing else in the environment.
    pub fn run(&self, args: &[&str]) -> Run {
        self.run_as(&self.user.kubeconfig, args, "")
    }

    /// Runs it with this on standard input.
    pub fn run_with(&self, args: &[&str], stdin: &str) -> Run {
        self.run_as(&self.user.kubeconfig, args, stdin)
    }

    /// Runs it as another user.
    pub fn run_as(&self, kubeconfig: &Path, args: &[&str], stdin: &str) -> Run {
        let mut child = self.start_as(kubeconfig, args);
        // A command that reads nothing may be gone before everything is written.
        let _ = child.stdin.take().expect("it is piped").write_all(stdin.as_bytes());
        Run::finish(child)
    }

    /// Starts it and does not wait for its end, which is [`Run::finish`].
    pub fn start(&self, args: &[&str]) -> Child {
        self.start_as(&self.user.kubeconfig, args)
    }

    /// Starts it as another user, or by another way to the API server.
    pub fn start_as(&self, kubeconfig: &Path, args: &[&str]) -> Child {
        let mut command = self.command(args);
        command.env("KUBECONFIG", kubeconfig).stdin(Stdio::piped());
        command.spawn().expect("the command can be run")
    }

    /// The command with what each `diff` and `sync` is told, to be run as [`Bed::program`] says.
    pub fn command(&self, args: &[&str]) -> Command {
        let takes_options = args.first().is_some_and(|command| ["diff", "sync"].contains(command));
        let mut command = self.program(env!("CARGO_BIN_EXE_stackanetes"));
        command.args(args).args(self.always.iter().filter(|_| takes_options));
        command
    }

    /// A program to be run in the repository, as the bed's user, with nothing else in the environment and nothing on
    /// standard input. What it prints is read.
    pub fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.dir)
            .env_clear()
            .env("KUBECONFIG", &self.user.kubeconfig)
            .env("HOME", &self.dir)
            .env("XDG_CACHE_HOME", self.cache())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn diff(&self) -> Run {
        self.run(&["diff"])
    }

    /// Syncs without asking, with a time limit that suits a test.
    pub fn sync(&self) -> Run {
        self.run(&["sync", "--yes", "--timeout", "60s"])
    }

    /// Syncs, and expects that all of it is done.
    pub fn synced(&self) -> Run {
        self.sync().exits(0)
    }

    /// What the user asked of the API server while `work` ran.
    pub fn audited(&self, work: impl FnOnce()) -> Vec<AuditEvent> {
        let before = self.user.audit().len();
        work();
        self.user.audit().split_off(before)
    }

    /// An object of the bed's namespace.
    pub fn get(&self, kind: &str, name: &str) -> Option<serde_json::Value> {
        self.plane.get(kind, Some(&self.namespace), name)
    }

    /// Who holds the Lease of the bed's ApplySet; empty when it is free.
    pub fn lease_holder(&self) -> String {
        let lease = self.get("lease", &format!("stackanetes-{}", self.namespace));
        let holder = lease.expect("there is a Lease")["spec"]["holderIdentity"].clone();
        holder.as_str().unwrap_or_default().to_owned()
    }

    /// Lets the Lease of this ApplySet expire soon, whose holder was killed, if there is one.
    pub fn expire_lease(&self, set: &str) {
        let lease = format!("stackanetes-{set}");
        if self.get("lease", &lease).is_some() {
            let soon = serde_json::json!({"spec": {"leaseDurationSeconds": 1}});
            self.patch("test", "lease", &lease, &soon);
        }
    }

    /// Changes an object of the bed's namespace under the name of this manager.
    pub fn patch(&self, manager: &str, kind: &str, name: &str, patch: &serde_json::Value) {
        let (manager, patch) = (format!("--field-manager={manager}"), patch.to_string());
        self.kubectl(&["patch", kind, name, "--type=merge", &manager, "--patch", &patch]);
    }

    /// Runs kubectl in the bed's namespace.
    pub fn kubectl(&self, args: &[&str]) -> String {
        let args: Vec<&str> = args.iter().copied().chain(["--namespace", &self.namespace]).collect();
        self.plane.kubectl(&args).expect_success()
    }

    /// Runs kubectl in the bed's namespace, with this on standard input.
    pub fn kubectl_stdin(&self, args: &[&str], stdin: &str) -> String {
        let args: Vec<&str> = args.iter().copied().chain(["--namespace", &self.namespace]).collect();
        self.plane.kubectl_stdin(&args, stdin).expect_success()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.dir);
            let _ = fs::remove_dir_all(self.cache());
        }
    }
}

/// What kubectl is asked to do what the controller of autoscalers does to the Deployment `web`.
pub fn scaling(replicas: u32) -> [String; 8] {
    let patch = serde_json::json!({"spec": {"replicas": replicas}});
    [
        "patch",
        "deployment",
        "web",
        "--subresource=scale",
        "--type=merge",
        "--field-manager=kube-controller-manager",
        "--patch",
        &patch.to_string(),
    ]
    .map(str::to_owned)
}

/// Runs git in a directory, with a configuration of its own.
pub fn git(directory: &Path, args: &[&str]) {
    let run = Command::new("git")
        .args(["-c", "protocol.file.allow=always"])
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(args)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git can be run");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "git {args:?}: {said}");
}

/// Writes a shell script that can be run as a program.
pub fn write_script(path: &Path, lines: &str) {
    use std::os::unix::fs::PermissionsExt as _;

    fs::write(path, format!("#!/bin/sh\n{lines}\n")).expect("a file of our own");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a file of our own");
}

/// A new repository, with nothing beside it.
fn repository(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    let _ = fs::remove_dir_all(dir.with_extension("cache"));
    fs::create_dir_all(&dir).expect("a directory of our own");
    git2::Repository::init(&dir).expect("a new repository");
    dir
}

/// Commits everything in a repository; the full id.
pub fn commit(repository: &Path, subject: &str) -> String {
    let repository = git2::Repository::open(repository).expect("the repository");
    let mut index = repository.index().expect("an index");
    index
        .add_all(["*"], git2::IndexAddOption::DEFAULT, None)
        .expect("files that can be added");
    index.update_all(["*"], None).expect("files that can be removed");
    let tree = repository
        .find_tree(index.write_tree().expect("a tree"))
        .expect("the tree");
    index.write().expect("an index that can be written");
    let author = git2::Signature::now("Test", "test@example.com").expect("a signature");
    let head = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
    let parents: Vec<_> = head.iter().collect();
    let commit = repository.commit(Some("HEAD"), &author, &author, subject, &tree, &parents);
    commit.expect("a commit").to_string()
}

/// Asks again and again until the answer is yes; panics after a while.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
