//! Random sequences of writes.

use serde_json::{Value, json};

use super::fragment::Fragment;
use super::random::Random;
use super::server::{Server, Target};
use super::step::{Answer, Step, Write};
use super::subjects::Subject;

/// Writes of one object, which a seed decides.
pub struct Sequence<'a> {
    subject: &'a Subject,
    namespace: &'a str,
    name: String,
    random: Random,
    /// What each applier wants.
    wanted: [Value; 2],
    /// How many others write.
    updaters: usize,
    live: Option<Value>,
}

pub const APPLIERS: [&str; 2] = ["alpha", "beta"];

impl<'a> Sequence<'a> {
    pub fn new(seed: u64, subjects: &'a [Subject], namespace: &'a str) -> Self {
        let mut random = Random::new(seed);
        let subject = &subjects[usize::try_from(seed % subjects.len() as u64).expect("a small number")];
        let mut wanted = [subject.base.clone(), subject.base.clone()];
        for config in &mut wanted {
            let count = 1 + random.below(7);
            for _ in 0..count {
                let fragment = random.pick(&subject.fragments);
                fragment.place.set(config, random.pick(&fragment.values));
            }
        }
        let updaters = if random.percent(8) { 14 } else { 2 };
        Self {
            subject,
            namespace,
            name: format!("s{seed}"),
            random,
            wanted,
            updaters,
            live: None,
        }
    }

    /// How many writes it takes until something happens: more where there are many writers.
    pub fn length(&self) -> usize {
        if self.updaters > 10 { 30 } else { 9 }
    }

    /// Runs some of it against the API server. Every write, and what came of it.
    pub async fn run(&mut self, server: &Server, count: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        for _ in 0..count {
            let step = self.step(server).await;
            if let Answer::Stored(stored) = &step.answer {
                self.live = Some(stored.clone());
            }
            steps.push(step);
        }
        steps
    }

    /// What the first applier might want next, in the usual version.
    pub fn next_wanted(&mut self) -> Value {
        let mut config = self.wanted[0].clone();
        for _ in 0..self.random.below(4) {
            self.mutate(&mut config);
        }
        self.identified(config, self.subject.versions[0])
    }

