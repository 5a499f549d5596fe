//! What moved since a plan was saved.

use super::{Heading, Line, Lines, Tone, step};
use crate::plan::{Moved, Plan};

/// What a sync would do now, as `plan` has it, and the saved plan does not say, and the other way round.
pub(in crate::view) fn moved(moved: &Moved<'_>, plan: &Plan, heading: &Heading<'_>) -> Lines {
    let mut lines = Lines::default();
    if !moved.now.is_empty() {
        let title = "a sync would do this now, and the saved plan does not say so:";
        lines.push(Line::new(0, title).tone(Tone::Strong));
        lines.append(moved.now.iter().flat_map(|step| step::step(step, plan, heading)));
    }
    if !moved.gone.is_empty() {
        let title = "the saved plan says this, and a sync would do something else now:";
        lines.push(Line::new(0, title).tone(Tone::Strong));
        lines.append(moved.gone.iter().map(|gone| {
            let text = format!("{} {:<9} {}", gone.action.glyph(), gone.action.word(), gone.object);
            Line::new(0, text).tone(Tone::Of(gone.action))
        }));
    }
    lines
}
