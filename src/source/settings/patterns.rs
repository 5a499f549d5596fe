//! `exclude` of `stackanetes.yaml`: patterns of files that are no desired state.

use std::sync::Arc;

use super::reader::SettingsReader;
use crate::diagnostic::error::Error;
use crate::diagnostic::place::SourceFile;
use crate::source::exclude;
use crate::yaml::{Entry, Node};

/// Reads the patterns, adding what is wrong with them to `errors`; none where they are too many.
pub(super) fn read(file: &Arc<SourceFile>, entry: &Entry, errors: &mut Vec<Error>) -> Vec<String> {
    let mut reader = SettingsReader { file, errors };
    let example = "exclude: [charts/, \"*.values.yaml\"]";
    let items = reader.items(entry, "patterns", example).unwrap_or_default();
    let bytes = items.iter().filter_map(Node::as_str).map(str::len).sum();
    if let Some(message) = exclude::refuse_all(bytes) {
        reader.wrong(&entry.value, message, "");
        return Vec::new();
    }
    let mut patterns = Vec::new();
    for item in items {
        match pattern(item) {
            Ok(pattern) => patterns.push(pattern),
            Err(error) => {
                let place = reader.at(item);
                reader.errors.push(error.at(place, ""));
            }
        }
    }
    patterns
}

/// The pattern that an item is. The error has no place yet.
fn pattern(item: &Node) -> Result<String, Error> {
    let text = item.as_str().map(str::trim).filter(|text| !text.is_empty());
    let Some(text) = text else {
        return Err(Error::new("a pattern must be text").hint("put it in quotes"));
    };
    if text.starts_with('#') {
        return Err(exclude::wrong(text, "it is a comment; write `\\#` for a `#`"));
    }
    match exclude::refuse(text) {
        Some(why) => Err(exclude::wrong(text, &why)),
        None => Ok(text.to_owned()),
    }
}
