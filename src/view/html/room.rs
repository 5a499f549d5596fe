//! What is left out of a page that would be too long.

use maud::{Markup, PreEscaped, html};

use crate::view::room::Room;

/// Each of `parts` that there is room for, and how many are left out.
pub(super) fn fill(room: &mut Room, parts: impl Iterator<Item = Markup>) -> (Markup, usize) {
    let (all, left_out) = room.fill(parts.map(Markup::into_string));
    (PreEscaped(all), left_out)
}

/// The markup, where there is room for it.
pub(super) fn take(room: &mut Room, markup: Markup) -> Option<Markup> {
    room.take(markup.into_string()).map(PreEscaped)
}

/// That so many of something are left out; nothing where none is.
pub(super) fn left_out(count: usize, what: &str) -> Markup {
    html! {
        @if count > 0 {
            p.left-out {
                (count) " more " (what) " are left out, since the page would be too long: "
                code { "stackanetes diff" } " shows them."
            } "\n"
        }
    }
}
