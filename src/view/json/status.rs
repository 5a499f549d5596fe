//! What is synced, and how it is.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::history::Sync;
use super::plan::{Forgotten, NotCompared};
use super::{DocumentKind, document};
use crate::applyset::inventory::ApplySet;
use crate::applyset::parent::{Parent, Record};
use crate::object::ObjectRef;
use crate::plan::{ApplySetName, Drift};
use crate::view::StatusView;

/// What is synced, and how it is.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Status<'a> {
    /// The ApplySet.
    apply_set: ApplySetName,
    /// The cluster, as a person knows it.
    cluster: &'a str,
    /// Whether all members are known, and Current.
    current: bool,
    /// The last sync that was completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    completed: Option<&'a Record>,
    /// The last sync that began, where it is a later one.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempted: Option<&'a Record>,
    /// How many members there are of each status.
    counts: BTreeMap<String, usize>,
    /// The members; where some were named, these.
    objects: Vec<Member<'a>>,
    /// What others changed since the last sync; absent where nobody looked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<Vec<Drifted<'a>>>,
    /// The kinds that may not be listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_compared: Vec<NotCompared<'a>>,
    /// That the ApplySet's parent does not say where all members are.
    #[serde(skip_serializing_if = "Option::is_none")]
    forgotten: Option<Forgotten<'a>>,
}

impl DocumentKind for Status<'_> {
    const KIND: &'static str = "Status";
}

/// A member and how it is.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Member<'a> {
    /// The object.
    object: &'a ObjectRef,
    /// In the words of kstatus: `Current`, `InProgress`, `Failed`, `Terminating`, `NotFound`, `Unknown`.
    status: String,
    /// Why it is not Current.
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
    /// Its pods of an earlier template, which nothing replaces until somebody deletes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    outdated_pods: Option<OutdatedPods>,
    /// Of a DaemonSet that runs on no node: the labels that a node must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_node: Option<BTreeMap<&'a str, &'a str>>,
}

/// Pods of an earlier template.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct OutdatedPods {
    /// How many these are.
    outdated: i64,
    /// How many pods there are.
    pods: i64,
}

/// What others changed of an object.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Drifted<'a> {
    /// The object.
    object: &'a ObjectRef,
    #[serde(flatten)]
    what: DriftKind<'a>,
}

/// What it is.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Drift"))]
#[serde(tag = "change", rename_all = "camelCase")]
enum DriftKind<'a> {
    /// Somebody deleted the object.
    Deleted,
    /// Somebody changed a field.
    Field {
        /// Its path.
        path: String,
        /// The field manager who did; absent where the server kept no trace.
        #[serde(skip_serializing_if = "Option::is_none")]
        manager: Option<&'a str>,
        /// When that manager wrote last (RFC 3339).
        #[serde(skip_serializing_if = "Option::is_none")]
        time: Option<&'a str>,
    },
}

impl<'a> Drifted<'a> {
    fn of((object, drift): &'a (&'a ObjectRef, Drift<'a>)) -> Self {
        let what = match drift {
            Drift::Deleted => DriftKind::Deleted,
            Drift::Field { field, writer } => DriftKind::Field {
                path: field.to_string(),
                manager: writer.map(|writer| writer.name.as_str()),
                time: writer.and_then(|writer| writer.time.as_deref()),
            },
        };
        Self { object, what }
    }
}

/// The document `Status`.
pub fn status(view: &StatusView<'_>) -> Value {
    let outdated: BTreeMap<_, _> = view.outdated.iter().map(|(object, pods)| (object, *pods)).collect();
    let idle: BTreeMap<_, _> = view.idle.iter().map(|(object, labels)| (object, labels)).collect();
    let mut counts = BTreeMap::new();
    for (_, health) in view.members {
        *counts.entry(health.status.to_string()).or_default() += 1;
    }
    let members = view.members.iter().filter(|(object, _)| view.shows(object));
    let members = members.map(|(object, health)| Member {
        object,
        status: health.status.to_string(),
        message: &health.message,
        outdated_pods: outdated.get(object).map(|(outdated, pods)| OutdatedPods {
            outdated: *outdated,
            pods: *pods,
        }),
        no_node: idle.get(object).map(|labels| {
            let labels = labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            labels.collect()
        }),
    });
    document(&Status {
        apply_set: view.set.into(),
        cluster: view.cluster,
        current: view.is_current(),
        completed: view.parent.and_then(|parent| parent.completed.as_ref()),
        attempted: view.attempted(),
        counts,
        objects: members.collect(),
        drift: view.drift.map(|drift| {
            let shown = drift.iter().filter(|(object, _)| view.shows(object));
            shown.map(Drifted::of).collect()
        }),
        not_compared: view.not_compared.iter().map(Into::into).collect(),
        forgotten: view.forgotten.map(Into::into),
    })
}

/// All ApplySets of a cluster.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct StatusList<'a> {
    /// The cluster, as a person knows it.
    cluster: &'a str,
    /// The ApplySets, by namespace and name.
    apply_sets: Vec<Short<'a>>,
}

impl DocumentKind for StatusList<'_> {
    const KIND: &'static str = "StatusList";
}

/// An ApplySet in short.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Short<'a> {
    /// The ApplySet.
    apply_set: ApplySetName,
    /// Its last sync; absent where none was ever completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Sync<'a>>,
}

/// The document `StatusList`.
pub fn statuses(cluster: &str, sets: &[(ApplySet, Parent)]) -> Value {
    let journals: Vec<_> = sets.iter().map(|(set, parent)| (set, parent.syncs())).collect();
    let short = journals.iter().map(|(set, syncs)| Short {
        apply_set: (*set).into(),
        last: syncs.entries().first().map(Sync::of),
    });
    document(&StatusList {
        cluster,
        apply_sets: short.collect(),
    })
}
