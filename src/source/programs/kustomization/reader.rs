//! Reads kustomizations, and refuses what would lead out of the directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::refused::{MOST, Refused, is_remote, is_url};
use super::{Generator, Layer};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::{Place, SourceFile};
use crate::source::files;
use crate::source::programs::snapshot::Snapshot;
use crate::yaml::{self, Entry, Node};

/// The names that `kustomize` looks for (konfig.RecognizedKustomizationFileNames).
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// The lists of files and folders, each of which may be a kustomization or a URL.
const RESOURCES: [&str; 6] = [
    "resources",
    "bases",
    "components",
    "generators",
    "transformers",
    "validators",
];
/// What runs Helm, and gets charts from the network.
const CHARTS: [&str; 3] = ["helmCharts", "helmChartInflationGenerator", "helmGlobals"];
/// Reads a kustomization, and those that it is made of.
pub(super) struct Reader<'a> {
    snapshot: &'a Snapshot,
    root: &'a Path,
    /// The folders of the kustomizations that the one being read is a part of.
    above: Vec<PathBuf>,
    count: usize,
    errors: Vec<Error>,
}

/// A file or a folder that a kustomization names.
enum Named {
    File(PathBuf),
    Folder(PathBuf),
}

/// A kustomization that is being read.
struct Open<'a> {
    folder: &'a Path,
    file: Arc<SourceFile>,
}

impl Open<'_> {
    fn place(&self, node: &Node) -> Place {
        Place::new(Arc::clone(&self.file), node.first_line(self.file.text()))
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, root: &'a Path) -> Self {
        Self {
            snapshot,
            root,
            above: Vec::new(),
            count: 0,
            errors: Vec::new(),
        }
    }

    /// The kustomization in `folder`, with all that is wrong with it.
    pub(super) fn whole(mut self, folder: &Path, place: &Place) -> Result<Layer> {
        let layer = self.layer(folder, place);
        match (Error::join(self.errors), layer) {
            (None, Some(layer)) => Ok(layer),
            (Some(error), _) => Err(error),
            (None, None) => Err(Refused::NoKustomization(folder.to_owned()).at(place)),
        }
    }
}

