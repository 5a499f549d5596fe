//! `--format`: what a plan is printed as.

use super::context::Planned;
use super::saved;
use crate::view::{self, Against, Detail, Heading};

/// What a plan is printed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum PlanFormat {
    /// For a terminal.
    Text,
    /// A Plan, for programs; `sync --plan` takes it too, where it is bound to a commit.
    Json,
    /// A comment on a pull request.
    Markdown,
    /// One line an object, for a terminal: `--stat`.
    #[value(skip)]
    Stat,
}

impl PlanFormat {
    /// What is printed for a plan.
    pub(super) async fn show(self, planned: &Planned, heading: &Heading<'_>) -> String {
        match self {
            Self::Text => view::plan(&planned.plan, heading),
            Self::Stat => {
                let short = Heading {
                    detail: Detail::Objects,
                    ..*heading
                };
                view::plan(&planned.plan, &short)
            }
            Self::Markdown => view::markdown(&planned.plan, heading),
            Self::Json => {
                // What cannot be bound, and what is of no cluster, is shown all the same.
                let made_of = match heading.against {
                    Against::Cluster(_) => saved::made_of(planned).await.ok(),
                    Against::Commit { .. } => None,
                };
                view::json::pretty(&view::json::plan(&planned.plan, heading, made_of))
            }
        }
    }
}
