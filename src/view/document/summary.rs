//! How much there is of everything in a plan.

use super::{Heading, Line, Lines, Pruning};
use crate::plan::{Action, Plan, Reason, Restarts};

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

/// How many objects there are of each kind of step, and what restarts.
pub(super) fn summary(plan: &Plan, heading: &Heading<'_>) -> Lines {
    let counts = counts(plan, heading.pruning);
    let lines = std::iter::once(counts)
        .chain(restarts(plan))
        .chain(elsewhere(heading.elsewhere));
    lines.map(|text| Line::prose(0, text)).collect()
}

/// Which environments change that are not shown.
fn elsewhere(environments: &[String]) -> Option<String> {
    match environments {
        [] => None,
        [one] => Some(format!(
            "the environment {one} changes too, and is not shown: pass --environment {one}"
        )),
        several => Some(format!(
            "the environments {} change too, and are not shown: pass --environment NAME",
            several.join(", ")
        )),
    }
}

/// Which pods start anew, and which Jobs run again; nothing where it is one object, which says so itself.
fn restarts(plan: &Plan) -> Option<String> {
    let (mut workloads, mut pods, mut daemons, mut on_delete, mut jobs) = (0_usize, Some(0), 0_usize, 0_usize, 0_usize);
    for step in plan.steps.iter().filter(|step| step.action.writes()) {
        match step.restarts {
            Some(Restarts::Pods(more)) => {
                workloads += 1;
                pods = pods.zip(more).map(|(pods, more)| pods + more);
            }
            Some(Restarts::Daemons(_)) => daemons += 1,
            Some(Restarts::OnDelete) => on_delete += 1,
            None => jobs += usize::from(matches!(step.reason, Reason::Runs(_))),
        }
    }
    if workloads + daemons + on_delete + jobs < 2 {
        return None;
    }
    let pods = pods
        .map(|pods| format!(" with {}", counted(pods, "pod")))
        .unwrap_or_default();
    let parts = [
        (workloads, format!("restarts {}{pods}", counted(workloads, "workload"))),
        (
            daemons,
            format!("restarts {} on every node", counted(daemons, "DaemonSet")),
        ),
        (
            on_delete,
            format!("{} when their pods are deleted", counted(on_delete, "DaemonSet")),
        ),
        (jobs, format!("runs {} again", counted(jobs, "Job"))),
    ];
    let parts = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(_, words)| words);
    Some(parts.collect::<Vec<_>>().join("; "))
}

/// `1 pod`, `2 pods`
fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    match count.try_into().unwrap_or_default() {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}

fn counts(plan: &Plan, pruning: Pruning) -> String {
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
        (true, _) if pruning == Pruning::Everything => "no object is left".to_owned(),
        (true, _) => format!("in sync: {unchanged} {objects}"),
        (false, _) if pruning == Pruning::Everything => parts.join(", "),
        (false, true) => format!("in sync: {unchanged} {objects}; {}", parts.join(", ")),
        (false, false) => format!("{}; {unchanged} unchanged", parts.join(", ")),
    }
}
