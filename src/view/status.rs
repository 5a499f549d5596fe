//! What is synced, and how it is, as text.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::age;
use super::document;
use super::history::{commit_of, ended};
use super::style::{FADED, FAILED, STRONG, WARNED, paint};
use crate::applyset::inventory::ApplySet;
use crate::applyset::parent::{Parent, Record};
use crate::applyset::source::Source;
use crate::diagnostic::names::counted;
use crate::kinds::health::{Health, Status};
use crate::object::{NamedObjects, ObjectRef};
use crate::plan::{Drift, Forgotten, NotCompared};

/// What there is to tell of an ApplySet.
#[derive(Debug)]
pub struct StatusView<'a> {
    /// The ApplySet.
    pub set: &'a ApplySet,
    /// The cluster, as a person knows it.
    pub cluster: &'a str,
    /// Its parent; none where it is missing.
    pub parent: Option<&'a Parent>,
    /// Its members.
    pub members: &'a [(ObjectRef, Health)],
    /// The workloads with pods of an earlier template that nothing replaces: of how many such, of how many.
    pub outdated: &'a [(ObjectRef, (i64, i64))],
    /// The DaemonSets that run on no node, and the labels that a node must have.
    pub idle: &'a [(ObjectRef, Vec<(String, String)>)],
    /// What others changed since the last sync; none where nobody looked for it.
    pub drift: Option<&'a [(&'a ObjectRef, Drift<'a>)]>,
    /// The kinds that may not be listed.
    pub not_compared: &'a [NotCompared],
    /// Set where the parent does not say where all members are.
    pub forgotten: Option<&'a Forgotten>,
    /// The members that are shown, where not all are: what is counted is all.
    pub only: &'a [NamedObjects],
    /// The time that ages are counted from.
    pub now: Timestamp,
    /// Whether members that are Current are listed too, as they are where some are named.
    pub whole: bool,
}

impl StatusView<'_> {
    /// Whether all members are known, and Current.
    pub fn is_current(&self) -> bool {
        let all_seen = |forgotten: &Forgotten| forgotten.unlisted.is_empty();
        let is_known = self.not_compared.is_empty() && self.forgotten.is_none_or(all_seen);
        is_known && self.members.iter().all(|(_, health)| health.is_current())
    }

    /// Whether this object is shown.
    pub(super) fn shows(&self, object: &ObjectRef) -> bool {
        self.only.is_empty() || self.only.iter().any(|named| named.names(object))
    }

    /// The names that no member has.
    fn unknown(&self) -> impl Iterator<Item = &NamedObjects> {
        let is_member = |named: &NamedObjects| self.members.iter().any(|(member, _)| named.names(member));
        self.only.iter().filter(move |named| !is_member(named))
    }

    /// The last sync that began, where it is not the one that was completed last.
    pub(super) fn attempted(&self) -> Option<&Record> {
        self.parent?.attempted_since()
    }
}

/// The text of a status.
pub fn status(view: &StatusView<'_>) -> String {
    let mut text = format!("{} on {}\n", paint(STRONG, &view.set.name), view.cluster);
    text += &last_sync(view);
    let current = view.members.iter().filter(|(_, health)| health.is_current()).count();
    let _ = writeln!(text, "  objects     {}, {current} Current", view.members.len());
    text += &view.drift.map(|drift| drifted(drift, view)).unwrap_or_default();
    let mut members: Vec<_> = view
        .members
        .iter()
        .filter(|(object, health)| view.shows(object) && (view.whole || !view.only.is_empty() || !health.is_current()))
        .collect();
    members.sort();
    if !members.is_empty() {
        text.push('\n');
    }
    for (reference, health) in members {
        let style = match health.status {
            Status::Current => FADED,
            Status::Failed => FAILED,
            Status::InProgress | Status::Terminating | Status::NotFound | Status::Unknown => WARNED,
        };
        let _ = write!(
            text,
            "  {} {reference}",
            paint(style, format!("{:<11}", health.status.to_string()))
        );
        text += &if health.message.is_empty() {
            "\n".to_owned()
        } else {
            format!(": {}\n", health.message)
        };
    }
    for (reference, (outdated, all)) in view.outdated.iter().filter(|(object, _)| view.shows(object)) {
        let style = paint(WARNED, format!("{:<11}", "pending"));
        let _ = writeln!(
            text,
            "  {style} {reference}: {outdated} of {all} pods are of an earlier template; each is replaced when it is deleted"
        );
    }
    for (reference, labels) in view.idle.iter().filter(|(object, _)| view.shows(object)) {
        let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let why = match labels.as_slice() {
            [] => "no node takes its pods".to_owned(),
            labels => format!("none takes its pods, which ask for {}", labels.join(", ")),
        };
        let _ = writeln!(
            text,
            "  {} {reference} runs on no node: {why}",
            paint(WARNED, "no node    ")
        );
    }
    for named in view.unknown() {
        let _ = writeln!(text, "  {} no member is {named}", paint(WARNED, "warning    "));
    }
    for kind in view.not_compared {
        let _ = writeln!(text, "  {} {}", paint(FAILED, "not listed "), kind.message);
    }
    if let Some(forgotten) = view.forgotten {
        let told = document::forgotten(view.set, forgotten);
        let _ = writeln!(text, "  {} {told}", paint(WARNED, "warning    "));
    }
    text
}

