//! Kustomize: how it is run, and what it makes objects of.

use std::path::Path;

use super::declared::DeclaredProgram;
use super::failure::ProgramFailure;
use super::kustomization;
use super::process::{self, Invocation};
use super::snapshot::FileSnapshot;
use super::sources::ProgramSources;
use crate::diagnostic::error::Result;

/// What the kustomization in `folder` is made of. It is an error if it would lead out of the directory.
pub(super) fn sources(
    snapshot: &FileSnapshot,
    root: &Path,
    folder: &Path,
    declared: &DeclaredProgram,
) -> Result<ProgramSources> {
    let whole = kustomization::read(snapshot, root, folder, &declared.place)?;
    Ok(ProgramSources::kustomization(&whole))
}

/// `kustomize build`, or `kubectl kustomize` where there is no `kustomize`.
pub(super) fn command(folder: &Path) -> Result<Invocation, ProgramFailure> {
    let folder = Path::new(".").join(folder).into_os_string();
    let programs = [("kustomize", "build"), ("kubectl", "kustomize")];
    let mut found = programs
        .iter()
        .filter_map(|(name, word)| Some((process::find(name)?, *word)));
    let (path, word) = found.next().ok_or(ProgramFailure::NotFound {
        names: &["kustomize", "kubectl"],
    })?;
    Ok(Invocation {
        path,
        args: vec![word.into(), folder],
    })
}
