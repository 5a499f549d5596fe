//! What an object lets somebody do that a reviewer must not overlook.
//!
//! After the [Pod Security Standards](https://kubernetes.io/docs/concepts/security/pod-security-standards/) and the
//! [good practices for RBAC](https://kubernetes.io/docs/concepts/security/rbac-good-practices/) of Kubernetes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::pods::PodTemplate;
use crate::object::GroupKind;
use crate::object::field::At;

/// Something that an object lets somebody do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privilege {
    /// Its subjects get this role, which may do everything, or everything in a namespace.
    Role(String),
    /// Every verb, or every resource.
    Wildcard,
    /// A verb by which somebody may get more rights than they have: `escalate`, `bind`, `impersonate`.
    Verb(String),
    /// To read Secrets.
    Secrets,
    /// To see, and to change or refuse, what is written to the API server.
    Webhook,
    /// A container that may do what the node may.
    Privileged,
    /// A namespace of the node: `hostNetwork`, `hostPID`, `hostIPC`.
    Host(String),
    /// A directory of the node.
    HostPath(String),
    /// A capability of Linux that containers do not have by themselves.
    Capability(String),
    /// To be reached from outside the cluster, by a port of every node or by a load balancer.
    Exposed(String),
}

impl Privilege {
    /// Those of the object `value` of this kind.
    pub fn of(kind: &GroupKind, value: &Value) -> BTreeSet<Self> {
        let root = At::root(value);
        match (kind.group.as_str(), kind.kind.as_str()) {
            ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => rules(&root),
            ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => role(&root).into_iter().collect(),
            ("admissionregistration.k8s.io", "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration") => {
                let is_any = !root.field("webhooks").items().is_empty();
                is_any.then_some(Self::Webhook).into_iter().collect()
            }
            ("", "Service") => {
                let exposed = root.at(&["spec", "type"]).text();
                let exposed = exposed.filter(|kind| ["NodePort", "LoadBalancer"].contains(kind));
                exposed.map(|kind| Self::Exposed(kind.to_owned())).into_iter().collect()
            }
            _ => PodTemplate::of(kind, value)
                .map(|template| pods(&template))
                .unwrap_or_default(),
        }
    }

    /// What programs know it by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Role(_) => "role",
            Self::Wildcard => "wildcard",
            Self::Verb(_) => "verb",
            Self::Secrets => "secrets",
            Self::Webhook => "webhook",
            Self::Privileged => "privileged",
            Self::Host(_) => "hostNamespace",
            Self::HostPath(_) => "hostPath",
            Self::Capability(_) => "capability",
            Self::Exposed(_) => "exposed",
        }
    }
}

/// The built-in roles that give so much; `system:masters` is a group, and no role.
fn role(binding: &At<'_>) -> Option<Privilege> {
    let role = binding.at(&["roleRef", "name"]).text()?;
    ["cluster-admin", "admin", "edit"]
        .contains(&role)
        .then(|| Privilege::Role(role.to_owned()))
}

fn rules(role: &At<'_>) -> BTreeSet<Privilege> {
    let mut found = BTreeSet::new();
    for rule in role.field("rules").items() {
        let texts = |field: &str| -> Vec<&str> { rule.field(field).items().iter().filter_map(At::text).collect() };
        let (verbs, resources) = (texts("verbs"), texts("resources"));
        if verbs.contains(&"*") || resources.contains(&"*") {
            found.insert(Privilege::Wildcard);
        }
        let dangerous = ["escalate", "bind", "impersonate"];
        let verbs_found = dangerous.iter().filter(|verb| verbs.contains(verb));
        found.extend(verbs_found.map(|verb| Privilege::Verb((*verb).to_owned())));
        let reads = ["get", "list", "watch", "*"].iter().any(|verb| verbs.contains(verb));
        let is_named = !rule.field("resourceNames").items().is_empty();
        if reads && !is_named && resources.contains(&"secrets") {
            found.insert(Privilege::Secrets);
        }
    }
    found
}

