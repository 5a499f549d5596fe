//! What happened in the sequences: a test of what never happens proves nothing.

use std::collections::BTreeMap;

use serde_json::Value;
use stackanetes::object::field::{FieldSet, ManagedFields, Operation, PathElement};

use super::step::{Answer, Step, Write};

/// Everything that must have happened, and how often it did.
pub fn count<'a>(steps: impl Iterator<Item = &'a Step>) -> BTreeMap<&'static str, usize> {
    let mut counts: BTreeMap<_, _> = ALL.iter().map(|(name, _)| (*name, 0)).collect();
    for step in steps {
        for (name, happened) in ALL {
            *counts.entry(name).or_default() += usize::from(happened(step));
        }
    }
    counts
}

type Happened = fn(&Step) -> bool;

const ALL: [(&str, Happened); 27] = [
    ("created by apply", |step| {
        step.live.is_none() && applied(step).is_some() && stored(step).is_some()
    }),
    ("created by POST", |step| {
        is_stored(step, |write| matches!(write, Write::Create { .. }))
    }),
    ("written by PUT", |step| {
        is_stored(step, |write| matches!(write, Write::Put { .. }))
    }),
    ("merge patch", |step| {
        is_stored(step, |write| matches!(write, Write::MergePatch { .. }))
    }),
    ("JSON patch", |step| {
        is_stored(step, |write| matches!(write, Write::JsonPatch { .. }))
    }),
    ("apply without force", |step| {
        is_stored(step, |write| matches!(write, Write::Apply { force: false, .. }))
    }),
    ("apply refused for conflicts", |step| {
        matches!(step.answer, Answer::Conflicts(_))
    }),
    ("apply took fields by force", |step| {
        is_stored(step, |write| matches!(write, Write::Apply { force: true, .. })) && others_lost_leaves(step)
    }),
    ("apply made no sense", |step| matches!(step.answer, Answer::Untyped(_))),
    ("refused for another reason", |step| {
        matches!(step.answer, Answer::Refused(_))
    }),
    ("apply changed nothing", |step| {
        applied(step).is_some() && is_unchanged(step)
    }),
    ("applier gave up fields", |step| {
        applied(step).is_some() && !given_up(step).is_empty()
    }),
    ("what was given up is gone", |step| {
        applied(step).is_some() && gave_up(step, false)
    }),
    ("what was given up stays, for another owns it", |step| {
        applied(step).is_some() && gave_up(step, true)
    }),
    ("a list item that two own was given up", |step| {
        applied(step).is_some() && gave_up_item(step)
    }),
    ("two appliers own one field", |step| {
        stored(step).is_some_and(|object| is_shared(&ManagedFields::read(object)))
    }),
    ("an update took fields from an applier", |step| {
        !step.write.is_apply() && stored(step).is_some() && others_lost_leaves(step)
    }),
    ("applied null", |step| {
        stored(step).is_some() && applied(step).is_some_and(|config| any(config, &Value::is_null))
    }),
    ("applied {}", |step| {
        let is_empty = |value: &Value| value.as_object().is_some_and(serde_json::Map::is_empty);
        stored(step).is_some() && applied(step).is_some_and(|config| any(config, &is_empty))
    }),
    ("applied []", |step| {
        let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
        stored(step).is_some() && applied(step).is_some_and(|config| any(config, &is_empty))
    }),
    ("a keyed list or a set was reordered", reordered),
    ("the status was written", |step| {
        stored(step).is_some() && step.subresource == "status"
    }),
    ("the scale was written", |step| {
        stored(step).is_some() && step.subresource == "scale"
    }),
    ("a stored list had an item twice", |step| {
        step.live.as_ref().is_some_and(|live| any(live, &has_repeated_name))
    }),
    ("owners were forgotten", |step| {
        step.live.is_some() && stored(step).is_some_and(|object| ManagedFields::read(object).is_empty())
    }),
    ("the oldest updaters became one", |step| {
        owner(step, |name, _| name == "ancient-changes")
    }),
    ("owners in two versions", |step| {
        owner(step, |_, version| version == "example.com/v1")
            && owner(step, |_, version| version == "example.com/v1beta1")
    }),
];

fn stored(step: &Step) -> Option<&Value> {
    match &step.answer {
        Answer::Stored(object) => Some(object),
        _ => None,
    }
}

fn applied(step: &Step) -> Option<&Value> {
    match &step.write {
        Write::Apply { config, .. } => Some(config),
        _ => None,
    }
}

fn is_stored(step: &Step, write: impl Fn(&Write) -> bool) -> bool {
    stored(step).is_some() && write(&step.write)
}

fn owner(step: &Step, is_it: impl Fn(&str, &str) -> bool) -> bool {
    let managers = stored(step).map(ManagedFields::read).unwrap_or_default();
    let mut entries = managers.entries();
    entries.any(|(manager, _)| is_it(&manager.name, &manager.api_version))
}

