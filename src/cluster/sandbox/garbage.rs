//! What goes with an object that is deleted: a function of all objects, without I/O.
//!
//! The rules are those of the API server and of its garbage collector and namespace controller: see
//! [Garbage Collection](https://kubernetes.io/docs/concepts/architecture/garbage-collection/). One is
//! narrower: an owner that was never there is not one that is gone, since a snapshot does not hold
//! everything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::path::{CLUSTER, escaped};
use super::store::Stored;
use crate::cluster::Propagation;

/// The finalizer of what stays until its dependents are gone.
const FOREGROUND: &str = "foregroundDeletion";

/// All objects, while some of them go.
#[derive(Debug)]
pub(super) struct World {
    objects: Vec<Living>,
    /// The UIDs of what is gone.
    gone: BTreeSet<String>,
    now: String,
}

#[derive(Debug)]
struct Living {
    path: PathBuf,
    value: Arc<Value>,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The object stays as it was.
    Same,
    /// The object is written again.
    Changed,
    /// The object is removed.
    Gone,
}

/// What becomes of an object.
#[derive(Debug)]
pub(super) enum Change {
    /// The object is written to this file.
    Write(PathBuf, Arc<Value>),
    /// The file is removed.
    Remove(PathBuf),
}

impl World {
    /// With these objects, at this time (RFC 3339).
    pub(super) fn new(objects: Vec<Stored>, now: &str) -> Self {
        let objects = objects.into_iter().map(|Stored { path, value }| Living {
            path,
            value,
            fate: Fate::Same,
        });
        Self {
            objects: objects.collect(),
            gone: BTreeSet::new(),
            now: now.to_owned(),
        }
    }

    /// Puts an object in the place of the one in the same file.
    pub(super) fn replace(&mut self, path: &Path, value: Value) {
        if let Some(living) = self.objects.iter_mut().find(|living| living.path == path) {
            living.value = Arc::new(value);
            living.fate = Fate::Changed;
        }
    }

    /// Deletes the object in a file.
    pub(super) fn delete(&mut self, path: &Path, propagation: Propagation) {
        if let Some(index) = self.objects.iter().position(|living| living.path == path) {
            if propagation == Propagation::Orphan {
                self.orphan(index);
            }
            self.start(index, propagation);
        }
    }

    /// Makes the dependents of an object nobody's.
    fn orphan(&mut self, index: usize) {
        let uid = View(&self.objects[index].value).uid().to_owned();
        for index in 0..self.objects.len() {
            let owners = View(&self.objects[index].value).owners();
            if owners.iter().any(|owner| uid_in(owner) == uid) {
                let others: Vec<Value> = owners.into_iter().filter(|owner| uid_in(owner) != uid).collect();
                self.change(index, |value| {
                    match (others.is_empty(), value["metadata"].as_object_mut()) {
                        (true, Some(metadata)) => drop(metadata.remove("ownerReferences")),
                        _ => value["metadata"]["ownerReferences"] = Value::Array(others),
                    }
                });
            }
        }
    }

    /// Lets everything go that can. What is still there is what something keeps.
    pub(super) fn settle(&mut self) {
        while self.step() {}
    }

    /// What is different now. What was deleted itself, in the file `last`, goes last: should the process
    /// be killed, it can be deleted again, with all that depends on it.
    pub(super) fn into_changes(self, last: &Path) -> Vec<Change> {
        let mut written = Vec::new();
        let mut removed = Vec::new();
        for living in self.objects {
            match living.fate {
                Fate::Same => {}
                Fate::Changed => written.push(Change::Write(living.path, living.value)),
                Fate::Gone => removed.push(living.path),
            }
        }
        removed.sort_by_key(|path| path == last);
        written.extend(removed.into_iter().map(Change::Remove));
        written
    }

    fn step(&mut self) -> bool {
        let mut has_changed = false;
        for index in 0..self.objects.len() {
            has_changed |= self.objects[index].fate != Fate::Gone && self.step_one(index);
        }
        has_changed
    }

