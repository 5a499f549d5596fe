//! What a check found: as text, as JSON, and as what CI systems show beside the lines of a change.

mod github;
mod junit;
mod place;
mod sarif;

use std::collections::BTreeMap;

use crate::check::{Checked, Finding};
use crate::diagnostic::identifier::{Identifier, Severity};
use crate::diagnostic::names::counted;

use super::error::{self, MOST};
use super::style::{STRONG, paint};
use super::value::{line, visible};

pub use github::github;
pub use junit::junit;
pub use place::RepositoryPaths;
pub use sarif::sarif;

/// The findings, as errors are shown; what was not checked; what was ignored; and how many there are.
pub fn checked(checked: &Checked) -> String {
    let mut text = String::new();
    for finding in checked.findings.iter().take(MOST) {
        text += &error::finding(finding);
        text.push('\n');
    }
    match checked.findings.len().saturating_sub(MOST) {
        0 => {}
        1 => text += "1 more is not shown\n\n",
        more => text += &format!("{more} more are not shown\n\n"),
    }
    if !checked.not_checked.is_empty() {
        let kinds = checked.not_checked.iter();
        let kinds: Vec<_> = kinds
            .map(|(gvk, count)| line(&format!("{gvk} ({count})")).into_owned())
            .collect();
        text += &format!("fields not checked, for want of a schema: {}\n", kinds.join(", "));
    }
    if checked.encrypted > 0 {
        let files = counted(checked.encrypted, "encrypted file");
        text += &format!("not fully checked, for want of an age identity: {files}; pass one with --age-key-file\n");
    }
    if !checked.ignored.counts.is_empty() {
        text += &format!("ignored: {}\n", ignored(&checked.ignored.counts));
    }
    for rule in &checked.ignored.idle {
        text += &format!("the rule at {rule} ignores nothing\n");
    }
    let objects = counted(checked.objects, "object");
    text + &format!("{} in {objects}\n", paint(STRONG, counts_text(&checked.findings)))
}

/// `missing-object (3), unknown-option (1)`
fn ignored(ignored: &BTreeMap<Identifier, usize>) -> String {
    let all = ignored
        .iter()
        .map(|(identifier, count)| format!("{identifier} ({count})"));
    all.collect::<Vec<_>>().join(", ")
}

/// `2 errors and 1 warning`
fn counts_text(findings: &[Finding]) -> String {
    let [errors, warnings] = counts(findings);
    match (errors, warnings) {
        (0, 0) => "nothing found".to_owned(),
        (errors, 0) => counted(errors, "error"),
        (0, warnings) => counted(warnings, "warning"),
        (errors, warnings) => format!("{} and {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}

/// How many are errors, and how many warnings.
pub(super) fn counts(findings: &[Finding]) -> [usize; 2] {
    [Severity::Error, Severity::Warning].map(|severity| {
        let of_it = findings
            .iter()
            .filter(|finding| finding.identifier.severity() == severity);
        of_it.count()
    })
}

/// Whether all of the input could be read: only then were the objects looked at.
pub(super) fn is_complete(findings: &[Finding]) -> bool {
    findings
        .iter()
        .all(|finding| finding.identifier != Identifier::UnreadableInput)
}

/// All that is said of a finding but its first place, on lines: what is wrong, the other places, and what to do.
fn words(finding: &Finding, base: &RepositoryPaths) -> String {
    let mut words = visible(&finding.message).into_owned();
    for (place, label) in finding.places.iter().skip(1) {
        let label = if label.is_empty() { "see" } else { label };
        let file = base.path(&place.file);
        let file = file.unwrap_or_else(|| place.file.path().to_owned());
        words += &format!("\n{}: {file}:{}:{}", visible(label), place.line(), place.column());
    }
    for hint in &finding.hints {
        words += &format!("\nhint: {}", visible(hint));
    }
    words
}
