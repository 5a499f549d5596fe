//! The fields on which two versions of an object differ.

use serde_json::{Map, Value};

use crate::object::field::{FieldPath, FieldSet, ItemKeys, PathElement};

/// One field on which two objects differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The path of the field.
    pub path: FieldPath,
    /// The first object's value.
    pub before: Option<Value>,
    /// The second object's value.
    pub after: Option<Value>,
    /// Whether only the order of the items differs; the values are then the items' keys.
    pub reordered: bool,
}

/// What the server keeps for itself, under `metadata`.
const SERVER_METADATA: [&str; 7] = [
    "managedFields",
    "resourceVersion",
    "generation",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// Compares two versions of an object, field by field.
///
/// Lists whose items `keys` (the managed fields of both) knows by key or by value are compared item
/// by item; every other list is one value, as the server treats it. What the server keeps for
/// itself under `metadata` is left out.
/// ```
/// use serde_json::json;
/// use stackanetes::object::field::FieldSet;
/// use stackanetes::plan::compare::differences;
///
/// let keys = FieldSet::from_fields_v1(&json!({"f:containers": {r#"k:{"name":"web"}"#: {"f:image": {}}}}));
/// let before = json!({"containers": [{"name": "web", "image": "nginx:1.27"}]});
/// let after = json!({"containers": [{"name": "web", "image": "nginx:1.28"}]});
/// let found = differences(&before, &after, &keys);
/// assert_eq!(found[0].path.to_string(), "containers[web].image");
///
/// // Without keys the list is one value.
/// assert_eq!(differences(&before, &after, &FieldSet::default())[0].path.to_string(), "containers");
/// ```
pub fn differences(before: &Value, after: &Value, keys: &FieldSet) -> Vec<Difference> {
    let mut walk = DifferenceWalk {
        differences: Vec::new(),
    };
    walk.values(&FieldPath::root(), before, after, Some(keys));
    walk.differences
}

struct DifferenceWalk {
    differences: Vec<Difference>,
}

impl DifferenceWalk {
    fn values(&mut self, path: &FieldPath, before: &Value, after: &Value, keys: Option<&FieldSet>) {
        if before == after {
            return;
        }
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => self.maps(path, before, after, keys),
            (Value::Array(old), Value::Array(new)) => match keys.and_then(ItemKeys::of) {
                Some(list) => self.lists(path, old, new, &list, keys),
                None => self.record(path.clone(), Some(before), Some(after)),
            },
            _ => self.record(path.clone(), Some(before), Some(after)),
        }
    }

    fn maps(
        &mut self,
        path: &FieldPath,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
        keys: Option<&FieldSet>,
    ) {
        let added = after.keys().filter(|name| !before.contains_key(*name));
        for name in before.keys().chain(added) {
            let element = PathElement::field(name);
            let child = path.join(element.clone());
            if !is_server_owned(&child) {
                let keys = keys.and_then(|keys| keys.child(&element));
                self.children(child, before.get(name), after.get(name), keys);
            }
        }
    }

    fn lists(&mut self, path: &FieldPath, before: &[Value], after: &[Value], list: &ItemKeys, keys: Option<&FieldSet>) {
        let elements = |items: &[Value]| items.iter().map(|item| list.element(item)).collect::<Vec<_>>();
        let (old, new) = (elements(before), elements(after));
        let unique = |elements: &[PathElement]| {
            elements.iter().collect::<std::collections::BTreeSet<_>>().len() == elements.len()
        };
        if !unique(&old) || !unique(&new) {
            let whole = |items: &[Value]| Value::Array(items.to_vec());
            return self.record(path.clone(), Some(&whole(before)), Some(&whole(after)));
        }
        let position = |element: &PathElement| new.iter().position(|other| other == element);
        for (item, element) in before.iter().zip(&old) {
            let partner = position(element).map(|index| &after[index]);
            self.children(
                path.join(element.clone()),
                Some(item),
                partner,
                keys.and_then(|keys| keys.child(element)),
            );
        }
        for (item, element) in after.iter().zip(&new) {
            if !old.contains(element) {
                self.children(path.join(element.clone()), None, Some(item), None);
            }
        }
        let kept: Vec<_> = old.iter().filter(|element| new.contains(element)).collect();
        let order: Vec<_> = new.iter().filter(|element| old.contains(element)).collect();
        if kept != order {
            let names = |elements: &[&PathElement]| {
                Value::Array(elements.iter().map(|element| Value::from(item_name(element))).collect())
            };
            self.differences.push(Difference {
                path: path.clone(),
                before: Some(names(&kept)),
                after: Some(names(&order)),
                reordered: true,
            });
        }
    }

    fn children(&mut self, path: FieldPath, before: Option<&Value>, after: Option<&Value>, keys: Option<&FieldSet>) {
        match (before, after) {
            (Some(before), Some(after)) => self.values(&path, before, after, keys),
            (None, None) => {}
            // Labels and annotations are a map even where there are none: each is a field of its own.
            (before, after) if is_label_map(&path) => {
                let none = Value::Object(Map::new());
                self.values(&path, before.unwrap_or(&none), after.unwrap_or(&none), keys);
            }
            (before, after) => self.record(path, before, after),
        }
    }

    fn record(&mut self, path: FieldPath, before: Option<&Value>, after: Option<&Value>) {
        self.differences.push(Difference {
            path,
            before: before.cloned(),
            after: after.cloned(),
            reordered: false,
        });
    }
}

