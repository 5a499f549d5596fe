//! Where the fields of a manifest are written.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::field::{FieldPath, PathElement};
use crate::object::Origins;
use crate::place::{Origin, Place, Role, SourceFile};
use crate::yaml::{self, Node};

/// A document whose places can be asked for.
///
/// Places are asked of the few objects that change, and the places of all would take as much memory
/// as the objects. So the document is read a second time, when a place in it is first asked for.
#[derive(Debug)]
pub(super) struct PlacedDocument {
    file: Arc<SourceFile>,
    span: Range<usize>,
    root: OnceLock<Node>,
}

impl PlacedDocument {
    /// The document that was read from `span` of `file`.
    pub(super) fn new(file: Arc<SourceFile>, span: Range<usize>) -> Self {
        Self {
            file,
            span,
            root: OnceLock::new(),
        }
    }

    fn root(&self) -> &Node {
        self.root.get_or_init(|| {
            yaml::document_at(&self.file, self.span.clone()).unwrap_or_else(|| Node::null(self.span.clone()))
        })
    }
}

/// Tells where the fields of one manifest are written.
#[derive(Debug)]
pub struct ManifestOrigins {
    pub(super) document: Arc<PlacedDocument>,
    /// The way to the object, when it stands in a list.
    pub(super) object: FieldPath,
    /// Where the object begins.
    pub(super) place: Place,
    /// Whether `stringData` was folded into `data`.
    pub(super) is_secret: bool,
}

impl ManifestOrigins {
    /// The path that a value was written at.
    fn written(&self, path: &FieldPath) -> FieldPath {
        let whole = |path: &FieldPath| self.object.elements().iter().chain(path.elements()).cloned().collect();
        if self.is_secret && path.is_under(&["data"]) {
            let folded = [PathElement::Field("stringData".to_owned())];
            let folded = whole(&folded.iter().chain(&path.elements()[1..]).cloned().collect());
            let root = self.document.root();
            let unwritten = root.get(&whole(path)).is_none();
            if root.get(&folded).is_some() && (path.elements().len() > 1 || unwritten) {
                return folded;
            }
        }
        whole(path)
    }
}

impl Origins for ManifestOrigins {
    fn of(&self, path: &FieldPath) -> Vec<Origin> {
        let place = if path.elements().is_empty() {
            self.place.clone()
        } else {
            let file = &self.document.file;
            let span = self.document.root().locate(&self.written(path), file.text());
            Place::new(Arc::clone(file), span)
        };
        vec![Origin {
            role: Role::Manifest,
            place,
        }]
    }
}
