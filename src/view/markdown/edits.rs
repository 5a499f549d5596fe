//! The edits of each commit: a table.

use std::fmt::Write as _;

use super::markup::escaped;
use crate::plan::Edited;
use crate::view::document::{Document, edits};
use crate::view::value::ends;

/// How long a change may be in its cell, in characters.
const CHANGE: usize = 300;

/// The edits; nothing where there are none.
pub(super) fn tables(document: &Document<'_>) -> String {
    let mut text = String::new();
    for (by, all) in edits::by_maker(&document.edits) {
        let _ = writeln!(text, "{}\n", escaped(&edits::maker(by)));
        text += "| edit | value | what it does |\n|---|---|---|\n";
        text.extend(all.iter().map(row));
        text.push('\n');
    }
    text
}

fn row(edited: &Edited<'_>) -> String {
    let effects: Vec<String> = edits::effects(edited).iter().map(|text| escaped(text)).collect();
    let place = escaped(&edits::place(edited));
    let change = escaped(&ends(&edits::change(edited), CHANGE));
    format!("| {place} | {change} | {} |\n", effects.join("<br>"))
}
