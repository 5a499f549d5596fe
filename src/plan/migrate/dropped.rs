//! What git dropped of an object whose owners were lost: managed fields were cleared, or it was restored from a backup.
//!
//! What git said when the object was last applied tells what was ours. Where the value is still that, and nobody who
//! keeps writing owns it, it becomes ours again, so that the apply removes it as it removes whatever git drops.

use crate::object::field::{FieldPath, ManagedFields};
use crate::object::{DesiredObject, LiveObject};
use crate::plan::compare;
use crate::ssa::merge::{self, Dropped};

use super::NewOwner;

/// What git says of one object at two times.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// When it was last applied.
    pub then: &'a DesiredObject,
    /// Now.
    pub now: &'a DesiredObject,
}

/// What git dropped and would stay all the same, since it is not ours, or not ours alone; nothing, most of the time.
pub(super) fn orphaned(
    said: Said<'_>,
    live: &LiveObject,
    managed: &ManagedFields,
    new_owner: NewOwner<'_>,
) -> Option<Dropped> {
    let Said { then, now } = said;
    if then.version != now.version || !compare::is_base(then, live) {
        return None;
    }
    let kind = new_owner.schema.kind_of(live.value())?;
    let found = merge::dropped(kind, &then.value, &now.value, live.value());
    let owned = managed.applied_by(new_owner.field_manager);
    let others = |path: &FieldPath, keeps_writing: bool| {
        let mut others = managed.others(new_owner.field_manager);
        others.any(|(writer, fields)| {
            writer.keeps_writing() == keeps_writing && (fields.touches(path) || fields.covers(path))
        })
    };
    let is_ours = |place: &FieldPath, found: &Dropped| {
        owned.is_some_and(|(_, owned)| found.fields_at(place).without(owned).is_empty())
    };
    let goes = |place: &FieldPath| is_ours(place, &found) && !others(place, false);
    let found = found.clone().without(|place| others(place, true) || goes(place));
    (!found.places.is_empty()).then_some(found)
}
