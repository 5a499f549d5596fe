//! What to know of an object whatever becomes of it.

use crate::kinds::prerequisites::Prerequisite;
use crate::object::ObjectRef;
use crate::plan::Warning;

/// A warning of an object, without its name.
pub(in crate::view) fn warning(reference: &ObjectRef, warning: &Warning) -> String {
    match warning {
        Warning::Server(words) => words.clone(),
        Warning::IgnoredNamespace(place) => {
            let kind = &reference.kind.kind;
            format!("{place}: metadata.namespace is ignored, since {kind} is cluster-scoped; take it out")
        }
        Warning::Repeated { place, more } => {
            let more = match more {
                0 => String::new(),
                count => format!(" ({} times)", count + 1),
            };
            format!("{place}: duplicate object{more}, with the same content; keep one")
        }
        Warning::Outdated { key, place } => {
            let place = place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            format!(
                "{place}data.{key} was generated as an earlier declaration says, and stays as it is; raise its `rotation` for a new value"
            )
        }
        Warning::Overruled { paths, place } => {
            let place = place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            let fields: Vec<String> = paths.iter().map(ToString::to_string).collect();
            format!("{place}{OVERRULED}: {}", fields.join(", "))
        }
        Warning::Missing(what) => missing(what),
    }
}

/// What is said of fields that admission decides.
pub(super) const OVERRULED: &str = "admission sets another value than git has";

/// That an object needs something that is not there, without the object's name.
pub(super) fn missing(what: &Prerequisite) -> String {
    match what {
        Prerequisite::Object(reference) => {
            format!("needs {reference}, which is neither in the directory nor in the cluster")
        }
        Prerequisite::DefaultStorageClass => {
            "names no StorageClass for a claim, and the cluster has no default one: the claim will stay Pending"
                .to_owned()
        }
        Prerequisite::Node(labels) => {
            let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("no node has the labels that its pods ask for: {}", labels.join(", "))
        }
    }
}
