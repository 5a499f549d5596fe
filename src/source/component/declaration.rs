//! What a `component.yaml` says.

use std::path::PathBuf;
use std::sync::Arc;

use super::open;
use crate::diagnostic::error::Error;
use crate::diagnostic::nearest::key_hint;
use crate::diagnostic::place::{Place, SourceFile};
use crate::kinds::generate::{Generated, GeneratedForm};
use crate::object::field::{FieldPath, PathElement};
use crate::source::programs::{self, DeclarationContext, DeclaredProgram};
use crate::source::render::{Rendered, Rendering};
use crate::yaml::{Document, Entry, Node};

/// What a component declares.
#[derive(Debug)]
pub(super) struct Declaration {
    pub(super) depends_on: Vec<ComponentDependency>,
    pub(super) objects: Vec<DeclaredObject>,
    /// The program that makes the component's objects.
    pub(super) program: Option<DeclaredProgram>,
    /// The whole file, which knows what made each of its values.
    pub(super) rendered: Arc<Rendered>,
}

/// One item of `dependsOn`.
#[derive(Debug)]
pub(super) struct ComponentDependency {
    pub(super) name: String,
    pub(super) place: Place,
}

/// A ConfigMap or Secret that is made of files.
#[derive(Debug)]
pub(super) struct DeclaredObject {
    pub(super) is_secret: bool,
    /// Where it is declared in the file: `secrets[0]`.
    pub(super) path: FieldPath,
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    /// `labels`, `annotations`, `type`, `immutable`, as they are written.
    pub(super) fields: Vec<Entry>,
    pub(super) files: Vec<FileEntry>,
    pub(super) values: Vec<(String, String)>,
    pub(super) generate: Vec<Generated>,
    /// The file with its option schema of each file, by the key of that.
    pub(super) options: Vec<FileEntry>,
}

/// One file of an object.
#[derive(Debug)]
pub(super) struct FileEntry {
    pub(super) key: String,
    /// The path from the component's folder.
    pub(super) path: PathBuf,
    pub(super) place: Place,
}

const KEYS: [&str; 6] = ["dependsOn", "when", "configMaps", "secrets", "kustomize", "helm"];
const CONFIG_MAP_KEYS: [&str; 7] = [
    "name",
    "namespace",
    "labels",
    "annotations",
    "files",
    "options",
    "immutable",
];
const SECRET_KEYS: [&str; 10] = [
    "name",
    "namespace",
    "labels",
    "annotations",
    "files",
    "options",
    "immutable",
    "type",
    "values",
    "generate",
];
const FORM_KEYS: [&str; 6] = ["length", "alphabet", "bytes", "fernet", "rsa", "rotation"];

/// Reads the documents of a `component.yaml`. Nothing where it is switched off, or wrong, which is added
/// to `errors`.
pub(super) fn read(
    context: DeclarationContext<'_>,
    documents: &[Document],
    rendering: &Rendering,
    errors: &mut Vec<Error>,
) -> Option<Declaration> {
    let file = context.file;
    let mut reader = ComponentReader { file, errors };
    let mut written = documents.iter().filter(|document| !document.root.is_null());
    // An empty one makes the folder a component, and says nothing.
    let nothing = Node {
        value: crate::yaml::NodeValue::Mapping(Vec::new()),
        span: 0..0,
    };
    let root = written.next().map_or(&nothing, |document| &document.root);
    if let Some(second) = written.next() {
        reader.error_in(
            &second.root,
            "component.yaml must hold one document",
            "the second begins here",
        );
        return None;
    }
    if root.entries().is_none() {
        let message = format!("component.yaml must be a mapping, not {}", root.describe());
        reader.error_in(root, &message, "write, for example, `dependsOn: [mariadb]`");
        return None;
    }
    if let Some(when) = root.entry("when")
        && !rendering.condition(file, when, reader.errors)?
    {
        return None;
    }
    let rendered = rendering.document(file, root, reader.errors)?;
    let mut secret = open::refuse_secrets(file, &rendered);
    if !secret.is_empty() {
        reader.errors.append(&mut secret);
        return None;
    }
    let root = rendered.to_node();
    let mut declaration = Declaration {
        depends_on: Vec::new(),
        objects: Vec::new(),
        program: None,
        rendered: Arc::new(rendered),
    };
    for entry in root.entries().unwrap_or_default() {
        match entry.key.as_str() {
            "when" => {}
            "dependsOn" => declaration.depends_on = reader.dependencies(entry),
            "configMaps" | "secrets" => declaration.objects.extend(reader.objects(entry)),
            key if programs::KEYS.contains(&key) => {
                if declaration.program.is_some() {
                    let hint = "make two components of them";
                    reader.error(entry, "a component has one of `kustomize` and `helm`", hint);
                } else if declaration.rendered.is_secret(&FieldPath::of(&[key])) {
                    let message = format!("`{key}` reads a secret parameter, and is for all to see");
                    reader.error(entry, &message, "");
                } else {
                    declaration.program = programs::declared(context, entry, reader.errors);
                }
            }
            unknown => {
                let message = format!("component.yaml has no key `{unknown}`");
                reader.unknown(entry, &message, &key_hint(&KEYS, unknown));
            }
        }
    }
    Some(declaration)
}

