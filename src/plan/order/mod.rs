//! In which order objects are written: by kind, by namespace and CRD, and by what manifests say.

mod dependencies;
mod graph;
mod relied;
mod removal;
mod walk;

pub use dependencies::{DEPENDS_ON, Dependencies, dependencies};
pub(crate) use dependencies::{SYNTAX, references};
pub use graph::{Graph, GraphNode, Need, RequiredState, Stage, graph, may_start};
pub use relied::add_relied;
pub(super) use relied::waits_for;
pub use removal::{KeptBy, Removal};
pub use walk::waves;

use crate::object::{GroupKind, ObjectRef};

/// The first rank of what runs, or acts for others, and so waits for the components that its own
/// depends on. What stands below is there for it to use.
const ACTING: u8 = 5;

/// The rank of custom kinds: after what they may refer to, before the workloads that may use them.
const CUSTOM: u8 = 5;

/// What stands for a whole component where something waits for it.
pub fn component(name: &str) -> ObjectRef {
    ObjectRef {
        kind: GroupKind::new("stackanetes.io", "Component"),
        namespace: None,
        name: name.into(),
    }
}

/// Whether this stands for a whole component.
pub fn is_component(reference: &ObjectRef) -> bool {
    reference.kind.is("stackanetes.io", "Component")
}

/// The place of a kind in the usual order: what others refer to comes first, what takes traffic
/// last. Kinds of one rank wait for nothing of each other.
pub fn rank(kind: &GroupKind) -> u8 {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Namespace") => 0,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => 1,
        ("scheduling.k8s.io", "PriorityClass")
        | ("storage.k8s.io", "StorageClass" | "CSIDriver")
        | ("networking.k8s.io", "IngressClass" | "NetworkPolicy")
        | ("node.k8s.io", "RuntimeClass")
        // A Secret that holds the token of a ServiceAccount is deleted where there is none.
        | ("", "ResourceQuota" | "LimitRange" | "ServiceAccount") => 2,
        ("", "Secret" | "ConfigMap" | "PersistentVolume")
        | ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => 3,
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding")
        | ("", "PersistentVolumeClaim" | "Service")
        | ("policy", "PodDisruptionBudget") => 4,
        ("apps" | "batch", _) | ("", "Pod" | "ReplicationController") => 6,
        ("networking.k8s.io", "Ingress") | ("autoscaling", "HorizontalPodAutoscaler") => 7,
        ("admissionregistration.k8s.io" | "apiregistration.k8s.io", _) => 8,
        _ => CUSTOM,
    }
}