    fn step_one(&mut self, index: usize) -> bool {
        let object = View(&self.objects[index].value);
        if !object.is_going() {
            return self.collect(index);
        }
        let contents = self.contents(index);
        if !contents.is_empty() {
            let mut has_changed = false;
            for index in contents {
                has_changed |= !View(&self.objects[index].value).is_going();
                self.start(index, Propagation::Background);
            }
            return has_changed;
        }
        let finalizers = object.finalizers();
        if finalizers.is_empty() {
            self.gone.insert(object.uid().to_owned());
            self.objects[index].fate = Fate::Gone;
            return true;
        }
        if finalizers.contains(&FOREGROUND) && !self.is_waited_for(index) {
            let rest: Vec<&str> = finalizers.into_iter().filter(|name| *name != FOREGROUND).collect();
            let finalizers = json!(rest);
            self.change(index, |value| {
                if rest_is_empty(&finalizers) {
                    value["metadata"]
                        .as_object_mut()
                        .map(|metadata| metadata.remove("finalizers"));
                } else {
                    value["metadata"]["finalizers"] = finalizers;
                }
            });
            return true;
        }
        // What waits for its dependents deletes them, as does what has gone already.
        false
    }

    /// Begins to delete an object: it is marked, and goes once nothing keeps it.
    fn start(&mut self, index: usize, propagation: Propagation) {
        let now = self.now.clone();
        let object = View(&self.objects[index].value);
        let is_going = object.is_going();
        let waits = propagation == Propagation::Foreground && !object.finalizers().contains(&FOREGROUND);
        if is_going && !waits {
            return;
        }
        self.change(index, |value| {
            let generation = value.pointer("/metadata/generation").and_then(Value::as_i64);
            let metadata = &mut value["metadata"];
            if waits {
                match metadata.get_mut("finalizers").and_then(Value::as_array_mut) {
                    Some(finalizers) => finalizers.push(FOREGROUND.into()),
                    None => metadata["finalizers"] = json!([FOREGROUND]),
                }
            }
            if !is_going {
                metadata["deletionTimestamp"] = now.into();
                metadata["deletionGracePeriodSeconds"] = 0.into();
                if let Some(generation) = generation {
                    metadata["generation"] = (generation + 1).into();
                }
                if value["kind"] == "Namespace" {
                    value["status"]["phase"] = "Terminating".into();
                }
            }
        });
    }

    fn change(&mut self, index: usize, change: impl FnOnce(&mut Value)) {
        let living = &mut self.objects[index];
        let mut value = Value::clone(&living.value);
        change(&mut value);
        living.value = Arc::new(value);
        living.fate = Fate::Changed;
    }

    /// Deletes what lost its last owner; of what has another, the lost one is forgotten.
    fn collect(&mut self, index: usize) -> bool {
        let owners = View(&self.objects[index].value).owners();
        if owners.is_empty() {
            return false;
        }
        let is_gone = |owner: &&Value| self.gone.contains(uid_in(owner));
        let is_waiting = |owner: &&Value| self.waits(uid_in(owner));
        let lost = |owner: &&Value| is_gone(owner) || is_waiting(owner);
        if !owners.iter().any(|owner| lost(&owner)) {
            return false;
        }
        let solid: Vec<Value> = owners.iter().filter(|owner| !lost(owner)).cloned().collect();
        let any_waiting = owners.iter().any(|owner| is_waiting(&owner));
        if !solid.is_empty() {
            self.change(index, |value| {
                value["metadata"]["ownerReferences"] = Value::Array(solid);
            });
        } else if any_waiting && self.has_dependents(index) {
            self.start(index, Propagation::Foreground);
        } else {
            self.start(index, Propagation::Background);
        }
        true
    }

