//! References that lead nowhere.

use smol_str::SmolStr;

use crate::diagnostic::identifier::Identifier;
use crate::diagnostic::nearest::{key_hint, nearest};
use crate::kinds::pods::{ConfigurationKind, Read, ReadKey, reads};
use crate::object::field::{At, FieldPath, PathElement};
use crate::object::{GroupKind, HIDDEN, ObjectRef};

use super::directory::{CheckedDirectory, CheckedObject};
use super::elsewhere;
use super::finding::Finding;

/// Where a reference leads.
pub(super) enum ReferenceTarget<'d, 'a> {
    /// A reference to this object.
    Here(&'d CheckedObject<'a>),
    /// A reference to an object that is made elsewhere.
    Elsewhere,
    /// Nowhere, or nothing was referred to.
    Nowhere,
}

/// Follows a reference, by the name at `name`, to an object of this kind. `does` says what the
/// referring object does with it.
pub(super) fn follow<'d, 'a>(
    directory: &'d CheckedDirectory<'a>,
    object: &CheckedObject<'a>,
    name: &At<'a>,
    (group, kind, namespace): (&str, &str, Option<&str>),
    does: &str,
    findings: &mut Vec<Finding>,
) -> ReferenceTarget<'d, 'a> {
    let Some(text) = name.text() else {
        return ReferenceTarget::Nowhere;
    };
    let mut reference = ObjectRef {
        kind: GroupKind::new(group, kind),
        namespace: namespace.map(SmolStr::from),
        name: text.into(),
    };
    if let Some(target) = directory.find(&reference) {
        return ReferenceTarget::Here(target);
    }
    if elsewhere::is_made(directory, &reference) {
        return ReferenceTarget::Elsewhere;
    }
    reference.name = object.quoted(name).into();
    // A namespace that is not the object's own stands beside the name.
    if namespace != object.namespace() && object.is_secret(&beside(&name.path, "namespace")) {
        reference.namespace = Some(HIDDEN.into());
    }
    let message = format!("{} {does} {reference}, which is not in the directory", object.reference);
    let mut finding = Finding::new(Identifier::MissingObject, object, &name.path, message);
    let others = directory.of_kind(group, kind, namespace);
    let near = nearest(others.map(|other| other.reference.name.as_str()), text);
    if let Some(near) = near.filter(|_| !object.is_secret(&name.path)) {
        finding = finding.hint(format!("did you mean `{near}`?"));
    }
    findings.push(meant(object, finding));
    ReferenceTarget::Nowhere
}

/// The path of another field of the same map.
fn beside(path: &FieldPath, name: &str) -> FieldPath {
    let parent = path.elements().split_last().map_or(&[][..], |(_, parent)| parent);
    let parent: FieldPath = parent.iter().cloned().collect();
    parent.join(PathElement::field(name))
}

/// Says how to say that it is meant.
pub(super) fn meant(object: &CheckedObject<'_>, finding: Finding) -> Finding {
    let hint = format!(
        "if something outside of the directory makes this right, annotate {} with `{}: {}`",
        object.reference,
        super::IGNORE_FINDINGS,
        finding.identifier
    );
    finding.hint(hint)
}

/// Follows a reference to something of the whole cluster, which is often not the directory's to make:
/// only where it has some of that kind.
pub(super) fn follow_class<'a>(
    directory: &CheckedDirectory<'a>,
    object: &CheckedObject<'a>,
    name: &At<'a>,
    (group, kind): (&str, &str),
    does: &str,
    findings: &mut Vec<Finding>,
) {
    if directory.of_kind(group, kind, None).next().is_some() {
        follow(directory, object, name, (group, kind, None), does, findings);
    }
}