impl Reader<'_> {
    fn layer(&mut self, folder: &Path, place: &Place) -> Option<Layer> {
        if self.above.iter().any(|above| above == folder) {
            return self.refuse(Refused::Circle(files::below(self.root, folder)), place);
        }
        self.count += 1;
        if self.count > MOST {
            // Once is enough.
            return (self.count == MOST + 1).then(|| self.refuse(Refused::TooMany, place))?;
        }
        let paths = NAMES.map(|name| folder.join(name));
        let Some(path) = paths.iter().find(|path| self.snapshot.file(path).is_some()) else {
            return self.refuse(Refused::NoKustomization(files::below(self.root, folder)), place);
        };
        let file = self.text(path)?;
        let open = Open {
            folder,
            file: Arc::clone(&file),
        };
        let root = self.document(&file)?;
        self.above.push(folder.to_owned());
        let layer = self.read(&open, &root);
        self.above.pop();
        Some(layer)
    }

    fn read(&mut self, open: &Open<'_>, root: &Node) -> Layer {
        let text = |key: &str| {
            root.entry(key)
                .and_then(|entry| entry.value.as_str())
                .unwrap_or_default()
        };
        let mut layer = Layer {
            file: Arc::clone(&open.file),
            prefix: text("namePrefix").to_owned(),
            suffix: text("nameSuffix").to_owned(),
            resources: Vec::new(),
            patches: Vec::new(),
            generated: Vec::new(),
            secrets: Vec::new(),
            bases: Vec::new(),
            components: Vec::new(),
        };
        for entry in root.entries().unwrap_or_default() {
            match entry.key.as_str() {
                key if CHARTS.contains(&key) => {
                    let refused = Refused::Charts(key.to_owned());
                    self.refuse::<()>(refused, &open.place(&entry.value));
                }
                key if RESOURCES.contains(&key) => self.resources(open, entry, &mut layer),
                "patches" | "patchesStrategicMerge" | "patchesJson6902" | "replacements" => {
                    self.patches(open, entry, &mut layer);
                }
                "configMapGenerator" => self.generated(open, entry, "ConfigMap", &mut layer),
                "secretGenerator" => {
                    self.generated(open, entry, "Secret", &mut layer);
                    layer.secrets = self.secrets(open, entry);
                }
                "crds" | "configurations" | "openapi" => self.files(open, &entry.value),
                _ => {}
            }
        }
        layer
    }

    fn resources(&mut self, open: &Open<'_>, entry: &Entry, layer: &mut Layer) {
        let holds_objects = ["resources", "bases"].contains(&entry.key.as_str());
        for item in entry.value.items().unwrap_or_default() {
            let place = open.place(item);
            match self.named(open, item) {
                Some(Named::Folder(folder)) => {
                    let Some(below) = self.layer(&folder, &place) else {
                        continue;
                    };
                    match entry.key.as_str() {
                        "components" => layer.components.push(below),
                        _ if holds_objects => layer.bases.push(below),
                        _ => {}
                    }
                }
                Some(Named::File(path)) if holds_objects => layer.resources.extend(self.text(&path)),
                Some(Named::File(_)) | None => {}
            }
        }
    }

    /// What an item of a list names: it must be in the directory. Nothing where it is the text of an object itself.
    fn named(&mut self, open: &Open<'_>, item: &Node) -> Option<Named> {
        let text = item.as_str().filter(|text| !text.contains('\n'))?;
        let place = open.place(item);
        let Some(path) = files::inside(open.folder, Path::new(text)) else {
            return self.refuse(Refused::Elsewhere(text.to_owned()), &place);
        };
        if self.snapshot.is_folder(&path) {
            Some(Named::Folder(path))
        } else if self.snapshot.has(&path) {
            Some(Named::File(path))
        } else if is_remote(text) {
            self.refuse(Refused::Elsewhere(text.to_owned()), &place)
        } else {
            self.refuse(Refused::Missing(files::below(self.root, &path)), &place)
        }
    }

    fn patches(&mut self, open: &Open<'_>, entry: &Entry, layer: &mut Layer) {
        for item in entry.value.items().unwrap_or_default() {
            let path = item.entry("path").map_or(item, |entry| &entry.value);
            self.files(open, path);
            let text = path.as_str().filter(|text| !text.contains('\n'));
            if let Some(path) = text.and_then(|text| files::inside(open.folder, Path::new(text)))
                && self.snapshot.file(&path).is_some()
            {
                layer.patches.extend(self.text(&path));
            }
        }
    }

    fn generated(&mut self, open: &Open<'_>, entry: &Entry, kind: &'static str, layer: &mut Layer) {
        for item in entry.value.items().unwrap_or_default() {
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

    /// The texts of which Secrets are made, and each without its key: literals, and the lines of files of variables.
    fn secrets(&self, open: &Open<'_>, entry: &Entry) -> Vec<String> {
        let mut secrets = Vec::new();
        for item in entry.value.items().unwrap_or_default() {
            let texts = |key: &str| {
                let value = item.entry(key).map(|entry| &entry.value);
                let items = value.map(|value| value.items().unwrap_or(std::slice::from_ref(value)));
                items.unwrap_or_default().iter().filter_map(Node::as_str)
            };
            let files = texts("envs").chain(texts("env"));
            let files = files.filter_map(|path| self.snapshot.file(&files::inside(open.folder, Path::new(path))?));
            let lines = files.flat_map(|bytes| {
                let text = String::from_utf8_lossy(bytes);
                text.lines().map(str::to_owned).collect::<Vec<_>>()
            });
            for text in texts("literals").map(str::to_owned).chain(lines) {
                secrets.extend(text.split_once('=').map(|(_, value)| value.to_owned()));
                secrets.push(text);
            }
        }
        secrets.retain(|text| !text.trim().is_empty());
        secrets
    }

    /// Refuses paths that lead to the network, in a text, a list of texts, or the `path` of a mapping. `kustomize` itself
    /// refuses files outside of the kustomization, and tells of those that are not there.
    fn files(&mut self, open: &Open<'_>, node: &Node) {
        for item in node.items().unwrap_or(std::slice::from_ref(node)) {
            let path = item.entry("path").map_or(item, |entry| &entry.value);
            let text = path.as_str().filter(|text| !text.contains('\n')).unwrap_or_default();
            // A file of a generator may be `KEY=PATH`.
            let path = text.split_once('=').map_or(text, |(_, path)| path);
            if is_url(path) || is_url(text) {
                self.refuse::<()>(Refused::Elsewhere(path.to_owned()), &open.place(item));
            }
        }
    }

    fn refuse<T>(&mut self, refused: Refused, place: &Place) -> Option<T> {
        self.errors.push(refused.at(place));
        None
    }

    fn text(&mut self, path: &Path) -> Option<Arc<SourceFile>> {
        let bytes = self.snapshot.file(path)?.to_vec();
        match files::decode(&files::shown(&files::below(self.root, path)), bytes) {
            // The literals of a Secret are no word that says so.
            Ok(file) if file.text().contains("secretGenerator") => {
                Some(SourceFile::confidential(file.path(), file.text()))
            }
            Ok(file) => Some(file),
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }

    fn document(&mut self, file: &Arc<SourceFile>) -> Option<Node> {
        let before = self.errors.len();
        let documents = yaml::documents(file, &mut self.errors);
        let mut roots = documents.into_iter().map(|document| document.root);
        let root = roots.find(|root| !root.is_null());
        (self.errors.len() == before).then(|| root.unwrap_or_else(|| Node::null(0..0)))
    }
}
