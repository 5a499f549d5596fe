//! What cannot be checked, since nobody decrypted it.
//!
//! Where there is no identity, a ciphertext stands for a value. Nothing is known of the value, so nothing is said.

use serde_json::Value;

use super::directory::{Directory, Object};
use super::finding::Finding;
use crate::diagnostic::identifier::Identifier;
use crate::sops;

/// What of all objects is a ciphertext, beside their data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sealed {
    /// What they are called, or their labels.
    metadata: bool,
    /// What they are.
    rest: bool,
}

impl Sealed {
    pub(super) fn of(directory: &Directory<'_>) -> Self {
        let is_sealed = |of: fn(&str) -> bool| directory.objects.iter().any(|object| is_sealed(object, of));
        Self {
            metadata: is_sealed(|field| field == "metadata"),
            rest: is_sealed(|field| !["metadata", "data", "stringData", "binaryData"].contains(&field)),
        }
    }

    /// Takes out what is said of others that may be there: their names are not known, or not their labels.
    pub(super) fn take_out(self, findings: &mut Vec<Finding>) {
        let is_unknown = |finding: &Finding| match finding.identifier {
            Identifier::MissingObject => self.metadata,
            _ => self.metadata || self.rest,
        };
        findings.retain(|finding| !is_unknown(finding));
    }
}

/// Whether one of the fields at the top of an object holds a ciphertext.
fn is_sealed(object: &Object<'_>, is_meant: fn(&str) -> bool) -> bool {
    let fields = object.manifest.value.as_object().into_iter().flatten();
    fields
        .filter(|(field, _)| is_meant(field))
        .any(|(_, value)| holds(value))
}

/// Whether a value is a ciphertext, or holds one.
pub(super) fn holds(value: &Value) -> bool {
    match value {
        Value::String(text) => sops::holds_ciphertext(text),
        Value::Array(items) => items.iter().any(holds),
        Value::Object(fields) => fields.values().any(holds),
        _ => false,
    }
}
