//! Configuration files whose options are known.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::check::oslo::{OptionMistake, mistakes};
use crate::diagnostic::identifier::Identifier;
use crate::object::field::FieldPath;
use crate::object::is_secret;
use crate::sops;

use super::directory::{CheckedDirectory, CheckedObject};
use super::finding::Finding;

pub(super) fn check<'a>(_: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    for (key, file) in &object.manifest.schemas {
        let schema = match file.schema() {
            Ok(schema) => schema,
            Err(error) => {
                findings.push(Finding {
                    object: Some(object.reference.clone()),
                    ..Finding::of_error(Identifier::InvalidSchema, &error)
                });
                continue;
            }
        };
        let path = FieldPath::of(&["data", key]);
        let data = object.at(&["data", key]);
        let Some(text) = data.text() else { continue };
        // Nobody decrypted it.
        if sops::holds(data.value) {
            continue;
        }
        let is_encoded = is_secret(object.kind());
        let decoded = if is_encoded {
            decoded(text)
        } else {
            Some(text.to_owned())
        };
        let is_secret = is_encoded || object.is_secret(&path);
        for mistake in mistakes(&decoded.unwrap_or_default(), &schema) {
            findings.push(option_finding(object, &path, mistake, is_secret));
        }
    }
}

/// The text that a key of a Secret holds.
fn decoded(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}

/// A template of a Secret, and one that was decrypted, may have what must not be shown anywhere: of what it says only
/// the place is told, and what kind of mistake it is.
fn option_finding(object: &CheckedObject<'_>, path: &FieldPath, mistake: OptionMistake, is_secret: bool) -> Finding {
    let origins = object.manifest.origins.of_line(path, mistake.line);
    if is_secret {
        return Finding::from_origins(mistake.identifier, object, origins, mistake.identifier.about());
    }
    let finding = Finding::from_origins(mistake.identifier, object, origins, mistake.message);
    mistake.hint.into_iter().fold(finding, Finding::hint)
}
