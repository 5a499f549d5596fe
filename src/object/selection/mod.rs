//! Which objects a run is about: by namespace, label and component, as `--only-namespace`, `-l` and `--component` ask.

mod labels;

use std::collections::BTreeSet;

use crate::object::{COMPONENT, ObjectRef};

pub(crate) use labels::Requirement;
pub use labels::{LabelSelector, NoSelector};

/// What is selected. Nothing else is compared, applied or pruned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// This namespace alone. What is cluster-scoped stays selected, and is never pruned.
    pub namespace: Option<String>,
    /// Objects with these labels alone.
    pub labels: LabelSelector,
    /// Objects of these components alone; of all where it is empty.
    pub components: BTreeSet<String>,
}

impl Selection {
    /// Whether an object is compared and applied.
    pub fn selects<'a>(&self, reference: &ObjectRef, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let namespace = match (&self.namespace, &reference.namespace) {
            (Some(selected), Some(namespace)) => selected == namespace,
            _ => true,
        };
        let component =
            self.components.is_empty() || label(COMPONENT).is_some_and(|name| self.components.contains(name));
        namespace && component && self.labels.matches(label)
    }

    /// Whether an object may be pruned.
    ///
    /// A selected namespace keeps everything cluster-scoped: it may well be there for the other namespaces.
    pub fn may_prune<'a>(&self, reference: &ObjectRef, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let scoped = self.namespace.is_none() || reference.namespace.is_some();
        scoped && self.selects(reference, label)
    }

    /// Whether everything is selected.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::GroupKind;

    #[test]
    fn a_namespace_keeps_cluster_scoped_objects_from_being_pruned() {
        let selection = Selection {
            namespace: Some("a".into()),
            components: BTreeSet::new(),
            labels: LabelSelector::default(),
        };
        let role = ObjectRef {
            kind: GroupKind::new("rbac.authorization.k8s.io", "ClusterRole"),
            namespace: None,
            name: "x".into(),
        };
        let other = ObjectRef {
            namespace: Some("b".into()),
            ..role.clone()
        };
        assert!(selection.selects(&role, |_| None) && !selection.may_prune(&role, |_| None));
        assert!(!selection.selects(&other, |_| None));
    }
}
