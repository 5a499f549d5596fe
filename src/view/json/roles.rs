//! Roles, for programs.

use serde::Serialize;
use serde_json::Value;

use super::{DocumentKind, document};
use crate::applyset::inventory::ApplySet;
use crate::plan::ApplySetName;

/// The objects that give the rights which a diff or a sync takes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleList<'a> {
    /// The ApplySet.
    apply_set: ApplySetName,
    /// `preview` or `sync`.
    purpose: &'a str,
    /// Kubernetes objects: namespaces, roles, and their bindings, as they are to be applied.
    objects: &'a [Value],
}

impl DocumentKind for RoleList<'_> {
    const KIND: &'static str = "RoleList";
}

/// The document `RoleList`.
pub fn roles(set: &ApplySet, purpose: &str, objects: &[Value]) -> Value {
    document(&RoleList {
        apply_set: set.into(),
        purpose,
        objects,
    })
}
