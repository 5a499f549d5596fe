//! What happens during a sync, an event a line.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::report::{why, word};
use super::document;
use crate::execute::{Event, Outcome};
use crate::object::field::FieldPath;

/// The document of one event that happens now.
pub fn event(event: &Event, now: Timestamp) -> Value {
    let mut fields = self::fields(event);
    fields["time"] = format!("{now:.3}").into();
    document("Event", fields)
}

fn fields(event: &Event) -> Value {
    match event {
        Event::Queued { holder } => json!({
            "type": "queued",
            "holder": holder.identity,
            "revision": holder.revision,
        }),
        Event::Started { reference, action } => json!({"type": "started", "object": reference, "action": action}),
        Event::Applied { reference, action } => json!({"type": "applied", "object": reference, "action": action}),
        Event::Waiting { reference, health } => json!({
            "type": "waiting",
            "object": reference,
            "status": health.status.to_string(),
            "message": health.message,
        }),
        Event::Settled { reference, outcome } => json!({
            "type": kind(outcome),
            "object": reference,
            "outcome": code(outcome),
            "message": message(outcome),
            "error": error(outcome),
        }),
        Event::Mismatch { reference, paths } => json!({
            "type": "mismatch",
            "object": reference,
            "fields": self::paths(paths),
        }),
        Event::Warning { reference, message } => json!({
            "type": "warning",
            "object": reference,
            "message": message,
        }),
        Event::NotPruned { objects, why } => json!({"type": "notPruned", "objects": objects, "message": why}),
    }
}

pub(super) fn paths(paths: &[FieldPath]) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
}

/// The type of the event that ends an object.
fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Deleted => "pruned",
        done if done.is_done() => "ready",
        Outcome::Conflict | Outcome::Refused(_) | Outcome::Skipped => "left",
        Outcome::Blocked { .. } | Outcome::Stopped => "notStarted",
        _ => "failed",
    }
}

/// The name of an outcome.
pub(super) fn code(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Unchanged => "unchanged",
        Outcome::Created => "created",
        Outcome::Updated => "updated",
        Outcome::Replaced => "replaced",
        Outcome::Deleted => "deleted",
        Outcome::NotReady(_) => "notReady",
        Outcome::NotGone(_) => "notGone",
        Outcome::Moved => "moved",
        Outcome::Blocked { .. } | Outcome::Stopped => "notStarted",
        named => word(named),
    }
}

pub(super) fn message(outcome: &Outcome) -> Option<String> {
    Some(why(outcome)).filter(|why| !why.is_empty())
}

/// The server's refusal, whole.
pub(super) fn error(outcome: &Outcome) -> Option<Value> {
    match outcome {
        Outcome::Failed(error) => Some(super::error(error)),
        Outcome::Refused(error) => error.as_ref().map(|error| super::error(error)),
        _ => None,
    }
}
