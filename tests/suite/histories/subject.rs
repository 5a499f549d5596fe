//! The kinds that histories are about, as `subjects.yaml` and `definition.yaml` say.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Value, json};

/// A kind, and what git and others say of its objects.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    pub kind: String,
    pub base: Value,
    pub choices: Vec<Choice>,
    /// JSON pointers of what only others set.
    pub theirs: Vec<String>,
}

/// What a field may be. Several choices may be about one field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// A JSON pointer.
    pub at: String,
    pub values: Vec<Value>,
    #[serde(default)]
    pub required: bool,
    /// JSON pointers of what is set with it, and what they are then.
    #[serde(default)]
    pub also: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Levels {
    definition: Value,
    fields: Value,
    lists: Value,
    more: Value,
}

/// How much the definition of Gadgets has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    First,
    /// Its lists are no longer single values.
    Listed,
    /// There is one more field.
    Wider,
    /// There is one more version, which is stored.
    Newer,
    /// The first version is not served any more.
    Unserved,
    /// There is no first version any more, which the API server refuses while objects may be stored in it.
    Retired,
}

impl Level {
    /// Those that no object is stored in the second version at.
    pub const EARLY: [Level; 3] = [Level::First, Level::Listed, Level::Wider];

    /// Those that objects are stored in the second version at.
    pub const LATE: [Level; 3] = [Level::Newer, Level::Unserved, Level::Retired];
}

/// All subjects.
pub fn all() -> &'static [Subject] {
    static ALL: OnceLock<Vec<Subject>> = OnceLock::new();
    ALL.get_or_init(|| serde_saphyr::from_str(include_str!("subjects.yaml")).expect("subjects"))
}

/// The subject of a kind, but for definitions, which have none.
pub fn of(kind: &str) -> Option<&'static Subject> {
    all().iter().find(|subject| subject.kind == kind)
}

/// The definition of Gadgets at a level.
pub fn definition(level: Level) -> Value {
    let said: Levels = serde_saphyr::from_str(include_str!("definition.yaml")).expect("a definition");
    let mut fields = said.fields;
    if level >= Level::Listed {
        json_patch::merge(&mut fields, &said.lists);
    }
    if level >= Level::Wider {
        json_patch::merge(&mut fields, &said.more);
    }
    let version = |name: &str, is_served: bool, is_stored: bool| {
        json!({
            "name": name, "served": is_served, "storage": is_stored,
            "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"spec": {"type": "object", "properties": &fields}},
            }},
        })
    };
    let mut definition = said.definition;
    definition["spec"]["versions"] = match level {
        Level::First | Level::Listed | Level::Wider => json!([version("v1", true, true)]),
        Level::Newer => json!([version("v1", true, false), version("v2", true, true)]),
        Level::Unserved => json!([version("v1", false, false), version("v2", true, true)]),
        Level::Retired => json!([version("v2", true, true)]),
    };
    definition
}

/// Sets a field, and all maps above it.
pub fn set(object: &mut Value, pointer: &str, value: &Value) {
    let mut place = object;
    for name in names(pointer) {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[name];
    }
    *place = value.clone();
}

/// Removes a field, and the maps above it that have nothing else.
pub fn remove(object: &mut Value, pointer: &str) {
    let Some((parent, _)) = pointer.rsplit_once('/') else {
        return;
    };
    let name = names(pointer).pop().unwrap_or_default();
    let Some(map) = object.pointer_mut(parent).and_then(Value::as_object_mut) else {
        return;
    };
    if map.remove(&name).is_some() && map.is_empty() {
        remove(object, parent);
    }
}

/// The merge patch, or the fields to apply, that have nothing but this.
pub fn only(pointer: &str, value: &Value) -> Value {
    let mut fields = json!({});
    set(&mut fields, pointer, value);
    fields
}

fn names(pointer: &str) -> Vec<String> {
    let names = pointer.split('/').skip(1);
    names.map(|name| name.replace("~1", "/").replace("~0", "~")).collect()
}
