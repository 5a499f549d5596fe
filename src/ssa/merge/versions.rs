//! The versions in which the fields of one object are recorded.

use std::borrow::Cow;

use serde_json::Value;

use super::{MergeError, mistakes};
use crate::object::{GroupKind, GroupVersionKind};
use crate::ssa::schema::{Kind, Schema};

/// The kinds that one object has, one a version.
pub(super) struct Versions<'a> {
    schema: &'a Schema,
    group_kind: &'a GroupKind,
}

/// An object in another version, and its kind there.
pub(super) type Converted<'a, 'v> = Result<Option<(Kind<'a>, Cow<'v, Value>)>, MergeError>;

impl<'a> Versions<'a> {
    pub(super) fn new(schema: &'a Schema, kind: Kind<'a>) -> Self {
        Self {
            schema,
            group_kind: &kind.gvk().group_kind,
        }
    }

    /// The kind in this version; none when the version is gone.
    pub(super) fn kind(&self, api_version: &str) -> Option<Kind<'a>> {
        self.schema
            .kind(&GroupVersionKind::new(api_version, &self.group_kind.kind))
    }

    /// The object in this version. Only its name is changed: that is all the conversion there
    /// is for a custom kind without a webhook, and for built-in ones whose versions have the same fields.
    ///
    /// None when the version is gone; refused when a webhook would convert it, and when the object does not
    /// fit the version, not even with items that share a key.
    pub(super) fn convert<'v>(&self, object: &'v Value, api_version: &str) -> Converted<'a, 'v> {
        let Some(kind) = self.kind(api_version) else {
            return Ok(None);
        };
        let is_there = object.get("apiVersion").is_none_or(|version| version == api_version);
        if is_there {
            return Ok(Some((kind, Cow::Borrowed(object))));
        }
        if kind.is_converted_by_webhook() {
            return Err(MergeError::Converted(kind.gvk().clone()));
        }
        let mut object = object.clone();
        object["apiVersion"] = api_version.into();
        let mistakes = mistakes(kind.root(), &object);
        if mistakes.is_empty() {
            Ok(Some((kind, Cow::Owned(object))))
        } else {
            Err(MergeError::InvalidLive(mistakes))
        }
    }
}
