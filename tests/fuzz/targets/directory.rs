//! Whole directories: `stackanetes.yaml`, parameters and their schema, environments, components, defaults, manifests.

use std::fs;
use std::path::{Component, Path};

use stackanetes::check;
use stackanetes::source::{self, Desired, ParameterInputs};
use stackanetes::view::{self, SecretValues};
use tempfile::TempDir;

use super::parts::parts;
use super::shown;

/// How many files are written.
const FILES: usize = 40;

/// A directory whose files stand one below the other, each under a line `-- PATH --`.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(directory) = TempDir::new() else { return };
    let root = directory.path().join("desired");
    for (path, text) in parts(&text).iter().skip(1).take(FILES) {
        write(&root, path, text);
    }
    let mut environments = vec![None];
    match source::environment_names(&root, None) {
        Ok(names) => environments.extend(names.into_iter().take(1).map(Some)),
        Err(error) => shown::error(&error),
    }
    for environment in environments {
        let inputs = ParameterInputs {
            environment,
            ..ParameterInputs::default()
        };
        match source::directory(&root, &inputs) {
            Ok(desired) => wanted(&root, &desired, &inputs),
            Err(error) => shown::error(&error),
        }
    }
    if let Err(error) = source::settings(&root, None) {
        shown::error(&error);
    }
}

fn write(root: &Path, path: &str, text: &str) {
    let path = Path::new(path);
    let is_below = |part| matches!(part, Component::Normal(name) if name != ".git");
    let parts = path.components().count();
    if parts == 0 || parts > 4 || !path.components().all(is_below) {
        return;
    }
    let path = root.join(path);
    // What cannot be a file is none: a name that is too long, or one that a folder has.
    if let Some(folder) = path.parent()
        && fs::create_dir_all(folder).is_ok()
    {
        let _ = fs::write(path, text);
    }
}

/// Checks what was read, and shows it.
fn wanted(root: &Path, desired: &Desired, inputs: &ParameterInputs) {
    let rules = &desired.settings.ignore_findings;
    shown::checked(&check::check(
        &desired.manifests,
        "default",
        rules,
        desired.closed.len(),
    ));
    view::manifests(&desired.manifests, SecretValues::Masked);
    view::manifests(&desired.manifests, SecretValues::Shown);
    view::warnings(desired);
    let outputs = source::names(root).map(|names| names.outputs).unwrap_or_default();
    for name in outputs {
        if let Err(error) = source::output(root, None, inputs, &name) {
            shown::error(&error);
        }
    }
}
