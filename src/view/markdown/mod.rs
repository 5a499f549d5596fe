//! A plan as a comment on a pull request: the verdict and what is dangerous first, then a collapsed section an
//! object, and never more than a comment may hold.

mod created;
mod dangers;
mod edits;
mod folding;
mod marker;
mod markup;
mod picture;
mod report;

use std::fmt::Write as _;

use super::document::{self, Line, Lines, PlanDocument, note};
use super::room::Room;
use super::value::ends;
use crate::plan::Step;
use created::NewObjects;
use folding::{Folding, paragraph};
use marker::marker;
pub(super) use marker::marker_of_all;
use markup::{escaped, fenced};
pub(super) use report::report;

/// How long a comment may be, by
/// [GitHub](https://docs.github.com/en/rest/issues/comments): in characters, and so surely in bytes.
pub(super) const LONGEST: usize = 65_536;
/// What is kept free for whoever posts it: the line by which it is found again, and where it comes from.
const POSTED: usize = 500;
/// What is kept free to say what was left out.
const TAIL: usize = 300;
/// How long what stands beside the name of an object may be, in characters.
const NOTE: usize = 300;
/// Where the notes beside lines begin, if a line is no longer.
const COLUMN: usize = 58;

/// The comment on what could not be compared: a title, and why.
pub(super) fn failed(title: &str, why: &str, longest: usize) -> String {
    let why = ends(why, longest.saturating_sub(POSTED));
    format!("### {}\n\n{}", escaped(title), fenced("", &why))
}

/// The comment, of at most so many characters.
pub(super) fn document(document: &PlanDocument<'_>, longest: usize) -> String {
    Folding::fitting(|folding| comment(document, folding, longest))
}

fn comment(document: &PlanDocument<'_>, folding: Folding, longest: usize) -> String {
    let PlanDocument { head, .. } = document;
    let mut text = marker(document);
    let _ = writeln!(text, "### {}{}\n", escaped(&head.subject), escaped(&head.compared));
    for line in document.summary.iter() {
        let _ = writeln!(text, "**{}**\n", escaped(&line.left()));
    }
    let mut room = Room::of(longest.saturating_sub(POSTED + TAIL + text.len()));
    // What is to be known of all comes before the single objects, though it stands below them.
    let most = room.left() / 4;
    text += &dangers::warning(document, &mut room);
    text += &room.at_most(most, |room| checked(document, room));
    let remarks = room.at_most(most, |room| remarks(&document.remarks, room));
    text += &changes(document, folding, &mut room);
    text + &remarks
}

/// All that changes: what several objects have in common together, and the others one by one. New objects are told
/// whole as far as all others leave room.
fn changes(document: &PlanDocument<'_>, folding: Folding, room: &mut Room) -> String {
    let new = NewObjects::of(document, folding);
    let commits = room.take(commits(document)).unwrap_or_default();
    let edits = edits::tables(document);
    let followers = document.followers().map(|lines| followers(&lines, folding));
    let followers = followers.unwrap_or_default();
    let same: String = document.same().iter().map(|lines| same(lines, folding)).collect();
    match room.take(edits.clone() + &same + &new.titles() + &followers) {
        Some(_) => {
            let objects = objects(document.own_steps().collect(), document, folding, room);
            let picture = picture::section(document, folding, room);
            commits + &edits + &same + &new.whole(room) + &followers + &objects + &picture
        }
        None => commits + &objects(document.shown_steps().collect(), document, folding, room),
    }
}

/// What a check of the directory finds, as far as there is room.
fn checked(document: &PlanDocument<'_>, room: &mut Room) -> String {
    let lines = document.checked().unwrap_or_default();
    let body: String = lines.iter().map(beside).collect();
    let block = (!lines.is_empty()).then(|| format!("{}\n", fenced("", &body)));
    block.and_then(|block| room.take(block)).unwrap_or_default()
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
fn objects(mut steps: Vec<&Step>, document: &PlanDocument<'_>, folding: Folding, room: &mut Room) -> String {
    let mut text = String::new();
    steps.sort_by_key(|step| document::harm(step));
    let mut left_out = 0;
    for step in steps {
        let mut lines = document.rest(step);
        lines.append(document.manifest(step));
        let body: String = lines.iter().map(sign_first).collect();
        let section = |body: &str| section(step, document, folding, body);
        let short = || {
            let hidden = lines.len();
            section(&format!(
                "{hidden} lines are left out, since the comment would be too long\n"
            ))
        };
        let whole = room.take(section(&body));
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

/// The commits behind several changes, but for those whose edits are told.
fn commits(document: &PlanDocument<'_>) -> String {
    let lines = document.commits().into_iter().flatten();
    lines.map(|line| escaped(&line.text) + "\n\n").collect()
}

/// Lines that change in the same way in several objects.
fn same(lines: &Lines, folding: Folding) -> String {
    let mut lines = lines.iter();
    let title = lines.next().map(|line| folding.escaped(&line.left()));
    let body: String = lines.map(sign_first).collect();
    folding.block(&title.unwrap_or_default(), "diff", &body) + "\n"
}

/// The workloads that restart since their pods read what changes.
fn followers(lines: &Lines, folding: Folding) -> String {
    let mut lines = lines.iter();
    let title = lines.next().map(|line| folding.escaped(&line.left()));
    let body: String = lines.map(beside).collect();
    folding.block(&title.unwrap_or_default(), "", &body) + "\n"
}

/// `~ update <code>Deployment a/web</code>: restarts 3 pods`
fn title(step: &Step, document: &PlanDocument<'_>, folding: Folding) -> String {
    let reference = folding.escaped(&step.reference.to_string());
    let mut title = format!(
        "{} {} <code>{reference}</code>",
        step.action.glyph(),
        step.action.word()
    );
    let note = note(step, document.plan, document.heading);
    if !note.is_empty() {
        let _ = write!(title, ": {}", folding.escaped(&ends(&note, NOTE)));
    }
    title
}

fn section(step: &Step, document: &PlanDocument<'_>, folding: Folding, body: &str) -> String {
    if body.is_empty() {
        return format!("- {}\n", paragraph(&title(step, document, Folding::Open)));
    }
    folding.block(&title(step, document, folding), "diff", body)
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
