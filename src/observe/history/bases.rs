//! The bases: what git said when each object that differs was last applied.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AppliedWith, BaseObject, DirectoryInputs, History, SecretComparison};
use crate::applyset::inventory;
use crate::applyset::parent::Record;
use crate::cluster::Discovery;
use crate::diagnostic::error::Error;
use crate::object::commit::Commit;
use crate::object::{self, DesiredObject, LiveObject, ObjectRef};
use crate::plan::compare;
use crate::plan::{Answered, LastSeen, NoBase, Observation, Observed, Past};
use crate::source::{Commits, ParameterInputs, Revision};

/// The objects that one commit is rendered for.
#[derive(Default)]
struct ObjectsOfCommit {
    /// Objects that differ, by their place among the observed.
    differing: Vec<usize>,
    /// Objects that git dropped, likewise.
    dropped: Vec<usize>,
    /// Objects that are not there.
    gone: Vec<usize>,
}

/// What is known of the past of objects.
pub(super) type Pasts = BTreeMap<ObjectRef, Past>;

/// Finds the bases of the objects that differ, and which of those that are not there were.
///
/// Each commit that one of them was applied from is rendered once. No history is returned where no commit
/// helps to explain anything.
pub(super) fn read(
    observed: &Observed,
    discovery: &Discovery,
    directory: &DirectoryInputs,
) -> (Pasts, Option<History>) {
    let mut pasts = Pasts::new();
    let wanted = wanted(observed, &mut pasts);
    let path = directory.path.as_deref().filter(|_| !wanted.is_empty());
    let Some(path) = path else { return (pasts, None) };
    let commits = match Commits::of(path) {
        Ok(commits) => commits,
        Err(error) => {
            let why = NoBase::Repository(Arc::new(error));
            let differing = wanted.values().flat_map(|wanted| &wanted.differing);
            unknown(differing, &why, observed, &mut pasts);
            return (pasts, None);
        }
    };
    let mut history = History {
        commits,
        directory: directory.clone(),
        known: BTreeMap::new(),
    };
    for (revision, wanted) in wanted {
        match history.render(&revision, observed, discovery) {
            Ok(then) => history.settle((&revision, &wanted), then, observed, &mut pasts),
            Err(why) => unknown(&wanted.differing, &why, observed, &mut pasts),
        }
    }
    (pasts, Some(history))
}

/// Notes that the bases of these objects, by their place among the observed, are not known.
fn unknown<'a>(differing: impl IntoIterator<Item = &'a usize>, why: &NoBase, observed: &Observed, pasts: &mut Pasts) {
    for index in differing {
        let past = Past {
            unknown: Some(why.clone()),
            ..Past::default()
        };
        pasts.insert(observed.objects[*index].desired.reference.clone(), past);
    }
}

/// What is to be looked for, by the commit to look in.
fn wanted(observed: &Observed, pasts: &mut Pasts) -> BTreeMap<Commit, ObjectsOfCommit> {
    let parent = observed.facts.parent.as_ref();
    let completed = parent.and_then(|parent| parent.completed.as_ref()?.revision.clone());
    let mut wanted: BTreeMap<Commit, ObjectsOfCommit> = BTreeMap::new();
    for (index, observation) in observed.objects.iter().enumerate() {
        let object = match &observation.answer {
            Answered::ByServer { object, .. } => Some(object),
            Answered::Unverified { predicted, .. } => predicted.as_ref().ok(),
            Answered::Immutable(found) => found.replacement.as_ref().ok(),
            Answered::Refused { .. } | Answered::NotOurs(..) | Answered::UpToDate => None,
        };
        match (&observation.live, object) {
            (Some(live), Some(object)) if compare::differs(&observation.desired, live, object) => {
                match live.annotation(inventory::REVISION) {
                    Some(revision) => wanted.entry(Commit::new(revision)).or_default().differing.push(index),
                    None => unknown([&index], &NoBase::NotNoted, observed, pasts),
                }
            }
            (None, _) if is_asked(&observation.answer) => {
                let revision = completed.as_ref().map(|revision| wanted.entry(revision.clone()));
                if let Some(entry) = revision {
                    entry.or_default().gone.push(index);
                }
            }
            _ => {}
        }
    }
    for (index, (_, member)) in observed.dropped.iter().enumerate() {
        if let Some(revision) = member.annotation(inventory::REVISION) {
            wanted.entry(Commit::new(revision)).or_default().dropped.push(index);
        }
    }
    wanted
}

/// Whether the object is to be written.
fn is_asked(answer: &Answered) -> bool {
    matches!(answer, Answered::ByServer { .. } | Answered::Unverified { .. })
}

