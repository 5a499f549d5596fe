//! What the parent object of an ApplySet says: where its members are, and what is kept of its syncs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::inventory::ApplySet;
use super::jobs::{self, Irreversible, Recorded};
use super::journal::{Ending, Journal, JournalEntry};
use super::source::Source;
use super::tally::Tally;
use super::unlisted::Unlisted;
use crate::object::commit::Commit;
use crate::object::{GroupKind, LiveObject, ObjectRef};

/// The label on a parent: the ID of the ApplySet that it stands for.
pub const ID: &str = "applyset.kubernetes.io/id";
/// The annotation on a parent: which tool manages the ApplySet.
pub const TOOLING: &str = "applyset.kubernetes.io/tooling";
/// The annotation on a parent: the kinds its members have, at most.
pub const CONTAINS_GROUP_KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
/// The annotation on a parent: the namespaces, other than its own, its members are in, at most.
pub const ADDITIONAL_NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";

/// The label on a CustomResourceDefinition whose objects may be parents.
pub const IS_PARENT_TYPE: &str = "applyset.kubernetes.io/is-parent-type";

/// What this program calls itself in [`TOOLING`].
const TOOL: &str = concat!("stackanetes/v", env!("CARGO_PKG_VERSION"));

/// What a parent object says.
/// ```
/// use stackanetes::applyset::inventory::ApplySet;
/// use stackanetes::applyset::parent::Parent;
/// use stackanetes::object::{GroupKind, LiveObject};
///
/// let set = ApplySet { name: "shop".to_owned(), namespace: "web".to_owned() };
/// let parent = Parent {
///     kinds: [GroupKind::parse("Deployment.apps")].into(),
///     namespaces: ["web".into()].into(),
///     ..Parent::default()
/// };
/// let stored = LiveObject::new(parent.object(&set));
/// assert_eq!(Parent::of(&stored), Some((set, parent)));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parent {
    /// The kinds its members have, at most.
    pub kinds: BTreeSet<GroupKind>,
    /// The namespaces its members are in, at most.
    pub namespaces: BTreeSet<SmolStr>,
    /// Where there may be members besides, since it could not be listed when they were looked for.
    pub unlisted: Unlisted,
    /// The sync that began last.
    pub attempted: Option<Record>,
    /// The sync that ended last without a failure.
    pub completed: Option<Record>,
    /// The Jobs that have completed, and with which inputs.
    pub jobs: Recorded,
    /// What Jobs did that cannot be undone.
    pub irreversible: Irreversible,
    /// The earlier syncs.
    pub journal: Journal,
}

/// Where the members of an ApplySet are, at most, as its parent says, whichever tool wrote that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// Their kinds; nothing where the parent does not say.
    pub kinds: Option<BTreeSet<GroupKind>>,
    /// Their namespaces.
    pub namespaces: BTreeSet<SmolStr>,
}

impl Whereabouts {
    /// What a live parent says.
    pub fn of(parent: &LiveObject) -> Self {
        let kinds = parent.annotation(CONTAINS_GROUP_KINDS);
        let namespaces = parent.annotation(ADDITIONAL_NAMESPACES).unwrap_or_default();
        Self {
            kinds: kinds.map(|kinds| items(kinds).map(GroupKind::parse).collect()),
            namespaces: items(namespaces)
                .map(SmolStr::from)
                .chain(parent.reference().namespace)
                .collect(),
        }
    }
}

/// The items of a list in an annotation.
fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// What a parent remembers of a sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// When it was, as RFC 3339 writes a time.
    pub time: String,
    /// Who synced: the user and the machine it ran on.
    pub by: String,
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<Commit>,
    /// The first line of its message.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    /// Whether files differed from that commit.
    #[serde(default)]
    pub dirty: bool,
    /// The directory that the set belongs to, from which it was synced as far as is known; none outside of git.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Source>,
    /// The environment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub environment: Option<String>,
    /// The parameters that were set by hand; of secret ones only the names, without a value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub set: BTreeMap<String, Option<Value>>,
    /// How many objects git wanted.
    pub objects: usize,
    /// The tool.
    pub tool: String,
    /// The server's version.
    pub server: String,
}

