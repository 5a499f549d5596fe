//! A document for a terminal: as wide as that is, in colours that repeat what the words say.

use std::fmt::Write as _;

use anstyle::{Effects, Style};
use textwrap::{Options, WordSplitter, WrapAlgorithm};

use super::document::{Line, Lines, PlanDocument, Sign, Tone};
use super::style::{self, ADDED, FADED, FAILED, REMOVED, STRONG, WARNED, paint};

/// Where the notes beside lines begin, if a line is no longer.
const COLUMN: usize = 58;
/// How far a note is indented that found no room beside its line, and a sentence that goes on.
const HANGING: usize = 4;

/// How wide text may be, in characters; any width where nobody watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Width(Option<usize>);

impl Width {
    /// Any width: lines are as long as what they say.
    pub const ANY: Self = Self(None);
    /// What is narrower is taken for this.
    const NARROWEST: usize = 40;

    /// As many characters.
    pub fn of(columns: usize) -> Self {
        Self(Some(columns.max(Self::NARROWEST)))
    }
}

/// The text of a document.
pub(super) fn document(document: &PlanDocument<'_>, width: Width) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}{}",
        paint(STRONG, &document.head.subject),
        document.head.compared
    );
    let mut was_short = false;
    let sections = document.sections();
    for section in &sections {
        let is_object = |line: &Line| matches!(line.tone, Tone::Of(_));
        let is_short = section.len() == 1 && section.iter().all(is_object);
        if !(was_short && is_short) {
            text.push('\n');
        }
        was_short = is_short;
        text += &lines(section, width);
    }
    if !sections.is_empty() {
        text.push('\n');
    }
    text + &lines(&document.summary, width) + &lines(&document.remarks, width)
}

/// Some lines of a document.
pub(super) fn lines(lines: &Lines, width: Width) -> String {
    lines
        .iter()
        .fold(String::new(), |text, line| text + &self::line(line, width))
}

fn line(line: &Line, width: Width) -> String {
    let left = line.left();
    let style = style_of(line);
    if line.note.is_empty() {
        return match width {
            Width(Some(most)) if line.is_prose => {
                let lines = textwrap::wrap(&left, sentence(most, &" ".repeat(line.indent + HANGING)));
                lines.iter().map(|part| paint(style, part) + "\n").collect()
            }
            _ => painted(line, style) + "\n",
        };
    }
    let (taken, note) = (left.chars().count(), line.note.chars().count());
    let left = painted(line, style);
    let beside = |gap: usize| format!("{left}{}{}\n", " ".repeat(gap), paint(FADED, &line.note));
    let gap = COLUMN.saturating_sub(taken).max(2);
    let Width(Some(most)) = width else {
        return beside(gap);
    };
    let room = most.saturating_sub(taken + note);
    if room >= 2 {
        return beside(gap.min(room));
    }
    let indent = " ".repeat(line.indent + HANGING);
    let note = textwrap::wrap(&line.note, sentence(most, &indent).initial_indent(&indent));
    note.iter()
        .fold(left + "\n", |text, part| text + &paint(FADED, part) + "\n")
}

/// What stands left in a line; the words that differ stand out in it.
fn painted(line: &Line, style: Style) -> String {
    if line.marks.is_empty() {
        return paint(style, line.left());
    }
    let parts = line.parts().into_iter();
    let parts = parts.map(|(text, is_marked)| paint(if is_marked { style | Effects::INVERT } else { style }, text));
    std::iter::once(paint(style, line.margin())).chain(parts).collect()
}

fn style_of(line: &Line) -> Style {
    match (line.sign, line.tone) {
        (Sign::Removed, _) => REMOVED,
        (Sign::Added, _) => ADDED,
        (Sign::None, Tone::Plain) => Style::new(),
        (Sign::None, Tone::Faded) => FADED,
        (Sign::None, Tone::Strong) => STRONG,
        (Sign::None, Tone::Warned) => WARNED,
        (Sign::None, Tone::Failed) => FAILED,
        (Sign::None, Tone::Of(action)) => style::of(action),
    }
}

/// How a sentence goes on: in lines of at most `most` characters, where its words are no longer, after `hanging`.
fn sentence(most: usize, hanging: &str) -> Options<'_> {
    Options::new(most)
        .subsequent_indent(hanging)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn shown(line: &Line, width: usize) -> String {
        strip_str(&super::line(line, Width::of(width))).to_string()
    }

    #[test]
    fn a_note_stands_beside_its_line_as_long_as_there_is_room() {
        let line = Line::new(4, "spec.replicas").beside("desired/web.yaml:7");
        let column = " ".repeat(COLUMN - 17);
        assert_eq!(
            shown(&line, 120),
            format!("    spec.replicas{column}desired/web.yaml:7\n")
        );
        assert_eq!(
            shown(&line, 60),
            format!("    spec.replicas{}desired/web.yaml:7\n", " ".repeat(25))
        );
        let line = Line::new(4, "spec.template.spec.containers[a]").beside("desired/web.yaml:7 and more");
        assert_eq!(
            shown(&line, 40),
            "    spec.template.spec.containers[a]\n        desired/web.yaml:7 and more\n"
        );
        let line = line.beside("git: 1234567 A subject that is longer than the terminal is wide");
        assert_eq!(
            shown(&line, 40),
            "    spec.template.spec.containers[a]\n        git: 1234567 A subject that is\n        longer than the terminal is wide\n"
        );
    }

    #[test]
    fn a_sentence_goes_on_in_the_next_line() {
        let line = Line::prose(0, "sync blocked: two objects would be deleted, and one may be");
        assert_eq!(
            shown(&line, 40),
            "sync blocked: two objects would be\n    deleted, and one may be\n"
        );
        let value = Line::new(0, "a value of more characters than the terminal has");
        assert_eq!(shown(&value, 40).lines().count(), 1);
    }
}
