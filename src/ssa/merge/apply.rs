//! The apply itself: what becomes of the object and of who owns what.

use serde_json::Value;

use super::live::Live;
use super::write::{Changes, Merge};
use super::{Conflict, MergeError, OnConflict, combine, managers, mistakes, owned, prune, validate};
use crate::object::field::{FieldManager, FieldSet, ManagedFields, Operation, order};

/// What an apply makes of an object, before it is stored.
pub(super) struct AppliedObject {
    /// The object, without its managed fields.
    pub(super) object: Value,
    /// The managed fields after the apply.
    pub(super) managers: ManagedFields,
    /// What was taken from other managers.
    pub(super) taken: Vec<Conflict>,
    /// Whether the object is letter by letter what it was.
    pub(super) is_unchanged: bool,
}

impl Merge<'_> {
    /// Applies `config` to the live object.
    pub(super) fn apply(
        &self,
        live: &Live,
        config: &Value,
        on_conflict: OnConflict,
    ) -> Result<AppliedObject, MergeError> {
        let root = self.kind.root();
        let mistakes = mistakes(root, config);
        if !mistakes.is_empty() {
            return Err(MergeError::Invalid(mistakes));
        }
        let mistakes = validate::mistakes_in_stored(root, &live.object);
        if !mistakes.is_empty() {
            return Err(MergeError::InvalidLive(mistakes));
        }
        let mut managers = live.managers.clone();
        if managers.is_empty() {
            managers = self.before_first_apply(live)?;
        }
        self.reconcile(&live.object, &mut managers)?;

        let entry = self.writer.entry(Operation::Apply, self.kind);
        let fields = owned::fields(root, config).without_below(&self.kind.reset(&self.writer.subresource));
        let last = last(&managers, &entry, &fields.without(managers::unmanaged()));
        managers.set(entry.clone(), fields);
        let mut object = combine::combine(root, Some(&live.object), Some(config)).unwrap_or_default();
        if let Some((api_version, fields)) = &last {
            let last = prune::Last { api_version, fields };
            object = prune::prune(&self.versions, object, &managers, &entry, &last)?;
        }
        let changes = Changes {
            old: &live.object,
            new: &object,
            by: &entry,
        };
        let taken = self.settle(&changes, &mut managers, on_conflict)?.taken;
        let is_unchanged = order::equal(&live.object, &object);
        let fields = managers.fields(&entry).cloned().unwrap_or_default();
        let mut entry = entry;
        if is_unchanged {
            // The API server notes no time for an apply that changes nothing.
            let mut entries = live.managers.entries();
            let before = entries.find(|(manager, _)| manager.is(&entry));
            entry.time = before.and_then(|(manager, _)| manager.time.clone());
        }
        managers.set(entry, fields.without(managers::unmanaged()));
        Ok(AppliedObject {
            object,
            managers,
            taken,
            is_unchanged,
        })
    }
}

/// The version and the fields of the last apply of `entry`; nothing where these are the `fields` of this apply, which
/// then leaves out nothing that was applied before.
fn last(managers: &ManagedFields, entry: &FieldManager, fields: &FieldSet) -> Option<(String, FieldSet)> {
    let (manager, last) = managers.entries().find(|(manager, _)| manager.is(entry))?;
    let is_same = manager.api_version == entry.api_version && last == fields;
    (!is_same).then(|| (manager.api_version.clone(), last.clone()))
}
