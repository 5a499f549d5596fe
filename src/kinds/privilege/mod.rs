//! What an object lets somebody do that a reviewer must not overlook.
//!
//! After the [Pod Security Standards](https://kubernetes.io/docs/concepts/security/pod-security-standards/) and the
//! [good practices for RBAC](https://kubernetes.io/docs/concepts/security/rbac-good-practices/) of Kubernetes.

mod known;
mod rules;
mod severity;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::known::new_items;
pub use self::severity::Breadth;
use super::pods::PodTemplate;
use crate::object::field::{At, FieldPath};
use crate::object::{GroupKind, HIDDEN};

/// The capabilities that containers may add by the baseline of the Pod Security Standards: those that they have by
/// themselves where nothing is dropped.
const BASELINE: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The API group of what is asked about each write.
const WEBHOOKS: &str = "admissionregistration.k8s.io";

/// Something that an object lets somebody do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privilege {
    /// To do all that a built-in role may, which is everything, or everything in a namespace.
    Role {
        /// The role that is granted.
        role: String,
        /// The subjects that it is granted to, as `ServiceAccount shop/web`.
        to: Vec<String>,
    },
    /// A rule with every verb or every resource.
    Wildcard,
    /// A verb by which somebody may get more rights than they have: `escalate`, `bind`, `impersonate`.
    Verb(String),
    /// To use a subresource by which somebody acts as a pod, a node or a ServiceAccount does, or approves certificates:
    /// `pods/exec`.
    Subresource(String),
    /// To create what runs pods, which may read every Secret of their namespace, or a volume of the node: the resource,
    /// `pods`.
    Create(String),
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
    /// A capability of Linux that is not of the baseline of the Pod Security Standards.
    Capability(String),
    /// To be reached from outside the cluster, by a port of every node or by a load balancer.
    Exposed(String),
}

/// An object of which it is asked what it lets somebody do beyond another state of it.
struct Asked<'a> {
    kind: &'a GroupKind,
    is_secret: &'a dyn Fn(&FieldPath) -> bool,
}

impl Privilege {
    /// What `wanted`, an object of this kind, lets somebody do that `live` does not: the rules, subjects, webhooks,
    /// containers and volumes that are new or changed are looked at. Names that `is_secret` are hidden; it is asked by
    /// the places that they have in `wanted`.
    pub fn gained(
        kind: &GroupKind,
        wanted: &Value,
        live: Option<&Value>,
        is_secret: &dyn Fn(&FieldPath) -> bool,
    ) -> BTreeSet<Self> {
        let asked = Asked { kind, is_secret };
        asked.gained(&At::root(wanted), &At::root(live.unwrap_or(&Value::Null)))
    }

    /// Whether what an object of this kind lets somebody do is told without any name in it, so that it need not be
    /// known where git has these.
    pub fn is_told_without_names(kind: &GroupKind) -> bool {
        kind.group == WEBHOOKS
    }

