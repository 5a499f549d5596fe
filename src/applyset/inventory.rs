//! Which objects belong together: the ApplySet, its parent object, and our notes on its members.
//!
//! The convention is that of
//! [KEP-3659](https://github.com/kubernetes/enhancements/tree/master/keps/sig-cli/3659-kubectl-apply-prune):
//! a label on every member, and a parent object that says in which kinds and namespaces to look.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::jobs::{self, Irreversible, Recorded};
use crate::applyset::journal::{Counts, Ending, Entry, Journal};
use crate::applyset::source::Source;
use crate::object::inputs::DIGESTS;
use crate::object::{self, DesiredObject, GroupKind, LiveObject, ObjectRef};

/// The label on a member: the ID of its ApplySet.
pub const PART_OF: &str = "applyset.kubernetes.io/part-of";
/// The label on a parent: the ID of the ApplySet that it stands for.
pub const ID: &str = "applyset.kubernetes.io/id";
/// The annotation on a parent: which tool manages the ApplySet.
pub const TOOLING: &str = "applyset.kubernetes.io/tooling";
/// The annotation on a parent: the kinds its members have, at most.
pub const CONTAINS_GROUP_KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
/// The annotation on a parent: the namespaces, other than its own, its members are in, at most.
pub const ADDITIONAL_NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";
/// The annotation on a member: the commit it was last applied from.
pub const REVISION: &str = "stackanetes.io/revision";
/// The annotation on a member: the digests of what was last applied, see [`Applied`].
pub const APPLIED: &str = "stackanetes.io/applied";
/// The annotation on a manifest that keeps its object from being pruned: `never`.
pub const PRUNE: &str = "stackanetes.io/prune";
/// The annotation on a manifest that lets an existing object be adopted: `allowed`.
pub const ADOPT: &str = "stackanetes.io/adopt";
/// The annotation on a manifest that lets its object be replaced where it cannot be changed: `allowed`.
pub const REPLACE: &str = "stackanetes.io/replace";

/// What this program calls itself in [`TOOLING`].
const TOOL: &str = concat!("stackanetes/v", env!("CARGO_PKG_VERSION"));

/// What the name of a parent begins with, before that of its ApplySet.
const PARENT: &str = "stackanetes-";

/// A set of objects that are synced and pruned together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplySet {
    /// Its name.
    pub name: String,
    /// The namespace of its parent and its Lease.
    pub namespace: String,
}

impl ApplySet {
    /// The parent: a ConfigMap.
    pub fn parent(&self) -> ObjectRef {
        ObjectRef {
            kind: GroupKind::new("", "ConfigMap"),
            namespace: Some(self.namespace.clone()),
            name: format!("{PARENT}{}", self.name),
        }
    }

    /// The Lease that a sync holds.
    pub fn lease(&self) -> ObjectRef {
        ObjectRef {
            kind: GroupKind::new("coordination.k8s.io", "Lease"),
            ..self.parent()
        }
    }

    /// The Secret that holds the key for digests of secret values.
    pub fn key(&self) -> ObjectRef {
        let parent = self.parent();
        ObjectRef {
            kind: GroupKind::new("", "Secret"),
            name: format!("{}-key", parent.name),
            ..parent
        }
    }

    /// The ID, as the KEP derives it from the parent's identity.
    ///
    /// ```
    /// use stackanetes::applyset::inventory::ApplySet;
    ///
    /// let set = ApplySet { name: "openstack".into(), namespace: "openstack".into() };
    /// assert!(set.id().starts_with("applyset-") && set.id().ends_with("-v1"));
    /// ```
    pub fn id(&self) -> String {
        let parent = self.parent();
        let identity = format!(
            "{}.{}.{}.{}",
            parent.name, self.namespace, parent.kind.kind, parent.kind.group
        );
        format!("applyset-{}-v1", URL_SAFE_NO_PAD.encode(Sha256::digest(identity)))
    }

    /// The selector of its members.
    pub fn selector(&self) -> String {
        format!("{PART_OF}={}", self.id())
    }
}

/// The ApplySet that an object is the parent of, and what that says; none where it is another tool's.
pub fn of_parent(object: &LiveObject) -> Option<(ApplySet, Parent)> {
    let reference = object.reference();
    let set = ApplySet {
        name: reference.name.strip_prefix(PARENT)?.to_owned(),
        namespace: reference.namespace?,
    };
    let parent = Parent::read(&set, object).ok()?;
    Some((set, parent))
}

