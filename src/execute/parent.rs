//! Keeps the parent of an ApplySet: what may be a member, what was attempted, what was completed.

use std::collections::BTreeSet;

use super::{Abort, GraphWalk, Run, Task};
use serde_json::Value;
use smol_str::SmolStr;

use crate::applyset::inventory::ApplySet;
use crate::applyset::journal::{Ending, JournalEntry};
use crate::applyset::key::{Key, Keyring};
use crate::applyset::parent::{Parent, Record};
use crate::applyset::put_back::PutBack;
use crate::applyset::unlisted::Unlisted;
use crate::cluster::{Apply, Failure, Force, Persist, Resource};
use crate::diagnostic::error::{Error, Result};
use crate::kinds::jobs::{Irreversible, Recorded};
use crate::object::commit::Commit;
use crate::object::{GroupKind, GroupVersionKind, ObjectRef};
use crate::observe;
use crate::plan::{Action, Forgotten, Former, ObjectVersion, ParentGap, Plan, Prune, Step};

/// The kinds and namespaces of members.
#[derive(Debug, Default)]
struct Extent {
    kinds: BTreeSet<GroupKind>,
    namespaces: BTreeSet<SmolStr>,
}

impl Extent {
    fn note(&mut self, reference: &ObjectRef) {
        self.kinds.insert(reference.kind.clone());
        self.namespaces.extend(reference.namespace.clone());
    }

    fn widen(&self, parent: &mut Parent) {
        parent.kinds.extend(self.kinds.iter().cloned());
        parent.namespaces.extend(self.namespaces.iter().cloned());
    }
}

/// Where a sync may find members before and after it.
#[derive(Debug, Default)]
pub(super) struct Extents {
    /// The extent of all that the plan is about.
    planned: Extent,
    /// The extent of what there is once everything is done.
    remaining: Extent,
    /// Where there may be members besides.
    unlisted: Unlisted,
}

impl Extents {
    pub(super) fn note(&mut self, step: &Step) {
        self.planned.note(&step.reference);
        if !matches!(step.action, Action::Delete | Action::Orphan) {
            self.remaining.note(&step.reference);
        }
    }

    /// The members that the parent may not list, and where others may be.
    pub(super) fn note_forgotten(&mut self, forgotten: &Forgotten) {
        for member in &forgotten.found {
            self.planned.note(member);
        }
        self.unlisted.clone_from(&forgotten.unlisted);
    }

    /// Whether everything was listed, so that all members are known.
    pub(super) fn are_known(&self) -> bool {
        self.unlisted.is_empty()
    }

    pub(super) fn note_desired(&mut self, reference: &ObjectRef) {
        self.planned.note(reference);
        self.remaining.note(reference);
    }
}

/// What is known at the end of a sync.
pub(super) struct Remaining {
    /// Whether everything was done.
    pub(super) complete: bool,
    /// The commit that was synced before, where this one is not a later one.
    pub(super) back_from: Option<Commit>,
    /// The drift that the plan puts back.
    pub(super) put_back: Vec<PutBack>,
}

/// A parent, and the version of it that was read or written last.
pub(super) struct Kept {
    parent: Parent,
    /// The Jobs that it had recorded before the sync.
    jobs: Recorded,
    /// What Jobs had done before the sync that cannot be undone.
    irreversible: Irreversible,
    version: Option<ObjectVersion>,
}

