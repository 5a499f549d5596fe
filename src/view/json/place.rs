//! Where something stands in a file.

use serde::Serialize;

use crate::diagnostic::place::Place;

/// A place that an error or a finding is about.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Labelled {
    /// The place as people are told it: `FILE:LINE:COLUMN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) place: Option<String>,
    /// The file; absent for what no file says, such as an option of the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    /// The line, from 1 on.
    pub(super) line: usize,
    /// The column, from 1 on, in characters.
    pub(super) column: usize,
    /// The column behind the last character, where it is on the same line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_column: Option<usize>,
    /// What is said of this place.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) message: String,
}

impl Labelled {
    /// A place as people are told it, and what is said of it.
    pub(super) fn new(place: &Place, label: &str) -> Self {
        Self {
            place: Some(place.to_string()),
            file: place.file.is_file().then(|| place.file.path().to_owned()),
            line: place.line(),
            column: place.column(),
            end_column: None,
            message: label.to_owned(),
        }
    }
}

/// `FILE:LINE`, as plans say it.
pub(super) fn file_and_line(place: &Place) -> String {
    format!("{}:{}", place.file.path(), place.line())
}
