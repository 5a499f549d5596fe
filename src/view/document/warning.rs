//! What to know of an object whatever becomes of it.

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
    }
}
