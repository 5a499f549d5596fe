//! Keeps the parent of an ApplySet: what may be a member, what was attempted, what was completed.

use std::collections::BTreeSet;

use super::{Outcome, Run, State, Task, Walk};
use crate::cluster::{Apply, Force, Persist, Resource};
use crate::error::{Error, Result};
use crate::inventory::{ApplySet, Parent, Record};
use crate::object::{GroupKind, GroupVersionKind, ObjectRef};
use crate::observe;
use crate::plan::Plan;

/// The kinds and namespaces of members.
#[derive(Debug, Default)]
pub(super) struct Members {
    kinds: BTreeSet<GroupKind>,
    namespaces: BTreeSet<String>,
}

impl Members {
    pub(super) fn note(&mut self, reference: &ObjectRef) {
        self.kinds.insert(reference.kind.clone());
        self.namespaces.extend(reference.namespace.clone());
    }
}

/// What is known at the end of a sync of members that are not part of the desired state.
pub(super) struct Remaining<'a> {
    /// The kinds of those that were kept.
    pub(super) kept: &'a [GroupKind],
    /// Whether everything was done, so that nothing else can be left.
    pub(super) complete: bool,
}

/// Whether a sync that writes no object still has something to record.
pub(super) fn must_record(plan: &Plan, record: &Record) -> bool {
    let completed = plan.parent.as_ref().and_then(|parent| parent.completed.as_ref());
    plan.set.is_some() && completed.is_none_or(|completed| completed.revision != record.revision)
}

impl Run<'_> {
    /// The namespace of the parent comes before everything else: applied first if git wants it.
    pub(super) async fn parent_namespace(&self, set: &ApplySet, walk: &mut Walk) -> Result<()> {
        let namespace = ObjectRef {
            kind: GroupKind::new("", "Namespace"),
            namespace: None,
            name: set.namespace.clone(),
        };
        let index = walk.tasks.iter().position(|(reference, _)| *reference == namespace);
        if let Some((index, task)) = index.and_then(|index| Some((index, walk.tasks[index].1.take()?))) {
            if let Task::Leave(Outcome::Skipped | Outcome::Conflict) = task {
                // It exists, and stays as it is; what is in it goes on without it.
                walk.tasks[index].1 = Some(task);
                return Ok(());
            }
            let outcome = self.node(&namespace, task, || ()).await;
            walk.states[index] = if outcome.is_done() {
                State::Current
            } else {
                State::Missed
            };
            let failed = (!outcome.is_done()).then(|| {
                Error::new(format!(
                    "{namespace} is not ready, and the ApplySet {} is to be kept in it",
                    set.name
                ))
            });
            self.settled(namespace, outcome);
            return failed.map_or(Ok(()), Err);
        }
        let resource = core_resource("Namespace", "namespaces", false);
        let live = self.execution.cluster.get(&resource, &namespace).await;
        match live.map_err(|error| observe::failed(&format!("read {namespace}"), error))? {
            Some(_) => Ok(()),
            None => Err(Error::new(format!(
                "{namespace} does not exist, and the ApplySet {} is to be kept in it",
                set.name
            ))
            .hint(format!(
                "add it to the directory, or create it with `kubectl create namespace {}`",
                set.namespace
            ))),
        }
    }

    /// Before the first write: where members may be from now on, and what is attempted.
    pub(super) async fn begin(&self, set: &ApplySet, before: Option<&Parent>, members: &Members) -> Result<()> {
        let mut parent = before.cloned().unwrap_or_default();
        parent.kinds.extend(members.kinds.iter().cloned());
        parent.namespaces.extend(members.namespaces.iter().cloned());
        parent.attempted = Some(self.execution.record.clone());
        self.write(set, &parent).await
    }

    /// After the last write: where members are, as far as is known, and what was completed.
    pub(super) async fn end(
        &self,
        set: &ApplySet,
        before: Option<&Parent>,
        members: &Members,
        remaining: Remaining<'_>,
        desired: &[ObjectRef],
    ) -> Result<()> {
        let mut parent = before.cloned().unwrap_or_default();
        if remaining.complete && self.execution.question.selection.is_everything() {
            // Everything is as git wants it: members are what it wants, and what was kept.
            parent.kinds = desired
                .iter()
                .map(|reference| reference.kind.clone())
                .chain(remaining.kept.iter().cloned())
                .collect();
            let kept = parent.namespaces.iter().filter(|_| !remaining.kept.is_empty());
            parent.namespaces = desired
                .iter()
                .filter_map(|reference| reference.namespace.clone())
                .chain(kept.cloned())
                .collect();
        } else {
            parent.kinds.extend(members.kinds.iter().cloned());
            parent.namespaces.extend(members.namespaces.iter().cloned());
        }
        parent.attempted = Some(self.execution.record.clone());
        if remaining.complete {
            parent.completed = Some(self.execution.record.clone());
        }
        self.write(set, &parent).await
    }

    async fn write(&self, set: &ApplySet, parent: &Parent) -> Result<()> {
        let reference = set.parent();
        let object = parent.object(set);
        let apply = Apply {
            object: &object,
            reference: &reference,
            field_manager: &self.execution.question.policy.field_manager,
            force: Force::Take,
            persist: Persist::Stored,
        };
        let resource = core_resource("ConfigMap", "configmaps", true);
        let written = self.execution.cluster.apply(&resource, &apply).await;
        written
            .map(|_| ())
            .map_err(|error| observe::failed(&format!("write {reference}"), error))
    }
}

fn core_resource(kind: &str, plural: &str, namespaced: bool) -> Resource {
    Resource {
        gvk: GroupVersionKind::new("v1", kind),
        plural: plural.to_owned(),
        namespaced,
        listable: true,
    }
}
