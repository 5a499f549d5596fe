//! Secrets whose values are not known: in a snapshot, every value is masked.

use serde_json::Value;

use crate::object::{self, GroupKind, MASKED};

/// The annotations of a Secret that hold no value: what this program, Kubernetes' tools and the
/// ApplySet note. Others may: `kubectl.kubernetes.io/last-applied-configuration` does.
const PUBLIC: [&str; 3] = ["stackanetes.io/", "applyset.kubernetes.io/", "config.kubernetes.io/"];

/// Masks what of a Secret may be a value; leaves any other object as it is.
pub fn mask(object: &mut Value) {
    if !is_secret(object) {
        return;
    }
    for map in ["data", "stringData"] {
        for value in object.get_mut(map).and_then(Value::as_object_mut).into_iter().flatten() {
            *value.1 = MASKED.into();
        }
    }
    let annotations = object
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut);
    for (key, value) in annotations.into_iter().flatten() {
        if !PUBLIC.iter().any(|prefix| key.starts_with(prefix)) {
            *value = MASKED.into();
        }
    }
}

/// Takes a value that is masked in the live object for the one that is written: nobody knows whether
/// it is.
pub(super) fn keep(live: &Value, written: &mut Value) {
    if !is_secret(live) {
        return;
    }
    for pointer in ["/data", "/metadata/annotations"] {
        let live = live.pointer(pointer).and_then(Value::as_object);
        let masked = live.into_iter().flatten().filter(|(_, value)| *value == MASKED);
        let Some(written) = written.pointer_mut(pointer).and_then(Value::as_object_mut) else {
            continue;
        };
        for (key, _) in masked {
            if let Some(value) = written.get_mut(key) {
                *value = MASKED.into();
            }
        }
    }
}

fn is_secret(object: &Value) -> bool {
    object["apiVersion"] == "v1" && object::is_secret(&GroupKind::new("", object["kind"].as_str().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secret(data: Value, annotations: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "annotations": annotations}, "data": data})
    }

    #[test]
    fn no_value_of_a_secret_is_left() {
        let last = "kubectl.kubernetes.io/last-applied-configuration";
        let mut object = secret(
            json!({"password": "aHVudGVyMg=="}),
            json!({last: "hunter2", "stackanetes.io/revision": "1"}),
        );
        mask(&mut object);
        assert_eq!(
            object,
            secret(
                json!({"password": MASKED}),
                json!({last: MASKED, "stackanetes.io/revision": "1"})
            )
        );
        let mut other = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}});
        mask(&mut other);
        assert_eq!(other["data"]["a"], "b");
    }

    #[test]
    fn a_masked_value_is_taken_for_what_is_written() {
        let live = secret(json!({"a": MASKED, "b": "Yg==", "gone": MASKED}), json!({"x": MASKED}));
        let mut written = secret(json!({"a": "bmV3", "b": "bmV3", "c": "bmV3"}), json!({"x": "1"}));
        keep(&live, &mut written);
        assert_eq!(
            written,
            secret(json!({"a": MASKED, "b": "bmV3", "c": "bmV3"}), json!({"x": MASKED}))
        );
    }
}
