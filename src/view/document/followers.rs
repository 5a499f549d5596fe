//! The workloads that restart only since their pods read what changes: by what they read.

use super::super::value::few;
use super::edits::by_kind;
use super::{Line, Lines, Tone};
use crate::diagnostic::names::counted;
use crate::object::ObjectRef;
use crate::plan::{Action, Edits, Followers, Step};

/// How many there are, and a line for what each group of them reads; nothing where there are none.
pub(super) fn section(followers: &Followers<'_>, edits: &Edits<'_>) -> Option<Lines> {
    let groups: Vec<(&Vec<&ObjectRef>, Vec<&Step>)> = followers
        .groups
        .iter()
        .map(|(read, steps)| (read, steps.iter().copied().filter(|step| !edits.tell(step)).collect()))
        .filter(|(_, steps): &(_, Vec<_>)| !steps.is_empty())
        .collect();
    let count: usize = groups.iter().map(|(_, steps)| steps.len()).sum();
    if count == 0 {
        return None;
    }
    let title = format!(
        "{} {:<9} {}, restarted for what they read",
        Action::Update.glyph(),
        Action::Update.word(),
        counted(count, "workload")
    );
    let title = Line::new(0, title).beside("-v shows them");
    let title = title.tone(Tone::Of(Action::Update));
    let lines = groups.iter().map(|(read, steps)| {
        let read: Vec<ObjectRef> = read.iter().map(|reference| (*reference).clone()).collect();
        Line::prose(4, format!("{}: {}", few(&read), by_kind(steps)))
    });
    Some(std::iter::once(title).chain(lines).collect())
}
