//! What the parent of an ApplySet keeps of Jobs, so that it outlives them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::object::commit::Commit;
use crate::object::inputs::InputDigests;
use crate::object::{GroupKind, ObjectRef};

/// The Jobs that have completed, each with the inputs that it had.
pub type Recorded = BTreeMap<ObjectRef, InputDigests>;

/// What Jobs did that cannot be undone.
pub type Irreversible = BTreeMap<ObjectRef, Done>;

/// What a Job did that cannot be undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// The reason, in the words of the Job's annotation.
    pub reason: String,
    /// The commit that was synced then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<Commit>,
    /// The digests of the inputs that the Job ran with.
    pub inputs: InputDigests,
    /// The component that it belonged to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub component: Option<String>,
}

/// The Job of this `NAMESPACE/NAME`.
pub fn reference(name: &str) -> Option<ObjectRef> {
    let (namespace, name) = name.split_once('/')?;
    Some(ObjectRef {
        kind: GroupKind::new("batch", "Job"),
        namespace: Some(namespace.into()),
        name: name.into(),
    })
}
