//! A real Kubernetes control plane for tests.
//!
//! [`ControlPlane::bare`] is an API server with its etcd; objects that are
//! deleted go, namespaces end, and nothing else moves. [`ControlPlane::full`]
//! has all controllers, a scheduler and two nodes on which pods seem to run.
//! Both start within seconds at their first use and serve all tests of the
//! process, so a test works in a namespace of its own. What a client asked of
//! the API server is in the audit log of the [`User`] it ran as.
//!
//! The programs are in `tests/controlplane`, a Go module, built at first use.

mod audit;
mod kubectl;
mod program;
mod run_dir;
#[cfg(test)]
mod tests;
mod user;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub use audit::AuditEvent;
pub use kubectl::Output;
pub use program::GoProgram;
pub use program::kubectl as kubectl_program;
pub use user::{Rule, User};

/// How much of a control plane there is.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// API server, garbage collection, namespaces, default ServiceAccounts.
    Bare,
    /// All controllers, the scheduler, the default StorageClass `standard`,
    /// and the nodes `control-plane-0` (labelled
    /// `openstack-control-plane=enabled`) and `compute-0`
    /// (`openstack-compute-node=enabled`), both run by kwok: pods become
    /// ready at once, those of Jobs complete, or fail if they are labelled
    /// `outcome=failure`.
    Full,
}

/// A running control plane.
pub struct ControlPlane {
    supervisor: Child,
    /// What the supervisor reports, a line each; it is told what to restart on its standard input.
    reports: Mutex<BufReader<ChildStdout>>,
    server: String,
    ca: PathBuf,
    admin_kubeconfig: PathBuf,
    audit_log: PathBuf,
    pids: BTreeMap<String, u64>,
    dir: PathBuf,
    users: user::Pools,
}