fn is_label_map(path: &FieldPath) -> bool {
    *path == FieldPath::of(&["metadata", "labels"]) || *path == FieldPath::of(&["metadata", "annotations"])
}

fn is_server_owned(path: &FieldPath) -> bool {
    match path.elements() {
        [PathElement::Field(root), PathElement::Field(name)] => {
            root == "metadata" && SERVER_METADATA.contains(&name.as_str())
        }
        _ => false,
    }
}

/// What `[web]` of a path says, alone.
fn item_name(element: &PathElement) -> String {
    let text = FieldPath::from_iter([element.clone()]).to_string();
    text.trim_start_matches(['[', '=']).trim_end_matches(']').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(before: Value, after: Value, fields: Value) -> Vec<String> {
        differences(&before, &after, &FieldSet::from_fields_v1(&fields))
            .into_iter()
            .map(|difference| {
                let side = |value: Option<Value>| value.map_or("-".to_owned(), |value| value.to_string());
                let order = if difference.reordered { " order" } else { "" };
                format!(
                    "{}{order}: {} -> {}",
                    difference.path,
                    side(difference.before),
                    side(difference.after)
                )
            })
            .collect()
    }

    #[test]
    fn keyed_items_are_paired_by_key_and_not_by_position() {
        let fields = json!({"f:containers": {"k:{\"name\":\"a\"}": {".": {}}}});
        let before = json!({"containers": [{"name": "a", "image": "1"}, {"name": "b"}]});
        let after = json!({"containers": [{"name": "c"}, {"name": "a", "image": "2"}]});
        assert_eq!(
            found(before, after, fields),
            [
                "containers[a].image: \"1\" -> \"2\"",
                "containers[b]: {\"name\":\"b\"} -> -",
                "containers[c]: - -> {\"name\":\"c\"}"
            ]
        );
    }

    #[test]
    fn an_order_that_changes_is_a_difference_of_its_own() {
        let fields = json!({"f:env": {"k:{\"name\":\"A\"}": {".": {}}}});
        let before = json!({"env": [{"name": "B"}, {"name": "A"}]});
        let after = json!({"env": [{"name": "A"}, {"name": "B"}]});
        assert_eq!(
            found(before, after, fields),
            ["env order: [\"B\",\"A\"] -> [\"A\",\"B\"]"]
        );
    }

    #[test]
    fn a_list_nobody_keys_is_one_value() {
        let before = json!({"command": ["a", "b"]});
        let after = json!({"command": ["a", "c"]});
        assert_eq!(
            found(before, after, json!({"f:command": {}})),
            ["command: [\"a\",\"b\"] -> [\"a\",\"c\"]"]
        );
    }

    #[test]
    fn items_of_a_set_come_and_go() {
        let fields = json!({"f:finalizers": {"v:\"a\"": {}}});
        assert_eq!(
            found(
                json!({"finalizers": ["a", "b"]}),
                json!({"finalizers": ["b", "c"]}),
                fields
            ),
            ["finalizers[=a]: \"a\" -> -", "finalizers[=c]: - -> \"c\""]
        );
    }

    #[test]
    fn what_the_server_keeps_for_itself_is_left_out() {
        let before = json!({"metadata": {"resourceVersion": "1", "uid": "u", "labels": {"a": "1"}}});
        let after = json!({"metadata": {"resourceVersion": "2", "uid": "v", "labels": {"a": "2"}}});
        assert_eq!(found(before, after, json!({})), ["metadata.labels.a: \"1\" -> \"2\""]);
    }

    #[test]
    fn a_first_label_is_a_field_of_its_own() {
        let labelled = json!({"metadata": {"labels": {"team": "x"}}});
        assert_eq!(
            found(json!({"metadata": {}}), labelled, json!({})),
            ["metadata.labels.team: - -> \"x\""]
        );
    }

    #[test]
    fn a_list_with_the_same_key_twice_is_one_value() {
        let fields = json!({"f:env": {"k:{\"name\":\"A\"}": {".": {}}}});
        let twice = json!({"env": [{"name": "A"}, {"name": "A", "value": "x"}]});
        assert_eq!(found(twice, json!({"env": [{"name": "A"}]}), fields).len(), 1);
    }
}
