//! The desired state as it is read: a directory of manifests, or standard input.
//!
//! Everything that is wrong with the input is found before anything is said about it, and every
//! manifest knows where each of its fields was written.

pub(crate) mod bounded;
mod check;
mod checkout;
mod commits;
mod component;
mod defaults;
mod environments;
mod exclude;
mod file_text;
mod files;
mod git;
mod hooks;
mod identities;
mod manifest;
mod origins;
mod output;
pub mod parameters;
mod paths;
mod preamble;
mod programs;
pub mod render;
pub mod rules;
mod secret;
mod settings;
mod small;
mod stored;
mod tree;
mod unseal;
mod unseen;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use component::Components;
use preamble::Preamble;
use programs::Reading;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use render::Rendering;
use tree::{Disk, FileTree};

pub use commits::{CommitId, Commits, MergeBase, head_commit, merge_base};
pub use environments::{EnvironmentDigests, environment_names, environments};
pub use git::{Revision, top_of_repository};
pub use hooks::Hook;
pub use identities::identities;
pub use manifest::{Manifest, SchemaFile};
pub use origins::ManifestOrigins;
pub use output::output;
pub use programs::{Permission, Programs};
pub use settings::{Contexts, IgnoredFinding, Settings, is_among};
pub use small::small_text;
pub use unseal::Unsealer;

use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::SourceFile;
use crate::sops::{Closed, Identities};
use crate::source::parameters::{Assignment, Parameters, SetByHand};

/// For each component of a directory, the components whose objects must be Current before its workloads are applied.
pub type ComponentDependencies = BTreeMap<String, BTreeSet<String>>;

/// What a directory, or standard input, wants.
/// ```
/// use std::fs;
/// use stackanetes::object::field::FieldPath;
/// use stackanetes::source::{self, ParameterInputs};
///
/// let directory = tempfile::tempdir()?;
/// fs::write(directory.path().join("stackanetes.yaml"), "name: shop\n")?;
/// let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: fast}\n";
/// fs::write(directory.path().join("settings.yaml"), manifest)?;
///
/// let desired = source::directory(directory.path(), &ParameterInputs::default())?;
/// assert_eq!(desired.settings.name.as_deref(), Some("shop"));
/// let settings = &desired.manifests[0];
/// let mode = settings.origins.of(&FieldPath::of(&["data", "mode"])).remove(0);
/// assert_eq!((settings.name.as_str(), mode.place.line()), ("settings", 4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Desired {
    /// What a person calls it: the directory as typed, or `standard input`.
    pub name: String,
    /// What `stackanetes.yaml` says.
    pub settings: Settings,
    /// The objects, by file and by their order in it.
    pub manifests: Vec<Manifest>,
    /// The components, and which depends on which.
    pub components: ComponentDependencies,
    /// Whether pods start anew when configuration changes that they read: in a directory that has a `stackanetes.yaml`
    /// which does not say otherwise.
    pub rollouts: bool,
    /// The commit that the directory stands at, if it stands in a git repository.
    pub revision: Option<Revision>,
    /// The environment it was read for.
    pub environment: Option<String>,
    /// The parameters that were set by hand.
    pub set: SetByHand,
    /// The files that SOPS encrypted and that no identity decrypts: their values are ciphertexts.
    pub closed: BTreeSet<Closed>,
    /// The secret parameters that have the defaults of the directory, by their dotted names.
    pub secret_defaults: Vec<String>,
    /// The hooks of Helm charts that were read, and are no objects of it.
    pub hooks: Vec<Hook>,
    /// What a person should know, though nothing failed.
    pub warnings: Vec<String>,
}

/// What a person says of the parameters when a directory is read.
#[derive(Debug, Clone, Default)]
pub struct ParameterInputs {
    /// The environment, by its name.
    pub environment: Option<String>,
    /// Parameters set by hand.
    pub sets: Vec<Assignment>,
    /// What encrypted files are decrypted with.
    pub identities: Arc<Identities>,
    /// Whether Kustomize and Helm may be run, and what they made so far.
    pub programs: Arc<Programs>,
}

/// Reads every manifest of the directory at `path`, or of the one file at `path`.
///
/// A directory with a `stackanetes.yaml` may have parameters, and its manifests expressions that read
/// them; every other directory is taken word for word.
pub fn directory(path: &Path, inputs: &ParameterInputs) -> Result<Desired> {
    let (path, inputs) = (path.to_owned(), inputs.clone());
    bounded::read(move || {
        files::refuse_component(&Disk, &path)?;
        let preamble = Preamble::read(&Disk, &path)?;
        finish(checkout::left_out(&path, &preamble.exclude), ())?;
        let (revision, warnings) = match Revision::of(&path, &preamble.exclude) {
            Ok(revision) => (revision, Vec::new()),
            Err(error) => (None, vec![warning(&error)]),
        };
        let read = read_on(&Disk, &path, preamble, &inputs)?;
        Ok(Desired {
            revision,
            warnings,
            ..read
        })
    })
}

