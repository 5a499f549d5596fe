//! Makes a history from a seed: commits, what others do meanwhile, and syncs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::others;
use super::step::{History, Id, NAME, Step, Sync};
use super::subject::{self, Choice, Level, Subject};
use crate::differential::random::Random;

/// The files of the directory; those in folders belong to components.
const FILES: [&str; 5] = [
    "base.yaml",
    "more.yaml",
    "front/all.yaml",
    "front/more.yaml",
    "back/all.yaml",
];

/// How many objects of a kind there may be, in each namespace.
const NAMES: usize = 3;

/// Each object, and the file that it is in.
type Wanted = BTreeMap<Id, (String, Value)>;

/// The state of git while a history is made.
pub struct Generator {
    pub random: Random,
    pub steps: Vec<Step>,
    wanted: Wanted,
    /// What git wanted after each commit.
    past: Vec<(Wanted, Option<Level>)>,
    /// That of the definition, where git has one.
    level: Option<Level>,
    has_quotas: bool,
    is_cluster_wide: bool,
}

/// The history of a seed.
pub fn history(seed: u64) -> History {
    let mut random = Random::new(seed);
    let has_quotas = random.percent(15);
    let is_cluster_wide = random.percent(40);
    let mut generator = Generator {
        random,
        steps: Vec::new(),
        wanted: Wanted::new(),
        past: Vec::new(),
        level: None,
        has_quotas,
        is_cluster_wide,
    };
    generator.second_namespace();
    for _ in 0..4 + generator.random.below(5) {
        generator.add();
    }
    generator.steps.push(Step::Sync(Sync::default()));
    for _ in 0..5 + generator.random.below(5) {
        generator.round();
    }
    History {
        seed,
        steps: generator.steps,
    }
}

impl Generator {
    /// What others do, a commit, and a sync.
    fn round(&mut self) {
        self.past.push((self.wanted.clone(), self.level));
        let (writes, edits) = (self.random.below(3), self.random.below(4));
        for _ in 0..writes {
            let step = others::write(self);
            self.steps.extend(step.map(Step::Other));
        }
        for _ in 0..edits.max(1 - writes.min(1)) {
            self.edit();
        }
        match self.random.below(100) {
            0..=9 => self.partly(&["--selector", "tier=front"]),
            10..=14 => self.partly(&["--only-namespace", &format!("{NAME}-b")]),
            15..=19 => self.partly(&["--component", "front"]),
            20..=26 => {
                let killed = Some(3 + self.random.below(40));
                self.steps.push(Step::Sync(Sync {
                    killed,
                    ..Sync::default()
                }));
            }
            _ => {}
        }
        let mut lifts = Vec::new();
        if self.random.percent(25) {
            lifts.push("--force-conflicts".to_owned());
        }
        if self.random.percent(25) {
            lifts.push("--prune-kind=CustomResourceDefinition".to_owned());
            lifts.push("--prune-kind=PersistentVolumeClaim".to_owned());
        }
        self.steps.push(Step::Sync(Sync {
            lifts,
            ..Sync::default()
        }));
    }

    fn partly(&mut self, options: &[&str]) {
        let part = options.iter().map(|option| (*option).to_owned()).collect();
        self.steps.push(Step::Sync(Sync {
            part,
            ..Sync::default()
        }));
    }

    /// One edit of a commit.
    fn edit(&mut self) {
        match self.random.below(100) {
            0..=19 => self.add(),
            20..=31 => self.drop(),
            32..=39 => self.rename(),
            40..=49 => self.move_to_another_file(),
            50..=54 if self.is_cluster_wide => self.redefine(),
            55..=57 => self.spoil(),
            58..=62 => self.go_back(),
            63..=65 => self.grow(),
            _ => self.change(),
        }
    }

    /// What git wants.
    pub fn ids(&self) -> Vec<Id> {
        self.wanted.keys().cloned().collect()
    }

    /// What git says of an object.
    pub fn wanted(&self, id: &Id) -> &Value {
        &self.wanted[id].1
    }

    pub fn one(&mut self) -> Option<Id> {
        let ids = self.ids();
        (!ids.is_empty()).then(|| self.random.pick(&ids).clone())
    }

    fn write(&mut self, file: &str, object: &Value) {
        self.wanted.insert(Id::of(object), (file.to_owned(), object.clone()));
        let (file, object) = (file.to_owned(), object.clone());
        self.steps.push(Step::Write {
            file,
            object,
            refused: false,
        });
    }

    fn add(&mut self) {
        let subjects = subject::all();
        let subject = self.random.pick(subjects);
        match subject.kind.as_str() {
            "Gadget" | "StorageClass" if !self.is_cluster_wide => return self.add(),
            "Gadget" if self.level.is_none() => self.redefine(),
            "ResourceQuota" if !self.has_quotas => return self.add(),
            "PersistentVolumeClaim" => self.class(),
            _ => {}
        }
        let mut object = self.base(subject);
        for _ in 0..self.random.below(6) {
            self.alter(&mut object, subject);
        }
        let file = *self.random.pick(&FILES);
        if object["metadata"]["namespace"] == format!("{NAME}-b") {
            self.second_namespace();
        }
        self.write(file, &object);
    }

