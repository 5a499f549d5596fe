//! Edits of a commit that are about more than the fields of one object.

use serde_json::json;

use super::{FILES, Generator};
use crate::histories::step::{Id, NAME, Other, Step, Sync, Write};
use crate::histories::subject::{self, Level};

impl Generator {
    /// All claims grow, and their class allows it in the same commit, or not.
    pub(super) fn grow(&mut self) {
        let allows = self.random.percent(70);
        for id in self.ids() {
            let (file, mut object) = self.wanted[&id].clone();
            match id.kind.as_str() {
                "StorageClass" => object["allowVolumeExpansion"] = json!(allows),
                "PersistentVolumeClaim" => object["spec"]["resources"]["requests"]["storage"] = json!("2Gi"),
                _ => continue,
            }
            if id.kind == "StorageClass" {
                self.write(&file, &object);
            } else {
                self.steps.push(Step::Write {
                    file,
                    object,
                    refused: true,
                });
            }
        }
    }

    /// All is as it was some commits ago.
    pub(super) fn go_back(&mut self) {
        let (past, level) = self.random.pick(&self.past).clone();
        if self.has_second && level.is_some_and(|level| level < Level::Newer) {
            return;
        }
        self.level = level;
        for id in self.ids().into_iter().filter(|id| !past.contains_key(id)) {
            self.forget(id);
        }
        for (file, object) in past.into_values() {
            self.write(&file, &object);
        }
    }

    pub(super) fn drop(&mut self) {
        let Some(id) = self.one() else {
            return;
        };
        if id.kind == "CustomResourceDefinition" {
            self.level = None;
        }
        for other in self.ids() {
            let is_gadget = id.kind == "CustomResourceDefinition" && other.kind == "Gadget";
            let is_inside = id.kind == "Namespace" && other.namespace == id.name;
            let is_claim = id.kind == "StorageClass" && other.kind == "PersistentVolumeClaim";
            if is_gadget || is_inside || is_claim {
                self.forget(other);
            }
        }
        self.forget(id);
    }

    pub(super) fn rename(&mut self) {
        let Some(id) = self.one() else {
            return;
        };
        if subject::of(&id.kind).is_none() || id.namespace.is_empty() {
            return;
        }
        let (file, mut object) = self.wanted[&id].clone();
        object["metadata"]["name"] = json!(format!("{}-renamed", id.name));
        if id.name.ends_with("-renamed") {
            object["metadata"]["name"] = json!(id.name.trim_end_matches("-renamed"));
        }
        self.forget(id);
        self.write(&file, &object);
    }

    pub(super) fn move_to_another_file(&mut self) {
        if let Some(id) = self.one() {
            let (_, object) = self.wanted[&id].clone();
            let file = *self.random.pick(&FILES);
            self.write(file, &object);
        }
    }

    /// Another definition of Gadgets, and Gadgets that suit it, in one commit.
    pub(super) fn redefine(&mut self) {
        let level = if self.has_second {
            *self.random.pick(&Level::LATE)
        } else {
            *self.random.pick(&[&Level::EARLY[..], &[Level::Newer]].concat())
        };
        self.has_second = level >= Level::Newer;
        self.level = Some(level);
        let file = *self.random.pick(&FILES);
        let definition = subject::definition(level);
        if level == Level::Retired && self.random.percent(70) {
            self.steps.push(Step::Other(Other {
                manager: "migrator".to_owned(),
                object: Id::of(&definition),
                write: Write::Migrate,
            }));
        }
        self.write(file, &definition);
        for id in self.ids().into_iter().filter(|id| id.kind == "Gadget") {
            let (file, mut object) = self.wanted[&id].clone();
            match level {
                Level::First | Level::Listed => subject::remove(&mut object, "/spec/weight"),
                Level::Wider => subject::set(&mut object, "/spec/weight", &json!(7)),
                Level::Newer | Level::Unserved | Level::Retired => {
                    object["apiVersion"] = json!(format!("{NAME}.example.net/v2"));
                }
            }
            self.write(&file, &object);
        }
    }

    /// Something that the API server refuses, or a Job that fails.
    pub(super) fn spoil(&mut self) {
        let namespace = NAME;
        let object = match self.random.below(100) {
            0..=39 => json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"no key": "1"},
                "metadata": {"name": "configmap-1", "namespace": namespace}}),
            40..=74 => json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "data": {"a": "Cg=="},
                "metadata": {"name": "secret-2", "namespace": namespace}}),
            _ => json!({"apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": "job-1", "namespace": namespace},
            "spec": {"backoffLimit": 0, "template": {
                "metadata": {"labels": {"outcome": "failure"}},
                "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "none:1"}]},
            }}}),
        };
        self.wanted.remove(&Id::of(&object));
        self.steps.push(Step::Write {
            file: "base.yaml".to_owned(),
            object: object.clone(),
            refused: true,
        });
        if self.random.percent(60) {
            self.steps.push(Step::Sync(Sync::default()));
            self.steps.push(Step::Drop(Id::of(&object)));
        }
    }
}
