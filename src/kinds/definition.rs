//! CustomResourceDefinitions: what they say of the kinds they define.
//!
//! Manifests may be incomplete or wrong, and the API server says so in its own words; so every accessor gives
//! what can be read, and nothing where that is missing or of another type.

use serde_json::Value;

use crate::object::{GroupKind, is_definition};

/// A CustomResourceDefinition of [`apiextensions.k8s.io/v1`][api], to be read.
///
/// ```
/// use serde_json::json;
/// use stackanetes::kinds::definition::Definition;
///
/// let widgets = json!({"spec": {
///     "group": "example.com", "names": {"kind": "Widget", "plural": "widgets"}, "scope": "Namespaced",
///     "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"scale": {}}}],
/// }});
/// let widgets = Definition::new(&widgets);
/// assert_eq!(widgets.kind().unwrap().to_string(), "Widget.example.com");
/// assert!(widgets.versions().all(|version| version.has_scale()));
/// ```
///
/// [api]: https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/
#[derive(Debug, Clone, Copy)]
pub struct Definition<'a> {
    object: &'a Value,
}

impl<'a> Definition<'a> {
    /// The whole `object` as a definition; its kind is not looked at.
    pub fn new(object: &'a Value) -> Self {
        Self { object }
    }

    /// An object of `kind` as a definition, if it is one.
    pub fn of(kind: &GroupKind, object: &'a Value) -> Option<Self> {
        is_definition(kind).then(|| Self::new(object))
    }

    /// The kind that is defined; none unless it and its group are named.
    pub fn kind(&self) -> Option<GroupKind> {
        Some(GroupKind::new(self.group()?, self.text("/spec/names/kind")?))
    }

    /// `spec.group`
    pub fn group(&self) -> Option<&'a str> {
        self.text("/spec/group")
    }

    /// `spec.names.plural`, the name of the kind's resource.
    pub fn plural(&self) -> Option<&'a str> {
        self.text("/spec/names/plural")
    }

    /// `spec.names`
    pub fn names(&self) -> Option<&'a Value> {
        self.object.pointer("/spec/names")
    }

    /// Whether it says that objects of the kind are in namespaces.
    pub fn is_namespaced(&self) -> bool {
        self.text("/spec/scope") == Some("Namespaced")
    }

    /// Whether it says that objects of the kind are in no namespace.
    pub fn is_clusterwide(&self) -> bool {
        self.text("/spec/scope") == Some("Cluster")
    }

    /// `spec.preserveUnknownFields`, which only definitions have that were made before `v1`.
    pub fn preserves_unknown_fields(&self) -> bool {
        self.object.pointer("/spec/preserveUnknownFields") == Some(&Value::Bool(true))
    }

    /// Whether a program outside of the API server turns objects of one version into another.
    pub fn converts_by_webhook(&self) -> bool {
        self.text("/spec/conversion/strategy") == Some("Webhook")
    }

    /// The versions that the kind has, in the order in which they are written.
    pub fn versions(&self) -> impl Iterator<Item = Version<'a>> + use<'a> {
        let versions = self.object.pointer("/spec/versions").and_then(Value::as_array);
        versions.into_iter().flatten().map(|version| Version { version })
    }

    /// Whether objects of the kind are read and merged as `other` has it.
    pub fn treats_objects_as(&self, other: Definition<'_>) -> bool {
        ["/spec/versions", "/spec/conversion"]
            .iter()
            .all(|part| self.object.pointer(part) == other.object.pointer(part))
    }

    fn text(self, pointer: &str) -> Option<&'a str> {
        self.object.pointer(pointer)?.as_str()
    }
}

/// A version of a defined kind.
#[derive(Debug, Clone, Copy)]
pub struct Version<'a> {
    version: &'a Value,
}

impl<'a> Version<'a> {
    /// `v1`, `v1beta1`
    pub fn name(&self) -> Option<&'a str> {
        self.version.get("name")?.as_str()
    }

    /// Whether the API server answers requests in this version; none where a manifest does not say so.
    pub fn served(&self) -> Option<bool> {
        self.version.get("served")?.as_bool()
    }

    /// Whether objects are stored in this version.
    pub fn is_stored(&self) -> bool {
        self.version.get("storage") == Some(&Value::Bool(true))
    }

    /// The schema of objects in this version.
    pub fn schema(&self) -> Option<&'a Value> {
        self.version.pointer("/schema/openAPIV3Schema")
    }

    /// Whether the status is written by requests of its own.
    pub fn has_status(&self) -> bool {
        self.version.pointer("/subresources/status").is_some()
    }

    /// Whether the number of replicas may be set by requests of its own, as autoscalers do.
    pub fn has_scale(&self) -> bool {
        self.version.pointer("/subresources/scale").is_some()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_or_of_another_type_is_read_as_nothing() {
        for wrong in [
            json!(null),
            json!({"spec": []}),
            json!({"spec": {"group": 1, "names": {"kind": "A"}, "versions": {}, "scope": "Everywhere"}}),
        ] {
            let definition = Definition::new(&wrong);
            assert_eq!(definition.kind(), None, "{wrong}");
            assert!(!definition.is_namespaced() && !definition.is_clusterwide(), "{wrong}");
            assert_eq!(definition.versions().count(), 0, "{wrong}");
        }
        let bare = json!({"spec": {"versions": [{"name": "v1"}, 3]}});
        let versions: Vec<_> = Definition::new(&bare).versions().collect();
        assert_eq!((versions[0].name(), versions[1].name()), (Some("v1"), None));
        assert_eq!((versions[0].served(), versions[0].is_stored()), (None, false));
    }

    #[test]
    fn a_changed_schema_or_conversion_treats_objects_otherwise_and_other_names_do_not() {
        let definition = json!({"spec": {"versions": [{"name": "v1"}], "names": {"kind": "A"}}});
        let with = |pointer: &str, value: Value| {
            let mut other = definition.clone();
            other["spec"][pointer] = value;
            Definition::new(&definition).treats_objects_as(Definition::new(&other))
        };
        assert!(with("names", json!({"kind": "A", "shortNames": ["a"]})));
        assert!(!with("versions", json!([{"name": "v1", "schema": {}}])));
        assert!(!with("conversion", json!({"strategy": "Webhook"})));
    }
}
