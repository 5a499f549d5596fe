//! The earlier syncs of an ApplySet as text: one line each, the latest first.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::status::sets_on;
use super::style::{FADED, FAILED, STRONG, WARNED, paint};
use super::value::visible;
use super::{age, took};
use crate::applyset::inventory::ApplySet;
use crate::applyset::journal::{Ending, Journal, JournalEntry};
use crate::applyset::parent::Record;
use crate::diagnostic::names::counted;
use crate::object::commit::Commit;

/// What there is to tell of the earlier syncs of an ApplySet.
#[derive(Debug)]
pub struct HistoryView<'a> {
    /// The ApplySet.
    pub set: &'a ApplySet,
    /// The cluster, as a person knows it.
    pub cluster: &'a str,
    /// Its syncs.
    pub syncs: &'a Journal,
    /// The time that ages are counted from.
    pub now: Timestamp,
    /// Whether everything that is kept of a sync is shown.
    pub whole: bool,
}

/// The text of a history.
pub fn history(view: &HistoryView<'_>) -> String {
    let mut text = format!("{} on {}\n\n", paint(STRONG, &view.set.name), view.cluster);
    let lines: Vec<[String; 3]> = view
        .syncs
        .entries()
        .iter()
        .map(|entry| columns(entry, view.now))
        .collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1)];
    for (entry, [commit, when, who]) in view.syncs.entries().iter().zip(&lines) {
        let commit = format!("{commit:<width$}", width = widths[0]);
        let _ = writeln!(
            text,
            "  {commit}  {when:<width$}  {}  {}",
            result(entry),
            paint(FADED, who),
            width = widths[1],
        );
        if view.whole {
            for line in details(entry) {
                let _ = writeln!(text, "      {line}");
            }
        }
    }
    text
}

/// What was synced, when, and by whom, for how long.
fn columns(entry: &JournalEntry, now: Timestamp) -> [String; 3] {
    let Record { subject, by, time, .. } = &entry.record;
    let mut commit = commit_of(&entry.record);
    if let Some(subject) = subject {
        commit = format!("{commit} {}", shortened(&visible(subject)));
    }
    let took = took(time, entry.ended.as_deref()).map(|took| format!(", {took}"));
    [commit, age(time, now), format!("by {by}{}", took.unwrap_or_default())]
}

/// The commit that was synced, and whether it was just that.
pub(super) fn commit_of(record: &Record) -> String {
    let commit = record.revision.as_ref().map_or("outside git", Commit::short);
    let dirty = if record.dirty { " with local changes" } else { "" };
    format!("{commit}{dirty}")
}

fn shortened(subject: &str) -> String {
    const MOST: usize = 50;
    if subject.chars().count() <= MOST {
        return subject.to_owned();
    }
    format!("{}…", subject.chars().take(MOST - 1).collect::<String>())
}