/// What a commit has, and how the sync of it was made.
struct Then {
    revision: Revision,
    objects: BTreeMap<ObjectRef, DesiredObject>,
    same_parameters: bool,
    /// The sync of just this commit, if the parent knows of one.
    record: Option<Record>,
}

impl History {
    fn render(&self, commit: &Commit, observed: &Observed, discovery: &Discovery) -> Result<Then, NoBase> {
        let found = self.commits.find(commit.as_str());
        let found = found.map_err(|_| NoBase::NoCommit(commit.clone()))?;
        let AppliedWith {
            inputs,
            same_parameters,
            record,
        } = self
            .directory
            .inputs_of(observed.facts.parent.as_ref(), commit.as_str());
        let objects = self.objects(&found, &inputs, observed, discovery);
        Ok(Then {
            objects: objects.map_err(|error| NoBase::NotRendered(found.commit.clone(), Arc::new(error)))?,
            revision: found,
            same_parameters,
            record: record.cloned(),
        })
    }

    fn objects(
        &self,
        revision: &Revision,
        inputs: &ParameterInputs,
        observed: &Observed,
        discovery: &Discovery,
    ) -> Result<BTreeMap<ObjectRef, DesiredObject>, Error> {
        let live = observed.objects.iter().filter_map(|observation| {
            let live = observation.live.as_ref()?;
            Some((observation.desired.reference.clone(), live))
        });
        let secrets = SecretComparison {
            key: &observed.facts.key,
            live: live.collect(),
        };
        self.directory.at(&self.commits, revision, inputs, discovery, &secrets)
    }

    /// Takes from a commit what is wanted of it; the rest is dropped.
    fn settle(
        &mut self,
        (commit, wanted): (&Commit, &ObjectsOfCommit),
        mut then: Then,
        observed: &Observed,
        pasts: &mut Pasts,
    ) {
        for index in &wanted.gone {
            let observation = &observed.objects[*index];
            let attempted = observed
                .facts
                .parent
                .as_ref()
                .and_then(|parent| parent.attempted.as_ref());
            if then.objects.contains_key(&observation.desired.reference) {
                let is_last = attempted.is_none_or(|last| last.revision.as_ref() == Some(commit));
                let is_dirty = then.record.as_ref().is_none_or(|record| record.dirty);
                let deleted = LastSeen {
                    revision: then.revision.commit.clone(),
                    guessed: is_dirty || !is_last,
                };
                let past = Past {
                    deleted: Some(deleted),
                    ..Past::default()
                };
                pasts.insert(observation.desired.reference.clone(), past);
            }
        }
        for index in &wanted.dropped {
            let (_, live) = &observed.dropped[*index];
            let reference = live.reference();
            if let Some(object) = then.objects.remove(&reference) {
                self.know(reference, &then, Arc::new(object), None);
            }
        }
        for index in &wanted.differing {
            let Observation { desired, live, .. } = &observed.objects[*index];
            let base = live.as_ref().zip(then.objects.remove(&desired.reference));
            let past = match base {
                Some((live, mut base)) => {
                    super::closed::assume_applied(&mut base, live);
                    let base = Arc::new(base);
                    let unknown = why_not(&base, live, &then);
                    if unknown.is_none() {
                        self.know(desired.reference.clone(), &then, base.clone(), Some(desired.clone()));
                    }
                    // Of a Secret the digest does not tell, so the base must not count.
                    let counts = unknown.is_none() || !object::is_secret(&desired.reference.kind);
                    Past {
                        base: counts.then_some(base),
                        unknown,
                        deleted: None,
                    }
                }
                None => Past {
                    unknown: Some(NoBase::NotInCommit(then.revision.commit.clone())),
                    ..Past::default()
                },
            };
            pasts.insert(desired.reference.clone(), past);
        }
    }

    fn know(&mut self, reference: ObjectRef, then: &Then, base: Arc<DesiredObject>, now: Option<DesiredObject>) {
        let known = BaseObject {
            then: base,
            commit: then.revision.id(),
            same_parameters: then.same_parameters,
            now,
        };
        self.known.insert(reference, known);
    }
}

/// Why a commit's object is not what was applied, or may not be; nothing if it is.
fn why_not(base: &DesiredObject, live: &LiveObject, then: &Then) -> Option<NoBase> {
    if !compare::is_base(base, live) {
        return Some(NoBase::OtherThanCommit(then.revision.commit.clone()));
    }
    let is_clean = |record: &Record| !record.dirty && record.set.values().all(Option::is_some);
    let is_certain = !object::is_secret(&base.reference.kind) || then.record.as_ref().is_some_and(is_clean);
    (!is_certain).then_some(NoBase::Secret)
}
