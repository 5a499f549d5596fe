//! What came of a sync, below its plan: in the summary of a CI job.

use super::markup::{escaped, fenced};
use super::{LONGEST, Room, beside};
use crate::diagnostic::error::Error;
use crate::view::document::{ReportLines, error_lines};

/// What is kept free for what is around the lines, and to say how many are left out.
const AROUND: usize = 300;

/// The section, of at most so many characters as a comment may have.
pub(in crate::view) fn report(report: &ReportLines, ended_by: Option<&Error>) -> String {
    let mut text = format!("\n### {}\n", escaped(&report.verdict.left()));
    let error = ended_by.map(error_lines).unwrap_or_default();
    let lines = error.iter().chain(report.undone.iter()).chain(report.remarks.iter());
    let mut room = Room::of(LONGEST.saturating_sub(text.len() + AROUND));
    let (mut body, left_out) = room.fill(lines.map(beside));
    if left_out > 0 {
        body += &format!("{left_out} more lines are left out, since the summary would be too long\n");
    }
    if !body.is_empty() {
        text += &format!("\n{}", fenced("", &body));
    }
    text
}
