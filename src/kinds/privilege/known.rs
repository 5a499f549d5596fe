//! Which items of a list of git the live object has already.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::field::At;

/// The items of a list of git that the live one does not have, told by what makes them the same.
pub(super) fn new_items<'a, K: Ord>(
    wanted: &At<'a>,
    live: &At<'a>,
    key: fn(&'a Value) -> K,
) -> impl Iterator<Item = At<'a>> {
    let live: BTreeSet<K> = live.items().into_iter().map(|item| key(item.value)).collect();
    let wanted = wanted.items().into_iter();
    wanted.filter(move |item| !live.contains(&key(item.value)))
}

/// Whom a binding is about. The API server fills in the API group, which their kind tells.
pub(super) fn subject(subject: &Value) -> [Option<&str>; 3] {
    ["kind", "namespace", "name"].map(|name| text(subject, name))
}

/// The role of a binding; all are of one API group.
pub(super) fn role(role: &Value) -> [Option<&str>; 2] {
    ["kind", "name"].map(|name| text(role, name))
}

/// A webhook, by all that is stored of it but the certificates that it is trusted by.
pub(super) fn webhook(webhook: &Value) -> String {
    let mut webhook = webhook.clone();
    if let Some(client) = webhook.get_mut("clientConfig").and_then(Value::as_object_mut) {
        client.remove("caBundle");
    }
    webhook.to_string()
}

/// A text, where it is not empty.
fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str().filter(|text| !text.is_empty())
}
