//! What a program makes objects of: resources and patches of kustomizations, templates of charts.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::kustomization::{Generator, KustomizationLayer, WholeKustomization};
use crate::diagnostic::place::{Place, SourceFile};
use crate::object::GroupVersionKind;
use crate::object::field::{FieldPath, PathElement};
use crate::source::Manifest;
use crate::yaml::{self, Node};

/// How Helm begins a document that it made of a template.
const SOURCE: &str = "# Source: ";
/// How many characters the digest has that a kustomization appends to the names of what it makes.
const DIGEST: usize = 10;
/// The kinds whose names no kustomization changes.
const UNCHANGED: [&str; 3] = ["Namespace", "CustomResourceDefinition", "APIService"];

/// What a program made objects of.
#[derive(Debug)]
pub(super) enum ProgramSources {
    Kustomization {
        /// The first line of the kustomization.
        whole: Place,
        resources: Vec<KustomizationResource>,
        generators: Vec<GeneratedObject>,
        /// Whether a Secret is made, or any of the files seems to have one.
        has_secret: bool,
    },
    Chart {
        /// The first line of `Chart.yaml`, or where an archive is declared.
        whole: Place,
        /// The templates, by their paths in the chart.
        templates: BTreeMap<PathBuf, Arc<SourceFile>>,
    },
}

/// An object in a file that a kustomization names.
#[derive(Debug)]
pub(super) struct KustomizationResource {
    document: SourceDocument,
    /// The name after all name prefixes, suffixes and hashes.
    name: String,
    /// The objects in the files of patches that are about it: those of the outermost kustomization first.
    patches: Vec<SourceDocument>,
}

/// A ConfigMap or Secret that a kustomization makes.
#[derive(Debug)]
pub(super) struct GeneratedObject {
    kind: &'static str,
    /// What it is called in the end, but for the digest.
    name: String,
    place: Place,
}

/// A document of a file.
#[derive(Debug, Clone)]
struct SourceDocument {
    file: Arc<SourceFile>,
    root: Arc<Node>,
}

impl SourceDocument {
    fn all(file: &Arc<SourceFile>) -> Vec<Self> {
        // What does not parse is told by the program.
        let documents = yaml::documents(file, &mut Vec::new()).into_iter();
        let found = documents.map(|document| Self {
            file: Arc::clone(file),
            root: Arc::new(document.root),
        });
        found.collect()
    }

    fn text(&self, key: &str) -> &str {
        self.root
            .entry(key)
            .and_then(|entry| entry.value.as_str())
            .unwrap_or_default()
    }

    fn name(&self) -> &str {
        let metadata = self.root.entry("metadata");
        let name = metadata.and_then(|metadata| metadata.value.entry("name"));
        name.and_then(|name| name.value.as_str()).unwrap_or_default()
    }

    fn gvk(&self) -> GroupVersionKind {
        GroupVersionKind::new(self.text("apiVersion"), self.text("kind"))
    }

    fn place(&self) -> Place {
        Place::new(Arc::clone(&self.file), self.root.first_line(self.file.text()))
    }

    /// Where it says this value at this path, if it does.
    fn says(&self, path: &FieldPath, value: &Value) -> Option<Place> {
        let said = self.root.get(path)?;
        let is_same = said.to_value() == *value;
        is_same.then(|| Place::new(Arc::clone(&self.file), self.root.locate(path, self.file.text())))
    }
}

impl ProgramSources {
    /// The sources of a kustomization: its resources and its generators.
    pub(super) fn kustomization(whole: &WholeKustomization) -> Self {
        let mut found = SourceCollector::default();
        found.read(&whole.layer, &NameAffixes::default(), &[]);
        Self::Kustomization {
            has_secret: whole.has_secret,
            whole: Place::of_line(Arc::clone(&whole.layer.file), 0),
            resources: found.resources,
            generators: found.generators,
        }
    }

    /// The sources of a chart: its templates.
    pub(super) fn chart(whole: Place, templates: BTreeMap<PathBuf, Arc<SourceFile>>) -> Self {
        Self::Chart { whole, templates }
    }

    /// Whether what a program complains of may quote a Secret.
    pub(super) fn has_secret(&self) -> bool {
        matches!(self, Self::Kustomization { has_secret: true, .. })
    }

    /// What is named where no other file is known.
    pub(super) fn whole(&self) -> &Place {
        match self {
            Self::Kustomization { whole, .. } | Self::Chart { whole, .. } => whole,
        }
    }

    /// The one object of a file that became this one; nothing where there is none, or more than one.
    pub(super) fn resource(&self, manifest: &Manifest) -> Option<usize> {
        let Self::Kustomization { resources, .. } = self else {
            return None;
        };
        let mut same = resources.iter().enumerate().filter(|(_, resource)| {
            resource.name == manifest.name && resource.document.gvk().group_kind == manifest.gvk.group_kind
        });
        let (index, _) = same.next()?;
        same.next().is_none().then_some(index)
    }

