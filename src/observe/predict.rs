//! What an apply would do where the server cannot be asked: our own merge says it.

use serde_json::Value;

use super::{Question, defaulted};
use crate::error::{Error, Result};
use crate::field::FieldPath;
use crate::inventory::Applied;
use crate::merge::{OnConflict, Refusal, Writer};
use crate::object::{self, DesiredObject, LiveObject};
use crate::plan::{Answered, Observation, Unverified};
use crate::predict::{self, Request};
use crate::schema::Schema;

/// What is said of an observation until it is predicted.
pub(super) fn not_yet(why: Unverified) -> Answered {
    Answered::Unverified {
        why,
        predicted: Err("it was not predicted".to_owned()),
    }
}

/// Whether our own merge is to be asked about it.
pub(super) fn is_unverified(observation: &Observation) -> bool {
    matches!(observation.answer, Answered::Unverified { .. })
}

/// Predicts what could not be asked about. What the schema does not allow is an error, as it is where the
/// server says so.
pub(super) fn predict(observation: &mut Observation, schema: &Schema, question: &Question) -> Result<()> {
    let Answered::Unverified { why, predicted } = &mut observation.answer else {
        return Ok(());
    };
    let sent = &observation.sent;
    if *why == Unverified::KindMissing {
        observation.live = observation.live.take().map(|live| in_version_of(sent, live));
    }
    // What is going is not what is applied to.
    let live = observation.live.as_ref().filter(|_| *why != Unverified::BeingDeleted);
    let taken = match (live, &*why) {
        (Some(live), Unverified::Defaulted(fields)) => {
            Some(defaulted::taken(live, &question.policy.field_manager, fields))
        }
        _ => None,
    };
    let live = taken.as_ref().or(live);
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let request = Request {
        live: live.map(LiveObject::value),
        sent,
        writer: &Writer::new(question.policy.field_manager.as_str(), time),
        on_conflict: OnConflict::Force,
        is_as_applied: live.is_some_and(|live| is_as_applied(&observation.desired, live)),
    };
    *predicted = match predict::predict(schema, &request) {
        Ok(predicted) => Ok(LiveObject::new(predicted.object)),
        Err(refusal @ Refusal::Invalid(_)) => return Err(invalid(&observation.desired, &refusal)),
        Err(refusal) => Err(refusal.to_string()),
    };
    Ok(())
}

/// Whether git says, to the last value, what it said at the last apply. Of a Secret that is not known.
fn is_as_applied(desired: &DesiredObject, live: &LiveObject) -> bool {
    Applied::noted(live).is_some_and(|noted| noted.values.is_some() && noted == Applied::of(desired))
}

/// The object in the version in which it is to be written, which the server does not serve yet.
fn in_version_of(sent: &Value, live: LiveObject) -> LiveObject {
    let mut live = live.into_value();
    live["apiVersion"] = sent["apiVersion"].clone();
    LiveObject::new(live)
}

/// The words for what the schema does not allow, each at its field. They quote no values but those that
/// tell the items of a list apart.
fn invalid(desired: &DesiredObject, refusal: &Refusal) -> Error {
    let reference = &desired.reference;
    let error = Error::new(format!("{reference} is not valid"));
    let Refusal::Invalid(mistakes) = refusal else {
        return error;
    };
    let is_secret = object::is_secret(&reference.kind) || desired.origins.is_secret(&FieldPath::root());
    let mut placed = false;
    let mut error = error;
    for mistake in mistakes {
        if let Some(place) = desired.place(&mistake.path) {
            error = error.at(place, mistake.to_string());
            placed = true;
        }
    }
    match desired.place(&FieldPath::root()) {
        Some(place) if !placed => error.at(place, if is_secret { String::new() } else { refusal.to_string() }),
        _ => error,
    }
}
