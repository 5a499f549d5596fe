//! What becomes of an object: its first line says it, and those below it why.

use super::base::no_base;
use super::note::note;
use super::warning::warning;
use super::{Detail, Heading, Line, Lines, Tone, adoption, change, created, immutable};
use crate::kinds::generate::{Make, Making};
use crate::object::field::FieldPath;
use crate::plan::{Action, Plan, Reason, SameLines, Step, Work};

/// The lines of one object, the first of which says what becomes of it.
pub(in crate::view) fn step(step: &Step, plan: &Plan, heading: &Heading<'_>) -> Lines {
    let mut lines = Lines::from(first_line(step, plan, heading));
    lines.append(below(step, heading));
    lines
}

/// What becomes of an object, and why.
pub(in crate::view) fn first_line(step: &Step, plan: &Plan, heading: &Heading<'_>) -> Line {
    let text = format!("{} {:<9} {}", step.action.glyph(), step.action.word(), step.reference);
    Line::new(0, text)
        .beside(note(step, plan, heading))
        .tone(Tone::Of(step.action))
}

/// What stands below the first line.
pub(in crate::view) fn below(step: &Step, heading: &Heading<'_>) -> Lines {
    rest(step, heading, &SameLines::default())
}

/// What stands below the first line, but for the fields of which the lines that several objects have say all.
pub(super) fn rest(step: &Step, heading: &Heading<'_>, same: &SameLines<'_>) -> Lines {
    let mut lines = Lines::default();
    if let Reason::Immutable(replacement) = &step.reason {
        lines.append(immutable::lines(&step.reference, replacement));
    }
    if let Reason::Refused(error) = &step.reason
        && !error.is_only_message()
    {
        let text = crate::view::error::plain(error);
        lines.append(text.lines().map(|line| Line::new(4, line)));
    }
    lines.append(adoption::lines(step, heading));
    for change in step.changes.iter().filter(|change| !same.tell_change(step, change)) {
        lines.append(change::change(change, step, heading));
    }
    lines.append(becomes_ours(step));
    lines.append(step.generates.iter().map(generated));
    if heading.detail == Detail::Whole
        && step.action == Action::Create
        && let Work::Apply(work) = &step.work
    {
        lines.append(created::yaml(&work.desired).lines().map(created::added));
    }
    if let (true, Some(why)) = (heading.detail == Detail::Whole, &step.guess) {
        lines.push(Line::prose(4, format!("guessed, since {}", no_base(why))).tone(Tone::Faded));
    }
    for warning in &step.warnings {
        let words = self::warning(&step.reference, warning);
        lines.push(Line::prose(4, format!("warning: {words}")).tone(Tone::Warned));
    }
    lines
}

/// A value that is made in the cluster.
fn generated(make: &Make) -> Line {
    let path = FieldPath::of(&["data", &make.generated.key]);
    Line::new(4, path.to_string()).beside(match make.cause {
        Making::First | Making::Rotated => "generated in the cluster",
        Making::Lost => "generated again in the cluster: it is missing",
    })
}

/// Whose fields become ours, and from which version ours move.
fn becomes_ours(step: &Step) -> Lines {
    let mut lines = Lines::default();
    let Work::Apply(work) = &step.work else { return lines };
    for manager in work.migration.iter().flat_map(|migration| &migration.from) {
        let line = Line::new(4, format!("the fields of {} become ours", manager.name));
        lines.push(line.beside("takeover: their managed fields are migrated"));
    }
    if let Some(version) = &step.moved {
        let now = work.desired.gvk().api_version();
        let migration = work.migration.as_ref();
        let why = if migration.is_some_and(|migration| migration.gone_version.is_some()) {
            "migrated: the server does not know that version any more"
        } else {
            ""
        };
        lines.push(Line::new(4, format!("our fields, recorded as {version}, move to {now}")).beside(why));
    }
    lines
}
