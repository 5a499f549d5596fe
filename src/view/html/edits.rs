//! The edits in git that change several objects, as a table.

use maud::{Markup, html};

use super::lines::{Text, lines};
use super::room;
use crate::plan::WideEdit;
use crate::view::document::{PlanDocument, edits, maker};
use crate::view::room::Room;

/// The edits, those of a commit below it.
pub(super) fn table(document: &PlanDocument<'_>, room: &mut Room) -> Markup {
    let (mut rows, mut left_out) = (Vec::new(), 0);
    for (by, edits) in edits::by_maker(&document.edits) {
        let maker = html! { tr { th colspan="3" scope="rowgroup" { (Text(&maker(by))) } } "\n" };
        let Some(maker) = room::take(room, maker) else {
            left_out += edits.len();
            continue;
        };
        let (edits, more) = room::fill(room, edits.iter().map(row));
        rows.extend([maker, edits]);
        left_out += more;
    }
    html! {
        @if !document.edits.edits.is_empty() {
            section { "\n"
                h2 { "Edits" } "\n"
                div.scroll { table { "\n"
                    thead { tr { th { "edit" } th { "change" } th { "what it does" } } } "\n"
                    tbody { "\n" @for row in rows { (row) } } "\n"
                } } "\n"
                (room::left_out(left_out, "edits"))
            } "\n"
        }
    }
}

fn row(edited: &WideEdit<'_>) -> Markup {
    html! {
        tr {
            td { code { (Text(&edits::place(edited))) } }
            td { (change(edited)) }
            td { @for effect in edits::effects(edited) { p { (Text(&effect)) } } }
        } "\n"
    }
}

/// What stood there, and what stands there now.
fn change(edited: &WideEdit<'_>) -> Markup {
    html! {
        @if let Some(short) = edits::short(edited) {
            code { (Text(&short)) }
        } @else {
            @if let Some(key) = edits::key(edited) { code { (Text(&key)) } }
            (lines(&edits::sides(edited, 0)))
        }
    }
}
