//! Components: folders of the directory that hold a `component.yaml`.
//!
//! A component says what it depends on, when it is wanted, and which files become its ConfigMaps and
//! Secrets.

mod declaration;
mod dependencies;
mod object;
mod open;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use declaration::Declaration;
use object::ObjectMaker;

use super::file_text;
use super::files::DirectoryFiles;
use super::paths;
use super::programs::{DeclarationContext, Reading};
use super::tree::{EntryKind, FileTree};
use super::unseal::Unsealed;
use super::{Manifest, Settings};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};
use crate::object::COMPONENT;
use crate::source::ComponentDependencies;
use crate::source::render::Rendering;

/// The file that makes a folder a component.
pub(super) const FILE: &str = "component.yaml";

/// The components of a directory.
#[derive(Debug, Default)]
pub(super) struct Components {
    /// The components that an environment switches on.
    wanted: BTreeSet<String>,
    /// The components that an environment switches off.
    unwanted: BTreeSet<String>,
    /// The components whose objects a program makes.
    built: BTreeSet<String>,
    /// What each of them depends on; nothing, where it is switched off.
    pub(super) dependencies: ComponentDependencies,
    /// The objects that are made of their files.
    pub(super) manifests: Vec<Manifest>,
    /// The files that become part of an object, and so are no manifests.
    files: BTreeSet<PathBuf>,
}

impl Components {
    /// Reads the components in `root`, adding what is wrong with them to `errors`.
    pub(super) fn read(
        reading: &Reading<'_>,
        files: &DirectoryFiles,
        rendering: &Arc<Rendering>,
        settings: &Settings,
        errors: &mut Vec<Error>,
    ) -> Self {
        let root = reading.root;
        let mut components = Self::default();
        let mut declared = BTreeMap::new();
        for (name, path) in &files.components {
            let before = errors.len();
            let component = OneComponent {
                path,
                name,
                namespace: settings.namespace.as_deref(),
            };
            let Some(declaration) = component.read(reading, rendering, errors) else {
                // Of a wrong one it is unknown whether it is wanted: one error is enough.
                let is_wrong = errors.len() > before;
                let kind = if is_wrong {
                    &mut components.wanted
                } else {
                    &mut components.unwanted
                };
                kind.insert(name.clone());
                continue;
            };
            components.wanted.insert(name.clone());
            let maker = ObjectMaker {
                tree: reading.tree,
                root,
                folder: &root.join(name),
                rendering,
                unsealer: reading.unsealer,
            };
            for object in &declaration.objects {
                let used = object
                    .files
                    .iter()
                    .chain(&object.options)
                    .filter_map(|entry| within(root, maker.folder, &entry.path));
                components.files.extend(used);
                components
                    .manifests
                    .extend(maker.make(object, &declaration.rendered, errors).map(|mut manifest| {
                        label(&mut manifest, name);
                        manifest
                    }));
            }
            if let Some(program) = &declaration.program {
                components.built.insert(name.clone());
                let built = reading.built(program, errors).into_iter().map(|mut manifest| {
                    label(&mut manifest, name);
                    manifest
                });
                components.manifests.extend(built);
            }
            declared.insert(name.clone(), declaration.depends_on);
        }
        components.dependencies = dependencies::check(declared, &components.wanted, &components.unwanted, errors);
        components
    }

    /// The component that the file at `path` belongs to; nothing if it belongs to none.
    pub(super) fn of(&self, root: &Path, path: &Path) -> Option<&str> {
        let first = path.strip_prefix(root).ok()?.components().next()?;
        let folder = first.as_os_str().to_str()?;
        self.wanted
            .get(folder)
            .or(self.unwanted.get(folder))
            .map(String::as_str)
    }

    /// Whether the file at `path` is read as manifests: not a file that becomes part of an object, and
    /// nothing of a component that is switched off, or whose objects a program makes.
    pub(super) fn is_manifest(&self, root: &Path, path: &Path) -> bool {
        let is_unwanted = self
            .of(root, path)
            .is_some_and(|component| self.unwanted.contains(component) || self.built.contains(component));
        !is_unwanted && !self.files.contains(path)
    }
}

/// A component that is to be read.
struct OneComponent<'a> {
    /// Its `component.yaml`.
    path: &'a Path,
    name: &'a str,
    /// The namespace of the directory.
    namespace: Option<&'a str>,
}

impl OneComponent<'_> {
    /// What its `component.yaml` says. Nothing where it is switched off, or wrong, which is added to `errors`.
    fn read(&self, reading: &Reading<'_>, rendering: &Rendering, errors: &mut Vec<Error>) -> Option<Declaration> {
        let file = match file_text::read(reading.tree, self.path) {
            // The values of Secrets may stand in it, and those of Helm, whatever key is meant to hold them.
            Ok(file) if ["values", "ecret"].iter().any(|word| file.text().contains(word)) => {
                SourceFile::confidential(file.path(), file.text())
            }
            Ok(file) => file,
            Err(error) => {
                errors.push(error);
                return None;
            }
        };
        let before = errors.len();
        let Unsealed { file, documents, .. } = reading.unsealer.documents(&file, errors);
        if errors.len() > before {
            return None;
        }
        let context = DeclarationContext {
            file: &file,
            folder: Path::new(self.name),
            namespace: self.namespace,
        };
        declaration::read(context, &documents, rendering, errors).filter(|_| errors.len() == before)
    }
}

/// Says on an object which component it belongs to.
pub(super) fn label(manifest: &mut Manifest, component: &str) {
    let metadata = &mut manifest.value["metadata"];
    if metadata["labels"].is_null() {
        metadata["labels"] = serde_json::json!({});
    }
    metadata["labels"][COMPONENT] = component.into();
}

/// The file that `place` names by its path from `folder`. It must stand in the directory at `root`.
pub(super) fn find(
    tree: &dyn FileTree,
    root: &Path,
    folder: &Path,
    named: &Path,
    place: &Place,
) -> Result<PathBuf, Error> {
    let error = |message: String, hint: &str| Err(Error::new(message).at(place.clone(), "").hint(hint));
    let inside = "its files stand in the directory, so that a commit holds all that is desired";
    let Some(path) = within(root, folder, named) else {
        return error(format!("{} is outside of the directory", named.display()), inside);
    };
    let shown = paths::shown(&path);
    let (Ok(real), Ok(real_root)) = (tree.real(&path), tree.real(root)) else {
        let folder = paths::shown(folder);
        return error(
            format!("there is no file {shown}{}", tree.of()),
            &format!("name it by its path from {folder}"),
        );
    };
    if !real.starts_with(&real_root) {
        return error(format!("the symbolic link {shown} leads out of the directory"), inside);
    }
    if let Err(refused) = paths::refuse_real((root, &real_root), (&path, &real)) {
        return Err(refused.at(place.clone(), ""));
    }
    if tree.kind(&path).ok() != Some(EntryKind::File) {
        return error(format!("{shown} is no file"), "name each file of a folder by itself");
    }
    Ok(path)
}

/// The path of what is named by its path from `folder`, without `.` and `..`. Nothing where it is not in
/// `root`, as far as that can be told without looking.
fn within(root: &Path, folder: &Path, named: &Path) -> Option<PathBuf> {
    let path = paths::inside(folder.strip_prefix(root).ok()?, named)?;
    Some(root.join(path))
}
