//! Users of the API server: each test takes its own, so that its requests can
//! be told apart in the audit log.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::ControlPlane;
use super::audit::{self, AuditEvent};
use super::kubectl::{self, Output};

/// Someone the API server knows by a token.
#[derive(Debug)]
pub struct User {
    pub name: String,
    pub token: String,
    /// A file.
    pub kubeconfig: PathBuf,
    ca: PathBuf,
    audit_log: PathBuf,
}

impl User {
    pub(super) fn new(control_plane: &ControlPlane, credentials: Credentials) -> User {
        let user = User {
            kubeconfig: control_plane.dir.join(format!("{}.kubeconfig", credentials.name)),
            name: credentials.name,
            token: credentials.token,
            ca: control_plane.ca.clone(),
            audit_log: control_plane.audit_log().to_owned(),
        };
        user.write_kubeconfig(&user.kubeconfig, &control_plane.server);
        user
    }

    /// Makes another kubeconfig of this user: for a proxy of the API server.
    pub fn kubeconfig_for(&self, server: &str) -> PathBuf {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = self
            .kubeconfig
            .with_file_name(format!("{}-proxy-{number}.kubeconfig", self.name));
        self.write_kubeconfig(&path, server);
        path
    }

    /// Runs kubectl as this user.
    pub fn kubectl(&self, args: &[&str]) -> Output {
        self.kubectl_stdin(args, "")
    }

    /// Runs kubectl as this user with this on standard input.
    pub fn kubectl_stdin(&self, args: &[&str], stdin: &str) -> Output {
        kubectl::run(&self.kubeconfig, args, stdin)
    }

    /// The requests of this user that were answered so far, and the watches
    /// that have begun, by the time they arrived.
    pub fn audit(&self) -> Vec<AuditEvent> {
        audit::of_user(&self.audit_log, &self.name)
    }

    fn write_kubeconfig(&self, path: &Path, server: &str) {
        // Over plain HTTP no credential is sent: kubectl proxy has its own.
        let is_encrypted = server.starts_with("https://");
        let credential = if is_encrypted {
            json!({"token": self.token})
        } else {
            json!({})
        };
        let kubeconfig = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{
                "name": "controlplane",
                "cluster": {"server": server, "certificate-authority": self.ca},
            }],
            "users": [{"name": self.name, "user": credential}],
            "contexts": [{
                "name": "controlplane",
                "context": {"cluster": "controlplane", "user": self.name},
            }],
            "current-context": "controlplane",
        });
        fs::write(path, kubeconfig.to_string()).expect("a kubeconfig can be written");
    }
}

/// What a user may do, as in a Role. The core API group is `""`; `"*"` stands
/// for all groups, resources or verbs.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    pub groups: &'a [&'a str],
    pub resources: &'a [&'a str],
    pub verbs: &'a [&'a str],
}

/// A ClusterRole, or a Role if there is a namespace, and its binding.
pub(super) fn role_and_binding(user: &User, namespace: Option<&str>, rules: &[Rule]) -> Value {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let metadata = json!({"name": format!("{}-{number}", user.name), "namespace": namespace});
    let kind = if namespace.is_some() { "Role" } else { "ClusterRole" };
    let rules: Vec<Value> = rules
        .iter()
        .map(|rule| json!({"apiGroups": rule.groups, "resources": rule.resources, "verbs": rule.verbs}))
        .collect();
    let group = "rbac.authorization.k8s.io";
    let version = format!("{group}/v1");
    json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": version, "kind": kind, "metadata": metadata, "rules": rules},
        {
            "apiVersion": version,
            "kind": format!("{kind}Binding"),
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": kind, "name": metadata["name"]},
            "subjects": [{"apiGroup": group, "kind": "User", "name": user.name}],
        },
    ]})
}

/// The question whether a user may do the first thing that a rule allows.
pub(super) fn access_review(user: &User, namespace: Option<&str>, rule: &Rule) -> Value {
    let first = |of: &[&str]| of.first().copied().expect("a rule names something").to_owned();
    let resource = first(rule.resources);
    let (resource, subresource) = resource.split_once('/').unwrap_or((&resource, ""));
    json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user.name, "resourceAttributes": {
            "namespace": namespace,
            "group": first(rule.groups),
            "resource": resource,
            "subresource": subresource,
            "verb": first(rule.verbs),
        }},
    })
}

/// The users of a control plane that tests may take, each once.
pub(super) struct Pools {
    admins: Pool,
    users: Pool,
}

impl Pools {
    pub(super) fn read(path: &Path) -> Pools {
        let text = fs::read_to_string(path).expect("the users can be read");
        let pools: Value = serde_json::from_str(&text).expect("the users are JSON");
        Pools {
            admins: Pool::new(&pools["admins"]),
            users: Pool::new(&pools["users"]),
        }
    }

    pub(super) fn take_admin(&self) -> Credentials {
        self.admins.take()
    }

    pub(super) fn take_user(&self) -> Credentials {
        self.users.take()
    }
}

struct Pool {
    all: Vec<Credentials>,
    taken: AtomicUsize,
}

impl Pool {
    fn new(users: &Value) -> Pool {
        let text = |value: &Value| value.as_str().expect("a string").to_owned();
        Pool {
            all: users
                .as_array()
                .expect("a list of users")
                .iter()
                .map(|user| Credentials {
                    name: text(&user["name"]),
                    token: text(&user["token"]),
                })
                .collect(),
            taken: AtomicUsize::new(0),
        }
    }

    fn take(&self) -> Credentials {
        let next = self.taken.fetch_add(1, Ordering::Relaxed);
        self.all.get(next).cloned().unwrap_or_else(|| {
            panic!(
                "all {} users are taken; usersPerPool in tests/controlplane/credentials.go makes more",
                self.all.len()
            )
        })
    }
}

#[derive(Clone)]
pub(super) struct Credentials {
    name: String,
    token: String,
}
