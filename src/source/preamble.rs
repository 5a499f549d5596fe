//! What is read of a directory before its manifests: its settings, and what it leaves out.

use std::path::{Path, PathBuf};

use super::exclude::Exclude;
use super::settings::{self, UnrenderedSettings};
use super::tree::FileTree;
use super::{file_text, files};
use crate::diagnostic::error::{Error, Result};

/// What a directory, or a single file, says of itself as a whole.
#[derive(Debug)]
pub(super) struct Preamble {
    /// The settings file, if there is one, which no pattern leaves out.
    pub settings: Option<PathBuf>,
    /// What it says; the default if there is none.
    pub written: UnrenderedSettings,
    /// The paths that hold no desired state.
    pub exclude: Exclude,
    /// The mistakes in the settings, each at its place.
    pub errors: Vec<Error>,
}

impl Preamble {
    /// Reads that of the directory, or the single file, at `path` of `tree`. It is an error if there is none, or if
    /// its settings are a link that leads out of it.
    pub fn read(tree: &dyn FileTree, path: &Path) -> Result<Self> {
        let mut errors = Vec::new();
        let settings = files::settings_of(tree, path)?;
        let written = settings.as_ref().map(|settings| match file_text::read(tree, settings) {
            Ok(file) => settings::read(&file, &mut errors),
            Err(error) => {
                errors.push(error);
                UnrenderedSettings::default()
            }
        });
        let written = written.unwrap_or_default();
        let exclude = Exclude::read(tree, path, &written.settings, &mut errors);
        Ok(Self {
            settings,
            written,
            exclude,
            errors,
        })
    }
}
