//! What came of a sync.

use std::collections::BTreeMap;

use super::super::error;
use super::super::value::few;
use super::{Line, Lines, Tone};
use crate::applyset::tally::OutcomeKind;
use crate::diagnostic::error::Error;
use crate::execute::report::Report;
use crate::execute::{DeletionBlock, NotPruned, NotReleased, Outcome};
use crate::kinds::finalizer;
use crate::kinds::health::Health;
use crate::kinds::termination;
use crate::object::ObjectRef;
use crate::object::shown::ShownPath;

/// What came of a sync, in the order in which it is read.
pub(in crate::view) struct ReportLines {
    /// The objects that are not as git wants them, each with its reason.
    pub(in crate::view) undone: Lines,
    /// Whether it is complete, and how many objects had which outcome.
    pub(in crate::view) verdict: Line,
    /// What is to be known besides: what was not waited for, not pruned, or not predicted.
    pub(in crate::view) remarks: Lines,
}

/// What came of a sync. Each failure is told once; of many objects that were not started for one reason only how many
/// they are, unless the `whole` of it is asked for.
pub(in crate::view) fn report(report: &Report, whole: bool) -> ReportLines {
    let mut undone = Lines::default();
    let mut blocked = if whole { BTreeMap::new() } else { report.blocked() };
    let mut stopped = Vec::new();
    for (reference, outcome) in report.outcomes.iter().filter(|(_, outcome)| !outcome.is_done()) {
        match outcome {
            Outcome::Blocked { .. } if !whole => continue,
            Outcome::Stopped if !whole => {
                stopped.push(reference);
                continue;
            }
            _ => undone.append(undone_object(reference, outcome)),
        }
        if let Some(objects) = blocked.remove(reference) {
            undone.push(waits_in_vain(reference, &objects));
        }
    }
    for (cause, objects) in blocked {
        undone.push(waits_in_vain(cause, &objects));
    }
    undone.append(not_started(&stopped, &reason_text(&Outcome::Stopped)));
    undone.append(open(report, whole));
    ReportLines {
        undone,
        verdict: verdict(report),
        remarks: remarks(report, whole),
    }
}

fn verdict(report: &Report) -> Line {
    let tally = report.tally();
    let counted = match tally.total() {
        0 => "nothing to do".to_owned(),
        _ => tally.to_string(),
    };
    let word = if report.is_complete() { "complete" } else { "incomplete" };
    Line::new(0, format!("{word}: {counted}"))
}

fn remarks(report: &Report, whole: bool) -> Lines {
    let mut lines: Lines = unawaited(report, whole).into_iter().collect();
    if let Some((objects, why)) = &report.not_pruned {
        lines.push(Line::prose(0, nothing_pruned(*objects, *why)));
    }
    lines.append(report.mismatches.iter().map(|(reference, paths)| {
        let paths = list(paths);
        Line::prose(0, format!("mismatch: {reference} differs from the plan at {paths}")).tone(Tone::Warned)
    }));
    lines
}

/// The line of an object that has such an outcome.
fn failed(kind: OutcomeKind, rest: &str) -> Line {
    Line::prose(0, format!("{} {rest}", kind.word())).tone(Tone::Failed)
}

/// The line of an object that is not as git wants it, and the server's refusal below it.
fn undone_object(reference: &ObjectRef, outcome: &Outcome) -> Lines {
    let mut lines = Lines::from(failed(
        outcome.kind(),
        &format!("{reference}: {}", reason_text(outcome)),
    ));
    lines.append(error_of(outcome).into_iter().flat_map(error_lines));
    lines
}

/// The error of an object, where it says more than the reason.
pub(in crate::view) fn error_of(outcome: &Outcome) -> Option<&Error> {
    match outcome {
        Outcome::Failed(error) => Some(error),
        Outcome::Refused(Some(error)) if !error.is_only_message() => Some(error),
        _ => None,
    }
}

/// An error as it is told to people, line by line.
pub(in crate::view) fn error_lines(error: &Error) -> Lines {
    let text = error::plain(error);
    text.lines().map(|line| Line::new(0, line)).collect()
}

/// The line of what was not started since `cause` is not Current.
fn waits_in_vain(cause: &ObjectRef, objects: &[&ObjectRef]) -> Line {
    let rest = match objects {
        [one] => format!("{one}: it depends on {cause}"),
        several => format!("{} objects that depend on {cause} (-v names them)", several.len()),
    };
    failed(OutcomeKind::NotStarted, &rest)
}

/// The line of what was not started, for one reason.
fn not_started(objects: &[&ObjectRef], why: &str) -> Option<Line> {
    let rest = match objects {
        [] => return None,
        [one] => format!("{one}: {why}"),
        several => format!("{} objects: {why} (-v names them)", several.len()),
    };
    Some(failed(OutcomeKind::NotStarted, &rest))
}

