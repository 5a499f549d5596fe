//! A plan as a file: what a reviewer agreed to.
//!
//! This is what of the file counts; what is in it for people and programs to read, the view adds.
//! It says which objects change how, and what that was decided of; it holds no manifest and no secret.
//! Nothing is ever done because it says so: the plan is made again, and executed only where it comes
//! out the same. So a file that was edited achieves nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Action, ObjectVersion, Plan, Step, Work};
use crate::applyset::inventory::ApplySet;
use crate::diagnostic::error::Error;
use crate::object::ObjectRef;
use crate::object::commit::Commit;
use crate::plan::compare::{FieldChange, Shown};

/// The version of the file's form.
pub const API_VERSION: &str = "stackanetes.io/v1alpha1";
/// What the file is.
pub const KIND: &str = "Plan";

/// A plan that was saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedPlan {
    api_version: String,
    kind: String,
    /// Nothing where it is of what no commit holds: then it can be read, and not executed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    made_of: Option<MadeOf>,
    steps: Vec<SavedStep>,
}

/// What a plan was made of. Each part has the name that a person knows it by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MadeOf {
    /// The ApplySet.
    pub apply_set: Option<ApplySetName>,
    /// The cluster: the UID of its namespace `kube-system` or, where that may not be read, its address.
    pub cluster: String,
    /// The commit, for people: any that has the same in the directory will do.
    pub revision: Commit,
    /// All that the commit has in the directory, by the id of its tree: that is all that is read of it.
    #[serde(default)]
    pub tree: String,
    /// The environment.
    pub environment: Option<String>,
    /// The parameters that were set by hand, by their dotted names.
    pub set: BTreeMap<String, Value>,
}

/// A part of what a saved plan was made of that is another now: what it was then, and what it is now.
#[derive(Debug, Clone, PartialEq)]
pub enum OtherPart {
    /// The plan was made of what no commit holds, so that nobody can say what that was.
    NoCommit,
    /// The ApplySet.
    ApplySet(Option<ApplySetName>, Option<ApplySetName>),
    /// The cluster.
    Cluster(String, String),
    /// The environment.
    Environment(Option<String>, Option<String>),
    /// The parameters that were set by hand.
    Set(BTreeMap<String, Value>, BTreeMap<String, Value>),
    /// What the commits have in the directory.
    Commit(Commit, Commit),
}

/// What an ApplySet is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ApplySetName {
    /// Its name.
    pub name: String,
    /// The namespace of its parent.
    pub namespace: String,
}

impl From<&ApplySet> for ApplySetName {
    fn from(set: &ApplySet) -> Self {
        Self {
            name: set.name.clone(),
            namespace: set.namespace.clone(),
        }
    }
}

/// What becomes of one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SavedStep {
    /// The object that the step is about.
    pub object: ObjectRef,
    /// What becomes of it.
    pub action: Action,
    /// The version of the object that was there; none where there was none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub live: Option<SavedVersion>,
    /// The fields that change.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub changes: Vec<SavedChange>,
    /// The keys of a Secret whose values are made in the cluster.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub generates: Vec<String>,
    /// The id of the ApplySet that it is taken over from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub taken_from: Option<String>,
}

/// Which object was there, and in which state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SavedVersion {
    /// Its UID.
    uid: String,
    /// Its resource version, which counts only where a value may not be shown: nothing else tells then whether it is
    /// still the one that was looked at.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    resource_version: Option<String>,
}

/// A field that changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SavedChange {
    /// The path of the field: `spec.replicas`.
    path: String,
    /// The positions of the items whose keys the path does not say, as they are secret.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    items: Vec<Option<usize>>,
    /// Its value before; absent where it had none.
    #[serde(skip_serializing_if = "SavedValue::is_absent", default)]
    before: SavedValue,
    /// Its value afterwards; absent where it has none.
    #[serde(skip_serializing_if = "SavedValue::is_absent", default)]
    after: SavedValue,
    /// Whether only the order of a list changes.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    reordered: bool,
}

/// A value as far as it may be shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
enum SavedValue {
    /// There is none.
    #[default]
    Absent,
    /// This value.
    Value(Value),
    /// A value that must not be shown.
    Masked,
}

impl SavedValue {
    fn of(shown: &Shown) -> Self {
        match shown {
            Shown::Absent => Self::Absent,
            Shown::Value(value) => Self::Value(value.clone()),
            Shown::Masked(_) => Self::Masked,
        }
    }

    fn is_absent(&self) -> bool {
        *self == Self::Absent
    }
}

