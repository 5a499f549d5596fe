//! What others changed, or deleted, since it was synced. It is about a plan back to what was synced last: of any other
//! plan it leaves out what git changed since.

use super::{Plan, Reason, Step};
use crate::object::ObjectRef;
use crate::object::field::FieldManager;
use crate::object::shown::ShownPath;
use crate::plan::compare::{Cause, FieldChange};

/// What others did to an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Drift<'a> {
    /// Somebody deleted the object.
    Deleted,
    /// Somebody changed a field of the object.
    Field {
        /// The path of the field.
        field: &'a ShownPath,
        /// Who wrote it last, if the server kept a trace.
        writer: Option<&'a FieldManager>,
    },
}

impl Plan {
    /// The objects that others changed or deleted, and how, in the order of the steps.
    pub fn drifted(&self) -> Vec<(&ObjectRef, Drift<'_>)> {
        let all = self.steps.iter().flat_map(|step| {
            let fields = step.changes.iter().filter_map(field);
            deleted(step)
                .into_iter()
                .chain(fields)
                .map(|drift| (&step.reference, drift))
        });
        all.collect()
    }
}

fn deleted(step: &Step) -> Option<Drift<'_>> {
    matches!(step.reason, Reason::Deleted(_)).then_some(Drift::Deleted)
}

fn field(change: &FieldChange) -> Option<Drift<'_>> {
    let writer = match &change.cause {
        Cause::Drift { writer } | Cause::Diverged { writer } => writer.as_ref(),
        Cause::InOurName { writer } | Cause::Conflict { owner: writer } => Some(writer),
        Cause::Git | Cause::Removed | Cause::LeftBehind { .. } | Cause::Takeover { .. } | Cause::Server => return None,
    };
    Some(Drift::Field {
        field: &change.shown,
        writer,
    })
}
