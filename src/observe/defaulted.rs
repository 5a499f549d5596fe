//! What a server has filled in, keeps, and then refuses: the `rollingUpdate` of a strategy that is to be
//! `Recreate`.
//!
//! Nobody owns such a field, so no apply takes it away, not even one that says `null`. It goes once it is
//! ours: then the apply leaves it out.

use serde_json::Value;

use crate::cluster::{CauseKind, ClusterError, Failure};
use crate::object::LiveObject;
use crate::object::field::{FieldPath, ManagedFields};

/// Why a server refuses that a field is there. What it wants and misses ([`CauseKind::Required`]) is not in the way.
const IN_THE_WAY: [CauseKind; 3] = [CauseKind::Forbidden, CauseKind::Invalid, CauseKind::Immutable];

/// The fields that the server refuses although they are not `sent`: they are there, and nobody's. Nothing if
/// it refuses anything else, or a field of the `status`, which no apply of the object takes away: a version of a
/// CustomResourceDefinition cannot go while `status.storedVersions` has it.
pub(super) fn refused_fields(error: &ClusterError, sent: &Value, live: &LiveObject) -> Option<Vec<FieldPath>> {
    let owned = ManagedFields::of(live).all();
    let is_refused = error.failure == Failure::Invalid && !error.causes.is_empty();
    let fields = error.causes.iter().map(|cause| {
        let path = cause.path.as_ref()?;
        let is_left = IN_THE_WAY.contains(&cause.kind)
            && !path.is_under(&["status"])
            && path.find(live.value()).is_some()
            && path.find(sent).is_none_or(Value::is_null)
            && !owned.touches(path)
            && !owned.covers(path);
        is_left.then(|| path.clone())
    });
    is_refused.then(|| fields.collect()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::FieldCause;
    use crate::testing::{desired, live};
    use serde_json::json;

    const GIT: &str =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {strategy: {type: Recreate}}\n";

    fn deployment(owners: &[(&str, &str)]) -> LiveObject {
        let value = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x", "uid": "u"}, "status": {"storedVersions": ["v1"]}, "spec": {
            "replicas": 1,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
            "template": {"spec": {"containers": [{"name": "b", "image": "y", "tty": true}, {"name": "a"}]}},
        }});
        live(value, owners)
    }

    fn refused(paths: &[&[&str]]) -> ClusterError {
        let causes = paths.iter().map(|path| FieldCause {
            path: Some(FieldPath::of(path)),
            kind: CauseKind::Forbidden,
            message: "Forbidden: may not be specified".to_owned(),
        });
        ClusterError {
            causes: causes.collect(),
            ..ClusterError::new(Failure::Invalid, "invalid")
        }
    }

    const OURS: (&str, &str) = ("=stackanetes", "spec template spec containers k:{\"name\":\"b\"} image");
    const ROLLING: &[&str] = &["spec", "strategy", "rollingUpdate"];

    #[test]
    fn what_is_there_and_nobodys_is_in_the_way() {
        let found = |paths: &[&[&str]], owners: &[(&str, &str)]| {
            refused_fields(&refused(paths), &desired(GIT).value, &deployment(owners)).is_some()
        };
        assert!(found(&[ROLLING], &[OURS]));
        assert!(
            !found(&[ROLLING, &["spec", "template"]], &[OURS]),
            "something else is wrong"
        );
        assert!(!found(&[&["spec", "strategy", "type"]], &[OURS]), "git has it");
        assert!(!found(&[&["spec", "paused"]], &[OURS]), "it is not there");
        assert!(!found(
            &[ROLLING],
            &[OURS, ("flux", "spec strategy rollingUpdate maxSurge")]
        ));
        assert!(!found(&[], &[OURS]));
        assert!(
            !found(&[&["status", "storedVersions"]], &[OURS]),
            "no apply takes away what only a controller writes"
        );
        let mut missing = refused(&[ROLLING]);
        missing.causes[0].kind = CauseKind::Required;
        assert!(refused_fields(&missing, &desired(GIT).value, &deployment(&[OURS])).is_none());
    }
}
