//! Objects as the cluster has them.

mod summary;

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::field::{FieldManager, ManagedFields};
use super::{ObjectRef, metadata_text};
use summary::Summary;

/// An object as the cluster has it.
///
/// ```
/// use serde_json::json;
/// use stackanetes::object::LiveObject;
///
/// let live = LiveObject::new(json!({
///     "apiVersion": "apps/v1",
///     "kind": "Deployment",
///     "metadata": {"name": "web", "namespace": "shop", "labels": {"tier": "front"}, "resourceVersion": "17"},
/// }));
/// assert_eq!(live.reference().to_string(), "Deployment shop/web");
/// assert_eq!((live.label("tier"), live.resource_version()), (Some("front"), "17"));
/// ```
///
/// One of a list is held as text until more of it is wanted than who it is and who writes it: the trees of thousands
/// of objects take many times the memory, and most of them are looked at once. Clones share what it is.
#[derive(Debug, Clone)]
pub struct LiveObject {
    /// What it was read from; nothing where it came as a value.
    unread: Option<Arc<UnparsedObject>>,
    /// What it is, once that was wanted.
    value: OnceLock<Arc<Value>>,
}

/// The text of an object, and what is known of it without reading all of it.
#[derive(Debug)]
struct UnparsedObject {
    text: Box<str>,
    summary: Summary,
}

impl PartialEq for LiveObject {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl LiveObject {
    /// Wraps what the API server returned.
    pub fn new(value: Value) -> Self {
        Self::shared(Arc::new(value))
    }

    /// Wraps an object that others have, too.
    pub(crate) fn shared(value: Arc<Value>) -> Self {
        Self {
            unread: None,
            value: value.into(),
        }
    }

    /// An object that `text` holds, which serde_json wrote. An error where it has no name, or its metadata are not of
    /// their usual types.
    pub(crate) fn unread(text: Box<str>) -> serde_json::Result<Self> {
        let summary = Summary::of(&text)?;
        Ok(Self {
            unread: Some(Arc::new(UnparsedObject { text, summary })),
            value: OnceLock::new(),
        })
    }

    /// The whole object.
    pub fn value(&self) -> &Value {
        self.value.get_or_init(|| {
            let text = self.unread.as_ref().map(|unread| &*unread.text);
            // What serde_json wrote, it reads.
            Arc::new(serde_json::from_str(text.unwrap_or_default()).unwrap_or_default())
        })
    }

    /// The whole object, given away: copied where others have it, too.
    pub fn into_value(self) -> Value {
        let _ = self.value();
        self.value.into_inner().map(Arc::unwrap_or_clone).unwrap_or_default()
    }

    /// This object with these owners.
    #[must_use]
    pub fn with_managed(&self, managed: &ManagedFields) -> Self {
        let mut value = self.value().clone();
        value["metadata"]["managedFields"] = managed.to_json();
        Self::new(value)
    }

    /// Its kind, namespace and name.
    pub fn reference(&self) -> ObjectRef {
        match &self.unread {
            Some(unread) => unread.summary.reference.clone(),
            None => ObjectRef::of(self.value()),
        }
    }

    /// `metadata.uid`
    pub fn uid(&self) -> &str {
        match &self.unread {
            Some(unread) => &unread.summary.uid,
            None => self.metadata_text("uid"),
        }
    }

    /// `metadata.resourceVersion`
    pub fn resource_version(&self) -> &str {
        self.metadata_text("resourceVersion")
    }

    /// `metadata.deletionTimestamp`, when the object is being deleted.
    pub fn deletion_timestamp(&self) -> Option<&str> {
        self.metadata("deletionTimestamp").and_then(Value::as_str)
    }

    /// `metadata.finalizers`
    pub fn finalizers(&self) -> Vec<&str> {
        self.metadata("finalizers")
            .and_then(Value::as_array)
            .map(|finalizers| finalizers.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default()
    }

    /// An annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        metadata_text(self.value(), "annotations", key)
    }

    /// A label.
    pub fn label(&self, key: &str) -> Option<&str> {
        metadata_text(self.value(), "labels", key)
    }

    /// Whether another object owns it: it has `metadata.ownerReferences`.
    pub fn is_owned(&self) -> bool {
        match &self.unread {
            Some(unread) => unread.summary.is_owned,
            None => self.metadata("ownerReferences").is_some_and(|owners| !owners.is_null()),
        }
    }

    /// Whether one of those who write it is so.
    pub fn has_writer(&self, is_so: impl Fn(&FieldManager) -> bool) -> bool {
        match &self.unread {
            Some(unread) => unread.summary.writers.iter().any(is_so),
            None => ManagedFields::writers(self.value()).any(|(writer, _)| is_so(&writer)),
        }
    }

    /// What `metadata` says under this key.
    fn metadata(&self, key: &str) -> Option<&Value> {
        self.value().get("metadata")?.get(key)
    }

    fn metadata_text(&self, key: &str) -> &str {
        self.metadata(key).and_then(Value::as_str).unwrap_or_default()
    }
}
