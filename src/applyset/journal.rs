//! The earlier syncs of an ApplySet, as its parent keeps them: what `history` lists.

use serde::{Deserialize, Serialize};

use crate::applyset::parent::Record;
use crate::applyset::put_back::PutBack;
use crate::applyset::tally::Tally;
use crate::object::ObjectRef;
use crate::object::commit::Commit;

/// How many syncs are kept.
const MOST: usize = 50;
/// How long the text of all may be, in bytes: what a parent may hold is bounded, and more than this is
/// in it.
const LONGEST: usize = 128 * 1024;

/// One sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalEntry {
    /// What was synced, by whom, and when it began.
    #[serde(flatten)]
    pub record: Record,
    /// When it ended (RFC 3339); unknown where it was cut off.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended: Option<String>,
    /// How the sync ended.
    pub ending: Ending,
    /// What came of its objects.
    #[serde(default)]
    pub counts: Tally,
    /// The commit that was synced before, where this one is not a later one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub back_from: Option<Commit>,
    /// Whether it was about a part of the objects only.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub partial: bool,
    /// How many objects were not Current in the end, since it was not to wait for them.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub unawaited: usize,
    /// The drift that it put back, if all of it was done; not more than the first of it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub put_back: Vec<PutBack>,
    /// The objects that were to be written, and were not; not more than the [first](JournalEntry::MOST_LEFT) of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub left: Vec<ObjectRef>,
}

impl JournalEntry {
    /// How many objects are kept that a sync left.
    pub const MOST_LEFT: usize = 100;
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// How a sync ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// Everything that was planned was done.
    Complete,
    /// Some of it was not done.
    Incomplete,
    /// Somebody interrupted it.
    #[serde(alias = "stopped")]
    Interrupted,
    /// The sync has not recorded its end: it is under way, or was cut off. Outputs call it `unknown`.
    #[serde(rename = "unknown")]
    NotRecorded,
}

/// The earlier syncs, the latest one first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal(Vec<JournalEntry>);

impl Journal {
    /// Reads what [`to_text`](Self::to_text) wrote. What cannot be read is left out: it says nothing that
    /// anything is decided by.
    pub fn read(text: &str) -> Self {
        let entries: Vec<serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
        let read = entries
            .into_iter()
            .filter_map(|entry| serde_json::from_value(entry).ok());
        Self(read.collect())
    }

    /// The text that the parent keeps: JSON. The oldest syncs are left out where there are too many.
    pub fn to_text(&self) -> String {
        let mut texts = Vec::new();
        let mut length = "[]".len();
        for entry in self.0.iter().take(MOST) {
            // Every key is text, so it can be written.
            let text = serde_json::to_string(entry).unwrap_or_default();
            length += text.len() + ",".len();
            if length > LONGEST {
                break;
            }
            texts.push(text);
        }
        format!("[{}]", texts.join(","))
    }

    /// Adds the latest one.
    pub fn push(&mut self, entry: JournalEntry) {
        self.0.insert(0, entry);
        self.0.truncate(MOST);
    }

    /// The syncs, the latest one first.
    pub fn entries(&self) -> &[JournalEntry] {
        &self.0
    }

    /// The latest sync of the whole set after which everything was as git wanted it, and Current.
    pub fn last_complete(&self) -> Option<&JournalEntry> {
        self.complete().next()
    }

    /// The syncs of the whole set after which everything was as git wanted it, and Current; the latest one first.
    pub fn complete(&self) -> impl Iterator<Item = &JournalEntry> {
        let is_complete =
            |entry: &&JournalEntry| entry.ending == Ending::Complete && !entry.partial && entry.unawaited == 0;
        self.0.iter().filter(is_complete)
    }

    /// The objects that may not be as a server of this version stored them, or said that it would: what the latest
    /// sync of the whole set left. None if that is not known: no such sync ended or it left more than are kept, or one
    /// since met another version.
    ///
    /// What was written and is not ready, or is not gone in time, is no less as the server stored it.
    pub fn unsettled_on(&self, server: &str) -> Option<&[ObjectRef]> {
        let mut same = self.0.iter().take_while(|entry| entry.record.server == server);
        let whole = same.find(|entry| !entry.partial)?;
        let is_known = whole.ended.is_some() && whole.counts.unwritten() == whole.left.len();
        is_known.then_some(&whole.left)
    }

    /// When the first of the latest syncs began (RFC 3339) that all met a server of this version.
    pub fn first_on(&self, server: &str) -> Option<&str> {
        let same = self.0.iter().take_while(|entry| entry.record.server == server);
        same.last().map(|entry| entry.record.time.as_str())
    }

