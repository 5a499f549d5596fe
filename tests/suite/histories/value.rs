//! Objects as the fields that they have.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use stackanetes::object::field::FieldPath;

/// The way to a field: names, and of the items of a list the name or the text that tells them apart.
pub type Path = Vec<String>;

/// How an item of a list is written in a path, so that it is no field's name.
const ITEM: char = '\u{1}';

/// All fields that have no fields below them, with their values.
pub fn leaves(value: &Value) -> BTreeMap<Path, Value> {
    let mut found = BTreeMap::new();
    collect(value, &mut Path::new(), &mut found);
    found
}

fn collect(value: &Value, path: &mut Path, found: &mut BTreeMap<Path, Value>) {
    let mut below = |name: String, value: &Value| {
        path.push(name);
        collect(value, path, found);
        path.pop();
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, field) in fields {
                below(name.clone(), field);
            }
        }
        Value::Array(items) if items.iter().any(|item| item["name"].is_string()) => {
            for item in items {
                below(format!("{ITEM}{}", item["name"]), item);
            }
        }
        _ => {
            found.insert(path.clone(), value.clone());
        }
    }
}

/// The path as a plan writes it, up to the first list.
pub fn shown(path: &[String]) -> String {
    let names: Vec<&str> = path
        .iter()
        .take_while(|name| !name.starts_with(ITEM))
        .map(String::as_str)
        .collect();
    FieldPath::of(&names).to_string()
}

/// Whether a path leads through no list.
pub fn is_in_no_list(path: &[String]) -> bool {
    path.iter().all(|name| !name.starts_with(ITEM))
}

/// Whether one of these is above the other, or they are the same, both as a plan writes them.
pub fn is_related(one: &str, other: &str) -> bool {
    let is_above = |above: &str, below: &str| {
        let rest = below.strip_prefix(above);
        rest.is_some_and(|rest| rest.is_empty() || above.is_empty() || rest.starts_with(['.', '[']))
    };
    is_above(one, other) || is_above(other, one)
}

/// What of `wanted` is not so in `live`, by its path: lists may have more items, and maps more fields.
pub fn missing(live: &Value, wanted: &Value) -> Vec<Path> {
    let (live, wanted) = (leaves(live), &stored(wanted));
    let is_there = |path: &Path, value: &Value| match live.get(path) {
        Some(found) if *path == SET => has_all(found, value),
        Some(found) => is_alike(found, value),
        None => is_empty(value),
    };
    let wanted = leaves(wanted);
    // A list of all objects shows them in one version.
    let missing = wanted
        .iter()
        .filter(|(path, value)| path[0] != "apiVersion" && !is_there(path, value));
    missing.map(|(path, _)| path.clone()).collect()
}

/// The list of Gadgets that others may add to.
const SET: [&str; 2] = ["spec", "tags"];

/// Whether all items of a list are in another one.
fn has_all(found: &Value, wanted: &Value) -> bool {
    let found = found.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut wanted = wanted.as_array().into_iter().flatten();
    wanted.all(|item| found.contains(item))
}

/// What is stored of it: `stringData` of a Secret as `data`.
pub fn stored(wanted: &Value) -> Value {
    let mut stored = wanted.clone();
    let texts = stored.as_object_mut().and_then(|fields| fields.remove("stringData"));
    for (key, text) in texts.iter().filter_map(Value::as_object).flatten() {
        stored["data"][key] = STANDARD.encode(text.as_str().unwrap_or_default()).into();
    }
    stored
}

/// Whether the API server may store the one for the other: it adds defaults to items.
fn is_alike(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| is_alike(found, wanted))
        }
        (Value::Object(found), Value::Object(wanted)) => wanted.iter().all(|(name, wanted)| {
            found
                .get(name)
                .map_or(is_empty(wanted), |found| is_alike(found, wanted))
        }),
        _ => found == wanted || (is_empty(found) && is_empty(wanted)),
    }
}

/// Whether a value says no more than none.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// Where two states of one object differ, but for what the API server and its controllers keep there.
pub fn changed(before: &Value, after: &Value) -> Vec<Path> {
    let (before, after) = (leaves(before), leaves(after));
    let mut paths: Vec<Path> = before.keys().chain(after.keys()).cloned().collect();
    paths.sort();
    paths.dedup();
    paths.retain(|path| before.get(path) != after.get(path) && !is_kept_by_the_server(path));
    paths
}

/// What the API server keeps in `metadata`.
const OF_THE_SERVER: [&str; 6] = [
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generation",
    "managedFields",
    "resourceVersion",
];

fn is_kept_by_the_server(path: &Path) -> bool {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    match names.as_slice() {
        ["metadata", "annotations" | "labels", name, ..] => {
            let of = [
                "stackanetes.io/",
                "applyset.kubernetes.io/",
                "deployment.kubernetes.io/",
                "pv.kubernetes.io/",
            ];
            of.iter().any(|of| name.starts_with(of)) || name.contains("volume.")
        }
        ["metadata", name, ..] => OF_THE_SERVER.contains(name),
        ["status", ..] | ["spec", "volumeName"] => true,
        _ => false,
    }
}
