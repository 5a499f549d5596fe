//! Why a step is what it is, and what it does besides, beside its first line.

use super::super::value;
use super::{Heading, Pruning, adoption, commits, immutable, kept, takeover};
use crate::kinds::jobs::Why;
use crate::plan::compare::GitChange;
use crate::plan::{Action, Keep, Plan, Reason, Restarts, Step, Unpredicted, Unverified};
use crate::view::value::few;

fn unpredicted(why: &Unpredicted) -> String {
    match why {
        Unpredicted::NotAsked => "our own merge was not asked".to_owned(),
        Unpredicted::Refused(refusal) => refusal.to_string(),
    }
}

/// Why a step is what it is, and what it does besides; empty where the action says all.
pub(in crate::view) fn note(step: &Step, plan: &Plan, heading: &Heading<'_>) -> String {
    reason_note(step, plan, heading, |change| commits::by(change, heading.blame))
}

/// The note of a step that is read alone: a commit has its subject.
pub(in crate::view) fn note_alone(step: &Step, plan: &Plan, heading: &Heading<'_>) -> String {
    reason_note(step, plan, heading, commits::alone)
}

/// The note of a step, with the words of `by` for what made git drop an object.
fn reason_note(step: &Step, plan: &Plan, heading: &Heading<'_>, by: impl Fn(&GitChange) -> String) -> String {
    let reason = match &step.reason {
        Reason::Refused(error) if error.is_only_message() => value::visible(error.message()).into_owned(),
        // The server's words, or our own merge's, stand below.
        Reason::New | Reason::Everything | Reason::Orphan | Reason::Refused(_) => String::new(),
        Reason::Deleted(deleted) => {
            let guessed = if deleted.guessed { " (guessed)" } else { "" };
            format!(
                "deleted: it was synced at {}, and is gone{guessed}",
                deleted.revision.short()
            )
        }
        Reason::Renamed(old) => format!("renamed from {old}, which is deleted"),
        Reason::BeingDeleted => "once the old one is gone: it is being deleted".to_owned(),
        Reason::Fields if step.action == Action::Conflict => String::new(),
        Reason::Fields => step.restarts.map(|what| restarts(what, heading)).unwrap_or_default(),
        Reason::Immutable(replacement) => immutable::note(replacement),
        Reason::Runs(why) => format!("runs again: {}", runs(why)),
        Reason::Joins if step.takes_from().is_some() => "nothing else changes".to_owned(),
        Reason::Joins => "becomes a member; nothing else changes".to_owned(),
        Reason::NewVersion => "once its version is served".to_owned(),
        Reason::Noted => "no value changes; only our note of what git says".to_owned(),
        Reason::Ownership => "no value changes; only who owns its fields".to_owned(),
        Reason::Generates => "generates values; nothing else changes".to_owned(),
        Reason::Unpredicted(why) => format!("what changes cannot be said: {}", value::visible(&unpredicted(why))),
        Reason::NotOurs(adopting) => adoption::note(adopting, step, heading),
        Reason::OtherApplySet(set) => format!("it is part of another ApplySet, {}", takeover::called(set)),
        Reason::Dropped => match heading.blame.of_object(&step.reference) {
            None => "no longer in git".to_owned(),
            Some(commit @ GitChange::Commit { .. }) => format!("dropped from git in {}", by(commit)),
            Some(GitChange::NotYet) => "not in git yet at this commit".to_owned(),
            Some(other) => format!("no longer in git: {}", by(other)),
        },
        Reason::Keep(keep) => {
            let why = kept::reason_text(keep, &step.reference, heading);
            let says_all = matches!(keep, Keep::NeverApplied | Keep::OwnersLost);
            if says_all || heading.pruning == Pruning::Everything {
                why
            } else {
                format!("no longer in git; {why}")
            }
        }
    };
    let reason = match takeover::note(step, plan) {
        Some(taken) if reason.is_empty() => taken,
        Some(taken) => format!("{taken}; {reason}"),
        None => reason,
    };
    let Some(unverified) = step.unverified.as_ref().and_then(unverified) else {
        return reason;
    };
    match step.reason {
        // These say it already.
        Reason::BeingDeleted => reason,
        Reason::New | Reason::NewVersion => format!("unverified: {unverified}"),
        _ if reason.is_empty() => format!("unverified: {unverified}"),
        _ => format!("{reason}; unverified: {unverified}"),
    }
}

/// Why the server could not be asked; nothing where that is said once of all objects of a namespace that comes.
fn unverified(why: &Unverified) -> Option<String> {
    let words = match why {
        Unverified::NamespaceMissing(_) => return None,
        Unverified::KindMissing(served) if served.is_empty() => {
            "its CustomResourceDefinition is not there yet".to_owned()
        }
        Unverified::KindMissing(served) => format!(
            "its CustomResourceDefinition does not have its version yet, only {}",
            served.join(", ")
        ),
        Unverified::KindComes(by) => format!("its kind comes at run time, by {by}"),
        Unverified::Relies(rules) => format!("the server refuses it until {} changes", few(rules)),
        Unverified::Displaces(objects) => {
            let words = if objects.len() == 1 {
                "is in the way, and is deleted first"
            } else {
                "are in the way, and are deleted first"
            };
            format!("{} {words}", few(objects))
        }
        Unverified::DefinitionChanges => "its CustomResourceDefinition changes first".to_owned(),
        Unverified::BeingDeleted => "what is there is being deleted".to_owned(),
        Unverified::Defaulted(fields) => {
            let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
            format!("the server accepts it once {} is taken back", fields.join(", "))
        }
        Unverified::VersionGone(version) => {
            format!("the server does not know {version} any more, in which its fields are recorded")
        }
        Unverified::Encrypted => "its encrypted values are not those of the last sync".to_owned(),
        Unverified::NotAllowed => "you may not write it".to_owned(),
    };
    Some(words)
}

/// Why a Job runs again.
pub(super) fn runs(why: &Why) -> String {
    match why {
        Why::Failed => "it failed".to_owned(),
        Why::Asked => "asked for".to_owned(),
        Why::Fixed => "it cannot be changed while it is there".to_owned(),
        Why::Changed(inputs) => {
            let names: Vec<String> = inputs.iter().map(|input| self::input(input)).collect();
            match names.split_last() {
                Some((last, [])) => format!("{last} changed"),
                Some((last, rest)) => format!("{} and {last} changed", rest.join(", ")),
                None => "its inputs changed".to_owned(),
            }
        }
    }
}

/// An input of a Job in words.
pub(super) fn input(name: &str) -> String {
    match name {
        "image" | "command" => format!("its {name}"),
        "template" => "its pod template".to_owned(),
        name => name.trim_end_matches('=').to_owned(),
    }
}

/// What an update does to running pods.
pub(super) fn restarts(restarts: Restarts, heading: &Heading<'_>) -> String {
    match heading.known(restarts) {
        Restarts::Daemons(None) => "restarts its pods on every node".to_owned(),
        Restarts::Daemons(Some(1)) => "restarts its pod on 1 node".to_owned(),
        Restarts::Daemons(Some(nodes)) => format!("restarts its pods on {nodes} nodes"),
        Restarts::OnDelete => "pods change when they are deleted".to_owned(),
        Restarts::Pods(Some(1)) => "restarts 1 pod".to_owned(),
        Restarts::Pods(Some(pods)) => format!("restarts {pods} pods"),
        Restarts::Pods(None) => "restarts its pods".to_owned(),
    }
}
