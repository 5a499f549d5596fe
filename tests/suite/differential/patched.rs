//! What a PUT or a patch asks for.

use serde_json::{Value, json};

use super::step::Write;

/// The object that a write other than an apply asks for.
pub fn patched(live: Option<&Value>, write: &Write) -> Value {
    let mut object = live.cloned().unwrap_or_else(|| json!({}));
    match write {
        Write::Create { sent } | Write::Put { sent } => object = sent.clone(),
        Write::MergePatch { sent } | Write::Scale { sent } => merge(&mut object, sent),
        Write::JsonPatch { sent } => {
            for operation in sent.as_array().into_iter().flatten() {
                change(&mut object, operation);
            }
        }
        Write::Apply { .. } => {}
    }
    object
}

fn merge(object: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = json!({});
    }
    for (name, value) in patch {
        if value.is_null() {
            object.as_object_mut().expect("it is a map").remove(name);
        } else {
            merge(&mut object[name], value);
        }
    }
}

fn change(object: &mut Value, operation: &Value) {
    let path = operation["path"].as_str().expect("a path");
    let (parent, name) = path.rsplit_once('/').expect("a pointer");
    let name = name.replace("~1", "/").replace("~0", "~");
    let is_removal = operation["op"] == "remove";
    match object.pointer_mut(parent) {
        Some(Value::Object(fields)) if is_removal => {
            fields.remove(&name);
        }
        Some(Value::Object(fields)) => {
            fields.insert(name, operation["value"].clone());
        }
        Some(Value::Array(items)) if is_removal => {
            items.remove(name.parse().expect("a position"));
        }
        Some(Value::Array(items)) => items[name.parse::<usize>().expect("a position")] = operation["value"].clone(),
        _ => {}
    }
}
