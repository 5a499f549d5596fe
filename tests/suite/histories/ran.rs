//! The Jobs that are known to have run, and with which inputs.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::files::Files;
use super::step::Id;
use super::synced::{DONE, Synced};

/// The inputs of each Job that completed, for as long as it cannot have run since with others.
#[derive(Debug, Default)]
pub struct Ran(BTreeMap<Id, Map<String, Value>>);

impl Ran {
    /// Whether a Job completed with the inputs that it has in git.
    pub fn is_done(&self, id: &Id, wanted: &Value) -> bool {
        self.0.get(id).is_some_and(|ran| *ran == inputs(wanted))
    }

    /// Whether a Job last completed with other inputs than it has in git.
    pub fn is_due(&self, id: &Id, wanted: &Value) -> bool {
        self.0.get(id).is_some_and(|ran| *ran != inputs(wanted))
    }

    /// After a sync whose end is not known, or that left some Jobs out: it ran those whose inputs changed, or not.
    pub fn doubt(&mut self, files: &Files) {
        let wanted: BTreeMap<&Id, &Value> = files.wanted().collect();
        self.0
            .retain(|id, ran| wanted.get(id).is_some_and(|wanted| *ran == inputs(wanted)));
    }

    /// After a sync that ended by itself.
    pub fn learn(&mut self, files: &Files, synced: &Synced) {
        self.doubt(files);
        if !synced.is_whole() {
            return;
        }
        for (id, wanted) in files.wanted().filter(|(id, _)| id.kind == "Job") {
            let (outcome, _) = synced.said.outcome(id);
            if DONE.contains(&outcome) {
                self.0.insert(id.clone(), inputs(wanted));
            } else {
                self.0.remove(id);
            }
        }
    }
}

/// The inputs that a Job declares, as the chapter on Jobs says.
fn inputs(job: &Value) -> Map<String, Value> {
    let template = &job["spec"]["template"];
    let declared = job["metadata"]["annotations"]["stackanetes.io/inputs"].as_str();
    let Some(declared) = declared else {
        return Map::from_iter([("template".to_owned(), template.clone())]);
    };
    let input = |said: &str| match said.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.into()),
        None => (said.to_owned(), images(template)),
    };
    declared.split(',').map(|said| input(said.trim())).collect()
}

fn images(template: &Value) -> Value {
    let containers = template["spec"]["containers"].as_array();
    let images = containers.into_iter().flatten().map(|container| &container["image"]);
    images.cloned().collect()
}
