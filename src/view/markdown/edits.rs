//! The edits of each commit: a table, and below it the values that find no room in a cell.

use std::fmt::Write as _;

use super::markup::{escaped, fenced};
use super::sign_first;
use crate::plan::WideEdit;
use crate::view::document::{Lines, PlanDocument, edits, maker};

/// What stands in the cell of a value that stands below the table.
const BELOW: &str = "(see below)";

/// The edits; nothing where there are none. Every value is there whole, since no object repeats it.
pub(super) fn tables(document: &PlanDocument<'_>) -> String {
    let mut text = String::new();
    for (by, all) in edits::by_maker(&document.edits) {
        let _ = writeln!(text, "{}\n", escaped(&maker(by)));
        text += "| edit | value | what it does |\n|---|---|---|\n";
        text.extend(all.iter().map(row));
        text.push('\n');
        let below: String = all.iter().filter_map(sides).collect();
        if !below.is_empty() {
            text += &fenced("diff", &below);
            text.push('\n');
        }
    }
    text
}

fn row(edited: &WideEdit<'_>) -> String {
    let effects: Vec<String> = edits::effects(edited).iter().map(|text| escaped(text)).collect();
    let place = escaped(&edits::place(edited));
    let change = edits::short(edited).unwrap_or_else(|| match edits::key(edited) {
        Some(key) => format!("{key}: {BELOW}"),
        None => BELOW.to_owned(),
    });
    format!("| {place} | {} | {} |\n", escaped(&change), effects.join("<br>"))
}

/// What stood and what stands at a place, where that does not stand in the table.
fn sides(edited: &WideEdit<'_>) -> Option<String> {
    if edits::short(edited).is_some() {
        return None;
    }
    let heading = Lines::from(edits::heading(edited, 0));
    let sides = edits::sides(edited, 2);
    Some(heading.iter().chain(sides.iter()).map(sign_first).collect())
}
