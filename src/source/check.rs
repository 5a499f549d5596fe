//! What can be said against a manifest without a cluster. No message quotes a value.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{exclude, secret};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};
use crate::object::{self, GroupVersionKind};
use crate::sops;
use crate::yaml::{Entry, Node, NodeValue};

/// What stands where nothing is written.
static NOTHING: Node = Node {
    value: NodeValue::Null,
    span: 0..0,
};

/// What to do about a file that Kustomize reads.
const KUSTOMIZATION_HINT: &str = "a kustomization is built where stackanetes.yaml, or the component.yaml of its folder, \
     says `kustomize: FOLDER` (`stackanetes help kustomize-and-helm`); otherwise leave it out by a pattern below \
     `exclude:` in stackanetes.yaml, or in a .stackanetesignore";

/// What an object is called.
pub(super) struct ManifestIdentity {
    pub(super) gvk: GroupVersionKind,
    pub(super) name: SmolStr,
    pub(super) namespace: Option<SmolStr>,
}

/// Checks the objects of one file.
pub(super) struct FileCheck<'a> {
    file: &'a Arc<SourceFile>,
    /// The mistakes that were found so far.
    pub(super) errors: Vec<Error>,
}

impl<'a> FileCheck<'a> {
    pub(super) fn new(file: &'a Arc<SourceFile>) -> Self {
        Self {
            file,
            errors: Vec::new(),
        }
    }

    /// Checks an object. It may have errors though it has an identity.
    pub(super) fn object(&mut self, node: &Node) -> Option<ManifestIdentity> {
        if node.entries().is_none() {
            self.error_in(
                node,
                format!("a manifest must be a mapping, not {}", node.describe()),
                exclude::HINT,
            );
            return None;
        }
        let lacks = |key: &str| node.entry(key).is_none();
        if lacks("kind") && (lacks("apiVersion") || lacks("metadata")) {
            let hint = if self.file.path().ends_with("/stackanetes.yaml") {
                "only the stackanetes.yaml at the top of the directory is read as settings"
            } else if is_kustomization(self.file.path()) {
                KUSTOMIZATION_HINT
            } else {
                exclude::HINT
            };
            let message = if lacks("apiVersion") {
                "this is no Kubernetes object: it has neither `apiVersion` nor `kind`"
            } else {
                "this is no Kubernetes object: it has neither `kind` nor `metadata`"
            };
            self.error_in(node, message, hint);
            return None;
        }
        if let Some(entry) = ["apiVersion", "kind", "metadata"]
            .iter()
            .find_map(|key| encrypted(node.entry(key)?))
        {
            self.error_at(
                entry,
                format!(
                    "`{}` is encrypted, so it cannot be said which object this is",
                    entry.key
                ),
                "give an age identity with --age-key-file, or leave what names the object in the open: `sops encrypt \
                 --encrypted-regex '^(data|stringData)$'`",
            );
            return None;
        }
        let api_version = self.api_version(node);
        let kind = self.required(node, "kind", "kind", node);
        let metadata = self.mapping(node, "metadata", "metadata")?;
        let name = self.name(node, metadata);
        let namespace = self.namespace(metadata);
        self.texts(metadata, "labels", "label");
        self.texts(metadata, "annotations", "annotation");
        self.server_only(metadata);
        let gvk = GroupVersionKind::new(&api_version?, &kind?);
        if object::is_secret(&gvk.group_kind) {
            // However the kind is spelled, and wherever it comes from.
            let file = SourceFile::confidential(self.file.path(), self.file.text());
            secret::check(node, &file, &mut self.errors);
        }
        Some(ManifestIdentity {
            gvk,
            name: name?.into(),
            namespace: namespace.map(SmolStr::from),
        })
    }

    /// Checks what is merged under many objects: all but what tells them apart.
    pub(super) fn default(&mut self, node: &Node) {
        for key in ["apiVersion", "kind"] {
            if let Some(entry) = node.entry(key) {
                let hint = "say which objects it is for with `$select: {kind: …}`";
                self.error_at(entry, format!("a default has no `{key}`"), hint);
            }
        }
        let Some(metadata) = self.mapping(node, "metadata", "metadata") else {
            return;
        };
        for key in ["name", "namespace", "generateName"] {
            if let Some(entry) = metadata.entry(key) {
                let message = format!("a default has no `metadata.{key}`: each object says its own");
                self.error_at(entry, message, "take it out");
            }
        }
        if let Some(entry) = node.entry("stringData") {
            self.error_at(
                entry,
                "a default has no `stringData`",
                "write it as base64, under `data`",
            );
        }
        self.texts(metadata, "labels", "label");
        self.texts(metadata, "annotations", "annotation");
        self.server_only(metadata);
    }

