//! Disruption budgets that protect nothing, or let no node be drained.

use crate::diagnostic::identifier::Identifier;
use serde_json::Value;

use crate::object::field::At;

use super::directory::{CheckedDirectory, CheckedObject};
use super::finding::Finding;
use super::references::meant;
use super::scaling::most_pods;
use super::selector::ObjectSelector;

pub(super) fn check<'a>(directory: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    if !object.kind().is("policy", "PodDisruptionBudget") {
        return;
    }
    let spec = object.at(&["spec"]);
    let at = spec.field("selector");
    let selected = directory.selected(object.namespace(), &ObjectSelector::new(&at));
    if selected.is_empty() {
        let message = format!("{} selects no pods of the directory", object.reference);
        findings.push(meant(
            object,
            Finding::new(Identifier::EmptySelection, object, &at.path, message),
        ));
        return;
    }
    // Of how many pods it is, if all say so.
    let counts = selected.iter().map(|(workload, _)| most_pods(directory, workload));
    let pods: Option<u64> = counts.sum();
    if pods == Some(0) {
        return;
    }
    for (field, keeps) in [("minAvailable", true), ("maxUnavailable", false)] {
        let bound = spec.field(field);
        let (none, all) = reach(&bound, pods);
        let finding = |identifier, message: String| Finding::new(identifier, object, &bound.path, message);
        let of = pods.map_or_else(String::new, |pods| format!(" (of {pods})"));
        if if keeps { all } else { none } {
            let message = format!(
                "{} lets no pod go{of}: it blocks every drain of a node",
                object.reference
            );
            findings.push(meant(
                object,
                finding(Identifier::BlockingBudget, message).hint(blocking(pods)),
            ));
        } else if if keeps { none } else { all } {
            let message = format!("{} lets all pods go{of}: it protects nothing", object.reference);
            findings.push(meant(object, finding(Identifier::IdleBudget, message).hint(idle(pods))));
        }
    }
}

fn blocking(pods: Option<u64>) -> &'static str {
    match pods {
        Some(1) => "a single pod cannot be kept while its node is drained: run more of them, or leave the budget out",
        _ => "leave room for one pod to go",
    }
}

fn idle(pods: Option<u64>) -> &'static str {
    match pods {
        Some(1) => "there is nothing to protect in a single pod: run more of them, or leave the budget out",
        _ => "keep at least one pod, or leave the budget out",
    }
}

/// Whether a bound is none of so many pods, and whether it is all of them. A share is rounded up.
fn reach(bound: &At<'_>, pods: Option<u64>) -> (bool, bool) {
    let (count, is_all) = match bound.value {
        Value::Number(count) => (count.as_u64(), false),
        Value::String(text) => {
            let percent = text.strip_suffix('%').and_then(|percent| percent.parse::<u64>().ok());
            let count = percent.and_then(|percent| match (percent, pods) {
                (0, _) => Some(0),
                (percent, Some(pods)) => Some(percent.saturating_mul(pods).div_ceil(100)),
                _ => None,
            });
            (count, percent.is_some_and(|percent| percent >= 100))
        }
        _ => (None, false),
    };
    let reaches = count.zip(pods).is_some_and(|(count, pods)| count >= pods);
    (count == Some(0), is_all || reaches)
}
