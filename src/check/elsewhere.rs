//! What a cluster has though no directory says so.

use serde_json::Value;

use crate::object::ObjectRef;

use super::directory::{CheckedDirectory, Object};

/// The roles that every cluster has, besides `system:` ones.
const CLUSTER_ROLES: [&str; 4] = ["admin", "cluster-admin", "edit", "view"];

/// Whether there is such an object, or something of the directory makes it: nothing is known of what
/// is in it then.
pub(super) fn is_made(directory: &CheckedDirectory<'_>, reference: &ObjectRef) -> bool {
    let ObjectRef { kind, namespace, name } = reference;
    let namespace = namespace.as_deref();
    let is_there = match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "ConfigMap") => name == "kube-root-ca.crt" || is_mentioned(directory, namespace, name),
        ("", "Secret") => is_mentioned(directory, namespace, name),
        ("", "ServiceAccount") => name == "default",
        ("", "Service") => namespace == Some("default") && name == "kubernetes",
        ("", "PersistentVolumeClaim") => is_claimed(directory, namespace, name),
        ("rbac.authorization.k8s.io", "ClusterRole") => {
            CLUSTER_ROLES.contains(&name.as_str()) || name.starts_with("system:")
        }
        ("scheduling.k8s.io", "PriorityClass") => name.starts_with("system-"),
        _ => false,
    };
    is_there || namespace.is_some_and(|namespace| namespace.starts_with("kube-"))
}

/// Whether an object of a custom kind has this name, or mentions it: such as a Certificate that makes a
/// Secret, a SealedSecret, or an ExternalSecret.
fn is_mentioned(directory: &CheckedDirectory<'_>, namespace: Option<&str>, name: &str) -> bool {
    let custom = |object: &&Object<'_>| {
        let kind = directory.schema.kind(&object.manifest.gvk);
        kind.is_none_or(|kind| !kind.is_built_in())
    };
    let near = |object: &&Object<'_>| {
        let is_clusterwide = object.manifest.namespace.is_none();
        is_clusterwide || object.namespace() == namespace
    };
    let mut objects = directory.objects.iter().filter(custom).filter(near);
    objects.any(|object| object.reference.name == name || holds(object.at(&["spec"]).value, name))
}

fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(value) => value == text,
        Value::Array(items) => items.iter().any(|item| holds(item, text)),
        Value::Object(fields) => fields.values().any(|field| holds(field, text)),
        _ => false,
    }
}

/// Whether a StatefulSet makes this claim: `TEMPLATE-NAME-ORDINAL`.
fn is_claimed(directory: &CheckedDirectory<'_>, namespace: Option<&str>, name: &str) -> bool {
    let mut sets = directory.of_kind("apps", "StatefulSet", namespace);
    sets.any(|set| {
        let templates = set.at(&["spec", "volumeClaimTemplates"]).items();
        templates.iter().any(|template| {
            let template = template.at(&["metadata", "name"]).text().unwrap_or_default();
            let ordinal = name.strip_prefix(&format!("{template}-{}-", set.reference.name));
            ordinal.is_some_and(|ordinal| ordinal.parse::<u32>().is_ok())
        })
    })
}
