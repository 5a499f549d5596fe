//! The files that parameters are read from.

use std::path::Path;

use super::ParameterInputs;
use super::file_text;
use super::files::DirectoryFiles;
use super::paths;
use super::tree::FileTree;
use super::unseal::Unsealer;
use crate::diagnostic::error::{Error, Result};
use crate::source::parameters::{self, Assignment, ParameterSources, Parameters};
use crate::source::render::Rendering;

/// The defaults of parameters.
const PARAMETERS: &str = "parameters.yaml";
/// Their types.
const SCHEMA: &str = "parameters.schema.json";

/// What the directory's manifests are rendered with; nothing for a directory without settings, which
/// is taken word for word.
pub(super) fn rendering(
    tree: &dyn FileTree,
    root: &Path,
    files: &DirectoryFiles,
    inputs: &ParameterInputs,
    unsealer: &Unsealer<'_>,
) -> Result<Option<Rendering>> {
    let shown = paths::shown(root);
    if files.settings.is_none() {
        return unasked(&shown, &["stackanetes.yaml", PARAMETERS, SCHEMA], inputs).map(|()| None);
    }
    let (defaults, schema) = match (&files.parameters, &files.schema) {
        (Some(defaults), Some(schema)) => (file_text::read(tree, defaults)?, file_text::read(tree, schema)?),
        (None, None) => {
            unasked(&shown, &[PARAMETERS, SCHEMA], inputs)?;
            return Ok(Some(Rendering::new(Parameters::none())));
        }
        (Some(_), None) => {
            return Err(
                Error::new(format!("{shown} has a parameters.yaml and no parameters.schema.json"))
                    .hint("declare every parameter in parameters.schema.json, a JSON Schema"),
            );
        }
        (None, Some(_)) => {
            return Err(
                Error::new(format!("{shown} has a parameters.schema.json and no parameters.yaml"))
                    .hint("give every parameter its default in parameters.yaml"),
            );
        }
    };
    let environment = match &inputs.environment {
        None => None,
        Some(name) => match files.environments.get(name) {
            Some(path) => Some(file_text::read(tree, path)?),
            None => return Err(unknown_environment(&shown, name, files)),
        },
    };
    let parameters = parameters::read(&ParameterSources {
        defaults: &defaults,
        schema: &schema,
        environment: environment.as_ref(),
        sets: &inputs.sets,
        unsealer,
    })?;
    Ok(Some(Rendering::new(parameters)))
}

/// Refuses an environment and parameters that are given where there can be none, since files are missing.
fn unasked(shown: &str, missing: &[&str], inputs: &ParameterInputs) -> Result<()> {
    let environment = inputs.environment.as_deref();
    let mut options: Vec<&str> = inputs.sets.iter().map(Assignment::option).collect();
    options.extend(environment.map(|_| "--environment"));
    options.sort_unstable();
    options.dedup();
    let Some((last, first)) = missing.split_last().filter(|_| !options.is_empty()) else {
        return Ok(());
    };
    let file = environment.map(|name| format!("environments/{name}.yaml"));
    let files = match &file {
        None => format!("{} and {last}", first.join(", ")),
        Some(file) => format!("{} and {file}", missing.join(", ")),
    };
    let what = match environment {
        Some(name) => format!("environment {name}"),
        None => "parameters".to_owned(),
    };
    let why = missing.first().copied().unwrap_or_default();
    let error = Error::new(format!("{shown} has no {what}, as it has no {why}"));
    Err(error.hint(format!("leave out {}, or add {files}", options.join(" and "))))
}

fn unknown_environment(shown: &str, name: &str, files: &DirectoryFiles) -> Error {
    let known: Vec<&str> = files.environments.keys().map(String::as_str).collect();
    let error = Error::new(format!("{shown} has no environment {name}"));
    match known.as_slice() {
        [] => error.hint(format!("add {shown}/environments/{name}.yaml")),
        known => error.hint(format!("it has {}", known.join(", "))),
    }
}
