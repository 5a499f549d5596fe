//! Lays an object over what it has in common with others.

use serde_json::{Map as JsonMap, Value};

use super::combine::combine;
use super::form::element;
use crate::object::field::PathElement;
use crate::ssa::schema::{List, ListType, Type};

/// Stands for every item of a keyed list, in place of a key's value.
pub const EVERY: &str = "*";

/// The object `over` laid over `under`: what both say is said as `over` says it, keyed lists and sets are
/// joined item by item, atomic values are taken whole. What `over` says is `null` is left out altogether.
///
/// An item of a keyed list of `under` whose key is [`EVERY`] lies under each item of that list which
/// agrees with its other keys, and makes none of its own.
pub fn lay_over(of: Type<'_>, under: &Value, over: &Value) -> Value {
    let under = everywhere(of, under, Some(over)).unwrap_or(Value::Null);
    let mut merged = combine(of, Some(&under), Some(over)).unwrap_or(Value::Null);
    take_away(of, &under, over, &mut merged);
    merged
}

/// Whether the item `item` of a keyed list stands for every item that has `key`.
pub fn stands_for(item: &Value, key: &JsonMap<String, Value>) -> bool {
    let mut is_every = false;
    key.iter().all(|(name, value)| match item.get(name) {
        Some(Value::String(text)) if text == EVERY => {
            is_every = true;
            true
        }
        Some(own) => own == value,
        // A key that is left out agrees with all.
        None => true,
    }) && is_every
}

/// `under` with each item that stands for every one repeated for the items that there are in `over`.
/// Nothing where that leaves nothing.
fn everywhere(of: Type<'_>, under: &Value, over: Option<&Value>) -> Option<Value> {
    match under {
        Value::Object(fields) => {
            let Some(map) = of.map() else {
                return Some(under.clone());
            };
            let mut repeated = JsonMap::new();
            for (name, value) in fields {
                let value = match map.child(name) {
                    Some(of) => everywhere(of, value, over.and_then(|over| over.get(name))),
                    None => Some(value.clone()),
                };
                repeated.extend(value.map(|value| (name.clone(), value)));
            }
            (fields.is_empty() || !repeated.is_empty()).then_some(Value::Object(repeated))
        }
        Value::Array(items) => match of.list() {
            Some(list) if matches!(list.kind(), ListType::Map(_)) => {
                let repeated = every_item(list, items, over.and_then(Value::as_array).map_or(&[], Vec::as_slice));
                (items.is_empty() || !repeated.is_empty()).then_some(Value::Array(repeated))
            }
            _ => Some(under.clone()),
        },
        scalar => Some(scalar.clone()),
    }
}

fn every_item(list: List<'_>, under: &[Value], over: &[Value]) -> Vec<Value> {
    let of = list.item();
    let place = |item: &Value| element(list, item).ok();
    let is_for_all = |item: &&Value| {
        let PathElement::Key(key) = place(item)? else {
            return None;
        };
        Some(key.values().any(|value| value == EVERY))
    };
    let (for_all, own): (Vec<&Value>, Vec<&Value>) = under.iter().partition(|item| is_for_all(item) == Some(true));
    let counterpart = |wanted: &PathElement, items: &[&Value]| -> Option<Value> {
        items
            .iter()
            .copied()
            .find(|item| place(item).as_ref() == Some(wanted))
            .cloned()
    };
    let theirs: Vec<&Value> = over.iter().collect();
    let mut items: Vec<Value> = own
        .iter()
        .filter_map(|item| {
            let over = place(item).and_then(|place| counterpart(&place, &theirs));
            everywhere(of, item, over.as_ref())
        })
        .collect();
    for item in over {
        let Some(PathElement::Key(key)) = place(item) else {
            continue;
        };
        let mut below: Option<Value> = None;
        for every in for_all.iter().filter(|every| stands_for(every, &key)) {
            let mut every = (*every).clone();
            for (name, value) in &key {
                if every.get(name).is_some_and(|own| own == EVERY) {
                    every[name] = value.clone();
                }
            }
            let every = everywhere(of, &every, Some(item));
            below = combine(of, below.as_ref(), every.as_ref());
        }
        let Some(below) = below else { continue };
        let wanted = PathElement::Key(key);
        match items.iter_mut().find(|item| place(item).as_ref() == Some(&wanted)) {
            Some(own) => *own = combine(of, Some(&below), Some(own)).unwrap_or_default(),
            None => items.push(below),
        }
    }
    items
}