impl Record {
    /// The directory that the set belongs to, and a commit that is known to be of its repository.
    pub fn known_source(&self) -> Option<(&Source, &Commit)> {
        let source = self.source.as_ref()?;
        Some((source, source.confirmed.as_ref().or(self.revision.as_ref())?))
    }

    /// What this program writes into [`Record::tool`].
    pub fn this_tool() -> String {
        TOOL.to_owned()
    }
}

/// The keys of the parent's data that hold the records.
const ATTEMPTED: &str = "attempted";
const COMPLETED: &str = "completed";
/// The key that holds the digests of the inputs of completed Jobs: JSON, by `NAMESPACE/NAME`.
const JOBS: &str = "jobs";
/// The key that holds what Jobs did that cannot be undone: JSON, by `NAMESPACE/NAME`.
const IRREVERSIBLE: &str = "irreversible";
/// The key that holds the earlier syncs: JSON.
const HISTORY: &str = "history";
/// The key that holds what could not be listed when members were looked for: JSON.
const UNLISTED: &str = "unlisted";

/// Why an object is not the parent of an ApplySet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoParent {
    /// The parent does not have the ID of the ApplySet with this name.
    #[error("it has no label {ID} with the ID of the ApplySet {0}")]
    OtherId(String),
    /// This tool manages it.
    #[error("another tool manages it: {0}")]
    OtherTool(String),
    /// The parent does not say which tool manages it.
    #[error("it does not say which tool manages it ({TOOLING})")]
    NoTool,
    /// The parent does not say in a way that can be read where nobody could look for members, in these words of the
    /// parser. What is read as nothing would be forgotten by the next sync.
    #[error("its data.{UNLISTED} cannot be read: {0}")]
    Unreadable(String),
}

impl Parent {
    /// The ApplySet that an object is the parent of, and what it says; none where it is another tool's.
    pub fn of(object: &LiveObject) -> Option<(ApplySet, Self)> {
        let set = ApplySet::with_parent(&object.reference())?;
        let parent = Self::read(&set, object).ok()?;
        Some((set, parent))
    }

    /// Reads a live parent.
    ///
    /// # Errors
    ///
    /// If the object is not the parent of `set`, or not one of ours, or does not say where all members may be.
    pub fn read(set: &ApplySet, object: &LiveObject) -> Result<Self, NoParent> {
        if object.label(ID) != Some(set.id().as_str()) {
            return Err(NoParent::OtherId(set.name.clone()));
        }
        match object.annotation(TOOLING) {
            Some(tool) if tool.split('/').next() == Some("stackanetes") => {}
            Some(tool) => return Err(NoParent::OtherTool(tool.to_owned())),
            None => return Err(NoParent::NoTool),
        }
        let Whereabouts { kinds, namespaces } = Whereabouts::of(object);
        let text = |key: &str| object.value().pointer("/data")?.get(key)?.as_str();
        let record = |key: &str| serde_json::from_str(text(key)?).ok();
        let unlisted = text(UNLISTED).map(serde_json::from_str).transpose();
        Ok(Self {
            kinds: kinds.unwrap_or_default(),
            namespaces,
            unlisted: unlisted
                .map_err(|error| NoParent::Unreadable(error.to_string()))?
                .unwrap_or_default(),
            attempted: record(ATTEMPTED),
            completed: record(COMPLETED),
            jobs: read_jobs(text(JOBS)),
            irreversible: read_jobs(text(IRREVERSIBLE)),
            journal: Journal::read(text(HISTORY).unwrap_or("[]")),
        })
    }

    /// The earlier syncs, and the last one even if it never said how it ended.
    pub fn syncs(&self) -> Journal {
        let mut journal = self.journal.clone();
        let Some(attempted) = &self.attempted else {
            return journal;
        };
        if journal.entries().first().is_some_and(|last| last.record == *attempted) {
            return journal;
        }
        // An earlier version of this program kept no history, but what it completed.
        let completed = self.completed.as_ref().filter(|completed| {
            let time = attempted.time.clone();
            *attempted
                == Record {
                    time,
                    ..(*completed).clone()
                }
        });
        let ended = completed.filter(|completed| completed.time >= attempted.time);
        journal.push(JournalEntry {
            record: attempted.clone(),
            ended: ended.map(|completed| completed.time.clone()),
            ending: if ended.is_some() {
                Ending::Complete
            } else {
                Ending::NotRecorded
            },
            counts: Tally::default(),
            back_from: None,
            partial: false,
            unawaited: 0,
            put_back: Vec::new(),
            left: Vec::new(),
        });
        journal
    }