    /// What identifies the kind, and the name of it in addresses.
    pub fn subject(&self) -> &'a Subject {
        self.subject
    }

    async fn step(&mut self, server: &Server) -> Step {
        let has_status = !self.subject.status.is_empty();
        let has_scale = ["Deployment", "StatefulSet"].contains(&self.subject.kind);
        let subresource = if self.live.is_some() && has_status && self.random.percent(12) {
            "status"
        } else if self.live.is_some() && has_scale && self.random.percent(5) {
            "scale"
        } else {
            ""
        };
        let version = if self.random.percent(80) {
            self.subject.versions[0]
        } else {
            *self.random.pick(self.subject.versions)
        };
        let live = self.live.clone().map(|mut live| {
            live["apiVersion"] = version.into();
            live
        });
        let (write, manager) = match &live {
            Some(_) if subresource == "scale" => {
                let sent = json!({"spec": {"replicas": self.random.below(4)}});
                (Write::Scale { sent }, self.updater())
            }
            None if self.random.percent(30) => self.create(version),
            Some(live) if self.random.percent(if self.updaters > 10 { 85 } else { 45 }) => {
                self.change(live.clone(), subresource)
            }
            _ => self.apply(version, subresource),
        };
        let target = Target {
            subject: self.subject,
            version,
            namespace: self.namespace,
            name: &self.name,
            manager: &manager,
            subresource,
        };
        let answer = server.write(&target, &write).await;
        Step {
            live,
            write,
            manager,
            subresource: subresource.to_owned(),
            answer,
            is_plain: self.subject.is_plain,
        }
    }

    /// The part that says which object it is.
    fn identified(&self, mut object: Value, version: &str) -> Value {
        object["apiVersion"] = version.into();
        object["kind"] = self.subject.kind.into();
        object["metadata"]["name"] = self.name.as_str().into();
        object["metadata"]["namespace"] = self.namespace.into();
        object
    }

    fn create(&mut self, version: &str) -> (Write, String) {
        let mut sent = self.subject.base.clone();
        for _ in 0..self.random.below(6) {
            self.set_one(&mut sent, &self.subject.fragments);
        }
        self.unstored(&mut sent);
        let sent = self.identified(sent, version);
        (Write::Create { sent }, self.updater())
    }

    fn apply(&mut self, version: &str, subresource: &str) -> (Write, String) {
        let applier = self.random.below(APPLIERS.len());
        let mut config = if subresource.is_empty() {
            let mut config = self.wanted[applier].clone();
            for _ in 0..self.random.below(4) {
                self.mutate(&mut config);
            }
            self.wanted[applier] = config.clone();
            config
        } else {
            let mut config = json!({});
            for _ in 0..=self.random.below(3) {
                self.set_one(&mut config, &self.subject.status);
            }
            config
        };
        if self.random.percent(3) {
            self.spoil(&mut config);
        }
        let config = self.identified(config, version);
        let force = self.random.percent(65);
        (Write::Apply { config, force }, APPLIERS[applier].to_owned())
    }

    /// A write of the whole object as it is now, changed in some places.
    fn change(&mut self, live: Value, subresource: &str) -> (Write, String) {
        let mut changed = live.clone();
        if subresource.is_empty() {
            for _ in 0..=self.random.below(3) {
                self.mutate(&mut changed);
            }
            if self.random.percent(6) {
                self.repeat(&mut changed);
            }
        } else {
            for _ in 0..=self.random.below(2) {
                // What is stored tells what was written, but for fields outside of these.
                let fragments = self.subject.status.iter();
                let known =
                    fragments.filter(|fragment| ["metadata", "spec", "status"].contains(&fragment.place.root()));
                self.set_one(&mut changed, &known.cloned().collect::<Vec<_>>());
            }
        }
        self.unstored(&mut changed);
        let updater = self.updater();
        if self.updaters > 10 && subresource.is_empty() {
            // Something for each to own, so that there come to be many owners.
            changed["metadata"]["annotations"][&updater] = json!("here");
        }
        if let Some(metadata) = changed.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("resourceVersion");
            metadata.remove("managedFields");
        }
        let write = match self.random.below(10) {
            0 if subresource.is_empty() && self.updaters <= 10 => Write::MergePatch {
                sent: json!({"metadata": {"managedFields": [{}]}}),
            },
            0..=3 => Write::Put { sent: changed },
            4..=6 => Write::MergePatch {
                sent: merge_patch(&live, &changed),
            },
            _ => Write::JsonPatch {
                sent: Value::Array(json_patch("", &live, &changed)),
            },
        };
        (write, updater)
    }

    /// Drops what is not stored as it is written, so that what is stored tells what was written: no
    /// bytes, which become empty ones, and empty lists, which become none where lists are always written.
    fn unstored(&self, object: &mut Value) {
        if let (true, Some(data)) = (
            self.subject.kind == "Secret",
            object.get_mut("data").and_then(Value::as_object_mut),
        ) {
            data.retain(|_, value| !value.is_null());
        }
        let always_written: &[&str] = match self.subject.kind {
            "Role" => &["rules"],
            "EndpointSlice" => &["endpoints", "ports"],
            _ => &[],
        };
        for name in always_written {
            if object.get(name) == Some(&json!([])) {
                object[*name] = Value::Null;
            }
        }
    }

    fn updater(&mut self) -> String {
        format!("gamma-{}", self.random.below(self.updaters))
    }

    fn mutate(&mut self, object: &mut Value) {
        match self.random.below(100) {
            0..=44 => self.set_one(object, &self.subject.fragments),
            45..=74 => {
                // Most places are not set: it is tried until one is.
                for _ in 0..12 {
                    let place = &self.random.pick(&self.subject.fragments).place;
                    let depth = place.depth() - usize::from(self.random.percent(30));
                    if place.prefix(depth.max(2).min(place.depth())).remove(object) {
                        break;
                    }
                }
            }
            75..=89 => self.reorder(object),
            _ => {
                let place = &self.random.pick(&self.subject.fragments).place;
                let depth = (place.depth() - self.random.below(2)).max(2).min(place.depth());
                let nothing = self.random.pick(&[json!(null), json!({}), json!([])]).clone();
                if let Some(value) = place.prefix(depth).find(object)
                    && (nothing.is_null()
                        || (nothing.is_array() && value.is_array())
                        || (nothing.is_object() && value.is_object()))
                {
                    *value = nothing;
                }
            }
        }
    }

    fn set_one(&mut self, object: &mut Value, fragments: &[Fragment]) {
        let fragment = self.random.pick(fragments);
        fragment.place.set(object, self.random.pick(&fragment.values));
    }

    /// Shuffles one of the lists that have several items.
    fn reorder(&mut self, object: &mut Value) {
        let lists = lists(object, 2);
        if !lists.is_empty() {
            let items = object
                .pointer_mut(self.random.pick::<String>(&lists))
                .and_then(Value::as_array_mut);
            self.random.shuffle(items.expect("a list was there"));
        }
    }

    /// Makes a configuration that no API server can make sense of.
    fn spoil(&mut self, config: &mut Value) {
        if self.random.percent(40) || !self.repeat(config) {
            config["spec"]["noSuchField"] = json!(1);
        }
    }

    /// Gives a list its first item once more. Whether there was a list.
    fn repeat(&mut self, object: &mut Value) -> bool {
        let lists = lists(object, 1);
        if lists.is_empty() {
            return false;
        }
        let items = object
            .pointer_mut(self.random.pick::<String>(&lists))
            .and_then(Value::as_array_mut);
        let items = items.expect("a list was there");
        items.push(items[0].clone());
        true
    }
}

