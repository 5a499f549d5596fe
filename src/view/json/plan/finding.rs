//! What a check of the directory finds.

use serde::Serialize;

use super::super::place::Labelled;
use crate::object::ObjectRef;
use crate::view::document::ShownFinding;
use crate::view::value::visible;

/// How many are told.
pub(super) const MOST: usize = 100;

/// A finding that the change brings, or that a sync refuses for.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "PlanFinding"))]
pub(super) struct Finding<'a> {
    /// What it is called, as `stackanetes check` names it.
    identifier: &'static str,
    /// `error` if a sync refuses for it, else `warning`.
    severity: &'static str,
    /// What is wrong.
    message: String,
    /// The object that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<&'a ObjectRef>,
    /// Where, the place where it stands first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<Labelled>,
    /// What to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<String>,
}

impl<'a> Finding<'a> {
    pub(super) fn of(found: &ShownFinding<'a>) -> Self {
        let finding = found.finding;
        let places = finding.places.iter().map(|(place, label)| Labelled::new(place, label));
        Self {
            identifier: finding.identifier.name(),
            severity: found.severity().word(),
            message: visible(&finding.message).into_owned(),
            object: finding.object.as_ref(),
            places: places.collect(),
            hints: finding.hints.iter().map(|hint| visible(hint).into_owned()).collect(),
        }
    }
}
