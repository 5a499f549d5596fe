//! Where git says what a field is, and which of these places was edited.

use serde_json::Value;

use super::{Difference, Edit};
use crate::diagnostic::place::{Origin, Place, Role};
use crate::object::DesiredObject;
use crate::object::field::{FieldPath, PathElement};

/// What made the value of a field, and what of it to point at.
pub(super) struct Origins {
    /// All of it: the place where it is written first, then what was read.
    pub(super) all: Vec<Origin>,
    /// The place whose text differs from what git said before, where that is known. Else the parameter that was read
    /// first, since a value that comes from one is changed there; else where the value is written.
    pub(super) place: Option<Place>,
    /// What was edited there, where that is known.
    pub(super) edit: Option<Edit>,
}

impl Origins {
    /// Of a field; of a list or a mapping that is one value, of its first part that differs, and of a text of several
    /// lines, of the first that does. `base` is what git said before.
    pub(super) fn of(desired: &DesiredObject, base: Option<&DesiredObject>, difference: &Difference) -> Self {
        let differs = Part::first(difference);
        let all = differs.origins(desired);
        let then = base.map(|base| differs.origins(base)).unwrap_or_default();
        let is_parameter = |origin: &&Origin| matches!(origin.role, Role::Parameter | Role::SecretParameter);
        let edited: Vec<Edited<'_>> = match base {
            Some(_) => edited(&all, &then),
            None => Vec::new(),
        };
        let edited = edited
            .iter()
            .find(|edited| is_parameter(&edited.now))
            .or(edited.first());
        let origin = edited
            .map(|edited| edited.now)
            .or_else(|| all.iter().find(is_parameter))
            .or(all.first());
        Self {
            place: origin.map(|origin| origin.place.clone()),
            edit: edited.map(Edited::edit),
            all,
        }
    }
}

/// An origin whose text is not what it was.
struct Edited<'a> {
    now: &'a Origin,
    /// The one that stood in its place, where it is known which.
    then: Option<&'a Origin>,
}

impl Edited<'_> {
    fn edit(&self) -> Edit {
        let open = |origin: &Origin| -> Option<Written> {
            // Of parameters it is known which are secret; elsewhere a whole file is, where anything in it is.
            let is_hidden =
                origin.role.is_secret() || origin.role != Role::Parameter && origin.place.file.is_confidential();
            text(origin).filter(|_| !is_hidden).map(written)
        };
        match self.then.and_then(open).zip(open(self.now)) {
            Some((then, now)) => Edit {
                key: now.key,
                texts: Some((then.value, now.value)),
            },
            None => Edit { key: None, texts: None },
        }
    }
}

/// What stands at an origin: `key: value`, or a value alone.
struct Written {
    key: Option<String>,
    value: String,
}

/// A value of one line is without its key, its quotes and a comment; one of several lines is as it is written.
fn written(text: &str) -> Written {
    let text = text.trim();
    let is_key = |key: &str| {
        !key.is_empty()
            && key
                .chars()
                .all(|letter| letter.is_alphanumeric() || "._-".contains(letter))
    };
    let entry = text
        .split_once(": ")
        .filter(|(key, _)| is_key(key) && !text.contains('\n'));
    let (key, value) = match entry {
        Some((key, value)) => (Some(key.to_owned()), value.trim()),
        None => (None, text),
    };
    let quoted = |quote| value.strip_prefix(quote)?.split_once(quote).map(|(inside, _)| inside);
    let plain = || value.split_once(" #").map_or(value, |(value, _)| value.trim_end());
    let value = quoted('"').or_else(|| quoted('\'')).unwrap_or_else(plain);
    Written {
        key,
        value: value.to_owned(),
    }
}

/// Those of `now` whose text is not what it was. As long as the same was read, each is compared with the one in its
/// place, since two parameters may have one text.
fn edited<'a>(now: &'a [Origin], then: &'a [Origin]) -> Vec<Edited<'a>> {
    let is_same = |now: &Origin, then: &Origin| then.role == now.role && text(then) == text(now);
    let edited = now.iter().enumerate().filter_map(|(index, now_there)| {
        let in_its_place = then.get(index).filter(|_| now.len() == then.len());
        let is_edited = match in_its_place {
            Some(then) => !is_same(now_there, then),
            None => !then.iter().any(|then| is_same(now_there, then)),
        };
        is_edited.then_some(Edited {
            now: now_there,
            then: in_its_place,
        })
    });
    edited.collect()
}

/// The part of a value that differs.
struct Part {
    path: FieldPath,
    /// Which line of it, where it is a text of several.
    line: Option<usize>,
}

impl Part {
    /// The first part that differs, as far as both sides have it.
    fn first(difference: &Difference) -> Self {
        let mut path = difference.path.clone();
        let mut sides = difference.before.as_ref().zip(difference.after.as_ref());
        while let Some((before, after)) = sides.filter(|_| !difference.reordered) {
            let Some((element, inner)) = first_within(before, after) else {
                break;
            };
            path = path.join(element);
            sides = Some(inner);
        }
        let line = sides.and_then(|(before, after)| first_line(before, after));
        Self { path, line }
    }

    fn origins(&self, object: &DesiredObject) -> Vec<Origin> {
        match self.line {
            Some(line) => object.origins.of_line(&self.path, line),
            None => object.origins.of(&self.path),
        }
    }
}

/// The first item, or the first field, that two lists or mappings have both, and not alike.
fn first_within<'v>(before: &'v Value, after: &'v Value) -> Option<(PathElement, (&'v Value, &'v Value))> {
    match (before, after) {
        (Value::Array(before), Value::Array(after)) => {
            let mut items = before.iter().zip(after).enumerate();
            let (index, both) = items.find(|(_, (before, after))| before != after)?;
            Some((PathElement::Index(index), both))
        }
        (Value::Object(before), Value::Object(after)) => {
            let both = before
                .iter()
                .filter_map(|(key, before)| Some((key, (before, after.get(key)?))));
            let (key, both) = both.into_iter().find(|(_, (before, after))| before != after)?;
            Some((PathElement::Field(key.clone()), both))
        }
        _ => None,
    }
}

/// The first line that differs, where both are text.
fn first_line(before: &Value, after: &Value) -> Option<usize> {
    let (Value::String(before), Value::String(after)) = (before, after) else {
        return None;
    };
    let lines = before.lines().zip(after.lines());
    let same = lines.take_while(|(before, after)| before == after).count();
    Some(same.min(after.lines().count().saturating_sub(1)))
}

/// What stands at an origin.
fn text(origin: &Origin) -> Option<&str> {
    let Place { file, span } = &origin.place;
    file.text().get(span.clone())
}
