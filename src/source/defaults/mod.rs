//! What many objects share: partial objects in `defaults/` that are merged under all they select.
//!
//! Later files, and later documents of a file, lie above earlier ones; the object lies above them all.

mod origins;
mod select;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use self::origins::{DefaultsLayer, LayeredOrigins};
use self::select::{DefaultsSelector, SelectableNames};
use super::Manifest;
use super::check::FileCheck;
use super::unseal::Unsealed;
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};
use crate::object::{self, GroupKind};
use crate::source::render::{ExpressionObject, Rendered, Rendering};
use crate::ssa::merge;
use crate::ssa::schema::Schema;
use crate::yaml::{Node, NodeValue};

/// The key that says which objects a default is for.
const SELECT: &str = "$select";

/// One document of `defaults/`.
#[derive(Debug)]
struct Default {
    file: Arc<SourceFile>,
    selector: DefaultsSelector,
    /// The document without its selector.
    root: Node,
    content: DefaultContent,
}

/// What a default says.
#[derive(Debug)]
enum DefaultContent {
    /// The default has the same content for every object.
    Same(Arc<Rendered>),
    /// What depends on the object: it is rendered for each.
    Each,
    /// Nothing: it is left out, or wrong, which was said.
    Nothing,
}

/// The text of a default, confidential where it has `data`: what it is laid under may be a Secret, though it selects by
/// a name and says no kind.
pub(super) fn confidential(file: Arc<SourceFile>) -> Arc<SourceFile> {
    let text = file.text();
    let has_data = text.match_indices("data").any(|(start, word)| {
        let before = text[..start].chars().next_back();
        let after = text[start + word.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    });
    if has_data {
        return SourceFile::confidential(file.path(), text);
    }
    file
}

/// Merges the defaults that `files` hold under the manifests, adding what is wrong with them to `errors`.
/// `components` are the names of all components, wanted or not.
pub(super) fn lay_under(
    manifests: &mut [Manifest],
    files: Vec<Unsealed>,
    components: &BTreeSet<String>,
    rendering: &Rendering,
    errors: &mut Vec<Error>,
) {
    if files.is_empty() {
        return;
    }
    let schema = schema(manifests);
    let kinds = schema.kinds().map(|gvk| &gvk.group_kind);
    let kinds = kinds.chain(manifests.iter().map(|manifest| &manifest.gvk.group_kind));
    let known = SelectableNames {
        kinds: kinds.cloned().collect(),
        components,
    };
    let mut defaults: Vec<Default> = files
        .into_iter()
        .flat_map(|read_file| read(read_file, &known, rendering, errors))
        .collect();
    for manifest in manifests {
        let layers: Vec<DefaultsLayer> = defaults
            .iter_mut()
            .filter(|default| default.selector.selects(manifest))
            .filter_map(|default| default.layer(manifest, &schema, rendering, errors))
            .collect();
        if !layers.is_empty() {
            lay(manifest, layers, &schema);
        }
    }
}

/// The schema that decides how values are merged: of the kinds that every cluster has and of the
/// definitions in the directory, so that a commit renders the same everywhere.
fn schema(manifests: &[Manifest]) -> Arc<Cow<'static, Schema>> {
    let mut schema = Cow::Borrowed(Schema::bundled());
    let definitions = manifests
        .iter()
        .filter(|manifest| object::is_definition(&manifest.gvk.group_kind));
    for definition in definitions {
        schema.to_mut().add_custom(&definition.value);
    }
    // Of a kind whose definition is elsewhere nothing is known but what all objects have.
    for Manifest { gvk, .. } in manifests {
        if schema.kind(gvk).is_none() {
            let GroupKind { group, kind } = &gvk.group_kind;
            let versions = json!([{"name": gvk.version}]);
            let names = json!({"kind": kind});
            let spec = json!({"group": group, "names": names, "versions": versions});
            schema.to_mut().add_custom(&json!({"spec": spec}));
        }
    }
    Arc::new(schema)
}