/// The ID of the ApplySet that an object says it is part of.
pub fn member_of(object: &LiveObject) -> Option<&str> {
    object.label(PART_OF)
}

/// What was applied, in digests: kept in [`APPLIED`], so that a later diff can tell what git said then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Of which fields there were, whatever their values.
    pub fields: String,
    /// Of the values too. None for a Secret, since a digest of a short value gives the value away.
    pub values: Option<String>,
}

impl Applied {
    /// The digests of what git says now.
    pub fn of(desired: &DesiredObject) -> Self {
        let values = (!object::is_secret(&desired.reference.kind)).then(|| digest(&desired.value));
        Self {
            fields: digest(&shape(&desired.value, false)),
            values,
        }
    }

    /// The digests that were noted on a live object at its last apply.
    pub fn noted(live: &LiveObject) -> Option<Self> {
        let mut parts = live.annotation(APPLIED)?.split('.');
        let fields = parts.next().filter(|fields| !fields.is_empty())?.to_owned();
        let values = parts.next().map(str::to_owned);
        Some(Self { fields, values })
    }
}

/// `FIELDS.VALUES`, or `FIELDS` alone.
impl fmt::Display for Applied {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.fields)?;
        match &self.values {
            Some(values) => write!(out, ".{values}"),
            None => Ok(()),
        }
    }
}

/// Half of a SHA-256: these are compared, and protect nothing.
fn digest(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(value.to_string())[..16])
}

/// The fields by which Kubernetes' own kinds tell the items of their lists apart.
const LIST_KEYS: [&str; 13] = [
    "name",
    "containerPort",
    "port",
    "protocol",
    "mountPath",
    "devicePath",
    "ip",
    "key",
    "type",
    "topologyKey",
    "whenUnsatisfiable",
    "uid",
    "resourceName",
];

