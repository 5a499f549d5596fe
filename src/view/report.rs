//! What came of a sync, as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::style::{FAILED, WARNED, paint};
use super::value::few;
use crate::applyset::tally::OutcomeKind;
use crate::execute::report::Report;
use crate::execute::{Hold, NotPruned, NotReleased, Outcome};
use crate::kinds::finalizer;
use crate::kinds::health::Health;
use crate::kinds::termination;
use crate::object::ObjectRef;
use crate::object::shown::ShownPath;

pub(super) fn list(paths: &[ShownPath]) -> String {
    paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What came of a sync. Each failure is told once; of many objects that were not started for one reason only how many
/// they are, unless the `whole` of it is asked for.
pub fn report(report: &Report, whole: bool) -> String {
    let mut text = String::new();
    let mut blocked = if whole { BTreeMap::new() } else { report.blocked() };
    let mut stopped = Vec::new();
    for (reference, outcome) in report.outcomes.iter().filter(|(_, outcome)| !outcome.is_done()) {
        match outcome {
            Outcome::Blocked { .. } if !whole => continue,
            Outcome::Stopped if !whole => {
                stopped.push(reference);
                continue;
            }
            _ => text += &undone(reference, outcome),
        }
        if let Some(objects) = blocked.remove(reference) {
            text += &waits_in_vain(reference, &objects);
        }
    }
    for (cause, objects) in blocked {
        text += &waits_in_vain(cause, &objects);
    }
    text += &not_started(&stopped, "the sync was interrupted before");
    text += &open(report, whole);
    let tally = report.tally();
    let verdict = if report.is_complete() { "complete" } else { "incomplete" };
    let counted = match tally.total() {
        0 => "nothing to do".to_owned(),
        _ => tally.to_string(),
    };
    let _ = writeln!(text, "{verdict}: {counted}");
    text += &unawaited(report, whole);
    if let Some((objects, why)) = &report.not_pruned {
        let _ = writeln!(text, "nothing was pruned ({objects} to delete): {}", not_pruned(*why));
    }
    for (reference, paths) in &report.mismatches {
        let _ = writeln!(
            text,
            "{} {reference} differs from the plan at {}",
            paint(WARNED, "mismatch:"),
            list(paths)
        );
    }
    text
}

/// The line of an object that is not as git wants it, and the server's refusal below it.
fn undone(reference: &ObjectRef, outcome: &Outcome) -> String {
    let word = paint(FAILED, outcome.kind().word());
    let mut text = format!("{word} {reference}: {}\n", reason_text(outcome));
    match outcome {
        Outcome::Failed(error) => text += &super::error(error),
        Outcome::Refused(Some(error)) if !error.is_only_message() => text += &super::error(error),
        _ => {}
    }
    text
}

/// The line of what was not started since `cause` is not Current.
fn waits_in_vain(cause: &ObjectRef, objects: &[&ObjectRef]) -> String {
    let word = paint(FAILED, OutcomeKind::NotStarted.word());
    match objects {
        [one] => format!("{word} {one}: it depends on {cause}\n"),
        several => format!(
            "{word} {} objects that depend on {cause} (-v names them)\n",
            several.len()
        ),
    }
}

/// The line of what was not started, for one reason.
fn not_started(objects: &[&ObjectRef], why: &str) -> String {
    let word = paint(FAILED, OutcomeKind::NotStarted.word());
    match objects {
        [] => String::new(),
        [one] => format!("{word} {one}: {why}\n"),
        several => format!("{word} {} objects: {why} (-v names them)\n", several.len()),
    }
}

/// What a sync that ended at once left open.
fn open(report: &Report, whole: bool) -> String {
    let (unknown, untouched): (Vec<_>, Vec<_>) = report.open().partition(|(_, kind)| *kind == OutcomeKind::Unknown);
    let mut text = String::new();
    for (reference, kind) in unknown {
        let word = paint(FAILED, kind.word());
        let _ = writeln!(text, "{word} {reference}: the sync ended while it was under way");
    }
    let untouched: Vec<&ObjectRef> = untouched.into_iter().map(|(reference, _)| reference).collect();
    let at_once = if whole { 1 } else { untouched.len().max(1) };
    let lines = untouched
        .chunks(at_once)
        .map(|objects| not_started(objects, "the sync ended before"));
    text + &lines.collect::<String>()
}

/// What is not Current, since it was not to be waited for.
fn unawaited(report: &Report, whole: bool) -> String {
    let named = |(reference, health): &(ObjectRef, Health)| format!("{reference} ({health})");
    let objects: Vec<String> = report.unawaited.iter().map(named).collect();
    if objects.is_empty() {
        return String::new();
    }
    let names = if whole { objects.join(", ") } else { few(&objects) };
    let word = paint(WARNED, "not waited for:");
    format!("{word} {names}; what depends on them was applied all the same\n")
}

/// Why nothing is pruned.
pub(super) fn not_pruned(why: NotPruned) -> String {
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
pub(super) fn not_released(kept: &NotReleased) -> String {
    let NotReleased { lease, valid, error } = kept;
    let seconds = valid.as_secs();
    let error = error.as_deref().unwrap_or("the server did not answer in time");
    format!("failed to give back {lease}, which is free again after {seconds} s: {error}")
}

/// Why an object was not done; nothing for one that was.
pub(super) fn reason_text(outcome: &Outcome) -> String {
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
        Outcome::Stopped => "the sync was interrupted before".to_owned(),
        Outcome::Unchanged
        | Outcome::Created
        | Outcome::Updated
        | Outcome::Replaced
        | Outcome::Deleted
        | Outcome::Orphaned => String::new(),
    }
}

fn held(hold: &Hold) -> String {
    match hold {
        Hold::UsedBy(user) => format!("{user} is still there and uses it"),
        Hold::Finalizes(object) => {
            format!("{object} is still there, held by a finalizer that this may have to take off")
        }
        Hold::InUse(objects) => format!("still in use by {}", few(objects)),
        Hold::Leaving(objects) => format!("it still holds what is being deleted: {}", few(objects)),
        Hold::Finalizers(finalizers) => match finalizer::held_by(finalizers) {
            None => "still there".to_owned(),
            Some(held) => format!("still there, {held}"),
        },
        Hold::Terminating(remainders) => match termination::waits_for(remainders) {
            None => "still there".to_owned(),
            Some(waits) => format!("still there; it {waits}"),
        },
        Hold::Hidden(message) => message.clone(),
        Hold::Unanswered => "it is not known whether it is gone: the server did not answer in time".to_owned(),
        Hold::WatchEnded => "its watch has ended".to_owned(),
        Hold::Unseen(why) => super::document::unseen(why),
    }
}
