//! Lines of a document, and text of others, as markup.

use maud::{Markup, Render, html};

use crate::diagnostic::visible::visible;
use crate::view::document::{Line, Lines, Sign, Tone};

/// Text of others: each character is seen as what it is, and none is markup.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a>(pub(super) &'a str);

impl Render for Text<'_> {
    fn render_to(&self, markup: &mut String) {
        str::render_to(&visible(self.0), markup);
    }
}

/// Lines below each other.
pub(super) fn lines(lines: &Lines) -> Markup {
    frame(&html! { @for one in lines.iter() { (line(one)) } })
}

/// Lines that are markup already, below each other.
pub(super) fn frame(lines: &Markup) -> Markup {
    html! { div.lines { "\n" (lines) } "\n" }
}

/// A line, with what stands beside it.
pub(super) fn line(line: &Line) -> Markup {
    html! {
        div class={ "line" (class(line)) } {
            span.left { (Text(&line.margin())) @for part in line.parts() { (self::part(part, line.sign)) } }
            @if !line.note.is_empty() { " " span.note { (Text(&line.note)) } }
        } "\n"
    }
}

/// A part of a line; one that is marked differs from what goes or comes in its place.
fn part((text, is_marked): (&str, bool), sign: Sign) -> Markup {
    match (is_marked, sign) {
        (true, Sign::Removed) => html! { del { (Text(text)) } },
        (true, Sign::Added) => html! { ins { (Text(text)) } },
        _ => html! { (Text(text)) },
    }
}

/// What the colours of a line go by, after another class.
fn class(line: &Line) -> &'static str {
    match (line.sign, line.tone) {
        (Sign::Removed, _) => " removed",
        (Sign::Added, _) => " added",
        (Sign::None, Tone::Plain | Tone::Of(_)) => "",
        (Sign::None, Tone::Faded) => " faded",
        (Sign::None, Tone::Strong) => " strong",
        (Sign::None, Tone::Warned) => " warned",
        (Sign::None, Tone::Failed) => " failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_text_and_nothing_else() {
        let text = "</script><b title=\"a\">&amp; \u{202e}\u{0}";
        assert_eq!(
            html! { i title=(Text(text)) { (Text(text)) } }.0,
            "<i title=\"&lt;/script&gt;&lt;b title=&quot;a&quot;&gt;&amp;amp; \\u{202e}\\u{0}\">\
             &lt;/script&gt;&lt;b title=&quot;a&quot;&gt;&amp;amp; \\u{202e}\\u{0}</i>"
        );
    }
}
