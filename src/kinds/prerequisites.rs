//! What an object needs before it can do its work, and no API server looks for when it is written.

use std::collections::BTreeMap;

use serde_json::Value;
use smol_str::SmolStr;

use super::pods::{PodTemplate, reads};
use crate::object::field::{At, FieldPath};
use crate::object::{GroupKind, ObjectRef};

/// Something that an object needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prerequisite {
    /// An object that it names.
    Object(ObjectRef),
    /// A StorageClass for claims that name none.
    DefaultStorageClass,
    /// A node with these labels.
    Node(BTreeMap<String, String>),
}

/// The StorageClass that claims get which name none (Kubernetes' documentation, "Default StorageClass").
const DEFAULT_CLASS: [&str; 2] = [
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
];

/// Whether a StorageClass with these annotations is the default one.
pub fn is_default_class<'a>(annotation: impl Fn(&str) -> Option<&'a str>) -> bool {
    DEFAULT_CLASS.iter().any(|key| annotation(key) == Some("true"))
}

/// What an object needs, each with the fields that say so.
pub type Prerequisites = BTreeMap<Prerequisite, Vec<FieldPath>>;

/// What the object `reference` needs, whose manifest, or whose live state, is `value`.
pub fn prerequisites(reference: &ObjectRef, value: &Value) -> Prerequisites {
    let mut needs = PrerequisiteSearch {
        namespace: reference.namespace.as_deref(),
        found: BTreeMap::new(),
    };
    let root = At::root(value);
    if let Some(pods) = PodTemplate::of(&reference.kind, value) {
        needs.of_pods(&pods);
    }
    match (reference.kind.group.as_str(), reference.kind.kind.as_str()) {
        ("", "PersistentVolumeClaim") => needs.of_claim(&root),
        ("apps", "StatefulSet") => {
            for template in root.at(&["spec", "volumeClaimTemplates"]).items() {
                needs.of_claim(&template);
            }
        }
        ("networking.k8s.io", "Ingress") => needs.of_ingress(&root),
        _ => {}
    }
    needs.found
}

/// The roles that every cluster has, besides `system:` ones.
const CLUSTER_ROLES: [&str; 4] = ["admin", "cluster-admin", "edit", "view"];

/// Whether every cluster has this object, or makes it with its namespace.
pub fn comes_with_a_cluster(reference: &ObjectRef) -> bool {
    let ObjectRef { kind, namespace, name } = reference;
    let namespace = namespace.as_deref();
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "ConfigMap") => name == "kube-root-ca.crt",
        ("", "ServiceAccount") => name == "default",
        ("", "Service") => namespace == Some("default") && name == "kubernetes",
        ("rbac.authorization.k8s.io", "ClusterRole") => {
            CLUSTER_ROLES.contains(&name.as_str()) || name.starts_with("system:")
        }
        ("scheduling.k8s.io", "PriorityClass") => name.starts_with("system-"),
        _ => false,
    }
}

/// Whether the StatefulSet `set` makes this claim for a pod: `TEMPLATE-NAME-ORDINAL`.
pub fn makes_claim(set: &At<'_>, claim: &str) -> bool {
    let name = set.at(&["metadata", "name"]).text().unwrap_or_default();
    let templates = set.at(&["spec", "volumeClaimTemplates"]).items();
    templates.iter().any(|template| {
        let template = template.at(&["metadata", "name"]).text().unwrap_or_default();
        let ordinal = claim.strip_prefix(&format!("{template}-{name}-"));
        ordinal.is_some_and(|ordinal| ordinal.parse::<u32>().is_ok())
    })
}

/// Whether the custom object `custom`, whose manifest is `value`, may make this ConfigMap or Secret.
pub fn may_make(custom: &ObjectRef, value: &Value, made: &ObjectRef) -> bool {
    match ControllerOutput::by(custom, value) {
        ControllerOutput::Secret(secret) => made.kind.is("", "Secret") && secret == made.name,
        ControllerOutput::Nothing => false,
        ControllerOutput::Unknown => custom.name == made.name || holds(&value["spec"], &made.name),
    }
}