/// Takes out of `merged` what `under` says and `over` says is `null`.
fn take_away(of: Type<'_>, under: &Value, over: &Value, merged: &mut Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            let Some(merged) = merged.as_object_mut() else { return };
            for (name, over) in over {
                let Some(under) = under.get(name) else { continue };
                if over.is_null() && !under.is_null() {
                    merged.remove(name);
                } else if let (Some(of), Some(merged)) =
                    (of.map().and_then(|map| map.child(name)), merged.get_mut(name))
                {
                    take_away(of, under, over, merged);
                }
            }
        }
        (Value::Array(under), Value::Array(over)) => {
            let Some(list) = of.list().filter(|list| matches!(list.kind(), ListType::Map(_))) else {
                return;
            };
            let Some(merged) = merged.as_array_mut() else { return };
            for over in over {
                let Ok(place) = element(list, over) else { continue };
                let is_it = |item: &&Value| element(list, item).as_ref() == Ok(&place);
                let under = under.iter().find(is_it);
                let merged = merged.iter_mut().find(|item| is_it(&&**item));
                if let (Some(under), Some(merged)) = (under, merged) {
                    take_away(list.item(), under, over, merged);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::GroupVersionKind;
    use crate::ssa::schema::Schema;

    fn laid(kind: &str, under: Value, over: Value) -> Value {
        let (version, kind) = kind.rsplit_once(' ').unwrap_or(("v1", kind));
        let kind = Schema::bundled()
            .kind(&GroupVersionKind::new(version, kind))
            .expect("a kind");
        lay_over(kind.root(), &under, &over)
    }

    fn pod(under: Value, over: Value) -> Value {
        laid("Pod", json!({"spec": under}), json!({"spec": over}))["spec"].clone()
    }

    #[test]
    fn the_object_wins_and_keeps_the_order_of_its_items() {
        let under = json!({"hostNetwork": true, "dnsPolicy": "None",
            "containers": [{"name": "b", "image": "default", "env": [{"name": "X", "value": "1"}]}, {"name": "c"}]});
        let over = json!({"dnsPolicy": "Default", "containers": [{"name": "a"}, {"name": "b", "image": "own"}]});
        assert_eq!(
            pod(under, over),
            json!({"hostNetwork": true, "dnsPolicy": "Default", "containers": [
                {"name": "a"}, {"name": "b", "image": "own", "env": [{"name": "X", "value": "1"}]}, {"name": "c"}]})
        );
    }

    #[test]
    fn an_atomic_value_is_taken_whole() {
        let under = json!({"containers": [{"name": "a", "command": ["default", "x"]}], "nodeSelector": {"a": "1"}});
        let over = json!({"containers": [{"name": "a", "command": ["own"]}], "nodeSelector": {"b": "2"}});
        assert_eq!(pod(under, over.clone()), over);
    }

    #[test]
    fn one_item_stands_for_every_item_and_for_none() {
        let under = json!({
            "initContainers": [{"name": "*", "image": "x"}],
            "containers": [{"name": "*", "securityContext": {"readOnlyRootFilesystem": true}, "ports":
                [{"containerPort": "*", "protocol": "UDP", "name": "dns"}]}, {"name": "b", "tty": true}],
        });
        let over = json!({"containers": [
            {"name": "a", "securityContext": {"readOnlyRootFilesystem": false}},
            {"name": "b", "ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53}]}]});
        assert_eq!(
            pod(under, over),
            json!({"containers": [
                {"name": "a", "securityContext": {"readOnlyRootFilesystem": false}},
                {"name": "b", "securityContext": {"readOnlyRootFilesystem": true}, "tty": true, "ports": [
                    {"containerPort": 53, "protocol": "UDP", "name": "dns"}, {"containerPort": 53}]}]})
        );
    }

    #[test]
    fn null_takes_a_default_away_and_is_otherwise_kept() {
        let under = json!({"hostNetwork": true, "containers": [{"name": "*", "tty": true, "stdin": true}]});
        let over = json!({"hostNetwork": null, "hostPID": null, "containers": [{"name": "a", "tty": null}]});
        assert_eq!(
            pod(under, over),
            json!({"hostPID": null, "containers": [{"name": "a", "stdin": true}]})
        );
    }

    #[test]
    fn a_set_is_joined() {
        let under = json!({"metadata": {"finalizers": ["a", "b"]}});
        let over = json!({"metadata": {"name": "x", "finalizers": ["c", "a"]}});
        assert_eq!(
            laid("ConfigMap", under, over)["metadata"]["finalizers"],
            json!(["c", "a", "b"])
        );
    }
}
