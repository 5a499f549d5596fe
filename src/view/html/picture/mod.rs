//! A picture of what waits for what: the objects that a sync writes, or their components where these are many.

mod drawing;
mod marks;

use maud::{Markup, html};

use super::room;
use crate::view::document::{Document, waits};
use crate::view::room::Room;
use drawing::drawing;

/// So many marks a person can still look at.
const MOST: usize = 60;

/// The picture, where there is anything to see in it.
pub(super) fn section(document: &Document<'_>, room: &mut Room) -> Markup {
    let all = waits(document.plan);
    let is_ordered = all.iter().any(|waiting| waiting.wave > 0);
    if !is_ordered {
        return html! {};
    }
    let (what, marks) = if all.len() <= MOST {
        ("objects", marks::objects(&all, document.heading))
    } else {
        ("components", marks::components(&all))
    };
    let is_drawn = (2..=MOST).contains(&marks.len());
    let picture = is_drawn.then(|| room::take(room, drawing(&marks))).flatten();
    html! {
        section { "\n"
            h2 { "Order" } "\n"
            @match picture {
                Some(picture) => {
                    p.caption {
                        "A sync writes these " (what) " from top to bottom. A line is a dependency; the rest is the order of "
                        "kinds. What is deleted, dashed, comes last. ↻ means that pods restart."
                    } "\n"
                    div.scroll { (picture) } "\n"
                }
                None => p.caption {
                    "A picture of " (all.len()) " objects would be too large: " code { "--selector" } " selects some."
                }
            }
        } "\n"
    }
}
