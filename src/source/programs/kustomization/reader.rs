//! Reads kustomizations, and refuses what would lead out of the directory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::refused::{KustomizationRefusal, MOST, MOST_NAMED, is_remote, is_remote_folder, is_url};
use super::{Generator, KustomizationLayer, WholeKustomization};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::{Place, SourceFile};
use crate::source::programs::snapshot::FileSnapshot;
use crate::source::{file_text, paths};
use crate::yaml::{self, Entry, Node};

/// The names that `kustomize` looks for (konfig.RecognizedKustomizationFileNames).
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// The lists of files and folders, each of which may be a kustomization or a URL.
const RESOURCES: [&str; 3] = ["resources", "bases", "components"];
/// The lists of what else runs, which may be files, folders, URLs and texts.
const PLUGINS: [&str; 3] = ["generators", "transformers", "validators"];
/// What runs Helm, and gets charts from the network.
const CHARTS: [&str; 3] = ["helmCharts", "helmChartInflationGenerator", "helmGlobals"];
/// The keys that are read here, or that name no files. `kustomize` reads each in any case of its letters.
const KEYS: [&str; 27] = [
    "apiVersion",
    "kind",
    "metadata",
    "resources",
    "bases",
    "components",
    "crds",
    "configurations",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "replacements",
    "images",
    "replicas",
    "vars",
    "sortOptions",
    "configMapGenerator",
    "secretGenerator",
    "generatorOptions",
    "buildMetadata",
];
const GENERATOR_KEYS: [&str; 9] = [
    "name",
    "namespace",
    "behavior",
    "type",
    "literals",
    "files",
    "envs",
    "env",
    "options",
];
const PATCH_KEYS: [&str; 4] = ["path", "patch", "target", "options"];
const REPLACEMENT_KEYS: [&str; 3] = ["path", "source", "targets"];
const OPENAPI_KEYS: [&str; 1] = ["path"];

/// Reads a kustomization, and those that it is made of.
pub(super) struct KustomizationReader<'a> {
    snapshot: &'a FileSnapshot,
    root: &'a Path,
    /// The folders of the kustomizations that the one being read is a part of.
    above: Vec<PathBuf>,
    count: usize,
    /// How many files and folders were named so far.
    named: usize,
    /// The files that were decoded so far; nothing for one that is no text.
    texts: HashMap<PathBuf, Option<Arc<SourceFile>>>,
    /// The kustomizations that were parsed so far, by their files.
    roots: HashMap<PathBuf, Option<Arc<Node>>>,
    has_secret: bool,
    errors: Vec<Error>,
}

/// A file or a folder that a kustomization names.
enum NamedPath {
    File(PathBuf),
    Folder(PathBuf),
}

/// A kustomization that is being read.
struct OpenKustomization<'a> {
    folder: &'a Path,
    file: Arc<SourceFile>,
}

impl OpenKustomization<'_> {
    fn place(&self, node: &Node) -> Place {
        Place::new(Arc::clone(&self.file), node.first_line(self.file.text()))
    }

    fn line(&self, entry: &Entry) -> Place {
        Place::new(Arc::clone(&self.file), entry.line(self.file.text()))
    }
}

impl<'a> KustomizationReader<'a> {
    pub(super) fn new(snapshot: &'a FileSnapshot, root: &'a Path) -> Self {
        Self {
            snapshot,
            root,
            above: Vec::new(),
            count: 0,
            named: 0,
            texts: HashMap::new(),
            roots: HashMap::new(),
            has_secret: false,
            errors: Vec::new(),
        }
    }

    /// The kustomization in `folder`, with all that is wrong with it.
    pub(super) fn whole(mut self, folder: &Path, place: &Place) -> Result<WholeKustomization> {
        let layer = self.layer(folder, place);
        let has_secret = self.has_secret;
        match (Error::join(self.errors), layer) {
            (None, Some(layer)) => Ok(WholeKustomization { layer, has_secret }),
            (Some(error), _) => Err(error),
            (None, None) => Err(KustomizationRefusal::NoKustomization(folder.to_owned()).at(place)),
        }
    }
}