/// An object with its values left out, but for those that tell the items of a list apart.
fn shape(value: &Value, in_item: bool) -> Value {
    match value {
        Value::Object(map) => {
            let fields = map.iter().map(|(key, value)| {
                let keeps = in_item && LIST_KEYS.contains(&key.as_str()) && !value.is_object() && !value.is_array();
                (key.clone(), if keeps { value.clone() } else { shape(value, false) })
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| match item {
                Value::Object(_) | Value::Array(_) => shape(item, true),
                scalar => scalar.clone(),
            });
            Value::Array(items.collect())
        }
        _ => Value::Null,
    }
}

/// What is sent to the server for `desired`: the manifest, its membership and our notes.
pub fn stamp(desired: &DesiredObject, set: Option<&ApplySet>, revision: Option<&str>) -> Value {
    let mut object = desired.value.clone();
    if let Some(namespace) = &desired.reference.namespace {
        object["metadata"]["namespace"] = namespace.clone().into();
    }
    if let Some(set) = set {
        note(&mut object, "labels", PART_OF, set.id());
    }
    if let Some(revision) = revision {
        note(&mut object, "annotations", REVISION, revision.to_owned());
    }
    note(&mut object, "annotations", APPLIED, Applied::of(desired).to_string());
    if let Some(inputs) = &desired.inputs {
        note(&mut object, "annotations", DIGESTS, inputs.to_string());
    }
    object
}

fn note(object: &mut Value, map: &str, key: &str, value: String) {
    let notes = &mut object["metadata"][map];
    if !notes.is_object() {
        *notes = json!({});
    }
    notes[key] = value.into();
}

/// What a parent object says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parent {
    /// The kinds its members have, at most.
    pub kinds: BTreeSet<GroupKind>,
    /// The namespaces its members are in, at most.
    pub namespaces: BTreeSet<String>,
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

/// What is remembered of a sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// When (RFC 3339).
    pub time: String,
    /// By whom: the user and the machine it ran on.
    pub by: String,
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<String>,
    /// The first line of its message.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    /// Whether files differed from that commit.
    #[serde(default)]
    pub dirty: bool,
    /// The directory that it was synced from; none outside of git.
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

impl Parent {
    /// Reads a live parent. `Err` says why the object cannot be the parent of `set`.
    pub fn read(set: &ApplySet, object: &LiveObject) -> Result<Self, String> {
        if object.label(ID) != Some(set.id().as_str()) {
            return Err(format!("it has no label {ID} with the ID of the ApplySet {}", set.name));
        }
        match object.annotation(TOOLING) {
            Some(tool) if tool.split('/').next() == Some("stackanetes") => {}
            tool => return Err(format!("another tool manages it: {}", tool.unwrap_or("none is named"))),
        }
        let list = |key: &str| {
            let text = object.annotation(key).unwrap_or_default();
            text.split(',')
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let text = |key: &str| object.value().pointer("/data")?.get(key)?.as_str();
        let record = |key: &str| serde_json::from_str(text(key)?).ok();
        Ok(Self {
            kinds: list(CONTAINS_GROUP_KINDS)
                .iter()
                .map(|kind| GroupKind::parse(kind))
                .collect(),
            namespaces: list(ADDITIONAL_NAMESPACES)
                .into_iter()
                .chain([set.namespace.clone()])
                .collect(),
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
        journal.push(Entry {
            record: attempted.clone(),
            ended: ended.map(|completed| completed.time.clone()),
            ending: if ended.is_some() {
                Ending::Complete
            } else {
                Ending::Unknown
            },
            counts: Counts::default(),
            back_from: None,
            partial: false,
        });
        journal
    }

    /// The parent object to apply.
    pub fn object(&self, set: &ApplySet) -> Value {
        let reference = set.parent();
        let kinds: Vec<String> = self.kinds.iter().map(ToString::to_string).collect();
        let additional: Vec<&str> = self
            .namespaces
            .iter()
            .map(String::as_str)
            .filter(|name| *name != set.namespace)
            .collect();
        let mut data = BTreeMap::new();
        for (key, record) in [(ATTEMPTED, &self.attempted), (COMPLETED, &self.completed)] {
            if let Some(text) = record.as_ref().and_then(|record| serde_json::to_string(record).ok()) {
                data.insert(key, text);
            }
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
    use crate::object::inputs::Inputs;

    fn set() -> ApplySet {
        ApplySet {
            name: "demo".into(),
            namespace: "prod".into(),
        }
    }

    #[test]
    fn a_parent_reads_back_what_it_was_written_from() {
        let record = Record {
            time: "2026-11-23T10:00:00Z".into(),
            by: "ci".into(),
            revision: Some("3f2c1ab".into()),
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
        let inputs = Inputs::from_iter([("image".to_owned(), Some("digest".to_owned()))]);
        let done = Done {
            reason: "migrates the schema".into(),
            revision: Some("3f2c1ab".into()),
            inputs: inputs.clone(),
            component: Some("nova".into()),
        };
        let parent = Parent {
            kinds: [GroupKind::new("apps", "Deployment"), GroupKind::new("", "Secret")].into(),
            namespaces: ["prod".to_owned(), "other".to_owned()].into(),
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
        assert_eq!(Parent::read(&set(), &object), Ok(parent));
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
        assert_eq!(endings(&parent), [Ending::Unknown]);
        parent.completed = Some(record("2026-11-23T10:05:00Z"));
        assert_eq!(endings(&parent), [Ending::Complete], "an earlier version wrote it");
        parent.journal = parent.syncs();
        assert_eq!(endings(&parent), [Ending::Complete]);
        parent.attempted = Some(record("2026-11-23T11:00:00Z"));
        assert_eq!(endings(&parent), [Ending::Unknown, Ending::Complete]);
    }

    #[test]
    fn a_parent_of_another_tool_is_refused() {
        let mut object = Parent::default().object(&set());
        object["metadata"]["annotations"][TOOLING] = "kubectl/v1.37".into();
        let refused = Parent::read(&set(), &LiveObject::new(object)).expect_err("another tool's");
        assert_eq!(refused, "another tool manages it: kubectl/v1.37");
    }

    #[test]
    fn the_shape_tells_fields_apart_and_not_their_values() {
        let object = |image: &str, replicas: i64, env: &str| json!({"spec": {"replicas": replicas, "containers": [{"name": "a", "image": image, "env": [{"name": env}]}]}});
        let fields = |object: Value| digest(&shape(&object, false));
        assert_eq!(fields(object("nginx:1", 3, "A")), fields(object("nginx:2", 5, "A")));
        assert_ne!(fields(object("nginx:1", 3, "A")), fields(object("nginx:1", 3, "B")));
        assert_ne!(
            fields(json!({"data": {"a": "1"}})),
            fields(json!({"data": {"a": "1", "b": "2"}}))
        );
        assert_ne!(fields(json!({"l": ["a"]})), fields(json!({"l": ["b"]})));
    }

    #[test]
    fn the_id_is_a_valid_label_value() {
        assert!(set().id().len() <= 63, "{}", set().id());
    }
}