/// What an object of a custom kind makes.
enum ControllerOutput<'a> {
    /// The Secret of this name.
    Secret(&'a str),
    /// Nothing.
    Nothing,
    /// Nobody knows: it may be what has its name, or what it mentions, such as the Secret of a Certificate.
    Unknown,
}

impl<'a> ControllerOutput<'a> {
    /// What `custom` makes, by the rules of the two operators that most people use for Secrets.
    fn by(custom: &'a ObjectRef, value: &'a Value) -> Self {
        if custom.kind.is("bitnami.com", "SealedSecret") {
            // Its controller gives the Secret this name whatever the template has.
            Self::Secret(&custom.name)
        } else if custom.kind.is("external-secrets.io", "ExternalSecret") {
            Self::by_external_secret(custom, value)
        } else {
            Self::Unknown
        }
    }

    fn by_external_secret(custom: &'a ObjectRef, value: &'a Value) -> Self {
        let target = |field: &str| value.pointer(&format!("/spec/target/{field}"));
        if target("manifest").is_some() {
            return Self::Unknown;
        }
        match target("creationPolicy").and_then(Value::as_str) {
            // It adds to a Secret that is there, or makes none.
            Some("Merge" | "None") => Self::Nothing,
            _ => Self::Secret(target("name").and_then(Value::as_str).unwrap_or(&custom.name)),
        }
    }
}

fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(value) => value == text,
        Value::Array(items) => items.iter().any(|item| holds(item, text)),
        Value::Object(fields) => fields.values().any(|field| holds(field, text)),
        _ => false,
    }
}

struct PrerequisiteSearch<'n> {
    namespace: Option<&'n str>,
    found: Prerequisites,
}

impl PrerequisiteSearch<'_> {
    fn note(&mut self, what: Prerequisite, path: &FieldPath) {
        self.found.entry(what).or_default().push(path.clone());
    }

    /// The object of this kind, in the namespace of the object itself, that is named there.
    fn named_beside(&mut self, kind: GroupKind, name: &At<'_>) {
        self.note_object(kind, self.namespace.map(SmolStr::from), name);
    }

    fn named_in_cluster(&mut self, kind: GroupKind, name: &At<'_>) {
        self.note_object(kind, None, name);
    }

    fn note_object(&mut self, kind: GroupKind, namespace: Option<SmolStr>, name: &At<'_>) {
        if let Some(text) = name.text() {
            let reference = ObjectRef {
                kind,
                namespace,
                name: text.into(),
            };
            self.note(Prerequisite::Object(reference), &name.path);
        }
    }

    fn of_pods(&mut self, pods: &PodTemplate<'_>) {
        for read in reads(&pods.spec).iter().filter(|read| !read.optional) {
            self.named_beside(read.kind.group_kind(), &read.name);
        }
        let account = pods.spec.field("serviceAccountName");
        self.named_beside(GroupKind::new("", "ServiceAccount"), &account);
        for volume in pods.spec.field("volumes").items() {
            let claim = volume.at(&["persistentVolumeClaim", "claimName"]);
            self.named_beside(GroupKind::new("", "PersistentVolumeClaim"), &claim);
        }
        let priority = pods.spec.field("priorityClassName");
        self.named_in_cluster(GroupKind::new("scheduling.k8s.io", "PriorityClass"), &priority);
        let runtime = pods.spec.field("runtimeClassName");
        self.named_in_cluster(GroupKind::new("node.k8s.io", "RuntimeClass"), &runtime);
        self.of_nodes(&pods.spec.field("nodeSelector"));
    }

    fn of_nodes(&mut self, selector: &At<'_>) {
        let labels = selector.value.as_object().into_iter().flatten();
        let labels: BTreeMap<String, String> = labels
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect();
        let paths = labels.keys().map(|key| selector.field(key).path).collect();
        if !labels.is_empty() {
            self.found.insert(Prerequisite::Node(labels), paths);
        }
    }

    /// An empty class is none, and a claim for one volume needs no class.
    fn of_claim(&mut self, claim: &At<'_>) {
        let class = claim.at(&["spec", "storageClassName"]);
        self.named_in_cluster(GroupKind::new("storage.k8s.io", "StorageClass"), &class);
        if !class.is_there() && !claim.at(&["spec", "volumeName"]).is_there() {
            self.note(Prerequisite::DefaultStorageClass, &claim.field("spec").path);
        }
    }

    /// The Secrets of its certificates, unless something is told by an annotation to make them.
    fn of_ingress(&mut self, ingress: &At<'_>) {
        let class = ingress.at(&["spec", "ingressClassName"]);
        self.named_in_cluster(GroupKind::new("networking.k8s.io", "IngressClass"), &class);
        let annotations = ingress.at(&["metadata", "annotations"]);
        let mut keys = annotations
            .value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key.as_str());
        if keys.any(makes_certificates) {
            return;
        }
        for tls in ingress.at(&["spec", "tls"]).items() {
            self.named_beside(GroupKind::new("", "Secret"), &tls.field("secretName"));
        }
    }
}

