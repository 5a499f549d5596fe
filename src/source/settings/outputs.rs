//! `outputs` of `stackanetes.yaml`: texts that can be asked for by name.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::reader::SettingsReader;
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};
use crate::yaml::Entry;

/// A text that a directory gives out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The file it is made of, from the top of the directory.
    pub path: PathBuf,
    /// The place of the declaration.
    pub place: Place,
}

/// Reads the outputs, by their names, adding what is wrong with them to `errors`.
pub(super) fn read(file: &Arc<SourceFile>, entry: &Entry, errors: &mut Vec<Error>) -> BTreeMap<String, Output> {
    let reader = SettingsReader { file, errors };
    if entry.value.entries().is_none() && !entry.value.is_null() {
        let message = format!("`outputs` must be a mapping, not {}", entry.value.describe());
        let error = Error::new(message).at(reader.line(entry), "");
        reader.errors.push(error.hint("write `NAME: FILE` below it"));
    }
    let mut outputs = BTreeMap::new();
    for output in entry.value.entries().unwrap_or_default() {
        let place = reader.line(output);
        let Some(path) = output.value.as_str() else {
            let message = format!("the output `{}` must name a file", output.key);
            reader.errors.push(Error::new(message).at(place, ""));
            continue;
        };
        let path = path.into();
        outputs.insert(output.key.clone(), Output { path, place });
    }
    outputs
}
