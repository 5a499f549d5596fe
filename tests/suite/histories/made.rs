//! Secrets whose values are made in the cluster.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::files::Files;
use super::step::Id;
use super::synced::{DONE, Synced};

/// The Secrets that components make, and what git says of each.
#[derive(Debug, Default)]
pub struct Made {
    secrets: BTreeMap<Id, Value>,
    /// How often each key was rotated.
    keys: BTreeMap<(Id, String), u64>,
}

impl Made {
    /// What these components say.
    pub fn of<'a>(components: impl Iterator<Item = &'a Value>, namespace: &str) -> Self {
        let mut made = Self::default();
        for secret in components.filter_map(|says| says["secrets"].as_array()).flatten() {
            let metadata = json!({"name": secret["name"], "namespace": namespace});
            let mut object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata});
            for (key, text) in secret["values"].as_object().into_iter().flatten() {
                object["data"][key] = json!(STANDARD.encode(text.as_str().unwrap_or_default()));
            }
            let id = Id::of(&object);
            for (key, declared) in secret["generate"].as_object().into_iter().flatten() {
                let rotation = declared["rotation"].as_u64().unwrap_or(0);
                made.keys.insert((id.clone(), key.clone()), rotation);
            }
            made.secrets.insert(id, object);
        }
        made
    }

    pub fn secrets(&self) -> impl Iterator<Item = (&Id, &Value)> {
        self.secrets.iter()
    }

    /// The keys whose values are made, and how often each was rotated.
    pub fn keys(&self) -> impl Iterator<Item = (&(Id, String), u64)> {
        self.keys.iter().map(|(key, rotation)| (key, *rotation))
    }
}

/// How often each value had been rotated when it was last made, where that is known.
#[derive(Debug, Default)]
pub struct Rotated(BTreeMap<(Id, String), u64>);

impl Rotated {
    pub fn of(&self, key: &(Id, String)) -> Option<u64> {
        self.0.get(key).copied()
    }

    /// After a sync whose end is not known, or that left something out.
    pub fn doubt(&mut self, files: &Files) {
        let declared: BTreeMap<_, _> = files.made.keys().collect();
        self.0.retain(|key, rotation| declared.get(key) == Some(rotation));
    }

    /// After a sync that ended by itself.
    pub fn learn(&mut self, files: &Files, synced: &Synced) {
        self.doubt(files);
        if !synced.is_whole() {
            return;
        }
        for (key, rotation) in files.made.keys() {
            if DONE.contains(&synced.said.outcome(&key.0).0) {
                self.0.insert(key.clone(), rotation);
            }
        }
    }
}
