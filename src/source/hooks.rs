//! Hooks of Helm charts, which Helm runs around an installation, and which are no objects of a set.
//!
//! Applied like any object they would run at every sync, the tests among them; so they are told, and set aside.

use std::fmt;

use super::Manifest;
use crate::diagnostic::place::Place;

/// The annotation that makes an object a hook (helm.sh/docs/topics/charts_hooks).
const HOOK: &str = "helm.sh/hook";

/// An object that is a hook of a Helm chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// When Helm would run it: `pre-install,pre-upgrade`, or `test`.
    pub events: String,
    /// The place of the hook in its file.
    pub place: Place,
}

/// `Job migrate (pre-install,pre-upgrade)`
impl fmt::Display for Hook {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} ({})", self.kind, self.name, self.events)
    }
}

/// Takes the hooks out of what was read.
pub(super) fn set_aside(manifests: &mut Vec<Manifest>) -> Vec<Hook> {
    let hooks = manifests.extract_if(.., |manifest| manifest.annotation(HOOK).is_some());
    let hooks = hooks.map(|manifest| Hook {
        events: manifest.annotation(HOOK).unwrap_or_default().to_owned(),
        kind: manifest.gvk.group_kind.kind.into(),
        name: manifest.name.into(),
        place: manifest.place,
    });
    hooks.collect()
}
