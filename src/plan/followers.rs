//! Workloads that change only because their pods read what changes.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::compare::{FieldChange, Shown};
use super::edits::{is_by_git, is_quiet};
use super::{Action, Plan, Reason, Step};
use crate::kinds::rollout;
use crate::object::{GroupKind, ObjectRef};

/// The steps of which all is said by the steps of the ConfigMaps and Secrets that their pods read: nothing but the
/// digests in their pod templates changes.
#[derive(Debug, Default)]
pub struct Followers<'a> {
    /// By what they read: those steps of the plan, and the workloads that follow them, in the order of the plan.
    pub groups: BTreeMap<Vec<&'a ObjectRef>, Vec<&'a Step>>,
    told: HashSet<&'a ObjectRef>,
}

impl<'a> Followers<'a> {
    /// Those of `plan`. What a workload reads must be a step of it too, else the workload says more than that.
    pub fn of(plan: &'a Plan) -> Self {
        let steps = plan.steps.iter().filter(|step| step.action.writes());
        let steps: HashSet<&ObjectRef> = steps.map(|step| &step.reference).collect();
        let mut followers = Self::default();
        for step in &plan.steps {
            if let Some(read) = followed(step, &steps) {
                followers.groups.entry(read).or_default().push(step);
                followers.told.insert(&step.reference);
            }
        }
        followers
    }

    /// Whether there is nothing more to say of a step than what it follows.
    pub fn tell(&self, step: &Step) -> bool {
        self.told.contains(&step.reference)
    }
}

/// What a step follows, where it does nothing else.
fn followed<'a>(step: &'a Step, steps: &HashSet<&'a ObjectRef>) -> Option<Vec<&'a ObjectRef>> {
    let is_plain = step.action == Action::Update && step.reason == Reason::Fields && is_quiet(step);
    if !is_plain || step.changes.is_empty() {
        return None;
    }
    let mut read = Vec::new();
    for change in &step.changes {
        let kind = rollout::digested(&change.path).filter(|_| is_by_git(change))?;
        for name in names(change)? {
            let reference = ObjectRef {
                kind: GroupKind::new("", kind),
                namespace: step.reference.namespace.clone(),
                name: name.into(),
            };
            read.push(*steps.get(&reference)?);
        }
    }
    read.sort();
    read.dedup();
    Some(read).filter(|read| !read.is_empty())
}

/// Whose digests differ; nothing where they are not known.
fn names(change: &FieldChange) -> Option<Vec<String>> {
    let (Shown::Value(Value::String(before)), Shown::Value(Value::String(after))) = (&change.before, &change.after)
    else {
        return None;
    };
    let names = rollout::changed(before, after);
    Some(names.into_iter().map(str::to_owned).collect())
}
