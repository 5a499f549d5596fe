//! What of a Secret's generated values is still to be made.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{GENERATED, Generated, GeneratedForm};
use crate::object::{DesiredObject, LiveObject};

/// What is to be made, and what is to be noted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The values to make.
    pub make: Vec<Make>,
    /// Every value that was made or will be.
    noted: BTreeMap<String, Noted>,
}

/// A value to make, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Make {
    /// Its declaration.
    pub generated: Generated,
    /// What made it due.
    pub cause: Making,
}

/// What makes a generated value due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Making {
    /// No value was made before.
    First,
    /// Its rotation was raised.
    Rotated,
    /// The value was made, and is not there any more.
    Lost,
}

/// What is noted of a value that was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noted {
    /// The rotation that it is of.
    rotation: u64,
    /// A digest of the form that it was made in; none where somebody else brought it, or where the note is of a
    /// version of this program that did not note the form.
    form: Option<String>,
}

/// What is to be made for a desired object; nothing where all is made and noted.
///
/// A value that is there is kept: one without a note was brought by somebody. One that is not there is made, as is
/// one whose rotation was raised. A [Fernet key](GeneratedForm::Fernet) is an exception: who rotates a repository of keys takes
/// old ones out, so none is made again in a Secret that has keys that nobody declared.
pub fn due(desired: &DesiredObject, live: Option<&LiveObject>) -> Option<Due> {
    let noted = live.map(noted).unwrap_or_default();
    if desired.generate.is_empty() && noted.is_empty() {
        return None;
    }
    let there = keys(live.map(LiveObject::value));
    // What git says itself is generated no more.
    let said = keys(Some(&desired.value));
    let is_declared = |key: &&str| said.contains(key) || desired.generate.iter().any(|one| one.key == *key);
    let is_rotated = !there.iter().all(|key| is_declared(key) || noted.contains_key(*key));
    let mut kept = noted.clone();
    kept.retain(|key, _| !said.contains(key.as_str()));
    let mut make = Vec::new();
    for generated in &desired.generate {
        let is_there = there.contains(generated.key.as_str());
        let cause = match noted.get(&generated.key) {
            Some(noted) if noted.rotation < generated.rotation => Some(Making::Rotated),
            Some(_) => {
                let is_kept_away = is_rotated && generated.form == GeneratedForm::Fernet;
                (!is_there && !is_kept_away).then_some(Making::Lost)
            }
            // Ours until now, it goes with what git said; then it is not there any more.
            None => (!is_there).then_some(Making::First),
        };
        let kept = kept.entry(generated.key.clone()).or_default();
        kept.rotation = generated.rotation.max(kept.rotation);
        if let Some(cause) = cause {
            kept.form = Some(form_digest(generated));
            let generated = generated.clone();
            make.push(Make { generated, cause });
        }
    }
    (kept != noted || !make.is_empty()).then_some(Due { make, noted: kept })
}

/// The declared values that are there and were made in another form than is declared now: they stay as they are.
pub fn outdated<'a>(desired: &'a DesiredObject, live: &'a LiveObject) -> impl Iterator<Item = &'a Generated> {
    let noted = noted(live);
    // Of what generates nothing, the keys are not looked at.
    let there = keys((!desired.generate.is_empty()).then(|| live.value()));
    desired.generate.iter().filter(move |generated| {
        let noted = noted.get(&generated.key);
        let noted = noted.filter(|noted| noted.rotation >= generated.rotation);
        let form = noted.and_then(|noted| noted.form.as_ref());
        there.contains(generated.key.as_str()) && form.is_some_and(|form| *form != form_digest(generated))
    })
}

/// The keys of a Secret's data.
fn keys(value: Option<&Value>) -> BTreeSet<&str> {
    let data = value.and_then(|value| value.get("data")?.as_object());
    data.into_iter()
        .flat_map(|data| data.keys().map(String::as_str))
        .collect()
}

/// A digest of the form alone, whatever the rotation. Forms are compared by it, and nothing is hidden.
fn form_digest(generated: &Generated) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(generated.form.to_string())[..6])
}

