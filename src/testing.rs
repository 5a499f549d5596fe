//! Objects for unit tests: desired ones from YAML, live ones with who owns what.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::applyset::inventory::{self, ApplySet};
use crate::cluster::Resource;
use crate::diagnostic::place::{Origin, Place, Role, SourceFile};
use crate::object::field::FieldPath;
use crate::object::{DesiredObject, GroupVersionKind, LiveObject, ObjectRef, Origins};
use crate::source::Manifest;
use crate::yaml::{self, Node};

/// The name under which the tests apply.
pub(crate) const US: &str = "stackanetes";

/// Answers from the text of one object, of which some fields may be made from a secret parameter.
#[derive(Debug)]
struct Written {
    file: Arc<SourceFile>,
    root: Node,
    secret: Option<FieldPath>,
}

impl Origins for Written {
    fn of(&self, path: &FieldPath) -> Vec<Origin> {
        let span = if path.elements().is_empty() {
            0..1
        } else {
            self.root.locate(path, self.file.text())
        };
        let is_secret = self.secret.as_ref().is_some_and(|secret| path.starts_with(secret));
        vec![Origin {
            role: if is_secret {
                Role::SecretParameter
            } else {
                Role::Manifest
            },
            place: Place::new(Arc::clone(&self.file), span),
        }]
    }

    fn is_secret(&self, path: &FieldPath) -> bool {
        let secret = self.secret.as_ref();
        secret.is_some_and(|secret| path.starts_with(secret) || secret.starts_with(path))
    }
}

/// The documents of a table of `fixtures/`.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    let mut errors = Vec::new();
    let documents = yaml::documents(&SourceFile::new("fixture.yaml", text), &mut errors);
    assert!(errors.is_empty(), "{errors:?}");
    documents
        .into_iter()
        .map(|document| document.root.into_value())
        .collect()
}

/// The object that `text` in `a.yaml` wants.
pub(crate) fn desired(text: &str) -> DesiredObject {
    read(text, None)
}

/// The object that `text` in `a.yaml` wants, with the value at `secret` made from a secret parameter.
pub(crate) fn desired_with_secret(text: &str, secret: &[&str]) -> DesiredObject {
    desired_with_secret_at(text, FieldPath::of(secret))
}

/// The object that `text` in `a.yaml` wants, with the value at any path made from a secret parameter.
pub(crate) fn desired_with_secret_at(text: &str, secret: FieldPath) -> DesiredObject {
    read(text, Some(secret))
}

fn read(text: &str, secret: Option<FieldPath>) -> DesiredObject {
    let file = SourceFile::new("a.yaml", text);
    let mut errors = Vec::new();
    let root = yaml::documents(&file, &mut errors).remove(0).root;
    assert!(errors.is_empty(), "{errors:?}");
    let value = root.to_value();
    let live = LiveObject::new(value.clone());
    DesiredObject {
        reference: live.reference(),
        version: gvk(&value).version,
        value,
        origins: Arc::new(Written { file, root, secret }),
        generate: Vec::new(),
        inputs: None,
        rules: Vec::new(),
        ignored_namespace: None,
        repeated: Vec::new(),
    }
}

/// The manifest that `text` is.
pub(crate) fn manifest(text: &str) -> Manifest {
    let object = desired(text);
    Manifest {
        gvk: object.gvk(),
        name: object.reference.name.clone(),
        namespace: object.reference.namespace.clone(),
        release_namespace: None,
        place: object.place(&FieldPath::root()).expect("a place"),
        value: object.value,
        origins: object.origins,
        generate: object.generate,
        schemas: std::collections::BTreeMap::new(),
    }
}

fn gvk(value: &Value) -> GroupVersionKind {
    let text = |key: &str| value[key].as_str().unwrap_or_default();
    GroupVersionKind::new(text("apiVersion"), text("kind"))
}

/// The live object `value`, owned like `owners`: each a writer and its fields.
///
/// A writer is `name` (it updates) or `=name` (it applies), with `/subresource` and `@time` behind it.
/// Fields are paths of words with blanks between them, with commas between the paths:
/// `data a, spec containers k:{"name":"x"} image`.
pub(crate) fn live(mut value: Value, owners: &[(&str, &str)]) -> LiveObject {
    let entries: Vec<Value> = owners
        .iter()
        .map(|(writer, fields)| {
            let (writer, time) = writer.split_once('@').unwrap_or((writer, "2026-01-01T00:00:00Z"));
            let (writer, subresource) = writer.split_once('/').unwrap_or((writer, ""));
            let applied = writer.strip_prefix('=');
            json!({
                "manager": applied.unwrap_or(writer),
                "operation": if applied.is_some() { "Apply" } else { "Update" },
                "subresource": subresource,
                "time": time,
                "fieldsV1": fields_v1(fields),
            })
        })
        .collect();
    value["metadata"]["managedFields"] = entries.into();
    LiveObject::new(value)
}

fn fields_v1(fields: &str) -> Value {
    let mut root = json!({});
    for path in fields.split(", ").filter(|path| !path.is_empty()) {
        let mut at = &mut root;
        for word in path.split(' ') {
            let is_spelled = word == "." || word.starts_with("k:") || word.starts_with("v:");
            let key = if is_spelled {
                word.to_owned()
            } else {
                format!("f:{word}")
            };
            at = at
                .as_object_mut()
                .expect("a map")
                .entry(key)
                .or_insert_with(|| Map::new().into());
        }
    }
    root
}

/// How objects of `value`'s kind are reached.
pub(crate) fn resource_of(value: &Value) -> Resource {
    let namespaced = value.pointer("/metadata/namespace").is_some();
    let gvk = gvk(value);
    resource(&gvk.api_version(), &gvk.group_kind.kind, namespaced)
}

/// A kind that a cluster serves.
pub(crate) fn resource(api_version: &str, kind: &str, namespaced: bool) -> Resource {
    Resource {
        gvk: GroupVersionKind::new(api_version, kind),
        plural: format!("{}s", kind.to_lowercase()).into(),
        namespaced,
        listable: true,
    }
}

/// The ApplySet of the tests.
pub(crate) fn set() -> ApplySet {
    ApplySet {
        name: "demo".into(),
        namespace: "prod".into(),
    }
}

/// An object of the core group, or of `group/Kind`.
pub(crate) fn reference(kind: &str, namespace: Option<&str>, name: &str) -> ObjectRef {
    let (group, kind) = kind.split_once('/').unwrap_or(("", kind));
    ObjectRef {
        kind: crate::object::GroupKind::new(group, kind),
        namespace: namespace.map(Into::into),
        name: name.into(),
    }
}

/// Puts our note of what `git` said onto `value`.
pub(crate) fn note(value: &mut Value, git: &DesiredObject) {
    value["metadata"]["annotations"][inventory::APPLIED] = inventory::AppliedDigests::of(git).to_string().into();
}
