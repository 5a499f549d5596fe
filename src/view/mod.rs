//! Turns what was found out into text. Nothing here prints, and nothing here decides.

mod age;
mod check;
mod error;
mod history;
pub mod json;
mod lines;
mod manifests;
mod markdown;
mod plan;
mod progress;
mod report;
mod roles;
mod saved;
mod snapshot;
mod status;
mod style;
mod value;

pub use age::{age, took};
pub use check::{Base, checked, github, json as checked_json, junit, sarif};
pub use error::error;
pub use history::{HistoryView, history};
pub use manifests::{Secrets, manifests};
pub use markdown::markdown;
pub use plan::{Against, Detail, Heading, Pruning, closed, moved, plan, question, refusal};
pub use progress::Progress;
pub use report::report;
pub use roles::roles;
pub use saved::other_parts;
pub use snapshot::snapshot;
pub use status::{StatusView, status, statuses};
