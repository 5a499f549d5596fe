//! What happens during a sync, an event a line.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::report::{not_pruned, why};
use super::document;
use crate::execute::{Event, Outcome};
use crate::object::shown::ShownPath;

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
            "type": "settled",
            "object": reference,
            "outcome": outcome.kind(),
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
        Event::NotPruned { objects, why } => {
            json!({"type": "notPruned", "objects": objects, "message": not_pruned(*why)})
        }
    }
}

pub(super) fn paths(paths: &[ShownPath]) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
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