    /// The last sync that began, where it is not the one that was completed last: it was not complete, or of a part only,
    /// or never said how it ended. The history tells, not the time, which is by the clocks of two machines.
    pub fn attempted_since(&self) -> Option<&Record> {
        let attempted = self.attempted.as_ref()?;
        let syncs = self.syncs();
        let is_completed = syncs
            .entries()
            .first()
            .is_some_and(|last| last.ending == Ending::Complete && !last.partial);
        (!is_completed || self.completed.is_none()).then_some(attempted)
    }

    /// The parent object to apply.
    pub fn object(&self, set: &ApplySet) -> Value {
        let reference = set.parent();
        let kinds: Vec<String> = self.kinds.iter().map(ToString::to_string).collect();
        let additional: Vec<&str> = self
            .namespaces
            .iter()
            .map(SmolStr::as_str)
            .filter(|name| *name != set.namespace)
            .collect();
        let mut data = BTreeMap::new();
        for (key, record) in [(ATTEMPTED, &self.attempted), (COMPLETED, &self.completed)] {
            if let Some(text) = record.as_ref().and_then(|record| serde_json::to_string(record).ok()) {
                data.insert(key, text);
            }
        }
        if !self.unlisted.is_empty() {
            data.insert(UNLISTED, json!(self.unlisted).to_string());
        }
        if !self.jobs.is_empty() {
            data.insert(JOBS, write_jobs(&self.jobs));
        }
        if !self.irreversible.is_empty() {
            data.insert(IRREVERSIBLE, write_jobs(&self.irreversible));
        }
        if !self.journal.is_empty() {
            data.insert(HISTORY, self.journal.to_text());
        }
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": reference.name,
                "namespace": set.namespace,
                "labels": { ID: set.id() },
                "annotations": {
                    TOOLING: TOOL,
                    CONTAINS_GROUP_KINDS: kinds.join(","),
                    ADDITIONAL_NAMESPACES: additional.join(","),
                },
            },
            "data": data,
        })
    }
}

/// What is kept of Jobs, by `NAMESPACE/NAME`.
fn read_jobs<T: for<'de> Deserialize<'de>>(text: Option<&str>) -> BTreeMap<ObjectRef, T> {
    let jobs: BTreeMap<String, T> = text
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let read = jobs
        .into_iter()
        .filter_map(|(name, kept)| Some((jobs::reference(&name)?, kept)));
    read.collect()
}

