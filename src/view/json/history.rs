//! The earlier syncs of an ApplySet.

use serde::Serialize;
use serde_json::Value;

use super::{DocumentKind, document};
use crate::applyset::journal::{Ending, JournalEntry};
use crate::applyset::parent::Record;
use crate::applyset::tally::Tally;
use crate::object::commit::Commit;
use crate::plan::ApplySetName;
use crate::view::HistoryView;

/// The earlier syncs of an ApplySet.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct History<'a> {
    /// The ApplySet.
    apply_set: ApplySetName,
    /// The cluster, as a person knows it.
    cluster: &'a str,
    /// The syncs, the latest first.
    syncs: Vec<Sync<'a>>,
}

impl DocumentKind for History<'_> {
    const KIND: &'static str = "History";
}

/// A sync.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Sync<'a> {
    #[serde(flatten)]
    record: &'a Record,
    /// When it ended (RFC 3339); absent where it was cut off, or is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<&'a str>,
    /// How it ended.
    result: Ending,
    /// How many objects there are of each outcome.
    counts: &'a Tally,
    /// The commit that was synced before, where this one is not a later one.
    #[serde(skip_serializing_if = "Option::is_none")]
    back_from: Option<&'a Commit>,
    /// Whether it was about a part of the objects only.
    partial: bool,
    /// How many objects were not Current in the end, since it was not to wait for them.
    #[serde(skip_serializing_if = "is_zero")]
    unawaited: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl<'a> Sync<'a> {
    pub(super) fn of(entry: &'a JournalEntry) -> Self {
        Self {
            record: &entry.record,
            ended: entry.ended.as_deref(),
            result: entry.ending,
            counts: &entry.counts,
            back_from: entry.back_from.as_ref(),
            partial: entry.partial,
            unawaited: entry.unawaited,
        }
    }
}

/// The document `History`.
pub fn history(view: &HistoryView<'_>) -> Value {
    document(&History::of(view))
}

/// The histories of all ApplySets of a cluster.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct HistoryList<'a> {
    /// By namespace and name.
    histories: Vec<History<'a>>,
}

impl DocumentKind for HistoryList<'_> {
    const KIND: &'static str = "HistoryList";
}

/// The document `HistoryList`.
pub fn histories(views: &[HistoryView<'_>]) -> Value {
    document(&HistoryList {
        histories: views.iter().map(History::of).collect(),
    })
}

impl<'a> History<'a> {
    fn of(view: &HistoryView<'a>) -> Self {
        Self {
            apply_set: view.set.into(),
            cluster: view.cluster,
            syncs: view.syncs.entries().iter().map(Sync::of).collect(),
        }
    }
}
