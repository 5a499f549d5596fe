//! The bases: what git said when each object that differs was last applied.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Directory, History, Known, Secrets};
use crate::applyset::inventory;
use crate::applyset::parent::Record;
use crate::cluster::Discovery;
use crate::diagnostic::error::Error;
use crate::object::commit;
use crate::object::{self, DesiredObject, LiveObject, ObjectRef};
use crate::plan::compare;
use crate::plan::{Answered, Deleted, Observation, Observed, Past};
use crate::source::{Commits, Inputs};

/// What is wanted of one commit.
#[derive(Default)]
struct Wanted {
    /// Objects that differ, by their place among the observed.
    differing: Vec<usize>,
    /// Objects that git dropped, likewise.
    dropped: Vec<usize>,
    /// Objects that are not there.
    gone: Vec<usize>,
}

/// Finds the bases of the objects that differ, and which of those that are not there were.
///
/// Each commit that one of them was applied from is rendered once. Nothing is returned where no commit
/// helps to explain anything.
pub fn read(observed: &mut Observed, discovery: &Discovery, directory: &Directory) -> Option<History> {
    let wanted = wanted(observed);
    if wanted.is_empty() {
        return None;
    }
    let path = directory.path.as_deref()?;
    let commits = match Commits::of(path) {
        Ok(commits) => commits,
        Err(error) => {
            for index in wanted.values().flat_map(|wanted| &wanted.differing) {
                observed.objects[*index].past.unknown = Some(error.to_string());
            }
            return None;
        }
    };
    let mut history = History {
        commits,
        directory: directory.clone(),
        known: BTreeMap::new(),
    };
    for (revision, wanted) in wanted {
        match history.render(&revision, observed, discovery) {
            Ok(then) => history.settle(&revision, &wanted, then, observed),
            Err(why) => {
                for index in wanted.differing {
                    observed.objects[index].past.unknown = Some(why.clone());
                }
            }
        }
    }
    Some(history)
}

/// What is to be looked for, by the commit to look in.
fn wanted(observed: &mut Observed) -> BTreeMap<String, Wanted> {
    let parent = observed.parent.as_ref();
    let completed = parent.and_then(|parent| parent.completed.as_ref()?.revision.clone());
    let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
    for (index, observation) in observed.objects.iter_mut().enumerate() {
        let object = match &observation.answer {
            Answered::ByServer { object, .. } => Some(object),
            Answered::Unverified { predicted, .. } => predicted.as_ref().ok(),
            Answered::Immutable(found) => found.replacement.as_ref().ok(),
            Answered::Refused(_) | Answered::NotOurs(_) | Answered::Proved | Answered::Stands => None,
        };
        match (&observation.live, object) {
            (Some(live), Some(object)) if compare::differs(&observation.desired, live, object) => {
                match live.annotation(inventory::REVISION) {
                    Some(revision) => wanted.entry(revision.to_owned()).or_default().differing.push(index),
                    None => observation.past.unknown = Some("it does not say which commit it was applied from".into()),
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
    for (index, (_, orphan)) in observed.orphans.iter().enumerate() {
        if let Some(revision) = orphan.annotation(inventory::REVISION) {
            wanted.entry(revision.to_owned()).or_default().dropped.push(index);
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
    short: String,
    commit: crate::source::CommitId,
    objects: BTreeMap<ObjectRef, DesiredObject>,
    same_parameters: bool,
    /// The sync of just this commit, if the parent knows of one.
    record: Option<Record>,
}

impl History {
    fn render(&self, revision: &str, observed: &Observed, discovery: &Discovery) -> Result<Then, String> {
        let short = commit::short(revision);
        let found = self.commits.find(revision);
        let found = found.map_err(|_| format!("the commit {short} is not at hand"))?;
        let records = observed.parent.iter();
        let records = records.flat_map(|parent| [&parent.attempted, &parent.completed]);
        let records: Vec<&Record> = records.flatten().collect();
        let exact = records
            .iter()
            .copied()
            .find(|record| record.revision.as_deref() == Some(revision));
        // An object that a later sync left as it was, was most likely applied with the same parameters.
        let (inputs, same_parameters) = self.directory.parameters_of(exact.or(records.last().copied()));
        let objects = self.objects(&found, &inputs, observed, discovery);
        Ok(Then {
            objects: objects.map_err(|error| {
                let name = &found.short;
                format!("the commit {name} cannot be rendered: {error}")
            })?,
            commit: found.id(),
            short: found.short,
            same_parameters,
            record: exact.cloned(),
        })
    }

    fn objects(
        &self,
        revision: &crate::source::Revision,
        inputs: &Inputs,
        observed: &Observed,
        discovery: &Discovery,
    ) -> Result<BTreeMap<ObjectRef, DesiredObject>, Error> {
        let live = observed.objects.iter().filter_map(|observation| {
            let live = observation.live.as_ref()?;
            Some((observation.desired.reference.clone(), live))
        });
        let secrets = Secrets {
            key: &observed.key,
            live: live.collect(),
        };
        self.directory.at(&self.commits, revision, inputs, discovery, &secrets)
    }

    /// Takes from a commit what is wanted of it; the rest is dropped.
    fn settle(&mut self, revision: &str, wanted: &Wanted, mut then: Then, observed: &mut Observed) {
        for index in &wanted.gone {
            let observation = &mut observed.objects[*index];
            let attempted = observed.parent.as_ref().and_then(|parent| parent.attempted.as_ref());
            if then.objects.contains_key(&observation.desired.reference) {
                let is_last = attempted.is_none_or(|last| last.revision.as_deref() == Some(revision));
                let is_dirty = then.record.as_ref().is_none_or(|record| record.dirty);
                observation.past.deleted = Some(Deleted {
                    revision: then.short.clone(),
                    guessed: is_dirty || !is_last,
                });
            }
        }
        for index in &wanted.dropped {
            let (_, live) = &observed.orphans[*index];
            let reference = live.reference();
            if let Some(object) = then.objects.remove(&reference) {
                self.know(reference, &then, Arc::new(object), None);
            }
        }
        for index in &wanted.differing {
            let Observation {
                desired, live, past, ..
            } = &mut observed.objects[*index];
            let base = live.as_ref().zip(then.objects.remove(&desired.reference));
            *past = match base {
                Some((live, base)) => {
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
                    unknown: Some(format!("the commit {} does not have it", then.short)),
                    ..Past::default()
                },
            };
        }
    }

    fn know(&mut self, reference: ObjectRef, then: &Then, base: Arc<DesiredObject>, now: Option<DesiredObject>) {
        let known = Known {
            then: base,
            commit: then.commit,
            same_parameters: then.same_parameters,
            now,
        };
        self.known.insert(reference, known);
    }
}

/// Why a commit's object is not what was applied, or may not be; nothing if it is.
fn why_not(base: &DesiredObject, live: &LiveObject, then: &Then) -> Option<String> {
    if !compare::is_base(base, live) {
        return Some(format!(
            "what was applied is not what the commit {} says: files differed from it, or parameters were set by hand",
            then.short
        ));
    }
    let is_clean = |record: &Record| !record.dirty && record.set.values().all(Option::is_some);
    let is_certain = !object::is_secret(&base.reference.kind) || then.record.as_ref().is_some_and(is_clean);
    (!is_certain).then(|| "no digest of a Secret's values is kept".to_owned())
}