/// Reads the directory at `path` as it is in the commit that `revision` names, whatever is on disk.
pub fn at_revision(path: &Path, revision: &str, inputs: &ParameterInputs) -> Result<Desired> {
    let (path, revision, inputs) = (path.to_owned(), revision.to_owned(), inputs.clone());
    bounded::read(move || {
        let commits = Commits::of(&path)?;
        let commit = commits.find(&revision)?;
        let read = commits.desired(&commit, &inputs)?;
        Ok(Desired {
            revision: Some(commit),
            ..read
        })
    })
}

/// What the directory at `path` says at a commit that does not have the environment of `like` yet: nothing.
pub fn nothing_at(path: &Path, revision: &str, like: &Desired) -> Result<Desired> {
    let commit = Commits::of(path)?.find(revision)?;
    Ok(Desired {
        name: like.name.clone(),
        settings: like.settings.clone(),
        manifests: Vec::new(),
        components: ComponentDependencies::default(),
        rollouts: like.rollouts,
        revision: Some(commit),
        environment: like.environment.clone(),
        set: like.set.clone(),
        closed: BTreeSet::new(),
        secret_defaults: Vec::new(),
        hooks: Vec::new(),
        warnings: Vec::new(),
    })
}

/// Reads the directory, or the one file, at `path` of `tree`.
fn read(tree: &dyn FileTree, path: &Path, inputs: &ParameterInputs) -> Result<Desired> {
    files::refuse_component(tree, path)?;
    read_on(tree, path, Preamble::read(tree, path)?, inputs)
}

/// Reads what follows the preamble.
fn read_on(tree: &dyn FileTree, path: &Path, mut preamble: Preamble, inputs: &ParameterInputs) -> Result<Desired> {
    let mut errors = std::mem::take(&mut preamble.errors);
    let files = files::find(tree, path, &preamble, &mut errors)?;
    let unsealer = Unsealer::new(&inputs.identities);
    let rendering = values::rendering(tree, path, &files, inputs, &unsealer)?.map(Arc::new);
    let reading = Reading::new(tree, path, &unsealer, &inputs.programs);
    let written = std::mem::take(&mut preamble.written);
    let program = written.program.clone();
    let settings = written.with(rendering.as_deref(), &mut errors);
    settings.contexts.check(files.environments.keys(), &mut errors);
    let mut components = match &rendering {
        Some(rendering) => Components::read(&reading, &files, rendering, &settings, &mut errors),
        None => Components::default(),
    };
    let mut manifests = std::mem::take(&mut components.manifests);
    let is_built = program.is_some();
    if let (Some(program), Some(rendering)) = (program, &rendering)
        && let Some(declared) = program.declared(rendering, settings.namespace.as_deref(), &mut errors)
    {
        manifests.extend(reading.built(&declared, &mut errors));
    }
    let is_manifest = |file: &PathBuf| {
        let is_of_component = components.of(path, file).is_some();
        components.is_manifest(path, file) && (is_of_component || !is_built)
    };
    let texts = files.manifests.iter().filter(|file| is_manifest(file));
    let texts: Vec<_> = texts
        .map(|file| (components.of(path, file), file_text::read(tree, file)))
        .collect();
    let read_one = |(component, text)| read_file(component, text, rendering.as_ref(), &unsealer);
    // Most of the time goes into these, and none needs another.
    let all: Vec<_> = bounded::on_all_cores(|| texts.into_par_iter().map(read_one).collect());
    for (mut read, mut wrong) in all {
        manifests.append(&mut read);
        errors.append(&mut wrong);
    }
    if let Some(rendering) = &rendering {
        let mut texts = Vec::new();
        for path in &files.defaults {
            match file_text::read(tree, path) {
                Ok(text) => texts.push(defaults::confidential(text)),
                Err(error) => errors.push(error),
            }
        }
        let names = files.components.keys().cloned().collect();
        let files = texts.iter().map(|file| unsealer.documents(file, &mut errors));
        defaults::lay_under(&mut manifests, files.collect(), &names, rendering, &mut errors);
    }
    let parameters = rendering.as_ref().map(|rendering| rendering.parameters());
    let rollouts = files.settings.is_some() && !settings.keeps_pods;
    let hooks = hooks::set_aside(&mut manifests);
    let errors = Error::join(errors).map(|error| unsealer.without_secrets(error));
    let set = parameters.map(|parameters| parameters.set_by_hand().clone());
    let secret_defaults = parameters.map(Parameters::secret_defaults);
    finish(
        errors,
        Desired {
            name: paths::shown(path),
            settings,
            manifests,
            components: components.dependencies,
            rollouts,
            revision: None,
            environment: inputs.environment.clone(),
            set: set.unwrap_or_default(),
            secret_defaults: secret_defaults.unwrap_or_default(),
            closed: unsealer.into_closed(),
            hooks,
            warnings: Vec::new(),
        },
    )
}

