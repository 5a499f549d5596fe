//! Texts that a directory gives out by name, such as what a client needs to reach the system.

use std::path::Path;
use std::sync::Arc;

use super::commits::Commits;
use super::component::find;
use super::preamble::Preamble;
use super::tree::{Disk, FileTree};
use super::unseal::Unsealer;
use super::{ParameterInputs, file_text, files, finish, paths, values};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::nearest::key_hint;

/// The text that the directory at `path`, at a revision or as it is on disk, calls `name`, filled in
/// from its parameters.
///
/// It is for everybody to see: a file that reads a secret parameter is refused.
pub fn output(path: &Path, revision: Option<&str>, inputs: &ParameterInputs, name: &str) -> Result<String> {
    match revision {
        None => read(&Disk, path, inputs, name),
        Some(revision) => {
            let commits = Commits::of(path)?;
            let commit = commits.find(revision)?;
            read(&commits.tree(&commit)?, path, inputs, name)
        }
    }
}

fn read(tree: &dyn FileTree, path: &Path, inputs: &ParameterInputs, name: &str) -> Result<String> {
    let mut preamble = Preamble::read(tree, path)?;
    let mut errors = std::mem::take(&mut preamble.errors);
    let files = files::find(tree, path, &preamble, &mut errors)?;
    let shown = paths::shown(path);
    if files.settings.is_none() {
        return Err(Error::new(format!(
            "{shown} has no outputs, as it has no stackanetes.yaml"
        )));
    }
    let settings = preamble.written.settings;
    finish(errors, ())?;
    let Some(output) = settings.outputs.get(name) else {
        let known: Vec<&str> = settings.outputs.keys().map(String::as_str).collect();
        let error = Error::new(format!("{shown} has no output `{name}`"));
        return Err(match known.as_slice() {
            [] => error.hint("declare it in stackanetes.yaml: `outputs: {NAME: FILE}`"),
            known => error.hint(key_hint(known, name)),
        });
    };
    let file = file_text::read(tree, &find(tree, path, path, &output.path, &output.place)?)?;
    if output.path.extension().is_none_or(|extension| extension != "j2") {
        return Ok(file.text().to_owned());
    }
    let rendering = values::rendering(tree, path, &files, inputs, &Unsealer::new(&inputs.identities))?;
    let Some(rendering) = rendering else {
        return Ok(file.text().to_owned());
    };
    let text = rendering.template(&Arc::clone(&file))?;
    match text.secret {
        None => Ok(text.text),
        Some(parameter) => {
            let message = format!(
                "{} reads the secret parameter `{parameter}`, and an output is for all to see",
                file.path()
            );
            let hint = "let whoever uses the text read the value from the cluster";
            Err(Error::new(message).at(output.place.clone(), "").hint(hint))
        }
    }
}
