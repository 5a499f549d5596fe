//! Lines that change in the same way in several objects: once, with the objects that have them.

use super::commits::by;
use super::cut::cut;
use super::edits::by_kind;
use super::followers::restarts;
use super::marks::marked;
use super::{Line, Lines, Restarted, Sign, Tone};
use crate::diagnostic::names::counted;
use crate::plan::compare::Blame;
use crate::plan::{Action, SameLines, SharedHunk};

/// A section for each change of lines.
pub(super) fn sections(same: &SameLines<'_>, blame: &Blame) -> Vec<Lines> {
    same.hunks.iter().map(|shared| section(shared, blame)).collect()
}

fn section(shared: &SharedHunk<'_>, blame: &Blame) -> Lines {
    let objects = counted(shared.steps.len(), "object");
    let title = format!(
        "{} {:<9} {objects}: the same lines",
        Action::Update.glyph(),
        Action::Update.word()
    );
    let restarted = restarts(&Restarted::among(shared.steps.iter().copied()));
    let title = Line::new(0, title).beside(format!("{restarted}-v shows them"));
    let title = title.tone(Tone::Of(Action::Update));
    let objects = Line::prose(4, by_kind(&shared.steps));
    [title, objects].into_iter().chain(lines(shared, blame)).collect()
}

/// The lines that go and those that come, with where git says so and what made it.
fn lines(shared: &SharedHunk<'_>, blame: &Blame) -> Lines {
    let place = shared
        .place
        .map(|place| format!("{}:{}", place.file.path(), place.line()));
    let by = shared
        .by
        .map_or_else(|| "git".to_owned(), |by| format!("git: {}", self::by(by, blame)));
    let sides = [(Sign::Removed, &shared.hunk.removed), (Sign::Added, &shared.hunk.added)];
    let lines = sides
        .into_iter()
        .flat_map(|(sign, lines)| lines.iter().map(move |line| (sign, line)));
    let notes = place.into_iter().chain([by]).chain(std::iter::repeat(String::new()));
    let lines = lines.zip(notes);
    let lines = lines.map(|((sign, line), note)| Line::signed(sign, 6, line.trim_end_matches('\n')).beside(note));
    marked(cut(lines.collect()))
}
