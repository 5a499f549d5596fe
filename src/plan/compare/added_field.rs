//! What people have added to an object by hand, beside what git says.

use super::{is_bookkeeping, written};
use crate::object::field::{FieldManager, FieldPath, FieldSet, ManagedFields, PathElement};
use crate::object::shown::ShownPath;
use crate::object::{DesiredObject, LiveObject};

/// A field that a person added, and that git says nothing of. A sync leaves it.
#[derive(Debug, Clone, PartialEq)]
pub struct AddedField {
    /// The path of the field.
    pub path: FieldPath,
    /// The path as people may read it.
    pub shown: ShownPath,
    /// The manager that added it, and when.
    pub writer: FieldManager,
}

/// The fields that people have added by hand. What controllers and other tools own is their business.
///
/// Of an item that was added whole, it is the item.
pub fn added_fields(desired: &DesiredObject, live: &LiveObject) -> Vec<AddedField> {
    // Most of the time nobody did, and that is seen without reading who owns what.
    if !ManagedFields::writers(live.value()).any(|(manager, _)| is_by_hand(&manager)) {
        return Vec::new();
    }
    let managed = ManagedFields::of(live);
    let mut declared = FieldSet::default();
    for (_, fields) in managed.entries().filter(|(manager, _)| !is_by_hand(manager)) {
        declared.extend(fields);
    }
    let mut found: Vec<AddedField> = Vec::new();
    for (writer, fields) in managed.entries().filter(|(manager, _)| is_by_hand(manager)) {
        for path in fields.paths() {
            let is_known = is_bookkeeping(&path)
                || found.iter().any(|other| path.starts_with(&other.path))
                || declared.touches(&path)
                || declared.covers(&path)
                || written(&desired.value, &path).is_some()
                || is_in_written_value(desired, &path);
            if !is_known && path.find(live.value()).is_some() {
                let writer = writer.clone();
                let shown = ShownPath::of(&path, [desired]);
                found.push(AddedField { path, shown, writer });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn is_by_hand(manager: &FieldManager) -> bool {
    manager.is_imperative() && manager.subresource.is_empty()
}

/// Whether the path leads into a value that git says as a whole, or names an item by another key than git.
fn is_in_written_value(desired: &DesiredObject, path: &FieldPath) -> bool {
    let Some((PathElement::Field(_), around)) = path.elements().split_last() else {
        return false;
    };
    let around: FieldPath = around.iter().cloned().collect();
    written(&desired.value, &around).is_some_and(|value| !value.is_object())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{desired, live};

    #[test]
    fn what_a_person_added_is_told_item_by_item_and_what_others_own_is_not() {
        let git =
            desired("apiVersion: v1\nkind: X\nmetadata: {name: x}\nspec: {env: [{name: A, value: a}], size: 1}\n");
        let value = json!({"metadata": {"labels": {"by": "hand", "team": "b"}}, "spec": {"size": 2, "paused": true,
            "env": [{"name": "A", "value": "a"}, {"name": "B", "value": "b"}]}});
        let item = "spec env k:{\"name\":\"B\"}";
        let live = live(
            value,
            &[
                (
                    "=stackanetes",
                    "spec env k:{\"name\":\"A\"} ., spec env k:{\"name\":\"A\"} value",
                ),
                (
                    "kubectl-edit",
                    &format!("{item} ., {item} name, {item} value, spec size, metadata labels by"),
                ),
                ("team-b", "metadata labels team"),
                ("kubectl-patch", "spec paused"),
                ("kubectl/scale", "spec replicas"),
            ],
        );
        let told: Vec<_> = added_fields(&git, &live)
            .iter()
            .map(|one| format!("{} {}", one.path, one.writer.name))
            .collect();
        assert_eq!(
            told,
            [
                "metadata.labels.by kubectl-edit",
                "spec.env[B] kubectl-edit",
                "spec.paused kubectl-patch"
            ]
        );
    }
}
