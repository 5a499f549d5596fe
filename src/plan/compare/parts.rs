//! The parts of a value that differ: items of a list that is one value for the server, lines of a text.

use serde_json::Value;

use super::Difference;
use super::texts::SourceText;
use crate::diagnostic::place::Origin;
use crate::kinds::jobs;
use crate::object::DesiredObject;
use crate::object::field::{FieldPath, PathElement};

/// How many parts are looked at: finding the place of each costs something, and a change of more is read as a whole.
const MOST: usize = 64;

/// The parts of a field that differ.
pub(super) struct Parts {
    /// The parts, in their order.
    pub(super) parts: Vec<Part>,
    /// Whether there is no other.
    pub(super) are_all: bool,
}

/// A part of a value.
pub(super) struct Part {
    path: FieldPath,
    /// Which line of it, where it is a text.
    line: Option<usize>,
}

impl Parts {
    /// Those of a difference; one at least, the whole.
    pub(super) fn of(difference: &Difference) -> Self {
        let mut found = Self {
            parts: Vec::new(),
            are_all: true,
        };
        match difference.before.as_ref().zip(difference.after.as_ref()) {
            Some((before, after)) if !difference.reordered => found.add(difference.path.clone(), before, after),
            _ => found.push(difference.path.clone(), None),
        }
        found
    }

    fn push(&mut self, path: FieldPath, line: Option<usize>) {
        if self.parts.len() < MOST {
            self.parts.push(Part { path, line });
        } else {
            self.are_all = false;
        }
    }

    /// What differs between two values at `path`, as far as both sides have it.
    fn add(&mut self, path: FieldPath, before: &Value, after: &Value) {
        match (before, after) {
            _ if before == after => {}
            (Value::Array(before), Value::Array(after)) => {
                let both = before.iter().zip(after).enumerate();
                for (index, (before, after)) in both {
                    self.add(path.join(PathElement::Index(index)), before, after);
                }
                self.shape(path, before.len() == after.len());
            }
            (Value::Object(before), Value::Object(after)) => {
                let is_same = before.len() == after.len() && before.keys().all(|key| after.contains_key(key));
                for (key, before) in before {
                    if let Some(after) = after.get(key) {
                        self.add(path.join(PathElement::field(key)), before, after);
                    }
                }
                self.shape(path, is_same);
            }
            (Value::String(before), Value::String(after)) => self.lines(&path, before, after),
            _ => self.push(path, None),
        }
    }

    /// What one side has alone is of no part.
    fn shape(&mut self, path: FieldPath, is_same: bool) {
        if !is_same {
            self.are_all = false;
            if self.parts.is_empty() {
                self.push(path, None);
            }
        }
    }

    /// The lines that differ; the first alone where others come or go.
    fn lines(&mut self, path: &FieldPath, before: &str, after: &str) {
        let (then, now): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
        let mut differ = (0..now.len()).filter(|line| then.get(*line) != Some(&now[*line]));
        if then.len() == now.len() {
            differ.for_each(|line| self.push(path.clone(), Some(line)));
        } else {
            self.are_all = false;
            let first = differ.next().or_else(|| now.len().checked_sub(1));
            self.push(path.clone(), first.or(Some(0)));
        }
        if before.lines().eq(after.lines()) {
            // Only how the last line ends differs.
            self.push(path.clone(), Some(now.len().saturating_sub(1)));
        }
    }
}

impl Part {
    pub(super) fn origins(&self, object: &DesiredObject) -> Vec<Origin> {
        match self.line {
            Some(line) => object.origins.of_line(&self.path, line),
            None => object.origins.of(&self.path),
        }
    }
}

