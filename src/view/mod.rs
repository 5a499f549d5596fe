//! Turns what was found out into text. Nothing here prints, and nothing here decides.

mod age;
mod check;
mod document;
mod environments;
mod error;
mod history;
mod html;
pub mod json;
mod manifests;
mod markdown;
mod progress;
mod report;
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
pub use check::{Base, checked, github, junit, sarif};
pub use document::{Against, Checks, Detail, Heading, Pruning, closed, forgotten, question, refusal};
pub use environments::{EnvironmentView, environments, environments_json, environments_markdown};
pub use error::error;
pub use history::{HistoryView, history};
pub use manifests::{Secrets, manifests};
pub use progress::{Progress, ProgressLine};
pub use report::report;
pub use roles::roles;
pub use saved::{carried_out, other_parts};
pub use snapshot::snapshot;
pub use status::{StatusView, status, statuses};
pub use text::Width;
pub use warnings::warnings;

use document::Document;

use crate::plan::{Moved, Plan};

/// A plan as text, as wide as a terminal.
pub fn plan(plan: &Plan, heading: &Heading<'_>, width: Width) -> String {
    text::document(&Document::of(plan, heading), width)
}

/// A plan as a comment on a pull request.
pub fn markdown(plan: &Plan, heading: &Heading<'_>) -> String {
    markdown::document(&Document::of(plan, heading), markdown::LONGEST)
}

/// A plan as a page for a browser.
pub fn html(plan: &Plan, heading: &Heading<'_>) -> String {
    html::document(&Document::of(plan, heading))
}

/// What moved since a plan was saved, as text.
pub fn moved(moved: &Moved<'_>, heading: &Heading<'_>, width: Width) -> String {
    text::lines(&document::moved(moved, heading), width)
}
