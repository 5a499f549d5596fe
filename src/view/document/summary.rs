//! How much there is of everything in a plan.

use super::{Heading, Line, Lines, unready};
use crate::diagnostic::names::counted;
use crate::kinds::pods;
use crate::object::ObjectRef;
use crate::object::field::FieldPath;
use crate::plan::compare::Shown;
use crate::plan::{Action, Plan, Reason, Restarts, Step};

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
        (Action::Orphan, "to orphan"),
    ];
    let counted = writes
        .into_iter()
        .map(|(action, words)| (plan.of(action).count(), words));
    let counted = counted.filter(|(count, _)| *count > 0);
    counted.map(|(count, words)| format!("{count} {words}")).collect()
}

/// How many objects there are of each kind of step, and what restarts.
pub(super) fn summary(plan: &Plan, heading: &Heading<'_>) -> Lines {
    let counts = counts(plan, heading);
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

/// What starts anew.
#[derive(Default)]
pub(in crate::view) struct Restarted<'a> {
    /// Workloads other than DaemonSets.
    pub(in crate::view) workloads: Vec<&'a ObjectRef>,
    /// The pods of these, where it is known of all how many they have.
    pub(in crate::view) pods: Option<i64>,
    /// DaemonSets, on every node.
    pub(in crate::view) daemons: Vec<&'a ObjectRef>,
    /// DaemonSets, as their pods are deleted.
    pub(in crate::view) on_delete: Vec<&'a ObjectRef>,
    /// Jobs that run again.
    pub(in crate::view) jobs: Vec<&'a ObjectRef>,
    /// Pods that a change of scale adds.
    pub(in crate::view) added: i64,
    /// Pods that a change of scale takes away.
    pub(in crate::view) removed: i64,
}

impl<'a> Restarted<'a> {
    /// The summary of a plan.
    pub(in crate::view) fn of(plan: &'a Plan) -> Self {
        Self::among(plan.steps.iter().filter(|step| step.action.writes()))
    }

    /// Of some steps, which a sync would carry out.
    pub(super) fn among(steps: impl Iterator<Item = &'a Step>) -> Self {
        let mut found = Self {
            pods: Some(0),
            ..Self::default()
        };
        for step in steps {
            match step.restarts {
                Some(Restarts::Pods(pods)) => {
                    found.workloads.push(&step.reference);
                    found.pods = found.pods.zip(pods).map(|(all, pods)| all + pods);
                }
                Some(Restarts::Daemons(_)) => found.daemons.push(&step.reference),
                Some(Restarts::OnDelete) => found.on_delete.push(&step.reference),
                None if matches!(step.reason, Reason::Runs(_)) => found.jobs.push(&step.reference),
                None => {}
            }
            let more = scaled(step);
            found.added += more.max(0);
            found.removed += (-more).max(0);
        }
        found
    }

    fn parts(&self) -> Vec<String> {
        let pods = self.pods.map(|pods| format!(" with {}", counted(pods, "pod")));
        let pods = pods.unwrap_or_default();
        let parts = [
            (&self.workloads, "restarts", "workload", pods.as_str()),
            (&self.daemons, "restarts", "DaemonSet", " on every node"),
            (&self.on_delete, "restarts", "DaemonSet", " when their pods are deleted"),
            (&self.jobs, "runs", "Job", " again"),
        ];
        let parts = parts.into_iter().filter(|(objects, ..)| !objects.is_empty());
        let words = parts.map(|(objects, verb, noun, after)| format!("{verb} {}{after}", few_or_count(objects, noun)));
        let scaled = [(self.added, "scales up by"), (self.removed, "scales down by")];
        let scaled = scaled.into_iter().filter(|(pods, _)| *pods > 0);
        words
            .chain(scaled.map(|(pods, verb)| format!("{verb} {}", counted(pods, "pod"))))
            .collect()
    }
}

/// How many pods more an update asks for; fewer, where it is negative.
fn scaled(step: &Step) -> i64 {
    let replicas = FieldPath::of(&["spec", "replicas"]);
    let count = |shown: &Shown| match shown {
        Shown::Value(value) => value.as_i64(),
        Shown::Absent | Shown::Masked(_) => None,
    };
    let is_scale = step.action == Action::Update && pods::rolls_out(&step.reference.kind);
    let change = step.changes.iter().find(|change| is_scale && change.path == replicas);
    let counts = change.and_then(|change| count(&change.before).zip(count(&change.after)));
    counts.map_or(0, |(before, after)| after - before)
}

/// A few objects by their names, more by how many they are.
fn few_or_count(objects: &[&ObjectRef], noun: &str) -> String {
    /// How many are named.
    const NAMED: usize = 3;
    if objects.len() > NAMED {
        return counted(objects.len(), noun);
    }
    let names: Vec<String> = objects.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// Which pods start anew, and which Jobs run again. Nothing where it is one object of few, which says so itself.
fn restarts(plan: &Plan) -> Option<String> {
    let parts = Restarted::of(plan).parts();
    let alone = plan.steps.len() == 1;
    (!parts.is_empty() && !alone).then(|| parts.join("; "))
}

fn counts(plan: &Plan, heading: &Heading<'_>) -> String {
    let pruning = heading.pruning;
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
    let unready = unready::counted(plan, heading);
    let same = if heading.against.is_cluster() {
        "in sync"
    } else {
        "no change"
    };
    match (parts.is_empty(), plan.is_in_sync()) {
        (true, _) if pruning.is_about_the_set() => "no object is left".to_owned(),
        (true, _) if !heading.elsewhere.is_empty() => {
            let name = heading.environment.map(|name| format!("the environment {name}"));
            let name = name.as_deref().unwrap_or("what is shown");
            format!("no change in {name}: {unchanged} {objects}{unready}")
        }
        (true, _) => format!("{same}: {unchanged} {objects}{unready}"),
        (false, _) if pruning.is_about_the_set() => parts.join(", "),
        (false, true) => format!("{same}: {unchanged} {objects}{unready}; {}", parts.join(", ")),
        (false, false) => format!("{}; {unchanged} unchanged{unready}", parts.join(", ")),
    }
}
