//! Manifests: documents that are Kubernetes objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use smol_str::SmolStr;

use super::check::{FileCheck, ManifestIdentity};
use super::origins::{ManifestOrigins, PlacedDocument, Provenance};
use super::secret;
use super::unseal::{Unsealed, Unsealer};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Origin, Place, Role, SourceFile};
use crate::kinds::generate::Generated;
use crate::object::field::{FieldPath, PathElement};
use crate::object::{self, GroupVersionKind, ObjectRef, Origins};
use crate::source::render::Rendering;
use crate::yaml::{Entry, Node, NodeValue};

/// A file with a schema, as it was read: perhaps compressed, and perhaps no schema at all.
#[derive(Debug)]
pub struct SchemaFile {
    /// What it is called, as people typed the directory.
    pub path: String,
    /// The content of the file.
    pub bytes: Vec<u8>,
    /// Where the file is named.
    pub place: Place,
}

/// An object as it is written down, before its kind and its namespace are known to the cluster.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Its kind.
    pub gvk: GroupVersionKind,
    /// Its name.
    pub name: SmolStr,
    /// Its namespace, if it names one.
    pub namespace: Option<SmolStr>,
    /// The namespace of the Helm release that it is of. It goes there if it names none, and its kind has namespaces.
    pub release_namespace: Option<SmolStr>,
    /// The object; a Secret without `stringData`, which is folded into `data`.
    pub value: Value,
    /// The places of its fields, and which of them are secret.
    pub origins: Arc<dyn Origins>,
    /// The place where it begins.
    pub place: Place,
    /// The values of a Secret that are made in the cluster.
    pub generate: Vec<Generated>,
    /// The option schemas of the files in its data, by their keys.
    pub schemas: BTreeMap<String, Arc<SchemaFile>>,
}

/// Reads the manifests of `file`, adding what is wrong with them to `errors`.
///
/// Empty documents are skipped, expressions filled in by `rendering`, and lists taken apart.
pub(super) fn read(
    file: &Arc<SourceFile>,
    rendering: Option<&Arc<Rendering>>,
    unsealer: &Unsealer<'_>,
    errors: &mut Vec<Error>,
) -> Vec<Manifest> {
    let mut found = Vec::new();
    let Unsealed {
        file: shown,
        documents,
        seal,
    } = unsealer.documents(file, &mut found);
    let file = &shown;
    let mut manifests = Vec::with_capacity(documents.len());
    for document in documents.into_iter().filter(|document| !document.root.is_null()) {
        // What is encrypted has origins that say so.
        let is_plain = seal.is_none() && Rendering::is_plain(&document.root);
        let (root, made) = match rendering.filter(|_| !is_plain) {
            None => (document.root, Provenance::Plain),
            Some(rendering) => match rendering.document(file, &document.root, &mut found) {
                Some(rendered) if rendered.has_secrets() => (rendered.to_node(), Provenance::Secret),
                Some(rendered) => (rendered.to_node(), Provenance::Open),
                None => continue,
            },
        };
        let rendering = rendering.map(|rendering| (Arc::clone(rendering), made));
        let placed = PlacedDocument::new(Arc::clone(file), document.span, rendering).sealed(seal.clone());
        let placed = Arc::new(placed);
        let mut check = FileCheck::new(file);
        let mut reader = ManifestReader {
            document: &placed,
            check: &mut check,
            manifests: &mut manifests,
        };
        reader.read(root, &FieldPath::root());
        found.append(&mut check.errors);
    }
    found.sort_by_key(|error| error.places().first().map(|(place, _)| place.span.start));
    errors.append(&mut found);
    manifests
}

impl Manifest {
    /// What it is called, if what names no namespace is in `default`. Whether its kind has namespaces is the
    /// cluster's to say.
    pub fn reference(&self, default: Option<&str>) -> ObjectRef {
        ObjectRef {
            kind: self.gvk.group_kind.clone(),
            namespace: self.namespace_or(default).map(SmolStr::from),
            name: self.name.clone(),
        }
    }

    /// The namespace that it names, or its release has; else this one.
    pub fn namespace_or<'a>(&'a self, default: Option<&'a str>) -> Option<&'a str> {
        let own = self.namespace.as_deref();
        own.or(self.release_namespace.as_deref()).or(default)
    }

    /// Whether an object of this kind that is called the same says the same, so that it does not matter which of the
    /// two is taken. What is made in the cluster is never the same: each has declared it for itself.
    pub fn is_repeated_by(&self, gvk: &GroupVersionKind, value: &Value, generate: &[Generated]) -> bool {
        self.gvk == *gvk && self.value == *value && self.generate.is_empty() && generate.is_empty()
    }

    /// A label of it.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.value.get("metadata")?.get("labels")?.get(key)?.as_str()
    }

    /// An annotation of it.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.value.get("metadata")?.get("annotations")?.get(key)?.as_str()
    }
}

/// Reads the objects of one document.
struct ManifestReader<'a, 'f> {
    document: &'a Arc<PlacedDocument>,
    check: &'a mut FileCheck<'f>,
    manifests: &'a mut Vec<Manifest>,
}

