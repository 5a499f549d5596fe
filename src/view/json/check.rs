//! What a check found.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::place::Labelled;
use super::{DocumentKind, document};
use crate::check::{Checked, Finding};
use crate::diagnostic::place::Place;
use crate::object::ObjectRef;
use crate::view::check::{RepositoryPaths, counts, is_complete};
use crate::view::value::visible;

/// What a check found.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Check<'a> {
    /// Whether all of the input could be read: only then were the objects looked at.
    complete: bool,
    /// How many findings there are of each severity.
    counts: SeverityCounts,
    /// How many objects were looked at.
    objects: usize,
    /// The findings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<FindingItem<'a>>,
    /// How many were ignored, by their identifiers.
    ignored: BTreeMap<String, usize>,
    /// Where the rules stand that ignore nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    idle_rules: Vec<Labelled>,
    /// The kinds without a schema.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_checked: Vec<NotChecked<'a>>,
    /// How many files could not be decrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted_files: Option<usize>,
}

impl DocumentKind for Check<'_> {
    const KIND: &'static str = "Check";
}

/// How many findings there are of each severity.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "FindingCounts"))]
struct SeverityCounts {
    errors: usize,
    warnings: usize,
}

/// A finding.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Finding"))]
struct FindingItem<'a> {
    /// What it is called, wherever it is found.
    identifier: &'static str,
    /// `error` or `warning`.
    severity: &'static str,
    /// What is wrong.
    message: String,
    /// The object that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<&'a ObjectRef>,
    /// Where, the place where it stands first. Files are named from the top of the repository.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<Labelled>,
    /// What to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<String>,
}

/// A kind without a schema.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct NotChecked<'a> {
    /// `apps/v1`
    api_version: String,
    /// The kind.
    kind: &'a str,
    /// How many objects of it there are.
    objects: usize,
}

/// The document `Check`. Files are named from the top of `base`.
pub fn check(checked: &Checked, base: &RepositoryPaths) -> Value {
    let [errors, warnings] = counts(&checked.findings);
    let ignored = checked.ignored.counts.iter();
    let not_checked = checked.not_checked.iter().map(|(gvk, objects)| NotChecked {
        api_version: gvk.api_version(),
        kind: &gvk.group_kind.kind,
        objects: *objects,
    });
    document(&Check {
        complete: is_complete(&checked.findings),
        counts: SeverityCounts { errors, warnings },
        objects: checked.objects,
        findings: checked
            .findings
            .iter()
            .map(|finding| FindingItem::of(finding, base))
            .collect(),
        ignored: ignored
            .map(|(identifier, count)| (identifier.to_string(), *count))
            .collect(),
        idle_rules: checked.ignored.idle.iter().map(|rule| place(rule, "", base)).collect(),
        not_checked: not_checked.collect(),
        encrypted_files: Some(checked.encrypted).filter(|files| *files > 0),
    })
}

impl<'a> FindingItem<'a> {
    fn of(finding: &'a Finding, base: &RepositoryPaths) -> Self {
        let places = finding.places.iter();
        Self {
            identifier: finding.identifier.name(),
            severity: finding.identifier.severity().word(),
            message: visible(&finding.message).into_owned(),
            object: finding.object.as_ref(),
            places: places.map(|(at, label)| place(at, label, base)).collect(),
            hints: finding.hints.iter().map(|hint| visible(hint).into_owned()).collect(),
        }
    }
}

fn place(place: &Place, label: &str, base: &RepositoryPaths) -> Labelled {
    let region = base.region_of(place);
    Labelled {
        place: None,
        file: Some(
            region
                .as_ref()
                .map_or_else(|| place.file.path().to_owned(), |region| region.file.clone()),
        ),
        line: place.line(),
        column: place.column(),
        end_column: region.and_then(|region| region.end_column),
        message: visible(label).into_owned(),
    }
}
