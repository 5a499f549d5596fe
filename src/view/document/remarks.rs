//! What is to be known of a plan besides its steps.

use std::collections::{BTreeMap, BTreeSet};

use super::super::value::{few, visible};
use super::findings::PlanFindings;
use super::note::input;
use super::refusal::refusal;
use super::{
    Against, Detail, Heading, Line, Lines, Pruning, Tone, adoption, change, narrowed, takeover, unchanged, unready,
};
use crate::applyset::inventory::ApplySet;
use crate::diagnostic::names::counted;
use crate::kinds::jobs::{self, Crossed};
use crate::plan::{Action, Forgotten, Idle, ParentGap, Plan, Reason, RecurringDrift, Step, Unverified, Work};

/// What is to be known of a plan besides its steps.
pub(super) fn remarks(plan: &Plan, heading: &Heading<'_>, findings: &PlanFindings<'_>) -> Lines {
    let mut lines = Lines::default();
    lines.append(
        unchanged::warnings(plan, heading.detail)
            .iter()
            .map(|text| warned(text)),
    );
    lines.append(unready::remark(plan, heading).map(|text| Line::prose(0, text).tone(Tone::Warned)));
    let gap = plan.facts.set.as_ref().zip(plan.facts.forgotten.as_ref());
    lines.append(gap.map(|(set, gap)| warned(&forgotten(set, gap))));
    lines.append(plan.recurring_drift().map(|drift| warned(&recurring_drift(&drift))));
    lines.append(unknown_runs(plan).map(|text| Line::prose(0, text)));
    lines.append(unknown_rollouts(plan).map(|text| Line::prose(0, text)));
    lines.append(rules(plan, heading));
    lines.append(beside(plan, heading));
    lines.append(masked(plan).map(|text| Line::prose(0, text)));
    lines.append(unverified(plan).map(|text| Line::prose(0, text)));
    if let Some(from) = &plan.back.from {
        let from = from.short();
        let why = match heading.against {
            Against::Cluster(_) => format!("{from} was synced last, and this is not a later commit"),
            Against::Commit { .. } => format!("it is not a later commit than {from}"),
        };
        lines.push(Line::prose(0, format!("goes back: {why}")));
    }
    lines.append(plan.crossed_as_meant().map(|crossed| warned(&self::crossed(crossed))));
    lines.append(narrowed::remarks(plan, heading));
    if heading.not_selected > 0 {
        lines.push(Line::prose(0, format!("not selected: {} in git", heading.not_selected)));
    }
    lines.append(findings.remark(heading.detail).map(|text| Line::prose(0, text)));
    lines.append(adoption::remarks(plan));
    lines.append(takeover::remarks(plan));
    lines.append(pruned(plan, heading.pruning).map(|text| Line::prose(0, text)));
    let refusals = plan.refusals.iter();
    lines.append(refusals.map(|reason| {
        let text = format!("sync blocked: {}", refusal(reason));
        Line::prose(0, text).tone(Tone::Failed)
    }));
    lines
}

fn warned(text: &str) -> Line {
    Line::prose(0, format!("warning: {text}")).tone(Tone::Warned)
}

/// That a field drifts again, and the ways out.
fn recurring_drift(drift: &RecurringDrift<'_>) -> String {
    let writer = visible(drift.writer);
    format!(
        "{writer} has changed {} of {} again since the sync of {} put it back; stop {writer}, or leave the field to it \
         with a rule (`stackanetes help rules`) or by taking it out of git",
        drift.field, drift.object, drift.since
    )
}

/// That the parent does not say where all members are, and what is not known for that.
pub fn forgotten(set: &ApplySet, forgotten: &Forgotten) -> String {
    let parent = set.parent();
    let gap = match &forgotten.gap {
        ParentGap::Missing => format!("{parent} is missing, which says where the members of the ApplySet are"),
        ParentGap::NotListed(member) => {
            format!("{parent} should say where the members of the ApplySet are, and leaves out {member}")
        }
        ParentGap::Unlisted => format!("{parent} notes kinds that could not be listed in an earlier sync"),
    };
    let searched = match forgotten.gap {
        ParentGap::Unlisted => "members were looked for among them again",
        ParentGap::Missing | ParentGap::NotListed(_) => "they were looked for in all kinds that can be listed",
    };
    let unlisted = unlisted(forgotten);
    let unknown = match unlisted.as_slice() {
        [] => String::new(),
        kinds => format!(
            "; it is unknown whether there are others, of {}, which could not be listed everywhere",
            few(kinds)
        ),
    };
    format!("{gap}: {searched}{unknown}")
}

/// The kinds, and the versions of API groups, that could not be listed everywhere.
pub(super) fn unlisted(forgotten: &Forgotten) -> Vec<String> {
    let kinds = forgotten.unlisted.kinds.iter().map(ToString::to_string);
    kinds.chain(forgotten.unlisted.versions.iter().cloned()).collect()
}

