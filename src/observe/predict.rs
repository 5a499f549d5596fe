//! What an apply would do where the server cannot be asked: our own merge says it.

use std::sync::Arc;

use serde_json::Value;

use super::Query;
use crate::applyset::inventory::AppliedDigests;
use crate::diagnostic::error::{Error, Result};
use crate::object::field::FieldPath;
use crate::object::shown::ShownPath;
use crate::object::{self, DesiredObject, LiveObject};
use crate::plan::{Answered, Observation, RefusedBy, Unpredicted, Unverified};
use crate::ssa::canonical;
use crate::ssa::merge::{MergeError, OnConflict, Writer};
use crate::ssa::predict::{self, Request};
use crate::ssa::schema::Schema;

/// What is said of an observation until it is predicted.
pub(super) fn not_yet(reason: Unverified) -> Answered {
    Answered::Unverified {
        reason,
        predicted: Err(Unpredicted::NotAsked),
    }
}

/// Whether our own merge is to be asked about it.
pub(super) fn is_unverified(observation: &Observation) -> bool {
    matches!(observation.answer, Answered::Unverified { .. })
}

/// Predicts what could not be asked about. What the schema does not allow is refused, as it is where the server says so.
pub(super) fn predict_or_refuse(observation: &mut Observation, schema: &Schema, query: &Query) {
    if let Err(error) = predict(observation, schema, query) {
        observation.answer = Answered::Refused {
            error: Arc::new(error),
            by: RefusedBy::Validation,
        };
    }
}

/// Predicts what could not be asked about. What the schema does not allow is an error, as it is where the
/// server says so.
pub(super) fn predict(observation: &mut Observation, schema: &Schema, query: &Query) -> Result<()> {
    let Answered::Unverified { reason, predicted } = &mut observation.answer else {
        return Ok(());
    };
    let sent = &observation.sent;
    let mut read_anew = None;
    if let (Unverified::KindMissing(_), Some(kind)) = (&*reason, schema.kind_of(sent)) {
        if observation.live.is_some() && kind.is_converted_by_webhook() {
            *predicted = Err(Unpredicted::Refused(MergeError::Converted(kind.gvk().clone())));
            return Ok(());
        }
        observation.live = observation.live.take().map(|live| in_version_of(sent, live));
    }
    if let (Unverified::KindMissing(_) | Unverified::DefinitionChanges, Some(kind)) = (&*reason, schema.kind_of(sent)) {
        // What the new definition does not have is seen to go, though the server reads the object without it.
        read_anew = observation.live.as_ref().filter(|_| !kind.is_built_in()).map(|live| {
            let mut value = live.value().clone();
            canonical::prune(kind.root(), &mut value);
            LiveObject::new(value)
        });
    }
    // What is going is not what is applied to.
    let live = read_anew.as_ref().or(observation.live.as_ref());
    let live = live.filter(|_| *reason != Unverified::BeingDeleted);
    // What becomes ours first is ours already.
    let migrated = live
        .zip(observation.migration.as_ref())
        .map(|(live, migration)| migration.migrated(live));
    let live = migrated.as_ref().or(live);
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let request = Request {
        live: live.map(LiveObject::value),
        sent,
        writer: &Writer::new(query.policy.field_manager.as_str(), time),
        on_conflict: OnConflict::Force,
        is_as_applied: live.is_some_and(|live| is_as_applied(&observation.desired, live)),
    };
    *predicted = match predict::predict(schema, &request) {
        Ok(predicted) => Ok(LiveObject::new(predicted.object)),
        Err(refusal @ MergeError::Invalid(_)) => return Err(invalid(&observation.desired, &refusal)),
        Err(refusal) => Err(Unpredicted::Refused(refusal)),
    };
    Ok(())
}

/// Whether git says, to the last value, what it said at the last apply. Of a Secret that is not known.
fn is_as_applied(desired: &DesiredObject, live: &LiveObject) -> bool {
    AppliedDigests::noted(live).is_some_and(|noted| noted.values.is_some() && noted == AppliedDigests::of(desired))
}

/// The object in the version in which it is to be written, which the server does not serve yet.
fn in_version_of(sent: &Value, live: LiveObject) -> LiveObject {
    let mut live = live.into_value();
    live["apiVersion"] = sent["apiVersion"].clone();
    LiveObject::new(live)
}

