//! `--format` and `--page`: what a plan is shown as.

use std::path::Path;

use super::outfile;
use super::ui::Ui;
use crate::diagnostic::error::Result;
use crate::plan::{MadeOf, Plan};
use crate::view::{self, Detail, Heading};

/// What a plan is printed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum PlanFormat {
    /// For a terminal.
    Text,
    /// A Plan, for programs; `sync --plan` takes it too, where it is bound to a commit.
    Json,
    /// A comment on a pull request.
    Markdown,
    /// A page for a browser, in one file: for the artifacts of a CI job.
    Html,
    /// One line an object, for a terminal: `--stat`.
    #[value(skip)]
    Stat,
}

impl PlanFormat {
    /// What is printed for a plan that is made of this, where it can be bound to anything.
    fn show(self, plan: &Plan, heading: &Heading<'_>, made_of: Option<MadeOf>) -> String {
        match self {
            Self::Text => view::plan(plan, heading, Ui::width()),
            Self::Stat => {
                let short = Heading {
                    detail: Detail::Objects,
                    ..*heading
                };
                view::plan(plan, &short, Ui::width())
            }
            Self::Markdown => view::markdown(plan, heading),
            Self::Html => view::html(plan, heading),
            Self::Json => view::json::pretty(&view::json::plan(plan, heading, made_of)),
        }
    }
}

/// What else than a plan is printed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum OutputFormat {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
}

/// What a sync prints: its plan, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum SyncFormat {
    /// For a terminal.
    Text,
    /// For programs, one document a line: the Plan, an Event for each thing that happens, a Report at the end.
    Json,
    /// The summary of a CI job.
    Markdown,
    /// JUnit's XML, which GitLab and Jenkins show as tests: one for each object that changes. Without the plan.
    Junit,
}

impl From<OutputFormat> for SyncFormat {
    fn from(format: OutputFormat) -> Self {
        match format {
            OutputFormat::Text => Self::Text,
            OutputFormat::Json => Self::Json,
        }
    }
}

/// What a plan is shown as.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlanOutput<'a> {
    /// The format on standard output.
    pub(super) format: PlanFormat,
    /// The file that the page is written into, too.
    pub(super) page: Option<&'a Path>,
}

impl PlanOutput<'_> {
    /// Writes the page, if one is asked for.
    pub(super) fn write_page(self, plan: &Plan, heading: &Heading<'_>) -> Result<()> {
        let page = self.page.map(|page| outfile::write(page, &view::html(plan, heading)));
        page.unwrap_or(Ok(()))
    }

    /// Prints the plan that is made of this, where it can be bound to anything.
    pub(super) fn print(self, plan: &Plan, heading: &Heading<'_>, made_of: Option<MadeOf>, ui: &mut Ui) -> Result<()> {
        ui.paged(&self.format.show(plan, heading, made_of))
    }
}
