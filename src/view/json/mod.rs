//! The machine form: what `--format json` prints, one document a line. The README says what is in them.
//!
//! A field that does not apply is left out. New fields and new words may come; what is there keeps its
//! meaning for as long as `apiVersion` is the same.

mod event;
mod report;

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::plan::API_VERSION;

pub use event::event;
pub use report::{Subject, report};

/// A document of this kind, on one line.
fn document(kind: &str, fields: Value) -> String {
    let mut document = Map::new();
    document.insert("apiVersion".to_owned(), API_VERSION.into());
    document.insert("kind".to_owned(), kind.into());
    if let Value::Object(fields) = without_absent(fields) {
        document.extend(fields);
    }
    format!("{}\n", Value::Object(document))
}

/// Leaves out what is null or empty.
fn without_absent(value: Value) -> Value {
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

/// An error, and those found together with it: the words that text has, apart.
fn error(error: &Error) -> Value {
    let one = |error: &Error| {
        let places = error.places().iter().map(|(place, label)| {
            let place = format!("{}:{}:{}", place.file.path(), place.line(), place.column());
            without_absent(json!({"place": place, "message": (!label.is_empty()).then_some(label)}))
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
