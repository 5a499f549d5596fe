//! A sync, and all that is known before and after it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::server::Snapshot;
use super::step::{Id, Sync};
use crate::bed::Bed;

/// What comes of an object that is as git wants it.
pub const DONE: [&str; 4] = ["created", "updated", "replaced", "unchanged"];

/// What a run of the command printed.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    /// The documents on standard output.
    documents: Vec<Value>,
    stdout: String,
    pub stderr: String,
}

/// A sync that ended by itself.
#[derive(Debug)]
pub struct Synced {
    pub how: Sync,
    pub before: Snapshot,
    pub said: Said,
    pub after: Snapshot,
    /// The diff afterwards.
    pub again: Said,
}

impl Said {
    pub fn of(bed: &Bed, args: &[&str]) -> Self {
        let output = bed.start(args).wait_with_output().expect("the command ends");
        let lines = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
        Self {
            code: output.status.code().unwrap_or(-1),
            documents: lines.map_while(Result::ok).collect(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// All that it printed.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// A document, by its kind.
    pub fn document(&self, kind: &str) -> Option<&Value> {
        self.documents.iter().rfind(|document| document["kind"] == kind)
    }

    /// What its plan says of each object that is not unchanged.
    pub fn steps(&self) -> BTreeMap<Id, &Value> {
        let steps = self.document("Plan").and_then(|plan| plan["steps"].as_array());
        steps
            .into_iter()
            .flatten()
            .map(|step| (Id::of(&step["object"]), step))
            .collect()
    }

    /// What its report says came of an object: its outcome, and a text for people.
    pub fn outcome(&self, id: &Id) -> (&str, String) {
        let objects = self.document("Report").and_then(|report| report["objects"].as_array());
        let found = objects
            .into_iter()
            .flatten()
            .find(|said| Id::of(&said["object"]) == *id);
        found.map_or(("unchanged", String::new()), |said| {
            let text = format!("{} {}", said["message"], said["error"]["message"]);
            (said["outcome"].as_str().unwrap_or_default(), text)
        })
    }

    /// Whether something is not done, and not because of something else.
    pub fn has_undone(&self) -> bool {
        let objects = self.document("Report").and_then(|report| report["objects"].as_array());
        let undone = ["conflict", "refused", "failed", "notReady", "skipped", "notDeleted"];
        objects
            .into_iter()
            .flatten()
            .any(|said| undone.iter().any(|outcome| said["outcome"] == *outcome))
    }

    pub fn is_complete(&self) -> bool {
        self.document("Report")
            .is_some_and(|report| report["result"] == "complete")
    }
}

impl Synced {
    /// Whether it was about the whole directory.
    pub fn is_whole(&self) -> bool {
        self.how.part.is_empty()
    }

    /// What a plan before or after it says of an object.
    pub fn named(&self, id: &Id) -> Vec<&Value> {
        let steps = [self.said.steps(), self.again.steps()];
        steps.iter().filter_map(|steps| steps.get(id).copied()).collect()
    }
}

/// The paths of the changes that a step of a plan lists.
pub fn listed(step: &Value) -> Vec<String> {
    let list = |name: &str| step[name].as_array().into_iter().flatten();
    let changes = list("changes").chain(list("beside")).map(|change| &change["path"]);
    let paths = changes.chain(list("yielded")).filter_map(Value::as_str);
    let generated = list("generates").filter_map(Value::as_str);
    paths
        .map(str::to_owned)
        .chain(generated.map(|key| format!("data.{key}")))
        .collect()
}
