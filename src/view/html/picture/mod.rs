//! A picture of what waits for what: the objects that a sync writes, or their components where these are many.

mod drawing;

use maud::{Markup, html};

use super::room;
use crate::view::document::{Marks, PlanDocument};
use crate::view::room::Room;
use drawing::drawing;

/// How many marks a person can still look at.
const MOST: usize = 60;

/// The picture, where there is anything to see in it.
pub(super) fn section(document: &PlanDocument<'_>, room: &mut Room) -> Markup {
    let (what, marks) = match Marks::of(document, MOST) {
        Marks::Nothing => return html! {},
        Marks::Objects(marks) => ("objects", marks),
        Marks::Components(marks) => ("components", marks),
        Marks::TooMany(count) => return framed(&too_large(count)),
    };
    match room::take(room, drawing(&marks)) {
        None => framed(&too_large(marks.len())),
        Some(picture) => framed(&html! {
            p.caption {
                "A sync writes these " (what) " from top to bottom. A line is a dependency; the rest is the order of "
                "kinds. What is deleted, dashed, comes last. ↻ means that pods restart."
            } "\n"
            div.scroll { (picture) } "\n"
        }),
    }
}

fn framed(content: &Markup) -> Markup {
    html! {
        section { "\n"
            h2 { "Order" } "\n"
            (content)
        } "\n"
    }
}

fn too_large(count: usize) -> Markup {
    html! {
        p.caption { "A picture of " (count) " objects would be too large: " code { "--selector" } " selects some." }
    }
}
