//! What is as git wants it and all the same is not Current: a rollout that is under way, or came to nothing.

use super::super::value::{few, line};
use super::{Against, Detail, Heading};
use crate::plan::{InSync, Plan};

/// What is not Current. Between two commits there is nothing that could be.
pub(in crate::view) fn not_current<'a>(plan: &'a Plan, heading: &Heading<'_>) -> Vec<&'a InSync> {
    let mut found: Vec<&InSync> = match heading.against {
        Against::Cluster(_) => plan.not_current().collect(),
        Against::Commit { .. } => Vec::new(),
    };
    found.sort_by_key(|settled| &settled.reference);
    found
}

/// How many these are, to be read after how many objects are unchanged.
pub(super) fn counted(plan: &Plan, heading: &Heading<'_>) -> String {
    match not_current(plan, heading).len() {
        0 => String::new(),
        count => format!(", {count} of them not Current"),
    }
}

/// Their names, and how each is: of many the first.
pub(super) fn remark(plan: &Plan, heading: &Heading<'_>) -> Option<String> {
    let found = not_current(plan, heading);
    let named = found.iter().map(|settled| match settled.health.message.as_str() {
        "" => format!("{} ({})", settled.reference, settled.health.status),
        message => format!("{} ({})", settled.reference, line(message)),
    });
    let named: Vec<String> = named.collect();
    match (named.len(), heading.detail) {
        (0, _) => None,
        (_, Detail::Whole) => Some(format!("not Current: {}", named.join(", "))),
        (1..=3, _) => Some(format!("not Current: {}", few(&named))),
        _ => Some(format!("not Current: {} (-v names them)", few(&named))),
    }
}
