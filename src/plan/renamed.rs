//! What git calls otherwise than before: one create and one delete, which belong together.

use serde_json::Value;

use super::{Action, Reason, Step, Work};
use crate::object::field::{FieldSet, ManagedFields};
use crate::object::{LiveObject, ObjectRef};
use crate::plan::compare::{self, Difference};

/// Notes on every object to be created that it is one to be deleted under another name: of the same kind, and the same
/// in all but its metadata, of several the first; or one whose name has another hash at its end, with what differs.
pub(super) fn note(steps: &mut [Step]) {
    let mut gone: Vec<(ObjectRef, UnnamedObject)> = steps
        .iter()
        .filter_map(|step| match &step.work {
            Work::Delete(work) => Some((step.reference.clone(), UnnamedObject::of(&work.live)?)),
            Work::Apply(_) | Work::Orphan(_) | Work::Await(_) | Work::Nothing => None,
        })
        .collect();
    let is_new = |step: &&mut Step| step.action == Action::Create && step.reason == Reason::New;
    for step in steps.iter_mut().filter(is_new) {
        let Work::Apply(work) = &step.work else { continue };
        let Some(new) = work.predicted.as_ref().and_then(UnnamedObject::of) else {
            continue;
        };
        let same = |(old, body): &(ObjectRef, UnnamedObject)| old.kind == step.reference.kind && new.is_same(body);
        let hashed = |(old, _): &(ObjectRef, UnnamedObject)| is_hashed_otherwise(old, &step.reference);
        let found = gone.iter().position(same).or_else(|| gone.iter().position(hashed));
        if let Some((old, body)) = found.map(|found| gone.remove(found)) {
            step.changes = compare::between(&work.desired, new.differences(&body));
            step.reason = Reason::Renamed(old);
        }
    }
}

/// Whether both are one object whose name ends in a hash of what is in it, a ConfigMap or Secret as Kustomize generates
/// them: the hash is of eight to ten of the letters and digits that Kubernetes' `SafeEncodeString` and Kustomize's hasher
/// use, which are no vowels.
fn is_hashed_otherwise(old: &ObjectRef, new: &ObjectRef) -> bool {
    const LETTERS: &str = "bcdfghjklmnpqrstvwxz2456789";
    let is_hash = |hash: &str| (8..=10).contains(&hash.len()) && hash.chars().all(|letter| LETTERS.contains(letter));
    let parts = |object: &'_ ObjectRef| {
        let (stem, hash) = object.name.rsplit_once('-')?;
        is_hash(hash).then(|| stem.to_owned())
    };
    let is_generated = new.kind.is("", "ConfigMap") || new.kind.is("", "Secret");
    let is_one_stem = parts(old).is_some() && parts(old) == parts(new);
    is_generated && is_one_stem && old.kind == new.kind && old.namespace == new.namespace
}

/// What an object is, whatever it is called.
struct UnnamedObject {
    value: Value,
    /// The fields by which its lists are told apart.
    keys: FieldSet,
}

impl UnnamedObject {
    /// Nothing if it says nothing: all Namespaces are the same.
    fn of(object: &LiveObject) -> Option<Self> {
        if object.reference().kind.is("", "Namespace") {
            return None;
        }
        let keys = ManagedFields::of(object).all();
        let mut value = object.value().clone();
        let fields = value.as_object_mut()?;
        for name in ["apiVersion", "kind", "metadata", "status"] {
            fields.remove(name);
        }
        (!fields.is_empty()).then_some(Self { value, keys })
    }

    fn is_same(&self, old: &Self) -> bool {
        self.differences(old).is_empty()
    }

