//! What an API server's validation refuses, as far as the sandbox knows it: names, bytes, and fields
//! that cannot be changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::refusal;
use super::write::is_masked;
use crate::canonical;
use crate::cluster::{ClusterError, Failure};
use crate::field::{FieldPath, PathElement};
use crate::object::{GroupKind, ObjectRef};

/// What the name of an object may be.
enum Names {
    /// A part of a host name ([RFC 1123](https://www.rfc-editor.org/rfc/rfc1123)).
    Label,
    /// One that begins with a letter ([RFC 1035](https://www.rfc-editor.org/rfc/rfc1035)).
    LetterFirst,
    /// Such parts with dots between them.
    Subdomain,
    /// Anything that can stand in a URL between two slashes.
    Segment,
}

impl Names {
    fn of(kind: &GroupKind) -> Self {
        match (kind.group.as_str(), kind.kind.as_str()) {
            ("", "Namespace") => Self::Label,
            ("", "Service") => Self::LetterFirst,
            ("rbac.authorization.k8s.io", _) => Self::Segment,
            _ => Self::Subdomain,
        }
    }

    fn allow(&self, name: &str) -> bool {
        let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_label = |part: &str| {
            !part.is_empty() && !part.starts_with('-') && !part.ends_with('-') && part.bytes().all(is_inner)
        };
        match self {
            Self::Label => name.len() <= 63 && is_label(name),
            Self::LetterFirst => {
                name.len() <= 63 && is_label(name) && name.starts_with(|first: char| first.is_ascii_lowercase())
            }
            Self::Subdomain => name.len() <= 253 && name.split('.').all(is_label),
            Self::Segment => !matches!(name, "." | "..") && !name.contains(['/', '%']),
        }
    }
}

/// The name of a new object.
pub(super) fn name(reference: &ObjectRef, object: &Value) -> Result<(), ClusterError> {
    let wrong = |why: &str| Err(refusal::one_field(reference, FieldPath::of(&["metadata", "name"]), why));
    let name = &reference.name;
    if name.is_empty() {
        return wrong("Required value: name or generateName is required");
    }
    if !Names::of(&reference.kind).allow(name) {
        return wrong(&format!(
            "Invalid value: {name:?}: no object of this kind can have this name"
        ));
    }
    if reference.kind.is("apiextensions.k8s.io", "CustomResourceDefinition") {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let expected = format!("{}.{}", text("/spec/names/plural"), text("/spec/group"));
        if *name != expected {
            return wrong(&format!(
                "Invalid value: {name:?}: must be spec.names.plural+\".\"+spec.group"
            ));
        }
    }
    Ok(())
}

/// The values of a Secret, whose words are never repeated.
pub(super) fn base64(reference: &ObjectRef, secret: &Value) -> Result<(), ClusterError> {
    let data = secret.get("data").and_then(Value::as_object);
    for (key, value) in data.into_iter().flatten() {
        let Some(text) = value.as_str() else { continue };
        let letters = text.chars().filter(|letter| !letter.is_whitespace());
        if !is_masked(text) && STANDARD.decode(letters.collect::<String>()).is_err() {
            let path = FieldPath::of(&["data", key]);
            return Err(refusal::one_field(reference, path, "illegal base64 data"));
        }
    }
    Ok(())
}

/// Which fields of a kind stay as they were created. Those of a StatefulSet are named by what can be
/// changed.
fn fixed(kind: &GroupKind) -> &'static [&'static [&'static str]] {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("apps", "Deployment" | "DaemonSet" | "ReplicaSet") => &[&["spec", "selector"]],
        ("batch", "Job") => &[
            &["spec", "selector"],
            &["spec", "template"],
            &["spec", "completionMode"],
            &["spec", "podFailurePolicy"],
            &["spec", "backoffLimitPerIndex"],
            &["spec", "managedBy"],
            &["spec", "successPolicy"],
        ],
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => &[&["roleRef"]],
        ("storage.k8s.io", "StorageClass") => &[
            &["parameters"],
            &["provisioner"],
            &["reclaimPolicy"],
            &["volumeBindingMode"],
        ],
        ("", "Secret") => &[&["type"]],
        _ => &[],
    }
}

/// Refuses what cannot be changed once an object is there.
pub(super) fn unchanged(reference: &ObjectRef, live: &Value, object: &Value) -> Result<(), ClusterError> {
    let at = |object: &Value, path: &[&str]| FieldPath::of(path).find(object).cloned();
    // A recorded object has defaults that what is written again has not.
    let differs = |path: &[&str]| {
        let (before, after) = (at(live, path), at(object, path));
        !canonical::covers(None, before.as_ref(), after.as_ref()) || before.is_some() != after.is_some()
    };
    let mut causes: Vec<(FieldPath, String)> = fixed(&reference.kind)
        .iter()
        .filter(|path| differs(path))
        .map(|path| (FieldPath::of(path), "field is immutable".to_owned()))
        .collect();
    let is_sealed = live.get("immutable") == Some(&Value::Bool(true));
    if is_sealed && (reference.kind.is("", "Secret") || reference.kind.is("", "ConfigMap")) {
        let sealed = ["data", "binaryData", "immutable"]
            .into_iter()
            .filter(|name| differs(&[name]));
        let why = "Forbidden: field is immutable when `immutable` is set";
        causes.extend(sealed.map(|name| (FieldPath::of(&[name]), why.to_owned())));
    }
    if reference.kind.is("apps", "StatefulSet") && is_other_set(live, object) {
        let why = "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
        causes.push((
            std::iter::once(PathElement::Field("spec".to_owned())).collect(),
            why.to_owned(),
        ));
    }
    if causes.is_empty() {
        Ok(())
    } else {
        let error = refusal::fields(reference, causes);
        Err(ClusterError {
            failure: Failure::Invalid,
            ..error
        })
    }
}

/// Whether anything of a StatefulSet differs that cannot be changed.
fn is_other_set(live: &Value, object: &Value) -> bool {
    const CHANGED: [&str; 7] = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    let fixed = |object: &Value| {
        let fields = object["spec"].as_object().into_iter().flatten();
        let fixed = fields.filter(|(name, _)| !CHANGED.contains(&name.as_str()));
        fixed
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<Value>()
    };
    !canonical::covers(None, Some(&fixed(live)), Some(&fixed(object)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_each_kind_allows() {
        let names = |group: &str, kind: &str| Names::of(&GroupKind::new(group, kind));
        let rbac = names("rbac.authorization.k8s.io", "ClusterRole");
        assert!(rbac.allow("system:Node") && !rbac.allow("a/b") && !rbac.allow(".."));
        let config_map = names("", "ConfigMap");
        assert!(config_map.allow("kube-root-ca.crt") && config_map.allow("0a"));
        for wrong in ["A", "a_b", "-a", "a.", "a..b", "é"] {
            assert!(!config_map.allow(wrong), "{wrong}");
        }
        assert!(!names("", "Service").allow("0a") && !names("", "Namespace").allow("a.b"));
    }
}
