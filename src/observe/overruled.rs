//! What the server stores instead of what git says, because admission sets it.

use super::Query;
use super::payload::Payload;
use crate::object::field::FieldPath;
use crate::object::shown::ShownPath;
use crate::object::{DesiredObject, LiveObject};
use crate::plan::{Warning, compare};
use crate::ssa::merge::{OnConflict, Writer};
use crate::ssa::predict::{self, Request};
use crate::ssa::schema::Schema;

/// That the answer to a dry-run has other values than those that were sent, where our own merge says that an API server
/// without admission stores these. Nothing where the kind has no schema, so that nobody knows what its values are
/// spelled as, and none for what admission only adds or takes away.
///
/// Such a value is ours all the same ([KEP-555] leaves it to who applied), so it is no difference: without this a change
/// in git would have no effect, and nobody would be told.
///
/// [KEP-555]: https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/555-server-side-apply
pub(super) fn overruled(
    (desired, payload): (&DesiredObject, &Payload),
    live: Option<&LiveObject>,
    answer: &LiveObject,
    (query, schema): (&Query, &Schema),
) -> Option<Warning> {
    let field_manager = query.policy.field_manager.as_str();
    let request = Request {
        live: live.map(LiveObject::value),
        sent: &payload.sent,
        writer: &Writer::new(field_manager, ""),
        on_conflict: OnConflict::Force,
        is_as_applied: false,
    };
    schema.kind_of(&payload.sent)?;
    let stored = LiveObject::new(predict::predict(schema, &request).ok()?.object);
    let is_replaced = |path: &FieldPath| {
        let sides = [&payload.sent, stored.value(), answer.value()];
        sides.iter().all(|side| path.find(side).is_some())
    };
    let mut paths = compare::mismatches(&stored, answer, &[], field_manager);
    paths.retain(is_replaced);
    let place = paths.iter().find_map(|path| desired.place(path));
    let paths: Vec<ShownPath> = paths.iter().map(|path| ShownPath::of(path, [desired])).collect();
    (!paths.is_empty()).then_some(Warning::Overruled { paths, place })
}
