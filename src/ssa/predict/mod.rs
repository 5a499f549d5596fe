//! What an API server would answer to an apply, where it cannot be asked.
//!
//! Pure: no I/O, no clock. It is our own server-side apply ([`merge`]) and, around it, what
//! an API server does besides: it leaves out what is empty, adds defaults, and keeps the spelling that a
//! value has already.
//!
//! What it does not know: admission, validation beyond the schema, what is allocated (cluster IPs, node
//! ports), and conversion between versions that have other fields. So what is predicted is always marked
//! as such, and an API server that can be asked is asked.

mod defaults;
mod spelling;
#[cfg(test)]
mod tests;
mod typed;

use serde_json::Value;

use crate::object::field::{FieldSet, ManagedFields};
use crate::ssa::canonical;
use crate::ssa::merge::{self, Conflict, MergeError, OnConflict, Writer};
use crate::ssa::schema::{Kind, Schema};

use spelling::Spelling;

/// An apply that is to be predicted.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The live object, in the version that is sent; none if there is none.
    pub live: Option<&'a Value>,
    /// What is sent. A `uid` and a `resourceVersion` in it are preconditions, and not looked at.
    pub sent: &'a Value,
    /// The field manager, and the time that it notes.
    pub writer: &'a Writer,
    /// What happens where another manager owns a field with another value.
    pub on_conflict: OnConflict,
    /// Whether `sent` is known to say what was applied the last time. Then what a value that is owned
    /// as a whole has beyond it is defaults; else the defaults must be known one by one.
    pub is_as_applied: bool,
}

/// What an API server would answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    /// The object as it would be stored, with its managed fields. A new one has no `uid`, no
    /// `resourceVersion` and no `creationTimestamp`.
    pub object: Value,
    /// What a forced apply would take from other managers: the conflicts without force.
    pub taken: Vec<Conflict>,
}

/// Predicts what an API server makes of an apply.
///
/// ```
/// use serde_json::json;
/// use stackanetes::ssa::merge::{OnConflict, Writer};
/// use stackanetes::ssa::predict::{Request, predict};
/// use stackanetes::ssa::schema::Schema;
///
/// let service = json!({
///     "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]},
/// });
/// let request = Request {
///     live: None,
///     sent: &service,
///     writer: &Writer::new("ours", "2026-01-01T00:00:00Z"),
///     on_conflict: OnConflict::Refuse,
///     is_as_applied: false,
/// };
/// let predicted = predict(Schema::bundled(), &request)?;
/// assert_eq!(predicted.object["spec"]["ports"][0], json!({"port": 80, "protocol": "TCP", "targetPort": 80}));
/// # Ok::<(), stackanetes::ssa::merge::MergeError>(())
/// ```
pub fn predict(schema: &Schema, request: &Request<'_>) -> Result<Predicted, MergeError> {
    let Request {
        live,
        writer,
        on_conflict,
        ..
    } = *request;
    let mut sent = request.sent.clone();
    for name in ["uid", "resourceVersion"] {
        take_metadata(&mut sent, name);
    }
    let merged = merge::apply(schema, live, &sent, writer, on_conflict)?;
    let (mut object, taken) = (merged.object, merged.taken);
    let Some(kind) = schema.kind_of(&object) else {
        return Ok(Predicted { object, taken });
    };
    let managed_fields = take_metadata(&mut object, "managedFields");
    object = stored(kind, &object, live);
    if let Some(live) = live {
        let ours = ours(live, &writer.manager);
        let spelling = Spelling {
            is_built_in: kind.is_built_in(),
            may_have_more: request.is_as_applied,
        };
        object = spelling.of(kind.root(), live, object, ours.as_ref());
    }
    if let (Some(managed_fields), Some(metadata)) = (managed_fields, metadata(&mut object)) {
        metadata.insert("managedFields".to_owned(), managed_fields);
    }
    Ok(Predicted { object, taken })
}

/// An object as it is written out once it is stored: without what is empty, with its defaults, and each
/// value in its one spelling. It has no managed fields. Some defaults depend on the `live` object that it
/// takes the place of.
#[must_use]
pub fn stored(kind: Kind<'_>, object: &Value, live: Option<&Value>) -> Value {
    let mut object = canonical::stored(kind, object);
    if kind.is_built_in() {
        typed::settle(kind.root(), &mut object);
        defaults::fill(kind.root(), &mut object, live);
        write_lists(kind, &mut object);
        return object;
    }
    typed::settle_numbers(&mut object);
    let of = kind.root().map().and_then(|root| root.child("metadata"));
    // The metadata of custom kinds are kept in a typed structure too.
    if let (Some(of), Some(metadata)) = (of, object.get_mut("metadata")) {
        *metadata = canonical::settled(Some(of), metadata);
        typed::settle(of, metadata);
    }
    object
}

/// What was predicted, in the spelling of what was stored in the end: where both mean the same, and
/// where `stored` only has more inside of what `manager` owns as a whole, there is no difference.
#[must_use]
pub fn spelled_as_stored(schema: &Schema, predicted: Value, stored: &Value, manager: &str) -> Value {
    let Some(kind) = schema.kind_of(stored) else {
        return predicted;
    };
    let spelling = Spelling {
        is_built_in: kind.is_built_in(),
        may_have_more: true,
    };
    spelling.of(kind.root(), stored, predicted, ours(stored, manager).as_ref())
}

/// The lists that are written even when there are none.
fn write_lists(kind: Kind<'_>, object: &mut Value) {
    let (Some(root), Value::Object(empty), Some(fields)) = (kind.root().map(), kind.empty(), object.as_object_mut())
    else {
        return;
    };
    for (name, _) in empty.into_iter().filter(|(_, value)| value.is_null()) {
        if root.child(&name).is_some_and(|of| of.list().is_some()) {
            fields.entry(name).or_insert(Value::Null);
        }
    }
}

/// What `manager` has applied of an object.
fn ours(object: &Value, manager: &str) -> Option<FieldSet> {
    let managed_fields = ManagedFields::read(object);
    managed_fields.applied_by(manager).map(|(_, fields)| fields.clone())
}

fn metadata(object: &mut Value) -> Option<&mut serde_json::Map<String, Value>> {
    object.get_mut("metadata").and_then(Value::as_object_mut)
}

fn take_metadata(object: &mut Value, name: &str) -> Option<Value> {
    metadata(object)?.remove(name)
}
