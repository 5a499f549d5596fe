//! The workloads that restart only since their pods read what changes: by what they read.

use super::super::value::few;
use super::edits::by_kind;
use super::{Line, Lines, Tone};
use crate::diagnostic::names::counted;
use crate::object::ObjectRef;
use crate::plan::{Action, Edits, Followers, Restarts, Step};

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
        "{} {:<9} {}: what {} changes",
        Action::Update.glyph(),
        Action::Update.word(),
        counted(count, "workload"),
        if count == 1 { "it reads" } else { "they read" }
    );
    let all = groups.iter().flat_map(|(_, steps)| steps.iter().copied());
    let title = Line::new(0, title).beside(format!("{}-v shows them", restarted(all)));
    let title = title.tone(Tone::Of(Action::Update));
    let lines = groups.iter().map(|(read, steps)| {
        let read: Vec<ObjectRef> = read.iter().map(|reference| (*reference).clone()).collect();
        Line::prose(4, format!("{}: {}", few(&read), by_kind(steps)))
    });
    Some(std::iter::once(title).chain(lines).collect())
}

/// `restarts 3 pods, and pods on every node; `, as far as it is known how many there are.
fn restarted<'a>(steps: impl Iterator<Item = &'a Step>) -> String {
    let (mut pods, mut on_nodes) = (Some(0), false);
    for step in steps {
        match step.restarts {
            Some(Restarts::Pods(more)) => pods = pods.zip(more).map(|(pods, more)| pods + more),
            Some(Restarts::Daemons(_)) => on_nodes = true,
            Some(Restarts::OnDelete) | None => {}
        }
    }
    match (pods, on_nodes) {
        (Some(0), false) => String::new(),
        (Some(0), true) => "restarts pods on every node; ".to_owned(),
        (Some(pods), false) => format!("restarts {}; ", counted(pods, "pod")),
        (Some(pods), true) => format!("restarts {}, and pods on every node; ", counted(pods, "pod")),
        (None, _) => "restarts pods; ".to_owned(),
    }
}