impl ManifestReader<'_, '_> {
    fn read(&mut self, node: Node, path: &FieldPath) {
        if is_list(&node) {
            return self.read_list(node, path);
        }
        let already = self.check.errors.len();
        let identity = self.check.object(&node);
        if let Some(identity) = identity.filter(|_| self.check.errors.len() == already) {
            let manifest = self.manifest(node, path, identity);
            match self.named_by_a_secret(&manifest) {
                Some(error) => self.check.errors.push(error),
                None => self.manifests.push(manifest),
            }
        }
    }

    /// That a secret parameter tells which object it is: names are shown, by us and by every server. A file that SOPS
    /// encrypted whole has names in it too, which are no secrets: whatever is not declared to be one may be a name.
    fn named_by_a_secret(&self, manifest: &Manifest) -> Option<Error> {
        const NAMES: [&[&str]; 4] = [
            &["apiVersion"],
            &["kind"],
            &["metadata", "name"],
            &["metadata", "namespace"],
        ];
        // Any other document need not be read again to be asked.
        if !self.document.is_made_of_secrets() {
            return None;
        }
        let mut fields = NAMES.iter().map(|field| FieldPath::of(field));
        let is_declared = |origin: &Origin| origin.role == Role::SecretParameter;
        let field = fields.find(|field| manifest.origins.of(field).iter().any(is_declared))?;
        let written = manifest.origins.of(&field);
        let written = written.into_iter().find(|origin| origin.role == Role::Manifest);
        let place = written.map_or_else(|| manifest.place.clone(), |origin| origin.place);
        let message =
            format!("`{field}` is made from a secret parameter, and would be shown to everybody who lists objects");
        let hint = "make names from other parameters; a parameter is secret where its schema says `writeOnly`";
        Some(Error::new(message).at(place, "").hint(hint))
    }

    fn read_list(&mut self, node: Node, path: &FieldPath) {
        let NodeValue::Mapping(entries) = node.value else {
            return;
        };
        let inherited = typed_list(&entries);
        let Some(items) = entries.into_iter().find(|entry| entry.key == "items") else {
            return;
        };
        let path = path.join(PathElement::field(&items.key));
        let NodeValue::Sequence(items) = items.value.value else {
            return;
        };
        for (index, mut item) in items.into_iter().enumerate() {
            inherit(&mut item, &inherited);
            self.read(item, &path.join(PathElement::Index(index)));
        }
    }

    fn manifest(&self, node: Node, path: &FieldPath, identity: ManifestIdentity) -> Manifest {
        let ManifestIdentity { gvk, name, namespace } = identity;
        let is_secret = object::is_secret(&gvk.group_kind);
        let place = self.check.first_line(&node);
        let mut value = node.into_value();
        if is_secret {
            secret::fold(&mut value);
        }
        let document = Arc::clone(self.document);
        let origins = ManifestOrigins {
            document,
            object: path.clone(),
            place: place.clone(),
            is_secret,
        };
        Manifest {
            gvk,
            name,
            namespace,
            release_namespace: None,
            value,
            origins: Arc::new(origins),
            place,
            generate: Vec::new(),
            schemas: BTreeMap::new(),
        }
    }
}

/// What the items of a typed list such as a `ConfigMapList` need not say themselves: its version, and
/// its kind without `List`.
fn typed_list(entries: &[Entry]) -> Vec<Entry> {
    let find = |key: &str| entries.iter().find(|entry| entry.key == key).cloned();
    let Some(mut kind) = find("kind") else {
        return Vec::new();
    };
    let item_kind = kind.value.as_str().and_then(|kind| kind.strip_suffix("List"));
    match item_kind.filter(|kind| !kind.is_empty()).map(str::to_owned) {
        Some(item_kind) => {
            kind.value.value = NodeValue::String(item_kind);
            find("apiVersion").into_iter().chain([kind]).collect()
        }
        None => Vec::new(),
    }
}

fn inherit(item: &mut Node, inherited: &[Entry]) {
    if let NodeValue::Mapping(entries) = &mut item.value {
        for entry in inherited {
            if !entries.iter().any(|own| own.key == entry.key) {
                entries.push(entry.clone());
            }
        }
    }
}

/// Whether this is a list of objects, as `kubectl get -o yaml` writes it.
fn is_list(node: &Node) -> bool {
    let kind = node.entry("kind").and_then(|kind| kind.value.as_str());
    let items = node.entry("items").map(|items| &items.value);
    kind.is_some_and(|kind| kind.ends_with("List"))
        && items.is_some_and(|items| items.items().is_some() || items.is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::generate::GeneratedForm;
    use crate::sops::Identities;

    fn manifests(text: &str) -> Vec<Manifest> {
        let mut errors = Vec::new();
        let none = Identities::default();
        let manifests = read(
            &SourceFile::new("a.yaml", text),
            None,
            &Unsealer::new(&none),
            &mut errors,
        );
        assert!(errors.is_empty(), "{errors:?}");
        manifests
    }

    fn shown(manifest: &Manifest, path: &FieldPath) -> String {
        let origins = manifest.origins.of(path);
        let place = &origins[0].place;
        format!("{} {}", place.line(), &place.file.text()[place.span.clone()])
    }

    const LIST: &str = "apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a, namespace: x}
- apiVersion: apps/v1
  kind: DeploymentList
  items:
  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: b}}