    /// Whether the object with this UID waits until its dependents are gone.
    fn waits(&self, uid: &str) -> bool {
        self.living()
            .any(|(_, object)| object.uid() == uid && object.is_going() && object.finalizers().contains(&FOREGROUND))
    }

    fn has_dependents(&self, index: usize) -> bool {
        let uid = View(&self.objects[index].value).uid();
        self.living()
            .any(|(_, object)| object.owners().iter().any(|owner| uid_in(owner) == uid))
    }

    /// Whether a dependent that is still there keeps its owner.
    fn is_waited_for(&self, index: usize) -> bool {
        let uid = View(&self.objects[index].value).uid();
        let blocks = |owner: &Value| uid_in(owner) == uid && owner["blockOwnerDeletion"] == true;
        self.living().any(|(_, object)| object.owners().iter().any(blocks))
    }

    /// What is in a namespace, or of a kind, that goes.
    fn contents(&self, index: usize) -> Vec<usize> {
        let living = &self.objects[index];
        let is_inside: Box<dyn Fn(&Path) -> bool> = match living.value["kind"].as_str() {
            Some("Namespace") if living.value["apiVersion"] == "v1" => {
                let namespace = escaped(View(&living.value).name());
                Box::new(move |path| path.starts_with(&namespace))
            }
            Some("CustomResourceDefinition") => {
                // It is called as the folders of its objects are.
                let folder = escaped(View(&living.value).name());
                Box::new(move |path| path.iter().nth(1).is_some_and(|name| *name == *folder))
            }
            _ => return Vec::new(),
        };
        let inside = self.living().filter(|(inner, _)| is_inside(&self.objects[*inner].path));
        inside.map(|(inner, _)| inner).collect()
    }

    fn living(&self) -> impl Iterator<Item = (usize, View<'_>)> {
        let living = self.objects.iter().enumerate();
        let living = living.filter(|(_, living)| living.fate != Fate::Gone);
        living.map(|(index, living)| (index, View(&living.value)))
    }
}

fn rest_is_empty(finalizers: &Value) -> bool {
    finalizers.as_array().is_none_or(Vec::is_empty)
}

fn uid_in(owner: &Value) -> &str {
    owner["uid"].as_str().unwrap_or_default()
}

/// Where a Namespace lies.
pub(super) fn namespace_file(name: &str) -> PathBuf {
    Path::new(CLUSTER)
        .join("namespaces")
        .join(format!("{}.yaml", escaped(name)))
}

#[derive(Clone, Copy)]
struct View<'a>(&'a Value);