/// What a sync that ended at once left open.
fn open(report: &Report, whole: bool) -> Lines {
    let (unknown, untouched): (Vec<_>, Vec<_>) = report.open().partition(|(_, kind)| *kind == OutcomeKind::Unknown);
    let unknown = unknown
        .into_iter()
        .map(|(reference, kind)| failed(kind, &format!("{reference}: {}", open_text(kind))));
    let mut lines: Lines = unknown.collect();
    let untouched: Vec<&ObjectRef> = untouched.into_iter().map(|(reference, _)| reference).collect();
    let at_once = if whole { 1 } else { untouched.len().max(1) };
    let untouched = untouched.chunks(at_once);
    lines.append(untouched.filter_map(|objects| not_started(objects, open_text(OutcomeKind::NotStarted))));
    lines
}

/// Why an object has no other outcome, of those that a sync which ended at once leaves open.
pub(in crate::view) fn open_text(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::NotStarted => "the sync ended before",
        _ => "the sync ended while it was under way",
    }
}

/// That nothing is pruned of so many objects, and why.
pub(in crate::view) fn nothing_pruned(objects: usize, why: NotPruned) -> String {
    format!("nothing was pruned ({objects} to delete): {}", not_pruned(why))
}

/// What is not Current, since it was not to be waited for.
fn unawaited(report: &Report, whole: bool) -> Option<Line> {
    let named = |(reference, health): &(ObjectRef, Health)| format!("{reference} ({health})");
    let objects: Vec<String> = report.unawaited.iter().map(named).collect();
    if objects.is_empty() {
        return None;
    }
    let names = if whole { objects.join(", ") } else { few(&objects) };
    let text = format!("not waited for: {names}; what depends on them was applied all the same");
    Some(Line::prose(0, text).tone(Tone::Warned))
}

pub(in crate::view) fn list(paths: &[ShownPath]) -> String {
    paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What keeps a sync from pruning, as a sentence.
pub(in crate::view) fn not_pruned(why: NotPruned) -> String {
    match why {
        NotPruned::Before(1) => "one object that comes before is not as git wants it".to_owned(),
        NotPruned::Before(objects) => format!("{objects} objects that come before are not as git wants them"),
        NotPruned::Unawaited(1) => "one object that may still use it is not Current; sync again once it is".to_owned(),
        NotPruned::Unawaited(objects) => {
            format!("{objects} objects that may still use it are not Current; sync again once they are")
        }
        NotPruned::Unlisted => "members may be left of kinds that could not be listed".to_owned(),
        NotPruned::Stopped => "the sync was interrupted".to_owned(),
    }
}

/// That a Lease could not be given back.
pub(in crate::view) fn not_released(kept: &NotReleased) -> String {
    let NotReleased { lease, valid, error } = kept;
    let seconds = valid.as_secs();
    let error = error.as_deref().unwrap_or("the server did not answer in time");
    format!("failed to give back {lease}, which is free again after {seconds} s: {error}")
}

/// Why an object was not done; nothing for one that was.
pub(in crate::view) fn reason_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Conflict => "another manager owns what git wants".to_owned(),
        Outcome::Refused(None) => {
            "it cannot be changed, and is not to be replaced; `stackanetes diff` says why".to_owned()
        }
        Outcome::Refused(Some(error)) => error.message().to_owned(),
        Outcome::Skipped => "it is not ours".to_owned(),
        Outcome::Moved => {
            "it changed after the plan was made; review what it is now with `stackanetes diff`".to_owned()
        }
        Outcome::Failed(error) => error.message().to_owned(),
        Outcome::NotReady(health) => health.to_string(),
        Outcome::Gone => "somebody deleted it once it was written; `kubectl events` may say who".to_owned(),
        Outcome::NotGone(hold) => held(hold),
        Outcome::Blocked { by } => format!("it depends on {by}"),
        Outcome::KeptOut { by } => format!("{by} is in the way, and was not deleted"),
        Outcome::Stopped => "the sync was interrupted before".to_owned(),
        Outcome::Unchanged
        | Outcome::Created
        | Outcome::Updated
        | Outcome::Replaced
        | Outcome::Deleted
        | Outcome::Orphaned => String::new(),
    }
}

fn held(hold: &DeletionBlock) -> String {
    match hold {
        DeletionBlock::UsedBy(user) => format!("{user} is still there and uses it"),
        DeletionBlock::Finalizes(object) => {
            format!("{object} is still there, held by a finalizer that this may have to take off")
        }
        DeletionBlock::InUse(objects) => format!("still in use by {}", few(objects)),
        DeletionBlock::Leaving(objects) => format!("it still holds what is being deleted: {}", few(objects)),
        DeletionBlock::Finalizers(finalizers) => match finalizer::held_by(finalizers) {
            None => "still there".to_owned(),
            Some(held) => format!("still there, {held}"),
        },
        DeletionBlock::Terminating(remainders) => match termination::waits_for(remainders) {
            None => "still there".to_owned(),
            Some(waits) => format!("still there; it {waits}"),
        },
        DeletionBlock::Hidden(message) => message.clone(),
        DeletionBlock::Unanswered => "it is not known whether it is gone: the server did not answer in time".to_owned(),
        DeletionBlock::WatchEnded => "its watch has ended".to_owned(),
        DeletionBlock::Unseen(why) => super::unseen(why),
    }
}