/// What others changed, a line each.
fn drifted(drift: &[(&ObjectRef, Drift<'_>)], view: &StatusView<'_>) -> String {
    if drift.is_empty() {
        return "  drift       none\n".to_owned();
    }
    let shown = drift.iter().filter(|(object, _)| view.shows(object));
    let lines = shown.map(|(object, drift)| {
        let what = match drift {
            Drift::Deleted => "somebody deleted it".to_owned(),
            Drift::Field { field, writer } => format!("{field}, {}", document::somebody(*writer, view.now)),
        };
        format!("  {} {object}: {what}\n", paint(WARNED, "drift      "))
    });
    lines.collect()
}

/// What the parent says of the last sync, as far as there is a parent.
fn last_sync(view: &StatusView<'_>) -> String {
    let Some(parent) = view.parent else {
        return "  last sync   unknown\n".to_owned();
    };
    let completed = parent.completed.as_ref();
    let mut text = match completed {
        Some(record) => synced("synced", record, view.now),
        None => "  last sync   never completed\n".to_owned(),
    };
    if let Some(attempted) = view.attempted() {
        text += &synced("attempted", attempted, view.now);
    }
    if let Some(source) = completed.and_then(|record| record.source.as_ref()) {
        let _ = writeln!(text, "  source      {}", self::source(source));
    }
    text
}

/// A line for each ApplySet of a cluster: how many objects git wanted, and the last sync.
pub fn statuses(cluster: &str, sets: &[(ApplySet, Parent)], now: Timestamp) -> String {
    let mut text = format!("{}\n", sets_on(cluster, sets.len()));
    if !sets.is_empty() {
        text.push('\n');
    }
    let name = |set: &ApplySet| format!("{}/{}", set.namespace, set.name);
    let width = sets.iter().map(|(set, _)| name(set).len()).max().unwrap_or(0);
    for (set, parent) in sets {
        // One that ended otherwise stands first in what is kept of the syncs, too.
        let last = match parent.syncs().entries().first() {
            None => paint(WARNED, "never completed"),
            Some(last) => {
                let objects = counted(last.record.objects, "object");
                let (commit, when) = (commit_of(&last.record), age(&last.record.time, now));
                let (ended, by) = (ended(last.ending), &last.record.by);
                format!("{ended} {commit}, {when} by {by}, {objects}")
            }
        };
        let _ = writeln!(text, "  {}  {last}", paint(STRONG, format!("{:<width$}", name(set))));
    }
    text
}

/// How many ApplySets a cluster has: the first line of what tells of all.
pub(super) fn sets_on(cluster: &str, count: usize) -> String {
    match count {
        0 => format!("no ApplySet on {cluster}"),
        count => format!("{} on {cluster}", counted(count, "ApplySet")),
    }
}

/// Which directory of which repository it is.
pub(super) fn source(source: &Source) -> String {
    let (directory, first) = (source.directory.as_str(), &source.repository);
    let repository = first.as_ref().map_or_else(
        || "repository, whose first commit is not known".to_owned(),
        |first| format!("repository whose first commit is {}", first.short()),
    );
    match directory {
        "" => format!("the whole {repository}"),
        directory => format!("{directory} in the {repository}"),
    }
}

fn synced(what: &str, record: &Record, now: Timestamp) -> String {
    let commit = commit_of(record);
    let subject = record
        .subject
        .as_deref()
        .map(|subject| format!(" {subject}"))
        .unwrap_or_default();
    format!(
        "  {what:<11} {commit}{subject}, {} by {}\n",
        age(&record.time, now),
        record.by
    )
}
