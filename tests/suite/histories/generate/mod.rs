//! Makes a history from a seed: commits, what others do meanwhile, and syncs.

mod directory;
mod edits;
mod objects;

use std::collections::BTreeMap;

use serde_json::Value;

use super::others;
use super::step::{History, Id, NAME, Step, Sync};
use super::subject::Level;
use crate::differential::random::Random;
use directory::Made;

/// The files of the directory; those in folders belong to components.
const FILES: [&str; 5] = [
    "base.yaml",
    "more.yaml",
    "front/all.yaml",
    "front/more.yaml",
    "back/all.yaml",
];

/// Provisioners, and when their classes bind claims.
const CLASSES: [[&str; 2]; 2] = [
    ["example.net/none", "WaitForFirstConsumer"],
    ["kwok.x-k8s.io/volume", "Immediate"],
];

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
    /// Whether objects may be stored in the second version, which cannot go then.
    has_second: bool,
    has_quotas: bool,
    is_cluster_wide: bool,
    /// The provisioner of the class, and when it binds claims. Neither can be changed.
    class: [&'static str; 2],
    /// The Secret that a component makes.
    made: Option<Made>,
}

/// The history of a seed.
pub fn history(seed: u64) -> History {
    let mut random = Random::new(seed);
    let has_quotas = random.percent(15);
    let is_cluster_wide = random.percent(40);
    let class = *random.pick(&CLASSES);
    let mut generator = Generator {
        random,
        steps: Vec::new(),
        wanted: Wanted::new(),
        past: Vec::new(),
        level: None,
        has_second: false,
        has_quotas,
        is_cluster_wide,
        class,
        made: None,
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
            0..=7 => self.second(),
            8..=17 => self.rule(),
            18..=25 => self.make(),
            _ => {}
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
            lifts.push("--adopt".to_owned());
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
        let id = Id::of(object);
        // Objects may be stored in the version that it does not have.
        let refused = id.kind == "CustomResourceDefinition" && self.level == Some(Level::Retired);
        self.wanted.insert(id, (file.to_owned(), object.clone()));
        let (file, object) = (file.to_owned(), object.clone());
        self.steps.push(Step::Write { file, object, refused });
    }

    fn forget(&mut self, id: Id) {
        self.wanted.remove(&id);
        self.steps.push(Step::Drop(id));
    }
}
