//! The plans of all environments of a directory, one after the other.

use super::document::{Heading, PlanDocument};
use super::json::{self, EnvironmentPlan};
use super::markdown::{self, LONGEST};
use super::room::Room;
use super::style::{STRONG, paint};
use super::text;
use super::{Width, error};
use crate::diagnostic::error::Error;
use crate::diagnostic::names::counted;
use crate::diagnostic::visible::line;
use crate::plan::Plan;

/// What came of one environment.
#[derive(Debug)]
pub struct EnvironmentView<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its plan with what stands above it, or why there is none.
    pub plan: Result<(&'a Plan, Heading<'a>), &'a Error>,
}

impl EnvironmentView<'_> {
    /// What stands above an environment of which there is no plan.
    fn failed(&self) -> String {
        format!("environment {}: failed", line(self.name))
    }
}

/// The text of several environments, as wide as a terminal.
pub fn environments(all: &[EnvironmentView<'_>], width: Width) -> String {
    let one = |view: &EnvironmentView<'_>| match &view.plan {
        Ok((plan, heading)) => text::document(&PlanDocument::of(plan, heading), width),
        Err(why) => format!("{}\n\n{}", paint(STRONG, view.failed()), error::error(why)),
    };
    all.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// One comment on a pull request, about `directory`, of which each environment has the same share.
pub fn environments_markdown(directory: &str, all: &[EnvironmentView<'_>]) -> String {
    /// What is kept free to say how many environments are left out.
    const TAIL: usize = 200;
    let marker = markdown::marker_of_all(directory);
    let share = LONGEST / all.len().max(1);
    let one = |view: &EnvironmentView<'_>| match &view.plan {
        Ok((plan, heading)) => markdown::document(&PlanDocument::of(plan, heading), share) + "\n",
        Err(why) => markdown::failed(&view.failed(), &error::plain(why), share) + "\n",
    };
    let (text, left_out) = Room::of(LONGEST - TAIL - marker.len()).fill(all.iter().map(one));
    match left_out {
        0 => marker + &text,
        count => {
            let more = counted(count, "more environment");
            format!("{marker}{text}not shown: {more}, since the comment would be too long.\n")
        }
    }
}

/// The document for programs.
pub fn environments_json(all: &[EnvironmentView<'_>]) -> serde_json::Value {
    let documents: Vec<_> = all
        .iter()
        .map(|view| {
            let plan = view.plan.as_ref();
            let plan = plan.map(|(plan, heading)| PlanDocument::of(plan, heading));
            (view.name, plan.map_err(|why| *why))
        })
        .collect();
    json::environments(
        documents
            .iter()
            .map(|(name, plan)| EnvironmentPlan::of(name, plan.as_ref())),
    )
}
