//! The directory of desired state, as the steps of a history leave it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

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

    /// Puts it on disk, and remembers what a sync may apply.
    pub fn save(&mut self, bed: &Bed) {
        // One that is not there is empty.
        let _ = fs::remove_dir_all(bed.dir.join("desired"));
        let name = &bed.namespace;
        bed.write("stackanetes.yaml", &format!("name: {name}\nnamespace: {name}\n"));
        bed.write("front/component.yaml", "");
        bed.write("back/component.yaml", "dependsOn: [front]\n");
        let mut texts: BTreeMap<&str, String> = BTreeMap::new();
        for (file, object) in self.wanted.values() {
            let text = serde_json::to_string_pretty(object).expect("an object is JSON");
            *texts.entry(file).or_default() += &format!("---\n{text}\n");
        }
        for (file, text) in texts {
            bed.write(file, &text);
        }
        for (id, (_, object)) in &self.wanted {
            let ever = self.ever.entry(id.clone()).or_default();
            for (path, value) in leaves(&stored(object)) {
                ever.entry(path).or_default().push(value);
            }
        }
    }

    pub fn wanted(&self) -> impl Iterator<Item = (&Id, &Value)> {
        self.wanted.iter().map(|(id, (_, object))| (id, object))
    }

    pub fn may_be_refused(&self, id: &Id) -> bool {
        self.refused.contains(id)
    }

    /// What git had and dropped.
    pub fn dropped(&self) -> impl Iterator<Item = &Id> {
        self.ever.keys().filter(|id| !self.wanted.contains_key(id))
    }

    /// The fields that git ever had of an object, and their values.
    pub fn ever(&self, id: &Id) -> impl Iterator<Item = (&Path, &Vec<Value>)> {
        self.ever.get(id).into_iter().flatten()
    }
}