/// Lays the manifest over its defaults.
fn lay(manifest: &mut Manifest, layers: Vec<DefaultsLayer>, schema: &Arc<Cow<'static, Schema>>) {
    let origins = LayeredOrigins::new(manifest, layers, schema.clone());
    manifest.value = origins.merged();
    manifest.origins = Arc::new(origins);
}

/// Reads the defaults of one file.
fn read(
    Unsealed { file, documents, .. }: Unsealed,
    known: &SelectableNames<'_>,
    rendering: &Rendering,
    errors: &mut Vec<Error>,
) -> Vec<Default> {
    let documents = documents.into_iter().filter(|document| !document.root.is_null());
    documents
        .filter_map(|document| read_one(&file, document.root, known, rendering, errors))
        .collect()
}

fn read_one(
    file: &Arc<SourceFile>,
    mut root: Node,
    known: &SelectableNames<'_>,
    rendering: &Rendering,
    errors: &mut Vec<Error>,
) -> Option<Default> {
    let before = errors.len();
    let first_line = Place::new(file.clone(), root.first_line(file.text()));
    let NodeValue::Mapping(entries) = &mut root.value else {
        let message = format!("a default must be a mapping, not {}", root.describe());
        errors.push(Error::new(message).at(first_line, ""));
        return None;
    };
    let Some(at) = entries.iter().position(|entry| entry.key == SELECT) else {
        let error = Error::new("this default does not say which objects it is for")
            .at(first_line, "")
            .hint("select them, for example with `$select: {kind: Deployment}`; `$select: {}` is for all");
        errors.push(error);
        return None;
    };
    let selector = DefaultsSelector::read(file, &entries.remove(at), known, errors);
    let mut check = FileCheck::new(file);
    check.default(&root);
    errors.append(&mut check.errors);
    let content = if ExpressionObject::is_read_in(file.text()) {
        DefaultContent::Each
    } else {
        match rendering.document(file, &root, errors) {
            Some(rendered) => DefaultContent::Same(Arc::new(rendered)),
            None => DefaultContent::Nothing,
        }
    };
    (errors.len() == before).then_some(Default {
        file: file.clone(),
        selector: selector?,
        root,
        content,
    })
}

impl Default {
    /// What it lays under `manifest`. What is wrong with it is said of the first object alone.
    fn layer(
        &mut self,
        manifest: &Manifest,
        schema: &Schema,
        rendering: &Rendering,
        errors: &mut Vec<Error>,
    ) -> Option<DefaultsLayer> {
        let rendered = match &self.content {
            DefaultContent::Nothing => return None,
            DefaultContent::Same(rendered) => rendered.clone(),
            DefaultContent::Each => {
                let subject = ExpressionObject {
                    value: &manifest.value,
                    origins: &*manifest.origins,
                    is_secret: object::is_secret(&manifest.gvk.group_kind),
                };
                let before = errors.len();
                let Some(rendered) = rendering.document_for(&self.file, &self.root, &subject, errors) else {
                    if errors.len() > before {
                        self.content = DefaultContent::Nothing;
                    }
                    return None;
                };
                Arc::new(rendered)
            }
        };
        let node = rendered.to_node();
        let value = node.to_value();
        let mistakes = schema
            .kind(&manifest.gvk)
            .map(|kind| merge::mistakes(kind.root(), &value))
            .unwrap_or_default();
        if let Some(mistake) = mistakes.first() {
            let span = node.locate(&mistake.path, self.file.text());
            let message = format!(
                "`{}` of a {}: {}",
                mistake.path, manifest.gvk.group_kind.kind, mistake.fault
            );
            // What a misspelled field of a Secret holds may be the value of another.
            let file = if object::is_secret(&manifest.gvk.group_kind) {
                SourceFile::confidential(self.file.path(), self.file.text())
            } else {
                self.file.clone()
            };
            errors.push(
                Error::new(message)
                    .at(Place::new(file, span), "")
                    .hint("correct it, or select only the kinds that have such a field with `$select: {kind: …}`"),
            );
            self.content = DefaultContent::Nothing;
            return None;
        }
        Some(DefaultsLayer { rendered, value })
    }
}
