//! Server-side apply, as an API server does it, without one.
//!
//! Pure: no I/O, no clock. What defaulting and admission add is not part of it. The rules are those of
//! [KEP-555](https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/555-server-side-apply),
//! and where it is silent, of what a real API server was seen to do: a test holds the two together.
//!
//! ```
//! use serde_json::json;
//! use stackanetes::merge::{self, OnConflict, Writer};
//! use stackanetes::schema::Schema;
//!
//! let settings = |text: &str| json!({
//!     "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"log": text},
//! });
//! let schema = Schema::bundled();
//! let ours = Writer::new("ours", "2026-01-01T00:00:00Z");
//! let live = merge::apply(schema, None, &settings("info"), &ours, OnConflict::Refuse)?.object;
//!
//! let theirs = Writer::new("theirs", "2026-01-02T00:00:00Z");
//! let refused = merge::apply(schema, Some(&live), &settings("debug"), &theirs, OnConflict::Refuse);
//! assert_eq!(refused.unwrap_err().to_string(), "1 conflict: data.log is owned by ours");
//! # Ok::<(), merge::Refusal>(())
//! ```

mod combine;
mod compare;
mod form;
mod managers;
mod owned;
mod prune;
mod reconcile;
mod remove;
mod restore;
#[cfg(test)]
mod tests;
mod validate;
mod versions;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::field::{FieldManager, FieldPath, FieldSet, ManagedFields, Operation, order};
use crate::object::GroupVersionKind;
use crate::schema::{Kind, Schema};

use compare::Comparison;
use versions::Versions;

pub(crate) use form::element;
pub use validate::{Fault, Mistake, mistakes};

/// Who writes, through what, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The field manager's name.
    pub manager: String,
    /// The subresource that is written; empty for the object itself.
    pub subresource: String,
    /// The time of the write (RFC 3339), which becomes that of the writer's entry.
    pub time: String,
}

impl Writer {
    /// Someone who writes objects themselves.
    pub fn new(manager: impl Into<String>, time: impl Into<String>) -> Self {
        Self {
            manager: manager.into(),
            subresource: String::new(),
            time: time.into(),
        }
    }

    fn entry(&self, operation: Operation, kind: Kind<'_>) -> FieldManager {
        FieldManager {
            name: self.manager.clone(),
            operation,
            api_version: kind.gvk().api_version(),
            subresource: self.subresource.clone(),
            time: Some(self.time.clone()),
        }
    }
}

/// What an apply does when another manager owns a field with another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// Nothing at all: it is refused.
    Refuse,
    /// It takes the field.
    Force,
}

/// What a write makes of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The object, with its managed fields. What the API server resets is as it was; defaults are not
    /// in it, and `null` is as it was applied: [`crate::canonical::stored`] knows what becomes of it.
    pub object: Value,
    /// Who owns what of it.
    pub managed_fields: ManagedFields,
}

/// A field that an apply would take away from another manager.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// Who owns it.
    pub manager: FieldManager,
    /// Which field.
    pub path: FieldPath,
}

/// Why a write cannot be merged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The schema does not have the kind.
    #[error("no schema for {0}")]
    UnknownKind(GroupVersionKind),
    /// The schema does not allow what is applied.
    #[error("{}", mistakes_text(.0))]
    Invalid(Vec<Mistake>),
    /// The schema does not allow what is live: it is not the one by which that was written.
    #[error("the live object does not fit the schema: {}", mistakes_text(.0))]
    InvalidLive(Vec<Mistake>),
    /// Others own what is applied, with other values.
    #[error("{}", conflicts_text(.0))]
    Conflicts(Vec<Conflict>),
}

/// Applies `config` to the live object, or creates it where there is none.
///
/// The live object is in the version of the configuration, as an API server would read it.
pub fn apply(
    schema: &Schema,
    live: Option<&Value>,
    config: &Value,
    writer: &Writer,
    on_conflict: OnConflict,
) -> Result<Merged, Refusal> {
    let kind = kind_of(schema, config)?;
    let mistakes = mistakes(kind.root(), config);
    if !mistakes.is_empty() {
        return Err(Refusal::Invalid(mistakes));
    }
    let merge = Merge::new(schema, kind, writer);
    let live = Live::read(live, kind);
    let mistakes = validate::mistakes_in_stored(kind.root(), &live.object);
    if !mistakes.is_empty() {
        return Err(Refusal::InvalidLive(mistakes));
    }
    let mut managers = live.managers.clone();
    if managers.is_empty() {
        managers = merge.before_first_apply(&live);
    }
    merge.reconcile(&mut managers);

    let entry = writer.entry(Operation::Apply, kind);
    let last = managers.entries().find(|(manager, _)| manager.is(&entry));
    let last = last.map(|(manager, fields)| (manager.api_version.clone(), fields.clone()));
    let fields = owned::fields(kind.root(), config).without_below(&kind.reset(&writer.subresource));
    managers.set(entry.clone(), fields);

    let mut object = combine::combine(kind.root(), Some(&live.object), Some(config)).unwrap_or_default();
    if let Some((api_version, fields)) = &last {
        let last = prune::Last { api_version, fields };
        object = prune::prune(&merge.versions, object, &managers, &entry, &last);
    }
    let changes = Changes {
        old: &live.object,
        new: &object,
        by: &entry,
    };
    merge.settle(&changes, &mut managers, on_conflict)?;
    let fields = managers.fields(&entry).cloned().unwrap_or_default();
    let is_unchanged = order::equal(&live.object, &object);
    let mut entry = entry;
    if is_unchanged {
        // The API server notes no time for an apply that changes nothing.
        let mut entries = live.managers.entries();
        let before = entries.find(|(manager, _)| manager.is(&entry));
        entry.time = before.and_then(|(manager, _)| manager.time.clone());
    }
    managers.set(entry, fields.without(&managers::unmanaged()));
    Ok(merge.written(live, object, managers))
}

