//! Says what is wrong with a file that SOPS encrypted, and what to do; never with a value.

use std::ops::Range;
use std::sync::Arc;

use super::metadata::{self, SopsMetadata};
use super::tree::{self, MAX_PLACE};
use super::{METADATA, value};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};

/// What to do about a file that something else than SOPS changed.
pub(super) const EDIT: &str = "change encrypted files with `sops edit` only";

/// Says that a value is encrypted and nothing says how.
pub(super) fn stray(file: &Arc<SourceFile>, span: Range<usize>) -> Error {
    Error::new("this value is encrypted, and nothing in its document says for whom")
        .at(Place::new(Arc::clone(file), span), "")
        .hint(format!(
            "SOPS says it under `{METADATA}`: restore that from git, or encrypt the file again"
        ))
}

pub(super) fn wrong_metadata(file: &str, fault: &metadata::MetadataError) -> Error {
    let error = Error::new(format!("failed to decrypt {file}")).because(fault.clone());
    error.hint("encrypt it again with `sops encrypt`, for one key group and with age")
}

pub(super) fn wrong_key(file: &str, metadata: &SopsMetadata) -> Error {
    let add = format!("`sops rotate --in-place --add-age RECIPIENT {file}`");
    if metadata.envelopes.is_empty() {
        let whom = match metadata.others.join(", ") {
            others if others.is_empty() => "nothing says for whom it is encrypted".to_owned(),
            others => format!("it is encrypted for {others}, and only age is supported"),
        };
        return Error::new(format!("failed to decrypt {file}: {whom}")).hint(format!("encrypt it for age, too: {add}"));
    }
    let recipients = metadata.recipients().join(", ");
    Error::new(format!(
        "failed to decrypt {file}: no age identity fits its recipients ({recipients})"
    ))
    .hint(format!(
        "give the identity of one of them with --age-key-file, or encrypt the file for yours, too: {add}"
    ))
}

/// Says which value is wrong, without the value.
pub(super) fn wrong_value(file: &Arc<SourceFile>, metadata: &SopsMetadata, fault: &tree::DecryptionError) -> Error {
    let shown = file.path();
    let at = |error: Error, span: &Range<usize>| error.at(Place::new(Arc::clone(file), span.clone()), "");
    match fault {
        tree::DecryptionError::Value(value::ValueError::NotEncrypted, span) => at(
            Error::new(format!("this value of {shown} should be encrypted, and is not")),
            span,
        )
        .hint(format!("encrypt it with `sops set`; {EDIT}")),
        tree::DecryptionError::Value(value::ValueError::Altered, span) => at(
            Error::new(format!(
                "this value of {shown} was changed or moved after it was encrypted"
            )),
            span,
        )
        .hint(EDIT),
        tree::DecryptionError::Value(value::ValueError::Type, span) => at(
            Error::new(format!(
                "this value of {shown} is not of the type that it is said to be"
            )),
            span,
        )
        .hint(EDIT),
        tree::DecryptionError::NotText(span) => {
            at(Error::new(format!("this value of {shown} is not UTF-8 text")), span)
                .hint("encrypt binary data as a file of its own, and name it in a component's `files`")
        }
        tree::DecryptionError::Place(span) => {
            let message = format!("the keys that lead to this value are longer than {MAX_PLACE} bytes together");
            at(Error::new(message), span)
        }
        tree::DecryptionError::Mac => {
            let recipients = metadata.recipients().join(", ");
            Error::new(format!(
                "{shown}, encrypted for {recipients}, was changed after it was encrypted: its MAC does not match"
            ))
            .hint(format!("{EDIT}; `git log -p -- {shown}` shows who did not"))
        }
    }
}
