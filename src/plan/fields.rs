//! Fields that change in several objects by the same edit, to values of their own.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::Step;
use super::compare::{Blame, FieldChange, GitChange, Shown};
use super::edits::{FEWEST, is_by_git, is_plain_update};
use crate::diagnostic::place::Place;
use crate::kinds::rollout;
use crate::object::ObjectRef;
use crate::object::field::{FieldPath, PathElement};

/// Texts of more bytes are told by themselves.
const LONGEST: usize = 60;

/// The fields that several objects have in common, where these are all that changes in each, and the steps of which
/// they say all.
#[derive(Debug, Default)]
pub struct SameFields<'a> {
    /// The groups, in the order in which each comes up first.
    pub groups: Vec<SharedFields<'a>>,
    told: HashSet<&'a ObjectRef>,
}

/// Fields that change in several objects, each to a short value.
#[derive(Debug)]
pub struct SharedFields<'a> {
    /// The fields, in the order of the paths.
    pub fields: Vec<SharedField<'a>>,
    /// What changed them in git, where that is known.
    pub by: Option<&'a GitChange>,
    /// The steps with these fields, in the order of the plan.
    pub steps: Vec<&'a Step>,
}

/// A field, and from which to which value it changes where.
#[derive(Debug)]
pub struct SharedField<'a> {
    /// Its path, which does not say which items of lists it is in.
    pub path: FieldPath,
    /// Where git says so, where it is one place for all.
    pub place: Option<&'a Place>,
    /// The values before and after, in the order in which they come up first, each with the steps that have it.
    pub values: Vec<([&'a Value; 2], Vec<&'a Step>)>,
}

impl<'a> SameFields<'a> {
    /// The fields that several of `steps` change in the same way.
    pub fn of(steps: impl Iterator<Item = &'a Step>, blame: &'a Blame) -> Self {
        let mut all: Vec<SharedFields<'a>> = Vec::new();
        let mut positions: HashMap<(Vec<FieldPath>, Option<&GitChange>), usize> = HashMap::new();
        for step in steps {
            let Some(fields) = fields(step) else { continue };
            let by = fields
                .iter()
                .map(|(_, change, _)| blame.of(&step.reference, &change.path));
            let Some(by) = only_one(by) else { continue };
            let paths: Vec<FieldPath> = fields.iter().map(|(path, ..)| path.clone()).collect();
            match positions.entry((paths, by)) {
                Entry::Occupied(position) => all[*position.get()].add(step, &fields),
                Entry::Vacant(position) => {
                    position.insert(all.len());
                    all.push(SharedFields::new(step, fields, by));
                }
            }
        }
        all.retain(|shared| shared.steps.len() >= FEWEST);
        let told = all.iter().flat_map(|shared| &shared.steps);
        Self {
            told: told.map(|step| &step.reference).collect(),
            groups: all,
        }
    }

    /// Whether these say all that there is to say of a step.
    pub fn tell(&self, step: &Step) -> bool {
        self.told.contains(&step.reference)
    }
}

impl<'a> SharedFields<'a> {
    fn new(step: &'a Step, fields: Vec<ComparedField<'a>>, by: Option<&'a GitChange>) -> Self {
        let fields = fields.into_iter().map(|(path, change, values)| SharedField {
            path,
            place: change.place.as_ref(),
            values: vec![(values, vec![step])],
        });
        Self {
            fields: fields.collect(),
            by,
            steps: vec![step],
        }
    }

    /// Adds a step with the same fields.
    fn add(&mut self, step: &'a Step, fields: &[ComparedField<'a>]) {
        for (field, (_, change, values)) in self.fields.iter_mut().zip(fields) {
            field.place = field.place.filter(|place| change.place.as_ref() == Some(place));
            match field.values.iter_mut().find(|(known, _)| known == values) {
                Some((_, steps)) => steps.push(step),
                None => field.values.push((*values, vec![step])),
            }
        }
        self.steps.push(step);
    }
}

/// A field of a step, by its path that names no items of lists, with the values before and after.
type ComparedField<'a> = (FieldPath, &'a FieldChange, [&'a Value; 2]);

/// The fields of a step, by path, where nothing is to be known of it but these and what its pods read.
fn fields(step: &Step) -> Option<Vec<ComparedField<'_>>> {
    if !is_plain_update(step) || !step.changes.iter().all(is_by_git) {
        return None;
    }
    let changes = step.changes.iter().filter(|change| !rollout::is_digest(&change.path));
    let fields = changes.map(|change| Some((without_items(&change.path), change, values(change)?)));
    let mut fields = fields.collect::<Option<Vec<_>>>()?;
    fields.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    let is_twice = fields.windows(2).any(|pair| pair[0].0 == pair[1].0);
    (!fields.is_empty() && !is_twice).then_some(fields)
}

/// A path that names lists, and not their items.
fn without_items(path: &FieldPath) -> FieldPath {
    path.elements().iter().fold(FieldPath::root(), |path, element| {
        path.join(match element {
            PathElement::Field(_) => element.clone(),
            PathElement::Key(_) | PathElement::Value(_) | PathElement::Index(_) => {
                PathElement::key(serde_json::Map::new())
            }
        })
    })
}

/// The values before and after, where both may be shown and are on one line.
fn values(change: &FieldChange) -> Option<[&Value; 2]> {
    let (Shown::Value(before), Shown::Value(after)) = (&change.before, &change.after) else {
        return None;
    };
    let is_short = |value: &Value| match value {
        Value::String(text) => !text.contains('\n') && text.len() <= LONGEST,
        Value::Object(_) | Value::Array(_) => false,
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    };
    (!change.reordered && is_short(before) && is_short(after)).then_some([before, after])
}

/// What all are, if there are any.
fn only_one<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}
