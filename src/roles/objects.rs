//! Rights as the objects that give them.

use serde_json::{Value, json};

use super::rights::Rights;
use crate::applyset::inventory::{ApplySet, PART_OF};
use crate::cluster::Scope;

const GROUP: &str = "rbac.authorization.k8s.io";

/// A subject that rights are given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A user, by the name that the API server knows.
    User(String),
    /// A group of users.
    Group(String),
    /// The pods of a ServiceAccount.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl Subject {
    fn object(&self) -> Value {
        match self {
            Self::User(name) => json!({"apiGroup": GROUP, "kind": "User", "name": name}),
            Self::Group(name) => json!({"apiGroup": GROUP, "kind": "Group", "name": name}),
            Self::ServiceAccount { namespace, name } => {
                json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
            }
        }
    }
}

/// A ClusterRole, and a Role in each namespace, all of this `name`; each with a binding, unless it is for
/// nobody yet.
pub fn objects(rights: &Rights, name: &str, subjects: &[Subject]) -> Vec<Value> {
    let mut objects = Vec::new();
    for (scope, rules) in rights.rules() {
        let (kind, metadata) = match scope {
            Scope::Cluster => ("ClusterRole", json!({"name": name})),
            Scope::Namespace(namespace) => ("Role", json!({"name": name, "namespace": namespace})),
        };
        let api_version = format!("{GROUP}/v1");
        objects.push(json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "rules": rules}));
        if !subjects.is_empty() {
            objects.push(json!({
                "apiVersion": api_version,
                "kind": format!("{kind}Binding"),
                "metadata": metadata,
                "roleRef": {"apiGroup": GROUP, "kind": kind, "name": name},
                "subjects": subjects.iter().map(Subject::object).collect::<Vec<_>>(),
            }));
        }
    }
    objects
}

/// A Namespace that is a member of `set` from the start.
pub(super) fn namespace(name: &str, set: &ApplySet) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {PART_OF: set.id()}}})
}
