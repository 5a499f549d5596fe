//! What an API server's validation refuses, as far as the sandbox knows it: names, bytes, and fields
//! that cannot be changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::refusal;
use crate::cluster::{CauseKind, ClusterError, Failure, FieldCause};
use crate::kinds::definition::Definition;
use crate::object::field::FieldPath;
use crate::object::{GroupKind, MASKED, ObjectRef};
use crate::ssa::canonical;

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
    let wrong = |kind: CauseKind, why: &str| {
        let path = FieldPath::of(&["metadata", "name"]);
        Err(refusal::one_field(reference, path, kind, why))
    };
    let name = &reference.name;
    if name.is_empty() {
        return wrong(CauseKind::Required, "Required value: name or generateName is required");
    }
    if !Names::of(&reference.kind).allow(name) {
        let why = format!("Invalid value: {name:?}: no object of this kind can have this name");
        return wrong(CauseKind::Invalid, &why);
    }
    if let Some(definition) = Definition::of(&reference.kind, object) {
        let (plural, group) = (definition.plural(), definition.group());
        if *name != format!("{}.{}", plural.unwrap_or_default(), group.unwrap_or_default()) {
            let why = format!("Invalid value: {name:?}: must be spec.names.plural+\".\"+spec.group");
            return wrong(CauseKind::Invalid, &why);
        }
    }
    Ok(())
}

/// The labels of an object, which others select by.
pub(super) fn labels(reference: &ObjectRef, object: &Value) -> Result<(), ClusterError> {
    let labels = object.pointer("/metadata/labels").and_then(Value::as_object);
    for (key, value) in labels.into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let wrong = if is_label_key(key) {
            Some(value).filter(|value| !value.is_empty() && !is_label_part(value))
        } else {
            Some(key.as_str())
        };
        if let Some(wrong) = wrong {
            let why = format!(
                "Invalid value: {wrong:?}: a valid label must be at most 63 letters, digits, '-', '_' and '.', and begin and end \
with a letter or digit"
            );
            let path = FieldPath::of(&["metadata", "labels"]);
            return Err(refusal::one_field(reference, path, CauseKind::Invalid, &why));
        }
    }
    Ok(())
}

/// `name`, or `example.com/name`.
fn is_label_key(key: &str) -> bool {
    match key.split_once('/') {
        Some((prefix, name)) => Names::Subdomain.allow(prefix) && is_label_part(name),
        None => is_label_part(key),
    }
}

fn is_label_part(text: &str) -> bool {
    let is_end = |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphanumeric());
    let is_inner = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    text.len() <= 63 && text.chars().all(is_inner) && is_end(text.chars().next()) && is_end(text.chars().next_back())
}

/// The values of a Secret, whose words are never repeated.
pub(super) fn base64(reference: &ObjectRef, secret: &Value) -> Result<(), ClusterError> {
    let data = secret.get("data").and_then(Value::as_object);
    for (key, value) in data.into_iter().flatten() {
        let Some(text) = value.as_str() else { continue };
        let letters = text.chars().filter(|letter| !letter.is_whitespace());
        if text != MASKED && STANDARD.decode(letters.collect::<String>()).is_err() {
            let message = format!("failed to convert {reference}: data.{key}: illegal base64 data");
            return Err(ClusterError::new(Failure::Invalid, message));
        }
    }
    Ok(())
}

/// Which fields of a kind stay as they were created.
fn fixed(kind: &GroupKind) -> &'static [&'static [&'static str]] {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("apps", "Deployment" | "DaemonSet" | "ReplicaSet") => &[&["spec", "selector"]],
        ("apps", "StatefulSet") => &[
            &["spec", "selector"],
            &["spec", "serviceName"],
            &["spec", "podManagementPolicy"],
            &["spec", "volumeClaimTemplates"],
        ],
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
    let immutable = |path: &[&str], why: &str| refusal::cause(FieldPath::of(path), CauseKind::Immutable, why);
    let mut causes: Vec<FieldCause> = fixed(&reference.kind)
        .iter()
        .filter(|path| differs(path))
        .map(|path| immutable(path, "field is immutable"))
        .collect();
    let is_sealed = live.get("immutable") == Some(&Value::Bool(true));
    if is_sealed && (reference.kind.is("", "Secret") || reference.kind.is("", "ConfigMap")) {
        let sealed = ["data", "binaryData", "immutable"]
            .into_iter()
            .filter(|name| differs(&[name]));
        let why = "Forbidden: field is immutable when `immutable` is set";
        causes.extend(sealed.map(|name| immutable(&[name], why)));
    }
    if causes.is_empty() {
        Ok(())
    } else {
        Err(refusal::fields(reference, causes))
    }
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