    /// Where the object as a whole is written.
    pub(super) fn object(&self, manifest: &Manifest, output: &SourceFile, resource: Option<usize>) -> Place {
        let found = match self {
            Self::Kustomization {
                resources, generators, ..
            } => resource
                .map(|index| resources[index].document.place())
                .or_else(|| Some(generators.iter().find(|made| made.is(manifest))?.place.clone())),
            Self::Chart { templates, .. } => template(output, manifest.place.span.start)
                .and_then(|name| templates.get(name))
                .map(|file| Place::of_line(Arc::clone(file), 0)),
        };
        found.unwrap_or_else(|| self.whole().clone())
    }
}

impl KustomizationResource {
    /// Where a value is written that the object has in the end: in a patch, or in the object itself.
    pub(super) fn says(&self, path: &FieldPath, value: &Value) -> Option<Place> {
        // An item of a patch has another place in its list than in the object's.
        let is_by_place = path
            .elements()
            .iter()
            .any(|element| matches!(element, PathElement::Index(_)));
        let patches = self.patches.iter().filter(|_| !is_by_place);
        patches
            .chain([&self.document])
            .find_map(|document| document.says(path, value))
    }
}

impl GeneratedObject {
    fn is(&self, manifest: &Manifest) -> bool {
        let digest = manifest
            .name
            .strip_prefix(&self.name)
            .map(|rest| rest.strip_prefix('-').unwrap_or(rest));
        manifest.gvk.group_kind.is("", self.kind) && digest.is_some_and(|digest| [0, DIGEST].contains(&digest.len()))
    }
}

/// What the kustomizations around one do to the names of objects.
#[derive(Debug, Clone, Default)]
struct NameAffixes {
    prefix: String,
    suffix: String,
}

impl NameAffixes {
    fn within(&self, layer: &KustomizationLayer) -> Self {
        Self {
            prefix: format!("{}{}", self.prefix, layer.prefix),
            suffix: format!("{}{}", layer.suffix, self.suffix),
        }
    }

    fn of(&self, kind: &str, name: &str) -> String {
        if UNCHANGED.contains(&kind) {
            return name.to_owned();
        }
        format!("{}{name}{}", self.prefix, self.suffix)
    }
}

#[derive(Default)]
struct SourceCollector {
    resources: Vec<KustomizationResource>,
    generators: Vec<GeneratedObject>,
    /// The documents of the files that were parsed so far, by the paths of these.
    parsed: HashMap<String, Arc<[SourceDocument]>>,
}

impl SourceCollector {
    fn documents(&mut self, file: &Arc<SourceFile>) -> Arc<[SourceDocument]> {
        if let Some(documents) = self.parsed.get(file.path()) {
            return Arc::clone(documents);
        }
        let documents: Arc<[SourceDocument]> = SourceDocument::all(file).into();
        self.parsed.insert(file.path().to_owned(), Arc::clone(&documents));
        documents
    }

    /// The objects in the files of a kustomization's patches, and of those of its components, which change what it has.
    /// A JSON patch is a list, and no object.
    fn patches_of(&mut self, layer: &KustomizationLayer) -> Vec<SourceDocument> {
        let mut found = Vec::new();
        for component in &layer.components {
            found.extend(self.patches_of(component));
        }
        for file in &layer.patches {
            let documents = self.documents(file);
            let objects = documents.iter().filter(|document| document.root.entries().is_some());
            found.extend(objects.cloned());
        }
        found
    }

    /// Adds what a kustomization has; `patches` are those of the kustomizations that it is a part of.
    fn read(&mut self, layer: &KustomizationLayer, names: &NameAffixes, patches: &[SourceDocument]) {
        let names = names.within(layer);
        let mut all = patches.to_vec();
        all.extend(self.patches_of(layer));
        let files: Vec<_> = layer.resources.iter().map(|file| self.documents(file)).collect();
        for document in files.iter().flat_map(|documents| documents.iter()) {
            let is_about = |patch: &&SourceDocument| {
                patch.name() == document.name() && patch.gvk().group_kind == document.gvk().group_kind
            };
            self.resources.push(KustomizationResource {
                name: names.of(document.text("kind"), document.name()),
                patches: all.iter().filter(is_about).cloned().collect(),
                document: document.clone(),
            });
        }
        let made = layer
            .generated
            .iter()
            .map(|Generator { kind, name, place }| GeneratedObject {
                kind,
                name: names.of(kind, name),
                place: place.clone(),
            });
        self.generators.extend(made);
        for below in layer.bases.iter().chain(&layer.components) {
            self.read(below, &names, &all);
        }
    }
}

/// The path, in the chart, of the template that a document of Helm's output was made of.
fn template(output: &SourceFile, start: usize) -> Option<&Path> {
    let before = output.text().get(..start)?;
    let line = before
        .lines()
        .rev()
        .find(|line| line.starts_with(SOURCE) || *line == "---")?;
    let (_, path) = line.strip_prefix(SOURCE)?.split_once('/')?;
    Some(Path::new(path))
}