    /// What programs know it by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Role { .. } => "role",
            Self::Wildcard => "wildcard",
            Self::Verb(_) => "verb",
            Self::Subresource(_) => "subresource",
            Self::Create(_) => "create",
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

impl Asked<'_> {
    fn gained(&self, wanted: &At<'_>, live: &At<'_>) -> BTreeSet<Privilege> {
        match (self.kind.group.as_str(), self.kind.kind.as_str()) {
            ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => {
                rules::gained(&wanted.field("rules"), &live.field("rules"))
            }
            ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
                self.role(wanted, live).into_iter().collect()
            }
            (WEBHOOKS, "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration") => {
                let (wanted, live) = (wanted.field("webhooks"), live.field("webhooks"));
                let is_any = new_items(&wanted, &live, known::webhook).next().is_some();
                is_any.then_some(Privilege::Webhook).into_iter().collect()
            }
            ("", "Service") => {
                let exposed = |at: &At<'_>| match at.at(&["spec", "type"]).text() {
                    Some(kind @ ("NodePort" | "LoadBalancer")) => Some(Privilege::Exposed(kind.to_owned())),
                    _ => None,
                };
                exposed(wanted)
                    .filter(|now| exposed(live).as_ref() != Some(now))
                    .into_iter()
                    .collect()
            }
            _ => self.pods(wanted, live),
        }
    }

    /// The text at a place, if it may be shown.
    fn name(&self, at: &At<'_>) -> Option<String> {
        let text = at.text()?;
        Some(if (self.is_secret)(&at.path) { HIDDEN } else { text }.to_owned())
    }

    /// The built-in roles that give so much.
    fn role(&self, wanted: &At<'_>, live: &At<'_>) -> Option<Privilege> {
        let role = wanted.field("roleRef");
        let is_built_in = role.field("kind").text() == Some("ClusterRole")
            && role
                .field("name")
                .text()
                .is_some_and(|name| ["cluster-admin", "admin", "edit"].contains(&name));
        let before = if known::role(role.value) == known::role(live.field("roleRef").value) {
            live.field("subjects")
        } else {
            At::root(&Value::Null)
        };
        let to: Vec<String> = new_items(&wanted.field("subjects"), &before, known::subject)
            .filter_map(|subject| self.subject(&subject))
            .collect();
        (is_built_in && !to.is_empty()).then(|| Privilege::Role {
            role: role.field("name").text().unwrap_or_default().to_owned(),
            to,
        })
    }

    /// `ServiceAccount shop/web`
    fn subject(&self, subject: &At<'_>) -> Option<String> {
        let name = self.name(&subject.field("name"))?;
        let kind = subject.field("kind").text().unwrap_or_default();
        Some(match self.name(&subject.field("namespace")) {
            Some(namespace) => format!("{kind} {namespace}/{name}"),
            None => format!("{kind} {name}"),
        })
    }

    fn pods(&self, wanted: &At<'_>, live: &At<'_>) -> BTreeSet<Privilege> {
        let template = PodTemplate::assumed(self.kind, wanted.value);
        let before = PodTemplate::assumed(self.kind, live.value);
        let is_set = |at: &At<'_>| at.value.as_bool() == Some(true);
        let hosts = ["hostNetwork", "hostPID", "hostIPC"].into_iter();
        let hosts = hosts.filter(|name| is_set(&template.spec.field(name)) && !is_set(&before.spec.field(name)));
        let mut found: BTreeSet<Privilege> = hosts.map(|name| Privilege::Host(name.to_owned())).collect();

        let path = |volume: &Value| volume.pointer("/hostPath/path").cloned().map(|path| path.to_string());
        for volume in new_items(&template.spec.field("volumes"), &before.spec.field("volumes"), path) {
            let path = volume.at(&["hostPath", "path"]);
            found.extend(self.name(&path).map(Privilege::HostPath));
        }

        let before = before.containers();
        let before: BTreeMap<_, _> = before
            .iter()
            .map(|before| (before.field("name").text(), before))
            .collect();
        for container in template.containers() {
            let before = before.get(&container.field("name").text()).copied();
            found.extend(self.container(&container, before));
        }
        found
    }

    fn container(&self, container: &At<'_>, before: Option<&At<'_>>) -> BTreeSet<Privilege> {
        let security = container.field("securityContext");
        let before = before.map(|before| before.field("securityContext"));
        let is_privileged = |at: &At<'_>| at.field("privileged").value.as_bool() == Some(true);
        let is_new = is_privileged(&security) && !before.as_ref().is_some_and(is_privileged);
        let mut found: BTreeSet<Privilege> = is_new.then_some(Privilege::Privileged).into_iter().collect();
        let before = before.unwrap_or_else(|| At::root(&Value::Null));
        let added = ["capabilities", "add"];
        for name in new_items(&security.at(&added), &before.at(&added), Value::as_str) {
            let is_baseline = name.text().is_some_and(|name| BASELINE.contains(&name));
            found.extend(self.name(&name).filter(|_| !is_baseline).map(Privilege::Capability));
        }
        found
    }
}