impl ControlPlane {
    /// The [`Form::Bare`] one that the tests of this process share.
    pub fn bare() -> &'static ControlPlane {
        static SHARED: OnceLock<ControlPlane> = OnceLock::new();
        SHARED.get_or_init(|| ControlPlane::start(Form::Bare))
    }

    /// The [`Form::Full`] one that the tests of this process share.
    pub fn full() -> &'static ControlPlane {
        static SHARED: OnceLock<ControlPlane> = OnceLock::new();
        SHARED.get_or_init(|| ControlPlane::start(Form::Full))
    }

    /// Starts one for a test alone. It ends when it is dropped.
    ///
    /// It would also end without `Drop`, which does not run for statics nor
    /// for a process that is killed: the supervisor ends when its standard
    /// input does, whose other end is in this process.
    pub fn start(form: Form) -> ControlPlane {
        let program = program::controlplane();
        let dir = run_dir::create();
        let mut command = Command::new(program);
        command.arg("up").arg("--dir").arg(&dir).arg("--form");
        command.arg(match form {
            Form::Bare => "bare",
            Form::Full => "full",
        });
        if let Some(assets) = program::assets() {
            command.arg("--assets").arg(assets);
        }
        let mut supervisor = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("failed to run {}: {error}", program.display()));

        let mut line = String::new();
        let mut stdout = BufReader::new(supervisor.stdout.take().expect("standard output is piped"));
        stdout.read_line(&mut line).expect("the supervisor's report is text");
        let Ok(report) = serde_json::from_str::<Value>(&line) else {
            let status = supervisor.wait().expect("the supervisor is our child");
            panic!(
                "the control plane did not start ({status}); the reason is on standard error, the logs in {}",
                dir.display()
            );
        };
        let text = |key: &str| report[key].as_str().expect("a string").to_owned();
        let pids = report["pids"].as_object().expect("an object").iter();
        ControlPlane {
            supervisor,
            reports: Mutex::new(stdout),
            server: text("server"),
            ca: text("ca").into(),
            admin_kubeconfig: text("adminKubeconfig").into(),
            audit_log: text("auditLog").into(),
            pids: pids
                .map(|(name, pid)| (name.clone(), pid.as_u64().expect("a process id")))
                .collect(),
            dir,
            users: user::Pools::read(Path::new(&text("users"))),
        }
    }

    /// The URL of the API server, whose certificate is for `127.0.0.1` at any
    /// port: a client that is sent through a relay is content with it.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// A file with the authority that signed the certificate of the API server, in PEM.
    pub fn ca(&self) -> &Path {
        &self.ca
    }

    /// The kubeconfig of the user `admin`, who prepares and inspects.
    pub fn admin_kubeconfig(&self) -> &Path {
        &self.admin_kubeconfig
    }

    /// A file that has one event a line, which [`User::audit`] reads.
    pub fn audit_log(&self) -> &Path {
        &self.audit_log
    }

    /// Kills this program, `kube-apiserver` or `etcd`, starts it again, and returns when the API server can be used.
    ///
    /// Only for a control plane that no other test uses.
    pub fn restart(&self, program: &str) {
        let mut reports = self.reports.lock().expect("no other test uses it");
        let mut stdin = self.supervisor.stdin.as_ref().expect("standard input is piped");
        writeln!(stdin, "{program}").expect("the supervisor runs");
        let mut line = String::new();
        let read = reports.read_line(&mut line).expect("the supervisor's report is text");
        assert!(
            read > 0,
            "{program} was not started again; the logs are in {}",
            self.dir.display()
        );
    }

    /// The process id of each program, by its name, as it was first started.
    pub fn pids(&self) -> &BTreeMap<String, u64> {
        &self.pids
    }

    /// A user nobody else has, who may do everything.
    pub fn admin(&self) -> User {
        User::new(self, self.users.take_admin())
    }

    /// A user nobody else has, who may do exactly this, in all namespaces and
    /// outside them. Without rules that is what every authenticated user may:
    /// read the API server's version and what it serves.
    pub fn user(&self, rules: &[Rule]) -> User {
        let user = User::new(self, self.users.take_user());
        self.grant(&user, None, rules);
        user
    }

    /// A user nobody else has, who may do exactly this, in one namespace,
    /// which must exist.
    pub fn user_in(&self, namespace: &str, rules: &[Rule]) -> User {
        let user = User::new(self, self.users.take_user());
        self.grant(&user, Some(namespace), rules);
        user
    }

    /// Lets a user do this too, and returns when the API server knows.
    pub fn grant(&self, user: &User, namespace: Option<&str>, rules: &[Rule]) {
        let Some(first) = rules.first() else {
            return;
        };
        let granted = user::role_and_binding(user, namespace, rules);
        self.kubectl_stdin(&["create", "-f", "-"], &granted.to_string())
            .expect_success();
        let review = user::access_review(user, namespace, first).to_string();
        let reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
        wait_until("the API server knows a new role", || {
            let answer = self
                .kubectl_stdin(&["create", "--raw", reviews, "-f", "-"], &review)
                .expect_success();
            let answer: Value = serde_json::from_str(&answer).expect("the answer is JSON");
            answer["status"]["allowed"] == json!(true)
        });
    }

    /// Runs kubectl as the user `admin`.
    pub fn kubectl(&self, args: &[&str]) -> Output {
        self.kubectl_stdin(args, "")
    }

    /// Runs kubectl as the user `admin` with this on standard input.
    pub fn kubectl_stdin(&self, args: &[&str], stdin: &str) -> Output {
        kubectl::run(&self.admin_kubeconfig, args, stdin)
    }

    /// The object with its managed fields, or nothing if there is none.
    pub fn get(&self, kind: &str, namespace: Option<&str>, name: &str) -> Option<Value> {
        let mut args = vec!["get", kind, name, "--output=json"];
        args.extend(["--show-managed-fields", "--ignore-not-found"]);
        if let Some(namespace) = namespace {
            args.extend(["--namespace", namespace]);
        }
        let object = self.kubectl(&args).expect_success();
        (!object.is_empty()).then(|| serde_json::from_str(&object).expect("kubectl prints JSON"))
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        // Nothing can be done if it cannot be waited for.
        let _ = self.supervisor.wait();
    }
}

/// Asks again and again until the answer is yes; panics after a while.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
