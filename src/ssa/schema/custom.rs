//! Reads CustomResourceDefinitions.

use serde_json::{Map, Value, json};

use super::{KindDefinition, KindOrigin, Schema};
use crate::kinds::definition::Definition;
use crate::object::GroupVersionKind;

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

impl Schema {
    /// Adds the kind that a CustomResourceDefinition defines, in each of its versions. A version that
    /// has a schema in place replaces what was known of it; one without is not typed at all.
    pub fn add_custom(&mut self, definition: &Value) {
        let custom = Definition::new(definition);
        let Some(group_kind) = custom.kind() else { return };
        for version in custom.versions() {
            let mut schema = version
                .schema()
                .cloned()
                .unwrap_or_else(|| json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}));
            embed(&mut schema);
            as_resource(&mut schema);
            let definition = self.definition(&schema, custom.preserves_unknown_fields());
            let root = self.reserve();
            self.definitions[root] = definition;
            let origin = KindOrigin::Custom {
                status: version.has_status(),
                webhook: custom.converts_by_webhook(),
            };
            let gvk = GroupVersionKind {
                group_kind: group_kind.clone(),
                version: version.name().unwrap_or_default().into(),
            };
            self.kinds.insert(gvk, KindDefinition { root, origin });
        }
    }
}

/// Gives a schema the fields that every object has.
fn as_resource(schema: &mut Value) {
    if let Some(map) = schema.as_object_mut() {
        let properties = map.entry("properties").or_insert_with(|| Value::Object(Map::new()));
        properties["apiVersion"] = json!({"type": "string"});
        properties["kind"] = json!({"type": "string"});
        properties["metadata"] = json!({"$ref": OBJECT_META});
    }
}

/// Does so wherever a schema embeds a resource.
fn embed(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else { return };
    if let Some(properties) = map.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(embed);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(child) = map.get_mut(key) {
            embed(child);
        }
    }
    if map.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true)) {
        as_resource(schema);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::field::FieldPath;
    use crate::ssa::schema::ListType;

    #[test]
    fn a_custom_kind_has_its_own_fields_and_those_of_every_object() {
        let mut schema = Schema::bundled().clone();
        schema.add_custom(&json!({"spec": {
            "group": "example.com",
            "names": {"kind": "Widget"},
            "versions": [{
                "name": "v1",
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {
                    "type": "object",
                    "properties": {
                        "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                        "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": true,
                            "properties": {"known": {"type": "object", "properties": {"a": {"type": "string"}}}}},
                        "pod": {"type": "object", "x-kubernetes-embedded-resource": true},
                    },
                }}}},
            }],
        }}));
        let widget = schema
            .kind(&GroupVersionKind::new("example.com/v1", "Widget"))
            .expect("a Widget");
        let at = |path: &[&str]| widget.type_at(&FieldPath::of(path));
        assert_eq!(
            *at(&["spec", "tags"]).expect("it").list().expect("a list").kind(),
            ListType::Set
        );
        assert!(at(&["spec", "any", "unknown"]).is_some());
        // Once a schema preserves what it does not know, so do those within it.
        assert!(at(&["spec", "any", "known", "unknown"]).is_some());
        assert!(at(&["spec", "unknown"]).is_none());
        assert!(at(&["spec", "pod", "metadata", "labels", "a"]).is_some());
        assert!(at(&["metadata", "labels", "a"]).is_some());
        assert!(!widget.reset("").is_empty());
        assert_eq!(widget.empty(), json!({}));
    }
}
