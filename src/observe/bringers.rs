//! What objects of the directory bring into being once they are applied, and others may need.

use serde_json::Value;

use super::Query;
use super::resolve::Resolved;
use crate::kinds::prerequisites::{Prerequisite, is_default_class, makes_claim, may_make};
use crate::object::field::At;
use crate::object::{DesiredObject, ObjectRef};
use crate::ssa::schema::Schema;

/// What may bring something that others need, of all that git wants: whether it is selected, and whether it is proved to be
/// in sync, makes no difference.
#[derive(Debug, Default)]
pub(super) struct Bringers(Vec<Bringer>);

#[derive(Debug)]
enum Bringer {
    /// A custom object, whose controller may make the ConfigMap or Secret that its manifest mentions.
    Custom(ObjectRef, Value),
    /// A StatefulSet, of which a claim is made for each pod.
    StatefulSet(ObjectRef, Value),
    /// The StorageClass of claims that name none.
    DefaultStorageClass,
}

impl Bringers {
    /// Those among the objects that are selected and the `others`; none where nobody asks for what objects need.
    pub(super) fn among(selected: &[Resolved], others: &[Resolved], query: &Query) -> Self {
        if !query.prerequisites {
            return Self::default();
        }
        let all = selected.iter().chain(others);
        Self(all.filter_map(|(desired, _)| Bringer::of(desired)).collect())
    }

    /// Whether one of them may bring this.
    pub(super) fn bring(&self, what: &Prerequisite) -> bool {
        self.0.iter().any(|bringer| bringer.brings(what))
    }
}

impl Bringer {
    fn of(desired: &DesiredObject) -> Option<Self> {
        let DesiredObject { reference, value, .. } = desired;
        let known = Schema::bundled().kind(&desired.gvk());
        if known.is_none_or(|kind| !kind.is_built_in()) {
            return Some(Self::Custom(reference.clone(), value.clone()));
        }
        match (reference.kind.group.as_str(), reference.kind.kind.as_str()) {
            ("apps", "StatefulSet") => Some(Self::StatefulSet(reference.clone(), value.clone())),
            ("storage.k8s.io", "StorageClass") => {
                let annotations = &value["metadata"]["annotations"];
                is_default_class(|key| annotations[key].as_str()).then_some(Self::DefaultStorageClass)
            }
            _ => None,
        }
    }

    fn brings(&self, what: &Prerequisite) -> bool {
        match (self, what) {
            (Self::Custom(own, value), Prerequisite::Object(object)) => {
                let is_made = object.kind.is("", "ConfigMap") || object.kind.is("", "Secret");
                is_made && is_near(own, object) && may_make(own, value, object)
            }
            (Self::StatefulSet(own, value), Prerequisite::Object(object)) => {
                let is_made = object.kind.is("", "PersistentVolumeClaim");
                is_made && is_near(own, object) && makes_claim(&At::root(value), &object.name)
            }
            (Self::DefaultStorageClass, what) => *what == Prerequisite::DefaultStorageClass,
            // Nodes are not made by manifests.
            (_, Prerequisite::DefaultStorageClass | Prerequisite::Node(_)) => false,
        }
    }
}

/// Whether an object may bring another where that is to be: beside it, or anywhere if it is in no namespace itself.
fn is_near(own: &ObjectRef, object: &ObjectRef) -> bool {
    own.namespace.is_none() || own.namespace == object.namespace
}
