//! The commits behind a plan: what each is about is said once, and further on its id stands for it.

use std::collections::HashSet;

use super::super::value::visible;
use super::{Detail, Heading, Line, Lines, Tone};
use crate::plan::compare::{Blame, GitChange};
use crate::plan::{Edits, Plan, Step};

/// What made git say something else, with the subject of a commit.
pub(super) fn alone(change: &GitChange) -> String {
    by(change, &Blame::default())
}

/// What made git say something else, where one change is told among others. A commit behind several has its id alone, since
/// [`section`] tells the rest.
pub(super) fn by(change: &GitChange, blame: &Blame) -> String {
    match change {
        GitChange::Commit { commit, .. } if blame.is_behind_several(commit) => commit.short().to_owned(),
        GitChange::Commit { commit, subject, .. } => format!("{} {}", commit.short(), visible(subject)),
        GitChange::Uncommitted => "not committed yet".to_owned(),
        GitChange::Parameters => "other parameters than were given".to_owned(),
        GitChange::NotYet => "not in git yet".to_owned(),
    }
}

/// `git: 3f2c1ab Bump the images (Jane Doe)`
pub(in crate::view) fn maker(by: Option<&GitChange>) -> String {
    match by {
        Some(GitChange::Commit {
            commit,
            subject,
            author,
        }) => format!("git: {} {} ({})", commit.short(), visible(subject), visible(author)),
        Some(other) => format!("git: {}", alone(other)),
        None => "git".to_owned(),
    }
}

/// A line for each commit behind several changes, but for those whose edits are told; nothing where there is none.
pub(super) fn section(plan: &Plan, heading: &Heading<'_>, edits: &Edits<'_>) -> Option<Lines> {
    let mut told: HashSet<Option<&GitChange>> = edits.edits.iter().map(|edited| edited.by).collect();
    let shown = plan.steps.iter().filter(|step| heading.shows(&step.reference));
    let changes = shown.flat_map(|step| behind(step, heading));
    let several = changes.filter(|change| match change {
        GitChange::Commit { commit, .. } => heading.blame.is_behind_several(commit),
        GitChange::Uncommitted | GitChange::Parameters | GitChange::NotYet => false,
    });
    let new = several.filter(|change| told.insert(Some(*change)));
    let lines: Lines = new
        .map(|change| Line::new(0, maker(Some(change))).tone(Tone::Strong))
        .collect();
    (!lines.is_empty()).then_some(lines)
}

/// What stands behind what is shown of a step in git: behind its deletion, and behind each of its fields.
fn behind<'a>(step: &'a Step, heading: &'a Heading<'_>) -> impl Iterator<Item = &'a GitChange> {
    let blame = heading.blame;
    let changes = match heading.detail {
        Detail::Objects => &[][..],
        Detail::Fields | Detail::Whole => &step.changes,
    };
    let fields = changes
        .iter()
        .filter_map(|change| blame.of(&step.reference, &change.path));
    blame.of_object(&step.reference).into_iter().chain(fields)
}
