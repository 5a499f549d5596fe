//! A plan as a comment on a pull request: the verdict and what is dangerous first, then a collapsed section an
//! object, and never more than a comment may hold.

mod dangers;
mod edits;
mod markup;

use std::fmt::Write as _;

use super::document::{self, Document, Heading, Line, Lines, note};
use super::room::Room;
use super::value::ends;
use crate::plan::Step;
use markup::{escaped, fenced, html};

/// How long a comment may be, by
/// [GitHub](https://docs.github.com/en/rest/issues/comments): in characters, and so surely in bytes.
const LONGEST: usize = 65_536;
/// What is kept free for whoever posts it: the line by which it is found again, and where it comes from.
const POSTED: usize = 500;
/// What is kept free to say what was left out.
const TAIL: usize = 300;
/// How long what stands beside the name of an object may be, in characters.
const NOTE: usize = 300;
/// Where the notes beside lines begin, if a line is no longer.
const COLUMN: usize = 58;

/// The comment.
pub(super) fn document(document: &Document<'_>) -> String {
    let Document { head, .. } = document;
    let mut text = format!("### {}{}\n\n", escaped(&head.subject), escaped(&head.compared));
    for line in document.summary.iter() {
        let _ = writeln!(text, "**{}**\n", escaped(&line.left()));
    }
    let mut room = Room::of(LONGEST.saturating_sub(POSTED + TAIL + text.len()));
    // What is to be known of all comes before the single objects, though it stands below them.
    let most = room.left() / 4;
    text += &dangers::warning(document, &mut room);
    let remarks = room.at_most(most, |room| remarks(&document.remarks, room));
    let together = together(document).and_then(|together| room.take(together));
    let steps: Vec<&Step> = match together {
        Some(_) => document.own_steps().collect(),
        None => document.plan.steps.iter().collect(),
    };
    text += &together.unwrap_or_default();
    text += &objects(steps, document.heading, &mut room);
    text + &remarks
}

/// Edits, and new objects where there are many; nothing where there are neither.
fn together(document: &Document<'_>) -> Option<String> {
    let created = document.created().map(|lines| created(&lines)).unwrap_or_default();
    let followers = document
        .followers()
        .map(|lines| self::created(&lines))
        .unwrap_or_default();
    Some(edits::tables(document) + &created + &followers).filter(|together| !together.is_empty())
}

/// What is to be known of a plan besides its objects, as far as there is room.
fn remarks(all: &Lines, room: &mut Room) -> String {
    /// What is around the lines: the fence, and how many are left out.
    const AROUND: usize = 100;
    if all.is_empty() {
        return String::new();
    }
    let block = |lines: String, left_out| match left_out {
        0 => format!("\n{}", fenced("", &lines)),
        count => {
            let more = format!("{count} more remarks are left out, since the comment would be too long\n");
            format!("\n{}", fenced("", &(lines + &more)))
        }
    };
    let (lines, left_out) = Room::of(room.left().saturating_sub(AROUND)).fill(all.iter().map(beside));
    // A fence is as long as the text of others makes it.
    let whole = room.take(block(lines, left_out));
    whole.unwrap_or_else(|| block(String::new(), all.len()))
}

/// A section for each object, as long as there is room.
fn objects(mut steps: Vec<&Step>, heading: &Heading<'_>, room: &mut Room) -> String {
    let mut text = String::new();
    steps.sort_by_key(|step| document::harm(step));
    let mut left_out = 0;
    for step in steps {
        let lines = document::below(step, heading);
        let body: String = lines.iter().map(sign_first).collect();
        let short = || {
            let hidden = lines.len();
            let body = format!("{hidden} lines are left out, since the comment would be too long\n");
            section(step, heading, &body)
        };
        let whole = room.take(section(step, heading, &body));
        match whole.or_else(|| room.take(short())) {
            Some(section) => text += &section,
            None => left_out += 1,
        }
    }
    if left_out > 0 {
        let _ = writeln!(
            text,
            "\n{left_out} more objects change, and are left out, since the comment would be too long: `stackanetes \
             diff` shows them."
        );
    }
    text
}

/// A line as it is read, with what stands beside it.
fn beside(line: &Line) -> String {
    with_note(line, line.left())
}

/// A line with its sign first, by which a block of a diff is coloured.
fn sign_first(line: &Line) -> String {
    with_note(line, line.sign_first())
}

fn with_note(line: &Line, left: String) -> String {
    if line.note.is_empty() {
        return left + "\n";
    }
    let gap = COLUMN.saturating_sub(left.chars().count()).max(2);
    format!("{left}{}{}\n", " ".repeat(gap), line.note)
}

/// The new objects, where there are many: collapsed.
fn created(lines: &Lines) -> String {
    let mut lines = lines.iter();
    let title = lines.next().map(|line| html(&line.left())).unwrap_or_default();
    let body: String = lines.map(beside).collect();
    format!(
        "<details><summary>{title}</summary>\n\n{}\n</details>\n\n",
        fenced("", &body)
    )
}

/// `~ update <code>Deployment a/web</code>: restarts 3 pods`
fn title(step: &Step, heading: &Heading<'_>, escaped: fn(&str) -> String) -> String {
    let reference = html(&step.reference.to_string());
    let mut title = format!(
        "{} {} <code>{reference}</code>",
        step.action.glyph(),
        step.action.word()
    );
    let note = note(step, heading);
    if !note.is_empty() {
        let _ = write!(title, ": {}", escaped(&ends(&note, NOTE)));
    }
    title
}

fn section(step: &Step, heading: &Heading<'_>, body: &str) -> String {
    if body.is_empty() {
        // Its sign would begin a list in the list, or strike something out.
        let sign = if step.action.glyph().is_ascii() { "\\" } else { "" };
        return format!("- {sign}{}\n", title(step, heading, escaped));
    }
    let title = title(step, heading, html);
    format!(
        "\n<details><summary>{title}</summary>\n\n{}\n</details>\n",
        fenced("diff", body)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_stay_in_their_room_and_are_counted_where_they_do_not_fit() {
        let lines = |text: &str| -> Lines { (0..50).map(|_| Line::new(0, text)).collect() };
        let told = remarks(&lines("warning: something"), &mut Room::of(500));
        assert!(told.len() <= 500, "{told}");
        assert!(
            told.contains("warning: something\n29 more remarks are left out"),
            "{told}"
        );
        let told = remarks(&lines(&"`".repeat(300)), &mut Room::of(500));
        assert_eq!(
            told,
            "\n```\n50 more remarks are left out, since the comment would be too long\n```\n"
        );
        assert_eq!(remarks(&Lines::default(), &mut Room::of(0)), "");
    }
}
