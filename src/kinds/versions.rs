//! What one version of an API has in a field and another in other ones.
//!
//! The managed fields of an object are recorded in the version in which it was written. An API server reads them in
//! another version as far as the fields have one name in both.

use serde_json::Value;

use crate::object::GroupKind;
use crate::object::field::{FieldPath, FieldSet};

/// A field of a HorizontalPodAutoscaler of `autoscaling/v2`, and where `autoscaling/v1` has what is in it: the metrics but
/// for one of the CPU, and the behavior, in annotations (`pkg/apis/autoscaling/annotations.go` of Kubernetes).
const AUTOSCALER: [(&[&str], &[&[&str]]); 2] = [
    (
        &["spec", "metrics"],
        &[
            &["spec", "targetCPUUtilizationPercentage"],
            &["metadata", "annotations", "autoscaling.alpha.kubernetes.io/metrics"],
        ],
    ),
    (
        &["spec", "behavior"],
        &[&["metadata", "annotations", "autoscaling.alpha.kubernetes.io/behavior"]],
    ),
];

/// The fields of `live`, an object of this kind in the version `to`, that have what is in the `owned` fields of the
/// version `from` under other names.
///
/// ```
/// use serde_json::json;
/// use stackanetes::kinds::versions::moved;
/// use stackanetes::object::GroupKind;
/// use stackanetes::object::field::{FieldPath, FieldSet};
///
/// let kind = GroupKind::new("autoscaling", "HorizontalPodAutoscaler");
/// let owned = FieldSet::from_fields_v1(&json!({"f:spec": {"f:metrics": {}}}));
/// let live = json!({"spec": {"targetCPUUtilizationPercentage": 50}});
/// let found = moved(&kind, ["autoscaling/v2", "autoscaling/v1"], &owned, &live);
/// assert_eq!(found.paths(), [FieldPath::of(&["spec", "targetCPUUtilizationPercentage"])]);
/// ```
pub fn moved(kind: &GroupKind, [from, to]: [&str; 2], owned: &FieldSet, live: &Value) -> FieldSet {
    let mut found = FieldSet::default();
    if !kind.is("autoscaling", "HorizontalPodAutoscaler")
        || !from.starts_with("autoscaling/v2")
        || to != "autoscaling/v1"
    {
        return found;
    }
    for (field, places) in AUTOSCALER {
        if owned.touches(&FieldPath::of(field)) {
            let places = places.iter().map(|place| FieldPath::of(place));
            for place in places.filter(|place| place.find(live).is_some()) {
                found.insert(place.elements());
            }
        }
    }
    found
}