    /// What is other than in the `old` one. Of what the server allocates, another object has its own.
    fn differences(&self, old: &Self) -> Vec<Difference> {
        let mut keys = self.keys.clone();
        keys.extend(&old.keys);
        let differences = compare::differences(&old.value, &self.value, &keys).into_iter();
        differences
            .filter(|difference| !compare::is_allocated(&difference.path))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Propagation;
    use crate::plan::compare::Shown;
    use crate::plan::{ApplyWork, DeleteWork, Past};
    use crate::testing::{desired, resource_of};
    use serde_json::json;

    fn new(name: &str, data: &Value) -> Step {
        let git = desired(&format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"
        ));
        let mut predicted = git.value.clone();
        predicted["data"] = data.clone();
        let reference = git.reference.clone();
        let work = ApplyWork {
            resource: resource_of(&git.value),
            desired: git,
            sent: Value::Null,
            live: None,
            predicted: Some(LiveObject::new(predicted)),
            dependents: Propagation::Foreground,
            migration: None,
            past: Past::default(),
        };
        Step::plain(reference, Action::Create, Reason::New, Work::Apply(Box::new(work)))
    }

    fn old(name: &str, data: &Value) -> Step {
        let mut value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "uid": "u"}});
        value["data"] = data.clone();
        let live = LiveObject::new(value);
        let reference = live.reference();
        let resource = resource_of(live.value());
        let work = DeleteWork {
            resource,
            live,
            propagation: Propagation::Background,
        };
        Step::plain(reference, Action::Delete, Reason::New, Work::Delete(work))
    }

    #[test]
    fn the_same_under_another_name_is_renamed_and_each_only_once() {
        let data = json!({"a": "1"});
        let mut steps = [
            new("x", &data),
            new("y", &data),
            new("z", &json!({"a": "2"})),
            old("was", &data),
        ];
        note(&mut steps);
        let reasons: Vec<&Reason> = steps.iter().map(|step| &step.reason).collect();
        let was = steps[3].reference.clone();
        assert_eq!(
            reasons,
            [&Reason::Renamed(was), &Reason::New, &Reason::New, &Reason::New]
        );
    }

    #[test]
    fn an_object_whose_name_ends_in_another_hash_is_renamed_and_says_what_differs() {
        // As Kustomize 5.8 generates them.
        let mut steps = [
            new("settings-dtd4g2m5bf", &json!({"a": "1", "b": "2"})),
            old("settings-7gdc9mt86h", &json!({"a": "1", "b": "1"})),
            new("notes-dtd4g2m5bf", &json!({"a": "1"})),
            old("other-7gdc9mt86h", &json!({"a": "2"})),
        ];
        note(&mut steps);
        assert_eq!(steps[0].reason, Reason::Renamed(steps[1].reference.clone()));
        let changed: Vec<String> = steps[0].changes.iter().map(|change| change.path.to_string()).collect();
        assert_eq!(changed, ["data.b"]);
        let [change] = steps[0].changes.as_slice() else {
            panic!("one")
        };
        assert!(
            matches!(change.before, Shown::Masked(_)),
            "it may have been secret then"
        );
        assert_eq!(change.after, Shown::Value("2".into()));
        assert_eq!(steps[2].reason, Reason::New, "it is another name");
        let object = |name: &str| new(name, &json!({})).reference;
        assert!(!is_hashed_otherwise(&object("web-frontend1"), &object("web-backenddd")));
    }

    #[test]
    fn what_says_nothing_is_nobody_elses_new_name() {
        let mut steps = [new("x", &Value::Null), old("was", &Value::Null)];
        let forget = |step: &mut Step| match &mut step.work {
            Work::Apply(work) => work.predicted = Some(LiveObject::new(work.desired.value.clone())),
            Work::Delete(work) => {
                let mut value = work.live.value().clone();
                value.as_object_mut().expect("an object").remove("data");
                work.live = LiveObject::new(value);
            }
            Work::Orphan(_) | Work::Await(_) | Work::Nothing => {}
        };
        steps.iter_mut().for_each(forget);
        note(&mut steps);
        assert_eq!(steps[0].reason, Reason::New);
        let body = |kind: &str| {
            let value = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, "spec": {"a": 1}});
            UnnamedObject::of(&LiveObject::new(value)).is_some()
        };
        assert!(body("Service") && !body("Namespace"));
    }
}