/// Follows a reference to the login of a registry, which is seldom kept beside the manifests: only where the
/// directory has one for this namespace.
fn follow_login<'a>(
    directory: &CheckedDirectory<'a>,
    object: &CheckedObject<'a>,
    name: &At<'a>,
    findings: &mut Vec<Finding>,
) {
    let namespace = object.namespace();
    let mut secrets = directory.of_kind("", "Secret", namespace);
    let is_login = |kind: &str| matches!(kind, "kubernetes.io/dockerconfigjson" | "kubernetes.io/dockercfg");
    if secrets.any(|secret| secret.at(&["type"]).text().is_some_and(is_login)) {
        follow(
            directory,
            object,
            name,
            ("", "Secret", namespace),
            "pulls its images with",
            findings,
        );
    }
}

/// What pods read, run as, and are classed by.
pub(super) fn check<'a>(directory: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    let namespace = object.namespace();
    if object.kind().is("", "PersistentVolumeClaim") {
        let class = object.at(&["spec", "storageClassName"]);
        follow_class(
            directory,
            object,
            &class,
            ("storage.k8s.io", "StorageClass"),
            "is of",
            findings,
        );
    }
    let Some(pods) = &object.pods else { return };
    let mut missing: Vec<(ConfigurationKind, &str)> = Vec::new();
    for read in reads(&pods.spec).into_iter().filter(|read| !read.optional) {
        let named = (read.kind, read.name.text().unwrap_or_default());
        if !missing.contains(&named) && !configuration(directory, object, &read, findings) {
            missing.push(named);
        }
    }
    let account = pods.spec.field("serviceAccountName");
    follow(
        directory,
        object,
        &account,
        ("", "ServiceAccount", namespace),
        "runs as",
        findings,
    );
    for secret in pods.spec.field("imagePullSecrets").items() {
        follow_login(directory, object, &secret.field("name"), findings);
    }
    for (field, kind) in [
        ("priorityClassName", ("scheduling.k8s.io", "PriorityClass")),
        ("runtimeClassName", ("node.k8s.io", "RuntimeClass")),
    ] {
        follow_class(directory, object, &pods.spec.field(field), kind, "is of", findings);
    }
}

/// Follows what a pod reads, and the key that it reads there. Whether there is such an object.
fn configuration<'a>(
    directory: &CheckedDirectory<'a>,
    object: &CheckedObject<'a>,
    read: &Read<'a>,
    findings: &mut Vec<Finding>,
) -> bool {
    let kind = read.kind.group_kind();
    let kind = (kind.group.as_str(), kind.kind.as_str(), object.namespace());
    let target = match follow(directory, object, &read.name, kind, "reads", findings) {
        ReferenceTarget::Here(target) => target,
        ReferenceTarget::Elsewhere => return true,
        ReferenceTarget::Nowhere => return false,
    };
    let ReadKey::One(key) = &read.key else { return true };
    let Some(name) = key.text() else { return true };
    let keys = keys(target);
    let is_filled_elsewhere = || {
        let kind = target.at(&["type"]).text();
        kind == Some("kubernetes.io/service-account-token") || elsewhere::is_made(directory, &target.reference)
    };
    if keys.contains(&name) || is_filled_elsewhere() {
        return true;
    }
    let message = format!(
        "{} reads the key `{}` of {}, which does not have it",
        object.reference,
        object.quoted(key),
        target.reference
    );
    let mut finding = Finding::new(Identifier::MissingKey, object, &key.path, message).beside(
        target,
        &At::root(&target.manifest.value).path,
        "has no such key",
    );
    if !keys.is_empty() && !object.is_secret(&key.path) {
        finding = finding.hint(key_hint(&keys, name));
    }
    findings.push(meant(object, finding));
    true
}

/// The keys of a ConfigMap or Secret, those too that are made in the cluster.
fn keys<'a>(object: &CheckedObject<'a>) -> Vec<&'a str> {
    let fields = ["data", "binaryData", "stringData"];
    let written = fields.iter().filter_map(|field| object.at(&[field]).value.as_object());
    let written = written.flat_map(|keys| keys.keys().map(String::as_str));
    let made = object.manifest.generate.iter().map(|made| made.key.as_str());
    written.chain(made).collect()
}
