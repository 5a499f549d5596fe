//! Objects as a person names them on the command line: `deployment/web`, as for kubectl.

use std::fmt;
use std::str::FromStr;

use super::glob::matches_glob;
use super::{GroupKind, ObjectRef};

/// The short names of Kubernetes' own kinds, as `kubectl api-resources` lists them.
const SHORT: [(&str, &str); 32] = [
    ("cj", "CronJob"),
    ("cm", "ConfigMap"),
    ("crd", "CustomResourceDefinition"),
    ("crds", "CustomResourceDefinition"),
    ("cs", "ComponentStatus"),
    ("csr", "CertificateSigningRequest"),
    ("deploy", "Deployment"),
    ("ds", "DaemonSet"),
    ("ep", "Endpoints"),
    ("ev", "Event"),
    ("hpa", "HorizontalPodAutoscaler"),
    ("ing", "Ingress"),
    ("ip", "IPAddress"),
    ("limits", "LimitRange"),
    ("netpol", "NetworkPolicy"),
    ("no", "Node"),
    ("ns", "Namespace"),
    ("pc", "PriorityClass"),
    ("pdb", "PodDisruptionBudget"),
    ("po", "Pod"),
    ("pv", "PersistentVolume"),
    ("pvc", "PersistentVolumeClaim"),
    ("quota", "ResourceQuota"),
    ("rc", "ReplicationController"),
    ("rs", "ReplicaSet"),
    ("sa", "ServiceAccount"),
    ("sc", "StorageClass"),
    ("sts", "StatefulSet"),
    ("svc", "Service"),
    ("trustbundle", "ClusterTrustBundle"),
    ("vac", "VolumeAttributesClass"),
    ("vap", "ValidatingAdmissionPolicy"),
];

/// Some objects: `KIND/NAME` or `KIND/NAMESPACE/NAME`. The kind is one of its names, in any case, with or without its
/// group; `*` stands for any letters.
///
/// ```
/// use stackanetes::object::{GroupKind, NamedObjects, ObjectRef};
///
/// let web = ObjectRef {
///     kind: GroupKind::new("apps", "Deployment"),
///     namespace: Some("shop".into()),
///     name: "web".into(),
/// };
/// for (text, names) in [
///     ("deployment/web", true),
///     ("deploy/w*", true),
///     ("Deployments.apps/shop/web", true),
///     ("deployment.extensions/web", false),
///     ("*/db/web", false),
/// ] {
///     assert_eq!(text.parse::<NamedObjects>().unwrap().names(&web), names, "{text}");
/// }
/// assert!("web".parse::<NamedObjects>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedObjects {
    /// The text as typed.
    text: String,
    /// The kind in lower case.
    kind: String,
    group: Option<String>,
    namespace: Option<String>,
    name: String,
}

impl NamedObjects {
    /// Whether this object is among them.
    pub fn names(&self, object: &ObjectRef) -> bool {
        let is_group = self.group.as_ref().is_none_or(|group| *group == object.kind.group);
        let is_namespace = self
            .namespace
            .as_ref()
            .is_none_or(|glob| matches_glob(glob, object.namespace.as_deref().unwrap_or_default()));
        is_group && is_namespace && self.is_of(&object.kind) && matches_glob(&self.name, &object.name)
    }

    fn is_of(&self, kind: &GroupKind) -> bool {
        let singular = kind.kind.to_lowercase();
        let short = SHORT.iter().find(|(short, _)| *short == self.kind);
        matches_glob(&self.kind, &singular)
            || self.kind == plural(&singular)
            // A definition may say otherwise than the rule, as that of `gateways` does.
            || self.kind.strip_suffix('s') == Some(&singular)
            || short.is_some_and(|(_, long)| *long == kind.kind)
    }
}

/// What a kind of this name in lower case is called in the plural, if its definition does not say otherwise: by the
/// rule of Kubernetes' `UnsafeGuessKindToResource`.
fn plural(singular: &str) -> String {
    match singular {
        "endpoints" => singular.to_owned(),
        _ if singular.ends_with('s') => format!("{singular}es"),
        _ => match singular.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None => format!("{singular}s"),
        },
    }
}

/// The text as typed.
impl fmt::Display for NamedObjects {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// The parts of `KIND/NAME` or `KIND/NAMESPACE/NAME`; none of them is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NameParts<'a> {
    pub(crate) kind: &'a str,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) name: &'a str,
}

/// Why a text is neither `KIND/NAME` nor `KIND/NAMESPACE/NAME`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoObjectName {
    /// The text has too few parts, or too many.
    #[error("write KIND/NAME or KIND/NAMESPACE/NAME, such as Deployment/web")]
    Parts,
    /// One of its parts is empty.
    #[error("neither the kind nor a name can be empty")]
    Empty,
}

impl<'a> NameParts<'a> {
    /// Takes a text apart, as a person types it.
    ///
    /// # Errors
    ///
    /// If it has another number of parts, or an empty one.
    pub(crate) fn of(text: &'a str) -> Result<Self, NoObjectName> {
        let parts: Vec<&str> = text.split('/').collect();
        let (kind, namespace, name) = match *parts.as_slice() {
            [kind, name] => (kind, None, name),
            [kind, namespace, name] => (kind, Some(namespace), name),
            _ => return Err(NoObjectName::Parts),
        };
        if parts.iter().any(|part| part.is_empty()) {
            return Err(NoObjectName::Empty);
        }
        Ok(Self { kind, namespace, name })
    }
}

impl FromStr for NamedObjects {
    type Err = NoObjectName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let NameParts { kind, namespace, name } = NameParts::of(text)?;
        let kind = kind.to_lowercase();
        let (kind, group) = match kind.split_once('.') {
            Some((kind, group)) => (kind.to_owned(), Some(group.to_owned())),
            None => (kind, None),
        };
        Ok(Self {
            text: text.to_owned(),
            kind,
            group,
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_its_plural_and_its_short_names() {
        for (typed, group, kind) in [
            ("cm", "", "ConfigMap"),
            ("services", "", "Service"),
            ("svc", "", "Service"),
            ("ingresses", "networking.k8s.io", "Ingress"),
            ("ing.networking.k8s.io", "networking.k8s.io", "Ingress"),
            ("networkpolicies", "networking.k8s.io", "NetworkPolicy"),
            ("endpoints", "", "Endpoints"),
            ("gateways", "gateway.networking.k8s.io", "Gateway"),
            ("gatewaies", "gateway.networking.k8s.io", "Gateway"),
            ("MariaDBs.k8s.mariadb.com", "k8s.mariadb.com", "MariaDB"),
        ] {
            let object = |kind: &str| ObjectRef {
                kind: GroupKind::new(group, kind),
                namespace: None,
                name: "web".into(),
            };
            let named: NamedObjects = format!("{typed}/web").parse().expect("names");
            assert!(named.names(&object(kind)), "{typed}");
            assert!(!named.names(&object("Job")), "{typed}");
        }
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for (text, why) in [
            ("web", NoObjectName::Parts),
            ("a/b/c/d", NoObjectName::Parts),
            ("/web", NoObjectName::Empty),
            ("deploy/", NoObjectName::Empty),
        ] {
            assert_eq!(text.parse::<NamedObjects>(), Err(why), "{text}");
        }
    }
}
