//! What a server has filled in, keeps, and then refuses: the `rollingUpdate` of a strategy that is to be
//! `Recreate`.
//!
//! Nobody owns such a field, so no apply takes it away, not even one that says `null`. It goes once it is
//! ours: it is applied as it is first, which changes no value, and then left out.

use serde_json::{Map, Value};

use crate::cluster::{ClusterError, Failure};
use crate::field::{FieldPath, FieldSet, ManagedFields, PathElement};
use crate::object::{DesiredObject, LiveObject};

/// The fields that the server refuses although git does not have them: they are there, and nobody's.
/// Nothing if it refuses anything else.
pub(super) fn refused_fields(
    error: &ClusterError,
    desired: &DesiredObject,
    live: &LiveObject,
) -> Option<Vec<FieldPath>> {
    let owned = ManagedFields::of(live).all();
    let is_refused = error.failure == Failure::Invalid && !error.causes.is_empty();
    let fields = error.causes.iter().map(|cause| {
        let path = cause.path.as_ref()?;
        let is_left = path.find(live.value()).is_some()
            && path.find(&desired.value).is_none_or(Value::is_null)
            && !owned.touches(path)
            && !owned.covers(path);
        is_left.then(|| path.clone())
    });
    is_refused.then(|| fields.collect()).flatten()
}

/// The live object as it is once these fields are ours.
pub(super) fn taken(live: &LiveObject, field_manager: &str, fields: &[FieldPath]) -> LiveObject {
    let mut managers = ManagedFields::of(live);
    let Some((writer, owned)) = managers.applied_by(field_manager) else {
        return live.clone();
    };
    let (writer, owned) = (writer.clone(), with(owned, live, fields));
    managers.set(writer, owned);
    let mut value = live.value().clone();
    value["metadata"]["managedFields"] = managers.to_json();
    LiveObject::new(value)
}

/// What is applied to make these fields ours: all that we own, and they, as they are.
pub fn claim(live: &LiveObject, field_manager: &str, fields: &[FieldPath]) -> Value {
    let managers = ManagedFields::of(live);
    let none = FieldSet::default();
    let owned = managers.applied_by(field_manager).map_or(&none, |(_, owned)| owned);
    let mut object = extract(live.value(), &with(owned, live, fields));
    for name in ["apiVersion", "kind"] {
        object[name] = live.value()[name].clone();
    }
    for name in ["name", "namespace"] {
        if let Some(value) = live.value()["metadata"].get(name) {
            object["metadata"][name] = value.clone();
        }
    }
    object
}

/// These fields besides, down to their last values.
fn with(owned: &FieldSet, live: &LiveObject, fields: &[FieldPath]) -> FieldSet {
    let mut owned = owned.clone();
    for path in fields {
        if let Some(value) = path.find(live.value()) {
            insert_leaves(&mut owned, path, value);
        }
    }
    owned
}

fn insert_leaves(set: &mut FieldSet, path: &FieldPath, value: &Value) {
    match value.as_object().filter(|map| !map.is_empty()) {
        Some(map) => {
            for (name, value) in map {
                insert_leaves(set, &path.join(PathElement::Field(name.clone())), value);
            }
        }
        None => set.insert(path.elements()),
    }
}

/// The fields of a value that are in the set.
fn extract(value: &Value, set: &FieldSet) -> Value {
    if set.elements().next().is_none() {
        return value.clone();
    }
    match value {
        Value::Object(map) => {
            let fields = set.children().filter_map(|(element, below)| match element {
                PathElement::Field(name) => Some((name.clone(), extract(map.get(name)?, below))),
                _ => None,
            });
            Value::Object(fields.collect::<Map<_, _>>())
        }
        // In the order of the list, which is not that of the set.
        Value::Array(items) => {
            let items = items.iter().filter_map(|item| {
                let (_, below) = set.children().find(|(element, _)| element.selects(item))?;
                Some(extract(item, below))
            });
            Value::Array(items.collect())
        }
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::FieldCause;
    use crate::testing::{US, desired, live};
    use serde_json::json;

    const GIT: &str =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {strategy: {type: Recreate}}\n";

    fn deployment(owners: &[(&str, &str)]) -> LiveObject {
        let value = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x", "uid": "u"}, "spec": {
            "replicas": 1,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
            "template": {"spec": {"containers": [{"name": "b", "image": "y", "tty": true}, {"name": "a"}]}},
        }});
        live(value, owners)
    }

    fn refused(paths: &[&[&str]]) -> ClusterError {
        let causes = paths.iter().map(|path| FieldCause {
            path: Some(FieldPath::of(path)),
            reason: "FieldValueForbidden".to_owned(),
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
            refused_fields(&refused(paths), &desired(GIT), &deployment(owners)).is_some()
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
    }

    #[test]
    fn a_claim_changes_no_value_and_takes_only_what_is_in_the_way() {
        let fields = [FieldPath::of(ROLLING)];
        let live = deployment(&[OURS]);
        let claim = claim(&live, US, &fields);
        assert_eq!(
            claim,
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {
                "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
                "template": {"spec": {"containers": [{"image": "y"}]}},
            }})
        );
        let taken = taken(&live, US, &fields);
        let managers = ManagedFields::of(&taken);
        let (_, owned) = managers.applied_by(US).expect("an entry");
        assert!(owned.contains(&FieldPath::of(&["spec", "strategy", "rollingUpdate", "maxSurge"])));
        assert!(!owned.touches(&FieldPath::of(&["spec", "replicas"])));
    }
}
