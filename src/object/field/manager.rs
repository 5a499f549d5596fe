//! Who manages the fields of an object, and since when.

use serde_json::{Value, json};

use super::FieldSet;
use crate::object::LiveObject;

/// The manager that an API server makes up at the first apply to an object that has no managed fields, and that owns all
/// that is there (`skipNonAppliedManager` of k8s.io/apimachinery).
pub const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// How a manager writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// The manager writes by server-side apply: it declares what it wants.
    Apply,
    /// The manager writes by create, update or patch.
    Update,
}

impl Operation {
    /// What an entry of managed fields calls it.
    pub(crate) fn of(word: &str) -> Self {
        match word {
            "Apply" => Self::Apply,
            _ => Self::Update,
        }
    }
}

/// One writer of an object. The API server tells writers apart by name, operation and subresource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldManager {
    /// The name: `stackanetes`, `kubectl-edit`, `kube-controller-manager`.
    pub name: String,
    /// How it writes: by apply or by update.
    pub operation: Operation,
    /// The version of the API it writes in: `apps/v1`. The paths of its fields are of this version.
    pub api_version: String,
    /// The subresource it writes through, such as `scale`; empty for the object itself.
    pub subresource: String,
    /// When it last wrote (RFC 3339). The time is the entry's, not a field's.
    pub time: Option<String>,
}

impl FieldManager {
    /// Whether the API server takes both for one writer, whenever they wrote: appliers by name and
    /// subresource, all others by the version of the API they wrote in, too.
    pub fn is(&self, other: &FieldManager) -> bool {
        self.name == other.name
            && self.operation == other.operation
            && self.subresource == other.subresource
            && (self.operation == Operation::Apply || self.api_version == other.api_version)
    }

    /// Whether this is what `name` applies to the object itself.
    pub fn is_apply_of(&self, name: &str) -> bool {
        self.name == name && self.operation == Operation::Apply && self.subresource.is_empty()
    }

    /// Whether a person, or a script in a person's place, writes under this name: the commands of
    /// kubectl, consoles and browsers, which name themselves so, what restores a backup, which is done once, and what
    /// wrote before there were names.
    pub fn is_imperative(&self) -> bool {
        const PEOPLE: [&str; 10] = [
            "kubectl",
            "oc",
            "k9s",
            "curl",
            "Mozilla",
            "node-fetch",
            "dashboard",
            "headlamp-server",
            "velero-server",
            BEFORE_FIRST_APPLY,
        ];
        let is =
            |name: &&str| self.name == *name || self.name.strip_prefix(*name).is_some_and(|rest| rest.starts_with('-'));
        self.operation == Operation::Update && PEOPLE.iter().any(is)
    }

    /// Whether this is what the API server calls whoever wrote an object of which it had recorded no owner.
    pub fn is_nobody(&self) -> bool {
        self.name == BEFORE_FIRST_APPLY && self.operation == Operation::Update
    }

    /// Whether this manager will write again what it wrote, so that putting the field back would
    /// only start a fight: whoever declares it by apply, and whoever is no person, as controllers,
    /// injectors and operators.
    pub fn keeps_writing(&self) -> bool {
        self.operation == Operation::Apply || !self.is_imperative()
    }
}

/// `metadata.managedFields` of an object: each writer and the fields it owns.
/// ```
/// use serde_json::json;
/// use stackanetes::object::field::{FieldPath, ManagedFields};
///
/// let object = json!({"metadata": {"managedFields": [
///     {"manager": "stackanetes", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:mode": {}}}},
///     {"manager": "kubectl-edit", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:size": {}}}},
/// ]}});
/// let managed = ManagedFields::read(&object);
/// let size = FieldPath::of(&["data", "size"]);
/// let (editor, _) = managed.others("stackanetes").find(|(_, fields)| fields.contains(&size)).unwrap();
/// assert!(editor.is_imperative() && !editor.keeps_writing()); // a person, so this is drift and no conflict
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ManagedFields(Vec<(FieldManager, FieldSet)>);

impl ManagedFields {
    /// Reads them from an object.
    pub fn of(object: &LiveObject) -> Self {
        Self::read(object.value())
    }

    /// Reads them from the JSON of an object.
    pub fn read(object: &Value) -> Self {
        Self(entries(object).iter().map(entry).collect())
    }

