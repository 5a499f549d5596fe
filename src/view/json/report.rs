//! What came of a sync: the last document of its stream.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::report::not_pruned;
use super::document;
use super::event::{error, message, paths};
use crate::applyset::inventory::ApplySet;
use crate::applyset::tally::OutcomeKind;
use crate::diagnostic::error::Error;
use crate::execute::Outcome;
use crate::execute::report::Report;
use crate::object::commit::Commit;

/// What a report is about.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The ApplySet.
    pub set: Option<&'a ApplySet>,
    /// The cluster, as a person knows it.
    pub cluster: &'a str,
    /// The commit.
    pub revision: Option<&'a Commit>,
    /// When it ended.
    pub ended: Timestamp,
}

/// The document of a report.
pub fn report(report: &Report, failure: Option<&Error>, subject: &Subject<'_>) -> Value {
    let changed = report
        .outcomes
        .iter()
        .filter(|(_, outcome)| !matches!(outcome, Outcome::Unchanged));
    let objects = changed.map(|(reference, outcome)| {
        super::without_absent(json!({
            "object": reference,
            "outcome": outcome.kind(),
            "message": message(outcome),
            "error": error(outcome),
        }))
    });
    let open = report
        .open()
        .map(|(reference, kind)| json!({"object": reference, "outcome": kind}));
    let tally = report.tally();
    let counts: BTreeMap<OutcomeKind, usize> = OutcomeKind::ALL
        .into_iter()
        .map(|kind| (kind, tally.of(kind)))
        .collect();
    let mismatches = report.mismatches.iter();
    let mismatches = mismatches.map(|(reference, fields)| json!({"object": reference, "fields": paths(fields)}));
    let result = match () {
        () if report.interrupted => "interrupted",
        () if report.failed => "failed",
        () if report.is_complete() => "complete",
        () => "incomplete",
    };
    document(
        "Report",
        json!({
            "time": format!("{:.3}", subject.ended),
            "applySet": subject.set.map(|set| json!({"name": set.name, "namespace": set.namespace})),
            "cluster": subject.cluster,
            "revision": subject.revision,
            "result": result,
            "counts": counts,
            "objects": objects.chain(open).collect::<Vec<Value>>(),
            "mismatches": mismatches.collect::<Vec<Value>>(),
            "notPruned": report.not_pruned.as_ref().map(|(objects, why)| json!({"objects": objects, "message": not_pruned(*why)})),
            "error": failure.map(super::error),
        }),
    )
}
