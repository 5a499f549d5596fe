//! Drift that was put back before.

use super::compare::{Cause, FieldChange};
use super::{Plan, Step};
use crate::applyset::put_back::PutBack;
use crate::object::ObjectRef;
use crate::object::shown::ShownPath;

/// A field that the same writer has changed again, after a sync put it back.
#[derive(Debug)]
pub struct RecurringDrift<'a> {
    /// The object that the field is of.
    pub object: &'a ObjectRef,
    /// The path of the field.
    pub field: &'a ShownPath,
    /// The manager that changes it.
    pub writer: &'a str,
    /// When the latest sync that put it back began (RFC 3339).
    pub since: &'a str,
}

impl Plan {
    /// The drift that it puts back, as far as it is known whose it is.
    pub fn put_back(&self) -> impl Iterator<Item = PutBack> {
        self.drift().filter_map(|(step, change)| drift(step, change))
    }

    /// The drift that was put back before, and came again from the same writer.
    pub fn recurring_drift(&self) -> impl Iterator<Item = RecurringDrift<'_>> {
        let parent = self.facts.parent.as_ref();
        self.drift().filter_map(move |(step, change)| {
            let last = parent?.journal.last_put_back(&drift(step, change)?)?;
            Some(RecurringDrift {
                object: &step.reference,
                field: &change.shown,
                writer: writer(change)?,
                since: &last.record.time,
            })
        })
    }

    fn drift(&self) -> impl Iterator<Item = (&Step, &FieldChange)> {
        let steps = self.steps.iter().filter(|step| step.action.writes());
        steps.flat_map(|step| step.changes.iter().map(move |change| (step, change)))
    }
}

fn drift(step: &Step, change: &FieldChange) -> Option<PutBack> {
    Some(PutBack::new(step.reference.clone(), &change.shown, writer(change)?))
}

/// The manager to whom a drifted field is put down.
fn writer(change: &FieldChange) -> Option<&str> {
    match &change.cause {
        Cause::Drift { writer } => writer.as_ref().map(|writer| writer.name.as_str()),
        Cause::Git
        | Cause::InOurName { .. }
        | Cause::Diverged { .. }
        | Cause::Conflict { .. }
        | Cause::Removed
        | Cause::LeftBehind { .. }
        | Cause::Takeover { .. }
        | Cause::Server => None,
    }
}
