//! Which words of a line that changes are others than before.

use std::ops::Range;

use similar::{ChangeTag, InlineChangeMode, InlineChangeOptions, TextDiff};

use super::{Line, Lines, Sign};

/// The length in bytes of the longest line that is marked: to compare two costs the product of their lengths.
const LONGEST: usize = 2_000;
/// How much is compared of all lines of one field, in products of their lengths.
const MOST: usize = 1 << 26;

/// The lines, with marks in each that goes and in the one that comes in its place: as many lines must come as go.
pub(super) fn marked(lines: Lines) -> Lines {
    let mut lines: Vec<Line> = lines.into_iter().collect();
    let mut start = 0;
    let mut left = MOST;
    while start < lines.len() {
        let removed = count(&lines[start..], Sign::Removed);
        let added = count(&lines[start + removed..], Sign::Added);
        if removed == added {
            let (before, after) = lines[start..start + removed + added].split_at_mut(removed);
            for (before, after) in before.iter_mut().zip(after) {
                let cost = before.text.len() * after.text.len();
                if let Some(rest) = left.checked_sub(cost) {
                    left = rest;
                    mark(before, after);
                }
            }
        }
        start += (removed + added).max(1);
    }
    lines.into_iter().collect()
}

/// How many lines have this sign, from the first on.
fn count(lines: &[Line], sign: Sign) -> usize {
    lines.iter().take_while(|line| line.sign == sign).count()
}

/// Marks what differs between two lines, unless that is most of them.
fn mark(before: &mut Line, after: &mut Line) {
    if before.text.len().max(after.text.len()) > LONGEST {
        return;
    }
    let mut options = InlineChangeOptions::new();
    options.mode(InlineChangeMode::UnicodeWords);
    let diff = TextDiff::from_lines(before.text.as_str(), after.text.as_str());
    let ops = diff.ops().iter();
    let changes = ops.flat_map(|op| diff.iter_inline_changes_with_options_deadline(op, options, None));
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for change in changes {
        let marks = match change.tag() {
            ChangeTag::Delete => &mut removed,
            ChangeTag::Insert => &mut added,
            ChangeTag::Equal => continue,
        };
        *marks = emphasized(change.values());
    }
    (before.marks, after.marks) = (removed, added);
}

/// Where the parts are that stand out, those that touch as one.
fn emphasized(parts: &[(bool, &str)]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for (stands_out, text) in parts {
        let end = start + text.len();
        match found.last_mut().filter(|last| last.end == start) {
            _ if !stands_out => {}
            Some(last) => last.end = end,
            None => found.push(start..end),
        }
        start = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The marked parts of lines, each in brackets.
    fn shown(lines: &[(Sign, &str)]) -> Vec<String> {
        let lines = lines.iter().map(|(sign, text)| Line::signed(*sign, 0, text));
        let marked = marked(lines.collect());
        let parts = |line: &Line| {
            let parts = line.parts().into_iter();
            let parts = parts.map(|(text, is_marked)| {
                if is_marked {
                    format!("[{text}]")
                } else {
                    text.to_owned()
                }
            });
            parts.collect()
        };
        marked.iter().map(parts).collect()
    }

    #[test]
    fn the_words_that_differ_are_marked_in_both_lines() {
        let lines = [
            (Sign::Removed, "quay.io/airshipit/nova:2025.2-ubuntu_noble"),
            (Sign::Removed, "workers = 8"),
            (Sign::Added, "quay.io/airshipit/nova:2026.1-ubuntu_noble"),
            (Sign::Added, "workers = 16"),
        ];
        assert_eq!(
            shown(&lines),
            [
                "quay.io/airshipit/nova:[2025.2]-ubuntu_noble",
                "workers = [8]",
                "quay.io/airshipit/nova:[2026.1]-ubuntu_noble",
                "workers = [16]",
            ]
        );
    }

    #[test]
    fn nothing_is_marked_in_lines_that_have_little_in_common_or_no_line_in_their_place() {
        for lines in [
            vec![(Sign::Removed, "one"), (Sign::Added, "two")],
            vec![(Sign::Removed, "a b c"), (Sign::Added, "a b d"), (Sign::Added, "e")],
            vec![(Sign::Added, "a b c")],
        ] {
            let plain: Vec<&str> = lines.iter().map(|(_, text)| *text).collect();
            assert_eq!(shown(&lines), plain);
        }
    }

    #[test]
    fn nothing_is_marked_in_lines_that_are_too_long_to_be_compared() {
        let long = |word: &str| format!("{} {word}", "a ".repeat(LONGEST / 2));
        let [before, after] = ["x", "y"].map(long);
        assert_eq!(
            shown(&[(Sign::Removed, &before), (Sign::Added, &after)]),
            [before, after]
        );
    }
}
