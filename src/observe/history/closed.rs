//! Objects with values that are encrypted and that nobody can decrypt here.
//!
//! A ciphertext that git has not changed since the object was last applied is taken to stand for what the
//! cluster has: that nobody changed that by hand cannot be told. One that git did change stays, and differs.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Directory, Secrets};
use crate::applyset::inventory;
use crate::applyset::key::Keyring;
use crate::applyset::parent::{Parent, Record};
use crate::cluster::{Discovery, Resource};
use crate::object::{DesiredObject, LiveObject, ObjectRef};
use crate::sops;
use crate::source::Commits;

/// The live objects, by what they are called.
type Live = BTreeMap<ObjectRef, (Resource, LiveObject)>;

/// Puts what the cluster has in the place of each ciphertext of `desired` that is the same in the commit that its
/// object was last applied from. Nothing is said where such a commit is not at hand: all of it differs then.
pub(in crate::observe) fn assume_unchanged(
    desired: &mut [&mut DesiredObject],
    live: &Live,
    parent: Option<&Parent>,
    (directory, discovery): (&Directory, &Discovery),
) {
    let Some(commits) = directory.path.as_deref().and_then(|path| Commits::of(path).ok()) else {
        return;
    };
    let revision = |object: &DesiredObject| {
        let (_, live) = live.get(&object.reference)?;
        let is_closed = holds_ciphertext(&object.value);
        live.annotation(inventory::REVISION)
            .filter(|_| is_closed)
            .map(str::to_owned)
    };
    let revisions: BTreeSet<String> = desired.iter().filter_map(|object| revision(object)).collect();
    for wanted in revisions {
        let Some(then) = at(&commits, &wanted, parent, (directory, discovery)) else {
            continue;
        };
        for object in desired
            .iter_mut()
            .filter(|object| revision(object).as_ref() == Some(&wanted))
        {
            if let (Some(base), Some((_, live))) = (then.get(&object.reference), live.get(&object.reference)) {
                replace(&mut object.value, Some(&base.value), Some(live.value()));
            }
        }
    }
}

/// Takes what the cluster has for what a base said where it is a ciphertext.
pub(super) fn assume_applied(base: &mut Value, live: &Value) {
    let said = base.clone();
    replace(base, Some(&said), Some(live));
}

fn at(
    commits: &Commits,
    revision: &str,
    parent: Option<&Parent>,
    (directory, discovery): (&Directory, &Discovery),
) -> Option<BTreeMap<ObjectRef, DesiredObject>> {
    let records = parent.iter().flat_map(|parent| [&parent.attempted, &parent.completed]);
    let records: Vec<&Record> = records.flatten().collect();
    let exact = records.iter().find(|record| {
        record
            .revision
            .as_ref()
            .is_some_and(|commit| commit.as_str() == revision)
    });
    let (inputs, _) = directory.parameters_of(exact.or(records.last()).copied());
    let secrets = Secrets {
        key: &Keyring::Empty,
        live: BTreeMap::new(),
    };
    let revision = commits.find(revision).ok()?;
    directory.at(commits, &revision, &inputs, discovery, &secrets).ok()
}

/// Puts the values of `live` in the place of ciphertexts that `base` has at the same place.
fn replace(value: &mut Value, base: Option<&Value>, live: Option<&Value>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let at = |whole: Option<&Value>| whole.and_then(|whole| whole.get(key)).cloned();
                replace(value, at(base).as_ref(), at(live).as_ref());
            }
        }
        Value::Array(items) => {
            let same_length = |whole: &&Value| whole.as_array().is_some_and(|whole| whole.len() == items.len());
            let (base, live) = (base.filter(same_length), live.filter(same_length));
            for (index, item) in items.iter_mut().enumerate() {
                replace(
                    item,
                    base.and_then(|base| base.get(index)),
                    live.and_then(|live| live.get(index)),
                );
            }
        }
        Value::String(text) if is_made_of_ciphertext(text) && base.and_then(Value::as_str) == Some(text) => {
            if let Some(live) = live {
                *value = live.clone();
            }
        }
        _ => {}
    }
}

/// Whether a text in `value` is, or was made from, a ciphertext.
pub(in crate::observe) fn holds_ciphertext(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.values().any(holds_ciphertext),
        Value::Array(items) => items.iter().any(holds_ciphertext),
        Value::String(text) => is_made_of_ciphertext(text),
        _ => false,
    }
}

/// The values of a Secret are base64.
fn is_made_of_ciphertext(text: &str) -> bool {
    sops::holds_ciphertext(text)
        || STANDARD
            .decode(text)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .is_some_and(|text| sops::holds_ciphertext(&text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const OLD: &str = "ENC[AES256_GCM,data:b2xk,iv:,tag:,type:str]";
    const NEW: &str = "ENC[AES256_GCM,data:bmV3,iv:,tag:,type:str]";

    #[test]
    fn a_ciphertext_that_git_left_as_it_is_stands_for_what_the_cluster_has() {
        let base = json!({"a": OLD, "b": OLD, "url": format!("mysql://{OLD}@db"), "list": [OLD]});
        let live = json!({"a": "1", "b": "2", "url": "mysql://1@db", "list": ["3"]});
        let mut value = json!({"a": OLD, "b": NEW, "url": format!("mysql://{OLD}@db"), "list": [OLD]});
        replace(&mut value, Some(&base), Some(&live));
        assert_eq!(value, json!({"a": "1", "b": NEW, "url": "mysql://1@db", "list": ["3"]}));
        assert!(holds_ciphertext(&value));
    }

    #[test]
    fn what_the_cluster_does_not_have_any_more_differs() {
        let base = json!({"data": {"a": OLD}});
        let mut value = base.clone();
        replace(&mut value, Some(&base), Some(&json!({"data": {}})));
        assert_eq!(value, base);
    }

    #[test]
    fn a_value_of_a_secret_is_known_by_what_it_encodes() {
        assert!(holds_ciphertext(&json!({"data": {"a": STANDARD.encode(OLD)}})));
        assert!(!holds_ciphertext(&json!({"data": {"a": STANDARD.encode("hunter2")}})));
    }
}