impl KustomizationReader<'_> {
    fn layer(&mut self, folder: &Path, place: &Place) -> Option<KustomizationLayer> {
        if self.above.iter().any(|above| above == folder) {
            return self.refuse(KustomizationRefusal::Circle(paths::below(self.root, folder)), place);
        }
        self.count += 1;
        if self.count > MOST {
            // Once is enough.
            return (self.count == MOST + 1).then(|| self.refuse(KustomizationRefusal::TooMany, place))?;
        }
        let paths = NAMES.map(|name| folder.join(name));
        let Some(path) = paths.iter().find(|path| self.snapshot.file(path).is_some()) else {
            return self.refuse(
                KustomizationRefusal::NoKustomization(paths::below(self.root, folder)),
                place,
            );
        };
        let file = self.text(path)?;
        let open = OpenKustomization {
            folder,
            file: Arc::clone(&file),
        };
        let root = self.document(path, &file)?;
        self.above.push(folder.to_owned());
        let layer = self.read(&open, &root);
        self.above.pop();
        Some(layer)
    }

    fn read(&mut self, open: &OpenKustomization<'_>, root: &Node) -> KustomizationLayer {
        let text = |key: &str| {
            root.entry(key)
                .and_then(|entry| entry.value.as_str())
                .unwrap_or_default()
        };
        let mut layer = KustomizationLayer {
            file: Arc::clone(&open.file),
            prefix: text("namePrefix").to_owned(),
            suffix: text("nameSuffix").to_owned(),
            resources: Vec::new(),
            patches: Vec::new(),
            generated: Vec::new(),
            bases: Vec::new(),
            components: Vec::new(),
        };
        for entry in root.entries().unwrap_or_default() {
            match entry.key.as_str() {
                key if CHARTS.contains(&key) => {
                    let refused = KustomizationRefusal::Charts(key.to_owned());
                    self.refuse::<()>(refused, &open.line(entry));
                }
                key if PLUGINS.contains(&key) => {
                    let refused = KustomizationRefusal::Plugins(key.to_owned());
                    self.refuse::<()>(refused, &open.line(entry));
                }
                key if RESOURCES.contains(&key) => self.resources(open, entry, &mut layer),
                "patches" | "patchesStrategicMerge" | "patchesJson6902" | "replacements" => {
                    self.patches(open, entry, &mut layer);
                }
                "configMapGenerator" => self.generated(open, entry, "ConfigMap", &mut layer),
                "secretGenerator" => {
                    self.has_secret = true;
                    self.generated(open, entry, "Secret", &mut layer);
                }
                "crds" | "configurations" => self.files(open, &entry.value),
                "openapi" => {
                    self.keys(open, &entry.value, &OPENAPI_KEYS);
                    self.files(open, &entry.value);
                }
                _ => self.key(open, entry, &KEYS),
            }
        }
        layer
    }

    fn resources(&mut self, open: &OpenKustomization<'_>, entry: &Entry, layer: &mut KustomizationLayer) {
        let holds_objects = ["resources", "bases"].contains(&entry.key.as_str());
        for item in entry.value.items().unwrap_or_default() {
            let place = open.place(item);
            match self.named_path(open, item) {
                Some(NamedPath::Folder(folder)) => {
                    let Some(below) = self.layer(&folder, &place) else {
                        continue;
                    };
                    match entry.key.as_str() {
                        "components" => layer.components.push(below),
                        _ if holds_objects => layer.bases.push(below),
                        _ => {}
                    }
                }
                Some(NamedPath::File(path)) if holds_objects => layer.resources.extend(self.text(&path)),
                Some(NamedPath::File(_)) | None => {}
            }
        }
    }

    /// What an item of a list names: it must be in the directory.
    fn named_path(&mut self, open: &OpenKustomization<'_>, item: &Node) -> Option<NamedPath> {
        let text = item.as_str()?;
        let place = open.place(item);
        if !self.may_name(text, &place) {
            return None;
        }
        let Some(path) = paths::inside(open.folder, Path::new(text)) else {
            return self.refuse(KustomizationRefusal::Elsewhere(text.to_owned()), &place);
        };
        let is_folder = self.snapshot.is_folder(&path);
        if is_url(text) || is_folder && is_remote_folder(text) {
            self.refuse(KustomizationRefusal::Elsewhere(text.to_owned()), &place)
        } else if is_folder {
            Some(NamedPath::Folder(path))
        } else if self.snapshot.has(&path) {
            Some(NamedPath::File(path))
        } else if is_remote(text) {
            self.refuse(KustomizationRefusal::Elsewhere(text.to_owned()), &place)
        } else {
            self.refuse(KustomizationRefusal::Missing(paths::below(self.root, &path)), &place)
        }
    }

    fn patches(&mut self, open: &OpenKustomization<'_>, entry: &Entry, layer: &mut KustomizationLayer) {
        let known: &[_] = match entry.key.as_str() {
            "replacements" => &REPLACEMENT_KEYS,
            _ => &PATCH_KEYS,
        };
        for item in entry.value.items().unwrap_or_default() {
            self.keys(open, item, known);
            if is_object(item) {
                continue;
            }
            let path = item.entry("path").map_or(item, |entry| &entry.value);
            self.files(open, path);
            if let Some(path) = path
                .as_str()
                .and_then(|text| paths::inside(open.folder, Path::new(text)))
                && self.snapshot.file(&path).is_some()
            {
                layer.patches.extend(self.text(&path));
            }
        }
    }

    fn generated(
        &mut self,
        open: &OpenKustomization<'_>,
        entry: &Entry,
        kind: &'static str,
        layer: &mut KustomizationLayer,
    ) {
        for item in entry.value.items().unwrap_or_default() {
            self.keys(open, item, &GENERATOR_KEYS);
            for key in ["files", "envs", "env"] {
                if let Some(entry) = item.entry(key) {
                    self.files(open, &entry.value);
                }
            }
            let name = item.entry("name").and_then(|name| name.value.as_str());
            layer.generated.extend(name.map(|name| Generator {
                kind,
                name: name.to_owned(),
                place: open.place(item),
            }));
        }
    }

    /// Refuses paths that lead to the network, in a text, a list of texts, or the `path` of a mapping. `kustomize` itself
    /// refuses files outside of the kustomization, and tells of those that are not there.
    fn files(&mut self, open: &OpenKustomization<'_>, node: &Node) {
        for item in node.items().unwrap_or(std::slice::from_ref(node)) {
            let path = item.entry("path").map_or(item, |entry| &entry.value);
            let Some(text) = path.as_str() else {
                continue;
            };
            let place = open.place(item);
            if !self.may_name(text, &place) {
                continue;
            }
            // A file of a generator may be `KEY=PATH`.
            let path = text.split_once('=').map_or(text, |(_, path)| path);
            if is_url(path) || is_url(text) {
                self.refuse::<()>(KustomizationRefusal::Elsewhere(path.to_owned()), &place);
            }
        }
    }

    /// Counts a path that is named, and refuses one that `kustomize` may read otherwise than it is read here.
    fn may_name(&mut self, text: &str, place: &Place) -> bool {
        self.named += 1;
        if self.named > MOST_NAMED {
            if self.named == MOST_NAMED + 1 {
                self.refuse::<()>(KustomizationRefusal::TooManyNamed, place);
            }
            return false;
        }
        if text.chars().any(char::is_control) {
            self.refuse::<()>(KustomizationRefusal::Control(text.to_owned()), place);
            return false;
        }
        true
    }

    /// Refuses the keys of a mapping that are not known.
    fn keys(&mut self, open: &OpenKustomization<'_>, node: &Node, known: &[&'static str]) {
        for entry in node.entries().unwrap_or_default() {
            self.key(open, entry, known);
        }
    }

    fn key(&mut self, open: &OpenKustomization<'_>, entry: &Entry, known: &[&'static str]) {
        let key = entry.key.clone();
        if known.contains(&key.as_str()) {
            return;
        }
        let right = known.iter().copied().find(|right| right.eq_ignore_ascii_case(&key));
        self.refuse::<()>(KustomizationRefusal::Key { key, right }, &open.line(entry));
    }

    fn refuse<T>(&mut self, refused: KustomizationRefusal, place: &Place) -> Option<T> {
        self.errors.push(refused.at(place));
        None
    }

    fn text(&mut self, path: &Path) -> Option<Arc<SourceFile>> {
        if let Some(text) = self.texts.get(path) {
            return text.clone();
        }
        let text = self.decode(path);
        self.texts.insert(path.to_owned(), text.clone());
        text
    }

    fn decode(&mut self, path: &Path) -> Option<Arc<SourceFile>> {
        let bytes = self.snapshot.file(path)?.to_vec();
        match file_text::decode(&paths::shown(&paths::below(self.root, path)), bytes) {
            // The literals of a Secret are no word that says so.
            Ok(file) if file.text().contains("secretGenerator") => {
                Some(SourceFile::confidential(file.path(), file.text()))
            }
            Ok(file) => {
                // A file that does not parse may be a Secret too.
                self.has_secret |= file.text().contains("Secret");
                Some(file)
            }
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }

    fn document(&mut self, path: &Path, file: &Arc<SourceFile>) -> Option<Arc<Node>> {
        if let Some(root) = self.roots.get(path) {
            return root.clone();
        }
        let before = self.errors.len();
        let documents = yaml::documents(file, &mut self.errors);
        let mut roots = documents.into_iter().map(|document| document.root);
        let root = roots.find(|root| !root.is_null());
        let root = (self.errors.len() == before).then(|| Arc::new(root.unwrap_or_else(|| Node::null(0..0))));
        self.roots.insert(path.to_owned(), root.clone());
        root
    }
}

