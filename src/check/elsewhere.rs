//! What a cluster has though no directory says so.

use crate::kinds::prerequisites::{comes_with_a_cluster, makes_claim, may_make};
use crate::object::ObjectRef;

use super::directory::{CheckedDirectory, CheckedObject};

/// Whether there is such an object, or something of the directory makes it: nothing is known of what
/// is in it then.
pub(super) fn is_made(directory: &CheckedDirectory<'_>, reference: &ObjectRef) -> bool {
    let ObjectRef { kind, namespace, name } = reference;
    let namespace = namespace.as_deref();
    let is_made_here = match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "ConfigMap" | "Secret") => is_brought(directory, reference),
        ("", "PersistentVolumeClaim") => {
            let mut sets = directory.of_kind("apps", "StatefulSet", namespace);
            sets.any(|set| makes_claim(&set.at(&[]), name))
        }
        _ => false,
    };
    is_made_here || comes_with_a_cluster(reference) || namespace.is_some_and(|namespace| namespace.starts_with("kube-"))
}

/// Whether an object of a custom kind brings a ConfigMap or a Secret.
fn is_brought(directory: &CheckedDirectory<'_>, reference: &ObjectRef) -> bool {
    let namespace = reference.namespace.as_deref();
    let custom = |object: &&CheckedObject<'_>| {
        let kind = directory.schema.kind(&object.manifest.gvk);
        kind.is_none_or(|kind| !kind.is_built_in())
    };
    let near = |object: &&CheckedObject<'_>| {
        let is_clusterwide = object.manifest.namespace.is_none();
        is_clusterwide || object.namespace() == namespace
    };
    let mut objects = directory.objects.iter().filter(custom).filter(near);
    objects.any(|object| may_make(&object.reference, &object.manifest.value, reference))
}
