//! What happens in a history. As JSON it is a fixture, which needs no generator.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The word that stands for the history's own name, by which namespaces, groups and classes of histories that
/// run at once differ.
pub const NAME: &str = "HISTORY";

/// All that happens, in order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The seed that it was made from, before it was cut.
    pub seed: u64,
    pub steps: Vec<Step>,
}

/// Something that happens. Each may be left out, and the others still mean something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Step {
    /// This file has this object now, and no other file has it. `refused`: the API server may refuse it.
    Write {
        file: String,
        object: Value,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        refused: bool,
    },
    /// No file has this object any more.
    Drop(Id),
    /// What `stackanetes.yaml` says besides the name and the namespace.
    Settings(Value),
    /// What a component says of itself, in `component.yaml`.
    Component { name: String, says: Value },
    /// Somebody else writes to the cluster.
    Other(Other),
    /// Another ApplySet in the same cluster is synced, with these objects and no others.
    Second(Vec<Value>),
    /// What is in the files is committed and synced.
    Sync(Sync),
}

/// A sync. By default it is a whole one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Sync {
    /// Its options that say which part of the directory it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub part: Vec<String>,
    /// Its options that lift a guard.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lifts: Vec<String>,
    /// After how many requests the process is killed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub killed: Option<usize>,
}

impl Sync {
    /// Whether one of its options lifts this guard.
    pub fn lifts(&self, option: &str) -> bool {
        self.lifts.iter().any(|lifted| lifted == option)
    }
}

/// A write of somebody else. The API server may refuse it; then nothing happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Other {
    pub manager: String,
    pub object: Id,
    pub write: Write,
}

/// How somebody else writes an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Write {
    /// Server-side apply of these fields.
    Apply {
        fields: Value,
        force: bool,
    },
    /// A merge patch, of a subresource where one is named.
    Patch {
        patch: Value,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        subresource: String,
    },
    /// A strategic merge patch, as kubectl sends it.
    Strategic {
        patch: Value,
    },
    /// The whole object is read, changed by this merge patch, and written back.
    Update {
        patch: Value,
    },
    /// `managedFields` are cleared.
    Forget,
    Delete,
    /// A new object, which git does not have.
    Create {
        object: Value,
    },
    /// The object is labelled as a member of the ApplySet.
    Join,
    /// All objects of a definition are stored in its latest version, and it is noted that they are.
    Migrate,
}

/// Which object. No two kinds here have one name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Id {
    pub kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    pub name: String,
}

impl Id {
    /// Of an object, or of what a document of ours says of one.
    pub fn of(object: &Value) -> Self {
        let metadata = object.get("metadata").unwrap_or(object);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            kind: text(&object["kind"]),
            namespace: text(&metadata["namespace"]),
            name: text(&metadata["name"]),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}/{}", self.kind, self.namespace, self.name)
    }
}

impl History {
    /// The same with a name of its own.
    pub fn named(&self, name: &str) -> Self {
        let text = serde_json::to_string(self).expect("a history is JSON");
        serde_json::from_str(&text.replace(NAME, name)).expect("it is as before")
    }

    /// Without one of its steps.
    pub fn without(&self, place: usize) -> Self {
        let mut shorter = self.clone();
        shorter.steps.remove(place);
        shorter
    }

    /// Until this step, itself included.
    pub fn until(&self, place: usize) -> Self {
        let mut shorter = self.clone();
        shorter.steps.truncate(place + 1);
        shorter
    }
}
