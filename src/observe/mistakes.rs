//! What a check of the manifests finds and no cluster of the server's version can make right.

use crate::check::Finding;
use crate::plan::CertainMistake;

/// The mistakes in objects, among the findings of a check.
pub(super) fn certain(findings: &[Finding], server_version: &str) -> Vec<CertainMistake> {
    let certain = findings.iter().filter(|finding| finding.is_certain(server_version));
    let mistakes = certain.filter_map(|finding| {
        Some(CertainMistake {
            object: finding.object.clone()?,
            identifier: finding.identifier,
        })
    });
    mistakes.collect()
}
