//! What a person is asked before a plan is carried out.

use super::super::value;
use super::{Against, Heading, Pruning, summary};
use crate::plan::Plan;

/// What a person is asked before a plan is carried out: what it does, to which ApplySet, and where.
pub fn question(plan: &Plan, heading: &Heading<'_>) -> String {
    let counts = summary::changes(plan);
    let cluster = match heading.against {
        Against::Cluster(cluster) => value::visible(cluster).into_owned(),
        Against::Commit { revision, .. } => revision.commit.short().to_owned(),
    };
    let environment = heading
        .environment
        .map(|name| format!(" (environment {})", value::visible(name)));
    let environment = environment.unwrap_or_default();
    match (&plan.facts.set, heading.pruning) {
        (Some(set), Pruning::Everything) => format!("Delete {} from {cluster}{environment}: {counts}?", set.name),
        (Some(set), Pruning::Orphan) => format!(
            "Delete the ApplySet {} from {cluster}{environment}, and keep its objects: {counts}?",
            set.name
        ),
        (Some(set), _) => format!("Sync {} to {cluster}{environment}: {counts}?", set.name),
        (None, _) => format!("Sync to {cluster}{environment}: {counts}?"),
    }
}