/// Where the lists with so many items are, but for those of the server.
fn lists(object: &Value, least: usize) -> Vec<String> {
    let mut found = Vec::new();
    for pointer in ["/spec", "/rules", "/subjects", "/metadata/finalizers"] {
        if let Some(part) = object.pointer(pointer) {
            collect_lists(part, pointer, least, &mut found);
        }
    }
    found
}

fn collect_lists(value: &Value, pointer: &str, least: usize, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            if items.len() >= least {
                found.push(pointer.to_owned());
            }
            for (index, item) in items.iter().enumerate() {
                collect_lists(item, &format!("{pointer}/{index}"), least, found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                collect_lists(field, &format!("{pointer}/{}", escaped(name)), least, found);
            }
        }
        _ => {}
    }
}

/// A name as a part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The merge patch that turns one object into the other.
fn merge_patch(old: &Value, new: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        return new.clone();
    };
    let mut patch = serde_json::Map::new();
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        if !is_server_owned(name) {
            patch.insert(name.clone(), Value::Null);
        }
    }
    for (name, value) in new {
        match old.get(name) {
            Some(before) if before == value => {}
            Some(before) => {
                patch.insert(name.clone(), merge_patch(before, value));
            }
            None => {
                patch.insert(name.clone(), value.clone());
            }
        }
    }
    Value::Object(patch)
}

/// The JSON patch that turns one object into the other.
fn json_patch(pointer: &str, old: &Value, new: &Value) -> Vec<Value> {
    let (Value::Object(before), Value::Object(after)) = (old, new) else {
        return match (old, new) {
            _ if old == new => Vec::new(),
            (Value::Array(before), Value::Array(after)) if after.len() + 1 == before.len() => {
                let gone = before.iter().zip(after).position(|(old, new)| old != new);
                let gone = gone.unwrap_or(after.len());
                if before[gone + 1..] == after[gone..] {
                    return vec![json!({"op": "remove", "path": format!("{pointer}/{gone}")})];
                }
                vec![json!({"op": "replace", "path": pointer, "value": new})]
            }
            _ => vec![json!({"op": "replace", "path": pointer, "value": new})],
        };
    };
    let mut patch = Vec::new();
    for (name, old) in before {
        let path = format!("{pointer}/{}", escaped(name));
        match after.get(name) {
            Some(new) => patch.extend(json_patch(&path, old, new)),
            None if is_server_owned(name) => {}
            None => patch.push(json!({"op": "remove", "path": path})),
        }
    }
    for (name, new) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
        let path = format!("{pointer}/{}", escaped(name));
        patch.push(json!({"op": "add", "path": path, "value": new}));
    }
    patch
}

/// What is left out of what is sent, and is not to be removed thereby.
fn is_server_owned(name: &str) -> bool {
    name == "resourceVersion" || name == "managedFields"
}
