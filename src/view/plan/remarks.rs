//! What stands below the steps of a plan: how many there are, and what to know besides.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::super::lines::few;
use super::super::status::source;
use super::super::style::{FAILED, WARNED, paint};
use super::super::value::visible;
use super::{Against, Detail, Heading, Pruning, change, input};
use crate::kinds::jobs::Crossed;
use crate::plan::{Action, Elsewhere, Idle, Plan, Reason, Refusal, Step, Unverified, Work};
use crate::sops::Closed;

/// What a sync would write: `2 to create, 1 to delete`.
pub(super) fn changes(plan: &Plan) -> String {
    changes_by_action(plan).join(", ")
}

fn changes_by_action(plan: &Plan) -> Vec<String> {
    let writes = [
        (Action::Create, "to create"),
        (Action::Update, "to update"),
        (Action::Replace, "to replace"),
        (Action::Delete, "to delete"),
    ];
    let counted = writes
        .into_iter()
        .map(|(action, words)| (plan.of(action).count(), words));
    let counted = counted.filter(|(count, _)| *count > 0);
    counted.map(|(count, words)| format!("{count} {words}")).collect()
}

pub(in crate::view) fn summary(plan: &Plan, pruning: Pruning) -> String {
    let count = |action: Action| plan.of(action).count();
    let mut parts = changes_by_action(plan);
    for (action, words) in [
        (Action::Refused, "refused"),
        (Action::Skip, "skipped"),
        (Action::Keep, "kept"),
    ] {
        if count(action) > 0 {
            parts.push(format!("{} {words}", count(action)));
        }
    }
    match count(Action::Conflict) {
        0 => {}
        1 => parts.push("1 conflict".to_owned()),
        conflicts => parts.push(format!("{conflicts} conflicts")),
    }
    match plan.facts.not_compared.len() {
        0 => {}
        1 => parts.push("1 kind not compared".to_owned()),
        kinds => parts.push(format!("{kinds} kinds not compared")),
    }
    let unchanged = plan.unchanged.len();
    let objects = if unchanged == 1 { "object" } else { "objects" };
    match (parts.is_empty(), plan.is_in_sync()) {
        (true, _) if pruning == Pruning::Everything => "no object is left\n".to_owned(),
        (true, _) => format!("in sync: {unchanged} {objects}\n"),
        (false, _) if pruning == Pruning::Everything => format!("{}\n", parts.join(", ")),
        (false, true) => format!("in sync: {unchanged} {objects}; {}\n", parts.join(", ")),
        (false, false) => format!("{}; {unchanged} unchanged\n", parts.join(", ")),
    }
}

pub(in crate::view) fn remarks(plan: &Plan, heading: &Heading<'_>) -> String {
    let mut text = String::new();
    for settled in &plan.unchanged {
        for warning in &settled.warnings {
            let _ = writeln!(text, "{} {}: {warning}", paint(WARNED, "warning:"), settled.reference);
        }
    }
    let is_known = |step: &&Step| {
        matches!(
            step.reason,
            Reason::Runs(_) | Reason::New | Reason::Renamed(_) | Reason::Deleted(_)
        )
    };
    let steps = plan.steps.iter().filter(|step| !is_known(step));
    let jobs = steps.filter_map(|step| match &step.work {
        Work::Apply(work) => Some((&step.reference, work.desired.inputs.as_ref()?)),
        Work::Nothing | Work::Delete(_) | Work::Await(_) => None,
    });
    let settled = plan.unchanged.iter();
    let settled = settled.filter_map(|settled| Some((&settled.reference, settled.inputs.as_ref()?)));
    for (job, inputs) in settled.chain(jobs) {
        let unknown: Vec<String> = inputs.unknown().map(input).collect();
        let unknown = match unknown.as_slice() {
            [] => continue,
            names => names.join(" or "),
        };
        let _ = match plan.facts.set {
            Some(_) => writeln!(text, "{job} runs again if {unknown} changed"),
            None => writeln!(text, "{job} does not run again when {unknown} changes: give --name"),
        };
    }
    for (workload, read) in &plan.facts.unknown_rollouts {
        let read: Vec<_> = read.iter().map(|read| format!("{} {}", read.kind, read.name)).collect();
        let read = read.join(" or ");
        let _ = match plan.facts.set {
            Some(_) => writeln!(text, "{workload} restarts if {read} changed"),
            None => writeln!(text, "{workload} does not restart when {read} changes: give --name"),
        };
    }
    text += &rules(plan, heading);
    text += &beside(plan, heading);
    match plan.masked.as_slice() {
        [] => {}
        [one] => {
            let _ = writeln!(
                text,
                "not compared: the values of {one}, which the snapshot does not hold"
            );
        }
        several => {
            let count = several.len();
            let _ = writeln!(
                text,
                "not compared: the values of {count} Secrets, which the snapshot does not hold"
            );
        }
    }
    text += &unverified(plan);
    if let Some(from) = &plan.back.from {
        let from = from.short();
        let why = match heading.against {
            Against::Cluster(_) => format!("{from} was synced last, and this is not a later commit"),
            Against::Commit { .. } => format!("it is not a later commit than {from}"),
        };
        let _ = writeln!(text, "goes back: {why}");
    }
    for crossed in plan.crossed_as_meant() {
        let _ = writeln!(text, "{} {}", paint(WARNED, "warning:"), self::crossed(crossed));
    }
    if heading.not_selected > 0 {
        let _ = writeln!(text, "not selected: {} in git", heading.not_selected);
    }
    match (&plan.facts.set, heading.pruning) {
        (Some(set), Pruning::Everything) => match plan.of(Action::Keep).count() {
            0 => {
                let _ = writeln!(text, "the ApplySet {} goes, too, with its records", set.name);
            }
            kept => {
                let _ = writeln!(
                    text,
                    "the ApplySet {} stays, since {kept} of its objects are kept",
                    set.name
                );
            }
        },
        (None, Pruning::Members | Pruning::Off | Pruning::Selected) => {
            text += "nothing is pruned: the ApplySet has no name (give --name)\n";
        }
        (Some(_), Pruning::Off) => text += "nothing is pruned: --no-prune\n",
        (Some(_), Pruning::Selected) => {
            text += "pruned is only what is selected, and nothing cluster-scoped under --only-namespace\n";
        }
        (_, Pruning::Members | Pruning::Everything) => {}
    }
    for reason in &plan.refusals {
        let _ = writeln!(text, "{} {}", paint(FAILED, "sync blocked:"), refusal(reason));
    }
    text
}