    /// The latest sync that put the same back.
    pub fn last_put_back(&self, drift: &PutBack) -> Option<&JournalEntry> {
        self.0.iter().find(|entry| entry.put_back.contains(drift))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn entry(number: usize, subject: &str) -> JournalEntry {
        JournalEntry {
            record: Record {
                time: format!("2026-11-23T10:00:{:02}Z", number % 60),
                by: "ci".into(),
                revision: Some(Commit::new(format!("{number:040}"))),
                subject: Some(subject.to_owned()),
                dirty: false,
                source: None,
                environment: None,
                set: BTreeMap::new(),
                objects: number,
                tool: Record::this_tool(),
                server: "v1.37.2".into(),
            },
            ended: None,
            ending: Ending::Complete,
            counts: Tally::default(),
            back_from: None,
            partial: false,
            unawaited: 0,
            put_back: Vec::new(),
            left: Vec::new(),
        }
    }

    fn kept(count: usize, subject: &str) -> Journal {
        let mut journal = Journal::default();
        for number in 0..count {
            journal.push(entry(number, subject));
        }
        Journal::read(&journal.to_text())
    }

    #[test]
    fn a_whole_sync_that_only_waits_in_vain_settles_what_a_server_stores_until_it_is_another() {
        use crate::applyset::tally::OutcomeKind;

        let ended = |server: &str, outcome: OutcomeKind, partial: bool| {
            let mut entry = entry(0, "x");
            entry.record.server = server.to_owned();
            entry.ended = Some("2026-11-23T10:01:00Z".to_owned());
            entry.ending = Ending::Incomplete;
            entry.counts = [OutcomeKind::Updated, outcome].into_iter().collect();
            entry.partial = partial;
            entry
        };
        // The latest one comes last.
        let settled = |entries: Vec<JournalEntry>| {
            let mut journal = Journal::default();
            for entry in entries {
                journal.push(entry);
            }
            let unsettled = journal.unsettled_on("v2").map(<[ObjectRef]>::to_vec);
            unsettled.map(|left| left.len())
        };
        let (not_ready, failed) = (OutcomeKind::NotReady, OutcomeKind::Failed);
        let leaving = |left: Vec<ObjectRef>| JournalEntry {
            left,
            ..ended("v2", failed, false)
        };
        let web = ObjectRef::namespace("web");
        assert_eq!(settled(vec![ended("v2", not_ready, false)]), Some(0));
        assert_eq!(
            settled(vec![ended("v2", not_ready, false), ended("v2", failed, true)]),
            Some(0)
        );
        assert_eq!(settled(vec![leaving(vec![web])]), Some(1), "it is known which");
        assert_eq!(settled(vec![leaving(Vec::new())]), None, "it is not known which");
        assert_eq!(
            settled(vec![ended("v2", not_ready, true)]),
            None,
            "the rest may be older"
        );
        assert_eq!(
            settled(vec![ended("v2", not_ready, false), ended("v1", not_ready, true)]),
            None
        );
        assert_eq!(
            settled(vec![ended("v1", not_ready, false), ended("v2", not_ready, true)]),
            None
        );
        let cut_off = JournalEntry {
            ended: None,
            ..ended("v2", not_ready, false)
        };
        assert_eq!((settled(vec![cut_off]), settled(Vec::new())), (None, None));
    }

    #[test]
    fn what_an_earlier_version_called_stopped_was_interrupted() {
        let read = |text: &str| serde_json::from_str::<Ending>(text).ok();
        assert_eq!(read("\"stopped\""), Some(Ending::Interrupted));
        assert_eq!(
            serde_json::to_string(&Ending::Interrupted).ok().as_deref(),
            Some("\"interrupted\"")
        );
    }

    #[test]
    fn a_sync_that_was_not_whole_or_waited_for_nothing_is_not_gone_back_to() {
        let mut journal = Journal::default();
        for (number, ending, partial, unawaited) in [
            (1, Ending::Complete, false, 0),
            (2, Ending::Complete, false, 1),
            (3, Ending::Complete, true, 0),
            (4, Ending::Incomplete, false, 0),
        ] {
            journal.push(JournalEntry {
                ending,
                partial,
                unawaited,
                ..entry(number, "x")
            });
        }
        assert_eq!(journal.last_complete().map(|entry| entry.record.objects), Some(1));
        assert_eq!(Journal::default().last_complete(), None);
    }

    #[test]
    fn the_latest_syncs_are_kept_as_they_were_and_older_ones_go() {
        let journal = kept(3, "short");
        let expected = [2, 1, 0].map(|number| entry(number, "short"));
        assert_eq!(journal.entries(), expected);
        let journal = kept(MOST + 5, "short");
        assert_eq!(journal.entries().len(), MOST);
        assert_eq!(journal.entries()[0], entry(MOST + 4, "short"));
    }

    #[test]
    fn long_ones_leave_room_for_fewer() {
        let subject = "long".repeat(5_000);
        let journal = kept(20, &subject);
        assert!(journal.to_text().len() <= LONGEST);
        assert!((2..10).contains(&journal.entries().len()));
        assert_eq!(journal.entries()[0], entry(19, &subject));
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let text = format!("[{{\"time\": 3}},{}", &kept(1, "a").to_text()[1..]);
        assert_eq!(Journal::read(&text).entries(), [entry(0, "a")]);
        assert!(Journal::read("nonsense").is_empty());
    }
}
