//! Configuration files whose options are known.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::check::oslo::{Mistake, mistakes};
use crate::object::field::FieldPath;
use crate::object::is_secret;

use super::directory::{Directory, Object};
use super::finding::Finding;

pub(super) fn check<'a>(_: &Directory<'a>, object: &Object<'a>, findings: &mut Vec<Finding>) {
    for (key, file) in &object.manifest.schemas {
        let schema = match file.schema() {
            Ok(schema) => schema,
            Err(error) => {
                findings.push(Finding::of_error(&error));
                continue;
            }
        };
        let path = FieldPath::of(&["data", key]);
        let data = object.at(&["data", key]);
        let Some(text) = data.text() else { continue };
        let is_secret = is_secret(object.kind());
        let decoded = if is_secret {
            decoded(text)
        } else {
            Some(text.to_owned())
        };
        for mistake in mistakes(&decoded.unwrap_or_default(), &schema) {
            findings.push(said(object, &path, mistake, is_secret));
        }
    }
}

/// The text that a key of a Secret holds.
fn decoded(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}

/// A template of a Secret may have what must not be shown anywhere: of what it says only the place is told.
fn said(object: &Object<'_>, path: &FieldPath, mistake: Mistake, is_secret: bool) -> Finding {
    if is_secret {
        let message = "an option that the service does not have, or a value that it does not take";
        return Finding::in_line(object, path, mistake.line, message);
    }
    let finding = Finding::in_line(object, path, mistake.line, mistake.message);
    mistake.hint.into_iter().fold(finding, Finding::hint)
}