";

    #[test]
    fn an_object_is_read_with_its_identity() {
        let manifests =
            manifests("# only a comment\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n---\n");
        let manifest = &manifests[0];
        assert_eq!(
            (manifests.len(), manifest.gvk.to_string().as_str()),
            (1, "apps/v1 Deployment")
        );
        assert_eq!((manifest.name.as_str(), &manifest.namespace), ("a", &None));
        assert_eq!(manifest.place.to_string(), "a.yaml:3:1");
    }

    #[test]
    fn a_list_is_its_items_and_their_origins_point_into_it() {
        let manifests = manifests(LIST);
        let names: Vec<_> = manifests.iter().map(|manifest| manifest.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(
            shown(&manifests[0], &FieldPath::of(&["metadata", "namespace"])),
            "6 namespace: x"
        );
        assert_eq!(shown(&manifests[0], &FieldPath::of(&["data", "x"])), "4 apiVersion: v1");
        assert_eq!(
            shown(&manifests[1], &FieldPath::of(&["metadata", "name"])),
            "10 name: b"
        );
        assert_eq!(manifests[1].place.line(), 10);
        assert!(super::tests::manifests("kind: List\nitems: []\n").is_empty());
    }

    #[test]
    fn an_item_of_a_typed_list_has_its_kind() {
        let text = "apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a}\n  data: {x: z}\n";
        let manifest = &manifests(text)[0];
        assert_eq!(manifest.gvk, GroupVersionKind::new("v1", "ConfigMap"));
        assert_eq!(manifest.value["kind"], "ConfigMap");
    }

    #[test]
    fn data_of_a_secret_is_shown_where_it_is_written() {
        let text =
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  a: YQ==\n  b: YQ==\nstringData:\n  b: b\n";
        let manifest = &manifests(text)[0];
        assert_eq!(manifest.value["data"], json!({"a": "YQ==", "b": "Yg=="}));
        assert_eq!(manifest.value.get("stringData"), None);
        assert_eq!(shown(manifest, &FieldPath::of(&["data"])), "4 data");
        assert_eq!(shown(manifest, &FieldPath::of(&["data", "a"])), "5 a: YQ==");
        assert_eq!(shown(manifest, &FieldPath::of(&["data", "b"])), "8 b: b");
        let only_text = &manifests("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {b: b}\n")[0];
        assert_eq!(shown(only_text, &FieldPath::of(&["data"])), "4 stringData: {b: b}");
        assert_eq!(shown(only_text, &FieldPath::of(&["data", "b"])), "4 b: b");
    }

    #[test]
    fn only_a_manifest_that_says_the_same_and_makes_nothing_is_a_repetition() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {b: b}\n";
        let said = |text: &str| manifests(text).remove(0);
        let is_repeated = |one: &Manifest, other: &Manifest| {
            assert_eq!(
                one.is_repeated_by(&other.gvk, &other.value, &other.generate),
                other.is_repeated_by(&one.gvk, &one.value, &one.generate)
            );
            one.is_repeated_by(&other.gvk, &other.value, &other.generate)
        };
        let one = said(text);
        assert!(is_repeated(
            &one,
            &said(&text.replace("stringData: {b: b}", "data: {b: Yg==}"))
        ));
        assert!(!is_repeated(&one, &said(&text.replace("b: b", "b: c"))));
        assert!(!is_repeated(&one, &said(&text.replace("v1", "v2"))));
        let mut made = said(text);
        made.generate.push(Generated {
            key: "x".into(),
            form: GeneratedForm::Fernet,
            rotation: 0,
            place: None,
        });
        assert!(!is_repeated(&one, &made) && !is_repeated(&made, &made));
    }

    #[test]
    fn errors_stand_in_the_order_of_the_file() {
        let mut errors = Vec::new();
        let text = "kind: A\n---\na: b: c\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: 1, labels: {a: 1}}\n";
        let none = Identities::default();
        assert!(
            read(
                &SourceFile::new("a.yaml", text),
                None,
                &Unsealer::new(&none),
                &mut errors
            )
            .is_empty()
        );
        let errors: Vec<_> = errors
            .iter()
            .map(|error| format!("{} {error}", error.places()[0].0))
            .collect();
        assert_eq!(
            errors,
            [
                "a.yaml:1:1 `apiVersion` is missing",
                "a.yaml:1:1 `metadata.name` is missing",
                "a.yaml:3:5 a `:` cannot stand here",
                "a.yaml:7:12 `metadata.name` must be text, not a number",
                "a.yaml:7:30 the label `a` must be text, not a number",
            ]
        );
    }
}