/// What rules leave as it is: how much, or each with `-v`; and the rules that are about nothing.
fn rules(plan: &Plan, heading: &Heading<'_>) -> String {
    let steps = plan.steps.iter().map(|step| (&step.reference, &step.tolerated.yielded));
    let settled = plan
        .unchanged
        .iter()
        .map(|settled| (&settled.reference, &settled.tolerated.yielded));
    let mut all: Vec<_> = steps.chain(settled).collect();
    all.sort_by_key(|(reference, _)| *reference);
    let all = all
        .into_iter()
        .flat_map(|(reference, yielded)| yielded.iter().map(move |one| (reference, one)));
    let mut text = String::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (reference, yielded) in all {
        if heading.detail == Detail::Whole {
            let _ = write!(text, "{reference} {}", change::yielded(yielded));
        } else {
            *counts.entry(change::rule(&yielded.rule)).or_default() += 1;
        }
    }
    if !counts.is_empty() {
        let counts = counts.iter().map(|(rule, count)| {
            let fields = if *count == 1 { "field" } else { "fields" };
            format!("{count} {fields} {rule}")
        });
        let _ = writeln!(
            text,
            "left as it is: {} (-v names them)",
            counts.collect::<Vec<_>>().join(", ")
        );
    }
    for (rule, idle) in &plan.facts.idle_rules {
        let place = rule
            .place()
            .map(|place| format!("{}:{}", place.file.path(), place.line()))
            .unwrap_or_default();
        let _ = match idle {
            Idle::NoObject => writeln!(text, "the rule at {place} is about no object in git"),
            Idle::NoField(1) => writeln!(
                text,
                "the rule at {place} is about a field that its object does not have"
            ),
            Idle::NoField(objects) => {
                writeln!(
                    text,
                    "the rule at {place} is about a field that none of its {objects} objects has"
                )
            }
        };
    }
    text
}

/// What people added by hand, and what a sync leaves as it is no more than git does.
fn beside(plan: &Plan, heading: &Heading<'_>) -> String {
    let steps = plan.steps.iter().map(|step| (&step.reference, &step.tolerated.beside));
    let settled = plan
        .unchanged
        .iter()
        .map(|settled| (&settled.reference, &settled.tolerated.beside));
    let mut all: Vec<_> = steps.chain(settled).collect();
    all.sort_by_key(|(reference, _)| *reference);
    let all: Vec<_> = all
        .into_iter()
        .flat_map(|(reference, beside)| beside.iter().map(move |one| (reference, one)))
        .collect();
    if all.is_empty() {
        return String::new();
    }
    if heading.detail == Detail::Whole {
        let lines = all
            .iter()
            .map(|(reference, one)| format!("{reference} {}\n", change::beside(one, heading.now)));
        return lines.collect();
    }
    let objects: BTreeSet<_> = all.iter().map(|(reference, _)| reference.to_string()).collect();
    let fields = if all.len() == 1 { "field" } else { "fields" };
    let names: Vec<_> = objects.iter().take(3).cloned().collect();
    let more = match objects.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "added by hand and not in git: {} {fields} of {}{more} (-v names them)\n",
        all.len(),
        names.join(", ")
    )
}

