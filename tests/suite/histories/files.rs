//! The directory of desired state, as the steps of a history leave it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Map, Value, json};

use super::made::Made;
use super::rules::Rules;
use super::step::Id;
use super::value::{Path, leaves, stored};
use crate::bed::Bed;

/// What git wants, and what it ever wanted.
#[derive(Debug, Default)]
pub struct Files {
    wanted: BTreeMap<Id, (String, Value)>,
    /// Which of `wanted` the API server may refuse.
    refused: BTreeSet<Id>,
    ever: BTreeMap<Id, BTreeMap<Path, Vec<Value>>>,
    /// What `stackanetes.yaml` says besides the name and the namespace, and what its rules mean.
    settings: Map<String, Value>,
    pub rules: Rules,
    /// What each `component.yaml` says besides what it depends on, and which Secrets are made of it.
    components: BTreeMap<String, Value>,
    pub made: Made,
}

impl Files {
    pub fn write(&mut self, file: &str, object: &Value, refused: bool) {
        let id = Id::of(object);
        if refused {
            self.refused.insert(id.clone());
        } else {
            self.refused.remove(&id);
        }
        self.wanted.insert(id, (file.to_owned(), object.clone()));
    }

    pub fn drop(&mut self, id: &Id) {
        self.wanted.remove(id);
        self.refused.remove(id);
    }

    /// What `stackanetes.yaml` says besides the name and the namespace.
    pub fn settings(&mut self, settings: &Value) {
        self.rules = Rules::of(settings);
        self.settings = settings.as_object().cloned().unwrap_or_default();
    }

    /// What a component says of itself. The Secrets that it makes are wanted, as far as it says what they hold.
    pub fn component(&mut self, name: &str, says: &Value, namespace: &str) {
        self.components.insert(name.to_owned(), says.clone());
        self.made = Made::of(self.components.values(), namespace);
    }

    /// Puts it on disk, and remembers what a sync may apply.
    pub fn save(&mut self, bed: &Bed) {
        // One that is not there is empty.
        let _ = fs::remove_dir_all(bed.dir.join("desired"));
        let name = &bed.namespace;
        let mut settings = json!({"name": name, "namespace": name});
        json_patch::merge(&mut settings, &Value::Object(self.settings.clone()));
        bed.write("stackanetes.yaml", &text(&settings));
        for (component, base) in [("front", json!({})), ("back", json!({"dependsOn": ["front"]}))] {
            let mut says = base;
            json_patch::merge(&mut says, self.components.get(component).unwrap_or(&json!({})));
            bed.write(&format!("{component}/component.yaml"), &text(&says));
        }
        let mut texts: BTreeMap<&str, String> = BTreeMap::new();
        for (file, object) in self.wanted.values() {
            *texts.entry(file).or_default() += &format!("---\n{}", text(object));
        }
        for (file, text) in texts {
            bed.write(file, &text);
        }
        let wanted = self.wanted.iter().map(|(id, (_, object))| (id, object));
        for (id, object) in wanted.chain(self.made.secrets()) {
            let ever = self.ever.entry(id.clone()).or_default();
            for (path, value) in leaves(&stored(object)) {
                ever.entry(path).or_default().push(value);
            }
        }
    }

    pub fn wanted(&self) -> impl Iterator<Item = (&Id, &Value)> {
        let written = self.wanted.iter().map(|(id, (_, object))| (id, object));
        written.chain(self.made.secrets())
    }

    pub fn wants(&self, id: &Id) -> bool {
        self.wanted.contains_key(id) || self.made.secrets().any(|(made, _)| made == id)
    }

    pub fn may_be_refused(&self, id: &Id) -> bool {
        self.refused.contains(id)
    }

    /// What git had and dropped.
    pub fn dropped(&self) -> impl Iterator<Item = &Id> {
        self.ever.keys().filter(|id| !self.wants(id))
    }

    /// The fields that git ever had of an object, and their values.
    pub fn ever(&self, id: &Id) -> impl Iterator<Item = (&Path, &Vec<Value>)> {
        self.ever.get(id).into_iter().flatten()
    }
}

/// As JSON, which is YAML.
fn text(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("it is JSON") + "\n"
}
