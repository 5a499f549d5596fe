//! Objects that are taken over from other ApplySets: which, and what stays with those.

use std::collections::BTreeSet;

use super::{OtherSet, Plan, Step};
use crate::applyset::parent::Parent;
use crate::kinds::jobs::{Irreversible, Recorded};
use crate::object::ObjectRef;

/// The ApplySets that objects are taken over from, as they were found.
#[derive(Debug, Clone, Default)]
pub struct Former {
    /// Each of them.
    pub sets: Vec<FormerSet>,
    /// What they recorded of the Jobs of git.
    pub jobs: FormerJobs,
}

/// What the parents of former ApplySets recorded of the Jobs of git.
#[derive(Debug, Clone, Default)]
pub struct FormerJobs {
    /// Those that completed, and with which inputs: they do not run again for being moved.
    pub completed: Recorded,
    /// What they did that cannot be undone.
    pub irreversible: Irreversible,
}

impl FormerJobs {
    /// The completed Jobs: those that our own parent recorded, and for others what a former one did.
    pub fn completed(&self, own: Option<&Parent>) -> Recorded {
        let mut all = self.completed.clone();
        all.extend(own.into_iter().flat_map(|parent| parent.jobs.clone()));
        all
    }

    /// What Jobs did that cannot be undone, in the same order of precedence.
    pub fn done(&self, own: Option<&Parent>) -> Irreversible {
        let mut all = self.irreversible.clone();
        all.extend(own.into_iter().flat_map(|parent| parent.irreversible.clone()));
        all
    }
}

/// An ApplySet that objects are taken over from.
#[derive(Debug, Clone)]
pub struct FormerSet {
    /// The ApplySet; its parent where that exists.
    pub set: OtherSet,
    /// Its members, as far as they were found.
    pub members: Vec<ObjectRef>,
    /// Whether these are all: its parent says where members are, and each kind there could be listed.
    pub is_whole: bool,
}

/// What a plan takes over from one ApplySet.
#[derive(Debug)]
pub struct Takeover<'a> {
    /// The ApplySet that has the objects now.
    pub set: &'a OtherSet,
    /// The objects.
    pub taken: Vec<&'a ObjectRef>,
    /// Its members that stay with it, as far as they were found.
    pub left: Vec<&'a ObjectRef>,
    /// Whether these are all that stay.
    pub is_whole: bool,
}

impl Step {
    /// The ID of the ApplySet that the object is taken over from by this step.
    pub fn takes_from(&self) -> Option<&str> {
        self.taken.as_deref().filter(|_| self.action.writes())
    }
}

impl Plan {
    /// The ApplySet that the object of a step is taken over from, as it was found.
    pub fn takes_from(&self, step: &Step) -> Option<&OtherSet> {
        let id = step.takes_from()?;
        let mut sets = self.facts.former.sets.iter().map(|former| &former.set);
        sets.find(|set| set.id == id)
    }

    /// What is taken over from each ApplySet that was named for it.
    pub fn takeovers(&self) -> impl Iterator<Item = Takeover<'_>> {
        self.facts.former.sets.iter().map(|former| {
            let steps = self.steps.iter();
            let taken = steps.filter(|step| step.takes_from() == Some(&former.set.id));
            let taken: Vec<&ObjectRef> = taken.map(|step| &step.reference).collect();
            let goes: BTreeSet<&ObjectRef> = taken.iter().copied().collect();
            Takeover {
                set: &former.set,
                left: former.members.iter().filter(|member| !goes.contains(member)).collect(),
                taken,
                is_whole: former.is_whole,
            }
        })
    }
}
