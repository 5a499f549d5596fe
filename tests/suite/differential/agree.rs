//! Whether the local merge made the same of a write as the API server.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stackanetes::object::field::{FieldManager, FieldPath, FieldSet, ManagedFields, Operation, PathElement};
use stackanetes::ssa::canonical;
use stackanetes::ssa::merge::{self, Conflict, MergeError, Merged, OnConflict, Writer};
use stackanetes::ssa::schema::{Kind, ListType, Schema, Type};

use super::patched::patched;
use super::step::{Answer, Step, Write};

/// Does the writes of steps locally.
pub type Local<'a> = &'a dyn Fn(&Schema, &Step) -> Result<Merged, MergeError>;

/// The local merge as it is.
pub fn local(schema: &Schema, step: &Step) -> Result<Merged, MergeError> {
    let writer = writer(step);
    match &step.write {
        Write::Apply { config, force } => {
            let on_conflict = if *force { OnConflict::Force } else { OnConflict::Refuse };
            merge::apply(schema, step.live.as_ref(), config, &writer, on_conflict)
        }
        _ => merge::update(schema, step.live.as_ref(), &updated(schema, step), &writer),
    }
}

/// Who writes, at the time that the API server noted.
pub fn writer(step: &Step) -> Writer {
    let entries = match &step.answer {
        Answer::Stored(stored) => ManagedFields::read(stored),
        _ => ManagedFields::default(),
    };
    let is_own = |manager: &FieldManager| {
        manager.name == step.manager
            && manager.subresource == step.subresource
            && (manager.operation == Operation::Apply) == step.write.is_apply()
    };
    let own = entries
        .entries()
        .map(|(manager, _)| manager)
        .filter(|manager| is_own(manager));
    let latest = own.filter_map(|manager| manager.time.clone()).max();
    let any = entries.entries().filter_map(|(manager, _)| manager.time.clone()).max();
    Writer {
        subresource: step.subresource.clone(),
        ..Writer::new(&step.manager, latest.or(any).unwrap_or_default())
    }
}

/// The object that an update wrote: what is stored, before the API server allocated or reset anything.
fn updated(schema: &Schema, step: &Step) -> Value {
    let Answer::Stored(stored) = &step.answer else {
        return json!({});
    };
    let mut object = stored.clone();
    let metadata = object["metadata"].as_object_mut().expect("an object has metadata");
    metadata.remove("managedFields");
    let is_custom = schema.kind_of(stored).is_some_and(|kind| !kind.is_built_in());
    if step.subresource.is_empty() && is_custom {
        let status = patched(step.live.as_ref(), &step.write).get("status").cloned();
        let fields = object.as_object_mut().expect("an object");
        fields.remove("status");
        fields.extend(status.map(|status| ("status".to_owned(), status)));
    }
    let metadata = object["metadata"].as_object_mut().expect("an object has metadata");
    match &step.write {
        Write::MergePatch { sent } => {
            if let Some(reset) = sent.pointer("/metadata/managedFields") {
                metadata.insert("managedFields".to_owned(), reset.clone());
            }
        }
        Write::Create { sent } if stored["kind"] == "Service" => {
            let spec = object["spec"].as_object_mut().expect("a Service has a spec");
            for allocated in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                if sent["spec"].get(allocated).is_none() {
                    spec.remove(allocated);
                }
            }
        }
        _ => {}
    }
    object
}