impl<'a> View<'a> {
    fn metadata(self, name: &str) -> Option<&'a Value> {
        self.0.get("metadata")?.get(name)
    }

    fn uid(self) -> &'a str {
        self.metadata("uid").and_then(Value::as_str).unwrap_or_default()
    }

    fn name(self) -> &'a str {
        self.metadata("name").and_then(Value::as_str).unwrap_or_default()
    }

    fn is_going(self) -> bool {
        self.metadata("deletionTimestamp").is_some()
    }

    fn finalizers(self) -> Vec<&'a str> {
        let finalizers = self.metadata("finalizers").and_then(Value::as_array);
        finalizers.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn owners(self) -> Vec<Value> {
        let owners = self.metadata("ownerReferences").and_then(Value::as_array);
        owners.cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(path: &str, extra: Value) -> Stored {
        let name = path.rsplit('/').next().unwrap_or_default();
        let mut value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "uid": name}});
        for (key, extra) in extra.as_object().into_iter().flatten() {
            value["metadata"][key] = extra.clone();
        }
        Stored {
            path: format!("{path}.yaml").into(),
            value: Arc::new(value),
        }
    }

    fn owned_by(owners: &[(&str, bool)]) -> Value {
        let owners = owners
            .iter()
            .map(|(uid, blocks)| json!({"uid": uid, "blockOwnerDeletion": blocks}));
        json!({"ownerReferences": owners.collect::<Vec<_>>()})
    }

    /// What becomes of everything once the first is deleted.
    fn after(objects: Vec<Stored>, propagation: Propagation) -> (Vec<String>, Vec<String>) {
        let first = objects[0].path.clone();
        let mut world = World::new(objects, "2026-01-01T00:00:00Z");
        world.delete(&first, propagation);
        world.settle();
        let (mut written, mut removed) = (Vec::new(), Vec::new());
        for change in world.into_changes(&first) {
            let stem = |path: PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            match change {
                Change::Write(path, _) => written.push(stem(path)),
                Change::Remove(path) => removed.push(stem(path)),
            }
        }
        (written, removed)
    }

    #[test]
    fn dependents_go_with_their_last_owner() {
        let objects = || {
            vec![
                object("a/x/owner", json!({})),
                object("a/x/child", owned_by(&[("owner", true)])),
                object("a/x/grandchild", owned_by(&[("child", false)])),
                object("a/x/shared", owned_by(&[("owner", true), ("elsewhere", true)])),
                object("a/x/other", owned_by(&[("elsewhere", true)])),
            ]
        };
        for propagation in [Propagation::Background, Propagation::Foreground] {
            let (written, removed) = after(objects(), propagation);
            assert_eq!(written, ["shared"]);
            assert_eq!(removed, ["child", "grandchild", "owner"]);
        }
    }

    #[test]
    fn orphans_stay_and_belong_to_nobody() {
        let objects = vec![
            object("a/x/owner", json!({})),
            object("a/x/child", owned_by(&[("owner", true)])),
        ];
        let (written, removed) = after(objects, Propagation::Orphan);
        assert_eq!((written, removed), (vec!["child".to_owned()], vec!["owner".to_owned()]));
    }

    #[test]
    fn a_finalizer_keeps_an_object_and_in_the_foreground_its_owner() {
        let kept = |blocks: bool| {
            let mut child = owned_by(&[("owner", blocks)]);
            child["finalizers"] = json!(["x.io/keep"]);
            vec![object("a/x/owner", json!({})), object("a/x/child", child)]
        };
        let none: [&str; 0] = [];
        assert_eq!(
            after(kept(true), Propagation::Foreground),
            (vec!["owner".into(), "child".into()], vec![])
        );
        assert_eq!(after(kept(false), Propagation::Foreground).1, ["owner"]);
        let (written, removed) = after(kept(true), Propagation::Background);
        assert_eq!(
            (written.as_slice(), removed.as_slice()),
            (["child".to_owned()].as_slice(), ["owner".to_owned()].as_slice())
        );
        let alone = vec![object("a/x/one", json!({"finalizers": ["x.io/keep"]}))];
        assert_eq!(after(alone, Propagation::Background).1, none);
    }

    #[test]
    fn a_namespace_and_a_definition_take_with_them_what_they_hold() {
        let of_kind = |path: &str, api_version: &str, kind: &str| {
            let mut stored = object(path, json!({}));
            let mut value = Value::clone(&stored.value);
            value["apiVersion"] = api_version.into();
            value["kind"] = kind.into();
            stored.value = Arc::new(value);
            stored
        };
        let (written, removed) = after(
            vec![
                of_kind("_cluster/namespaces/a", "v1", "Namespace"),
                object("a/configmaps/one", json!({})),
                object("b/configmaps/two", json!({})),
            ],
            Propagation::Background,
        );
        assert!(written.is_empty());
        assert_eq!(removed, ["one", "a"]);
        let definition = "_cluster/customresourcedefinitions.apiextensions.k8s.io/widgets.x.io";
        let (_, removed) = after(
            vec![
                of_kind(definition, "apiextensions.k8s.io/v1", "CustomResourceDefinition"),
                object("a/widgets.x.io/one", json!({})),
                object("a/configmaps/two", json!({})),
            ],
            Propagation::Background,
        );
        assert_eq!(removed, ["one", "widgets.x.io"]);
    }
}