/// The keys whose values were made in the cluster, each with what is noted of it.
pub fn noted(live: &LiveObject) -> BTreeMap<String, Noted> {
    let note = live.annotation(GENERATED).unwrap_or_default();
    note.split(',')
        .filter_map(|item| item.split_once('='))
        .filter_map(|(key, noted)| Some((key.to_owned(), Noted::read(noted)?)))
        .collect()
}

impl Noted {
    fn read(text: &str) -> Option<Self> {
        let (rotation, form) = match text.split_once('/') {
            Some((rotation, form)) => (rotation, Some(form.to_owned())),
            None => (text, None),
        };
        let rotation = rotation.parse().ok()?;
        Some(Self { rotation, form })
    }
}

/// `ROTATION/FORM`, or `ROTATION` alone.
impl fmt::Display for Noted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.rotation)?;
        match &self.form {
            Some(form) => write!(out, "/{form}"),
            None => Ok(()),
        }
    }
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
        let note: Vec<String> = self.noted.iter().map(|(key, noted)| format!("{key}={noted}")).collect();
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
    use crate::testing::desired;

    fn secret(data: &str, generate: &[(&str, u64)]) -> DesiredObject {
        let mut secret = desired(&format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: b}}\ndata: {data}\n"
        ));
        secret.generate = generate
            .iter()
            .map(|(key, rotation)| Generated {
                key: (*key).to_owned(),
                form: GeneratedForm::Fernet,
                rotation: *rotation,
                place: None,
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
        let note = due.noted.iter().map(|(key, noted)| format!("{key}={}", noted.rotation));
        let keys = due.make.iter().map(|make| make.generated.key.clone());
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
        assert_eq!(made(&secret("{}", &[]), Some(&live("x=0", &["x"]))), None);
    }

    #[test]
    fn a_value_that_is_gone_is_made_again() {
        let desired = secret("{}", &[("x", 0), ("y", 0)]);
        let live = live("x=0,y=0", &["y"]);
        assert_eq!(made(&desired, Some(&live)), Some(is(&["x"], "x=0,y=0")));
        let cause = due(&desired, Some(&live)).map(|due| due.make[0].cause);
        assert_eq!(cause, Some(Making::Lost));
    }

    #[test]
    fn a_fernet_key_that_was_rotated_away_is_not_made_again() {
        let mut desired = secret("{}", &[("0", 0), ("1", 0)]);
        let live = live("0=0,1=0", &["0", "2"]);
        assert_eq!(made(&desired, Some(&live)), None);
        // Nobody rotates a password that way.
        desired.generate[1].form = GeneratedForm::Bytes(16);
        assert_eq!(made(&desired, Some(&live)), Some(is(&["1"], "0=0,1=0")));
    }

    #[test]
    fn a_value_made_in_another_form_is_outdated_until_it_is_made_anew() {
        let mut desired = secret("{}", &[("x", 0), ("y", 0)]);
        let due = due(&desired, Some(&live("y=0", &["y"]))).expect("x is due");
        let note: Vec<String> = due.noted.iter().map(|(key, noted)| format!("{key}={noted}")).collect();
        let live = live(&note.join(","), &["x", "y"]);
        let outdated = |desired: &DesiredObject| -> Vec<String> {
            let outdated = super::outdated(desired, &live);
            outdated.map(|generated| generated.key.clone()).collect()
        };
        assert_eq!(outdated(&desired), [""; 0]);
        // Of y it is not known in which form it was made.
        desired.generate[0].form = GeneratedForm::Bytes(16);
        desired.generate[1].form = GeneratedForm::Bytes(16);
        assert_eq!(outdated(&desired), ["x"]);
        assert_eq!(made(&desired, Some(&live)), None);
        desired.generate[0].rotation = 1;
        assert_eq!(outdated(&desired), [""; 0]);
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
        assert_eq!(applied["metadata"]["annotations"][GENERATED], "gone=0,x=0/9tDP_kmt,y=0");
        assert_eq!(applied["metadata"]["uid"], "u");
    }
}
