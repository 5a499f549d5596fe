//! Turns what was found out into text. Nothing here prints, and nothing here decides.

mod age;
mod check;
mod document;
mod environments;
mod error;
mod history;
mod html;
pub mod json;
mod junit;
mod manifests;
mod markdown;
mod progress;
mod roles;
mod room;
mod saved;
mod snapshot;
mod status;
mod style;
mod text;
mod value;
mod warnings;

pub use age::{age, took};
pub use check::{RepositoryPaths, checked, github, junit, sarif};
pub use document::{Against, Checks, Detail, Heading, Pruning, closed, forgotten, question, refusal};
pub use environments::{EnvironmentView, environments, environments_json, environments_markdown};
pub use error::{Causes, error, error_because};
pub use history::{HistoryView, histories, history};
pub use manifests::{SecretValues, manifests};
pub use progress::{Progress, ProgressLine};
pub use roles::roles;
pub use saved::{carried_out, other_parts};
pub use snapshot::snapshot;
pub use status::{StatusView, status, statuses};
pub use text::Width;
pub use warnings::warnings;

use document::{Lines, PlanDocument};

use crate::diagnostic::error::Error;
use crate::execute::report::Report;
use crate::plan::{Moved, Plan};

/// A plan as text, as wide as a terminal.
pub fn plan(plan: &Plan, heading: &Heading<'_>, width: Width) -> String {
    text::document(&PlanDocument::of(plan, heading), width)
}

/// A plan as a comment on a pull request.
pub fn markdown(plan: &Plan, heading: &Heading<'_>) -> String {
    markdown::document(&PlanDocument::of(plan, heading), markdown::LONGEST)
}

/// A plan as a page for a browser.
pub fn html(plan: &Plan, heading: &Heading<'_>) -> String {
    html::document(&PlanDocument::of(plan, heading))
}

/// What came of a sync, as text: the `whole` of it, or what is the same of many objects once.
pub fn report(report: &Report, whole: bool, width: Width) -> String {
    let document::ReportLines {
        undone,
        verdict,
        remarks,
    } = document::report(report, whole);
    text::lines(&undone, width) + &text::lines(&Lines::from(verdict), width) + &text::lines(&remarks, width)
}

/// A report for the summary of a CI job, below the plan; with what ended it.
pub fn report_markdown(report: &Report, error: Option<&Error>) -> String {
    markdown::report(&document::report(report, false), error)
}

/// A report as JUnit's XML: a test for each object of the ApplySet that is called `name`.
pub fn report_junit(report: &Report, error: Option<&Error>, name: &str) -> String {
    junit::report(report, error, name)
}

/// That a sync could not begin, as JUnit's XML.
pub fn failure_junit(error: &Error) -> String {
    junit::report(&Report::default(), Some(error), "")
}

/// What moved since a plan was saved, as text. What a sync would do now is of `plan`.
pub fn moved(moved: &Moved<'_>, plan: &Plan, heading: &Heading<'_>, width: Width) -> String {
    text::lines(&document::moved(moved, plan, heading), width)
}
