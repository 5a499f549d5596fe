//! One write, and what the API server made of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One write of one object. As JSON it is a fixture, which needs no API server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// The object before, with its managed fields, in the version of the write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<Value>,
    pub write: Write,
    pub manager: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subresource: String,
    pub answer: Answer,
    /// Whether the API server stores what it is given, and adds no defaults.
    pub is_plain: bool,
}

/// How an object is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Write {
    /// Server-side apply.
    Apply { config: Value, force: bool },
    /// What was sent by POST.
    Create { sent: Value },
    /// What was sent by PUT.
    Put { sent: Value },
    /// What was sent as a merge patch.
    MergePatch { sent: Value },
    /// What was sent as a JSON patch.
    JsonPatch { sent: Value },
    /// What was sent as a merge patch of the scale.
    Scale { sent: Value },
}

/// What the API server answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// The object, with its managed fields.
    Stored(Value),
    /// Managers and fields, as its causes name them.
    Conflicts(Vec<(String, String)>),
    /// It could not make sense of what was applied.
    Untyped(String),
    /// Something else, such as validation, that is no business of the merge.
    Refused(String),
}

impl Step {
    /// What kind of object is written, where the write says so.
    pub fn kind(&self) -> &str {
        let object = match (&self.write, &self.live) {
            (Write::Apply { config, .. }, _) => Some(config),
            (Write::Create { sent }, _) => Some(sent),
            (_, live) => live.as_ref(),
        };
        object.and_then(|object| object["kind"].as_str()).unwrap_or_default()
    }
}

impl Write {
    pub fn is_apply(&self) -> bool {
        matches!(self, Self::Apply { .. })
    }
}