/// Whether an annotation of an Ingress asks for certificates: cert-manager's, and the one that it took over
/// (cert-manager's documentation, "Annotated Ingress resource").
fn makes_certificates(key: &str) -> bool {
    key == "kubernetes.io/tls-acme" || key.starts_with("cert-manager.io/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(group: &str, kind: &str, value: &Value) -> Vec<String> {
        let reference = ObjectRef {
            kind: GroupKind::new(group, kind),
            namespace: Some("shop".into()),
            name: "web".into(),
        };
        let mut needed: Vec<String> = prerequisites(&reference, value)
            .iter()
            .map(|(what, paths)| match what {
                Prerequisite::Object(reference) => format!("{reference} at {}", paths[0]),
                Prerequisite::DefaultStorageClass => format!("a default class at {}", paths[0]),
                Prerequisite::Node(labels) => format!("node {labels:?} at {}", paths[0]),
            })
            .collect();
        needed.sort();
        needed
    }

    #[test]
    fn a_workload_needs_what_its_pods_cannot_do_without() {
        let value = json!({"spec": {
            "template": {"spec": {
                "serviceAccountName": "web", "priorityClassName": "high", "runtimeClassName": "gvisor",
                "nodeSelector": {"disk": "ssd"},
                "containers": [{"envFrom": [{"secretRef": {"name": "db"}},
                    {"configMapRef": {"name": "extra", "optional": true}}]}],
                "volumes": [{"persistentVolumeClaim": {"claimName": "data"}}, {"configMap": {"name": "site"}}],
            }},
            "volumeClaimTemplates": [{"spec": {}}, {"spec": {"storageClassName": ""}},
                {"spec": {"storageClassName": "fast"}}, {"spec": {"volumeName": "pv-1"}}],
        }});
        assert_eq!(
            of("apps", "StatefulSet", &value),
            [
                "ConfigMap shop/site at spec.template.spec.volumes[1].configMap.name",
                "PersistentVolumeClaim shop/data at spec.template.spec.volumes[0].persistentVolumeClaim.claimName",
                "PriorityClass high at spec.template.spec.priorityClassName",
                "RuntimeClass gvisor at spec.template.spec.runtimeClassName",
                "Secret shop/db at spec.template.spec.containers[0].envFrom[0].secretRef.name",
                "ServiceAccount shop/web at spec.template.spec.serviceAccountName",
                "StorageClass fast at spec.volumeClaimTemplates[2].spec.storageClassName",
                "a default class at spec.volumeClaimTemplates[0].spec",
                "node {\"disk\": \"ssd\"} at spec.template.spec.nodeSelector.disk",
            ]
        );
    }

    #[test]
    fn an_ingress_needs_its_class_and_the_certificates_that_nothing_makes_for_it() {
        let spec = json!({"ingressClassName": "nginx", "tls": [{"secretName": "tls"}]});
        assert_eq!(
            of("networking.k8s.io", "Ingress", &json!({"spec": spec})),
            [
                "IngressClass nginx at spec.ingressClassName",
                "Secret shop/tls at spec.tls[0].secretName"
            ]
        );
        let issued = json!({"metadata": {"annotations": {"cert-manager.io/cluster-issuer": "ca"}}, "spec": spec});
        assert_eq!(
            of("networking.k8s.io", "Ingress", &issued),
            ["IngressClass nginx at spec.ingressClassName"]
        );
    }
}