fn pods(template: &PodTemplate<'_>) -> BTreeSet<Privilege> {
    let spec = &template.spec;
    let is_set = |at: At<'_>| at.value.as_bool() == Some(true);
    let hosts = ["hostNetwork", "hostPID", "hostIPC"];
    let hosts = hosts.iter().filter(|name| is_set(spec.field(name)));
    let mut found: BTreeSet<Privilege> = hosts.map(|name| Privilege::Host((*name).to_owned())).collect();
    for volume in spec.field("volumes").items() {
        let path = volume.at(&["hostPath", "path"]).text();
        found.extend(path.map(|path| Privilege::HostPath(path.to_owned())));
    }
    for container in template.containers() {
        let security = container.field("securityContext");
        if is_set(security.field("privileged")) {
            found.insert(Privilege::Privileged);
        }
        let added = security.at(&["capabilities", "add"]).items();
        found.extend(
            added
                .iter()
                .filter_map(At::text)
                .map(|name| Privilege::Capability(name.to_owned())),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(group: &str, kind: &str, value: &Value) -> Vec<Privilege> {
        Privilege::of(&GroupKind::new(group, kind), value).into_iter().collect()
    }

    #[test]
    fn roles_and_bindings_that_give_much_are_found() {
        let rbac = "rbac.authorization.k8s.io";
        let binding = json!({"roleRef": {"name": "cluster-admin"}, "subjects": []});
        assert_eq!(
            found(rbac, "ClusterRoleBinding", &binding),
            [Privilege::Role("cluster-admin".into())]
        );
        let view = json!({"roleRef": {"name": "view"}});
        assert_eq!(found(rbac, "RoleBinding", &view), []);
        let role = json!({"rules": [
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["own"]},
            {"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"]},
        ]});
        assert_eq!(
            found(rbac, "ClusterRole", &role),
            [Privilege::Verb("impersonate".into())]
        );
        let role = json!({"rules": [
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]},
            {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get"]},
        ]});
        assert_eq!(found(rbac, "Role", &role), [Privilege::Wildcard, Privilege::Secrets]);
    }

    #[test]
    fn pods_that_reach_the_node_are_found_whatever_makes_them() {
        let spec = json!({
            "hostNetwork": true,
            "hostPID": false,
            "volumes": [{"name": "run", "hostPath": {"path": "/run"}}, {"name": "tmp", "emptyDir": {}}],
            "initContainers": [{"securityContext": {"capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}}}],
            "containers": [{"securityContext": {"privileged": true}}],
        });
        let expected = [
            Privilege::Privileged,
            Privilege::Host("hostNetwork".into()),
            Privilege::HostPath("/run".into()),
            Privilege::Capability("NET_ADMIN".into()),
        ];
        let template = json!({"spec": {"template": {"spec": spec}}});
        assert_eq!(found("apps", "DaemonSet", &template), expected);
        assert_eq!(found("", "Pod", &json!({"spec": spec})), expected);
        let job = json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}});
        assert_eq!(found("batch", "CronJob", &job), expected);
    }

    #[test]
    fn what_is_reached_from_outside_and_what_sees_all_writes_is_found() {
        let service = |kind: &str| json!({"spec": {"type": kind}});
        assert_eq!(found("", "Service", &service("ClusterIP")), []);
        assert_eq!(
            found("", "Service", &service("LoadBalancer")),
            [Privilege::Exposed("LoadBalancer".into())]
        );
        let hooks = json!({"webhooks": [{"name": "a"}]});
        let group = "admissionregistration.k8s.io";
        assert_eq!(
            found(group, "MutatingWebhookConfiguration", &hooks),
            [Privilege::Webhook]
        );
        assert_eq!(found(group, "ValidatingWebhookConfiguration", &json!({})), []);
    }
}
