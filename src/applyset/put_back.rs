//! The drift that a sync put back, as the journal keeps it: so that a later one sees who drifts again.

use serde::{Deserialize, Serialize};

use crate::object::ObjectRef;

/// How many are kept of one sync: the journal has room for many syncs.
const MOST: usize = 20;
/// How long the path of a field that is kept may be, in bytes.
const LONGEST: usize = 200;

/// A field that somebody had changed, and that a sync put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutBack {
    /// Of which object.
    pub object: ObjectRef,
    /// The path of the field.
    pub field: String,
    /// The field manager who had changed it.
    pub writer: String,
}

impl PutBack {
    /// Those that are kept.
    pub fn kept(all: impl Iterator<Item = Self>) -> Vec<Self> {
        all.filter(|one| one.field.len() <= LONGEST).take(MOST).collect()
    }
}
