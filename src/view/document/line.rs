//! Lines of a document, each of which knows its sign, its meaning and what stands beside it. How wide they are, and
//! in which colours, a view decides.

use std::ops::Range;

use crate::diagnostic::visible::line;
use crate::plan::Action;

/// Whether a line is of what goes, of what comes, or of neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::view) enum Sign {
    /// The line stays, or says something about what changes.
    #[default]
    None,
    /// The line goes.
    Removed,
    /// The line comes.
    Added,
}

/// What a line means, which colours repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::view) enum Tone {
    /// Nothing more than its words.
    #[default]
    Plain,
    /// The line is not the matter itself.
    Faded,
    /// The line is what others are below.
    Strong,
    /// Something to think of.
    Warned,
    /// Something that is not done, or not known.
    Failed,
    /// What becomes of an object.
    Of(Action),
}

/// One line: text without colours and without a line break.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::view) struct Line {
    pub(in crate::view) sign: Sign,
    pub(in crate::view) tone: Tone,
    /// How many spaces stand before the sign, or before the text where there is no column of signs.
    pub(in crate::view) indent: usize,
    pub(in crate::view) text: String,
    /// What stands beside it in a column of its own: a place, a cause; empty where nothing does.
    pub(in crate::view) note: String,
    /// What of the text differs from the line that goes or comes in its place: bytes, in order. Empty where that is not
    /// known, or all of it does.
    pub(in crate::view) marks: Vec<Range<usize>>,
    /// Whether it has a column of signs, as lines of values have.
    has_column: bool,
    /// Whether it is a sentence, which may go on in the next line of a terminal.
    pub(in crate::view) is_prose: bool,
}

/// Lines in the order in which they are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::view) struct Lines(Vec<Line>);

impl Sign {
    /// What stands in the column of signs.
    fn glyph(self) -> char {
        match self {
            Self::None => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
}

impl Line {
    /// A line without a sign; what is not fit to be seen is replaced.
    pub(in crate::view) fn new(indent: usize, text: impl AsRef<str>) -> Self {
        Self {
            indent,
            text: line(text.as_ref()).into_owned(),
            ..Self::default()
        }
    }

    /// A sentence.
    pub(in crate::view) fn prose(indent: usize, text: impl AsRef<str>) -> Self {
        Self {
            is_prose: true,
            ..Self::new(indent, text)
        }
    }

    /// A line of a value, with its sign.
    pub(in crate::view) fn signed(sign: Sign, indent: usize, text: &str) -> Self {
        Self {
            sign,
            has_column: true,
            tone: Tone::Faded,
            ..Self::new(indent, text)
        }
    }

    /// The line with a note beside it.
    pub(in crate::view) fn beside(self, note: impl AsRef<str>) -> Self {
        Self {
            note: line(note.as_ref()).into_owned(),
            ..self
        }
    }

    /// The line in this tone.
    pub(in crate::view) fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    /// Its text with what stands before it.
    pub(in crate::view) fn left(&self) -> String {
        self.margin() + &self.text
    }

    /// What stands before its text.
    pub(in crate::view) fn margin(&self) -> String {
        let indent = " ".repeat(self.indent);
        if self.has_column {
            return format!("{indent}{} ", self.sign.glyph());
        }
        indent
    }

    /// Its text in parts, each of which is marked or is not.
    pub(in crate::view) fn parts(&self) -> Vec<(&str, bool)> {
        let mut parts = Vec::new();
        let mut end = 0;
        for mark in &self.marks {
            parts.push((&self.text[end..mark.start], false));
            parts.push((&self.text[mark.clone()], true));
            end = mark.end;
        }
        parts.push((&self.text[end..], false));
        parts.retain(|(text, _)| !text.is_empty());
        parts
    }

    /// The line with its sign as the first character, where programs that colour a diff look for it. A line without a
    /// sign never begins with one.
    pub(in crate::view) fn sign_first(&self) -> String {
        let left = self.left();
        match self.sign {
            Sign::None if left.starts_with(['+', '-']) => format!(" {left}"),
            Sign::None => left,
            Sign::Removed | Sign::Added => format!("{}{}{}", self.sign.glyph(), " ".repeat(self.indent), self.text),
        }
    }
}

impl Lines {
    pub(in crate::view) fn push(&mut self, line: Line) {
        self.0.push(line);
    }

    /// The lines of `other`, after these.
    pub(in crate::view) fn append(&mut self, other: impl IntoIterator<Item = Line>) {
        self.0.extend(other);
    }

    pub(in crate::view) fn iter(&self) -> impl Iterator<Item = &Line> {
        self.0.iter()
    }

    pub(in crate::view) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::view) fn len(&self) -> usize {
        self.0.len()
    }
}

impl IntoIterator for Lines {
    type Item = Line;
    type IntoIter = std::vec::IntoIter<Line>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<Line> for Lines {
    fn from_iter<I: IntoIterator<Item = Line>>(lines: I) -> Self {
        Self(lines.into_iter().collect())
    }
}

impl From<Line> for Lines {
    fn from(line: Line) -> Self {
        Self(vec![line])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_that_have_a_sign_show_one() {
        let lines = [
            Line::new(4, "spec.args"),
            Line::signed(Sign::None, 6, "- name: a"),
            Line::signed(Sign::Removed, 6, "- name: b"),
            Line::signed(Sign::Added, 6, "+ 1"),
            Line::new(0, "- text of somebody"),
        ];
        assert_eq!(
            lines.each_ref().map(Line::sign_first),
            [
                "    spec.args",
                "        - name: a",
                "-      - name: b",
                "+      + 1",
                " - text of somebody"
            ]
        );
        assert_eq!(lines[2].left(), "      - - name: b");
    }
}
