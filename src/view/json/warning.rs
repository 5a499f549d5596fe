//! What to know of an object whatever becomes of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::place::file_and_line;
use super::told::Told;
use crate::kinds::prerequisites::Prerequisite;
use crate::object::ObjectRef;
use crate::plan::Warning;
use crate::view::document;

/// What is warned of.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Warning"))]
#[serde(tag = "code", rename_all = "camelCase")]
pub(super) enum Code<'a> {
    /// The server warns, in the words of the message.
    Server,
    /// The object is cluster-scoped and has a namespace, which the server ignores.
    IgnoredNamespace {
        /// Where: `FILE:LINE`.
        place: String,
    },
    /// The same manifest is in the directory again.
    Repeated {
        /// Where, the first time: `FILE:LINE`.
        place: String,
        /// How many more times.
        more: usize,
    },
    /// A generated value is declared otherwise than when it was made.
    Outdated {
        /// Its key in the Secret.
        key: String,
        /// Where it is declared: `FILE:LINE`.
        #[serde(skip_serializing_if = "Option::is_none")]
        place: Option<String>,
    },
    /// The server stores other values than git has, as admission decides.
    Overruled {
        /// The fields.
        fields: Vec<String>,
        /// Where git says the first: `FILE:LINE`.
        #[serde(skip_serializing_if = "Option::is_none")]
        place: Option<String>,
    },
    /// The object needs another one, which neither the directory nor the cluster has.
    MissingObject {
        /// The object that is missing.
        object: &'a ObjectRef,
    },
    /// A claim names no StorageClass, and the cluster has no default one.
    MissingDefaultStorageClass,
    /// No node has the labels that the object's pods ask for.
    MissingNode {
        /// The labels.
        labels: &'a BTreeMap<String, String>,
    },
}

/// The warnings of an object, each with its sentence.
pub(super) fn warnings<'a>(
    object: &'a ObjectRef,
    warnings: &'a [Warning],
) -> impl Iterator<Item = Told<Code<'a>>> + use<'a> {
    warnings.iter().map(|warning| Told {
        code: match warning {
            Warning::Server(_) => Code::Server,
            Warning::IgnoredNamespace(place) => Code::IgnoredNamespace {
                place: file_and_line(place),
            },
            Warning::Repeated { place, more } => Code::Repeated {
                place: file_and_line(place),
                more: *more,
            },
            Warning::Outdated { key, place } => Code::Outdated {
                key: key.clone(),
                place: place.as_ref().map(file_and_line),
            },
            Warning::Overruled { paths, place } => Code::Overruled {
                fields: paths.iter().map(ToString::to_string).collect(),
                place: place.as_ref().map(file_and_line),
            },
            Warning::Missing(Prerequisite::Object(object)) => Code::MissingObject { object },
            Warning::Missing(Prerequisite::DefaultStorageClass) => Code::MissingDefaultStorageClass,
            Warning::Missing(Prerequisite::Node(labels)) => Code::MissingNode { labels },
        },
        message: document::warning(object, warning),
    })
}
