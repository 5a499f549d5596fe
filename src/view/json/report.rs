//! What came of a sync: the last document of its stream.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::error::Errors;
use super::event::paths;
use super::outcome::{Came, Unpruned};
use super::{DocumentKind, document};
use crate::applyset::inventory::ApplySet;
use crate::applyset::journal::Ending;
use crate::applyset::tally::OutcomeKind;
use crate::diagnostic::error::Error;
use crate::execute;
use crate::execute::Outcome;
use crate::object::ObjectRef;
use crate::object::commit::Commit;
use crate::plan::ApplySetName;

/// What a report is about.
#[derive(Debug)]
pub struct ReportSubject<'a> {
    /// The ApplySet.
    pub set: Option<&'a ApplySet>,
    /// The cluster, as a person knows it.
    pub cluster: &'a str,
    /// The commit.
    pub revision: Option<&'a Commit>,
    /// The commit whose sync failed, where this is the way back from it.
    pub back_from: Option<&'a Commit>,
    /// When it ended.
    pub ended: Timestamp,
}

/// What came of a sync.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Report<'a> {
    /// When it ended (RFC 3339, with milliseconds).
    time: String,
    /// The ApplySet.
    #[serde(skip_serializing_if = "Option::is_none")]
    apply_set: Option<ApplySetName>,
    /// The cluster, as a person knows it.
    cluster: &'a str,
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<&'a Commit>,
    /// The commit whose sync failed, where this is the way back from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rolls_back: Option<&'a Commit>,
    /// How it ended.
    result: Ending,
    /// How many objects there are of each outcome.
    counts: BTreeMap<OutcomeKind, usize>,
    /// What came of each object that was not unchanged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    objects: Vec<ObjectReport<'a>>,
    /// The objects that are not Current and were not waited for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unawaited: Vec<Unawaited<'a>>,
    /// The objects that differ from the plan now that they are stored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mismatches: Vec<Mismatch<'a>>,
    /// That nothing was pruned, though something was to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_pruned: Option<Unpruned>,
    /// What ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Errors>,
}

impl DocumentKind for Report<'_> {
    const KIND: &'static str = "Report";
}

/// What came of an object.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ObjectReport<'a> {
    /// The object.
    object: &'a ObjectRef,
    #[serde(flatten)]
    came: CameOrNot<'a>,
}

/// What came of an object, or that the sync ended before it was known.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum CameOrNot<'a> {
    Came(Box<Came<'a>>),
    Open {
        /// What is known of it.
        outcome: OutcomeKind,
    },
}

/// An object that is not Current and was not waited for.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Unawaited<'a> {
    /// The object.
    object: &'a ObjectRef,
    /// How it was, in the words of kstatus.
    status: String,
    /// Why it was not Current.
    message: &'a str,
}

/// A stored object that differs from the plan.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Mismatch<'a> {
    /// The object.
    object: &'a ObjectRef,
    /// The paths of the fields that differ.
    fields: Vec<String>,
}

/// The document of a report.
pub fn report(report: &execute::report::Report, failure: Option<&Error>, subject: &ReportSubject<'_>) -> Value {
    let changed = report
        .outcomes
        .iter()
        .filter(|(_, outcome)| !matches!(outcome, Outcome::Unchanged));
    let changed = changed.map(|(reference, outcome)| ObjectReport {
        object: reference,
        came: CameOrNot::Came(Box::new(outcome.into())),
    });
    let open = report.open().map(|(reference, outcome)| ObjectReport {
        object: reference,
        came: CameOrNot::Open { outcome },
    });
    let tally = report.tally();
    let counts = OutcomeKind::ALL.into_iter().map(|kind| (kind, tally.of(kind)));
    let unawaited = report.unawaited.iter().map(|(object, health)| Unawaited {
        object,
        status: health.status.to_string(),
        message: &health.message,
    });
    let mismatches = report.mismatches.iter().map(|(object, fields)| Mismatch {
        object,
        fields: paths(fields),
    });
    document(&Report {
        time: format!("{:.3}", subject.ended),
        apply_set: subject.set.map(Into::into),
        cluster: subject.cluster,
        revision: subject.revision,
        rolls_back: subject.back_from,
        result: match () {
            () if report.interrupted => Ending::Interrupted,
            () if report.is_complete() => Ending::Complete,
            () => Ending::Incomplete,
        },
        counts: counts.collect(),
        objects: changed.chain(open).collect(),
        unawaited: unawaited.collect(),
        mismatches: mismatches.collect(),
        not_pruned: report
            .not_pruned
            .as_ref()
            .map(|(objects, why)| Unpruned::new(*objects, *why)),
        error: failure.map(Into::into),
    })
}
