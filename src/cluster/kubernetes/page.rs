//! A page of a list.

use serde_json::Value;

use crate::cluster::Resource;
use crate::object::LiveObject;

/// A page of a list.
pub(super) struct Page {
    /// The objects, each with its kind.
    pub(super) objects: Vec<LiveObject>,
    /// What the next page is asked for by; nothing on the last one.
    pub(super) next: Option<String>,
}

impl Page {
    /// Reads an answer that is a list.
    pub(super) fn of(mut list: Value, resource: &Resource) -> Self {
        let items = match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let objects = items.into_iter().map(|mut item| {
            fill_in_kind(&mut item, resource);
            LiveObject::new(item)
        });
        let next = list.pointer("/metadata/continue").and_then(Value::as_str);
        Self {
            objects: objects.collect(),
            next: next.filter(|token| !token.is_empty()).map(str::to_owned),
        }
    }
}

/// The items of a list do not say what they are.
pub(super) fn fill_in_kind(object: &mut Value, resource: &Resource) {
    if let Some(object) = object.as_object_mut() {
        object
            .entry("apiVersion")
            .or_insert_with(|| resource.gvk.api_version().into());
        object
            .entry("kind")
            .or_insert_with(|| resource.gvk.group_kind.kind.clone().into());
    }
}
