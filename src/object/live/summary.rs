//! What is known of a live object before all of it is read.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use smol_str::SmolStr;

use crate::object::field::{FieldManager, Operation};
use crate::object::{GroupVersionKind, ObjectRef};

/// What an object is called, and who writes it.
#[derive(Debug, Clone)]
pub(super) struct Summary {
    pub(super) reference: ObjectRef,
    /// Empty where nothing of it is stored.
    pub(super) uid: String,
    /// Whether it has owner references.
    pub(super) is_owned: bool,
    /// The writers that its managed fields name.
    pub(super) writers: Vec<FieldManager>,
}

/// An object, as far as it is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SummarizedObject<'t> {
    #[serde(borrow)]
    api_version: Cow<'t, str>,
    #[serde(borrow)]
    kind: Cow<'t, str>,
    #[serde(borrow)]
    metadata: SummarizedMetadata<'t>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SummarizedMetadata<'t> {
    name: SmolStr,
    namespace: Option<SmolStr>,
    #[serde(default)]
    uid: String,
    owner_references: Option<IgnoredAny>,
    #[serde(default, borrow)]
    managed_fields: Vec<SummarizedEntry<'t>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SummarizedEntry<'t> {
    #[serde(default)]
    manager: String,
    #[serde(default, borrow)]
    operation: Cow<'t, str>,
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    subresource: String,
    time: Option<String>,
}

impl Summary {
    /// What `text`, the JSON of an object, says of it.
    pub(super) fn of(text: &str) -> serde_json::Result<Self> {
        let SummarizedObject {
            api_version,
            kind,
            metadata,
        } = serde_json::from_str(text)?;
        let gvk = GroupVersionKind::new(&api_version, &kind);
        Ok(Self {
            reference: ObjectRef {
                kind: gvk.group_kind,
                namespace: metadata.namespace,
                name: metadata.name,
            },
            uid: metadata.uid,
            is_owned: metadata.owner_references.is_some(),
            writers: metadata
                .managed_fields
                .into_iter()
                .map(SummarizedEntry::writer)
                .collect(),
        })
    }
}

impl SummarizedEntry<'_> {
    fn writer(self) -> FieldManager {
        FieldManager {
            name: self.manager,
            operation: Operation::of(&self.operation),
            api_version: self.api_version,
            subresource: self.subresource,
            time: self.time,
        }
    }
}