    /// Fields that bind an object to one that a cluster has or had, as in what `kubectl get` prints.
    fn server_only(&mut self, metadata: &Node) {
        for key in ["uid", "resourceVersion", "managedFields"] {
            if let Some(entry) = metadata.entry(key).filter(|entry| !entry.value.is_null()) {
                let message = format!("`metadata.{key}` is written by the server only");
                self.error_at(entry, message, "take it out");
            }
        }
    }

    /// The place of the first line of `node`.
    pub(super) fn first_line(&self, node: &Node) -> Place {
        Place::new(Arc::clone(self.file), node.first_line(self.file.text()))
    }

    fn api_version(&mut self, node: &Node) -> Option<String> {
        let text = self.required(node, "apiVersion", "apiVersion", node)?;
        let parts: Vec<_> = text.split('/').collect();
        let fits = parts.len() <= 2 && parts.iter().all(|part| !part.is_empty());
        if let Some(entry) = node.entry("apiVersion").filter(|_| !fits) {
            let message = "`apiVersion` must be a version, or a group and a version";
            self.error_at(entry, message, "write `v1`, or for example `apps/v1`");
        }
        fits.then_some(text)
    }

    fn name(&mut self, object: &Node, metadata: &Node) -> Option<String> {
        if let (Some(entry), None) = (metadata.entry("generateName"), metadata.entry("name")) {
            let message = "`metadata.generateName` would make another object at every sync";
            self.error_at(entry, message, "give the object a `name`, by which it is found again");
            return None;
        }
        self.required(metadata, "name", "metadata.name", object)
    }

    fn namespace(&mut self, metadata: &Node) -> Option<String> {
        let entry = metadata.entry("namespace").filter(|entry| !entry.value.is_null())?;
        if entry.value.as_str().is_none() {
            let message = format!("`metadata.namespace` must be text, not {}", entry.value.describe());
            self.error_at(entry, message, "put it in quotes");
        }
        entry.value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Labels and annotations are text; API servers refuse anything else.
    fn texts(&mut self, metadata: &Node, field: &str, what: &str) {
        let Some(texts) = self.mapping(metadata, field, &format!("metadata.{field}")) else {
            return;
        };
        for text in texts.entries().unwrap_or_default() {
            let hint = match &text.value.value {
                NodeValue::String(_) | NodeValue::Null => continue,
                NodeValue::Bool(_) => {
                    "put it in quotes; without them y, yes, on and true are true, and n, no, off and false are false"
                }
                _ => "put it in quotes",
            };
            let message = format!("the {what} `{}` must be text, not {}", text.key, text.value.describe());
            self.error_at(text, message, hint);
        }
    }

    /// The mapping at `key`; null if there is none, and nothing if it is something else.
    fn mapping<'n>(&mut self, node: &'n Node, key: &str, path: &str) -> Option<&'n Node> {
        match node.entry(key) {
            None => Some(&NOTHING),
            Some(entry) if entry.value.entries().is_some() || entry.value.is_null() => Some(&entry.value),
            Some(entry) => {
                self.error_at(
                    entry,
                    format!("`{path}` must be a mapping, not {}", entry.value.describe()),
                    "",
                );
                None
            }
        }
    }

    /// The text of a key that must be there. If it is not, `object` is shown.
    fn required(&mut self, node: &Node, key: &str, path: &str, object: &Node) -> Option<String> {
        let Some(entry) = node.entry(key) else {
            let version = object
                .entry("apiVersion")
                .and_then(|entry| entry.value.as_str())
                .unwrap_or_default();
            let hint = if version.starts_with("kustomize.config.k8s.io/") {
                KUSTOMIZATION_HINT
            } else {
                ""
            };
            self.error_in(object, format!("`{path}` is missing"), hint);
            return None;
        };
        match &entry.value.value {
            NodeValue::String(text) if !text.is_empty() => return Some(text.clone()),
            NodeValue::String(_) | NodeValue::Null => self.error_at(entry, format!("`{path}` is empty"), ""),
            _ => {
                let message = format!("`{path}` must be text, not {}", entry.value.describe());
                self.error_at(entry, message, "put it in quotes");
            }
        }
        None
    }

    fn error_in(&mut self, object: &Node, message: impl Into<String>, hint: &str) {
        let error = Error::new(message).at(self.first_line(object), "in this object");
        self.errors.push(hinted(error, hint));
    }

    fn error_at(&mut self, entry: &Entry, message: impl Into<String>, hint: &str) {
        let place = Place::new(Arc::clone(self.file), entry.line(self.file.text()));
        self.errors.push(hinted(Error::new(message).at(place, ""), hint));
    }
}

