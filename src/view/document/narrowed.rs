//! What is to be known where only some objects are shown.

use super::{Heading, Line, Lines, Tone};
use crate::diagnostic::names::counted;
use crate::plan::{Action, Plan};

/// How many other objects differ; and which names name nothing, or only what stays as it is.
pub(super) fn remarks(plan: &Plan, heading: &Heading<'_>) -> Lines {
    if heading.only.is_empty() {
        return Lines::default();
    }
    let named = heading.only.iter().filter_map(|named| {
        let steps = plan.steps.iter().filter(|step| named.names(&step.reference));
        let unchanged = plan.unchanged.iter().filter(|settled| named.names(&settled.reference));
        match (steps.count(), unchanged.count()) {
            (0, 0) => {
                let is_all = heading.not_selected == 0 && plan.facts.not_compared.is_empty();
                let text = if is_all {
                    format!("warning: there is no object {named}, in git or among the members")
                } else {
                    format!("warning: {named} is no object that is selected and compared")
                };
                Some(Line::prose(0, text).tone(Tone::Warned))
            }
            (0, count) => Some(Line::prose(
                0,
                format!("{named}: {} unchanged", counted(count, "object")),
            )),
            _ => None,
        }
    });
    let mut lines: Lines = named.collect();
    lines.append(others(plan, heading).map(|text| Line::prose(0, text)));
    lines
}

fn others(plan: &Plan, heading: &Heading<'_>) -> Option<String> {
    match not_shown(plan, heading) {
        0 => None,
        1 => Some("1 other object differs, and is not shown".to_owned()),
        count => Some(format!("{count} other objects differ, and are not shown")),
    }
}

/// How many objects differ and are not shown.
pub(in crate::view) fn not_shown(plan: &Plan, heading: &Heading<'_>) -> usize {
    let differ = plan.steps.iter().filter(|step| step.action != Action::Keep);
    differ.filter(|step| !heading.shows(&step.reference)).count()
}