impl SavedStep {
    /// What a saved plan says of a step.
    pub fn of(step: &Step) -> Self {
        let live = match &step.work {
            Work::Nothing | Work::Await(_) => None,
            Work::Apply(work) => work.live.clone(),
            Work::Delete(work) => Some(ObjectVersion::of(&work.live)),
            Work::Orphan(work) => Some(ObjectVersion::of(&work.live)),
        };
        let changes: Vec<_> = step.changes.iter().map(SavedChange::of).collect();
        let hides = changes.iter().any(SavedChange::hides);
        Self {
            object: step.reference.clone(),
            action: step.action,
            live: live.map(|ObjectVersion { uid, resource_version }| SavedVersion {
                uid,
                resource_version: hides.then_some(resource_version),
            }),
            changes,
            generates: step.generates.iter().map(|make| make.generated.key.clone()).collect(),
            taken_from: step.takes_from().map(str::to_owned),
        }
    }
}

impl SavedChange {
    /// Whether it does not tell all that it is: a value, or which item it is about.
    fn hides(&self) -> bool {
        [&self.before, &self.after].contains(&&SavedValue::Masked) || self.items.contains(&None)
    }

    /// The change without its values, for a file that others may read.
    #[must_use]
    pub fn masked(self) -> Self {
        let mask = |value: SavedValue| match value {
            SavedValue::Absent => SavedValue::Absent,
            SavedValue::Value(_) | SavedValue::Masked => SavedValue::Masked,
        };
        Self {
            before: mask(self.before),
            after: mask(self.after),
            ..self
        }
    }

    /// What a saved plan says of a field that changes.
    pub fn of(change: &FieldChange) -> Self {
        Self {
            path: change.shown.to_string(),
            items: change.shown.items().to_vec(),
            before: SavedValue::of(&change.before),
            after: SavedValue::of(&change.after),
            reordered: change.reordered,
        }
    }
}

/// What is other now than it was when a plan was saved.
#[derive(Debug)]
pub struct Moved<'a> {
    /// The steps that were not planned then, or not so.
    pub now: Vec<&'a Step>,
    /// The steps that were planned then, and are not any more.
    pub gone: Vec<SavedStep>,
}

impl Moved<'_> {
    /// Whether nothing is other.
    pub fn is_nothing(&self) -> bool {
        self.now.is_empty() && self.gone.is_empty()
    }
}

impl SavedPlan {
    /// What a plan that was made of this says.
    pub fn new(made_of: Option<MadeOf>, plan: &Plan) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            made_of,
            steps: plan.steps.iter().map(SavedStep::of).collect(),
        }
    }

    /// Reads what `diff --out` or `diff --format json` wrote. What stands there for a reviewer besides is
    /// left unread.
    pub fn read(name: &str, text: &str) -> Result<Self, Error> {
        let hint = "give it a file that `stackanetes diff --out FILE` wrote";
        let saved: Self = serde_json::from_str(text).map_err(|error| {
            let place = format!("{name}:{}:{}", error.line(), error.column());
            Error::new(format!("{place} is no saved plan: {error}")).hint(hint)
        })?;
        if (saved.api_version.as_str(), saved.kind.as_str()) != (API_VERSION, KIND) {
            let (version, kind) = (&saved.api_version, &saved.kind);
            return Err(Error::new(format!("{name} is a {version} {kind}, not a {API_VERSION} {KIND}")).hint(hint));
        }
        Ok(saved)
    }

    /// The commit that it was made of.
    pub fn revision(&self) -> Option<&Commit> {
        self.made_of.as_ref().map(|made_of| &made_of.revision)
    }

    /// The parts in which a plan made of `now` differs from this one, whatever either says. Empty where it is of the
    /// same.
    pub fn other_parts(&self, now: &MadeOf) -> Vec<OtherPart> {
        let Some(then) = &self.made_of else {
            return vec![OtherPart::NoCommit];
        };
        let mut parts = Vec::new();
        if then.apply_set != now.apply_set {
            parts.push(OtherPart::ApplySet(then.apply_set.clone(), now.apply_set.clone()));
        }
        if then.cluster != now.cluster {
            parts.push(OtherPart::Cluster(then.cluster.clone(), now.cluster.clone()));
        }
        if then.environment != now.environment {
            parts.push(OtherPart::Environment(
                then.environment.clone(),
                now.environment.clone(),
            ));
        }
        if then.set != now.set {
            parts.push(OtherPart::Set(then.set.clone(), now.set.clone()));
        }
        if then.tree != now.tree {
            parts.push(OtherPart::Commit(then.revision.clone(), now.revision.clone()));
        }
        parts
    }

    /// What `plan` does otherwise than this one.
    pub fn moved<'a>(&self, plan: &'a Plan) -> Moved<'a> {
        let mut left: BTreeMap<(&ObjectRef, Action), &SavedStep> = self
            .steps
            .iter()
            .map(|step| ((&step.object, step.action), step))
            .collect();
        let mut now = Vec::new();
        for step in &plan.steps {
            let then = left.remove(&(&step.reference, step.action));
            if then != Some(&SavedStep::of(step)) {
                now.push(step);
            }
        }
        let gone = left.into_values().cloned().collect();
        Moved { now, gone }
    }
}
