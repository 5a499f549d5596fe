//! A test of the test: rules broken on purpose, one at a time. The comparison must find each.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use stackanetes::object::field::{FieldPath, FieldSet, ManagedFields, Operation};
use stackanetes::ssa::merge::{MergeError, Merged};
use stackanetes::ssa::schema::Schema;

use super::agree::{Local, local, writer};
use super::step::{Step, Write};
use super::subjects;

/// A merge that breaks one rule.
pub struct Broken {
    pub rule: &'static str,
    pub schema: Schema,
    pub local: Local<'static>,
}

pub fn all() -> Vec<Broken> {
    let by_schema = [
        (
            "a keyed list is merged by its keys",
            [
                r#""x-kubernetes-list-type":"map""#,
                r#""x-kubernetes-list-type":"atomic""#,
            ],
        ),
        (
            "a set is merged by its values",
            [
                r#""x-kubernetes-list-type":"set""#,
                r#""x-kubernetes-list-type":"atomic""#,
            ],
        ),
        (
            "an atomic list is one value",
            [
                r#""items":{"type":"string"},"type":"array","x-kubernetes-list-type":"atomic""#,
                r#""items":{"type":"string"},"type":"array","x-kubernetes-list-type":"set""#,
            ],
        ),
        (
            "a list without a type is one value",
            [
                r#""plainList":{"#,
                r#""plainList":{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],"#,
            ],
        ),
        (
            "an atomic map is one value",
            [
                r#""x-kubernetes-map-type":"atomic""#,
                r#""x-kubernetes-map-type":"granular""#,
            ],
        ),
        (
            "a key that is left out has its default",
            [r#""default":"TCP""#, r#""title":"none""#],
        ),
        (
            "unknown fields are preserved where it is said",
            ["x-kubernetes-preserve-unknown-fields", "title"],
        ),
        (
            "an integer or a string may be either",
            [r#""x-kubernetes-int-or-string":true"#, r#""type":"string""#],
        ),
        ("a resource is embedded", ["x-kubernetes-embedded-resource", "title"]),
        (
            "status is not set through the object",
            [r#""subresources":{"status":{}}"#, r#""subresources":{}"#],
        ),
        (
            "fields are owned in the version they were written in",
            [r#""name":"v1beta1""#, r#""name":"v1beta2""#],
        ),
    ];
    let by_rule: [(&'static str, Local<'static>); 17] = [
        ("a conflict is refused", &never_refused),
        ("force takes", &never_forced),
        ("a value that is the same is no conflict", &shared_is_conflict),
        ("what is given up is removed", &never_removed),
        ("what another owns stays", &removed_from_all),
        ("who is overruled owns it no more", &overruled_keeps),
        ("an update takes what it changes", &updated_is_shared),
        ("an update adds to what its manager has", &only_the_last_update),
        ("the order is that of the configuration", &order_of_live),
        ("items that only the live list has keep their place", &live_items_last),
        ("{} and null are owned", &nothing_is_not_owned),
        ("what identifies an object is nobody's", &name_is_owned),
        ("an apply that changes nothing has no time", &always_timed),
        ("the oldest of more than ten updaters become one", &never_ancient),
        ("what nobody owns is owned from before the first apply", &nothing_before),
        ("a key is given once", &duplicates_allowed),
        ("a status write reaches only the status", &status_is_like_all),
    ];
    let schemas = by_schema.into_iter().map(|(rule, [from, to])| Broken {
        rule,
        schema: schema_with(from, to),
        local: &local,
    });
    let rules = by_rule.into_iter().map(|(rule, local)| Broken {
        rule,
        schema: super::our_schema().clone(),
        local,
    });
    schemas.chain(rules).collect()
}

/// The schema of the tests, read from texts in which something stands for something else.
fn schema_with(from: &str, to: &str) -> Schema {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ssa/schema/kubernetes.json");
    let read = |text: &str| -> Value {
        let compact = serde_json::from_str::<Value>(text).expect("JSON").to_string();
        serde_json::from_str(&compact.replace(from, to)).expect("JSON")
    };
    let kubernetes = fs::read_to_string(file).expect("the bundled schema");
    let mut schema = Schema::from_open_api([&read(&kubernetes)]);
    for definition in subjects::DEFINITIONS {
        schema.add_custom(&read(definition));
    }
    schema
}

type Outcome = Result<Merged, MergeError>;

fn with_force(step: &Step, force: bool) -> Step {
    let mut step = step.clone();
    if let Write::Apply { force: forced, .. } = &mut step.write {
        *forced = force;
    }
    step
}

fn never_refused(schema: &Schema, step: &Step) -> Outcome {
    local(schema, &with_force(step, true))
}

fn never_forced(schema: &Schema, step: &Step) -> Outcome {
    local(schema, &with_force(step, false))
}

fn live_managers(step: &Step) -> ManagedFields {
    step.live.as_ref().map(ManagedFields::read).unwrap_or_default()
}

fn is_own(step: &Step, manager: &stackanetes::object::field::FieldManager) -> bool {
    manager.name == step.manager
        && manager.subresource == step.subresource
        && (manager.operation == Operation::Apply) == step.write.is_apply()
}

/// The same step, where the live object has only the entries that `keep` says.
fn with_entries(step: &Step, keep: impl Fn(&stackanetes::object::field::FieldManager) -> bool) -> Step {
    let mut step = step.clone();
    let mut kept = ManagedFields::default();
    for (manager, fields) in live_managers(&step).entries().filter(|(manager, _)| keep(manager)) {
        kept.set(manager.clone(), fields.clone());
    }
    if let Some(live) = &mut step.live {
        live["metadata"]["managedFields"] = kept.to_json();
    }
    step
}

fn shared_is_conflict(schema: &Schema, step: &Step) -> Outcome {
    let merged = local(schema, step)?;
    let Write::Apply { force: false, .. } = step.write else {
        return Ok(merged);
    };
    let entries: Vec<_> = merged.managed_fields.entries().collect();
    let own = entries.iter().find(|(manager, _)| is_own(step, manager));
    let shared =
        |fields: &FieldSet| own.is_some_and(|(_, own)| !own.leaves().intersection(&fields.leaves()).is_empty());
    let mut others = entries.iter().filter(|(manager, _)| !is_own(step, manager));
    if others.any(|(_, fields)| shared(fields)) {
        return Err(MergeError::Conflicts(Vec::new()));
    }
    Ok(merged)
}

fn never_removed(schema: &Schema, step: &Step) -> Outcome {
    let merged = local(schema, step)?;
    let kept = local(schema, &with_entries(step, |manager| !is_own(step, manager)));
    Ok(kept.map_or(merged.clone(), |kept| Merged {
        object: kept.object,
        ..merged
    }))
}

fn removed_from_all(schema: &Schema, step: &Step) -> Outcome {
    let merged = local(schema, step)?;
    let removed = local(schema, &with_entries(step, |manager| is_own(step, manager)));
    Ok(removed.map_or(merged.clone(), |removed| Merged {
        object: removed.object,
        ..merged
    }))
}

/// Gives back to others what they had.
fn give_back(step: &Step, merged: &mut Merged) {
    for (manager, fields) in live_managers(step).entries() {
        if !is_own(step, manager) {
            merged.managed_fields.set(manager.clone(), fields.clone());
        }
    }
}

fn overruled_keeps(schema: &Schema, step: &Step) -> Outcome {
    let mut merged = local(schema, step)?;
    if step.write.is_apply() {
        give_back(step, &mut merged);
    }
    Ok(merged)
}

fn updated_is_shared(schema: &Schema, step: &Step) -> Outcome {
    let mut merged = local(schema, step)?;
    if !step.write.is_apply() {
        give_back(step, &mut merged);
    }
    Ok(merged)
}

fn only_the_last_update(schema: &Schema, step: &Step) -> Outcome {
    if step.write.is_apply() {
        return local(schema, step);
    }
    local(schema, &with_entries(step, |manager| !is_own(step, manager)))
}

/// Sorts every list of `object` by a key that is made of where each item stands in the same list of
/// `other`, if it does.
fn sort(other: &Value, object: &mut Value, key: fn(Option<usize>) -> usize) {
    match (other, object) {
        (Value::Object(other), Value::Object(object)) => {
            for (name, value) in object {
                sort(other.get(name).unwrap_or(&Value::Null), value, key);
            }
        }
        (Value::Array(other), Value::Array(items)) => {
            let name = |item: &Value| item.get("name").cloned().unwrap_or_else(|| item.clone());
            items.sort_by_key(|item| key(other.iter().position(|other| name(other) == name(item))));
        }
        _ => {}
    }
}

/// Sorts what both lists have by its place in the live one.
fn order_of_live(schema: &Schema, step: &Step) -> Outcome {
    let mut merged = local(schema, step)?;
    if let (true, Some(live)) = (step.write.is_apply(), &step.live) {
        sort(live, &mut merged.object, |place| place.map_or(0, |place| place + 1));
    }
    Ok(merged)
}

/// Puts what the configuration has first.
fn live_items_last(schema: &Schema, step: &Step) -> Outcome {
    let mut merged = local(schema, step)?;
    if let Write::Apply { config, .. } = &step.write {
        sort(config, &mut merged.object, |place| usize::from(place.is_none()));
    }
    Ok(merged)
}

fn nothing_is_not_owned(schema: &Schema, step: &Step) -> Outcome {
    fn strip(value: &mut Value) {
        if let Value::Object(fields) = value {
            fields.retain(|_, value| !value.is_null() && value.as_object().is_none_or(|map| !map.is_empty()));
            fields.values_mut().for_each(strip);
        }
    }
    let mut step = step.clone();
    if let Write::Apply { config, .. } = &mut step.write {
        strip(config);
    }
    local(schema, &step)
}

fn name_is_owned(schema: &Schema, step: &Step) -> Outcome {
    let mut merged = local(schema, step)?;
    let own = merged
        .managed_fields
        .entries()
        .find(|(manager, _)| is_own(step, manager));
    if let Some((manager, fields)) = own {
        let (manager, mut fields) = (manager.clone(), fields.clone());
        fields.insert(FieldPath::of(&["metadata", "name"]).elements());
        merged.managed_fields.set(manager, fields);
    }
    Ok(merged)
}

fn always_timed(schema: &Schema, step: &Step) -> Outcome {
    let mut merged = local(schema, step)?;
    let own = merged
        .managed_fields
        .entries()
        .find(|(manager, _)| is_own(step, manager));
    if let Some((manager, fields)) = own {
        let (mut manager, fields) = (manager.clone(), fields.clone());
        manager.time = Some(writer(step).time);
        merged.managed_fields.set(manager, fields);
    }
    Ok(merged)
}

fn never_ancient(schema: &Schema, step: &Step) -> Outcome {
    let mut merged = local(schema, step)?;
    let has = |managers: &ManagedFields| managers.entries().any(|(manager, _)| manager.name == "ancient-changes");
    if has(&merged.managed_fields) && !has(&live_managers(step)) {
        give_back(step, &mut merged);
    }
    Ok(merged)
}

fn nothing_before(schema: &Schema, step: &Step) -> Outcome {
    let mut merged = local(schema, step)?;
    if live_managers(step).is_empty() {
        let mut managers = ManagedFields::default();
        for (manager, fields) in merged.managed_fields.entries() {
            if manager.name != "before-first-apply" {
                managers.set(manager.clone(), fields.clone());
            }
        }
        merged.managed_fields = managers;
    }
    Ok(merged)
}

fn duplicates_allowed(schema: &Schema, step: &Step) -> Outcome {
    fn dedupe(value: &mut Value) {
        match value {
            Value::Array(items) => {
                let mut seen = Vec::new();
                items.retain(|item| {
                    let is_new = !seen.contains(item);
                    seen.push(item.clone());
                    is_new
                });
                items.iter_mut().for_each(dedupe);
            }
            Value::Object(fields) => fields.values_mut().for_each(dedupe),
            _ => {}
        }
    }
    let mut step = step.clone();
    if let Write::Apply { config, .. } = &mut step.write {
        dedupe(config);
    }
    local(schema, &step)
}

fn status_is_like_all(schema: &Schema, step: &Step) -> Outcome {
    if step.subresource.is_empty() {
        return local(schema, step);
    }
    let whole = Step {
        subresource: String::new(),
        live: with_entries(step, |_| true).live.map(|mut live| {
            // Its entries are read as those of the object.
            for entry in live["metadata"]["managedFields"].as_array_mut().into_iter().flatten() {
                entry.as_object_mut().map(|entry| entry.remove("subresource"));
            }
            live
        }),
        ..step.clone()
    };
    let mut merged = local(schema, &whole)?;
    let mut managers = ManagedFields::default();
    for (manager, fields) in merged.managed_fields.entries() {
        let mut manager = manager.clone();
        if manager.name == step.manager {
            manager.subresource.clone_from(&step.subresource);
        }
        managers.set(manager, fields.clone());
    }
    merged.managed_fields = managers;
    merged.object["status"] = merged.object.get("status").cloned().unwrap_or_else(|| json!({}));
    Ok(merged)
}
