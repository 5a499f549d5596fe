//! The kinds that are looked at.

/// A kind, and where its objects are.
pub struct Kind {
    pub name: &'static str,
    /// Its group and version; none for Gadgets, whose group is the history's own.
    pub version: &'static str,
    pub plural: &'static str,
    pub is_namespaced: bool,
}

/// All of them.
pub const KINDS: [Kind; 17] = [
    everywhere("Namespace", "v1", "namespaces"),
    everywhere("StorageClass", "storage.k8s.io/v1", "storageclasses"),
    everywhere(
        "CustomResourceDefinition",
        "apiextensions.k8s.io/v1",
        "customresourcedefinitions",
    ),
    namespaced("ConfigMap", "v1", "configmaps"),
    namespaced("Secret", "v1", "secrets"),
    namespaced("Service", "v1", "services"),
    namespaced("ServiceAccount", "v1", "serviceaccounts"),
    namespaced("ResourceQuota", "v1", "resourcequotas"),
    namespaced("PersistentVolumeClaim", "v1", "persistentvolumeclaims"),
    namespaced("Deployment", "apps/v1", "deployments"),
    namespaced("HorizontalPodAutoscaler", "autoscaling/v2", "horizontalpodautoscalers"),
    namespaced("CronJob", "batch/v1", "cronjobs"),
    namespaced("Job", "batch/v1", "jobs"),
    namespaced("Role", "rbac.authorization.k8s.io/v1", "roles"),
    namespaced("RoleBinding", "rbac.authorization.k8s.io/v1", "rolebindings"),
    namespaced("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies"),
    namespaced("Gadget", "", "gadgets"),
];

const fn everywhere(name: &'static str, version: &'static str, plural: &'static str) -> Kind {
    Kind {
        name,
        version,
        plural,
        is_namespaced: false,
    }
}

const fn namespaced(name: &'static str, version: &'static str, plural: &'static str) -> Kind {
    Kind {
        is_namespaced: true,
        ..everywhere(name, version, plural)
    }
}

impl Kind {
    /// The path that its version is served at, where that of Gadgets is `gadgets`.
    pub fn root(&self, gadgets: &str) -> String {
        let version = if self.version.is_empty() { gadgets } else { self.version };
        let api = if version.contains('/') { "apis" } else { "api" };
        format!("/{api}/{version}")
    }
}
