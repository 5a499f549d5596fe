//! A picture of the order in which a sync writes objects, as
//! [Mermaid](https://mermaid.js.org/syntax/flowchart.html), which GitHub and GitLab draw.

use std::fmt::Write as _;

use super::folding::Folding;
use crate::view::document::{Mark, Marks, PlanDocument};
use crate::view::room::Room;
use crate::view::value::{ends, line};

/// How many marks a person looks at in a comment.
const MOST: usize = 30;
/// How long a line of a mark may be, in characters.
const NAME: usize = 40;
/// What stands above the picture.
const TITLE: &str = "the order of the rollout";

/// The picture, where something waits for something else, and there is room for it.
pub(super) fn section(document: &PlanDocument<'_>, folding: Folding, room: &mut Room) -> String {
    let (Marks::Objects(marks) | Marks::Components(marks)) = Marks::of(document, MOST) else {
        return String::new();
    };
    if marks.iter().all(|mark| mark.after.is_empty()) {
        return String::new();
    }
    let picture = room.take(folding.block(TITLE, "mermaid", &flowchart(&marks)));
    picture.unwrap_or_default()
}

/// The marks from top to bottom, and an arrow to each from what it waits for.
fn flowchart(marks: &[Mark]) -> String {
    let mut text = "flowchart TD\n".to_owned();
    for (index, mark) in marks.iter().enumerate() {
        let restarts = if mark.restarts { " ↻" } else { "" };
        let (action, name) = (label(&mark.action), label(&mark.name));
        let _ = writeln!(text, "  n{index}[\"{action}{restarts}<br>{name}\"]");
    }
    for (index, mark) in marks.iter().enumerate() {
        for other in &mark.after {
            let _ = writeln!(text, "  n{other} --> n{index}");
        }
    }
    text
}

/// Text in a label: what means something to Mermaid, HTML or Markdown is written by its number, as
/// Mermaid's [entity codes](https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters).
fn label(text: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || " .-/~±".contains(letter);
    let mut label = String::new();
    for letter in line(&ends(text, NAME)).chars() {
        if is_plain(letter) {
            label.push(letter);
        } else {
            let _ = write!(label, "#{};", u32::from(letter));
        }
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_nothing_but_itself() {
        assert_eq!(label("shop/web-0.a"), "shop/web-0.a");
        for text in ["\"]", "```\n", "<b>", "%%{init}%%", "a;click b", "`*x*`", "#quot;"] {
            let label = label(text);
            let is_safe = |letter: char| letter.is_alphanumeric() || " -./#;".contains(letter);
            assert!(label.chars().all(is_safe), "{label}");
            assert!(text != "#quot;" || label == "#35;quot#59;", "{label}");
        }
    }
}
