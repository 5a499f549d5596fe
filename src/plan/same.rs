//! Lines of texts that change in the same way in several objects.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use similar::{ChangeTag, DiffTag, TextDiff};

use super::compare::{Blame, FieldChange, GitChange, Shown};
use super::edits::{FEWEST, is_by_git, is_plain_update};
use super::{Plan, Step};
use crate::diagnostic::place::Place;
use crate::kinds::rollout;
use crate::object::ObjectRef;
use crate::object::field::FieldPath;

/// Texts of more bytes, both sides together, are told by themselves.
const LONGEST: usize = 1 << 18;

/// The changes of lines that several objects have in common, and the steps of which they say all.
#[derive(Debug, Default)]
pub struct SameLines<'a> {
    /// The hunks, in the order in which each comes up first.
    pub hunks: Vec<SharedHunk<'a>>,
    told: HashSet<&'a ObjectRef>,
    told_changes: HashSet<(&'a ObjectRef, &'a FieldPath)>,
}

/// Lines that change in the same way in several objects.
#[derive(Debug)]
pub struct SharedHunk<'a> {
    /// The lines that go and those that come.
    pub hunk: Hunk,
    /// What changed them in git, where that is known.
    pub by: Option<&'a GitChange>,
    /// Where git says so, where it is one place for all.
    pub place: Option<&'a Place>,
    /// The steps with a text that has them, in the order of the plan.
    pub steps: Vec<&'a Step>,
}

/// Lines that stand below each other and change, each as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Hunk {
    /// The lines that go.
    pub removed: Vec<String>,
    /// The lines that come.
    pub added: Vec<String>,
}

impl<'a> SameLines<'a> {
    /// The lines that several steps of `plan` change in the same way.
    pub fn of(plan: &'a Plan, blame: &'a Blame) -> Self {
        let mut all = All::default();
        for step in plan.steps.iter().filter(|step| is_plain(step)) {
            for change in &step.changes {
                all.add(step, change, blame);
            }
        }
        all.shared()
    }

    /// Whether these say all that there is to say of a step.
    pub fn tell(&self, step: &Step) -> bool {
        self.told.contains(&step.reference)
    }

    /// Whether these say all that there is to say of one of the changes of a step.
    pub fn tell_change(&self, step: &Step, change: &FieldChange) -> bool {
        self.told_changes.contains(&(&step.reference, &change.path))
    }
}

/// All lines that change.
#[derive(Default)]
struct All<'a> {
    hunks: Vec<SharedHunk<'a>>,
    /// Where in `hunks` lines stand that this made.
    positions: HashMap<(Hunk, Option<&'a GitChange>), usize>,
    /// Which of `hunks` a change of a step has.
    of_steps: Vec<(&'a ObjectRef, &'a FieldPath, usize)>,
}

impl<'a> All<'a> {
    fn add(&mut self, step: &'a Step, change: &'a FieldChange, blame: &'a Blame) {
        let by = blame.of(&step.reference, &change.path);
        for hunk in hunks(change) {
            let next = self.hunks.len();
            let position = *self.positions.entry((hunk.clone(), by)).or_insert(next);
            if position == next {
                self.hunks.push(SharedHunk {
                    hunk,
                    by,
                    place: change.place.as_ref(),
                    steps: Vec::new(),
                });
            }
            self.hunks[position].add(step, change);
            self.of_steps.push((&step.reference, &change.path, position));
        }
    }

    /// Those that several objects have, where these say all of one.
    fn shared(self) -> SameLines<'a> {
        let is_wide = |position: &usize| self.hunks[*position].steps.len() >= FEWEST;
        let of_steps = || self.of_steps.iter();
        let untold = of_steps().filter(|(.., position)| !is_wide(position));
        let untold: HashSet<&ObjectRef> = untold.map(|(object, ..)| *object).collect();
        let told = of_steps().filter(|(object, ..)| !untold.contains(object));
        let (told, needed): (HashSet<&'a ObjectRef>, HashSet<usize>) =
            told.map(|(object, _, position)| (*object, *position)).unzip();
        let is_needed = |position: &usize| needed.contains(position);
        let change = |(object, path, _): &(&'a ObjectRef, &'a FieldPath, usize)| (*object, *path);
        let rest = of_steps().filter(|(.., position)| !is_needed(position));
        let rest: HashSet<_> = rest.map(change).collect();
        let told_changes = of_steps().map(change).filter(|change| !rest.contains(change)).collect();
        let hunks = self.hunks.into_iter().enumerate();
        let needed = hunks.filter(|(position, _)| is_needed(position));
        SameLines {
            hunks: needed.map(|(_, hunk)| hunk).collect(),
            told,
            told_changes,
        }
    }
}

impl<'a> SharedHunk<'a> {
    fn add(&mut self, step: &'a Step, change: &FieldChange) {
        self.place = self.place.filter(|place| change.place.as_ref() == Some(place));
        if self.steps.last().is_none_or(|last| last.reference != step.reference) {
            self.steps.push(step);
        }
    }
}

/// Whether nothing is to be known of a step but lines of its texts.
fn is_plain(step: &Step) -> bool {
    let is_lines =
        |change: &FieldChange| is_by_git(change) && (rollout::is_digest(&change.path) || texts(change).is_some());
    is_plain_update(step) && step.changes.iter().all(is_lines)
}

/// A text of several lines that becomes another, where neither is too long to be looked at.
fn texts(change: &FieldChange) -> Option<[&str; 2]> {
    let (Shown::Value(Value::String(before)), Shown::Value(Value::String(after))) = (&change.before, &change.after)
    else {
        return None;
    };
    let has_lines = before.contains('\n') && after.contains('\n');
    (has_lines && before.len() + after.len() <= LONGEST).then_some([before, after])
}

/// The lines of a text that change; none where it is no text.
fn hunks(change: &FieldChange) -> Vec<Hunk> {
    let Some([before, after]) = texts(change) else {
        return Vec::new();
    };
    let diff = TextDiff::from_lines(before, after);
    let changed = diff.ops().split(|op| op.tag() == DiffTag::Equal);
    let hunks = changed.filter(|ops| !ops.is_empty()).map(|ops| {
        let mut hunk = Hunk::default();
        for change in ops.iter().flat_map(|op| diff.iter_changes(op)) {
            match change.tag() {
                ChangeTag::Delete => hunk.removed.push(change.value().to_owned()),
                ChangeTag::Insert => hunk.added.push(change.value().to_owned()),
                ChangeTag::Equal => {}
            }
        }
        hunk
    });
    hunks.collect()
}