/// Compares. What is said is what differs.
pub fn check(schema: &Schema, step: &Step, local: Local<'_>) -> Result<(), String> {
    let outcome = match &step.answer {
        Answer::Refused(_) => return Ok(()),
        // It is here for what comes after it: who scales is recorded by rules of its own, and the
        // library does not write scales.
        _ if matches!(step.write, Write::Scale { .. }) => return Ok(()),
        _ => local(schema, step),
    };
    match (&step.answer, outcome) {
        (Answer::Conflicts(expected), Err(MergeError::Conflicts(conflicts))) => {
            let expected: BTreeSet<_> = expected.iter().cloned().collect();
            let found: BTreeSet<_> = conflicts.iter().map(cause).collect();
            same("conflicts", &expected, &found)
        }
        (Answer::Untyped(_), Err(MergeError::Invalid(_))) => Ok(()),
        (Answer::Stored(stored), Ok(merged)) => stored_alike(schema, step, stored, &merged),
        (answer, outcome) => Err(format!("answer {}\nlocally {outcome:?}", json!(answer))),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, server: &T, local: &T) -> Result<(), String> {
    if server == local {
        Ok(())
    } else {
        Err(format!("{what}:\nserver  {server:#?}\nlocally {local:#?}"))
    }
}

/// A conflict as the API server words it.
fn cause(conflict: &Conflict) -> (String, String) {
    let manager = &conflict.manager;
    let mut text = format!("conflict with {:?}", manager.name);
    if !manager.subresource.is_empty() {
        text += &format!(" with subresource {:?}", manager.subresource);
    }
    if manager.operation == Operation::Update {
        text += &format!(" using {}", manager.api_version);
    }
    (text, path_text(&conflict.path))
}

fn path_text(path: &FieldPath) -> String {
    let elements = path.elements().iter().map(|element| match element {
        PathElement::Field(name) => format!(".{name}"),
        PathElement::Key(keys) => {
            let pairs: Vec<_> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("[{}]", pairs.join(","))
        }
        PathElement::Value(value) => format!("[={value}]"),
        PathElement::Index(index) => format!("[{index}]"),
    });
    elements.collect()
}

fn stored_alike(schema: &Schema, step: &Step, stored: &Value, merged: &Merged) -> Result<(), String> {
    let server = ManagedFields::read(stored);
    same("managed fields", &owners(&server), &owners(&merged.managed_fields))?;
    // The order, with the times of the API server.
    let mut sorted = ManagedFields::default();
    for (manager, fields) in merged.managed_fields.entries() {
        let time = server.entries().find(|(other, _)| other.is(manager));
        let time = time.and_then(|(other, _)| other.time.clone());
        sorted.set(
            FieldManager {
                time,
                ..manager.clone()
            },
            fields.clone(),
        );
    }
    sorted.sort();
    let entries = stored
        .pointer("/metadata/managedFields")
        .cloned()
        .unwrap_or_else(|| json!([]));
    same("managed fields as JSON", &entries, &sorted.to_json())?;
    let timed = |managers: &ManagedFields| -> BTreeSet<_> {
        let timed = managers.entries().filter(|(manager, _)| manager.time.is_some());
        timed
            .map(|(manager, _)| (manager.name.clone(), manager.operation))
            .collect()
    };
    same("entries with a time", &timed(&server), &timed(&merged.managed_fields))?;

    let kind = schema.kind_of(stored).expect("a kind of the schema");
    let mut stored = stored.clone();
    let mut local = canonical::stored(kind, &merged.object);
    for object in [&mut stored, &mut local] {
        let metadata = object["metadata"].as_object_mut().expect("an object has metadata");
        for name in [
            "managedFields",
            "resourceVersion",
            "generation",
            "uid",
            "creationTimestamp",
        ] {
            metadata.remove(name);
        }
    }
    values(kind, step, (&stored, &local), &server.all())
}

/// Each manager's fields, as text, whatever the time.
pub fn owners(managers: &ManagedFields) -> BTreeSet<(String, String)> {
    let entries = managers.entries().map(|(manager, fields)| {
        let FieldManager {
            name,
            operation,
            api_version,
            subresource,
            ..
        } = manager;
        (
            format!("{operation:?} {name} {api_version} {subresource}"),
            fields.to_fields_v1_text(),
        )
    });
    entries.collect()
}

fn values(kind: Kind<'_>, step: &Step, (stored, local): (&Value, &Value), owned: &FieldSet) -> Result<(), String> {
    let mut local = local.clone();
    if stored["kind"] == "Service" {
        // They hang on other fields, and go with them whoever owns them.
        for name in ["externalTrafficPolicy", "sessionAffinityConfig"] {
            if stored["spec"].get(name).is_none() {
                local["spec"].as_object_mut().map(|spec| spec.remove(name));
            }
        }
    }
    let compare = Compare {
        path: FieldPath::root(),
        owned: Some(owned),
        is_plain: step.is_plain,
    };
    compare.at(kind.root(), Some(stored), Some(&local))
}

/// Compares values, field by field, where the API server may add defaults, and drop what nobody owns,
/// unless it `is_plain`.
struct Compare<'a> {
    path: FieldPath,
    owned: Option<&'a FieldSet>,
    is_plain: bool,
}

impl Compare<'_> {
    fn at(&self, of: Type<'_>, stored: Option<&Value>, local: Option<&Value>) -> Result<(), String> {
        match (stored, local) {
            (Some(Value::Object(stored)), Some(Value::Object(local)))
                if of.map().is_some_and(|map| !map.is_atomic()) =>
            {
                let map = of.map().expect("it is a map");
                for name in stored.keys().chain(local.keys()) {
                    let below = self.below(PathElement::field(name));
                    if let Some(of) = map.child(name) {
                        below.at(of, stored.get(name), local.get(name))?;
                    }
                }
                Ok(())
            }
            (Some(Value::Array(stored)), Some(Value::Array(local)))
                if of.list().is_some_and(|list| !list.is_atomic()) =>
            {
                self.items(of, stored, local)
            }
            (stored, local) => {
                let alike = if self.is_plain {
                    canonical::same(Some(of), stored, local)
                } else {
                    canonical::covers(Some(of), stored, local)
                };
                let is_dropped = stored.is_none() && self.owned.is_none_or(FieldSet::is_empty);
                if alike || (is_dropped && !self.is_plain) {
                    Ok(())
                } else {
                    Err(format!("{}:\nserver  {stored:?}\nlocally {local:?}", self.path))
                }
            }
        }
    }

    fn items(&self, of: Type<'_>, stored: &[Value], local: &[Value]) -> Result<(), String> {
        let list = of.list().expect("it is a list");
        let key = |item: &Value| match list.kind() {
            ListType::Map(names) => {
                let item_type = list.item().map();
                let default = |name: &str| item_type?.field(name)?.default().cloned();
                let keys = names
                    .iter()
                    .map(|name| item.get(name).cloned().or_else(|| default(name)));
                json!(keys.collect::<Vec<_>>())
            }
            _ => item.clone(),
        };
        let keys = |items: &[Value]| items.iter().map(key).collect::<Vec<_>>();
        if keys(stored) != keys(local) {
            return Err(format!(
                "the items of {}:\nserver  {:?}\nlocally {:?}",
                self.path,
                keys(stored),
                keys(local)
            ));
        }
        for (stored, local) in stored.iter().zip(local) {
            let element = match list.kind() {
                ListType::Map(names) => {
                    let pairs = names
                        .iter()
                        .map(String::clone)
                        .zip(key(stored).as_array().cloned().unwrap_or_default());
                    PathElement::key(pairs.filter(|(_, value)| !value.is_null()).collect())
                }
                _ => PathElement::value(stored.clone()),
            };
            self.below(element).at(list.item(), Some(stored), Some(local))?;
        }
        Ok(())
    }

    fn below(&self, element: PathElement) -> Self {
        Self {
            owned: self.owned.and_then(|owned| owned.child(&element)),
            path: self.path.join(element),
            is_plain: self.is_plain,
        }
    }
}
