//! Where members of an ApplySet may be that nobody could look: what its parent notes until somebody can.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::object::GroupKind;

/// What could not be listed in all namespaces when the members were looked for in every kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unlisted {
    /// The kinds.
    pub kinds: BTreeSet<GroupKind>,
    /// The versions of API groups, such as `example.com/v1`, whose server did not say which kinds they have.
    pub versions: BTreeSet<String>,
}

impl Unlisted {
    /// Whether everything could be listed.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.versions.is_empty()
    }

    /// Whether this kind is one of those that could not be listed.
    pub fn has_kind(&self, kind: &GroupKind) -> bool {
        self.kinds.contains(kind) || self.versions.iter().any(|version| group(version) == kind.group)
    }

    /// Whether kinds of this version are among those that could not be listed.
    pub fn has_version(&self, version: &str) -> bool {
        self.versions.contains(version) || self.kinds.iter().any(|kind| kind.group == group(version))
    }
}

/// The API group of a version; the core group has no version that an extension server serves.
fn group(version: &str) -> &str {
    version.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_unlisted_by_its_name_or_with_the_version_that_may_have_it() {
        let unlisted = Unlisted {
            kinds: [GroupKind::new("apps", "Deployment")].into(),
            versions: ["example.com/v1".to_owned()].into(),
        };
        assert!(unlisted.has_kind(&GroupKind::new("apps", "Deployment")));
        assert!(unlisted.has_kind(&GroupKind::new("example.com", "Widget")));
        assert!(!unlisted.has_kind(&GroupKind::new("apps", "StatefulSet")));
        assert!(unlisted.has_version("apps/v1") && unlisted.has_version("example.com/v1"));
        assert!(!unlisted.has_version("example.org/v1"));
    }
}