/// The histories of all ApplySets of a cluster.
pub fn histories(cluster: &str, views: &[HistoryView<'_>]) -> String {
    let histories = views.iter().map(|view| format!("\n{}", history(view)));
    format!("{}\n{}", sets_on(cluster, views.len()), histories.collect::<String>())
}

/// How a sync ended.
pub(super) fn ended(ending: Ending) -> String {
    match ending {
        Ending::Complete => "complete".to_owned(),
        Ending::Incomplete => paint(FAILED, "incomplete"),
        Ending::Interrupted => paint(FAILED, "interrupted"),
        Ending::NotRecorded => paint(WARNED, "unknown: under way, or cut off"),
    }
}

/// How it ended, and what it did.
fn result(entry: &JournalEntry) -> String {
    let mut text = ended(entry.ending);
    if entry.counts.total() > 0 {
        text += &format!(": {}", entry.counts);
    }
    if entry.unawaited > 0 {
        text += &format!("; {} not waited for", entry.unawaited);
    }
    if entry.partial {
        text += "; a part only";
    }
    if let Some(from) = &entry.back_from {
        text += &format!("; back from {}", from.short());
    }
    text
}

/// What else is kept of a sync. Of secret parameters there is no value to show.
fn details(entry: &JournalEntry) -> Vec<String> {
    let Record {
        time,
        revision,
        environment,
        set,
        objects,
        tool,
        server,
        ..
    } = &entry.record;
    let mut lines = Vec::new();
    lines.extend(revision.as_ref().map(|revision| format!("commit {revision}")));
    lines.push(match &entry.ended {
        Some(ended) => format!("from {} to {}", to_the_second(time), to_the_second(ended)),
        None => format!("from {}", to_the_second(time)),
    });
    lines.extend(environment.as_ref().map(|name| format!("environment {name}")));
    for (name, value) in set {
        lines.push(match value {
            Some(value) => visible(&format!("--set {name}={value}")).into_owned(),
            None => format!("--set {name}: a secret"),
        });
    }
    lines.push(format!(
        "{} in git, {tool}, server {server}",
        counted(*objects, "object")
    ));
    lines
}

/// A time (RFC 3339) without the parts of its second; what is no time stays as it is.
fn to_the_second(time: &str) -> String {
    let parsed = time.parse::<Timestamp>();
    parsed.map_or_else(|_| time.to_owned(), |time| format!("{time:.0}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::applyset::tally::OutcomeKind;
    use std::collections::BTreeMap;

    #[test]
    fn times_are_told_to_the_second() {
        assert_eq!(to_the_second("2026-11-23T10:01:05.123456789Z"), "2026-11-23T10:01:05Z");
        assert_eq!(to_the_second("yesterday"), "yesterday");
    }

    #[test]
    fn each_sync_is_a_line_that_says_what_when_by_whom_and_with_which_result() {
        let entry = |commit: &str, subject: &str, ending: Ending| JournalEntry {
            record: Record {
                time: "2026-11-23T10:00:00Z".into(),
                by: "alice@laptop".into(),
                revision: Some(Commit::new(commit.repeat(40))),
                subject: Some(subject.to_owned()),
                dirty: false,
                source: None,
                environment: Some("prod".into()),
                set: BTreeMap::from([("a.secret".to_owned(), None)]),
                objects: 3,
                tool: "stackanetes/v1".into(),
                server: "v1.37.2".into(),
            },
            ended: (ending == Ending::Complete).then(|| "2026-11-23T10:01:05Z".to_owned()),
            ending,
            counts: [OutcomeKind::Updated, OutcomeKind::Unchanged, OutcomeKind::Unchanged]
                .into_iter()
                .collect(),
            back_from: (ending == Ending::Complete).then(|| Commit::new("b".repeat(40))),
            partial: false,
            unawaited: 0,
            put_back: Vec::new(),
            left: Vec::new(),
        };
        let mut syncs = Journal::default();
        syncs.push(entry("b", "Nova to 2026.1", Ending::Interrupted));
        syncs.push(entry("a", "First", Ending::Complete));
        let set = ApplySet {
            name: "openstack".into(),
            namespace: "openstack".into(),
        };
        let view = |whole: bool| {
            let text = history(&HistoryView {
                set: &set,
                cluster: "prod",
                syncs: &syncs,
                now: "2026-11-23T12:00:00Z".parse().expect("a time"),
                whole,
            });
            anstream::adapter::strip_str(&text).to_string()
        };
        assert_eq!(
            view(false),
            "openstack on prod

  aaaaaaa First           2 h ago  complete: 1 updated, 2 unchanged; back from bbbbbbb  by alice@laptop, took 1 min 5 s
  bbbbbbb Nova to 2026.1  2 h ago  interrupted: 1 updated, 2 unchanged  by alice@laptop
"
        );
        let whole = view(true);
        assert!(
            whole.contains("environment prod\n      --set a.secret: a secret\n"),
            "{whole}"
        );
    }
}