/// Whether the field changes by nothing but this edit: with the old text in place of the new one, it is what it was.
/// Of a text of several lines it matters where in it the change is, but for the inputs of a Job.
pub(super) fn is_by(difference: &Difference, [old, new]: &[SourceText; 2]) -> bool {
    let Some((before, after)) = difference.before.as_ref().zip(difference.after.as_ref()) else {
        return false;
    };
    let inputs = FieldPath::of(&["metadata", "annotations", jobs::INPUTS]);
    let is_short = difference.path == inputs || !has_lines(before) && !has_lines(after);
    let whole = [old.value.as_str(), new.value.as_str()];
    let is_by = |[old, new]: [&str; 2]| !new.is_empty() && is_replaced(before, after, [old, new]);
    is_short && !difference.reordered && (is_by(whole) || is_by(without_common(whole)))
}

/// Whether `after` is `before` but for `new` in place of `old`.
fn is_replaced(before: &Value, after: &Value, [old, new]: [&str; 2]) -> bool {
    match (before, after) {
        (Value::Array(before), Value::Array(after)) => {
            let mut both = before.iter().zip(after);
            before.len() == after.len() && both.all(|(before, after)| is_replaced(before, after, [old, new]))
        }
        (Value::Object(before), Value::Object(after)) => {
            let is_both = |(key, before): (&String, &Value)| {
                let after = after.get(key);
                after.is_some_and(|after| is_replaced(before, after, [old, new]))
            };
            before.len() == after.len() && before.iter().all(is_both)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn difference(before: Value, after: Value) -> Difference {
        Difference {
            path: FieldPath::of(&["spec"]),
            before: Some(before),
            after: Some(after),
            reordered: false,
        }
    }

    fn parts(before: Value, after: Value) -> (Vec<(String, Option<usize>)>, bool) {
        let Parts { parts, are_all } = Parts::of(&difference(before, after));
        let parts = parts.into_iter().map(|part| (part.path.to_string(), part.line));
        (parts.collect(), are_all)
    }

    #[test]
    fn each_part_that_differs_is_found_as_far_as_both_sides_have_it() {
        let found = |path: &str, line| (path.to_owned(), line);
        assert_eq!(
            parts(json!(["a", {"b": 1}, "c\nd"]), json!(["x", {"b": 2}, "c\ne"])),
            (
                vec![
                    found("spec[0]", Some(0)),
                    found("spec[1].b", None),
                    found("spec[2]", Some(1))
                ],
                true
            )
        );
        assert_eq!(
            parts(json!(["a"]), json!(["x", "y"])),
            (vec![found("spec[0]", Some(0))], false)
        );
        assert_eq!(
            parts(json!({"a": 1}), json!({"b": 1})),
            (vec![found("spec", None)], false)
        );
        assert_eq!(
            parts(json!("a\nb"), json!("a\nx\nb")),
            (vec![found("spec", Some(1))], false)
        );
        let many = |letter: &str| Value::from(vec![letter; MOST + 1]);
        assert_eq!(parts(many("a"), many("b")).0.len(), MOST);
        assert!(!parts(many("a"), many("b")).1);
    }

    #[test]
    fn a_field_changes_by_an_edit_where_nothing_else_changes_in_it() {
        let by = |before: &Value, after: &Value, [old, new]: [&str; 2]| {
            let written = |value: &str| SourceText {
                key: None,
                value: value.to_owned(),
            };
            is_by(
                &difference(before.clone(), after.clone()),
                &[written(old), written(new)],
            )
        };
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
            assert!(by(&before, &after, texts), "{before} {after} {texts:?}");
        }
        for (before, after, texts) in [
            (json!("web:1 a"), json!("web:2 b"), ["1", "2"]),
            (json!(["a1"]), json!(["a2", "b"]), ["1", "2"]),
            (json!({"a": "1"}), json!({"b": "2"}), ["1", "2"]),
            (json!("1"), json!(null), ["1", "2"]),
            (json!("1\nx"), json!("2\nx"), ["1", "2"]),
            (json!("1"), json!(""), ["1", ""]),
        ] {
            assert!(!by(&before, &after, texts), "{before} {after} {texts:?}");
        }
        assert_eq!(without_common(["%s.one.org", "%s.two.org"]), ["one", "two"]);
        assert_eq!(without_common(["aé1", "aé2"]), ["1", "2"]);
        assert_eq!(without_common(["1.1", "1.1.1"]), ["", ".1"]);
    }
}