impl Run<'_> {
    /// Whether a sync that writes no object still has something to record: its revision, the Jobs
    /// that have completed, and where members are.
    pub(super) fn must_record(&self, plan: &Plan) -> bool {
        let completed = plan.facts.parent.as_ref().and_then(|parent| parent.completed.as_ref());
        let is_new = completed.is_none_or(|completed| completed.revision != self.execution.record.revision);
        let mut parents = plan.facts.parent.iter();
        let ran = parents.any(|parent| self.runs.to_record(&parent.jobs) != parent.jobs);
        let noted = plan.facts.parent.as_ref().map(|parent| &parent.unlisted);
        let is_gap = plan.facts.forgotten.as_ref().is_some_and(|forgotten| {
            !matches!(forgotten.gap, ParentGap::Unlisted) || Some(&forgotten.unlisted) != noted
        });
        plan.facts.set.is_some() && (ran || is_gap || is_new && self.execution.query.selection.is_everything())
    }

    /// The namespace of the parent comes before everything else: applied first if git wants it.
    pub(super) async fn parent_namespace(&self, set: &ApplySet, walk: &mut GraphWalk) -> Result<()> {
        let namespace = ObjectRef::namespace(&set.namespace);
        if let Some((index, task)) = walk.take(&namespace) {
            let is_left = matches!(task, Task::Leave(_));
            let outcome = self.node(&namespace, task, || ()).await;
            let is_done = outcome.is_done();
            self.end_node(walk, index, namespace.clone(), outcome);
            if is_done {
                return Ok(());
            }
            if !is_left {
                return Err(Error::new(format!(
                    "{namespace} is not ready, and the ApplySet {} is to be kept in it",
                    set.name
                )));
            }
        }
        let resource = core_resource("Namespace", "namespaces", false);
        let live = self.execution.cluster.get(&resource, &namespace).await;
        let live = match live {
            // Who may not look is told by the Lease whether it is there.
            Err(error) if error.failure == Failure::Forbidden => return Ok(()),
            live => live.map_err(|error| observe::failed(&format!("read {namespace}"), error))?,
        };
        match live {
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
    ///
    /// The parent is read again now that the Lease is held. If another sync ran since the plan was
    /// made, the plan is not what would be done any more.
    pub(super) async fn begin(
        &self,
        set: &ApplySet,
        planned: Option<&Parent>,
        members: &Extents,
        former: &Former,
    ) -> Result<Kept, Abort> {
        let reference = set.parent();
        let resource = core_resource("ConfigMap", "configmaps", true);
        let live = self.execution.cluster.get(&resource, &reference).await;
        let live = live.map_err(|error| observe::failed(&format!("read {reference}"), error))?;
        let parent = live.as_ref().map(|live| observe::parent_of(set, live)).transpose()?;
        // One that was under way when the plan was made has ended by now.
        let syncs = |parent: Option<&Parent>| parent.map(|parent| (parent.attempted.clone(), parent.journal.clone()));
        if syncs(parent.as_ref()) != syncs(planned) {
            return Err(Abort::Overtaken(set.name.clone()));
        }
        let parent = parent.unwrap_or_default();
        let mut kept = Kept {
            jobs: former.jobs.completed(Some(&parent)),
            irreversible: former.jobs.done(Some(&parent)),
            parent,
            version: live.as_ref().map(ObjectVersion::of),
        };
        kept.parent.jobs = self.runs.before(&kept.jobs);
        kept.parent.irreversible = self.runs.irreversible_before(&kept.irreversible);
        kept.parent.journal = kept.parent.syncs();
        members.planned.widen(&mut kept.parent);
        kept.parent.unlisted.clone_from(&members.unlisted);
        kept.parent.attempted = Some(self.execution.record.clone());
        self.write(set, &mut kept).await?;
        Ok(kept)
    }

    /// After the last write: where members are, as far as is known, and what was completed.
    pub(super) async fn end(
        &self,
        set: &ApplySet,
        kept: &mut Kept,
        members: &Extents,
        remaining: &Remaining,
    ) -> Result<()> {
        let is_everything = remaining.complete && self.execution.query.selection.is_everything();
        if is_everything && self.execution.query.policy.prune == Prune::Dropped {
            // Every member is known: what git wants, and what was kept.
            kept.parent.kinds.clone_from(&members.remaining.kinds);
            kept.parent.namespaces.clone_from(&members.remaining.namespaces);
        }
        if is_everything {
            kept.parent.completed = Some(Record {
                time: self.execution.clock.now().to_string(),
                ..self.execution.record.clone()
            });
        }
        kept.parent.jobs = self.runs.to_record(&kept.jobs);
        kept.parent.irreversible = self.runs.irreversible_after(&kept.irreversible);
        kept.parent.journal.push(JournalEntry {
            record: self.execution.record.clone(),
            ended: Some(self.execution.clock.now().to_string()),
            ending: match (remaining.complete, self.is_stopped()) {
                (true, _) => Ending::Complete,
                (false, true) => Ending::Interrupted,
                (false, false) => Ending::Incomplete,
            },
            counts: self.counts.borrow().clone(),
            back_from: remaining.back_from.clone(),
            put_back: if remaining.complete {
                remaining.put_back.clone()
            } else {
                Vec::new()
            },
            partial: !self.execution.query.selection.is_everything(),
            unawaited: self.unawaited.get(),
            left: self
                .left
                .borrow()
                .iter()
                .take(JournalEntry::MOST_LEFT)
                .cloned()
                .collect(),
        });
        self.write(set, kept).await
    }

    /// Stores a key that is new, before anything is written that was digested with it.
    pub(super) async fn store(&self, set: &ApplySet, key: &Keyring) -> Result<()> {
        let Keyring::New(key) = key else { return Ok(()) };
        let reference = set.key();
        let resource = core_resource("Secret", "secrets", true);
        let field_manager = &self.execution.query.policy.field_manager;
        let created = self
            .execution
            .cluster
            .create(&resource, &key.object(set), field_manager)
            .await;
        match created {
            Ok(_) => Ok(()),
            // Its answer may have been lost.
            Err(error) if error.may_have_arrived() => {
                let live = self.execution.cluster.get(&resource, &reference).await.ok().flatten();
                match live.as_ref().and_then(Key::read) {
                    Some(stored) if stored == *key => Ok(()),
                    _ => Err(observe::failed(&format!("create {reference}"), error)),
                }
            }
            Err(error) if error.failure == Failure::AlreadyExists => Err(Error::new(format!(
                "{reference} was made since this plan was made; nothing was changed"
            ))
            .hint("run the command again")),
            Err(error) => Err(observe::failed(&format!("create {reference}"), error)),
        }
    }

    /// Writes the parent over exactly the version that is known, or where there is none.
    async fn write(&self, set: &ApplySet, kept: &mut Kept) -> Result<()> {
        let reference = set.parent();
        let mut object = kept.parent.object(set);
        observe::bind(&mut object, kept.version.as_ref());
        let apply = Apply {
            object: &object,
            reference: &reference,
            field_manager: &self.execution.query.policy.field_manager,
            force: Force::Take,
            persist: Persist::Stored,
        };
        let resource = core_resource("ConfigMap", "configmaps", true);
        let cluster = &self.execution.cluster;
        let stored = match cluster.apply(&resource, &apply).await {
            Ok(answer) => answer.object,
            Err(error) => {
                // It may be stored although the answer was lost; then a second try met a version that was not known.
                let may_be_stored = error.failure == Failure::Conflict || error.may_have_arrived();
                let live = if may_be_stored {
                    cluster.get(&resource, &reference).await.ok().flatten()
                } else {
                    None
                };
                live.filter(|live| holds(live.value(), &object))
                    .ok_or_else(|| observe::failed(&format!("write {reference}"), error))?
            }
        };
        kept.version = Some(ObjectVersion::of(&stored));
        Ok(())
    }
}

/// Whether a stored parent says all that was written.
fn holds(stored: &Value, written: &Value) -> bool {
    ["/data", "/metadata/annotations"].into_iter().all(|map| {
        let written = written.pointer(map).and_then(Value::as_object);
        let mut entries = written.into_iter().flatten();
        entries.all(|(key, value)| stored.pointer(map).and_then(|stored| stored.get(key)) == Some(value))
    })
}

fn core_resource(kind: &str, plural: &str, namespaced: bool) -> Resource {
    Resource {
        gvk: GroupVersionKind::new("v1", kind),
        plural: plural.into(),
        namespaced,
        listable: true,
    }
}
