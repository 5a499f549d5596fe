//! The edits in git behind a plan: what was edited, and all that it changes.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::compare::{Blame, Cause, Edit, FieldChange, GitChange, Shown};
use super::{Action, Plan, Reason, Step, Unverified, Work};
use crate::diagnostic::place::Place;
use crate::kinds::{jobs, rollout};
use crate::object::ObjectRef;
use crate::object::field::{FieldPath, PathElement};

/// A commit none of whose edits changes as many objects is told with each of them.
const FEWEST: usize = 3;

/// The edits of commits that change several objects at once, and the steps of which they say all.
#[derive(Debug, Default)]
pub struct Edits<'a> {
    /// By what made them, then by place.
    pub edits: Vec<Edited<'a>>,
    told: HashSet<&'a ObjectRef>,
}

/// An edit in git, and what it changes.
#[derive(Debug, Clone)]
pub struct Edited<'a> {
    /// Where it is.
    pub place: &'a Place,
    /// What was edited.
    pub edit: &'a Edit,
    /// What made it, where that is known.
    pub by: Option<&'a GitChange>,
    /// The steps with a field that it changes, in the order of the plan.
    pub steps: Vec<&'a Step>,
}

impl<'a> Edits<'a> {
    /// The edits behind `plan`.
    pub fn of(plan: &'a Plan, blame: &'a Blame) -> Self {
        let mut all: BTreeMap<Key<'a>, Edited<'a>> = BTreeMap::new();
        for step in &plan.steps {
            for change in &step.changes {
                let Some((key, place, edit)) = edit_of(change) else {
                    continue;
                };
                let edited = all.entry(key).or_insert_with(|| Edited {
                    place,
                    edit,
                    by: blame.of(&step.reference, &change.path),
                    steps: Vec::new(),
                });
                if edited.steps.last().is_none_or(|last| last.reference != step.reference) {
                    edited.steps.push(step);
                }
            }
        }
        let wide: Vec<Option<&GitChange>> = all
            .values()
            .filter(|edited| edited.steps.len() >= FEWEST)
            .map(|edited| edited.by)
            .collect();
        all.retain(|_, edited| wide.contains(&edited.by));
        let is_told = |step: &&Step| says_all_of(step, &all);
        let told = plan.steps.iter().filter(is_told).map(|step| &step.reference).collect();
        let mut edits: Vec<Edited<'a>> = all.into_values().collect();
        // In the order in which their commits come up first; places are in order already.
        let mut seen: Vec<Option<&GitChange>> = Vec::new();
        for edited in &edits {
            if !seen.contains(&edited.by) {
                seen.push(edited.by);
            }
        }
        edits.sort_by_key(|edited| seen.iter().position(|by| *by == edited.by));
        Self { edits, told }
    }

    /// Whether the edits say all that there is to say of a step: each of its fields is what an edit makes it, and
    /// nothing else is to be known.
    pub fn tell(&self, step: &Step) -> bool {
        self.told.contains(&step.reference)
    }
}

/// By which an edit is known: its file and where it stands there, and what it is.
type Key<'a> = (&'a str, usize, Option<&'a (String, String)>);

fn edit_of(change: &FieldChange) -> Option<(Key<'_>, &Place, &Edit)> {
    let is_by_git = change.cause == Cause::Git && !change.guessed && change.taken.is_none();
    let (place, edit) = change.place.as_ref().zip(change.edit.as_ref()).filter(|_| is_by_git)?;
    Some(((place.file.path(), place.span.start, edit.texts.as_ref()), place, edit))
}

fn says_all_of(step: &Step, edits: &BTreeMap<Key<'_>, Edited<'_>>) -> bool {
    let is_plain = match step.reason {
        Reason::Fields => step.action == Action::Update,
        Reason::Runs(_) => true,
        _ => false,
    };
    let moves = matches!(&step.work, Work::Apply(work) if work.migration.is_some());
    let is_quiet = step.warnings.is_empty()
        && step.generates.is_empty()
        && step.guess.is_none()
        && step.moved.is_none()
        // That our own merge was asked is said once, of all.
        && matches!(step.unverified, None | Some(Unverified::NotAllowed))
        && !moves;
    let is_edit = |change: &FieldChange| {
        edit_of(change).is_some_and(|(key, _, edit)| edits.contains_key(&key) && is_nothing_else(change, edit))
    };
    let has_edit = step.changes.iter().any(is_edit);
    let all = step.changes.iter().all(|change| is_edit(change) || is_followed(change));
    is_plain && is_quiet && has_edit && all
}

/// Whether the field changes by nothing but what was edited: with the old text in place of the new one, it is what it
/// was.
fn is_nothing_else(change: &FieldChange, edit: &Edit) -> bool {
    let inputs = FieldPath::of(&["metadata", "annotations", jobs::INPUTS]);
    match (&change.before, &change.after, &edit.texts) {
        (Shown::Masked(_), Shown::Masked(_), None) => true,
        (Shown::Value(before), Shown::Value(after), Some((old, new))) => {
            let (Some(before), Some(after)) = (scalar(before), scalar(after)) else {
                return false;
            };
            let is_short = change.path == inputs || !(before.contains('\n') || after.contains('\n'));
            is_short && !new.is_empty() && after.contains(new.as_str()) && after.replace(new.as_str(), old) == before
        }
        _ => false,
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether pods start anew by this for what is shown elsewhere: the digest of what they read.
fn is_followed(change: &FieldChange) -> bool {
    let last = change.path.elements().last();
    change.cause == Cause::Git
        && matches!(last, Some(PathElement::Field(name)) if [rollout::CONFIGURATION, rollout::SECRETS].contains(&name.as_str()))
}
