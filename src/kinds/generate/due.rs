//! What of a Secret's generated values is still to be made.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{GENERATED, Generated};
use crate::object::{DesiredObject, LiveObject};

/// What is to be made, and what is to be noted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The values to make.
    pub make: Vec<Generated>,
    /// Every value that was made or will be, and the rotation it is of.
    noted: BTreeMap<String, u64>,
}

/// What is to be made for a desired object; nothing where all is made and noted.
///
/// A value is made once. One that is noted is not made again though it is gone: whoever rotates
/// keys takes old ones out. One that is there without a note was brought by somebody, and is kept.
/// Only a raised rotation makes a new one.
pub fn due(desired: &DesiredObject, live: Option<&LiveObject>) -> Option<Due> {
    let noted = live.map(noted).unwrap_or_default();
    let keys = |value: Option<&Value>| -> BTreeSet<String> {
        let data = value.and_then(|value| value.get("data")?.as_object());
        data.into_iter().flat_map(|data| data.keys().cloned()).collect()
    };
    let there = keys(live.map(LiveObject::value));
    // What git says itself is generated no more.
    let said = keys(Some(&desired.value));
    let mut kept = noted.clone();
    kept.retain(|key, _| !said.contains(key));
    let mut make = Vec::new();
    for generated in &desired.generate {
        let is_made = match noted.get(&generated.key) {
            Some(rotation) => *rotation >= generated.rotation,
            // Ours until now, it goes with what git said; then it is not there any more.
            None => there.contains(&generated.key),
        };
        if !is_made {
            make.push(generated.clone());
        }
        let rotation = kept.entry(generated.key.clone()).or_default();
        *rotation = generated.rotation.max(*rotation);
    }
    (kept != noted || !make.is_empty()).then_some(Due { make, noted: kept })
}

/// The keys whose values were made in the cluster, each with its rotation.
pub fn noted(live: &LiveObject) -> BTreeMap<String, u64> {
    let note = live.annotation(GENERATED).unwrap_or_default();
    note.split(',')
        .filter_map(|item| item.split_once('='))
        .filter_map(|(key, rotation)| Some((key.to_owned(), rotation.parse().ok()?)))
        .collect()
}

impl Due {
    /// What is applied for it to the Secret as it stands: the new values, those that were made before,
    /// and the note of all.
    pub fn to_apply(&self, live: &LiveObject, made: &BTreeMap<String, Vec<u8>>) -> Value {
        let stored = live.value().get("data");
        let values: BTreeMap<&String, Value> = self
            .noted
            .keys()
            .filter_map(|key| {
                let value = match made.get(key) {
                    Some(made) => STANDARD.encode(made).into(),
                    None => stored?.get(key)?.clone(),
                };
                Some((key, value))
            })
            .collect();
        let note: Vec<String> = self
            .noted
            .iter()
            .map(|(key, rotation)| format!("{key}={rotation}"))
            .collect();
        let reference = live.reference();
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": reference.name,
                "namespace": reference.namespace,
                "uid": live.uid(),
                "resourceVersion": live.resource_version(),
                "annotations": {GENERATED: note.join(",")},
            },
            "data": values,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::generate::Form;
    use crate::testing::desired;

    fn secret(data: &str, generate: &[(&str, u64)]) -> DesiredObject {
        let mut secret = desired(&format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: b}}\ndata: {data}\n"
        ));
        secret.generate = generate
            .iter()
            .map(|(key, rotation)| Generated {
                key: (*key).to_owned(),
                form: Form::Fernet,
                rotation: *rotation,
            })
            .collect();
        secret
    }

    fn live(note: &str, keys: &[&str]) -> LiveObject {
        let data: BTreeMap<&str, &str> = keys.iter().map(|key| (*key, "eA==")).collect();
        LiveObject::new(json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "a", "namespace": "b", "uid": "u", "resourceVersion": "1",
                         "annotations": {GENERATED: note}},
            "data": data,
        }))
    }

    /// The keys that are made, and the note after it.
    fn made(desired: &DesiredObject, live: Option<&LiveObject>) -> Option<(Vec<String>, String)> {
        let due = due(desired, live)?;
        let note = due.noted.iter().map(|(key, rotation)| format!("{key}={rotation}"));
        let keys = due.make.iter().map(|generated| generated.key.clone());
        Some((keys.collect(), note.collect::<Vec<_>>().join(",")))
    }

    fn is(keys: &[&str], note: &str) -> (Vec<String>, String) {
        (keys.iter().map(|key| (*key).to_owned()).collect(), note.to_owned())
    }

    #[test]
    fn a_value_is_made_once() {
        let desired = secret("{}", &[("x", 0)]);
        assert_eq!(made(&desired, None), Some(is(&["x"], "x=0")));
        assert_eq!(made(&desired, Some(&live("", &[]))), Some(is(&["x"], "x=0")));
        assert_eq!(made(&desired, Some(&live("x=0", &["x"]))), None);
        // Rotated away by somebody: that is theirs to do.
        assert_eq!(made(&desired, Some(&live("x=0", &["y"]))), None);
        assert_eq!(made(&secret("{}", &[]), Some(&live("x=0", &["x"]))), None);
    }

    #[test]
    fn a_value_that_is_there_is_kept() {
        let desired = secret("{}", &[("x", 0)]);
        assert_eq!(made(&desired, Some(&live("", &["x"]))), Some(is(&[], "x=0")));
    }

    #[test]
    fn a_raised_rotation_makes_a_new_one() {
        let desired = secret("{}", &[("x", 2), ("y", 0)]);
        assert_eq!(
            made(&desired, Some(&live("x=1,y=0", &["x", "y"]))),
            Some(is(&["x"], "x=2,y=0"))
        );
        assert_eq!(made(&desired, Some(&live("x=3,y=0", &["x", "y"]))), None);
    }

    #[test]
    fn what_git_says_itself_is_generated_no_more() {
        let desired = secret("{x: eA==}", &[]);
        assert_eq!(
            made(&desired, Some(&live("x=0,y=0", &["x", "y"]))),
            Some(is(&[], "y=0"))
        );
    }

    #[test]
    fn what_is_applied_holds_all_that_was_made() {
        let desired = secret("{}", &[("x", 0), ("y", 0), ("gone", 0)]);
        let live = live("y=0,gone=0", &["y", "other"]);
        let due = due(&desired, Some(&live)).expect("x is due");
        let applied = due.to_apply(&live, &BTreeMap::from([("x".to_owned(), b"new".to_vec())]));
        assert_eq!(applied["data"], json!({"x": "bmV3", "y": "eA=="}));
        assert_eq!(applied["metadata"]["annotations"][GENERATED], "gone=0,x=0,y=0");
        assert_eq!(applied["metadata"]["uid"], "u");
    }
}