/// Whether an item of a list of patches is no path, but the text of an object, as `patchesStrategicMerge` may have it.
fn is_object(item: &Node) -> bool {
    let Some(text) = item.as_str().filter(|text| text.contains('\n')) else {
        return false;
    };
    let mut errors = Vec::new();
    let documents = yaml::documents(&SourceFile::new("", text), &mut errors);
    errors.is_empty() && documents.iter().any(|document| document.root.entry("kind").is_some())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::source::tree::Disk;

    fn read(text: &str) -> std::result::Result<WholeKustomization, String> {
        let directory = tempfile::tempdir().expect("a directory");
        for (path, text) in [
            ("kustomization.yaml", text),
            ("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
            ("secret.yaml", "kind: Secret\n  broken: ["),
        ] {
            fs::write(directory.path().join(path), text).expect("written");
        }
        fs::create_dir_all(directory.path().join("http:/localhost")).expect("created");
        fs::create_dir_all(directory.path().join("github.com/a/b")).expect("created");
        let snapshot = FileSnapshot::take(&Disk, directory.path()).expect("read");
        let place = Place::new(SourceFile::new("stackanetes.yaml", "kustomize: .\n"), 0..1);
        let whole = KustomizationReader::new(&snapshot, Path::new("")).whole(Path::new(""), &place);
        whole.map_err(|error| error.to_string())
    }

    #[test]
    fn a_key_that_kustomize_reads_in_another_case_is_refused() {
        for (text, key) in [
            ("Resources: [/etc]", "Resources"),
            (
                "ConfigMapGenerator: [{name: a, files: [\"http://localhost\"]}]",
                "ConfigMapGenerator",
            ),
            ("configMapGenerator: [{name: a, Files: [b]}]", "Files"),
            ("patches: [{Path: a.yaml}]", "Path"),
            ("openapi: {Path: a.yaml}", "Path"),
            ("resource: [a.yaml]", "resource"),
        ] {
            let error = read(text).expect_err(text);
            assert_eq!(error, format!("a kustomization has no key `{key}` here"));
        }
        read("kind: Kustomization\nresources: [a.yaml]\nimages: [{name: a, newTag: b}]").expect("known keys");
    }

    #[test]
    fn what_may_run_and_fetch_is_refused() {
        for key in PLUGINS {
            let error = read(&format!("{key}: [a.yaml]")).expect_err(key);
            assert_eq!(error, format!("`{key}` can run and fetch what cannot be checked"));
        }
    }

    #[test]
    fn a_path_that_is_read_otherwise_is_refused() {
        for text in [
            "resources: [\"x\\n/../../..\"]",
            "components: [\"x\\t\"]",
            "patchesStrategicMerge: [\"x\\n/../a.yaml\"]",
            "patches: [{path: \"x\\n\"}]",
            "secretGenerator: [{name: a, files: [\"x=y\\r\"]}]",
        ] {
            let error = read(text).expect_err(text);
            assert!(error.starts_with("a path must have no control characters"), "{error}");
        }
        for text in ["resources: [\"http://localhost\"]", "resources: [github.com/a/b]"] {
            assert!(
                read(text).expect_err(text).ends_with("is not in the directory"),
                "{text}"
            );
        }
        read("patchesStrategicMerge: [\"kind: A\\nmetadata: {name: a}\"]").expect("the text of an object");
    }

    #[test]
    fn files_are_named_often_but_not_without_end() {
        let named = |count: usize| format!("resources: [{}]", "a.yaml,".repeat(count));
        let whole = read(&named(MOST_NAMED)).expect("not too many");
        assert!(
            whole
                .layer
                .resources
                .iter()
                .all(|file| Arc::ptr_eq(file, &whole.layer.resources[0]))
        );
        let error = read(&named(MOST_NAMED + 5)).expect_err("too many");
        assert_eq!(error, "it names more than 10000 files and folders");
    }

    #[test]
    fn a_secret_is_known_even_where_it_does_not_parse() {
        for (text, has_secret) in [
            ("resources: [a.yaml]", false),
            ("resources: [a.yaml, secret.yaml]", true),
            ("secretGenerator: [{literals: [a]}]", true),
        ] {
            assert_eq!(read(text).expect(text).has_secret, has_secret, "{text}");
        }
    }
}
