//! Objects that come, and their fields that change.

use serde_json::{Value, json};

use super::{FILES, Generator};
use crate::histories::step::{Id, NAME};
use crate::histories::subject::{self, Choice, Level, Subject};

/// How many objects of a kind there may be, in each namespace.
const NAMES: usize = 3;

impl Generator {
    pub(super) fn add(&mut self) {
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
    pub(super) fn second_namespace(&mut self) {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": format!("{NAME}-b")}});
        if !self.wanted.contains_key(&Id::of(&namespace)) {
            self.write(FILES[0], &namespace);
        }
    }

    /// The class that claims name, where git does not have it.
    fn class(&mut self) {
        let is_class = |id: &Id| id.kind == "StorageClass";
        if let Some(subject) = subject::of("StorageClass").filter(|_| !self.ids().iter().any(is_class)) {
            let class = self.base(subject);
            self.write(FILES[0], &class);
        }
    }

    /// The least that an object of this kind has, under one of the names.
    pub fn base(&mut self, subject: &Subject) -> Value {
        let mut object = subject.base.clone();
        object["kind"] = json!(subject.kind);
        if subject.kind == "Gadget" && self.level > Some(Level::Newer) {
            object["apiVersion"] = json!(format!("{NAME}.example.net/v2"));
        }
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
        if subject.kind == "StorageClass" {
            let [provisioner, mode] = self.class;
            object["provisioner"] = json!(provisioner);
            object["volumeBindingMode"] = json!(mode);
        }
        if self.random.percent(30) {
            subject::set(&mut object, "/metadata/labels/tier", &json!("front"));
        }
        object
    }

    /// Git wants this object as well, more or less as it is.
    pub fn want_too(&mut self, object: &Value, subject: &Subject) {
        let mut object = object.clone();
        for _ in 0..self.random.below(3) {
            self.alter(&mut object, subject);
        }
        if object["metadata"]["namespace"] == format!("{NAME}-b") {
            self.second_namespace();
        }
        let file = *self.random.pick(&FILES);
        self.write(file, &object);
    }

    /// Sets a field, or removes it.
    pub fn alter(&mut self, object: &mut Value, subject: &Subject) {
        let choice = self.choice(subject);
        let of_same = subject.choices.iter().filter(|other| other.at == choice.at);
        for pointer in of_same.flat_map(|other| other.also.keys()) {
            subject::remove(object, pointer);
        }
        if !choice.required && self.random.percent(35) {
            subject::remove(object, &choice.at);
            return;
        }
        let value = self.random.pick(&choice.values).clone();
        subject::set(object, &choice.at, &value);
        for (pointer, value) in &choice.also {
            subject::set(object, pointer, value);
        }
    }

    /// A field of a kind, and what it may be now.
    pub fn choice(&mut self, subject: &Subject) -> Choice {
        let of_all = ["front", "back"].map(|tier| json!(tier)).to_vec();
        let mut choices = subject.choices.clone();
        choices.push(Choice {
            at: "/metadata/labels/tier".to_owned(),
            values: of_all,
            ..Choice::default()
        });
        if subject.kind == "Gadget" && self.level >= Some(Level::Wider) {
            let values = vec![json!(5), json!(6)];
            choices.push(Choice {
                at: "/spec/weight".to_owned(),
                values,
                ..Choice::default()
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
                ..Choice::default()
            });
        }
        self.random.pick(&choices).clone()
    }

    pub(super) fn change(&mut self) {
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
}