    /// The writers of an object, without what they own: cheaper than to read all of it.
    pub fn writers(object: &Value) -> impl Iterator<Item = (FieldManager, &Value)> {
        entries(object).iter().map(|entry| (manager(entry), &entry["fieldsV1"]))
    }

    /// Writes `metadata.managedFields`.
    pub fn to_json(&self) -> Value {
        Value::Array(self.0.iter().map(written).collect())
    }

    /// Whether nobody owns anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields of one writer.
    pub fn fields(&self, writer: &FieldManager) -> Option<&FieldSet> {
        let mut entries = self.entries();
        entries
            .find(|(manager, _)| manager.is(writer))
            .map(|(_, fields)| fields)
    }

    /// Gives a writer exactly these fields; one without fields has no entry.
    pub fn set(&mut self, writer: FieldManager, fields: FieldSet) {
        self.0.retain(|(manager, _)| !manager.is(&writer));
        if !fields.is_empty() {
            self.0.push((writer, fields));
        }
    }

    /// Passes every entry through `change`, and drops those of which it leaves nothing.
    pub(crate) fn change(&mut self, mut change: impl FnMut(&FieldManager, FieldSet) -> FieldSet) {
        let entries = std::mem::take(&mut self.0).into_iter();
        let changed = entries.map(|(manager, fields)| {
            let fields = change(&manager, fields);
            (manager, fields)
        });
        self.0 = changed.filter(|(_, fields)| !fields.is_empty()).collect();
    }

    /// Sorts the entries as the API server does: appliers first, then by time, name, version and
    /// subresource.
    pub fn sort(&mut self) {
        self.0.sort_by(|(left, _), (right, _)| left.rank().cmp(&right.rank()));
    }

    /// Each writer and its fields.
    pub fn entries(&self) -> impl Iterator<Item = (&FieldManager, &FieldSet)> {
        self.0.iter().map(|(manager, fields)| (manager, fields))
    }

    /// What `name` has applied to the object itself.
    pub fn applied_by(&self, name: &str) -> Option<(&FieldManager, &FieldSet)> {
        self.entries().find(|(manager, _)| manager.is_apply_of(name))
    }

    /// The writers other than `name`'s own apply, and their fields.
    pub fn others<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a FieldManager, &'a FieldSet)> {
        self.entries().filter(move |(manager, _)| !manager.is_apply_of(name))
    }

    /// The entry of the same writer, whatever its time.
    pub fn same_writer(&self, writer: &FieldManager) -> Option<&FieldSet> {
        self.entries()
            .find(|(manager, _)| {
                manager.name == writer.name
                    && manager.operation == writer.operation
                    && manager.subresource == writer.subresource
            })
            .map(|(_, fields)| fields)
    }

    /// Every field that anybody owns.
    pub fn all(&self) -> FieldSet {
        let mut all = FieldSet::default();
        for (_, fields) in self.entries() {
            all.extend(fields);
        }
        all
    }
}

impl FieldManager {
    /// What entries are sorted by. Times of one form sort as text.
    fn rank(&self) -> (Operation, &str, &str, &str, &str) {
        let time = self.time.as_deref().unwrap_or_default();
        (self.operation, time, &self.name, &self.api_version, &self.subresource)
    }
}

fn written((manager, fields): &(FieldManager, FieldSet)) -> Value {
    let mut entry = json!({
        "manager": manager.name,
        "operation": match manager.operation {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        },
        "apiVersion": manager.api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields.to_fields_v1(),
    });
    if let Some(time) = &manager.time {
        entry["time"] = time.as_str().into();
    }
    if !manager.subresource.is_empty() {
        entry["subresource"] = manager.subresource.as_str().into();
    }
    entry
}

/// `metadata.managedFields` as it stands there.
fn entries(object: &Value) -> &[Value] {
    let managed = object
        .get("metadata")
        .and_then(|metadata| metadata.get("managedFields"));
    managed.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn entry(entry: &Value) -> (FieldManager, FieldSet) {
    let fields = entry.get("fieldsV1").map(FieldSet::from_fields_v1).unwrap_or_default();
    (manager(entry), fields)
}

fn manager(entry: &Value) -> FieldManager {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    FieldManager {
        name: text("manager").to_owned(),
        operation: Operation::of(text("operation")),
        api_version: text("apiVersion").to_owned(),
        subresource: text("subresource").to_owned(),
        time: entry.get("time").and_then(Value::as_str).map(str::to_owned),
    }
}
