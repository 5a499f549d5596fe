//! Which kinds have no namespace.

use crate::diagnostic::identifier::Identifier;
use std::collections::BTreeSet;

use crate::kinds::definition::Definition;
use crate::object::GroupKind;
use crate::object::field::FieldPath;

use super::directory::{CheckedDirectory, CheckedObject};
use super::finding::Finding;

/// The cluster-scoped kinds of those that the API server itself serves.
const CLUSTERWIDE: [(&str, &[&str]); 11] = [
    ("", &["ComponentStatus", "Namespace", "Node", "PersistentVolume"]),
    (
        "admissionregistration.k8s.io",
        &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("apiextensions.k8s.io", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &["APIService"]),
    (
        "certificates.k8s.io",
        &["CertificateSigningRequest", "ClusterTrustBundle"],
    ),
    (
        "flowcontrol.apiserver.k8s.io",
        &["FlowSchema", "PriorityLevelConfiguration"],
    ),
    ("networking.k8s.io", &["IPAddress", "IngressClass", "ServiceCIDR"]),
    ("node.k8s.io", &["RuntimeClass"]),
    ("rbac.authorization.k8s.io", &["ClusterRole", "ClusterRoleBinding"]),
    ("resource.k8s.io", &["DeviceClass", "DeviceTaintRule", "ResourceSlice"]),
    ("scheduling.k8s.io", &["PriorityClass"]),
];

const STORAGE: [&str; 5] = [
    "CSIDriver",
    "CSINode",
    "StorageClass",
    "VolumeAttachment",
    "VolumeAttributesClass",
];

/// Whether a kind that the API server itself serves has no namespace.
pub(super) fn is_clusterwide(kind: &GroupKind) -> bool {
    let name = kind.kind.as_str();
    let mut groups = CLUSTERWIDE.iter();
    groups.any(|(group, kinds)| *group == kind.group && kinds.contains(&name))
        || kind.group == "storage.k8s.io" && STORAGE.contains(&name)
}

/// The kinds without a namespace that these define.
pub(super) fn defined_clusterwide<'a>(definitions: impl Iterator<Item = Definition<'a>>) -> BTreeSet<GroupKind> {
    definitions
        .filter(Definition::is_clusterwide)
        .filter_map(|definition| definition.kind())
        .collect()
}

/// A namespace where there is none.
pub(super) fn check<'a>(_: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    if object.namespace().is_none() && object.manifest.namespace.is_some() {
        let message = format!("{} has a namespace, and its kind has none", object.reference);
        let path = FieldPath::of(&["metadata", "namespace"]);
        findings
            .push(Finding::new(Identifier::UnexpectedNamespace, object, &path, message).hint("take the namespace out"));
    }
}
