//! Lines of a diff, each of which knows its sign: what text shows in colour and Markdown puts in front.

use std::fmt;

use anstyle::Style;

use super::style::{ADDED, FADED, REMOVED, columns, paint};
use crate::object::ObjectRef;

/// Whether a line is of what goes, of what comes, or of neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// It stays, or says something about what changes.
    None,
    /// It goes.
    Removed,
    /// It comes.
    Added,
}

/// One line: its text as a terminal shows it, with colours and without a line break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) sign: Sign,
    /// How many spaces stand before the sign.
    indent: usize,
    text: String,
}

/// The first of some objects, and how many more there are.
pub(super) fn few(objects: &[ObjectRef]) -> String {
    let first: Vec<_> = objects.iter().take(3).map(ToString::to_string).collect();
    match objects.len() {
        0..=3 => first.join(", "),
        all => format!("{} and {} more", first.join(", "), all - 3),
    }
}

/// Lines in the order in which they are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lines(Vec<Line>);

impl Sign {
    /// What stands in the column of signs.
    fn glyph(self) -> char {
        match self {
            Self::None => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }

    fn style(self) -> Style {
        match self {
            Self::None => FADED,
            Self::Removed => REMOVED,
            Self::Added => ADDED,
        }
    }
}

impl Line {
    /// The line with its sign as the first character, where programs that colour a diff look for it; `plain`
    /// takes colours away. A line without a sign never begins with one.
    pub(super) fn sign_first(&self, plain: impl Fn(&str) -> String) -> String {
        let text = plain(&self.text);
        let body = text.get(self.indent..).unwrap_or_default();
        let indent = " ".repeat(self.indent);
        match self.sign {
            Sign::None if text.starts_with(['+', '-']) => format!(" {text}"),
            Sign::None => text,
            Sign::Removed | Sign::Added => {
                let body = body.strip_prefix(self.sign.glyph()).unwrap_or(body);
                let body = body.strip_prefix(' ').unwrap_or(body);
                format!("{}{indent}{body}", self.sign.glyph())
            }
        }
    }
}

impl Lines {
    /// Text that has no sign: each of its lines.
    pub(super) fn push(&mut self, text: &str) {
        let lines = text.lines().map(|text| Line {
            sign: Sign::None,
            indent: 0,
            text: text.to_owned(),
        });
        self.0.extend(lines);
    }

    /// One line with its sign after `indent` spaces; `note` stands beside it in a column of its own. A
    /// line break in `text` is shown as `\n`.
    pub(super) fn signed(&mut self, sign: Sign, indent: usize, text: &str, note: &str) {
        let text = text.replace('\n', "\\n");
        let left = format!("{}{} {text}", " ".repeat(indent), sign.glyph());
        let plain = columns(&left, note);
        let rest = plain.strip_prefix(left.as_str()).unwrap_or_default();
        self.0.push(Line {
            sign,
            indent,
            text: format!("{}{rest}", paint(sign.style(), &left)),
        });
    }

    /// The lines of `other`, after these.
    pub(super) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Line> {
        self.0.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<String> for Lines {
    fn from(text: String) -> Self {
        let mut lines = Self::default();
        lines.push(&text);
        lines
    }
}

/// As a terminal shows them, each with its line break.
impl fmt::Display for Lines {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|line| writeln!(out, "{}", line.text))
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn sign_first(lines: &Lines) -> Vec<String> {
        let plain = |text: &str| strip_str(text).to_string();
        lines.iter().map(|line| line.sign_first(plain)).collect()
    }

    #[test]
    fn only_lines_that_have_a_sign_show_one() {
        let mut lines = Lines::default();
        lines.push("    spec.args");
        lines.signed(Sign::None, 6, "- name: a", "");
        lines.signed(Sign::Removed, 6, "- name: b", "git");
        lines.signed(Sign::Added, 6, "+ 1", "");
        lines.push("- text of somebody");
        assert_eq!(
            sign_first(&lines)
                .iter()
                .map(|line| line.split("  git").next().unwrap_or_default().trim_end())
                .collect::<Vec<_>>(),
            [
                "    spec.args",
                "        - name: a",
                "-      - name: b",
                "+      + 1",
                " - text of somebody"
            ]
        );
        assert_eq!(lines.len(), 5);
    }
}