/// Writes the object as `new`, or creates it where there is none.
///
/// What `new` is must be known: it is the stored object with a patch applied to it, say. Its managed
/// fields, if it has any, are taken for those of the live object, as an API server does.
pub fn update(schema: &Schema, live: Option<&Value>, new: &Value, writer: &Writer) -> Result<Merged, Refusal> {
    let kind = kind_of(schema, new)?;
    let merge = Merge::new(schema, kind, writer);
    let is_created = live.is_none();
    let live = Live::read(live, kind);
    let (object, declared) = without_managed_fields(new);
    let mut managers = match declared {
        Declared::Reset => ManagedFields::default(),
        Declared::These(managers) if writer.subresource.is_empty() => managers,
        Declared::None | Declared::These(_) => live.managers.clone(),
    };
    // Who made an object that nobody is known to own cannot be known any more.
    let fits = |object: &Value| validate::mistakes_in_stored(kind.root(), object).is_empty();
    if !fits(&live.object) || !fits(&object) {
        // What cannot be made sense of is written all the same; the owners stay who they were.
        managers.clone_from(&live.managers);
    } else if is_created || !managers.is_empty() {
        let entry = writer.entry(Operation::Update, kind);
        merge.update(&live.object, &object, &mut managers, entry)?;
        managers::cap(&mut managers);
    }
    Ok(merge.written(live, object, managers))
}

/// An object that exists, or what an API server starts from when none does.
struct Live {
    object: Value,
    managers: ManagedFields,
    is_there: bool,
}

impl Live {
    fn read(live: Option<&Value>, kind: Kind<'_>) -> Self {
        let Some(live) = live else {
            return Self {
                object: empty(kind),
                managers: ManagedFields::default(),
                is_there: false,
            };
        };
        Self {
            object: without_managed_fields(live).0,
            managers: ManagedFields::read(live),
            is_there: true,
        }
    }
}

/// What one write turns into what, and who does it.
struct Changes<'a> {
    old: &'a Value,
    new: &'a Value,
    by: &'a FieldManager,
}

/// One write of one object.
struct Merge<'a> {
    kind: Kind<'a>,
    versions: Versions<'a>,
    writer: &'a Writer,
}

impl<'a> Merge<'a> {
    fn new(schema: &'a Schema, kind: Kind<'a>, writer: &'a Writer) -> Self {
        Self {
            kind,
            versions: Versions::new(schema, kind),
            writer,
        }
    }

    /// The object as it is stored, with its managed fields. Where nothing changed but times, they did
    /// not either.
    fn written(&self, live: Live, object: Value, mut managers: ManagedFields) -> Merged {
        managers.sort();
        let is_same = live.is_there && is_same_but_times(&live.managers, &managers);
        if is_same && order::equal(&live.object, &object) {
            managers = live.managers;
        }
        let mut object = restore::restore(self.kind, &self.writer.subresource, &live.object, object);
        if !managers.is_empty()
            && let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
        {
            metadata.insert("managedFields".to_owned(), managers.to_json());
        }
        Merged {
            object,
            managed_fields: managers,
        }
    }

    /// Fits every entry to the schema as it is now.
    fn reconcile(&self, managers: &mut ManagedFields) {
        managers.change(|manager, fields| match self.versions.kind(&manager.api_version) {
            Some(kind) => reconcile::reconcile(kind.root(), &fields),
            None => fields,
        });
    }

    /// The one owner of all there is, of an object that nobody is known to own.
    fn before_first_apply(&self, live: &Live) -> ManagedFields {
        let mut managers = ManagedFields::default();
        let entry = FieldManager {
            name: "before-first-apply".to_owned(),
            ..self.writer.entry(Operation::Update, self.kind)
        };
        // It cannot be refused: there is nobody to conflict with.
        let _ = self.update(&empty(self.kind), &live.object, &mut managers, entry);
        managers
    }