/// The words for what the schema does not allow, each at its field. They quote no values but those that
/// tell the items of a list apart.
fn invalid(desired: &DesiredObject, refusal: &MergeError) -> Error {
    let reference = &desired.reference;
    let error = Error::new(format!("{reference} is not valid"));
    let MergeError::Invalid(mistakes) = refusal else {
        return error;
    };
    let is_secret = object::is_secret(&reference.kind) || desired.origins.is_secret(&FieldPath::root());
    let mut placed = false;
    let mut error = error;
    for mistake in mistakes {
        if let Some(place) = desired.place(&mistake.path) {
            let shown = ShownPath::of(&mistake.path, [desired]);
            error = error.at(place, format!("{shown}: {}", mistake.fault));
            placed = true;
        }
    }
    match desired.place(&FieldPath::root()) {
        Some(place) if !placed => error.at(place, if is_secret { String::new() } else { refusal.to_string() }),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::jobs::JobRun;
    use crate::object::selection::Selection;
    use crate::plan::Policy;
    use crate::testing::{desired, desired_with_secret, resource};

    fn query() -> Query {
        Query {
            set: None,
            namespace: "n".into(),
            revision: None,
            selection: Selection::default(),
            rollouts: false,
            verify: false,
            policy: Policy::default(),
            rules: Vec::new(),
            migrate: Vec::new(),
            closed: None,
            secret_defaults: Vec::new(),
            findings: Vec::new(),
            prerequisites: false,
            concurrency: 1,
        }
    }

    fn observation(desired: DesiredObject, live: Option<Value>, reason: Unverified) -> Observation {
        Observation {
            resource: resource(&desired.gvk().api_version(), &desired.reference.kind.kind, true),
            sent: desired.value.clone(),
            ruled: crate::source::rules::Ruled::default(),
            migration: None,
            live: live.map(LiveObject::new),
            answer: not_yet(reason),
            run: JobRun::Plain,
            desired,
        }
    }

    fn predicted(observation: &Observation) -> Result<&Value, &Unpredicted> {
        match &observation.answer {
            Answered::Unverified { predicted, .. } => predicted.as_ref().map(LiveObject::value),
            other => panic!("{other:?}"),
        }
    }

    const WIDGET: &str =
        "apiVersion: example.com/v2\nkind: Widget\nmetadata: {name: w, namespace: ns}\nspec: {size: 2}\n";

    /// A definition of Widgets in two versions.
    fn schema(strategy: &str) -> Schema {
        let version = |name: &str| {
            json!({"name": name, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
            }}})
        };
        let mut schema = Schema::bundled().clone();
        schema.add_custom(&json!({"spec": {
            "group": "example.com", "names": {"kind": "Widget"}, "conversion": {"strategy": strategy},
            "versions": [version("v1"), version("v2")],
        }}));
        schema
    }

    #[test]
    fn an_object_of_an_older_version_is_compared_in_the_new_one_unless_a_webhook_converts_it() {
        let live = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "ns"},
            "spec": {"size": 1}});
        let mut observed = observation(desired(WIDGET), Some(live), Unverified::KindMissing(Vec::new()));
        predict(&mut observed, &schema("None"), &query()).expect("it is valid");
        assert_eq!(predicted(&observed).expect("it is predicted")["spec"]["size"], 2);
        assert_eq!(
            observed.live.as_ref().expect("it is there").value()["apiVersion"],
            "example.com/v2"
        );

        let mut observed = observation(
            desired(WIDGET),
            observed.live.map(LiveObject::into_value),
            Unverified::KindMissing(Vec::new()),
        );
        predict(&mut observed, &schema("Webhook"), &query()).expect("it is valid");
        let kind = observed.desired.gvk().clone();
        assert_eq!(
            predicted(&observed),
            Err(&Unpredicted::Refused(MergeError::Converted(kind)))
        );
    }

    #[test]
    fn what_is_going_is_not_what_is_applied_to() {
        let live = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "ns"}, "data": {"old": "1"}});
        let git = desired("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ns}\ndata: {new: '1'}\n");
        for (reason, has_old) in [(Unverified::BeingDeleted, false), (Unverified::NotAllowed, true)] {
            let mut observed = observation(git.clone(), Some(live.clone()), reason);
            predict(&mut observed, Schema::bundled(), &query()).expect("it is valid");
            let data = &predicted(&observed).expect("it is predicted")["data"];
            assert_eq!(data.get("old").is_some(), has_old);
        }
    }

    #[test]
    fn a_kind_without_a_schema_is_not_predicted() {
        let mut observed = observation(desired(WIDGET), None, Unverified::NotAllowed);
        predict(&mut observed, Schema::bundled(), &query()).expect("nothing is known to be wrong");
        let kind = observed.desired.gvk().clone();
        assert_eq!(
            predicted(&observed),
            Err(&Unpredicted::Refused(MergeError::UnknownKind(kind)))
        );
    }

    #[test]
    fn what_the_schema_does_not_allow_is_told_at_its_field_without_its_value() {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ns}\ndata: {a: [swordfish]}\n";
        let mut observed = observation(desired_with_secret(text, &["data"]), None, Unverified::NotAllowed);
        let error = predict(&mut observed, Schema::bundled(), &query()).expect_err("it is no text");
        assert_eq!(error.message(), "ConfigMap ns/x is not valid");
        let (place, words) = &error.places()[0];
        assert_eq!(place.to_string(), "a.yaml:4:8");
        assert_eq!(words, "data.a: expected a string, got a list");
    }
}
