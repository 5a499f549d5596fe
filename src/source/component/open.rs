//! What a `component.yaml` says in the open: names, paths and keys, which no secret parameter may make.

use std::sync::Arc;

use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, Role, SourceFile};
use crate::object::field::{FieldPath, PathElement};
use crate::source::render::Rendered;
use crate::yaml::{Entry, Node, NodeValue};

/// What is in the open of each item of `configMaps` and `secrets`.
const OPEN_KEYS: [&str; 5] = ["name", "namespace", "files", "options", "generate"];

/// Refuses each name, path and key that a secret parameter makes: they stand in errors, in diffs, and on every server.
///
/// What SOPS encrypted without being declared secret may be a name, as it may in a manifest.
pub(super) fn refuse_secrets(file: &Arc<SourceFile>, rendered: &Rendered) -> Vec<Error> {
    let root = rendered.to_node();
    let mut search = SecretSearch {
        file,
        rendered,
        errors: Vec::new(),
    };
    for entry in root.entries().unwrap_or_default() {
        let path = FieldPath::of(&[&entry.key]);
        match entry.key.as_str() {
            "dependsOn" => search.all(&entry.value, &path),
            "configMaps" | "secrets" => search.objects(entry, &path),
            _ => {}
        }
    }
    search.errors
}

struct SecretSearch<'a> {
    file: &'a Arc<SourceFile>,
    rendered: &'a Rendered,
    errors: Vec<Error>,
}

impl SecretSearch<'_> {
    /// The declarations of ConfigMaps and Secrets. The values of a Secret are in it, and their keys are looked at where
    /// they are rendered.
    fn objects(&mut self, declared: &Entry, path: &FieldPath) {
        for (index, item) in declared.value.items().unwrap_or_default().iter().enumerate() {
            let path = path.join(PathElement::Index(index));
            let entries = item.entries().unwrap_or_default().iter();
            for entry in entries.filter(|entry| OPEN_KEYS.contains(&entry.key.as_str())) {
                self.all(&entry.value, &path.join(PathElement::field(&entry.key)));
            }
        }
    }

    /// All scalars in a value. A mapping or a list may be there on a condition that reads a secret parameter.
    fn all(&mut self, node: &Node, path: &FieldPath) {
        match &node.value {
            NodeValue::Mapping(entries) => {
                for entry in entries {
                    self.all(&entry.value, &path.join(PathElement::field(&entry.key)));
                }
            }
            NodeValue::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.all(item, &path.join(PathElement::Index(index)));
                }
            }
            NodeValue::Null | NodeValue::Bool(_) | NodeValue::Number(_) | NodeValue::String(_) => {
                self.refuse(node, path);
            }
        }
    }

    /// Adds to the errors that a secret parameter made this scalar, if one did.
    fn refuse(&mut self, node: &Node, path: &FieldPath) {
        let origins = self.rendered.origins(path);
        if !origins.iter().any(|origin| origin.role == Role::SecretParameter) {
            return;
        }
        let message = format!("`{path}` reads a secret parameter, and is for all to see");
        let place = Place::new(self.file.clone(), node.first_line(self.file.text()));
        let hint =
            "make names and paths from other parameters; a parameter is secret where its schema says `writeOnly`";
        self.errors.push(Error::new(message).at(place, "").hint(hint));
    }
}
