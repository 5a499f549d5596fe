//! Kustomizations, as far as they are read here: what each is made of, and that nothing of it is elsewhere.
//!
//! `kustomize` gets what a kustomization names by a URL from the network, and looks into any folder of the disk that one
//! names. A commit would not hold all that is desired then, so such a kustomization is refused before it is built.

mod reader;
mod refused;

use std::path::Path;
use std::sync::Arc;

use super::snapshot::FileSnapshot;
use crate::diagnostic::error::Result;
use crate::diagnostic::place::{Place, SourceFile};

/// A kustomization, and those that it is made of.
#[derive(Debug)]
pub(super) struct KustomizationLayer {
    pub(super) file: Arc<SourceFile>,
    pub(super) prefix: String,
    pub(super) suffix: String,
    /// The files of its resources.
    pub(super) resources: Vec<Arc<SourceFile>>,
    /// The files of its patches.
    pub(super) patches: Vec<Arc<SourceFile>>,
    /// The ConfigMaps and Secrets that it makes, by kind and name.
    pub(super) generated: Vec<Generator>,
    pub(super) bases: Vec<KustomizationLayer>,
    pub(super) components: Vec<KustomizationLayer>,
}

/// A kustomization with all that it is made of.
#[derive(Debug)]
pub(super) struct WholeKustomization {
    pub(super) layer: KustomizationLayer,
    /// Whether it makes a Secret, or any of its files seems to have one.
    pub(super) has_secret: bool,
}

/// A ConfigMap or a Secret that a kustomization makes of files or texts.
#[derive(Debug)]
pub(super) struct Generator {
    pub(super) kind: &'static str,
    pub(super) name: String,
    /// The place of the declaration.
    pub(super) place: Place,
}

/// The kustomization in `folder`, which `place` asks for.
pub(super) fn read(snapshot: &FileSnapshot, root: &Path, folder: &Path, place: &Place) -> Result<WholeKustomization> {
    reader::KustomizationReader::new(snapshot, root).whole(folder, place)
}
