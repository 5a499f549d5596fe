//! ConfigMaps and Secrets that are made of files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::declaration::{DeclaredObject, FileEntry};
use super::find;
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Origin, Place, Role, SourceFile};
use crate::object::field::{FieldPath, PathElement};
use crate::object::{GroupVersionKind, Origins};
use crate::source::SchemaFile;
use crate::source::render::{Rendered, Rendering};
use crate::source::tree::FileTree;
use crate::source::unseal::Unsealer;
use crate::source::{Manifest, file_text, paths};

/// Makes the objects of one component.
pub(super) struct ObjectMaker<'a> {
    pub(super) tree: &'a dyn FileTree,
    /// The top of the directory.
    pub(super) root: &'a Path,
    /// The component's folder.
    pub(super) folder: &'a Path,
    pub(super) rendering: &'a Arc<Rendering>,
    pub(super) unsealer: &'a Unsealer<'a>,
}

/// A file that was read for an object.
struct FileContent {
    body: FileValue,
    is_encrypted: bool,
}

enum FileValue {
    Text { text: String, source: TextSource },
    Binary(Vec<u8>),
}

/// The text that one key of an object was made of.
#[derive(Debug)]
struct TextSource {
    file: Arc<SourceFile>,
    is_template: bool,
}

impl ObjectMaker<'_> {
    /// The object; nothing where something is wrong with it, which is added to `errors`.
    pub(super) fn make(
        &self,
        object: &DeclaredObject,
        rendered: &Arc<Rendered>,
        errors: &mut Vec<Error>,
    ) -> Option<Manifest> {
        let before = errors.len();
        let mut data = Map::new();
        let mut binary = Map::new();
        let mut sources = BTreeMap::new();
        let mut encrypted = BTreeSet::new();
        for entry in &object.files {
            let content = match self.content(entry, object) {
                Ok(content) => content,
                Err(error) => {
                    errors.push(error);
                    continue;
                }
            };
            if content.is_encrypted {
                encrypted.insert(entry.key.clone());
            }
            match content.body {
                FileValue::Text { text, source } => {
                    let value = if object.is_secret { STANDARD.encode(text) } else { text };
                    data.insert(entry.key.clone(), value.into());
                    sources.insert(entry.key.clone(), source);
                }
                FileValue::Binary(bytes) => {
                    let target = if object.is_secret { &mut data } else { &mut binary };
                    target.insert(entry.key.clone(), STANDARD.encode(bytes).into());
                }
            }
        }
        for (key, value) in &object.values {
            data.insert(key.clone(), STANDARD.encode(value).into());
        }
        let mut schemas = BTreeMap::new();
        for entry in &object.options {
            match self.schema(entry) {
                Ok(schema) => {
                    schemas.insert(entry.key.clone(), Arc::new(schema));
                }
                Err(error) => errors.push(error),
            }
        }
        if errors.len() > before {
            return None;
        }
        let mut value = json!({"apiVersion": "v1", "kind": object.kind(), "metadata": {"name": object.name}});
        if let Some(namespace) = &object.namespace {
            value["metadata"]["namespace"] = namespace.as_str().into();
        }
        for entry in &object.fields {
            let inside = if matches!(entry.key.as_str(), "labels" | "annotations") {
                &mut value["metadata"]
            } else {
                &mut value
            };
            inside[&entry.key] = entry.value.to_value();
        }
        for (field, entries) in [("data", data), ("binaryData", binary)] {
            if !entries.is_empty() {
                value[field] = entries.into();
            }
        }
        Some(Manifest {
            gvk: GroupVersionKind::new("v1", object.kind()),
            name: object.name.clone().into(),
            namespace: object.namespace.as_deref().map(SmolStr::from),
            release_namespace: None,
            value,
            origins: Arc::new(FileOrigins {
                object: object.path.clone(),
                rendered: rendered.clone(),
                rendering: self.rendering.clone(),
                sources,
                encrypted,
            }),
            place: object.place.clone(),
            generate: object.generate.clone(),
            schemas,
        })
    }

    /// The path of a file, as it is and as it is shown, and what is in it.
    fn read(&self, entry: &FileEntry) -> Result<(PathBuf, String, Vec<u8>), Error> {
        let path = find(self.tree, self.root, self.folder, &entry.path, &entry.place)?;
        let shown = paths::shown(&path);
        match self.tree.read(&path) {
            Ok(bytes) => Ok((path, shown, bytes)),
            Err(error) => Err(file_text::unreadable(&path, error).at(entry.place.clone(), "")),
        }
    }

    fn schema(&self, entry: &FileEntry) -> Result<SchemaFile, Error> {
        let (_, path, bytes) = self.read(entry)?;
        Ok(SchemaFile {
            path,
            bytes,
            place: entry.place.clone(),
        })
    }

    /// What a file becomes in an object: text, or bytes where it is no text.
    fn content(&self, entry: &FileEntry, object: &DeclaredObject) -> Result<FileContent, Error> {
        let (path, shown, bytes) = self.read(entry)?;
        let (bytes, is_encrypted) = self.unsealer.content(&shown, bytes)?;
        let is_template = path.extension().is_some_and(|extension| extension == "j2");
        let text = if is_template {
            file_text::decode(&shown, bytes)?.text().to_owned()
        } else {
            match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => {
                    let body = FileValue::Binary(error.into_bytes());
                    return Ok(FileContent { body, is_encrypted });
                }
            }
        };
        let file = if object.is_secret || is_encrypted {
            SourceFile::confidential(shown, text)
        } else {
            SourceFile::new(shown, text)
        };
        let text = if is_template {
            let filled = self.rendering.template(&file)?;
            if let (Some(parameter), false) = (&filled.secret, object.is_secret) {
                let message = format!(
                    "{} reads the secret parameter `{parameter}`, and a ConfigMap is no secret",
                    file.path()
                );
                let hint = "make it a file of a Secret, or let the program read the value from its environment";
                return Err(Error::new(message).at(entry.place.clone(), "").hint(hint));
            }
            filled.text
        } else {
            file.text().to_owned()
        };
        let source = TextSource { file, is_template };
        let body = FileValue::Text { text, source };
        Ok(FileContent { body, is_encrypted })
    }
}