    /// The namespace that nothing of the ApplySet is kept in.
    fn second_namespace(&mut self) {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": format!("{NAME}-b")}});
        if !self.wanted.contains_key(&Id::of(&namespace)) {
            self.write(FILES[0], &namespace);
        }
    }

    /// The class that claims name, where git does not have it.
    fn class(&mut self) {
        let is_class = |id: &Id| id.kind == "StorageClass";
        if let Some(subject) = subject::of("StorageClass").filter(|_| !self.ids().iter().any(is_class)) {
            let mut class = self.base(subject);
            if self.random.percent(50) {
                class["provisioner"] = json!("kwok.x-k8s.io/volume");
                class["volumeBindingMode"] = json!("Immediate");
            }
            self.write(FILES[0], &class);
        }
    }

    /// The least that an object of this kind has, under one of the names.
    fn base(&mut self, subject: &Subject) -> Value {
        let mut object = subject.base.clone();
        object["kind"] = json!(subject.kind);
        let name = match subject.kind.as_str() {
            "StorageClass" => format!("{NAME}-fast"),
            kind => format!("{}-{}", kind.to_lowercase(), 1 + self.random.below(NAMES)),
        };
        subject::set(&mut object, "/metadata/name", &json!(name));
        if subject.kind != "StorageClass" {
            let namespace = if self.random.percent(70) {
                NAME.to_owned()
            } else {
                format!("{NAME}-b")
            };
            object["metadata"]["namespace"] = json!(namespace);
        }
        if self.random.percent(30) {
            subject::set(&mut object, "/metadata/labels/tier", &json!("front"));
        }
        object
    }

    /// Sets a field, or removes it.
    fn alter(&mut self, object: &mut Value, subject: &Subject) {
        let choice = self.choice(subject);
        if !choice.required && self.random.percent(35) {
            subject::remove(object, &choice.at);
        } else {
            let value = self.random.pick(&choice.values).clone();
            subject::set(object, &choice.at, &value);
        }
    }

    /// A field of a kind, and what it may be now.
    pub fn choice(&mut self, subject: &Subject) -> Choice {
        let of_all = ["front", "back"].map(|tier| json!(tier)).to_vec();
        let mut choices = subject.choices.clone();
        choices.push(Choice {
            at: "/metadata/labels/tier".to_owned(),
            values: of_all,
            required: false,
        });
        if subject.kind == "Gadget" && self.level >= Some(Level::Wider) {
            let values = vec![json!(5), json!(6)];
            choices.push(Choice {
                at: "/spec/weight".to_owned(),
                values,
                required: false,
            });
        }
        if subject.kind == "Gadget" && self.level == Some(Level::Newer) {
            let values = ["v1", "v2"]
                .map(|version| json!(format!("{NAME}.example.net/{version}")))
                .to_vec();
            choices.push(Choice {
                at: "/apiVersion".to_owned(),
                values,
                required: true,
            });
        }
        self.random.pick(&choices).clone()
    }

    fn change(&mut self) {
        let Some(id) = self.one() else {
            return self.add();
        };
        let Some(subject) = subject::of(&id.kind) else {
            return;
        };
        let (file, mut object) = self.wanted[&id].clone();
        for _ in 0..=self.random.below(3) {
            self.alter(&mut object, subject);
        }
        self.write(&file, &object);
    }

    /// All claims grow, and their class allows it in the same commit, or not.
    fn grow(&mut self) {
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
    fn go_back(&mut self) {
        let (past, level) = self.random.pick(&self.past).clone();
        // A version that objects are stored in cannot go.
        if self.level == Some(Level::Newer) && level != self.level {
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

    fn drop(&mut self) {
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

    fn forget(&mut self, id: Id) {
        self.wanted.remove(&id);
        self.steps.push(Step::Drop(id));
    }

    fn rename(&mut self) {
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

    fn move_to_another_file(&mut self) {
        if let Some(id) = self.one() {
            let (_, object) = self.wanted[&id].clone();
            let file = *self.random.pick(&FILES);
            self.write(file, &object);
        }
    }

    /// Another definition of Gadgets, and Gadgets that suit it, in one commit.
    fn redefine(&mut self) {
        let level = *self.random.pick(&Level::ALL);
        // A version that objects are stored in cannot go.
        let level = if self.level == Some(Level::Newer) {
            Level::Newer
        } else {
            level
        };
        self.level = Some(level);
        let file = *self.random.pick(&FILES);
        self.write(file, &subject::definition(level));
        for id in self.ids().into_iter().filter(|id| id.kind == "Gadget") {
            let (file, mut object) = self.wanted[&id].clone();
            match level {
                Level::First | Level::Listed => subject::remove(&mut object, "/spec/weight"),
                Level::Wider => subject::set(&mut object, "/spec/weight", &json!(7)),
                Level::Newer => object["apiVersion"] = json!(format!("{NAME}.example.net/v2")),
            }
            self.write(&file, &object);
        }
    }

    /// Something that the API server refuses.
    fn spoil(&mut self) {
        let namespace = NAME;
        let object = if self.random.percent(50) {
            json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"no key": "1"},
                "metadata": {"name": "configmap-1", "namespace": namespace}})
        } else {
            json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "data": {"a": "Cg=="},
                "metadata": {"name": "secret-2", "namespace": namespace}})
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
