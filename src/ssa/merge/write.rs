//! What applies and updates have in common.

use std::collections::BTreeMap;

use serde_json::Value;

use super::compare::ValueComparison;
use super::live::{Live, empty};
use super::versions::Versions;
use super::{Conflict, MergeError, Merged, OnConflict, Writer, managers, reconcile, restore};
use crate::object::field::{BEFORE_FIRST_APPLY, FieldManager, FieldSet, ManagedFields, Operation, order};
use crate::ssa::canonical;
use crate::ssa::schema::{Kind, Schema};

/// What one write turns into what, and who does it.
pub(super) struct Changes<'a> {
    pub(super) old: &'a Value,
    pub(super) new: &'a Value,
    pub(super) by: &'a FieldManager,
}

/// What a write changes, and what it takes from other managers thereby.
pub(super) struct WriteResult {
    comparison: ValueComparison,
    pub(super) taken: Vec<Conflict>,
}

/// One write of one object.
pub(super) struct Merge<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) versions: Versions<'a>,
    pub(super) writer: &'a Writer,
}

impl<'a> Merge<'a> {
    /// The write of an object of this kind.
    pub(super) fn new(schema: &'a Schema, kind: Kind<'a>, writer: &'a Writer) -> Self {
        Self {
            kind,
            versions: Versions::new(schema, kind),
            writer,
        }
    }

    /// The object as it is stored, with its managed fields. Where nothing changed but times, they did
    /// not either.
    pub(super) fn written(&self, live: Live, object: Value, mut managers: ManagedFields) -> Merged {
        managers.sort();
        let is_stored_alike = || {
            if self.kind.is_built_in() {
                canonical::same(Some(self.kind.root()), Some(&live.object), Some(&object))
            } else {
                order::equal(&live.object, &object)
            }
        };
        if live.is_there && is_same_but_times(&live.managers, &managers) && is_stored_alike() {
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
            taken: Vec::new(),
        }
    }

    /// Fits every entry to the schema as it is now.
    pub(super) fn reconcile(&self, live: &Value, managers: &mut ManagedFields) -> Result<(), MergeError> {
        for (manager, _) in managers.entries() {
            self.versions.convert(live, &manager.api_version)?;
        }
        managers.change(|manager, fields| match self.versions.kind(&manager.api_version) {
            Some(kind) => reconcile::reconcile(kind.root(), &fields),
            None => fields,
        });
        Ok(())
    }

    /// The one owner of all there is, of an object that nobody is known to own.
    pub(super) fn before_first_apply(&self, live: &Live) -> Result<ManagedFields, MergeError> {
        let mut managers = ManagedFields::default();
        let entry = FieldManager {
            name: BEFORE_FIRST_APPLY.to_owned(),
            ..self.writer.entry(Operation::Update, self.kind)
        };
        self.update(&empty(self.kind), &live.object, &mut managers, entry)?;
        Ok(managers)
    }

    /// Gives the writer what it changed, in addition to what it had.
    pub(super) fn update(
        &self,
        old: &Value,
        new: &Value,
        managers: &mut ManagedFields,
        entry: FieldManager,
    ) -> Result<(), MergeError> {
        self.reconcile(old, managers)?;
        // Its own entry is treated like any other, under a name that nobody has.
        let by = FieldManager {
            name: String::new(),
            ..entry.clone()
        };
        let changes = Changes { old, new, by: &by };
        let settled = self.settle(&changes, managers, OnConflict::Force)?;
        let mut fields = settled
            .comparison
            .changed()
            .without_below(&self.kind.reset(&self.writer.subresource))
            .without(managers::unmanaged());
        if !fields.is_empty() {
            fields.extend(managers.fields(&entry).unwrap_or(&FieldSet::default()));
            managers.set(entry, fields);
        }
        Ok(())
    }

    /// Takes from all other managers what changed or is gone; or refuses to, where they own it.
    pub(super) fn settle(
        &self,
        changes: &Changes<'_>,
        managers: &mut ManagedFields,
        on_conflict: OnConflict,
    ) -> Result<WriteResult, MergeError> {
        let is_unchanged = order::equal(changes.old, changes.new);
        let compare = |kind: Kind<'_>, old: &Value, new: &Value| {
            if is_unchanged {
                return ValueComparison::default();
            }
            let comparison = ValueComparison::of(kind.root(), old, new);
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
                let old = self.versions.convert(changes.old, version)?;
                let new = self.versions.convert(changes.new, version)?;
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
            return Err(MergeError::Conflicts(conflicts));
        }
        *managers = settled;
        Ok(WriteResult {
            comparison: own,
            taken: conflicts,
        })
    }
}

/// Whether both say the same of who owns what.
fn is_same_but_times(left: &ManagedFields, right: &ManagedFields) -> bool {
    let mut pairs = left.entries().zip(right.entries());
    left.entries().count() == right.entries().count()
        && pairs.all(|((left, left_fields), (right, right_fields))| {
            left.is(right) && left.api_version == right.api_version && left_fields == right_fields
        })
}
