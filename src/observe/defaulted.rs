//! What is there, keeps git's fields out, and is nobody's who will write it again: the `rollingUpdate` that a server has
//! filled in for a strategy which is to be `Recreate`, the source that a person has given to a volume.
//!
//! No apply takes such a field away, not even one that says `null`. It goes once it is ours alone: then the apply leaves
//! it out.

use serde_json::Value;

use crate::cluster::{CauseKind, ClusterError, Failure};
use crate::kinds::unions;
use crate::object::LiveObject;
use crate::object::field::{FieldPath, FieldSet, ManagedFields, PathElement};

/// Why a server refuses a field, or that another one is there beside it. What it wants and misses
/// ([`CauseKind::Required`]) is not in the way.
const IN_THE_WAY: [CauseKind; 3] = [CauseKind::Forbidden, CauseKind::Invalid, CauseKind::Immutable];

/// The lists of a pod that are merged by the names of their items.
const BY_NAME: [&str; 4] = ["containers", "env", "initContainers", "volumes"];

/// The fields in the way of what is `sent`: they are there, are not sent, and no manager but `field_manager`, whose apply
/// gives them up, owns them and keeps writing. Nothing if the server refuses anything else, or a field of the `status`,
/// which no apply of the object takes away: a version of a CustomResourceDefinition cannot go while
/// `status.storedVersions` has it.
pub(super) fn in_the_way(
    error: &ClusterError,
    sent: &Value,
    live: &LiveObject,
    field_manager: &str,
) -> Option<Vec<FieldPath>> {
    let mut kept = FieldSet::default();
    for (manager, fields) in ManagedFields::of(live).others(field_manager) {
        if manager.keeps_writing() {
            kept.extend(fields);
        }
    }
    let is_sent = |field: &FieldPath| field.find(sent).is_some_and(|value| !value.is_null());
    let is_left = |field: &FieldPath| {
        let is_there = field.find(live.value()).is_some();
        is_there && !is_sent(field) && !kept.touches(field) && !kept.covers(field)
    };
    let is_refused = error.failure == Failure::Invalid && !error.causes.is_empty();
    let fields = error.causes.iter().map(|cause| {
        let path = cause.path.as_ref().filter(|_| IN_THE_WAY.contains(&cause.kind))?;
        let path = (!path.is_under(&["status"])).then_some(path)?;
        let path = by_names(path, live.value(), sent)?;
        let found = if is_sent(&path) {
            unions::rivals(&path, live.value())
        } else {
            vec![path]
        };
        (!found.is_empty() && found.iter().all(is_left)).then_some(found)
    });
    let fields: Option<Vec<_>> = is_refused.then(|| fields.collect()).flatten();
    fields.map(|fields| fields.concat())
}

/// A path of validation, which counts the items of lists, as managed fields spell it. Nothing where an item has another
/// place in `live` than in what is `sent`, or its list is merged otherwise than by names.
fn by_names(path: &FieldPath, live: &Value, sent: &Value) -> Option<FieldPath> {
    let mut here = [Some(live), Some(sent)];
    let mut is_named = false;
    let elements = path.elements().iter().map(|element| {
        let element = match element {
            PathElement::Index(index) if is_named => {
                let [one, other] = here.map(|list| list?.get(index)?.get("name"));
                PathElement::key(
                    [("name".to_owned(), one.filter(|_| one == other)?.clone())]
                        .into_iter()
                        .collect(),
                )
            }
            PathElement::Index(_) => return None,
            element => element.clone(),
        };
        here = here.map(|parent| element.find(parent?));
        is_named = matches!(&element, PathElement::Field(name) if BY_NAME.contains(&name.as_str()));
        Some(element)
    });
    elements.collect()
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
            let (sent, live) = (desired(GIT).value, deployment(owners));
            in_the_way(&refused(paths), &sent, &live, "stackanetes").is_some()
        };
        assert!(found(&[ROLLING], &[OURS]));
        assert!(
            !found(&[ROLLING, &["spec", "replicas"]], &[OURS, ("flux", "spec replicas")]),
            "something else is wrong"
        );
        assert!(!found(&[&["spec", "strategy", "type"]], &[OURS]), "git has it");
        assert!(!found(&[&["spec", "paused"]], &[OURS]), "it is not there");
        let surge = "spec strategy rollingUpdate maxSurge";
        assert!(!found(&[ROLLING], &[OURS, ("flux", surge)]));
        assert!(
            found(&[ROLLING], &[("=stackanetes", surge)]),
            "the rest of it is the server's"
        );
        assert!(
            found(&[ROLLING], &[OURS, ("before-first-apply", surge)]),
            "that is no writer"
        );
        assert!(
            found(&[ROLLING], &[OURS, ("kubectl-edit", surge)]),
            "what a person did is put back"
        );
        assert!(!found(&[], &[OURS]));
        assert!(
            !found(&[&["status", "storedVersions"]], &[OURS]),
            "no apply takes away what only a controller writes"
        );
        let mut missing = refused(&[ROLLING]);
        missing.causes[0].kind = CauseKind::Required;
        let (sent, live) = (desired(GIT).value, deployment(&[OURS]));
        assert!(in_the_way(&missing, &sent, &live, "stackanetes").is_none());
    }

    #[test]
    fn what_excludes_a_field_of_git_is_in_the_way() {
        let manifest =
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {volumes: [{name: a, configMap: {name: c}}]}\n";
        let sent = desired(manifest).value;
        let field = |name: &str| PathElement::field(name);
        let key = PathElement::key([("name".to_owned(), json!("a"))].into_iter().collect());
        let empty = FieldPath::of(&["spec", "volumes"]).join(key).join(field("emptyDir"));
        let mut error = refused(&[ROLLING]);
        // As validation counts them.
        let counted = [
            field("spec"),
            field("volumes"),
            PathElement::Index(0),
            field("configMap"),
        ];
        error.causes[0].path = Some(counted.into_iter().collect());
        let value = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"},
            "spec": {"volumes": [{"name": "a", "emptyDir": {}}]}});
        let owned = "spec volumes k:{\"name\":\"a\"} emptyDir";
        let found = |owner: &str| in_the_way(&error, &sent, &live(value.clone(), &[(owner, owned)]), "stackanetes");
        assert_eq!(found("kubectl-edit"), Some(vec![empty]));
        assert_eq!(found("flux"), None);
        error.causes[0].path = Some(
            [field("spec"), field("volumes"), PathElement::Index(1)]
                .into_iter()
                .collect(),
        );
        assert_eq!(
            in_the_way(&error, &sent, &live(value, &[]), "stackanetes"),
            None,
            "no such item"
        );
    }
}
