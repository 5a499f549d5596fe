//! What a write cannot set, so that nobody owns it.

use super::{Kind, KindOrigin};
use crate::object::field::{FieldPath, FieldSet};

/// The fields that the API server resets on a write through `subresource`, as the strategies of its
/// registry say (`GetResetFields`): `status` on a write of the object, all but `status` on a write of
/// its status.
pub(super) fn fields(kind: &Kind<'_>, subresource: &str) -> FieldSet {
    let group_kind = &kind.gvk.group_kind;
    let name = (group_kind.group.as_str(), group_kind.kind.as_str());
    let certificate = name == ("certificates.k8s.io", "CertificateSigningRequest");
    let has_status = kind.root.map().is_some_and(|root| root.field("status").is_some());
    let paths: &[&[&str]] = match (kind.origin, subresource) {
        (KindOrigin::Custom { .. }, "status") => &[&["metadata"], &["spec"]],
        (KindOrigin::BuiltIn, "") if certificate => &[&["spec"], &["status"]],
        (KindOrigin::BuiltIn, "") if has_status => &[&["status"]],
        (KindOrigin::BuiltIn, "finalize") | (KindOrigin::Custom { status: true, .. }, "") => &[&["status"]],
        (KindOrigin::BuiltIn, "approval") => &[&["spec"], &["status", "certificate"]],
        (KindOrigin::BuiltIn, "status") if certificate => &[&["spec"], &["status", "conditions"]],
        (KindOrigin::BuiltIn, "status") => match name {
            ("apps", "Deployment") => &[&["spec"], &["metadata", "labels"]],
            ("", "Pod") => &[
                &["spec"],
                &["metadata", "deletionTimestamp"],
                &["metadata", "ownerReferences"],
            ],
            _ if keeps_metadata(name) => &[&["spec"]],
            _ => &[&["spec"], &["metadata"]],
        },
        _ => &[],
    };
    let mut fields = FieldSet::default();
    for path in paths {
        fields.insert(FieldPath::of(path).elements());
    }
    fields
}

/// Whether a write of the status may change metadata, as it may for the older kinds.
fn keeps_metadata((group, kind): (&str, &str)) -> bool {
    match group {
        "" | "apps" | "batch" | "policy" | "autoscaling" | "apiextensions.k8s.io" => true,
        "networking.k8s.io" => kind == "Ingress",
        _ => false,
    }
}
