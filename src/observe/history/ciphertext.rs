//! Values that are encrypted, put side by side with what the cluster has in their places.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::object::field::PathElement;
use crate::sops;
use crate::ssa::merge;
use crate::ssa::schema::{List, Schema, Type};

/// Puts what the cluster has in the place of each ciphertext of `value` that `base` has at the same place.
pub(super) fn replace(value: &mut Value, base: &Value, live: &Value) {
    let mut base = base.clone();
    for said in [&mut *value, &mut base] {
        keep_as_bytes(said, live);
    }
    let sides = Counterparts {
        base: Some(&base),
        live: Some(live),
        of: Schema::bundled().kind_of(live).map(|kind| kind.root()),
    };
    sides.replace(value);
}

/// Moves to `binaryData` what the cluster has there: of a file of a ConfigMap that is encrypted whole, it cannot
/// be told whether it is text.
fn keep_as_bytes(said: &mut Value, live: &Value) {
    let has_files = said.get("binaryData").is_none_or(Value::is_object);
    let is_file = has_files && said["apiVersion"] == "v1" && said["kind"] == "ConfigMap";
    let Some(data) = said.get_mut("data").and_then(Value::as_object_mut).filter(|_| is_file) else {
        return;
    };
    let is_bytes = |key: &str| live["data"].get(key).is_none() && live["binaryData"].get(key).is_some();
    let is_moved =
        |(key, value): &(&String, &Value)| is_bytes(key) && value.as_str().is_some_and(sops::is_made_of_ciphertext);
    let keys: Vec<String> = data.iter().filter(is_moved).map(|(key, _)| key.clone()).collect();
    let moved: Vec<Option<Value>> = keys.iter().map(|key| data.remove(key)).collect();
    if data.is_empty() && !keys.is_empty() {
        said.as_object_mut().map(|fields| fields.remove("data"));
    }
    for (key, text) in keys.into_iter().zip(moved) {
        let text = text.as_ref().and_then(Value::as_str).unwrap_or_default();
        said["binaryData"][key] = STANDARD.encode(text).into();
    }
}

/// What stands at the place of a value elsewhere.
struct Counterparts<'a> {
    /// What the base says.
    base: Option<&'a Value>,
    /// What the cluster has.
    live: Option<&'a Value>,
    /// What the schema says of it, where it is known.
    of: Option<Type<'a>>,
}

impl<'a> Counterparts<'a> {
    fn replace(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    self.field(key).replace(value);
                }
            }
            Value::Array(items) => {
                let sides = self.items(items);
                for (item, sides) in items.iter_mut().zip(sides) {
                    sides.replace(item);
                }
            }
            Value::String(text) if sops::is_made_of_ciphertext(text) => {
                let is_unchanged = self.base.and_then(Value::as_str) == Some(text);
                if let Some(live) = self.live.filter(|_| is_unchanged) {
                    *value = live.clone();
                }
            }
            _ => {}
        }
    }

    fn field(&self, key: &str) -> Self {
        Self {
            base: self.base.and_then(|base| base.get(key)),
            live: self.live.and_then(|live| live.get(key)),
            of: self.of.and_then(|of| of.map()?.child(key)),
        }
    }

    /// What stands in the place of each of `items`. The base has the same ciphertexts, and the cluster has the
    /// items of the base, though maybe others between them.
    fn items(&self, items: &[Value]) -> Vec<Self> {
        let list = self.of.and_then(Type::list);
        let all = |whole: Option<&'a Value>| whole.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let (base, live) = (all(self.base), all(self.live));
        let applied = matching_positions(list, base, live);
        let side = |position: Option<usize>| Self {
            base: position.map(|position| &base[position]),
            live: position
                .and_then(|position| applied[position])
                .map(|position| &live[position]),
            of: list.map(List::item),
        };
        matching_positions(list, items, base).into_iter().map(side).collect()
    }
}

/// Where among `others` each of `items` is: where its key is or, if it has none that can be compared, at the same
/// place in a list of the same length.
fn matching_positions(list: Option<List<'_>>, items: &[Value], others: &[Value]) -> Vec<Option<usize>> {
    let places = |all: &[Value]| {
        let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, key) in all.iter().map(|item| key(list, item)).enumerate() {
            if let Some(key) = key {
                places.entry(key.to_string()).or_default().push(index);
            }
        }
        places
    };
    let (own, theirs) = (places(items), places(others));
    let partner = |(index, item): (usize, &Value)| {
        let at_index = Some(index).filter(|_| items.len() == others.len());
        let Some(key) = key(list, item) else { return at_index };
        let places = |all: &BTreeMap<String, Vec<usize>>| all.get(&key.to_string()).cloned().unwrap_or_default();
        match (places(&own).as_slice(), places(&theirs).as_slice()) {
            ([_], [place]) => Some(*place),
            ([_], []) if !sops::holds(&key) => None,
            _ => at_index,
        }
    };
    items.iter().enumerate().map(partner).collect()
}