/// Whether the API server changed nothing but times and counts.
pub fn is_same_but_times(step: &Step) -> bool {
    let told = |object: &Value| {
        let entries = ManagedFields::read(object);
        let owners = entries.entries().map(|(manager, fields)| {
            let writer = (manager.name.clone(), manager.operation, manager.api_version.clone());
            ((writer, manager.subresource.clone()), fields.to_fields_v1_text())
        });
        // Of two entries that a write of the scale left for one writer, the last counts.
        let owners: BTreeMap<_, _> = owners.collect();
        let mut object = object.clone();
        let metadata = object["metadata"].as_object_mut().expect("an object has metadata");
        metadata.remove("managedFields");
        metadata.remove("resourceVersion");
        // It counts an empty list that is not stored as one.
        metadata.remove("generation");
        (owners, object)
    };
    let before = step.live.as_ref().map(told);
    before.is_some() && before == stored(step).map(told)
}

/// Whether the API server wrote nothing.
fn is_unchanged(step: &Step) -> bool {
    let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
    let before = step.live.as_ref().map(version);
    before.is_some() && before == stored(step).map(version)
}

/// The fields of the applier before and after.
fn own(step: &Step, object: Option<&Value>) -> FieldSet {
    let managers = object.map(ManagedFields::read).unwrap_or_default();
    let is_own = managers
        .entries()
        .find(|(manager, _)| {
            manager.name == step.manager
                && manager.operation == Operation::Apply
                && manager.subresource == step.subresource
        })
        .map(|(_, fields)| fields.clone());
    is_own.unwrap_or_default()
}

fn given_up(step: &Step) -> FieldSet {
    if stored(step).is_none() {
        return FieldSet::default();
    }
    own(step, step.live.as_ref()).without(&own(step, stored(step)))
}

fn gave_up(step: &Step, is_still_owned: bool) -> bool {
    let owned = stored(step)
        .map(|object| ManagedFields::read(object).all())
        .unwrap_or_default();
    let mut paths = given_up(step).paths().into_iter();
    paths.any(|path| owned.contains(&path) == is_still_owned)
}

fn gave_up_item(step: &Step) -> bool {
    let owned = stored(step)
        .map(|object| ManagedFields::read(object).all())
        .unwrap_or_default();
    let mut paths = given_up(step).paths().into_iter();
    paths.any(|path| {
        let is_item = matches!(
            path.elements().last(),
            Some(PathElement::Key(_) | PathElement::Value(_))
        );
        is_item && owned.contains(&path)
    })
}

fn others_lost_leaves(step: &Step) -> bool {
    let before = step.live.as_ref().map(ManagedFields::read).unwrap_or_default();
    let after = stored(step).map(ManagedFields::read).unwrap_or_default();
    let mut others = before.entries().filter(|(manager, _)| {
        manager.operation == Operation::Apply && (manager.name != step.manager || !step.write.is_apply())
    });
    others.any(|(manager, fields)| {
        let none = FieldSet::default();
        !fields.without(after.fields(manager).unwrap_or(&none)).is_empty()
    })
}

fn is_shared(managers: &ManagedFields) -> bool {
    let appliers = managers
        .entries()
        .filter(|(manager, _)| manager.operation == Operation::Apply);
    let appliers: Vec<_> = appliers.map(|(_, fields)| fields.leaves()).collect();
    matches!(appliers.as_slice(), [one, other, ..] if !one.intersection(other).is_empty())
}

fn has_repeated_name(value: &Value) -> bool {
    let names: Vec<_> = value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item.get("name"))
        .collect();
    names
        .iter()
        .enumerate()
        .any(|(index, name)| names[..index].contains(name))
}

fn any(value: &Value, is_it: &dyn Fn(&Value) -> bool) -> bool {
    is_it(value)
        || match value {
            Value::Array(items) => items.iter().any(|item| any(item, is_it)),
            Value::Object(fields) => fields.values().any(|field| any(field, is_it)),
            _ => false,
        }
}

/// Whether a list of which items are owned one by one has the same items in another order.
fn reordered(step: &Step) -> bool {
    fn walk(owned: &FieldSet, before: &Value, after: &Value) -> bool {
        if let (Value::Array(old), Value::Array(new)) = (before, after) {
            let is_granular = owned
                .elements()
                .any(|element| matches!(element, PathElement::Key(_) | PathElement::Value(_)));
            let mut sorted = [old.clone(), new.clone()];
            for items in &mut sorted {
                items.sort_by_key(Value::to_string);
            }
            return is_granular && old != new && sorted[0] == sorted[1];
        }
        owned.children().any(|(element, owned)| {
            let (Some(before), Some(after)) = (element.find(before), element.find(after)) else {
                return false;
            };
            walk(owned, before, after)
        })
    }
    let (Some(before), Some(after)) = (&step.live, stored(step)) else {
        return false;
    };
    walk(&ManagedFields::read(after).all(), before, after)
}
