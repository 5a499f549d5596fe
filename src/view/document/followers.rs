//! The workloads that restart only since their pods read what changes: by what they read.

use super::super::value::few;
use super::edits::by_kind;
use super::{Line, Lines, Restarted, Tone};
use crate::diagnostic::names::counted;
use crate::object::ObjectRef;
use crate::plan::{Action, Followers};

/// How many there are, and a line for what each group of them reads; nothing where there are none.
pub(super) fn section(followers: &Followers<'_>) -> Option<Lines> {
    let all = || followers.groups.values().flatten().copied();
    let count = all().count();
    if count == 0 {
        return None;
    }
    let title = format!(
        "{} {:<9} {}: what {} changes",
        Action::Update.glyph(),
        Action::Update.word(),
        counted(count, "workload"),
        if count == 1 { "it reads" } else { "they read" }
    );
    let title = Line::new(0, title).beside(format!("{}-v shows them", restarts(&Restarted::among(all()))));
    let title = title.tone(Tone::Of(Action::Update));
    let lines = followers.groups.iter().map(|(read, steps)| {
        let read: Vec<ObjectRef> = read.iter().map(|reference| (*reference).clone()).collect();
        Line::prose(4, format!("{}: {}", few(&read), by_kind(steps)))
    });
    Some(std::iter::once(title).chain(lines).collect())
}

/// `restarts 3 pods, and pods on every node; `, as far as it is known how many there are.
pub(super) fn restarts(restarted: &Restarted<'_>) -> String {
    match (restarted.pods, restarted.daemons.is_empty()) {
        (Some(0), true) => String::new(),
        (Some(0), false) => "restarts pods on every node; ".to_owned(),
        (Some(pods), true) => format!("restarts {}; ", counted(pods, "pod")),
        (Some(pods), false) => format!("restarts {}, and pods on every node; ", counted(pods, "pod")),
        (None, _) => "restarts pods; ".to_owned(),
    }
}
