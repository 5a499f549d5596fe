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
            // Of a text of several lines it matters where in it the change is.
            let is_short = change.path == inputs || !has_lines(before) && !has_lines(after);
            let whole = [old.as_str(), new.as_str()];
            let is_by = |[old, new]: [&str; 2]| !new.is_empty() && is_by(before, after, [old, new]);
            is_short && (is_by(whole) || is_by(without_common(whole)))
        }
        _ => false,
    }
}

/// Whether `after` is `before` but for `new` in place of `old`.
fn is_by(before: &Value, after: &Value, [old, new]: [&str; 2]) -> bool {
    match (before, after) {
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len()
                && before
                    .iter()
                    .zip(after)
                    .all(|(before, after)| is_by(before, after, [old, new]))
        }
        (Value::Object(before), Value::Object(after)) => {
            let both =
                |(key, before): (&String, &Value)| after.get(key).is_some_and(|after| is_by(before, after, [old, new]));
            before.len() == after.len() && before.iter().all(both)
        }
        _ if before == after => true,
        _ => {
            let texts = scalar(before).zip(scalar(after));
            texts.is_some_and(|(before, after)| after.replace(new, old) == before)
        }
    }
}

/// Two texts without what both begin and end with, as where a parameter is a pattern that is filled in.
fn without_common([old, new]: [&str; 2]) -> [&str; 2] {
    let same = |(one, other): &((usize, char), char)| one.1 == *other;
    let begin = old.char_indices().zip(new.chars()).take_while(same).last();
    let begin = begin.map_or(0, |((at, letter), _)| at + letter.len_utf8());
    let [old, new] = [&old[begin..], &new[begin..]];
    let same = |(one, other): &(char, char)| one == other;
    let end = old.chars().rev().zip(new.chars().rev()).take_while(same);
    let end: usize = end.map(|(letter, _)| letter.len_utf8()).sum();
    [&old[..old.len() - end], &new[..new.len() - end]]
}

/// Whether a text in it has several lines.
fn has_lines(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\n'),
        Value::Array(items) => items.iter().any(has_lines),
        Value::Object(map) => map.values().any(has_lines),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_told_by_an_edit_where_nothing_else_changes_in_it() {
        for (before, after, texts) in [
            (json!("web:1"), json!("web:2"), ["1", "2"]),
            (json!(1), json!(3), ["1", "3"]),
            (
                json!(["--host=a.one.org"]),
                json!(["--host=a.two.org"]),
                ["%s.one.org", "%s.two.org"],
            ),
            (
                json!([{"host": "a.one"}, 1]),
                json!([{"host": "a.two"}, 1]),
                ["one", "two"],
            ),
        ] {
            let told = is_by(&before, &after, texts) || is_by(&before, &after, without_common(texts));
            assert!(told, "{before} {after} {texts:?}");
        }
        for (before, after, texts) in [
            (json!("web:1 a"), json!("web:2 b"), ["1", "2"]),
            (json!(["a1"]), json!(["a2", "b"]), ["1", "2"]),
            (json!({"a": "1"}), json!({"b": "2"}), ["1", "2"]),
            (json!("1"), json!(null), ["1", "2"]),
        ] {
            assert!(!is_by(&before, &after, texts), "{before} {after} {texts:?}");
        }
        assert_eq!(without_common(["%s.one.org", "%s.two.org"]), ["one", "two"]);
        assert_eq!(without_common(["aé1", "aé2"]), ["1", "2"]);
        assert_eq!(without_common(["1.1", "1.1.1"]), ["", ".1"]);
    }
}
