//! The kinds that every cluster has.

use std::sync::OnceLock;

use serde_json::Value;

use super::Schema;

/// Of Kubernetes 1.37, reduced from the OpenAPI documents of the test control plane. Rebuilt by
/// `UPDATE_SCHEMA=1 cargo test --test suite bundled_schema`.
const KUBERNETES: &str = include_str!("kubernetes.json");

/// The minor version that it is of.
const VERSION: &str = "v1.37.";

impl Schema {
    /// Whether a server of this version (`v1.37.2`) serves its own kinds as the bundled schema says.
    ///
    /// Fields and list types change with minor versions only. By the schema of another one a field
    /// may be unknown, or a list be merged otherwise, than the server does it: then the server's own
    /// schema is read.
    pub fn is_bundled_for(server_version: &str) -> bool {
        server_version.starts_with(VERSION)
    }

    /// The schema of the kinds that the API server itself serves.
    pub fn bundled() -> &'static Self {
        static BUNDLED: OnceLock<Schema> = OnceLock::new();
        // A test reads it, so that it can be read.
        BUNDLED.get_or_init(|| Self::from_open_api([&serde_json::from_str::<Value>(KUBERNETES).unwrap_or_default()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::GroupVersionKind;
    use crate::object::field::FieldPath;
    use crate::ssa::schema::{ListType, ScalarFormat};
    use serde_json::json;

    #[test]
    fn it_knows_how_a_pods_lists_are_merged() {
        let schema = Schema::bundled();
        let pod = schema.kind(&GroupVersionKind::new("v1", "Pod")).expect("a Pod");
        let list = |path: &[&str]| pod.type_at(&FieldPath::of(path)).expect("a field").list();
        let containers = list(&["spec", "containers"]).expect("a list");
        assert_eq!(*containers.kind(), ListType::Map(vec!["name".into()]));
        let container = containers.item().map().expect("a map");
        let ports = container
            .child("ports")
            .and_then(super::super::types::Type::list)
            .expect("a list");
        assert_eq!(
            *ports.kind(),
            ListType::Map(vec!["containerPort".into(), "protocol".into()])
        );
        let protocol = ports.item().map().and_then(|port| port.field("protocol"));
        assert_eq!(
            protocol.and_then(super::super::types::Field::default),
            Some(&json!("TCP"))
        );
        let args = container
            .child("args")
            .and_then(super::super::types::Type::list)
            .expect("a list");
        assert!(args.is_atomic());
        let finalizers = list(&["metadata", "finalizers"]).expect("a list");
        assert_eq!(*finalizers.kind(), ListType::Set);
        let requests = pod.type_at(&FieldPath::of(&["spec", "resources", "requests", "cpu"]));
        assert_eq!(
            requests.map(super::super::types::Type::format),
            Some(ScalarFormat::Quantity)
        );
        let selector = pod
            .type_at(&FieldPath::of(&["spec", "nodeSelector"]))
            .and_then(super::super::types::Type::map);
        assert!(selector.is_some_and(super::super::types::Map::is_atomic));
    }

    #[test]
    fn a_deployment_has_fields_that_are_always_there() {
        let gvk = GroupVersionKind::new("apps/v1", "Deployment");
        let deployment = Schema::bundled().kind(&gvk).expect("a Deployment");
        assert_eq!(
            deployment.empty()["spec"],
            json!({"selector": null, "strategy": {}, "template": {"metadata": {}, "spec": {"containers": null}}})
        );
        assert!(deployment.is_built_in());
    }

    #[test]
    fn it_is_for_servers_of_its_minor_version() {
        assert!(Schema::is_bundled_for("v1.37.0") && Schema::is_bundled_for("v1.37.2+k3s1"));
        assert!(!Schema::is_bundled_for("v1.36.3") && !Schema::is_bundled_for("v1.370.0"));
    }

    #[test]
    fn a_schema_that_refers_to_itself_can_be_walked() {
        let gvk = GroupVersionKind::new("apiextensions.k8s.io/v1", "CustomResourceDefinition");
        let definition = Schema::bundled().kind(&gvk).expect("a definition");
        let versions = definition
            .type_at(&FieldPath::of(&["spec", "versions"]))
            .expect("a field");
        let version = versions.list().expect("a list").item();
        let schema = version
            .map()
            .and_then(|map| map.child("schema"))
            .and_then(super::super::types::Type::map);
        let mut properties = schema.and_then(|map| map.child("openAPIV3Schema"));
        for _ in 0..5 {
            properties = properties.and_then(|of| of.map()?.child("properties")?.map()?.child("any"));
        }
        assert!(properties.is_some());
    }
}
