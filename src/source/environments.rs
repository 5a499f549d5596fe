//! What each environment of a directory says, in digests: by them two commits are compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::preamble::Preamble;
use super::tree::{Disk, FileTree};
use super::{Commits, file_text, files};
use crate::diagnostic::error::Result;
use crate::diagnostic::place::SourceFile;

/// The SHA-256 of the file of each environment, by the environment's name.
pub type EnvironmentDigests = BTreeMap<String, [u8; 32]>;

/// Digests of the environments of the directory at `path`, as it is in the commit that `revision` names, or else on
/// disk.
///
/// A file that cannot be read has none: it is an error where its environment is asked for. It is one here if the
/// commit is not there, or the settings of the directory cannot be read.
pub fn environments(path: &Path, revision: Option<&str>) -> Result<EnvironmentDigests> {
    in_tree(path, revision, |tree| digests(tree, path))
}

/// The names of the environments of the directory at `path`, as it is in the commit that `revision` names, or else on
/// disk: also of those whose files cannot be read.
pub fn environment_names(path: &Path, revision: Option<&str>) -> Result<Vec<String>> {
    in_tree(path, revision, |tree| {
        Ok(environment_files(tree, path)?.into_keys().collect())
    })
}

/// What `read` finds in the files of the commit that `revision` names, or else on disk.
fn in_tree<T>(path: &Path, revision: Option<&str>, read: impl FnOnce(&dyn FileTree) -> Result<T>) -> Result<T> {
    let Some(revision) = revision else {
        return read(&Disk);
    };
    let commits = Commits::of(path)?;
    let commit = commits.find(revision)?;
    read(&commits.tree(&commit)?)
}

/// The files of the environments, by their names.
fn environment_files(tree: &dyn FileTree, path: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let preamble = Preamble::read(tree, path)?;
    Ok(files::find(tree, path, &preamble, &mut Vec::new())?.environments)
}

fn digests(tree: &dyn FileTree, path: &Path) -> Result<EnvironmentDigests> {
    let digest = |file: Arc<SourceFile>| Sha256::digest(file.text()).into();
    let digests = environment_files(tree, path)?
        .into_iter()
        .filter_map(|(name, path)| Some((name, digest(file_text::read(tree, &path).ok()?))));
    Ok(digests.collect())
}