/// The Jobs of which it is not known whether they run again.
fn unknown_runs(plan: &Plan) -> impl Iterator<Item = String> {
    let is_known = |step: &&Step| {
        matches!(
            step.reason,
            Reason::Runs(_) | Reason::New | Reason::Renamed(_) | Reason::Deleted(_)
        )
    };
    let steps = plan.steps.iter().filter(move |step| !is_known(step));
    let jobs = steps.filter_map(|step| match &step.work {
        Work::Apply(work) => {
            let hides = jobs::hides_inputs(&work.desired);
            Some((&step.reference, work.desired.inputs.as_ref()?, hides))
        }
        Work::Nothing | Work::Delete(_) | Work::Orphan(_) | Work::Await(_) => None,
    });
    let settled = plan.unchanged.iter();
    let settled =
        settled.filter_map(|settled| Some((&settled.reference, settled.inputs.as_ref()?, settled.hides_inputs)));
    settled.chain(jobs).filter_map(|(job, inputs, hides)| {
        let unknown: Vec<String> = inputs.unknown().map(input).collect();
        let unknown = match unknown.as_slice() {
            [] => return None,
            _ if hides => "one of its inputs".to_owned(),
            names => names.join(" or "),
        };
        Some(match plan.facts.set {
            Some(_) => format!("{job} runs again if {unknown} changed"),
            None => format!("{job} does not run again when {unknown} changes: pass --name"),
        })
    })
}

/// The workloads of which it is not known whether what they read changed.
fn unknown_rollouts(plan: &Plan) -> impl Iterator<Item = String> {
    plan.facts.unknown_rollouts.iter().map(|(workload, read)| {
        let read: Vec<_> = read.iter().map(|read| format!("{} {}", read.kind, read.name)).collect();
        let read = read.join(" or ");
        match plan.facts.set {
            Some(_) => format!("{workload} restarts if {read} changed"),
            None => format!("{workload} does not restart when {read} changes: pass --name"),
        }
    })
}

fn masked(plan: &Plan) -> Option<String> {
    let whose = match plan.masked.as_slice() {
        [] => return None,
        [one] => one.to_string(),
        several => format!("{} Secrets", several.len()),
    };
    Some(format!(
        "not compared: the values of {whose}, which the snapshot does not hold"
    ))
}

/// What is pruned, where that is not what git dropped.
fn pruned(plan: &Plan, pruning: Pruning) -> Option<String> {
    match (&plan.facts.set, pruning) {
        (Some(set), Pruning::Everything | Pruning::Orphan) => Some(match plan.of(Action::Keep).count() {
            0 if may_have_more(plan) => {
                format!(
                    "the ApplySet {} stays, since there may be members that could not be listed",
                    set.name
                )
            }
            0 if pruning == Pruning::Orphan => {
                format!("the ApplySet {} goes, with its records; its objects stay", set.name)
            }
            0 => format!("the ApplySet {} goes, too, with its records", set.name),
            kept => format!("the ApplySet {} stays, since {kept} of its objects are kept", set.name),
        }),
        (None, Pruning::Members | Pruning::Off | Pruning::Selected { .. }) => {
            Some("nothing is pruned: the ApplySet has no name (pass --name)".to_owned())
        }
        (Some(_), Pruning::Off) => Some("nothing is pruned: --no-prune".to_owned()),
        (Some(_), Pruning::Selected { in_namespace: true }) => {
            Some("pruned is only what is in the namespace of --only-namespace".to_owned())
        }
        (Some(_), Pruning::Selected { in_namespace: false }) => Some("pruned is only what is selected".to_owned()),
        (_, Pruning::Members | Pruning::Everything | Pruning::Orphan) => None,
    }
}

fn may_have_more(plan: &Plan) -> bool {
    let forgotten = plan.facts.forgotten.as_ref();
    forgotten.is_some_and(|forgotten| !forgotten.unlisted.is_empty())
}

/// What rules leave as it is: how much, or each with `-v`; and the rules that are about nothing.
fn rules(plan: &Plan, heading: &Heading<'_>) -> Lines {
    let steps = plan.steps.iter().map(|step| (&step.reference, &step.tolerated.yielded));
    let settled = plan.unchanged.iter();
    let settled = settled.map(|settled| (&settled.reference, &settled.tolerated.yielded));
    let mut all: Vec<_> = steps.chain(settled).collect();
    all.sort_by_key(|(reference, _)| *reference);
    let all = all
        .into_iter()
        .flat_map(|(reference, yielded)| yielded.iter().map(move |one| (reference, one)));
    let mut lines = Lines::default();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (reference, yielded) in all {
        if heading.detail == Detail::Whole {
            lines.push(Line::new(0, format!("{reference} {}", change::yielded(yielded))));
        } else {
            *counts.entry(change::rule(&yielded.rule)).or_default() += 1;
        }
    }
    if !counts.is_empty() {
        let counts = counts.iter().map(|(rule, count)| {
            let fields = if *count == 1 { "field" } else { "fields" };
            format!("{count} {fields} {rule}")
        });
        let counts = counts.collect::<Vec<_>>().join(", ");
        lines.push(Line::prose(0, format!("left as it is: {counts} (-v names them)")));
    }
    lines.append(idle_rules(plan).map(|text| Line::prose(0, text)));
    lines
}

