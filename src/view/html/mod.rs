//! A plan as a page: one file that needs nothing from elsewhere, to be kept by a CI system and opened in a browser.
//!
//! Without its script it is whole; the script only searches and folds. The page may run that script and no other, and
//! may load nothing, by its
//! [Content-Security-Policy](https://www.w3.org/TR/CSP3/).

mod edits;
mod lines;
mod objects;
mod picture;
mod room;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::document::PlanDocument;
use super::room::Room;
use lines::Text;

/// How the page looks.
const STYLE: &str = include_str!("page.css");
/// What searches and folds.
const SCRIPT: &str = include_str!("page.js");
/// How long a page may be, in bytes: a browser shows it at once, and a CI system keeps it.
const LONGEST: usize = 4 << 20;
/// What is kept free for all that is around what may be left out.
const AROUND: usize = 16 << 10;

/// The page.
pub(super) fn document(document: &PlanDocument<'_>) -> String {
    let page = html! {
        (DOCTYPE) "\n"
        html lang="en" {
            (head(document)) "\n"
            (body(document)) "\n"
        }
        "\n"
    };
    page.into_string()
}

fn head(document: &PlanDocument<'_>) -> Markup {
    let verdict = document.summary.iter().next().map(|line| line.text.as_str());
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy());
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (document.head.subject) ": " (verdict.unwrap_or_default()) }
            style { (PreEscaped(STYLE)) }
        }
    }
}

/// What a browser lets the page do: to be shown as [`STYLE`] says, and to run [`SCRIPT`].
fn policy() -> String {
    let digest = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

fn body(document: &PlanDocument<'_>) -> Markup {
    let mut room = Room::of(LONGEST - STYLE.len() - SCRIPT.len() - AROUND);
    let most = room.left() / 4;
    let dangers = dangers(document, &mut room);
    let checked = room.at_most(most, |room| checked(document, room));
    // What is to be known of all comes before the single objects, though it stands below them.
    let remarks = room.at_most(most, |room| remarks(document, room));
    html! {
        body { "\n"
            h1 { (document.head.subject) span.compared { (document.head.compared) } } "\n"
            @for line in document.summary.iter() { p.verdict { (line.text) } "\n" }
            (dangers)
            (checked)
            @for line in document.commits().into_iter().flatten() { p.commit { (Text(&line.text)) } "\n" }
            (edits::table(document, &mut room))
            (picture::section(document, &mut room))
            (objects::sections(document, &mut room))
            (remarks)
            script { (PreEscaped(SCRIPT)) } "\n"
        }
    }
}

/// What a reviewer must not overlook.
fn dangers(document: &PlanDocument<'_>, room: &mut Room) -> Markup {
    let told = [document.dangers(), document.stops()];
    let quarter = room.left() / 4;
    // What stops a sync stands first, and takes no room from what may do harm.
    let [(dangers, more), (stops, more_stops)] = told.each_ref().map(|told| {
        let items = told.iter().map(|text| html! { li { (Text(text)) } "\n" });
        room.at_most(quarter, |room| room::fill(room, items))
    });
    let left_out = more + more_stops;
    html! {
        @if told.iter().any(|told| !told.is_empty()) {
            section.dangers aria-label="dangers" { "\n"
                ul { "\n" (stops) (dangers) }
                (room::left_out(left_out, "dangers"))
            } "\n"
        }
    }
}

/// What a check of the directory finds.
fn checked(document: &PlanDocument<'_>, room: &mut Room) -> Markup {
    let lines = document.checked().unwrap_or_default();
    let (found, left_out) = room::fill(room, lines.iter().map(lines::line));
    html! {
        @if !lines.is_empty() {
            section { "\n"
                h2 { "Check" } "\n"
                (lines::frame(&found))
                (room::left_out(left_out, "lines"))
            } "\n"
        }
    }
}

/// The kinds that were not compared, and what is to be known besides.
fn remarks(document: &PlanDocument<'_>, room: &mut Room) -> Markup {
    let all = document
        .not_compared()
        .into_iter()
        .flatten()
        .chain(document.remarks.clone());
    let (remarks, left_out) = room::fill(room, all.map(|line| lines::line(&line)));
    html! {
        @if !remarks.0.is_empty() || left_out > 0 {
            section { "\n"
                h2 { "Remarks" } "\n"
                (lines::frame(&remarks))
                (room::left_out(left_out, "remarks"))
            } "\n"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_end_only_where_their_elements_do() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</") && !text.contains("<!--") && !text.contains('\r'));
        }
    }

    #[test]
    fn style_and_script_load_nothing() {
        for word in ["url(", "@import", "http:", "https:", "fetch(", "import(", "innerHTML"] {
            assert!(!STYLE.contains(word) && !SCRIPT.contains(word), "{word}");
        }
    }
}
