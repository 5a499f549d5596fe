//! A plan as a comment on a pull request: the verdict and what is dangerous first, then a collapsed section an
//! object, and never more than a comment may hold.

use std::fmt::Write as _;

use super::document::{self, Document, Heading, Line, Lines, edits, note};
use super::room::Room;
use super::value::visible;
use crate::plan::Step;

/// How long a comment may be, by
/// [GitHub](https://docs.github.com/en/rest/issues/comments): in characters, and so surely in bytes.
const LONGEST: usize = 65_536;
/// What is kept free to say what was left out.
const TAIL: usize = 300;
/// How many dangers are listed.
const DANGERS: usize = 40;
/// Where the notes beside lines begin, if a line is no longer.
const COLUMN: usize = 58;

/// The comment.
pub(super) fn document(document: &Document<'_>) -> String {
    let Document { head, .. } = document;
    let mut text = format!("### {}{}\n\n", escaped(&head.subject), escaped(&head.compared));
    for line in document.summary.iter() {
        let _ = writeln!(text, "**{}**\n", escaped(&line.left()));
    }
    text += &dangers(document);
    let mut room = Room::of(LONGEST.saturating_sub(text.len() + TAIL));
    // What is to be known of all comes before the single objects, though it stands below them.
    let remarks = remarks(document, &mut room);
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
    Some(edits(document) + &created).filter(|together| !together.is_empty())
}

/// What is to be known of a plan besides its objects.
fn remarks(document: &Document<'_>, room: &mut Room) -> String {
    let (remarks, left_out) = room.fill(document.remarks.iter().map(beside));
    let more = match left_out {
        0 => String::new(),
        _ => format!("{left_out} more remarks are left out, since the comment would be too long\n"),
    };
    match remarks + &more {
        remarks if remarks.is_empty() => remarks,
        remarks => format!("\n{}", fenced("", &remarks)),
    }
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

/// What a reviewer must not overlook.
fn dangers(document: &Document<'_>) -> String {
    let told = document.must_be_seen();
    if told.is_empty() {
        return String::new();
    }
    let mut text = "> [!WARNING]\n".to_owned();
    for danger in told.iter().take(DANGERS) {
        let _ = writeln!(text, "> - {}", escaped(&shortened(danger)));
    }
    match told.len().saturating_sub(DANGERS) {
        0 => {}
        more => text += &format!("> - and {more} more\n"),
    }
    text.push('\n');
    text
}

/// The edits of each commit, as a table.
fn edits(document: &Document<'_>) -> String {
    let mut text = String::new();
    for (by, all) in edits::by_maker(&document.edits) {
        let _ = writeln!(text, "{}\n", escaped(&edits::maker(by)));
        text += "| edit | value | what it does |\n|---|---|---|\n";
        for edited in all {
            let effects: Vec<String> = edits::effects(edited).iter().map(|text| escaped(text)).collect();
            let (place, change) = (
                escaped(&edits::place(edited)),
                escaped(&shortened(&edits::change(edited))),
            );
            let _ = writeln!(text, "| {place} | {change} | {} |", effects.join("<br>"));
        }
        text.push('\n');
    }
    text
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
        let _ = write!(title, ": {}", escaped(&shortened(&note)));
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

/// A block of code whose fence is longer than any in it.
fn fenced(language: &str, body: &str) -> String {
    let longest = body
        .split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", body.trim_end_matches('\n'))
}

fn shortened(text: &str) -> String {
    const MOST: usize = 300;
    let text = text.replace('\n', " ");
    if text.chars().count() <= MOST {
        return text;
    }
    format!("{}…", text.chars().take(MOST - 1).collect::<String>())
}

/// Text that means in Markdown what it says: nothing is linked or shown as a picture.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in visible(text).chars() {
        if "\\`*_[]()!#|~".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    html(&escaped)
}

/// Text that means in HTML what it says, in which nobody is mentioned.
fn html(text: &str) -> String {
    let text = visible(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace('@', "@<!-- -->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_text_and_nothing_else() {
        assert_eq!(
            escaped("ping @team, see [x](http://y) <b>"),
            "ping @<!-- -->team, see \\[x\\]\\(http://y\\) &lt;b&gt;"
        );
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("diff", "+ a\n"), "```diff\n+ a\n```\n");
        assert_eq!(fenced("diff", "+ ````\n"), "`````diff\n+ ````\n`````\n");
    }
}
