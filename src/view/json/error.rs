//! Errors: why a command failed, and why an object did.

use serde::Serialize;
use serde_json::Value;

use super::super::error::{Causes, causes};
use super::place::Labelled;
use super::{DocumentKind, document};
use crate::diagnostic::error::Error;

/// The error that a command failed with, and those found together with it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Error"))]
pub(super) struct ErrorDocument {
    /// The exit code of the command.
    code: u8,
    /// Where it stands, first of all, beside its message, as that is all that most programs want: the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The line, from 1 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// The column, from 1 on, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    #[serde(flatten)]
    error: Errors,
}

impl DocumentKind for ErrorDocument {
    const KIND: &'static str = "Error";
}

/// An error, and those found together with it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Errors {
    #[serde(flatten)]
    first: ErrorItem,
    /// Those found together with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<ErrorItem>,
}

/// One error: the words that text has, apart.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ErrorItem {
    /// What is wrong.
    message: String,
    /// Where, the first place first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<Labelled>,
    /// Why, the nearest cause first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<String>,
}

impl From<&Error> for Errors {
    fn from(error: &Error) -> Self {
        Self {
            first: ErrorItem::of(error),
            others: error.each().skip(1).map(ErrorItem::of).collect(),
        }
    }
}

impl ErrorItem {
    fn of(error: &Error) -> Self {
        let places = error.places().iter();
        let places = places.map(|(place, label)| Labelled::new(place, label));
        Self {
            message: error.message().to_owned(),
            places: places.collect(),
            causes: causes(error, Causes::All),
            hints: error.hints().to_vec(),
        }
    }
}

/// The document of the error that a command failed with. `code` is the exit code.
pub fn failure(error: &Error, code: u8) -> Value {
    let error = Errors::from(error);
    let place = error.first.places.first();
    document(&ErrorDocument {
        code,
        file: place.and_then(|place| place.file.clone()),
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        error,
    })
}