/// Reads the manifests of a file, which may be of a component, and what is wrong with them.
fn read_file(
    component: Option<&str>,
    text: Result<Arc<SourceFile>>,
    rendering: Option<&Arc<Rendering>>,
    unsealer: &Unsealer<'_>,
) -> (Vec<Manifest>, Vec<Error>) {
    let text = match text {
        Ok(text) => text,
        Err(error) => return (Vec::new(), vec![error]),
    };
    let mut errors = Vec::new();
    let mut manifests = manifest::read(&text, rendering, unsealer, &mut errors);
    if let Some(component) = component {
        for manifest in &mut manifests {
            component::label(manifest, component);
        }
    }
    (manifests, errors)
}

/// Reads manifests from standard input.
pub fn standard_input(identities: &Identities) -> Result<Desired> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| Error::new("failed to read standard input").because(error))?;
    text(SourceFile::STANDARD_INPUT, bytes, identities)
}

/// What can be named in a directory.
#[derive(Debug)]
pub struct DirectoryNames {
    /// Its environments.
    pub environments: Vec<String>,
    /// Its components, those that are switched off among them.
    pub components: Vec<String>,
    /// The texts that it gives out.
    pub outputs: Vec<String>,
}

/// What can be named in the directory at `path`. No file but its settings is read.
pub fn names(path: &Path) -> Result<DirectoryNames> {
    let preamble = Preamble::read(&Disk, path)?;
    let files = files::find(&Disk, path, &preamble, &mut Vec::new())?;
    Ok(DirectoryNames {
        environments: files.environments.into_keys().collect(),
        components: files.components.into_keys().collect(),
        outputs: preamble.written.settings.outputs.into_keys().collect(),
    })
}

/// Reads only the `stackanetes.yaml` of the directory at `path`, and the parameters where it reads some; the default
/// if there is none.
pub fn settings(path: &Path, environment: Option<&str>) -> Result<Settings> {
    let inputs = ParameterInputs {
        environment: environment.map(str::to_owned),
        // What an encrypted file holds names no ApplySet and no namespace.
        ..ParameterInputs::default()
    };
    let path = path.to_owned();
    bounded::read(move || settings_with(&path, &inputs))
}

fn settings_with(path: &Path, inputs: &ParameterInputs) -> Result<Settings> {
    let mut preamble = Preamble::read(&Disk, path)?;
    let mut errors = std::mem::take(&mut preamble.errors);
    let reads_parameters = preamble.written.reads_parameters() || inputs.environment.is_some();
    if !reads_parameters && !preamble.written.settings.contexts.name_environments() {
        return finish(errors, preamble.written.settings);
    }
    let files = files::find(&Disk, path, &preamble, &mut errors)?;
    let written = preamble.written;
    written.settings.contexts.check(files.environments.keys(), &mut errors);
    if !reads_parameters {
        return finish(errors, written.settings);
    }
    let rendering = values::rendering(&Disk, path, &files, inputs, &Unsealer::new(&inputs.identities))?;
    let settings = written.with(rendering.as_ref(), &mut errors);
    finish(errors, settings)
}

/// Reads manifests from bytes that came from `name`.
fn text(name: &str, bytes: Vec<u8>, identities: &Identities) -> Result<Desired> {
    let mut errors = Vec::new();
    let unsealer = Unsealer::new(identities);
    let file = file_text::decode(name, bytes)?;
    let mut manifests = manifest::read(&file, None, &unsealer, &mut errors);
    let hooks = hooks::set_aside(&mut manifests);
    let errors = Error::join(errors).map(|error| unsealer.without_secrets(error));
    let name = "standard input".to_owned();
    let desired = Desired {
        name,
        settings: Settings::default(),
        manifests,
        components: ComponentDependencies::new(),
        rollouts: false,
        revision: None,
        environment: None,
        set: SetByHand::default(),
        secret_defaults: Vec::new(),
        closed: unsealer.into_closed(),
        hooks,
        warnings: Vec::new(),
    };
    finish(errors, desired)
}

fn finish<T>(errors: impl IntoIterator<Item = Error>, value: T) -> Result<T> {
    Error::join(errors).map_or(Ok(value), Err)
}

fn warning(error: &Error) -> String {
    let cause = std::error::Error::source(error)
        .map(|cause| format!(": {cause}"))
        .unwrap_or_default();
    let said = std::iter::once(format!("{error}{cause}")).chain(error.hints().iter().cloned());
    said.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_on_standard_input_is_nothing_desired() {
        assert!(
            text("<stdin>", Vec::new(), &Identities::default())
                .expect("no error")
                .manifests
                .is_empty()
        );
    }
}
