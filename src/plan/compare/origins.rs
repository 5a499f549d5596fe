//! Where git says what a field is, and which of these places were edited.

use super::parts::{self, Part, Parts};
use super::texts::SourceText;
use super::{Difference, Edit};
use crate::diagnostic::place::{Origin, Place, Role};
use crate::object::DesiredObject;

/// What made the value of a field, and what of it was edited.
pub(super) struct FieldOrigins {
    /// What made the first part that differs: the place where it is written first, then what was read.
    pub(super) all: Vec<Origin>,
    /// The place of `all` whose text differs from what git said before, where that is known. Else the parameter that
    /// was read first, since a value that comes from one is changed there; else where the value is written.
    pub(super) place: Option<Place>,
    /// All edits that are known, of all parts that differ.
    pub(super) edits: Vec<Edit>,
    /// Whether there is one edit, and the field changes by nothing else.
    pub(super) is_by_edit: bool,
}

impl FieldOrigins {
    /// The origins of a field. `base` is what git said before.
    pub(super) fn of(desired: &DesiredObject, base: Option<&DesiredObject>, difference: &Difference) -> Self {
        let Parts { parts, are_all } = Parts::of(difference);
        let all = parts.first().map(|part| part.origins(desired)).unwrap_or_default();
        let edited: Vec<Vec<EditedOrigin>> = match base {
            Some(base) => parts.iter().map(|part| edited(part, desired, base)).collect(),
            None => Vec::new(),
        };
        let first = edited.first().into_iter().flatten().map(|edited| &edited.now);
        let place = first_parameter(first).or_else(|| first_parameter(all.iter()));
        let place = place.map(|origin| origin.place.clone());
        let is_explained = are_all && !edited.is_empty() && edited.iter().all(|edited| !edited.is_empty());
        let mut known: Vec<EditedOrigin> = Vec::new();
        for edited in edited.into_iter().flatten() {
            if !known.iter().any(|other| other.now.place == edited.now.place) {
                known.push(edited);
            }
        }
        let is_by_edit = match known.as_slice() {
            [one] if is_explained => one.texts().is_some_and(|texts| parts::is_by(difference, &texts)),
            _ => false,
        };
        Self {
            place,
            edits: known.iter().map(EditedOrigin::edit).collect(),
            is_by_edit,
            all,
        }
    }
}

/// The first that is a parameter; without one, the first.
fn first_parameter<'a>(origins: impl Iterator<Item = &'a Origin> + Clone) -> Option<&'a Origin> {
    let is_parameter = |origin: &&Origin| origin.role.is_parameter();
    origins.clone().find(is_parameter).or_else(|| origins.clone().next())
}

/// An origin whose text is not what it was.
struct EditedOrigin {
    now: Origin,
    /// The one that stood in its place, where it is known which.
    then: Option<Origin>,
}

impl EditedOrigin {
    /// What stood there, and what stands there now.
    fn texts(&self) -> Option<[SourceText; 2]> {
        let then = text(self.then.as_ref()?)?;
        Some(SourceText::both([then, text(&self.now)?], self.now.role == Role::File))
    }

    fn edit(&self) -> Edit {
        // Of parameters it is known which are secret; elsewhere a whole file is, where anything in it is.
        let is_open = |origin: &Origin| {
            let is_parameter = origin.role == Role::Parameter;
            !origin.role.is_secret() && (is_parameter || !origin.place.file.is_confidential())
        };
        let is_shown = is_open(&self.now) && self.then.as_ref().is_none_or(is_open);
        let texts = self.texts().filter(|_| is_shown);
        Edit {
            place: self.now.place.clone(),
            key: texts.as_ref().and_then(|[_, now]| now.key.clone()),
            texts: texts.map(|[then, now]| (then.value, now.value)),
        }
    }
}

/// The origins of a part whose text is not what it was. As long as the same was read, each is compared with the one in
/// its place, since two parameters may have one text.
fn edited(part: &Part, desired: &DesiredObject, base: &DesiredObject) -> Vec<EditedOrigin> {
    let (now, then) = (part.origins(desired), part.origins(base));
    let is_same = |now: &Origin, then: &Origin| then.role == now.role && text(then) == text(now);
    let is_paired = now.len() == then.len();
    let edited = now.into_iter().enumerate().filter_map(|(index, now)| {
        let in_its_place = then.get(index).filter(|_| is_paired);
        let is_edited = match in_its_place {
            Some(then) => !is_same(&now, then),
            None => !then.iter().any(|then| is_same(&now, then)),
        };
        is_edited.then(|| EditedOrigin {
            now,
            then: in_its_place.cloned(),
        })
    });
    edited.collect()
}

/// What stands at an origin.
fn text(origin: &Origin) -> Option<&str> {
    let Place { file, span } = &origin.place;
    file.text().get(span.clone())
}
