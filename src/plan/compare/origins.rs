//! Where git says what a field is, and which of these places was edited.

use serde_json::Value;

use super::Difference;
use crate::diagnostic::place::{Origin, Place, Role};
use crate::object::DesiredObject;

/// What made the value of a field, and what of it to point at.
pub(super) struct Origins {
    /// All of it: the place where it is written first, then what was read.
    pub(super) all: Vec<Origin>,
    /// The place whose text differs from what git said before, where that is known. Else the parameter that was read
    /// first, since a value that comes from one is changed there; else where the value is written.
    pub(super) place: Option<Place>,
}

impl Origins {
    /// Of a field; of a text of several lines, of the first that differs. `base` is what git said before.
    pub(super) fn of(desired: &DesiredObject, base: Option<&DesiredObject>, difference: &Difference) -> Self {
        let line = first_line(difference);
        let all = at(desired, difference, line);
        let then = base.map(|base| at(base, difference, line)).unwrap_or_default();
        let is_parameter = |origin: &&Origin| matches!(origin.role, Role::Parameter | Role::SecretParameter);
        let edited: Vec<&Origin> = match base {
            Some(_) => edited(&all, &then),
            None => Vec::new(),
        };
        let origin = edited
            .iter()
            .copied()
            .find(is_parameter)
            .or(edited.first().copied())
            .or_else(|| all.iter().find(is_parameter))
            .or(all.first());
        Self {
            place: origin.map(|origin| origin.place.clone()),
            all,
        }
    }
}

/// Those of `now` whose text is not what it was. As long as the same was read, each is compared with the one in its
/// place, since two parameters may have one text.
fn edited<'a>(now: &'a [Origin], then: &[Origin]) -> Vec<&'a Origin> {
    let is_same = |now: &Origin, then: &Origin| then.role == now.role && text(then) == text(now);
    let edited = now.iter().enumerate().filter(|(index, origin)| {
        if now.len() == then.len() {
            !is_same(origin, &then[*index])
        } else {
            !then.iter().any(|then| is_same(origin, then))
        }
    });
    edited.map(|(_, origin)| origin).collect()
}

/// The first line that differs, where the values are text.
fn first_line(difference: &Difference) -> Option<usize> {
    let (Some(Value::String(before)), Some(Value::String(after))) = (&difference.before, &difference.after) else {
        return None;
    };
    let lines = before.lines().zip(after.lines());
    let same = lines.take_while(|(before, after)| before == after).count();
    Some(same.min(after.lines().count().saturating_sub(1)))
}

fn at(object: &DesiredObject, difference: &Difference, line: Option<usize>) -> Vec<Origin> {
    match line {
        Some(line) => object.origins.of_line(&difference.path, line),
        None => object.origins.of(&difference.path),
    }
}

/// What stands at an origin.
fn text(origin: &Origin) -> Option<&str> {
    let Place { file, span } = &origin.place;
    file.text().get(span.clone())
}