    /// Gives the writer what it changed, in addition to what it had.
    fn update(
        &self,
        old: &Value,
        new: &Value,
        managers: &mut ManagedFields,
        entry: FieldManager,
    ) -> Result<(), Refusal> {
        self.reconcile(managers);
        // Its own entry is treated like any other, under a name that nobody has.
        let by = FieldManager {
            name: String::new(),
            ..entry.clone()
        };
        let changes = Changes { old, new, by: &by };
        let comparison = self.settle(&changes, managers, OnConflict::Force)?;
        let mut fields = comparison
            .changed()
            .without_below(&self.kind.reset(&self.writer.subresource))
            .without(&managers::unmanaged());
        if !fields.is_empty() {
            fields.extend(managers.fields(&entry).unwrap_or(&FieldSet::default()));
            managers.set(entry, fields);
        }
        Ok(())
    }

    /// Takes from all other managers what changed or is gone; or refuses to, where they own it.
    fn settle(
        &self,
        changes: &Changes<'_>,
        managers: &mut ManagedFields,
        on_conflict: OnConflict,
    ) -> Result<Comparison, Refusal> {
        let compare = |kind: Kind<'_>, old: &Value, new: &Value| {
            let comparison = Comparison::of(kind.root(), old, new);
            // Through a custom object itself, it is reset only in the version that is written.
            let is_status = !self.writer.subresource.is_empty();
            if kind.is_built_in() || is_status || kind.gvk() == self.kind.gvk() {
                comparison.without(&kind.reset(&self.writer.subresource))
            } else {
                comparison
            }
        };
        let mut comparisons = BTreeMap::new();
        let own = compare(self.kind, changes.old, changes.new);
        comparisons.insert(self.kind.gvk().api_version(), Some(own.clone()));
        for (manager, _) in managers.entries() {
            if !comparisons.contains_key(&manager.api_version) {
                let version = manager.api_version.as_str();
                let old = self.versions.convert(changes.old, version);
                let new = self.versions.convert(changes.new, version);
                let comparison = old.zip(new).map(|((kind, old), (_, new))| compare(kind, &old, &new));
                comparisons.insert(manager.api_version.clone(), comparison);
            }
        }

        let mut conflicts = Vec::new();
        let mut settled = managers.clone();
        settled.change(|manager, fields| {
            if manager.is(changes.by) {
                return fields;
            }
            // Of a version that is gone, nothing can be said.
            let Some(Some(comparison)) = comparisons.get(&manager.api_version) else {
                return FieldSet::default();
            };
            let taken = fields.intersection(&comparison.changed());
            conflicts.extend(taken.paths().into_iter().map(|path| Conflict {
                manager: manager.clone(),
                path,
            }));
            fields.without(&taken).without(&comparison.removed)
        });
        if on_conflict == OnConflict::Refuse && !conflicts.is_empty() {
            return Err(Refusal::Conflicts(conflicts));
        }
        *managers = settled;
        Ok(own)
    }
}

fn kind_of<'a>(schema: &'a Schema, object: &Value) -> Result<Kind<'a>, Refusal> {
    schema.kind_of(object).ok_or_else(|| {
        let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
        Refusal::UnknownKind(GroupVersionKind::new(text("apiVersion"), text("kind")))
    })
}

/// What an API server starts from where there is no object.
fn empty(kind: Kind<'_>) -> Value {
    let mut object = kind.empty();
    object["apiVersion"] = kind.gvk().api_version().into();
    object["kind"] = kind.gvk().group_kind.kind.as_str().into();
    object
}

fn is_same_but_times(left: &ManagedFields, right: &ManagedFields) -> bool {
    let mut pairs = left.entries().zip(right.entries());
    left.entries().count() == right.entries().count()
        && pairs.all(|((left, left_fields), (right, right_fields))| {
            left.is(right) && left.api_version == right.api_version && left_fields == right_fields
        })
}

/// What an object says about who owns it.
enum Declared {
    None,
    /// An empty list, or one with an empty entry: nobody shall be known to own anything.
    Reset,
    These(ManagedFields),
}

fn without_managed_fields(object: &Value) -> (Value, Declared) {
    let mut object = object.clone();
    let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
    let removed = metadata.and_then(|metadata| metadata.remove("managedFields"));
    let declared = match removed.as_ref().and_then(Value::as_array).map(Vec::as_slice) {
        None => Declared::None,
        Some([]) => Declared::Reset,
        Some([Value::Object(entry)]) if entry.is_empty() => Declared::Reset,
        Some(entries) => {
            let entries = serde_json::json!({"metadata": {"managedFields": entries}});
            Declared::These(ManagedFields::read(&entries))
        }
    };
    (object, declared)
}

fn mistakes_text(mistakes: &[Mistake]) -> String {
    let lines: Vec<_> = mistakes.iter().map(Mistake::to_string).collect();
    lines.join("\n")
}

fn conflicts_text(conflicts: &[Conflict]) -> String {
    let plural = if conflicts.len() == 1 { "" } else { "s" };
    let mut text = format!("{} conflict{plural}: ", conflicts.len());
    for (index, Conflict { manager, path }) in conflicts.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        // A string can always be written to.
        let _ = write!(text, "{comma}{path} is owned by {}", manager.name);
    }
    text
}
