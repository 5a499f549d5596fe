//! The plans of all environments of a directory.

use serde::Serialize;
use serde_json::Value;

use super::error::Errors;
use super::plan::Plan;
use super::{DocumentKind, document};
use crate::diagnostic::error::Error;
use crate::view::document::PlanDocument;

/// The plans of all environments of a directory, by their names.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanList<'a> {
    /// The environments.
    environments: Vec<EnvironmentPlan<'a>>,
}

impl DocumentKind for PlanList<'_> {
    const KIND: &'static str = "PlanList";
}

/// What came of one environment.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::view) struct EnvironmentPlan<'a> {
    /// Its name.
    name: &'a str,
    /// Its plan; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Plan<'a>>,
    /// Why there is no plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Errors>,
}

impl<'a> EnvironmentPlan<'a> {
    /// Of the environment `name`.
    pub(in crate::view) fn of(name: &'a str, plan: Result<&'a PlanDocument<'a>, &&Error>) -> Self {
        Self {
            name,
            error: plan.err().map(|error| (*error).into()),
            plan: plan.ok().map(|document| Plan::of(document, None)),
        }
    }
}

/// The document `PlanList`.
pub(in crate::view) fn environments<'a>(all: impl Iterator<Item = EnvironmentPlan<'a>>) -> Value {
    document(&PlanList {
        environments: all.collect(),
    })
}
