//! What git dropped of an object whose owners were lost: managed fields were cleared, or it was restored from a backup.
//!
//! What git said when the object was last applied tells what was ours. Where the value is still that, and nobody
//! else owns it, it becomes ours again, so that the apply removes it as it removes whatever git drops.

use crate::object::field::{FieldManager, FieldPath, FieldSet, ManagedFields};
use crate::object::{DesiredObject, LiveObject};
use crate::plan::compare;
use crate::ssa::merge::{self, Dropped};

use super::NewOwner;

/// What git says of one object at two times.
#[derive(Debug, Clone, Copy)]
pub struct DesiredVersions<'a> {
    /// The object as it was last applied.
    pub then: &'a DesiredObject,
    /// The object as git has it now.
    pub now: &'a DesiredObject,
}

/// What git dropped and would stay all the same, since it is not ours, or not ours alone; nothing, most of the time.
pub(super) fn ownerless(
    said: DesiredVersions<'_>,
    live: &LiveObject,
    managed: &ManagedFields,
    new_owner: NewOwner<'_>,
) -> Option<Dropped> {
    let DesiredVersions { then, now } = said;
    if then.version != now.version || !compare::is_base(then, live) {
        return None;
    }
    let kind = new_owner.schema.kind_of(live.value())?;
    let found = merge::dropped(kind, &then.value, &now.value, live.value());
    if found.places.is_empty() {
        return None;
    }
    let owned = managed.applied_by(new_owner.field_manager);
    let said = merge::applied_fields(kind, &then.value);
    // Who owns all that git said wrote it in one go, as a restore does. What a person owns of it is that person's.
    let stands_for_lost = |writer: &FieldManager, fields: &FieldSet| {
        !writer.keeps_writing() && (writer.is_nobody() || said.without(fields).is_empty())
    };
    let others = |path: &FieldPath, is_lost: bool| {
        let mut others = managed.others(new_owner.field_manager);
        others.any(|(writer, fields)| {
            stands_for_lost(writer, fields) == is_lost && (fields.touches(path) || fields.covers(path))
        })
    };
    let is_ours = |place: &FieldPath, found: &Dropped| {
        owned.is_some_and(|(_, owned)| found.fields_at(place).without(owned).is_empty())
    };
    let goes = |place: &FieldPath| is_ours(place, &found) && !others(place, true);
    let found = found.clone().without(|place| others(place, false) || goes(place));
    (!found.places.is_empty()).then_some(found)
}