/// Reads values, and says where they are wrong.
struct ComponentReader<'a> {
    file: &'a Arc<SourceFile>,
    errors: &'a mut Vec<Error>,
}

impl ComponentReader<'_> {
    fn dependencies(&mut self, entry: &Entry) -> Vec<ComponentDependency> {
        let items = self.items(entry, "write, for example, `dependsOn: [mariadb]`").to_vec();
        let mut dependencies = Vec::new();
        for item in items {
            match item.as_str() {
                Some(name) => dependencies.push(ComponentDependency {
                    name: name.to_owned(),
                    place: Place::new(self.file.clone(), item.span.clone()),
                }),
                None => self.error_in(&item, "a component is named by text", "write the name of its folder"),
            }
        }
        dependencies
    }

    fn objects(&mut self, entry: &Entry) -> Vec<DeclaredObject> {
        let is_secret = entry.key == "secrets";
        let items = self.items(entry, "write one item for each: `- name: …`").to_vec();
        let mut objects = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = [PathElement::field(&entry.key), PathElement::Index(index)];
            objects.extend(self.object(item, is_secret, path.into_iter().collect()));
        }
        objects
    }

    fn object(&mut self, item: &Node, is_secret: bool, path: FieldPath) -> Option<DeclaredObject> {
        let before = self.errors.len();
        let Some(entries) = item.entries() else {
            let message = format!("this must be a mapping, not {}", item.describe());
            self.error_in(item, &message, "write `- name: …`, and its files below");
            return None;
        };
        let Some(name) = item.entry("name") else {
            self.error_in(item, "`name` is missing", "give the object a name");
            return None;
        };
        let mut object = DeclaredObject {
            is_secret,
            path,
            place: Place::new(self.file.clone(), item.first_line(self.file.text())),
            name: self.text(name)?,
            namespace: None,
            fields: Vec::new(),
            files: Vec::new(),
            values: Vec::new(),
            generate: Vec::new(),
            options: Vec::new(),
        };
        let known: &[&str] = if is_secret { &SECRET_KEYS } else { &CONFIG_MAP_KEYS };
        for entry in entries {
            match entry.key.as_str() {
                "name" => {}
                unknown if !known.contains(&unknown) => {
                    let message = format!("{} has no key `{unknown}` here", object.kind());
                    self.unknown(entry, &message, &key_hint(known, unknown));
                }
                "namespace" => object.namespace = self.text(entry),
                "files" => object.files = self.files(entry),
                "options" => object.options = self.files(entry),
                "values" => {
                    for value in self.mapping(entry) {
                        object
                            .values
                            .extend(self.text(&value).map(|text| (value.key.clone(), text)));
                    }
                }
                "generate" => {
                    for value in self.mapping(entry) {
                        object.generate.extend(self.generated(&value));
                    }
                }
                _ => object.fields.push(entry.clone()),
            }
        }
        if let (Some(entry), false) = (item.entry("immutable"), object.generate.is_empty()) {
            let hint = "take `immutable` out: the values are made after the Secret";
            self.error(entry, "a Secret that is immutable cannot have generated values", hint);
        }
        self.keys_once(&object, item);
        self.options_of_files(&object);
        (self.errors.len() == before).then_some(object)
    }

    fn files(&mut self, entry: &Entry) -> Vec<FileEntry> {
        let mut files = Vec::new();
        for file in self.mapping(entry) {
            let place = Place::new(self.file.clone(), file.line(self.file.text()));
            let key = file.key.clone();
            files.extend(self.text(&file).map(|path| FileEntry {
                key,
                path: path.into(),
                place,
            }));
        }
        files
    }

    fn generated(&mut self, entry: &Entry) -> Option<Generated> {
        const ONE: &str = "write one of `length`, `bytes`, `fernet: true` and `rsa`";
        let key = entry.key.clone();
        let entries = self.mapping(entry);
        let mut form = None;
        let mut alphabet = None;
        let mut rotation = 0;
        for option in &entries {
            let said = match option.key.as_str() {
                "length" => self.count(option, 1..=4096).map(|length| GeneratedForm::Text {
                    length,
                    alphabet: GeneratedForm::letters_and_digits(),
                }),
                "bytes" => self.count(option, 1..=65_536).map(GeneratedForm::Bytes),
                "rsa" => self.count(option, 2048..=8192).map(GeneratedForm::Rsa),
                "fernet" => Some(GeneratedForm::Fernet),
                "alphabet" => {
                    alphabet = self.text(option);
                    continue;
                }
                "rotation" => {
                    rotation = self.count(option, 0..=1_000_000)?;
                    continue;
                }
                unknown => {
                    let message = format!("a generated value has no `{unknown}`");
                    self.error(option, &message, &key_hint(&FORM_KEYS, unknown));
                    return None;
                }
            };
            if form.is_some() {
                self.error(option, "a value is generated in one form only", ONE);
                return None;
            }
            form = Some(said?);
        }
        match (&mut form, alphabet) {
            (None, _) => self.error(entry, "this does not say what to generate", ONE),
            (Some(GeneratedForm::Text { alphabet, .. }), Some(characters)) => {
                let mut characters: Vec<char> = characters.chars().collect();
                characters.sort_unstable();
                characters.dedup();
                if characters.len() < 2 {
                    let message = "an alphabet has two characters or more";
                    self.error(
                        entry,
                        message,
                        "write them one after the other: `alphabet: abcdef0123456789`",
                    );
                }
                *alphabet = characters;
            }
            (Some(_), Some(_)) => self.error(entry, "`alphabet` belongs to `length`", "take it out"),
            (Some(_), None) => {}
        }
        Some(Generated {
            key,
            form: form?,
            rotation: rotation as u64,
            place: Some(Place::new(self.file.clone(), entry.key_span.clone())),
        })
    }

    /// Each key of the data is a valid one, and said once.
    fn keys_once(&mut self, object: &DeclaredObject, item: &Node) {
        let files = object.files.iter().map(|file| &file.key);
        let values = object.values.iter().map(|(key, _)| key);
        let generated = object.generate.iter().map(|generated| &generated.key);
        let mut seen: Vec<&String> = Vec::new();
        let mut wrong = Vec::new();
        for key in files.chain(values).chain(generated) {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if seen.contains(&key) {
                wrong.push((format!("the key `{key}` is said twice"), "keep one of the two"));
            } else if key.is_empty() || key.len() > 253 || !key.bytes().all(fits) {
                let message = format!("`{key}` cannot be a key of a {}", object.kind());
                wrong.push((message, "a key has letters, digits, `-`, `_` and `.`"));
            }
            seen.push(key);
        }
        for (message, hint) in wrong {
            self.error_in(item, &message, hint);
        }
    }

    /// An option schema is that of a file.
    fn options_of_files(&mut self, object: &DeclaredObject) {
        let known: Vec<&str> = object.files.iter().map(|file| file.key.as_str()).collect();
        for schema in &object.options {
            if !known.contains(&schema.key.as_str()) {
                let message = format!(
                    "`options` is about the files of the {}, and `{}` is none",
                    object.kind(),
                    schema.key
                );
                self.error_at(schema.place.clone(), &message, &key_hint(&known, &schema.key));
            }
        }
    }

    fn count(&mut self, entry: &Entry, allowed: std::ops::RangeInclusive<usize>) -> Option<usize> {
        let count = match &entry.value.value {
            crate::yaml::NodeValue::Number(number) => number.as_u64().and_then(|count| usize::try_from(count).ok()),
            _ => None,
        };
        if count.is_none_or(|count| !allowed.contains(&count)) {
            let message = format!(
                "`{}` is a number from {} to {}",
                entry.key,
                allowed.start(),
                allowed.end()
            );
            self.error(entry, &message, "");
            return None;
        }
        count
    }

    fn text(&mut self, entry: &Entry) -> Option<String> {
        let text = entry.value.as_str();
        if text.is_none() {
            let message = format!("`{}` must be text, not {}", entry.key, entry.value.describe());
            self.error(
                entry,
                &message,
                "put it in quotes; an expression becomes text with `| string`",
            );
        }
        text.map(str::to_owned)
    }

    fn mapping(&mut self, entry: &Entry) -> Vec<Entry> {
        if entry.value.entries().is_none() && !entry.value.is_null() {
            let message = format!("`{}` must be a mapping, not {}", entry.key, entry.value.describe());
            self.error(entry, &message, "");
        }
        entry.value.entries().unwrap_or_default().to_vec()
    }

    fn items<'n>(&mut self, entry: &'n Entry, hint: &str) -> &'n [Node] {
        if entry.value.items().is_none() && !entry.value.is_null() {
            let message = format!("`{}` must be a list, not {}", entry.key, entry.value.describe());
            self.error(entry, &message, hint);
        }
        entry.value.items().unwrap_or_default()
    }

    /// Adds that there is no such key. What it holds is not known, and may be the values of a Secret: no line is shown.
    fn unknown(&mut self, entry: &Entry, message: &str, hint: &str) {
        let file = SourceFile::confidential(self.file.path(), self.file.text());
        self.error_at(Place::new(file, entry.line(self.file.text())), message, hint);
    }

    fn error(&mut self, entry: &Entry, message: &str, hint: &str) {
        self.error_at(
            Place::new(self.file.clone(), entry.line(self.file.text())),
            message,
            hint,
        );
    }

    fn error_in(&mut self, node: &Node, message: &str, hint: &str) {
        let line = node.first_line(self.file.text());
        self.error_at(Place::new(self.file.clone(), line), message, hint);
    }

    fn error_at(&mut self, place: Place, message: &str, hint: &str) {
        let error = Error::new(message).at(place, "");
        self.errors.push(if hint.is_empty() { error } else { error.hint(hint) });
    }
}

impl DeclaredObject {
    pub(super) fn kind(&self) -> &'static str {
        if self.is_secret { "Secret" } else { "ConfigMap" }
    }
}
