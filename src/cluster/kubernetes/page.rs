//! A page of a list.

use serde::Deserialize;
use serde_json::Value;

use super::rewrite::texts;
use crate::object::{GroupVersionKind, LiveObject};

/// A page of a list.
#[derive(Debug)]
pub(super) struct Page {
    /// The objects, each with its kind.
    pub(super) objects: Vec<LiveObject>,
    /// What the next page is asked for by; nothing on the last one.
    pub(super) next: Option<String>,
}

/// A list as an API server writes it, its objects as text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ObjectList {
    api_version: String,
    kind: String,
    #[serde(default)]
    metadata: ListMetadata,
    #[serde(deserialize_with = "texts")]
    items: Vec<String>,
}

#[derive(Default, Deserialize)]
struct ListMetadata {
    #[serde(rename = "continue")]
    next: Option<String>,
}

/// The kind of an item, where it names one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemType {
    api_version: Option<String>,
    kind: Option<String>,
}

impl Page {
    /// Reads the body of an answer that is a list of this kind; nothing where it is none, or has an object that is
    /// not as usual.
    pub(super) fn read(body: &[u8], gvk: &GroupVersionKind) -> Option<Self> {
        let list: ObjectList = serde_json::from_slice(body).ok()?;
        if !is_list_of(&list.api_version, &list.kind, gvk) {
            return None;
        }
        let objects = list.items.into_iter().map(|text| object(text, gvk));
        Some(Self {
            objects: objects.collect::<Option<_>>()?,
            next: next(list.metadata.next),
        })
    }

    /// Takes apart an answer that is a list.
    pub(super) fn of(mut list: Value, gvk: &GroupVersionKind) -> Self {
        let items = match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let objects = items.into_iter().map(|mut item| {
            fill_in_kind(&mut item, gvk);
            LiveObject::new(item)
        });
        let token = list.pointer("/metadata/continue").and_then(Value::as_str);
        Self {
            objects: objects.collect(),
            next: next(token.map(str::to_owned)),
        }
    }
}

fn next(token: Option<String>) -> Option<String> {
    token.filter(|token| !token.is_empty())
}

/// Whether this is what a list of these objects is called. A custom kind may call its list anything, but says its
/// version.
pub(super) fn is_list_of(api_version: &str, kind: &str, gvk: &GroupVersionKind) -> bool {
    let GroupVersionKind { group_kind, .. } = gvk;
    let is_built_in = !group_kind.group.contains('.') || group_kind.group.ends_with(".k8s.io");
    let is_of_kind = !is_built_in || kind.strip_suffix("List") == Some(&group_kind.kind);
    is_of_kind && api_version == gvk.api_version()
}

/// An item of a list, with its kind.
fn object(mut text: String, gvk: &GroupVersionKind) -> Option<LiveObject> {
    let ItemType { api_version, kind } = serde_json::from_str(&text).ok()?;
    let missing = [
        ("apiVersion", api_version.is_none().then(|| gvk.api_version())),
        ("kind", kind.is_none().then(|| gvk.group_kind.kind.to_string())),
    ];
    for (field, value) in missing {
        if let Some(value) = value {
            // An object that is read has a name, so something follows.
            text.insert_str(1, &format!("\"{field}\":{},", Value::from(value)));
        }
    }
    LiveObject::unread(text.into_boxed_str()).ok()
}

/// The items of a list do not say what they are.
pub(super) fn fill_in_kind(object: &mut Value, gvk: &GroupVersionKind) {
    if let Some(object) = object.as_object_mut() {
        object.entry("apiVersion").or_insert_with(|| gvk.api_version().into());
        object
            .entry("kind")
            .or_insert_with(|| gvk.group_kind.kind.as_str().into());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn config_maps(items: &[Value]) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMapList", "metadata": {"continue": "x"}, "items": items})
    }

    fn config_map() -> GroupVersionKind {
        GroupVersionKind::new("v1", "ConfigMap")
    }

    /// JSON of any kind, three levels deep.
    fn any_json() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        scalar.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn an_object_is_the_same_whether_it_is_read_as_text_or_as_a_tree(any in any_json()) {
            let managed = json!([{"manager": "a", "operation": "Apply", "apiVersion": "v1", "subresource": "scale"}]);
            let owners = json!([{"kind": "ReplicaSet"}]);
            let metadata = json!({"name": "x", "namespace": "y", "uid": "1", "managedFields": managed, "ownerReferences": owners});
            let list = config_maps(&[json!({"metadata": metadata, "any": any})]);
            let text = Page::read(list.to_string().as_bytes(), &config_map()).expect("it is a list");
            let tree = Page::of(list, &config_map());
            prop_assert_eq!(&text.next, &tree.next);
            let (text, tree) = (&text.objects[0], &tree.objects[0]);
            prop_assert_eq!(text.reference(), tree.reference());
            prop_assert_eq!((text.uid(), text.is_owned()), (tree.uid(), tree.is_owned()));
            for subresource in ["scale", ""] {
                let is_so = |writer: &crate::object::field::FieldManager| writer.subresource == subresource;
                prop_assert_eq!(text.has_writer(is_so), tree.has_writer(is_so));
            }
            prop_assert_eq!(text.value(), tree.value());
        }
    }

    #[test]
    fn what_is_not_as_usual_is_not_read_as_text() {
        let unusual = [
            json!({"metadata": {"name": 1}}),
            json!({"metadata": {"name": "a", "managedFields": 1}}),
            json!(1),
            json!({}),
        ];
        for item in unusual {
            let list = config_maps(std::slice::from_ref(&item)).to_string();
            assert!(Page::read(list.as_bytes(), &config_map()).is_none(), "{item}");
        }
        let other = config_maps(&[]).to_string().replace("ConfigMapList", "SecretList");
        assert!(Page::read(other.as_bytes(), &config_map()).is_none());
    }
}
