//! The kinds a cluster knows.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::object::{GroupKind, GroupVersionKind};

/// How a kind in one version is reached over the API.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// The kind and version.
    pub gvk: GroupVersionKind,
    /// The name in URLs: `deployments`.
    pub plural: SmolStr,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Whether its objects can be listed (a TokenReview cannot).
    pub listable: bool,
}

/// What a cluster says about itself.
#[derive(Debug, Clone, Default)]
pub struct Discovery {
    /// `gitVersion` of the server: `v1.37.2`.
    pub server_version: String,
    /// The versions, such as `metrics.k8s.io/v1beta1`, of which the server cannot say what they hold,
    /// because whoever serves them does not answer: their kinds are not unknown, but not known now.
    pub unavailable: Vec<String>,
    resources: BTreeMap<GroupKind, Vec<Resource>>,
}

impl Discovery {
    /// Collects resources; those of one kind stand in the server's order of preference.
    pub fn new(server_version: impl Into<String>, resources: impl IntoIterator<Item = Resource>) -> Self {
        let mut discovery = Self {
            server_version: server_version.into(),
            ..Self::default()
        };
        for resource in resources {
            discovery.add(resource);
        }
        discovery
    }

    /// Adds a kind, such as one whose CustomResourceDefinition is still to be applied.
    pub fn add(&mut self, resource: Resource) {
        let versions = self.resources.entry(resource.gvk.group_kind.clone()).or_default();
        if !versions.iter().any(|known| known.gvk == resource.gvk) {
            versions.push(resource);
        }
    }

    /// The resource of exactly this version.
    pub fn resource(&self, gvk: &GroupVersionKind) -> Option<&Resource> {
        self.versions(&gvk.group_kind)
            .iter()
            .find(|resource| resource.gvk == *gvk)
    }

    /// The resource of the version that the server prefers.
    pub fn preferred(&self, kind: &GroupKind) -> Option<&Resource> {
        self.versions(kind).first()
    }

    /// The versions of a kind that there are, the preferred one first.
    pub fn versions(&self, kind: &GroupKind) -> &[Resource] {
        self.resources.get(kind).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every kind.
    pub fn kinds(&self) -> impl Iterator<Item = &GroupKind> + Clone {
        self.resources.keys()
    }
}