/// Tells where the fields of an object that was made of files come from.
#[derive(Debug)]
struct FileOrigins {
    /// Where the object is declared in `component.yaml`.
    object: FieldPath,
    rendered: Arc<Rendered>,
    rendering: Arc<Rendering>,
    /// What the keys of its data were made of.
    sources: BTreeMap<String, TextSource>,
    /// The keys whose files were encrypted.
    encrypted: BTreeSet<String>,
}

impl FileOrigins {
    /// The key of the data that `path` is about, and what it was made of.
    fn source(&self, path: &FieldPath) -> Option<&TextSource> {
        let [PathElement::Field(data), PathElement::Field(key), ..] = path.elements() else {
            return None;
        };
        matches!(data.as_str(), "data" | "binaryData").then(|| self.sources.get(key.as_str()))?
    }

    /// Whether `path` leads to a file that was encrypted, or to what holds one.
    fn holds_encrypted(&self, path: &FieldPath) -> bool {
        match path.elements() {
            [] => !self.encrypted.is_empty(),
            [PathElement::Field(data), rest @ ..] if data == "data" || data == "binaryData" => match rest.first() {
                Some(PathElement::Field(key)) => self.encrypted.contains(key.as_str()),
                _ => !self.encrypted.is_empty(),
            },
            _ => false,
        }
    }

    /// Where `component.yaml` says what is at `path`.
    fn declared(&self, path: &FieldPath) -> FieldPath {
        let elements = path.elements();
        let field = |name: &str| PathElement::field(name);
        let inside: Vec<PathElement> = match elements {
            [PathElement::Field(top), rest @ ..] if top == "metadata" => rest.to_vec(),
            [PathElement::Field(top), rest @ ..] if top == "data" || top == "binaryData" => {
                let group = match rest.first() {
                    Some(PathElement::Field(key)) if !self.sources.contains_key(key.as_str()) => {
                        let values = [field("values"), field(key)];
                        let path: FieldPath = self.object.elements().iter().cloned().chain(values).collect();
                        if self.rendered.to_node().get(&path).is_some() {
                            "values"
                        } else {
                            "files"
                        }
                    }
                    _ => "files",
                };
                std::iter::once(field(group)).chain(rest.iter().cloned()).collect()
            }
            elements => elements.to_vec(),
        };
        self.object.elements().iter().cloned().chain(inside).collect()
    }
}

impl Origins for FileOrigins {
    fn of(&self, path: &FieldPath) -> Vec<Origin> {
        let declared = self.rendered.origins(&self.declared(path));
        let file = self.source(path).map(|source| Origin {
            role: Role::File,
            place: Place::of_line(source.file.clone(), 0),
        });
        file.into_iter().chain(declared.iter().cloned()).collect()
    }

    fn of_line(&self, path: &FieldPath, line: usize) -> Vec<Origin> {
        let Some(source) = self.source(path) else {
            return self.of(path);
        };
        let origins = if source.is_template {
            self.rendering.template_line(&source.file, line)
        } else {
            vec![Origin {
                role: Role::File,
                place: Place::of_line(source.file.clone(), line),
            }]
        };
        if origins.is_empty() { self.of(path) } else { origins }
    }

    fn is_secret(&self, path: &FieldPath) -> bool {
        // A template that reads a secret parameter becomes part of a Secret only, whose data is
        // never shown at all.
        let is_of_file = self.source(path).is_some();
        self.holds_encrypted(path) || !is_of_file && self.rendered.is_secret(&self.declared(path))
    }

    fn reveals(&self, value: &Value, said: Option<&Value>) -> bool {
        self.rendering.reveals(value, said)
    }
}