fn idle_rules(plan: &Plan) -> impl Iterator<Item = String> {
    plan.facts.idle_rules.iter().map(|(rule, idle)| {
        let place = rule.place();
        let place = place.map(|place| format!("{}:{}", place.file.path(), place.line()));
        let place = place.unwrap_or_default();
        match idle {
            Idle::NoObject => format!("the rule at {place} is about no object in git"),
            Idle::NoField(1) => format!("the rule at {place} is about a field that its object does not have"),
            Idle::NoField(objects) => {
                format!("the rule at {place} is about a field that none of its {objects} objects has")
            }
        }
    })
}

/// What people added by hand, and what a sync leaves as it is no more than git does.
fn beside(plan: &Plan, heading: &Heading<'_>) -> Lines {
    let steps = plan.steps.iter().map(|step| (&step.reference, &step.tolerated.added));
    let settled = plan.unchanged.iter();
    let settled = settled.map(|settled| (&settled.reference, &settled.tolerated.added));
    let mut all: Vec<_> = steps.chain(settled).collect();
    all.sort_by_key(|(reference, _)| *reference);
    let all: Vec<_> = all
        .into_iter()
        .flat_map(|(reference, beside)| beside.iter().map(move |one| (reference, one)))
        .collect();
    if all.is_empty() {
        return Lines::default();
    }
    if heading.detail == Detail::Whole {
        let lines = all.iter();
        let lines = lines.map(|(reference, one)| format!("{reference} {}", change::beside(one, heading.now)));
        return lines.map(|line| Line::new(0, line)).collect();
    }
    let objects: BTreeSet<_> = all.iter().map(|(reference, _)| reference.to_string()).collect();
    let objects: Vec<String> = objects.into_iter().collect();
    let fields = if all.len() == 1 { "field" } else { "fields" };
    let (count, names) = (all.len(), few(&objects));
    let text = format!("added by hand and not in git: {count} {fields} of {names} (-v names them)");
    Line::prose(0, text).into()
}

/// What was found out without the server's own answer.
fn unverified(plan: &Plan) -> impl Iterator<Item = String> {
    let steps = plan.steps.iter().filter_map(|step| step.unverified.as_ref());
    let unchanged = plan.unchanged.iter().filter_map(|settled| settled.unverified.as_ref());
    let may_not_write = |why: &&Unverified| **why == Unverified::NotAllowed;
    let (changed, unchanged) = (
        steps.filter(may_not_write).count(),
        unchanged.filter(may_not_write).count(),
    );
    let not_asked = (changed + unchanged > 0).then(|| {
        format!(
            "unverified: {} of {}, {unchanged} of them unchanged: the server answers a dry-run only to who may \
             write, so our own merge says what would change; admission is not in it",
            changed + unchanged,
            counted(plan.steps.len() + plan.unchanged.len(), "object")
        )
    });
    let unread = plan.facts.schema_unread.as_ref().map(|why| {
        format!(
            "the server's schemas may not be read, so objects of kinds that only it knows are asked about one by one: {why}"
        )
    });
    not_asked.into_iter().chain(unread).chain(homeless(plan))
}

/// How many objects are in namespaces that come with them, so that the server could not be asked about them.
fn homeless(plan: &Plan) -> Option<String> {
    let missing = plan.steps.iter().filter_map(|step| match &step.unverified {
        Some(Unverified::NamespaceMissing(namespace)) => Some(namespace.as_str()),
        _ => None,
    });
    let count = missing.clone().count();
    let namespaces: Vec<&str> = missing.collect::<BTreeSet<_>>().into_iter().collect();
    let (noun, verb) = if namespaces.len() == 1 {
        ("namespace", "is")
    } else {
        ("namespaces", "are")
    };
    let (objects, namespaces) = (counted(count, "object"), namespaces.join(", "));
    (count > 0).then(|| format!("unverified: {objects}: {noun} {namespaces} {verb} not there yet"))
}

/// What it means to go back across a Job.
pub(in crate::view) fn crossed(crossed: &Crossed) -> String {
    let Crossed { job, reason, ran, .. } = crossed;
    let ran = ran.short();
    let reason = match reason.as_str() {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    if crossed.is_certain {
        return format!("it goes back across {job}, whose run at {ran} cannot be undone{reason}");
    }
    format!(
        "it may go back across {job}, whose run at {ran} cannot be undone{reason}: that commit, or the way to it, is \
         not at hand (`git fetch --unshallow`)"
    )
}
