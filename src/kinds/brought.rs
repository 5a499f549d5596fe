//! Kinds that come at run time: a controller makes their CustomResourceDefinitions from another object.
//!
//! Told from the published specs of a `ConstraintTemplate` of [Gatekeeper][] and a `CompositeResourceDefinition` of
//! [Crossplane][]; of anything else by an annotation.
//!
//! [Gatekeeper]: https://open-policy-agent.github.io/gatekeeper/website/docs/constrainttemplates
//! [Crossplane]: https://docs.crossplane.io/latest/composition/composite-resource-definitions/

use serde_json::Value;

use crate::object::{GroupKind, metadata_text};

/// The annotation of an object that brings kinds: `KIND.GROUP, …`.
pub const BRINGS: &str = "stackanetes.io/brings";

/// A kind that an object brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// The kind.
    pub kind: GroupKind,
    /// Whether its objects are in namespaces, where that is known.
    pub namespaced: Option<bool>,
}

/// The kinds that an object of this kind brings at run time. What cannot be read of it brings nothing.
///
/// ```
/// use serde_json::json;
/// use stackanetes::kinds::brought::brought;
/// use stackanetes::object::GroupKind;
///
/// let template = json!({"spec": {"crd": {"spec": {"names": {"kind": "K8sRequiredLabels"}}}}});
/// let found = brought(&GroupKind::new("templates.gatekeeper.sh", "ConstraintTemplate"), &template);
/// assert_eq!(found[0].kind.to_string(), "K8sRequiredLabels.constraints.gatekeeper.sh");
/// ```
pub fn brought(kind: &GroupKind, object: &Value) -> Vec<Brought> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let named = |group: Option<&str>, pointer: &str, namespaced: Option<bool>| {
        Some(Brought {
            kind: GroupKind::new(group?, text(pointer)?),
            namespaced,
        })
    };
    let mut found = Vec::new();
    if kind.is("templates.gatekeeper.sh", "ConstraintTemplate") {
        let group = Some("constraints.gatekeeper.sh");
        found.extend(named(group, "/spec/crd/spec/names/kind", Some(false)));
    } else if kind.is("apiextensions.crossplane.io", "CompositeResourceDefinition") {
        // Since v2 a composite resource is in a namespace unless the definition says otherwise.
        let is_first = text("/apiVersion").is_none_or(|version| version.ends_with("/v1"));
        let scope = text("/spec/scope").unwrap_or(if is_first { "LegacyCluster" } else { "Namespaced" });
        let group = text("/spec/group");
        found.extend(named(group, "/spec/names/kind", Some(scope == "Namespaced")));
        found.extend(named(group, "/spec/claimNames/kind", Some(true)));
    }
    let declared = metadata_text(object, "annotations", BRINGS).unwrap_or_default();
    let kinds = declared.split(',').map(|name| GroupKind::parse(name.trim()));
    let named = kinds.filter(|kind| !kind.kind.is_empty() && !kind.group.is_empty());
    found.extend(named.map(|kind| Brought { kind, namespaced: None }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(kind: GroupKind, object: &Value) -> Vec<String> {
        let told = brought(&kind, object).into_iter();
        told.map(|one| format!("{} {:?}", one.kind, one.namespaced)).collect()
    }

    #[test]
    fn a_composite_resource_has_the_scope_of_its_definition_and_a_claim_is_in_a_namespace() {
        let definition = |version: &str, scope: Option<&str>| {
            let mut object = json!({"apiVersion": format!("apiextensions.crossplane.io/{version}"), "spec": {
                "group": "example.org", "names": {"kind": "XDatabase", "plural": "xdatabases"},
            }});
            if let Some(scope) = scope {
                object["spec"]["scope"] = scope.into();
            }
            object
        };
        let kind = || GroupKind::new("apiextensions.crossplane.io", "CompositeResourceDefinition");
        let database = "XDatabase.example.org";
        assert_eq!(
            told(kind(), &definition("v2", None)),
            [format!("{database} Some(true)")]
        );
        assert_eq!(
            told(kind(), &definition("v2", Some("Cluster"))),
            [format!("{database} Some(false)")]
        );
        let mut first = definition("v1", None);
        first["spec"]["claimNames"] = json!({"kind": "Database", "plural": "databases"});
        assert_eq!(
            told(kind(), &first),
            [
                format!("{database} Some(false)"),
                "Database.example.org Some(true)".to_owned()
            ]
        );
    }

    #[test]
    fn an_annotation_names_kinds_and_what_cannot_be_read_brings_nothing() {
        let object = |text: &str| json!({"metadata": {"annotations": {BRINGS: text}}});
        let deployment = || GroupKind::new("apps", "Deployment");
        assert_eq!(
            told(deployment(), &object("Widget.example.com, Gadget.example.com")),
            ["Widget.example.com None", "Gadget.example.com None"]
        );
        assert!(told(deployment(), &object("Widget,, .")).is_empty());
        let template = GroupKind::new("templates.gatekeeper.sh", "ConstraintTemplate");
        assert!(told(template, &json!({"spec": {"crd": 1}})).is_empty());
    }
}
