//! Text of others, made safe to show: it moves no cursor, changes no colour, and begins no line.

use std::borrow::Cow;

/// Whether a character moves the cursor, changes colours, shows text in another order than it has
/// ([CVE-2021-42574](https://trojansource.codes)), or is not seen. Tabs and line breaks do not count, nor do spaces of
/// other widths.
pub(crate) fn is_hidden(character: char) -> bool {
    match character {
        '\t' | '\n' => false,
        other => other.is_control() || is_ignorable(other) || is_blank(other),
    }
}

/// Whether a character has the property `Default_Ignorable_Code_Point` of Unicode: what does not know it shows nothing
/// (`DerivedCoreProperties.txt` of the Unicode Character Database). Text may be hidden in 256 of them that choose
/// between variants of the character before, and in those that are tags.
fn is_ignorable(character: char) -> bool {
    matches!(character,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character without that property is mostly not seen either: line and paragraph separators, the empty
/// Braille pattern, marks of annotations, the filler of the small Khitan script, the empty note head, and what joins
/// hieroglyphs.
fn is_blank(character: char) -> bool {
    matches!(character,
        '\u{2028}'..='\u{2029}'
        | '\u{2800}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{13430}'..='\u{1343f}'
        | '\u{16fe4}'
        | '\u{1d159}')
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
            ("a\u{fe0f}\u{e0141}", "a\\u{fe0f}\\u{e0141}"),
            ("\u{ad}\u{34f}\u{3164}", "\\u{ad}\\u{34f}\\u{3164}"),
            (
                "\u{2800}\u{fffa}\u{16fe4}\u{13437}",
                "\\u{2800}\\u{fffa}\\u{16fe4}\\u{13437}",
            ),
            ("日本語\u{3000}ก็ é\u{301}", "日本語\u{3000}ก็ é\u{301}"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible("one\ntwo"), "one\ntwo");
        assert_eq!(line("one\ntwo"), "one\\ntwo");
    }
}
