//! What is other than git says, and stays so.

use crate::object::{DesiredObject, LiveObject};
use crate::plan::compare::{self, AddedField, FieldChange, Yielded};
use crate::plan::migrate::Migration;
use crate::source::rules::Ruled;

/// The fields of an object that a sync leaves as they are.
#[derive(Debug, Default)]
pub struct Tolerated {
    /// The fields that a rule leaves to others.
    pub yielded: Vec<Yielded>,
    /// The fields that people added by hand.
    pub added: Vec<AddedField>,
}

impl Tolerated {
    /// What is tolerated of an object that is there.
    pub(super) fn of(desired: &DesiredObject, live: &LiveObject, ruled: &Ruled) -> Self {
        Self {
            yielded: compare::yielded(desired, ruled),
            added: compare::added_fields(desired, live),
        }
    }

    /// Drops what becomes ours, and what changes.
    pub(super) fn settle(&mut self, migration: Option<&Migration>, changes: &[FieldChange]) {
        self.added.retain(|one| {
            let is_migrated = migration.is_some_and(|migration| migration.takes_from(&one.writer));
            !is_migrated && !changes.iter().any(|change| one.path.starts_with(&change.path))
        });
    }
}
