//! A role that is given to a user, right by right: which of them a request uses, and how things go without one.

use serde_json::{Value, json};

use crate::bed::{Bed, Run, wait_until};
use crate::control_plane::{AuditEvent, User};

/// One right of a role, by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Right {
    pub(super) namespace: Option<String>,
    pub(super) group: String,
    pub(super) resource: String,
    pub(super) name: Option<String>,
    pub(super) verb: String,
}

impl Right {
    /// Whether this request was allowed by it.
    pub(super) fn is_used_by(&self, request: &AuditEvent) -> bool {
        // An apply of what is not there takes both.
        let is_created = request.verb == "patch" && request.code == 201 && self.verb == "create";
        // The log tells a Namespace to be in itself.
        let is_here = match &self.namespace {
            Some(namespace) => *namespace == request.namespace,
            None => request.namespace.is_empty() || request.resource == "namespaces",
        };
        (request.verb == self.verb || is_created)
            && request.code != 403
            && is_here
            && request.group == self.group
            && request.resource == self.resource
            && self.name.as_ref().is_none_or(|name| *name == request.name)
    }

    /// Whether the API server knows this user to have it.
    pub(super) fn is_had_by(&self, user: &User) -> bool {
        let mut args = vec!["auth", "can-i", self.verb.as_str()];
        let mut target = match self.group.as_str() {
            "" => self.resource.clone(),
            group => format!("{}.{group}", self.resource),
        };
        target.extend(self.name.as_ref().map(|name| format!("/{name}")));
        args.push(&target);
        if let Some(namespace) = &self.namespace {
            args.extend(["--namespace", namespace]);
        }
        user.kubectl(&args).stdout.trim() == "yes"
    }
}

/// A role that was given to a user, as it is in the cluster.
pub(super) struct Given<'a> {
    pub(super) bed: &'a Bed,
    pub(super) user: User,
    name: String,
    namespaces: Vec<&'static str>,
}

/// A new user who is given the printed roles, in the namespaces that they are printed for.
pub fn user(bed: &Bed, purpose: &str, namespaces: &[&'static str]) -> User {
    Given::to_new_user(bed, purpose, namespaces, &[]).user
}

impl<'a> Given<'a> {
    /// Has an administrator apply what the command prints.
    pub(super) fn to_new_user(bed: &'a Bed, purpose: &str, namespaces: &[&'static str], options: &[&str]) -> Self {
        let user = bed.plane.user(&[]);
        let args = ["roles", "--for", purpose, "--user", &user.name];
        // Nobody is asked: without a kubeconfig it prints the same.
        let printed = bed.run_as(
            std::path::Path::new("/nowhere"),
            &args.into_iter().chain(options.iter().copied()).collect::<Vec<_>>(),
            "",
        );
        let printed = printed.exits(0).stdout;
        bed.plane
            .kubectl_stdin(&["apply", "--server-side", "-f", "-"], &printed)
            .expect_success();
        let given = Self {
            bed,
            user,
            name: format!("stackanetes-{}-{purpose}", bed.namespace),
            namespaces: namespaces.to_vec(),
        };
        let rights = given.rights();
        wait_until("the roles are known", || {
            let mut scopes = rights.chunk_by(|one, other| one.namespace == other.namespace);
            scopes.all(|scope| scope[0].is_had_by(&given.user))
        });
        given
    }

    pub(super) fn role(&self, namespace: Option<&str>) -> Value {
        let kind = if namespace.is_some() { "role" } else { "clusterrole" };
        let role = self.bed.plane.get(kind, namespace, &self.name);
        role.unwrap_or_else(|| panic!("{kind} {namespace:?}"))
    }

    pub(super) fn scopes(&self) -> impl Iterator<Item = Option<&'static str>> {
        [None].into_iter().chain(self.namespaces.iter().copied().map(Some))
    }

    pub(super) fn rights(&self) -> Vec<Right> {
        let texts = |rule: &Value, key: &str| -> Vec<String> {
            let values = rule[key].as_array().into_iter().flatten();
            values.map(|value| value.as_str().expect("text").to_owned()).collect()
        };
        let mut rights = Vec::new();
        for namespace in self.scopes() {
            for rule in self.role(namespace)["rules"].as_array().expect("rules") {
                let names = texts(rule, "resourceNames");
                let names = if names.is_empty() {
                    vec![None]
                } else {
                    names.into_iter().map(Some).collect()
                };
                for group in texts(rule, "apiGroups") {
                    for resource in texts(rule, "resources") {
                        for name in &names {
                            for verb in texts(rule, "verbs") {
                                rights.push(Right {
                                    namespace: namespace.map(str::to_owned),
                                    group: group.clone(),
                                    resource: resource.clone(),
                                    name: name.clone(),
                                    verb,
                                });
                            }
                        }
                    }
                }
            }
        }
        rights
    }

    /// The rights that no request has used.
    pub(super) fn unused(&self) -> Vec<Right> {
        let requests = self.user.audit();
        let is_used = |right: &Right| requests.iter().any(|request| right.is_used_by(request));
        self.rights().into_iter().filter(|right| !is_used(right)).collect()
    }

    /// Gives the user these rules in the place of a role's, and waits until that is known.
    pub(super) fn set(&self, namespace: Option<&str>, rules: &[Value], right: &Right, is_had: bool) {
        let mut role = self.role(namespace);
        role["rules"] = json!(rules);
        role["metadata"]["managedFields"] = Value::Null;
        role["metadata"]["resourceVersion"] = Value::Null;
        self.bed
            .plane
            .kubectl_stdin(&["replace", "-f", "-"], &role.to_string())
            .expect_success();
        wait_until("the role is known", || right.is_had_by(&self.user) == is_had);
    }

    /// Does `work` as the user without this one right.
    pub(super) fn without<T>(&self, right: &Right, work: impl FnOnce() -> T) -> T {
        let namespace = right.namespace.as_deref();
        let rules: Vec<Value> = self
            .rights()
            .iter()
            .filter(|other| other.namespace == right.namespace && *other != right)
            .map(|right| {
                let mut rule = json!({"apiGroups": [right.group], "resources": [right.resource],
                                      "verbs": [right.verb]});
                if let Some(name) = &right.name {
                    rule["resourceNames"] = json!([name]);
                }
                rule
            })
            .collect();
        let before = self.role(namespace)["rules"].as_array().expect("rules").clone();
        let urls = before.iter().filter(|rule| rule.get("nonResourceURLs").is_some());
        let rules: Vec<Value> = rules.into_iter().chain(urls.cloned()).collect();
        self.set(namespace, &rules, right, false);
        let done = work();
        self.set(namespace, &before, right, true);
        done
    }

    pub(super) fn run(&self, args: &[&str]) -> Run {
        self.bed.run_as(&self.user.kubeconfig, args, "")
    }
}
