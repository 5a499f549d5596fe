//! What a command printed, beside what is shown of it.

use std::sync::LazyLock;

use regex::Regex;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// What differs from run to run, and what a reader sees in its place.
static STAND_INS: LazyLock<[(Regex, &str); 4]> = LazyLock::new(|| {
    [
        (r"\b(?:just now|\d+ (?:min|h|days?) ago)", "just now"),
        (r", took (?:\d+ min )?\d+ s$", ""),
        (r"\bby [\w.-]+@\S+", "by alice@laptop"),
        (r"\bage1[a-z0-9]{58}\b", "age1…"),
    ]
    .map(|(pattern, stand_in)| (Regex::new(pattern).expect("a pattern"), stand_in))
});

/// A shown line that stands for any number of lines.
const ELISION: &str = "...";

fn with_stand_ins(line: &str) -> String {
    STAND_INS.iter().fold(line.to_owned(), |line, (pattern, stand_in)| {
        pattern.replace_all(&line, *stand_in).into_owned()
    })
}

/// Whether this was printed, but for what differs from run to run and what is left out.
fn is_shown(shown: &[String], printed: &[String]) -> bool {
    let Some((first, rest)) = shown.split_first() else {
        return printed.is_empty();
    };
    if first == ELISION {
        return (0..=printed.len()).any(|skipped| is_shown(rest, &printed[skipped..]));
    }
    let same = |other: &String| with_stand_ins(first) == with_stand_ins(other);
    printed
        .split_first()
        .is_some_and(|(line, others)| same(line) && is_shown(rest, others))
}

/// What is to be shown from now on. A line that differs only as it does from run to run stays as it is; what was left out
/// is written in full where the rest does not fit any more.
pub fn renewed(shown: &[String], printed: &[String]) -> Vec<String> {
    if is_shown(shown, printed) {
        return shown.to_vec();
    }
    let whole = |lines: &[String]| lines.iter().map(|line| with_stand_ins(line)).collect::<Vec<_>>();
    let (old, new) = (whole(shown), whole(printed));
    let operations = capture_diff_slices(Algorithm::Myers, &old, &new);
    let parts = operations.iter().flat_map(|part| match part {
        DiffOp::Equal { .. } => &shown[part.old_range()],
        _ => &new[part.new_range()],
    });
    parts.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(ToOwned::to_owned).collect()
    }

    #[test]
    fn how_long_ago_something_was_does_not_matter() {
        let shown = lines("last synced 606ad10 2 days ago\nby kubectl-edit, 3 h ago");
        assert!(is_shown(
            &shown,
            &lines("last synced 606ad10 just now\nby kubectl-edit, 1 min ago")
        ));
        assert!(!is_shown(
            &shown,
            &lines("last synced 606ad11 just now\nby kubectl-edit, 1 min ago")
        ));
    }

    #[test]
    fn three_points_stand_for_any_lines() {
        let shown = lines("a\n...\nc");
        assert!(is_shown(&shown, &lines("a\nc")) && is_shown(&shown, &lines("a\nb\nb\nc")));
        assert!(!is_shown(&shown, &lines("a\nb\nc\nd")) && !is_shown(&shown, &lines("a")));
    }

    #[test]
    fn a_renewed_text_keeps_the_ages_that_it_had() {
        let shown = lines("last synced 2 days ago\n1 to update");
        let printed = lines("last synced just now\n2 to update");
        assert_eq!(renewed(&shown, &printed), lines("last synced 2 days ago\n2 to update"));
        assert_eq!(renewed(&lines("a\n..."), &lines("a\nb")), lines("a\n..."));
    }
}
