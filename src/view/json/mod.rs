//! The machine form: what `--format json` prints. The chapter `programs` of the manual says what is in it.
//!
//! A field that does not apply is left out. New fields and new words may come; what is there keeps its
//! meaning for as long as `apiVersion` is the same.

mod event;
mod plan;
mod report;

use serde_json::{Map, Value, json};

use super::document::{Document, Heading};
use crate::diagnostic::error::Error;
use crate::plan::{API_VERSION, MadeOf, Plan};

pub use event::event;
pub use report::{Subject, report};

/// A plan, bound to what it is made of.
pub fn plan(plan: &Plan, heading: &Heading<'_>, made_of: Option<MadeOf>) -> Value {
    plan::plan(&Document::of(plan, heading), made_of)
}

/// A document on lines that a person can read.
pub fn pretty(document: &Value) -> String {
    format!("{document:#}\n")
}

/// A document on one line.
pub fn line(document: &Value) -> String {
    format!("{document}\n")
}

/// A document of this kind.
pub(super) fn document(kind: &str, fields: Value) -> Value {
    let mut document = Map::new();
    document.insert("apiVersion".to_owned(), API_VERSION.into());
    document.insert("kind".to_owned(), kind.into());
    document.extend(self::fields(fields));
    Value::Object(document)
}

/// The fields that there are.
fn fields(value: Value) -> Map<String, Value> {
    match without_absent(value) {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Leaves out what is null or empty.
pub(super) fn without_absent(value: Value) -> Value {
    let is_there = |value: &Value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        _ => true,
    };
    match value {
        Value::Object(map) => Value::Object(map.into_iter().filter(|(_, value)| is_there(value)).collect()),
        other => other,
    }
}

/// The document of the error that a command failed with, and of those found together with it. `code` is the exit
/// code. Where it stands is said beside its message, too, as that is all that most programs want.
pub fn failure(error: &Error, code: u8) -> Value {
    let mut members = fields(json!({"code": code}));
    let error = self::error(error);
    if let Some(place) = error.pointer("/places/0") {
        let said = ["file", "line", "column"].into_iter();
        members.extend(said.filter_map(|key| Some((key.to_owned(), place.get(key)?.clone()))));
    }
    members.extend(fields(error));
    document("Error", Value::Object(members))
}

/// An error, and those found together with it: the words that text has, apart.
fn error(error: &Error) -> Value {
    let one = |error: &Error| {
        let places = error.places().iter().map(|(place, label)| {
            without_absent(json!({
                "place": place.to_string(),
                "file": place.file.is_file().then(|| place.file.path()),
                "line": place.line(),
                "column": place.column(),
                "message": (!label.is_empty()).then_some(label),
            }))
        });
        without_absent(json!({
            "message": error.message(),
            "places": places.collect::<Vec<_>>(),
            "causes": super::error::causes(error),
            "hints": error.hints(),
        }))
    };
    let mut first = one(error);
    let others: Vec<Value> = error.each().skip(1).map(one).collect();
    if !others.is_empty() {
        first["others"] = others.into();
    }
    first
}
