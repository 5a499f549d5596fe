//! The digests of a Job's inputs, and which of them changed.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::LiveObject;

/// The annotation on a live Job: the digests of the inputs that it was applied with.
pub const DIGESTS: &str = "stackanetes.io/inputs-digest";

/// The digest of each input of a Job, by the input's name: `image`, `ConfigMap/NAME`, `NAME=`.
///
/// A digest that is not known, for want of the key to make it, is `None`. So little of a SHA-256 is
/// kept that an annotation stays short; it is compared, and protects nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InputDigests(BTreeMap<String, Option<String>>);

impl InputDigests {
    /// The digests that are noted on a live Job.
    pub fn noted(live: &LiveObject) -> Option<Self> {
        serde_json::from_str(live.annotation(DIGESTS)?).ok()
    }

    /// The names of the inputs that are others than they were, those that came and those that went.
    ///
    /// Of a digest that is unknown, and of two that were made by different keys, nothing can be said:
    /// they count as the same.
    pub fn changed_since(&self, earlier: &Self) -> Vec<String> {
        let differs = |name: &String| match (self.0.get(name), earlier.0.get(name)) {
            (Some(Some(now)), Some(Some(then))) => match (key_id(now), key_id(then)) {
                (Some(key), Some(other)) if key != other => false,
                _ => now != then,
            },
            (now, then) => now.is_some() != then.is_some(),
        };
        let gone = earlier.0.keys().filter(|name| !self.0.contains_key(*name));
        self.0
            .keys()
            .chain(gone)
            .filter(|name| differs(name))
            .cloned()
            .collect()
    }

    /// Whether a digest is known now that is not the one in `noted`.
    pub fn adds_to(&self, noted: Option<&Self>) -> bool {
        let Some(noted) = noted else { return true };
        self.0
            .iter()
            .any(|(name, digest)| digest.is_some() && noted.0.get(name) != Some(digest))
    }

    /// The names of the inputs whose digests are not known.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(|(_, digest)| digest.is_none())
            .map(|(name, _)| name.as_str())
    }
}

impl FromIterator<(String, Option<String>)> for InputDigests {
    fn from_iter<T: IntoIterator<Item = (String, Option<String>)>>(digests: T) -> Self {
        Self(digests.into_iter().collect())
    }
}

/// The JSON that the annotation has.
impl fmt::Display for InputDigests {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// The key that made a digest of an ApplySet's key; `None` of one that was made without.
fn key_id(digest: &str) -> Option<&str> {
    digest.split_once('.').map(|(id, _)| id)
}
