//! A fact and its sentence.

use serde::Serialize;

/// A fact: its code with the data that belongs to it, and the sentence that people read of it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Told<C> {
    /// The code, with its data.
    #[serde(flatten)]
    pub(super) code: C,
    /// The sentence.
    pub(super) message: String,
}
