//! The desired objects as YAML.

use super::value;
use crate::source::Manifest;

/// Whether values of Secrets are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretValues {
    /// The values are left out.
    Masked,
    /// The values are shown.
    Shown,
}

/// All manifests, one document each.
pub fn manifests(manifests: &[Manifest], secrets: SecretValues) -> String {
    let documents: Vec<String> = manifests
        .iter()
        .map(|manifest| match secrets {
            SecretValues::Masked => value::yaml(&value::presentable(
                &manifest.value,
                &manifest.gvk.group_kind,
                &*manifest.origins,
            )),
            SecretValues::Shown => value::yaml(&manifest.value),
        })
        .collect();
    documents.join("---\n")
}