/// What tells an item of a list from others: by the schema or, where it says nothing, its `name`; or the item
/// itself, if it is no map.
fn key(list: Option<List<'_>>, item: &Value) -> Option<Value> {
    match list.map(|list| merge::element(list, item)) {
        Some(Ok(PathElement::Key(keys))) => Some(Value::Object(keys)),
        _ if item.is_object() => item.get("name").cloned(),
        _ => Some(item.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const OLD: &str = "ENC[AES256_GCM,data:b2xk,iv:,tag:,type:str]";
    const NEW: &str = "ENC[AES256_GCM,data:bmV3,iv:,tag:,type:str]";

    /// A ciphertext of its own.
    fn made(data: &str) -> String {
        OLD.replace("b2xk", data)
    }

    #[test]
    fn a_ciphertext_that_git_left_as_it_is_stands_for_what_the_cluster_has() {
        let base = json!({"a": OLD, "b": OLD, "url": format!("mysql://{OLD}@db"), "list": [OLD]});
        let live = json!({"a": "1", "b": "2", "url": "mysql://1@db", "list": ["3"]});
        let mut value = json!({"a": OLD, "b": NEW, "url": format!("mysql://{OLD}@db"), "list": [OLD]});
        replace(&mut value, &base, &live);
        assert_eq!(value, json!({"a": "1", "b": NEW, "url": "mysql://1@db", "list": ["3"]}));
        assert!(sops::holds(&value));
    }

    #[test]
    fn the_items_of_a_list_are_told_by_their_keys() {
        let secret = |name: &str, value: &str| json!({"name": name, "value": value});
        let pod = |items: Value| json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": items}});
        let container = |env: &[Value], args: &[&str]| json!([{"name": "web", "env": env, "args": args}]);
        let base = pod(container(
            &[secret("A", OLD), secret("B", &made("b"))],
            &["run", OLD, &made("x")],
        ));
        let live = pod(json!([
            {"name": "web", "env": [secret("A", "1"), secret("B", "2")], "args": ["run", "-a", "-x"]},
            {"name": "injected"},
        ]));
        let more = [secret("B", &made("b")), secret("NEW", NEW), secret("A", OLD)];
        let mut value = pod(container(&more, &[&made("x"), "run", "-v", OLD]));
        replace(&mut value, &base, &live);
        let known = [secret("B", "2"), secret("NEW", NEW), secret("A", "1")];
        assert_eq!(value, pod(container(&known, &["-x", "run", "-v", "-a"])));

        // Of a kind without a schema, the name tells; and a name that is itself encrypted, the place.
        let custom = |items: Value| json!({"apiVersion": "a.example/v1", "kind": "Custom", "spec": items});
        let base = custom(json!([secret("a", OLD), secret(&made("n"), &made("b"))]));
        let live = custom(json!([secret("a", "1"), secret("n", "2")]));
        let mut value = custom(json!([
            secret(&made("n"), &made("b")),
            secret("c", NEW),
            secret("a", OLD)
        ]));
        replace(&mut value, &base, &live);
        assert_eq!(
            value,
            custom(json!([secret("n", "2"), secret("c", NEW), secret("a", "1")]))
        );
    }

    #[test]
    fn a_file_that_the_cluster_has_as_bytes_is_compared_as_bytes() {
        let map = |field: &str, value: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", field: {"key": value}});
        let live = map("binaryData", "AJ+Slv8=");
        let mut value = map("data", OLD);
        replace(&mut value, &map("data", OLD), &live);
        assert_eq!(value, live);
        let mut value = map("data", NEW);
        replace(&mut value, &map("data", OLD), &live);
        assert_eq!(value, map("binaryData", &STANDARD.encode(NEW)));
        let mut value = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"key": OLD}, "binaryData": "no map"});
        let before = value.clone();
        replace(&mut value, &map("data", OLD), &live);
        assert_eq!(value, before);
    }

    #[test]
    fn what_the_cluster_does_not_have_any_more_differs() {
        let base = json!({"data": {"a": OLD}});
        let mut value = base.clone();
        replace(&mut value, &base, &json!({"data": {}}));
        assert_eq!(value, base);
    }
}
