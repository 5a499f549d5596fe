//! What a sync must hold to write the directory's own roles and bindings.
//!
//! An API server lets nobody give a right that they do not have
//! ([privilege escalation prevention](https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping)),
//! but for two verbs. `escalate` on a role lets one write any right into it, and so into oneself: it is not
//! given. Instead a sync holds the very rights that git's roles have, and whoever may change git cannot get
//! any other out of it. `bind`, on the names of exactly the roles that git binds, gives nobody more than these
//! roles hold; without it no binding could be tried before its role is there.

use serde_json::Value;

use super::Target;
use super::rights::Rights;
use super::scope;
use crate::object::DesiredObject;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Adds what it takes to write this object, if it is a role or a binding.
pub(super) fn add(object: &DesiredObject, rights: &mut Rights) {
    let kind = &object.reference.kind;
    if kind.group != GROUP {
        return;
    }
    match kind.kind.as_str() {
        "Role" | "ClusterRole" => held(object, rights),
        "RoleBinding" | "ClusterRoleBinding" => bound(object, rights),
        _ => {}
    }
}

/// The rights of a role, each by itself. A role that collects the rules of others, now and later, takes
/// every right there is, or `escalate` on its name.
fn held(role: &DesiredObject, rights: &mut Rights) {
    let reference = &role.reference;
    if role.value.get("aggregationRule").is_some_and(|rule| !rule.is_null()) {
        let target = Target::named(GROUP, "clusterroles", &reference.name);
        rights.add(scope(reference), target, &["escalate"]);
        return;
    }
    let rules = role.value.get("rules").and_then(Value::as_array);
    for rule in rules.into_iter().flatten() {
        let verbs = texts(rule, "verbs");
        for url in texts(rule, "nonResourceURLs") {
            rights.add(scope(reference), Target::Url(url.to_owned()), &verbs);
        }
        let names = texts(rule, "resourceNames");
        for group in texts(rule, "apiGroups") {
            for resource in texts(rule, "resources") {
                if names.is_empty() {
                    rights.add(scope(reference), Target::kind(group, resource), &verbs);
                }
                for name in &names {
                    rights.add(scope(reference), Target::named(group, resource, name), &verbs);
                }
            }
        }
    }
}

fn bound(binding: &DesiredObject, rights: &mut Rights) {
    let text = |key: &str| {
        binding
            .value
            .pointer(&format!("/roleRef/{key}"))
            .and_then(Value::as_str)
    };
    let resource = match text("kind") {
        Some("Role") => "roles",
        Some("ClusterRole") => "clusterroles",
        _ => return,
    };
    if let Some(name) = text("name") {
        let target = Target::named(GROUP, resource, name);
        rights.add(scope(&binding.reference), target, &["bind"]);
    }
}

fn texts<'a>(rule: &'a Value, key: &str) -> Vec<&'a str> {
    let values = rule.get(key).and_then(Value::as_array);
    values.into_iter().flatten().filter_map(Value::as_str).collect()
}
