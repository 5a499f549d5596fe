//! Text of others, made safe to show: it moves no cursor, changes no colour, and begins no line.

use std::borrow::Cow;

/// Whether a character moves the cursor, changes colours, shows text in another order than it has
/// ([CVE-2021-42574](https://trojansource.codes)), or has no width. Tabs and line breaks do not count.
pub(crate) fn is_hidden(character: char) -> bool {
    match character {
        '\t' | '\n' => false,
        '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}

/// A text without [hidden](is_hidden) characters: whoever can write an object could hide lines from its reviewer
/// otherwise.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().map(|character| match character {
        hidden if is_hidden(hidden) => hidden.escape_default().to_string(),
        shown => shown.to_string(),
    });
    Cow::Owned(shown.collect())
}

/// A text that is [`visible`] and stays on one line: of names and paths, which could forge a line otherwise.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    let shown = visible(text);
    if shown.contains('\n') {
        return Cow::Owned(shown.replace('\n', "\\n"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_hide_a_line_is_shown_as_what_it_is() {
        for (text, shown) in [
            ("plain — ä\t", "plain — ä\t"),
            ("a\u{1b}[2J", "a\\u{1b}[2J"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\u{200b}\u{feff}", "a\\u{200b}\\u{feff}"),
            ("a\u{9b}2J", "a\\u{9b}2J"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible("one\ntwo"), "one\ntwo");
        assert_eq!(line("one\ntwo"), "one\\ntwo");
    }
}
