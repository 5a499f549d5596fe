//! Fields that change in several objects, to values of their own: once, with the objects that have each value.

use super::super::value;
use super::commits::by;
use super::edits::by_kind;
use super::followers::restarts;
use super::{Line, Lines, Restarted, Tone};
use crate::diagnostic::names::counted;
use crate::plan::compare::Blame;
use crate::plan::{Action, SameFields, SharedField, SharedFields};

/// A section for each group of fields.
pub(super) fn sections(same: &SameFields<'_>, blame: &Blame) -> Vec<Lines> {
    same.groups.iter().map(|shared| section(shared, blame)).collect()
}

fn section(shared: &SharedFields<'_>, blame: &Blame) -> Lines {
    let objects = counted(shared.steps.len(), "object");
    let title = format!(
        "{} {:<9} {objects}: the same {}",
        Action::Update.glyph(),
        Action::Update.word(),
        if shared.fields.len() == 1 { "field" } else { "fields" }
    );
    let restarted = restarts(&Restarted::among(shared.steps.iter().copied()));
    let title = Line::new(0, title).beside(format!("{restarted}-v shows them"));
    let mut lines = Lines::from(title.tone(Tone::Of(Action::Update)));
    for field in &shared.fields {
        lines.append(values(field));
    }
    let by = shared.by.map(|by| format!("git: {}", self::by(by, blame)));
    lines.append(by.map(|by| Line::prose(4, by)));
    lines
}

/// A field with where git says so, and below it which objects have which value.
fn values(field: &SharedField<'_>) -> Lines {
    let place = field
        .place
        .map(|place| format!("{}:{}", place.file.path(), place.line()));
    let path = Line::new(4, field.path.to_string()).beside(place.unwrap_or_default());
    let values = field.values.iter().map(|(values, steps)| {
        let [before, after] = value::in_line(*values);
        Line::prose(6, format!("{}: {before} → {after}", by_kind(steps)))
    });
    std::iter::once(path).chain(values).collect()
}
