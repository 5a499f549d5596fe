//! The place a test runs in: a git repository, a user, a namespace, and the command to run.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::control_plane::{AuditEvent, ControlPlane, User};
use crate::documents;

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

/// What a run of the command showed.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
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

impl Run {
    /// Waits for the end of the command.
    ///
    /// In every test, what is stored is what the plan said, and documents are as their schemas say.
    #[track_caller]
    pub fn finish(child: Child) -> Run {
        let output = child.wait_with_output().expect("the command ends");
        let run = Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        };
        let mut lines = run.stdout.lines().chain(run.stderr.lines());
        let mismatch = lines.find(|line| line.starts_with("mismatch:") || is_mismatch(line));
        assert_eq!(mismatch, None, "in\n{}{}", run.stdout, run.stderr);
        documents::are_as_their_schemas_say(&run.stdout);
        run
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Run {
        assert_eq!(
            self.code, code,
            "\n--- stdout\n{}--- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Whether standard output holds this, whatever the spaces between its words.
    #[track_caller]
    pub fn shows(self, words: &str) -> Run {
        let (text, sought) = (squeeze(&self.stdout), squeeze(words));
        assert!(
            text.contains(&sought),
            "no '{sought}' in\n--- stdout\n{}--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    #[track_caller]
    pub fn shows_not(self, words: &str) -> Run {
        let (text, sought) = (squeeze(&self.stdout), squeeze(words));
        assert!(!text.contains(&sought), "'{sought}' in\n--- stdout\n{}", self.stdout);
        self
    }

    /// Whether standard error does not hold this.
    #[track_caller]
    pub fn complains_not(self, words: &str) -> Run {
        let (text, sought) = (squeeze(&self.stderr), squeeze(words));
        assert!(!text.contains(&sought), "'{sought}' in\n--- stderr\n{}", self.stderr);
        self
    }

    /// Whether neither output holds any of these, which are nobody's business.
    #[track_caller]
    pub fn hides(self, secrets: &[&str]) -> Run {
        for secret in secrets {
            assert!(
                !self.stdout.contains(secret) && !self.stderr.contains(secret),
                "{secret} in\n--- stdout\n{}--- stderr\n{}",
                self.stdout,
                self.stderr
            );
        }
        self
    }

    /// Whether standard error holds this, whatever the spaces between its words.
    #[track_caller]
    pub fn complains(self, words: &str) -> Run {
        let (text, sought) = (squeeze(&self.stderr), squeeze(words));
        assert!(
            text.contains(&sought),
            "no '{sought}' in\n--- stdout\n{}--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

/// Whether a line of JSON tells that something was stored otherwise than planned: an event, or a report.
fn is_mismatch(line: &str) -> bool {
    let document: Option<serde_json::Value> = line.starts_with('{').then(|| serde_json::from_str(line).ok()).flatten();
    document.is_some_and(|document| {
        let mismatches = document["mismatches"].as_array();
        document["type"] == "mismatch" || mismatches.is_some_and(|mismatches| !mismatches.is_empty())
    })
}

#[test]
fn a_mismatch_is_seen_in_json_too() {
    assert!(is_mismatch(r#"{"type": "mismatch", "fields": ["data.a"]}"#));
    assert!(is_mismatch(
        r#"{"kind": "Report", "mismatches": [{"fields": ["data.a"]}]}"#
    ));
    assert!(!is_mismatch(r#"{"kind": "Report", "mismatches": []}"#));
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

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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

/// A manifest with these lines under its `metadata:`.
pub fn with_metadata(manifest: &str, lines: &str) -> String {
    manifest.replacen("metadata:\n", &format!("metadata:\n{lines}"), 1)
}

pub fn namespace(name: &str) -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n")
}

pub fn config_map(name: &str, data: &[(&str, &str)]) -> String {
    let mut text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n");
    for (key, value) in data {
        text += &format!("  {key}: {value:?}\n");
    }
    text
}

pub fn secret(name: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\nstringData:\n  password: hunter2\n")
}

/// A Deployment with one container. On the bare control plane nothing runs it, so it never becomes
/// Current there: it is for what does not wait.
pub fn deployment(name: &str, replicas: u32, image: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      containers:
        - name: {name}
          image: {image}
          env:
            - name: FIRST
              value: one
            - name: SECOND
              value: two
"
    )
}

/// A pod template's holder that nothing runs and nothing waits for: Current as soon as it is stored.
pub fn pod_template(name: &str, image: &str) -> String {
    format!(
        "apiVersion: v1
kind: PodTemplate
metadata:
  name: {name}
template:
  spec:
    containers:
      - name: main
        image: {image}
        env:
          - name: FIRST
            value: one
          - name: SECOND
            value: two
"
    )
}

/// The CustomResourceDefinition `{kind}s.{group}`, of which every field is allowed.
pub fn definition(group: &str, kind: &str, scope: &str) -> String {
    let open = "{type: object, x-kubernetes-preserve-unknown-fields: true}";
    definition_with_schema(group, kind, scope, open)
}

/// The CustomResourceDefinition `{kind}s.{group}` of a namespaced kind, whose `spec` has these properties: a mapping in
/// braces, such as `{size: {type: integer}}`.
pub fn definition_of(group: &str, kind: &str, properties: &str) -> String {
    let spec = format!("{{type: object, properties: {properties}}}");
    let schema = format!("{{type: object, properties: {{spec: {spec}}}}}");
    definition_with_schema(group, kind, "Namespaced", &schema)
}

fn definition_with_schema(group: &str, kind: &str, scope: &str, schema: &str) -> String {
    let singular = kind.to_lowercase();
    format!(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: {singular}s.{group}
spec:
  group: {group}
  scope: {scope}
  names: {{plural: {singular}s, singular: {singular}, kind: {kind}, listKind: {kind}List}}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {{openAPIV3Schema: {schema}}}
"
    )
}
