//! What a reviewer must not overlook: a line each, before all else.

use std::collections::BTreeSet;

use super::super::value::few;
use super::remarks::unlisted;
use super::{Document, Line, Lines, Tone, refusal};
use crate::kinds::privilege::Privilege;
use crate::object::ObjectRef;
use crate::plan::{Action, Danger, Plan, Step};

/// In so few steps, nobody overlooks what is deleted or replaced.
const FEW: usize = 10;
/// How many of a kind are told.
const FIRST: usize = 5;

/// What stops a sync, wholly or for some objects: a sentence each.
pub(super) fn stops(plan: &Plan) -> Vec<String> {
    let refusals = plan.refusals.iter();
    let refusals = refusals.map(|reason| format!("sync blocked: {}", refusal(reason)));
    let crossed = plan.crossed_as_meant().map(super::crossed);
    let not_compared = plan.facts.not_compared.iter();
    let not_compared = not_compared.map(|kind| format!("not compared: {}", kind.kind));
    let unlisted = plan.facts.forgotten.as_ref().map(unlisted).unwrap_or_default();
    let unlisted = (!unlisted.is_empty()).then(|| format!("not listed everywhere: {}", few(&unlisted)));
    let stopped = [
        (Action::Conflict, "in conflict"),
        (Action::Refused, "refused"),
        (Action::Skip, "not ours"),
    ];
    let stopped = stopped.into_iter().filter_map(|(action, words)| {
        let objects: Vec<ObjectRef> = plan.of(action).map(|step| step.reference.clone()).collect();
        (!objects.is_empty()).then(|| format!("{words}: {}", few(&objects)))
    });
    refusals
        .chain(crossed)
        .chain(not_compared)
        .chain(unlisted)
        .chain(stopped)
        .collect()
}

/// Those that no other line of a text tells.
pub(super) fn section(document: &Document<'_>) -> Option<Lines> {
    let is_many = document.plan.steps.len() > FEW;
    let is_told = |danger: &&Danger<'_>| matches!(danger, Danger::Deletes(_) | Danger::Replaces(_));
    let dangers = document.dangers.iter().filter(|danger| is_many || !is_told(danger));
    let dangers: Vec<Danger<'_>> = dangers.cloned().collect();
    let lines = told(&dangers).into_iter();
    let lines: Lines = lines
        .map(|text| Line::prose(0, format!("! {text}")).tone(Tone::Failed))
        .collect();
    (!lines.is_empty()).then_some(lines)
}

/// A sentence for each danger, or for all of a kind.
pub(super) fn told(dangers: &[Danger<'_>]) -> Vec<String> {
    let of = |is_it: fn(&Danger<'_>) -> bool, words: &str| {
        let objects = dangers.iter().filter(|danger| is_it(danger));
        let objects: Vec<ObjectRef> = objects.map(|danger| danger.step().reference.clone()).collect();
        (!objects.is_empty()).then(|| format!("{words}: {}", few(&objects)))
    };
    let runs = dangers.iter().filter_map(|danger| match danger {
        Danger::Irreversible(step, reason) => Some(irreversible(step, *reason)),
        _ => None,
    });
    let grants = dangers.iter().filter_map(|danger| match danger {
        Danger::Grants(step, privileges) => Some(format!("{} {}", step.reference, granted(privileges))),
        _ => None,
    });
    let mut told = first("cannot be undone", runs.collect());
    told.extend(of(|danger| matches!(danger, Danger::Data(_)), "data goes with"));
    told.extend(of(|danger| matches!(danger, Danger::Deletes(_)), "deletes"));
    let replaces = |danger: &Danger<'_>| matches!(danger, Danger::Replaces(_));
    told.extend(of(replaces, "deletes and makes anew"));
    told.extend(first("grants", grants.collect()));
    told.extend(of(|danger| matches!(danger, Danger::Opens(_)), "takes away"));
    let gap = |danger: &Danger<'_>| matches!(danger, Danger::Gap(_));
    told.extend(of(gap, "nobody serves while this restarts"));
    told
}

/// The first of some sentences, and how many more there are.
fn first(word: &str, sentences: Vec<String>) -> Vec<String> {
    let more = sentences.len().saturating_sub(FIRST);
    let told = sentences
        .into_iter()
        .take(FIRST)
        .map(|sentence| format!("{word}: {sentence}"));
    let more = (more > 0).then(|| format!("{word}: {more} more"));
    told.chain(more).collect()
}

fn irreversible(step: &Step, reason: Option<&str>) -> String {
    let reason = reason.filter(|reason| !reason.is_empty());
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{} runs{reason}", step.reference)
}

/// What somebody may do, in words.
fn granted(privileges: &BTreeSet<Privilege>) -> String {
    let is_path = |privilege: &&Privilege| matches!(privilege, Privilege::HostPath(_));
    let paths = privileges.iter().filter(is_path).count();
    let others = privileges.iter().filter(|privilege| paths < 2 || !is_path(privilege));
    let others = others.map(privilege);
    let paths = (paths > 1).then(|| format!("mounts {paths} paths of the node"));
    others.chain(paths).collect::<Vec<_>>().join(", ")
}

fn privilege(privilege: &Privilege) -> String {
    match privilege {
        Privilege::Role { role, to } => format!("gives the role {role} to {}", to.join(", ")),
        Privilege::Wildcard => "has * in a rule".to_owned(),
        Privilege::Verb(verb) => format!("allows to {verb}"),
        Privilege::Secrets => "allows to read Secrets".to_owned(),
        Privilege::Webhook => "is asked about what is written to the API server".to_owned(),
        Privilege::Privileged => "runs privileged containers".to_owned(),
        Privilege::Host(namespace) => format!("uses {namespace}"),
        Privilege::HostPath(path) => format!("mounts {path} of the node"),
        Privilege::Capability(name) => format!("adds the capability {name}"),
        Privilege::Exposed(kind) => format!("is reached from outside ({kind})"),
    }
}