/// What names an object and is a ciphertext, at or right below `entry`.
fn encrypted(entry: &Entry) -> Option<&Entry> {
    let is_ciphertext = |entry: &&Entry| entry.value.as_str().is_some_and(sops::is_ciphertext);
    let below = entry.value.entries().unwrap_or_default().iter();
    let mut named = below.filter(|below| ["name", "namespace"].contains(&below.key.as_str()));
    Some(entry).filter(is_ciphertext).or_else(|| named.find(is_ciphertext))
}

fn hinted(error: Error, hint: &str) -> Error {
    if hint.is_empty() { error } else { error.hint(hint) }
}

/// Whether Kustomize reads this file by its name.
fn is_kustomization(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["kustomization.yaml", "kustomization.yml", "Kustomization"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    /// `line:column message` of every error.
    fn checked(text: &str) -> Vec<String> {
        let file = SourceFile::new("a.yaml", text);
        let mut check = FileCheck::new(&file);
        let mut errors = Vec::new();
        for document in yaml::documents(&file, &mut errors) {
            check.object(&document.root);
        }
        assert!(errors.is_empty(), "{errors:?}");
        let shown = |error: &Error| {
            let place = &error.places()[0].0;
            format!("{}:{} {error}", place.line(), place.column())
        };
        check.errors.iter().map(shown).collect()
    }

    fn config_map(metadata: &str) -> Vec<String> {
        checked(&format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {metadata}\n"))
    }

    #[test]
    fn what_an_object_needs_to_be_found_again_is_required() {
        for (text, error) in [
            ("- a\n", "1:1 a manifest must be a mapping, not a list"),
            (
                "image: x\n",
                "1:1 this is no Kubernetes object: it has neither `apiVersion` nor `kind`",
            ),
            ("kind: A\nmetadata: {name: a}\n", "1:1 `apiVersion` is missing"),
            (
                "apiVersion: 1\nkind: A\nmetadata: {name: a}\n",
                "1:1 `apiVersion` must be text, not a number",
            ),
            (
                "apiVersion: a/b/c\nkind: A\nmetadata: {name: a}\n",
                "1:1 `apiVersion` must be a version, or a group and a version",
            ),
            ("apiVersion: v1\nkind:\nmetadata: {name: a}\n", "2:1 `kind` is empty"),
            ("apiVersion: v1\nkind: A\n", "1:1 `metadata.name` is missing"),
            (
                "apiVersion: v1\nkind: A\nmetadata: x\n",
                "3:1 `metadata` must be a mapping, not text",
            ),
        ] {
            assert_eq!(checked(text), [error], "{text}");
        }
        assert_eq!(config_map("{name: ''}"), ["3:12 `metadata.name` is empty"]);
        assert_eq!(
            config_map("{name: 123}"),
            ["3:12 `metadata.name` must be text, not a number"]
        );
        assert_eq!(
            config_map("{generateName: a-}"),
            ["3:12 `metadata.generateName` would make another object at every sync"]
        );
        assert_eq!(
            config_map("{name: a, namespace: 1}"),
            ["3:21 `metadata.namespace` must be text, not a number"]
        );
    }

    #[test]
    fn labels_and_annotations_must_be_text() {
        assert_eq!(
            config_map("{name: a, labels: {a: true, b: x, c: ~}, annotations: {d: 1, e: {}}}"),
            [
                "3:30 the label `a` must be text, not a boolean",
                "3:66 the annotation `d` must be text, not a number",
                "3:72 the annotation `e` must be text, not a mapping",
            ]
        );
        assert_eq!(
            config_map("{name: a, labels: [a]}"),
            ["3:21 `metadata.labels` must be a mapping, not a list"]
        );
    }

    #[test]
    fn the_data_of_a_secret_is_checked_and_never_quoted() {
        let text =
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: hunter2!, b: 7}\nstringData: {c: 1, d: ~}\n";
        let errors = checked(text);
        assert_eq!(
            errors,
            [
                "4:8 `data.a` is not base64",
                "4:21 `data.b` must be text, not a number",
                "5:14 `stringData.c` must be text, not a number"
            ]
        );
    }
}
