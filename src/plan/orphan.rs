//! Members that stay in the cluster, and belong to no ApplySet any more.

use serde_json::{Value, json};

use super::ownership::unapplied;
use super::{Action, Policy, Reason, Step, Work};
use crate::applyset::inventory::{APPLIED, PART_OF, REVISION};
use crate::cluster::Resource;
use crate::kinds::generate::{self, GENERATED};
use crate::object::field::{FieldManager, FieldSet, ManagedFields};
use crate::object::inputs::DIGESTS;
use crate::object::{COMPONENT, LiveObject};

/// The labels that a sync writes on a member: whose it is, and of which component.
const LABELS: [&str; 2] = [PART_OF, COMPONENT];
/// The annotations that a sync writes on a member. Those on pod templates are not among them: without them, pods would
/// restart.
const NOTES: [&str; 4] = [REVISION, APPLIED, DIGESTS, GENERATED];

/// A member that is to be orphaned.
#[derive(Debug)]
pub struct OrphanWork {
    /// How the kind is reached.
    pub resource: Resource,
    /// The object that was planned for.
    pub live: LiveObject,
}

/// The steps for all members. One that carries the label and was never applied by us is left as it is.
pub(super) fn steps(members: Vec<(Resource, LiveObject)>, policy: &Policy) -> Vec<Step> {
    let steps = members.into_iter().map(|(resource, live)| {
        let reference = live.reference();
        let (action, reason, work) = match unapplied(&live, &policy.field_manager) {
            None => (
                Action::Orphan,
                Reason::Orphan,
                Work::Orphan(OrphanWork { resource, live }),
            ),
            Some(why) => (Action::Keep, Reason::Keep(why), Work::Nothing),
        };
        Step::plain(reference, action, reason, work)
    });
    steps.collect()
}

/// The JSON patch (RFC 6902) that makes `live` a member no more: our labels, annotations and managed fields go.
/// No field of `spec`, `data` or `status` is in it, so no pod restarts. It does nothing to
/// any other version of the object, and there is none for an object that is no member.
pub fn patch(live: &LiveObject, field_manager: &str) -> Option<Value> {
    live.label(PART_OF)?;
    let mut operations =
        vec![json!({"op": "replace", "path": "/metadata/resourceVersion", "value": live.resource_version()})];
    let labels = LABELS.into_iter().filter(|label| live.label(label).is_some());
    let notes = NOTES.into_iter().filter(|note| live.annotation(note).is_some());
    let marks = labels.map(|label| pointer("labels", label));
    let marks = marks.chain(notes.map(|note| pointer("annotations", note)));
    operations.extend(marks.map(|path| json!({"op": "remove", "path": path})));
    let managed = without_ours(live, field_manager);
    // There may be none to replace.
    operations.push(json!({"op": "add", "path": "/metadata/managedFields", "value": managed}));
    Some(operations.into())
}

/// The managed fields of all others. Where there are none, one empty entry: a server takes an empty list for that of a
/// client which does not know managed fields, and keeps those that it has.
fn without_ours(live: &LiveObject, field_manager: &str) -> Value {
    let is_ours = |manager: &FieldManager| manager.name == field_manager || manager.name == generate::FIELD_MANAGER;
    let mut managed = ManagedFields::of(live);
    managed.change(|manager, fields| if is_ours(manager) { FieldSet::default() } else { fields });
    if managed.is_empty() {
        json!([{}])
    } else {
        managed.to_json()
    }
}

/// Where an entry of this map of the metadata stands (RFC 6901).
fn pointer(map: &str, key: &str) -> String {
    format!("/metadata/{map}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::live;

    fn member(owners: &[(&str, &str)]) -> LiveObject {
        live(
            json!({
                "apiVersion": "v1", "kind": "ConfigMap", "data": {"mode": "fast"},
                "metadata": {
                    "name": "settings", "resourceVersion": "7", "labels": {PART_OF: "applyset-x-v1", "app": "web"},
                    "annotations": {REVISION: "8df1983", APPLIED: "a.b", "stackanetes.io/prune": "never"},
                },
            }),
            owners,
        )
    }

    #[test]
    fn only_what_a_sync_noted_goes_and_the_fields_of_others_stay_theirs() {
        let live = member(&[
            ("=stackanetes", "data mode"),
            ("=stackanetes-generate", "data key"),
            ("team", "data x"),
        ]);
        let patch = patch(&live, "stackanetes").expect("it is a member");
        let paths: Vec<&str> = patch
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|one| one["path"].as_str())
            .collect();
        assert_eq!(
            paths,
            [
                "/metadata/resourceVersion",
                "/metadata/labels/applyset.kubernetes.io~1part-of",
                "/metadata/annotations/stackanetes.io~1revision",
                "/metadata/annotations/stackanetes.io~1applied",
                "/metadata/managedFields",
            ]
        );
        let managers = patch[4]["value"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|entry| &entry["manager"]);
        assert_eq!(managers.collect::<Vec<_>>(), ["team"]);
    }

    #[test]
    fn managed_fields_that_were_all_ours_are_reset() {
        let patch = patch(&member(&[("=stackanetes", "data mode")]), "stackanetes").expect("it is a member");
        assert_eq!(patch[4]["value"], json!([{}]));
    }

    #[test]
    fn managed_fields_that_are_not_there_are_no_reason_to_fail() {
        let live = member(&[]);
        let patch = patch(&live, "stackanetes").expect("it is a member");
        let patch: json_patch::Patch = serde_json::from_value(patch).expect("a patch");
        let mut value = live.value().clone();
        value["metadata"]
            .as_object_mut()
            .expect("metadata")
            .remove("managedFields");
        json_patch::patch(&mut value, &patch).expect("it can be done");
        assert_eq!(value["metadata"]["managedFields"], json!([{}]));
    }

    #[test]
    fn what_is_no_member_is_not_patched() {
        let object = live(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}),
            &[],
        );
        assert_eq!(patch(&object, "stackanetes"), None);
    }
}
