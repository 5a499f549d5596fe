//! What was found wrong, as people see it.

use stackanetes::check::Checked;
use stackanetes::diagnostic::error::Error;
use stackanetes::view;

use super::parts::base;

/// Shows an error in every form that it has. Nothing of it may move a cursor, whatever others wrote.
pub fn error(error: &Error) {
    let text = view::error(error);
    assert!(!moves_the_cursor(&text), "{text:?}");
    unreadable(error);
}

/// Shows errors that were found together.
pub fn errors(errors: Vec<Error>) {
    if let Some(joined) = Error::join(errors) {
        error(&joined);
    }
}

/// Shows what was found in a directory in every form that it has.
pub fn checked(checked: &Checked) {
    let text = view::checked(checked);
    assert!(!moves_the_cursor(&text), "{text:?}");
    for_programs(checked);
}

fn unreadable(error: &Error) {
    for_programs(&Checked::unreadable(error));
}

fn for_programs(checked: &Checked) {
    let base = base();
    let github = view::github(checked, &base);
    let junit = view::junit(checked, &base);
    assert!(!moves_the_cursor(&github), "{github:?}");
    assert!(!moves_the_cursor(&junit), "{junit:?}");
    view::json::pretty(&view::json::check(checked, &base));
    view::json::pretty(&view::sarif(checked, &base));
}

/// Whether a text holds what a terminal obeys, besides the colours that are put there.
pub fn moves_the_cursor(text: &str) -> bool {
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            if letters.next() != Some('[') {
                return true;
            }
            let end = letters.find(|letter| !letter.is_ascii_digit() && *letter != ';');
            if end != Some('m') {
                return true;
            }
        } else if letter.is_control() && !matches!(letter, '\n' | '\t') || is_hidden(letter) {
            return true;
        }
    }
    false
}

/// Whether a character turns the direction of text, breaks a line, or has no width.
fn is_hidden(letter: char) -> bool {
    matches!(letter, '\u{200b}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
