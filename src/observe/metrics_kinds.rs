//! Metrics, which extension servers show as objects: they copy the labels of what they measure, and nothing of them is
//! stored.

use crate::cluster::Discovery;

/// The API group of PodMetrics and NodeMetrics.
const GROUP: &str = "metrics.k8s.io";

/// Whether the kinds of an API group are metrics.
pub(super) fn are_in(group: &str) -> bool {
    group == GROUP
}

/// The versions whose server does not answer and that may hold more than metrics.
pub(super) fn unavailable_but(discovery: &Discovery) -> impl Iterator<Item = &String> {
    let versions = discovery.unavailable.iter();
    versions.filter(|version| !version.split('/').next().is_some_and(are_in))
}