/// What was found out without the server's own answer.
fn unverified(plan: &Plan) -> String {
    let mut text = String::new();
    let steps = plan.steps.iter().filter_map(|step| step.unverified.as_ref());
    let unchanged = plan.unchanged.iter().filter_map(|settled| settled.unverified.as_ref());
    let may_not_write = |why: &&Unverified| **why == Unverified::NotAllowed;
    let (changed, unchanged) = (
        steps.filter(may_not_write).count(),
        unchanged.filter(may_not_write).count(),
    );
    if changed + unchanged > 0 {
        let _ = writeln!(
            text,
            "unverified: {} of {} objects, {unchanged} of them unchanged: the server answers a dry-run only to who may \
             write, so our own merge says what would change; admission is not in it",
            changed + unchanged,
            plan.steps.len() + plan.unchanged.len()
        );
    }
    if let Some(why) = &plan.facts.schema_unread {
        let _ = writeln!(
            text,
            "the server's schemas may not be read, so objects of kinds that only it knows are asked about one by one: {why}"
        );
    }
    text
}

/// What it means to go back across a Job.
pub(in crate::view) fn crossed(crossed: &Crossed) -> String {
    let Crossed { job, reason, ran, .. } = crossed;
    let ran = ran.short();
    let reason = match reason.as_str() {
        "" => String::new(),
        reason => format!(" ({})", visible(reason)),
    };
    if crossed.is_certain {
        return format!("it goes back across {job}, whose run at {ran} cannot be undone{reason}");
    }
    format!(
        "it may go back across {job}, whose run at {ran} cannot be undone{reason}: that commit, or the way to it, is \
         not at hand (`git fetch --unshallow`)"
    )
}

/// The secret parameters that are no secret: how many, and the first of them.
fn secret_defaults(names: &[String]) -> String {
    /// How many are named.
    const NAMED: usize = 2;
    let named: Vec<_> = names.iter().take(NAMED).map(String::as_str).collect();
    let (count, more) = (names.len(), names.len().saturating_sub(NAMED));
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let (noun, verb) = if count == 1 {
        ("parameter", "has the default")
    } else {
        ("parameters", "have the defaults")
    };
    format!(
        "{count} secret {noun} {verb} of the directory, which whoever can read it knows: {}{more}; give others with \
         --parameters FILE, or pass --allow-default-secrets",
        visible(&named.join(", "))
    )
}

/// A file that cannot be decrypted, and for whom it is encrypted.
fn encrypted(closed: &Closed) -> String {
    let why = self::closed(closed);
    format!("{why}; until then its values are compared with those of the last sync as ciphertext")
}

/// A file that cannot be decrypted, for whom it is encrypted, and the way out.
pub fn closed(closed: &Closed) -> String {
    let file = visible(&closed.file);
    if closed.recipients.is_empty() {
        let others = closed.others.join(", ");
        return format!("{file} is encrypted for {others}, and only age is supported; add an age recipient to it");
    }
    format!(
        "{file} is encrypted for {}, and there is no age identity to decrypt it with; give one with --age-key-file",
        visible(&closed.recipients.join(", "))
    )
}

/// Why a sync refuses, and the way out.
pub fn refusal(reason: &Refusal) -> String {
    match reason {
        Refusal::Budget { deletes, allowed } => {
            format!("{deletes} objects would be deleted, and {allowed} may be; allow more with --max-prune {deletes}")
        }
        Refusal::Irreversible(crossed) => {
            format!("{}; to do it anyway, pass --allow-irreversible", self::crossed(crossed))
        }
        Refusal::Empty => "the desired state is empty; pass --allow-empty to delete all members".to_owned(),
        Refusal::Source { last, now } => {
            let now = now.as_ref().map_or_else(
                || "this is no git repository".to_owned(),
                |now| format!("this is {}", source(now)),
            );
            format!(
                "the set was synced last from {}, and {now}: give this one another name, or pass --switch-source to \
                 take the set over, with its objects",
                source(last)
            )
        }
        Refusal::Elsewhere(Elsewhere {
            environment,
            cluster,
            allowed,
        }) => {
            let what = match environment {
                Some(environment) => format!("the environment {environment}"),
                None => "this directory".to_owned(),
            };
            let allowed = match allowed.as_slice() {
                [] => "no cluster".to_owned(),
                allowed => allowed.join(" or "),
            };
            format!(
                "{what} belongs to {allowed}, and this is {cluster}: pass another --context, or add this one below \
                 `contexts:` in stackanetes.yaml"
            )
        }
        Refusal::Environment { last, now } => {
            let name = |environment: &Option<String>| {
                environment
                    .clone()
                    .map_or_else(|| "no environment".to_owned(), |name| format!("the environment {name}"))
            };
            format!(
                "{} was synced last, and this is {}; to do it anyway, pass --switch-environment",
                name(last),
                name(now)
            )
        }
        Refusal::KeyHidden { key, objects } => {
            let names: Vec<String> = objects.iter().map(ToString::to_string).collect();
            format!(
                "{key} may not be read, so it cannot be said whether the pods of {} start anew",
                names.join(", ")
            )
        }
        Refusal::Encrypted(closed) => encrypted(closed),
        Refusal::SecretDefaults(names) => secret_defaults(names),
        Refusal::Pending { reader, read } => {
            format!("{reader} reads {read}, which is to change and is not selected; select it too")
        }
        Refusal::NotAllowed(objects) => {
            format!(
                "you may not write {}; that takes `patch`, and `create` for what is new",
                few(objects)
            )
        }
        Refusal::NotCompared(kind) => format!("{kind} may not be listed, so it cannot be said what would change"),
    }
}