fn write_jobs<T: Serialize>(jobs: &BTreeMap<ObjectRef, T>) -> String {
    let named = jobs.iter().map(|(job, kept)| {
        let namespace = job.namespace.as_deref().unwrap_or_default();
        (format!("{namespace}/{}", job.name), json!(kept))
    });
    Value::Object(named.collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::applyset::jobs::Done;
    use crate::object::inputs::InputDigests;

    fn set() -> ApplySet {
        ApplySet {
            name: "demo".into(),
            namespace: "prod".into(),
        }
    }

    fn record_at(time: &str) -> Record {
        Record {
            time: time.into(),
            by: "ci".into(),
            revision: Some(Commit::new("3f2c1ab")),
            subject: None,
            dirty: false,
            source: None,
            environment: None,
            set: BTreeMap::new(),
            objects: 3,
            tool: Record::this_tool(),
            server: "v1.37.2".into(),
        }
    }

    #[test]
    fn which_sync_was_the_last_one_is_not_asked_of_clocks() {
        let attempted_since = |attempted: &str, completed: &str, ending: Ending, partial: bool| {
            let mut parent = Parent {
                attempted: Some(record_at(attempted)),
                completed: Some(record_at(completed)),
                ..Parent::default()
            };
            parent.journal.push(JournalEntry {
                record: record_at(attempted),
                ended: None,
                ending,
                counts: Tally::default(),
                back_from: None,
                partial,
                unawaited: 0,
                put_back: Vec::new(),
                left: Vec::new(),
            });
            parent.attempted_since().is_some()
        };
        let (early, late) = ("2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z");
        assert!(
            !attempted_since(late, early, Ending::Complete, false),
            "its clock was set back"
        );
        assert!(
            attempted_since(early, late, Ending::Incomplete, false),
            "its clock was behind"
        );
        assert!(attempted_since(early, late, Ending::Complete, true), "the rest was not");
    }

    #[test]
    fn a_parent_reads_back_what_it_was_written_from() {
        let record = Record {
            time: "2026-11-23T10:00:00Z".into(),
            by: "ci".into(),
            revision: Some(Commit::new("3f2c1ab")),
            subject: None,
            dirty: false,
            source: None,
            environment: Some("prod".into()),
            set: BTreeMap::from([("a.b".to_owned(), Some(json!(3))), ("a.secret".to_owned(), None)]),
            objects: 3,
            tool: Record::this_tool(),
            server: "v1.37.2".into(),
        };
        let job = jobs::reference("prod/migrate").expect("a Job");
        let inputs = InputDigests::from_iter([("image".to_owned(), Some("digest".to_owned()))]);
        let done = Done {
            reason: "migrates the schema".into(),
            revision: Some(Commit::new("3f2c1ab")),
            inputs: inputs.clone(),
            component: Some("nova".into()),
        };
        let parent = Parent {
            kinds: [GroupKind::new("apps", "Deployment"), GroupKind::new("", "Secret")].into(),
            namespaces: ["prod".into(), "other".into()].into(),
            unlisted: Unlisted {
                kinds: [GroupKind::new("apps", "StatefulSet")].into(),
                versions: ["example.com/v1".to_owned()].into(),
            },
            attempted: Some(record.clone()),
            completed: Some(record.clone()),
            jobs: Recorded::from([(job.clone(), inputs.clone())]),
            irreversible: Irreversible::from([(job, done)]),
            journal: Journal::default(),
        };
        let parent = Parent {
            journal: parent.syncs(),
            ..parent
        };
        assert_eq!(parent.journal.entries()[0].record, record);
        let object = LiveObject::new(parent.object(&set()));
        assert_eq!(object.annotation(ADDITIONAL_NAMESPACES), Some("other"));
        assert_eq!(Parent::read(&set(), &object).as_ref(), Ok(&parent));
        assert_eq!(Parent::of(&object), Some((set(), parent)));
    }

    #[test]
    fn a_sync_that_never_said_how_it_ended_is_among_the_earlier_ones_once() {
        let record = |time: &str| Record {
            time: time.into(),
            by: "ci".into(),
            revision: None,
            subject: None,
            dirty: false,
            source: None,
            environment: None,
            set: BTreeMap::new(),
            objects: 1,
            tool: Record::this_tool(),
            server: String::new(),
        };
        let mut parent = Parent {
            attempted: Some(record("2026-11-23T10:00:00Z")),
            ..Parent::default()
        };
        let endings = |parent: &Parent| -> Vec<Ending> {
            let syncs = parent.syncs();
            syncs.entries().iter().map(|entry| entry.ending).collect()
        };
        assert_eq!(endings(&parent), [Ending::NotRecorded]);
        parent.completed = Some(record("2026-11-23T10:05:00Z"));
        assert_eq!(endings(&parent), [Ending::Complete], "an earlier version wrote it");
        parent.journal = parent.syncs();
        assert_eq!(endings(&parent), [Ending::Complete]);
        parent.attempted = Some(record("2026-11-23T11:00:00Z"));
        assert_eq!(endings(&parent), [Ending::NotRecorded, Ending::Complete]);
    }

    #[test]
    fn a_parent_of_another_tool_is_refused() {
        let mut object = Parent::default().object(&set());
        object["metadata"]["annotations"][TOOLING] = "kubectl/v1.37".into();
        let object = LiveObject::new(object);
        let refused = Parent::read(&set(), &object).expect_err("another tool's");
        assert_eq!(refused, NoParent::OtherTool("kubectl/v1.37".to_owned()));
        assert_eq!(Parent::of(&object), None);
    }

    #[test]
    fn a_parent_that_does_not_say_where_nobody_could_look_is_refused() {
        for text in ["", "{\"kinds\": [", "[1]", "null"] {
            let mut object = Parent::default().object(&set());
            object["data"][UNLISTED] = text.into();
            let refused = Parent::read(&set(), &LiveObject::new(object)).expect_err("it cannot be read");
            assert!(matches!(refused, NoParent::Unreadable(_)), "{text}: {refused}");
        }
    }
}
