//! What an API server says is wrong with a field, as a kind: from the machine-readable reason where that tells, and
//! from its words where only they do.

use crate::cluster::{CauseKind, FieldCause};

/// The words by which API servers say that a field cannot be changed: how they end, whatever value they
/// quote before.
///
/// From `k8s.io/apimachinery/pkg/api/validation` (`FieldImmutableErrorMsg`), which most kinds use, its
/// `pkg/api/validate/update.go`, which declarative validation uses, and `k8s.io/kubernetes/pkg/apis/*/validation` (1.37;
/// for StorageClasses and role bindings also 1.30).
const IMMUTABLE_ENDINGS: [&str; 15] = [
    ": field is immutable",
    ": field cannot be set once created",
    ": field cannot be cleared once set",
    ": field cannot be modified once set",
    // ConfigMap and Secret.
    ": field is immutable when `immutable` is set",
    // Service: addresses, their families, the class of the load balancer.
    ": may not change once set",
    ": primary clusterIP can not be unset",
    ": primary ipFamily can not be unset",
    // PersistentVolume: nodes.
    ": field is immutable, except for updating from beta label to GA",
    // Job: pods that are scheduled together.
    ": the basic/gang policy variant is immutable after creation; only schedulingPolicy.gang.minCount may be updated",
    // PriorityClass.
    ": may not be changed in an update.",
    // VolumeAttributesClass, and StorageClass as it was.
    ": updates to driverName are forbidden.",
    ": updates to parameters are forbidden.",
    ": updates to provisioner are forbidden.",
    // RoleBinding and ClusterRoleBinding, as they were.
    ": cannot change roleRef",
];

/// How they begin, where they go on with what can be changed, or with what differs.
const IMMUTABLE_BEGINNINGS: [&str; 4] = [
    // StatefulSet, up to 1.36.
    "Forbidden: updates to statefulset spec for fields other than ",
    "Forbidden: pod updates may not change fields other than ",
    // PersistentVolumeClaim and PersistentVolume.
    "Forbidden: spec is immutable after creation",
    "Forbidden: spec.persistentvolumesource is immutable after creation",
];

/// How the schema check of server-side apply (`sigs.k8s.io/structured-merge-diff`, `typed`) says that a value is no
/// string.
const NOT_STRING: &str = "expected string, got ";
/// How the schema of a CustomResourceDefinition says it (`k8s.io/kube-openapi/pkg/validation/errors`), behind the
/// value that it quotes and the path.
const NOT_STRING_OF_CUSTOM: &str = " in body must be of type string: ";
/// How the decoder of a built-in kind says it (`encoding/json`), at the end.
const NOT_STRING_OF_DECODER: &str = " of type string";

/// The kind of a cause with this reason (`metav1.CauseType`) and these words.
pub(super) fn kind(reason: &str, words: &str) -> CauseKind {
    if says_immutable(words) {
        return CauseKind::Immutable;
    }
    if words.starts_with(NOT_STRING) {
        return CauseKind::NotString;
    }
    match reason {
        "FieldValueInvalid" => CauseKind::Invalid,
        "FieldValueTypeInvalid" if words.contains(NOT_STRING_OF_CUSTOM) => CauseKind::NotString,
        "FieldValueTypeInvalid" if words.ends_with(NOT_STRING_OF_DECODER) => CauseKind::NotString,
        "FieldValueTypeInvalid" => CauseKind::WrongType,
        "FieldValueRequired" => CauseKind::Required,
        "FieldValueForbidden" => CauseKind::Forbidden,
        "FieldValueNotSupported" => CauseKind::NotSupported,
        "FieldValueNotFound" => CauseKind::NotFound,
        "FieldValueDuplicate" => CauseKind::Duplicate,
        "FieldValueTooLong" | "FieldValueTooMany" => CauseKind::TooLong,
        "FieldManagerConflict" => CauseKind::Owned,
        _ => CauseKind::Other,
    }
}

fn says_immutable(words: &str) -> bool {
    let is_end = |ending: &str| words.ends_with(ending) || ending.strip_prefix(": ") == Some(words);
    IMMUTABLE_ENDINGS.iter().any(|ending| is_end(ending))
        || IMMUTABLE_BEGINNINGS.iter().any(|begin| words.starts_with(begin))
}

/// What a quota refuses, where a refusal is one's (`k8s.io/apiserver/pkg/admission/plugin/resourcequota`).
pub(super) fn quota(message: &str) -> Option<FieldCause> {
    // No name of an object has a blank in it.
    let (_, why) = message.split_once(" is forbidden: ")?;
    why.starts_with("exceeded quota: ").then(|| FieldCause {
        path: None,
        kind: CauseKind::Quota,
        message: why.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_quota_says_quotes_nothing() {
        let quota =
            "secrets \"a\" is forbidden: exceeded quota: q, requested: secrets=1, used: secrets=0, limited: secrets=0";
        let said = "exceeded quota: q, requested: secrets=1, used: secrets=0, limited: secrets=0";
        assert_eq!(super::quota(quota).map(|cause| cause.message).as_deref(), Some(said));
        let policy = "secrets \"a\" is forbidden: policy p: exceeded quota: hunter2";
        assert_eq!(super::quota(policy), None);
    }

    #[test]
    fn that_a_field_is_immutable_is_said_in_several_ways() {
        for words in [
            "Invalid value: {}: field is immutable",
            "Forbidden: field is immutable when `immutable` is set",
            "Invalid value: [\"None\"]: may not change once set",
            "Forbidden: may not be changed in an update.",
            "Forbidden: updates to statefulset spec for fields other than 'replicas', 'template' are forbidden",
            "Forbidden: spec is immutable after creation except resources.requests for bound claims\n@@ -1 +1 @@",
            "Invalid value: {}: cannot change roleRef",
            "Invalid value: {}: field is immutable, except for updating from beta label to GA",
            "Invalid value: 3: field cannot be modified once set",
        ] {
            assert_eq!(kind("FieldValueInvalid", words), CauseKind::Immutable, "{words}");
        }
    }

    #[test]
    fn a_value_that_is_quoted_says_nothing() {
        let quoted = "Invalid value: \"x: field is immutable\": must be a number";
        assert_eq!(kind("FieldValueInvalid", quoted), CauseKind::Invalid);
        let quoted = "Invalid value: \"expected string, got 5\": must be a number";
        assert_eq!(kind("FieldValueInvalid", quoted), CauseKind::Invalid);
    }

    #[test]
    fn that_a_value_is_no_string_is_said_by_each_of_three_checks() {
        for words in [
            "expected string, got &value.valueUnstructured{Value:5}",
            "Invalid value: \"integer\": spec.size in body must be of type string: \"integer\"",
            "cannot unmarshal number into EnvVar.spec.template.spec.containers.env.value of type string",
        ] {
            assert_eq!(kind("FieldValueTypeInvalid", words), CauseKind::NotString, "{words}");
        }
        let other = "cannot unmarshal string into DeploymentSpec.spec.replicas of type int32";
        assert_eq!(kind("FieldValueTypeInvalid", other), CauseKind::WrongType);
    }

    #[test]
    fn a_reason_that_is_not_known_is_no_kind_of_its_own() {
        assert_eq!(kind("FieldValueTypeInvalid", "x"), CauseKind::WrongType);
        assert_eq!(kind("", ""), CauseKind::Other);
    }
}
