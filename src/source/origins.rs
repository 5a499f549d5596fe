//! Where the fields of a manifest are written.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::diagnostic::place::{Origin, Place, Role, SourceFile};
use crate::object::Origins;
use crate::object::field::{FieldPath, PathElement};
use crate::sops::{self, Seal};
use crate::source::render::{Rendered, Rendering};
use crate::yaml::{self, Node};

/// A document whose places can be asked for.
///
/// Places are asked of the few objects that change, and the places of all would take as much memory
/// as the objects. So the document is read a second time, when a place in it is first asked for.
#[derive(Debug)]
pub(super) struct PlacedDocument {
    file: Arc<SourceFile>,
    span: Range<usize>,
    rendering: Option<Arc<Rendering>>,
    provenance: Provenance,
    seal: Option<Seal>,
    reread: OnceLock<RereadDocument>,
}

/// What was seen of a document when it was first read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provenance {
    /// The document stands as it is written, and needs no rendering.
    Plain,
    /// The document was rendered, of nothing that must not be shown.
    Open,
    /// Some of its values were made from what must not be shown.
    Secret,
}

/// What a document is when it is read again.
#[derive(Debug)]
struct RereadDocument {
    root: Node,
    rendered: Option<Rendered>,
}

impl PlacedDocument {
    /// The document that was read from `span` of `file`, of a directory with this `rendering`, if it has one.
    pub(super) fn new(
        file: Arc<SourceFile>,
        span: Range<usize>,
        rendering: Option<(Arc<Rendering>, Provenance)>,
    ) -> Self {
        let (rendering, provenance) = rendering.unzip();
        Self {
            file,
            span,
            rendering,
            provenance: provenance.unwrap_or(Provenance::Plain),
            seal: None,
            reread: OnceLock::new(),
        }
    }

    /// Whether expressions put something into it that must not be shown.
    pub(super) fn is_made_of_secrets(&self) -> bool {
        self.provenance == Provenance::Secret
    }

    /// This document, with values that are read so.
    pub(super) fn sealed(self, seal: Option<Seal>) -> Self {
        Self { seal, ..self }
    }

    /// Whether the value at `path`, or anything within it, was encrypted.
    fn is_encrypted(&self, path: &FieldPath) -> bool {
        let node = self.seal.as_ref().and_then(|_| self.root().get(path));
        node.is_some_and(|node| sops::holds_encrypted(&self.file, node))
    }

    fn root(&self) -> &Node {
        &self.reread().root
    }

    fn reread(&self) -> &RereadDocument {
        self.reread.get_or_init(|| {
            let root = yaml::document_at(&self.file, self.span.clone());
            let mut root = root.unwrap_or_else(|| Node::null(self.span.clone()));
            if let Some(seal) = &self.seal {
                seal.reveal(&mut root);
            }
            let rendering = self.rendering.as_ref().filter(|_| self.provenance != Provenance::Plain);
            // It was rendered without an error before.
            match rendering.and_then(|rendering| rendering.document(&self.file, &root, &mut Vec::new())) {
                Some(rendered) => RereadDocument {
                    root: rendered.to_node(),
                    rendered: Some(rendered),
                },
                None => RereadDocument { root, rendered: None },
            }
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
            let folded = [PathElement::field("stringData")];
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
    fn is_secret(&self, path: &FieldPath) -> bool {
        // What was neither made from secrets nor encrypted need not be read again to be known.
        if self.document.provenance != Provenance::Secret && self.document.seal.is_none() {
            return false;
        }
        let written = self.written(path);
        match &self.document.reread().rendered {
            Some(rendered) => rendered.is_secret(&written),
            None => self.document.is_encrypted(&written),
        }
    }

    fn reveals(&self, value: &Value, said: Option<&Value>) -> bool {
        let rendering = self.document.rendering.as_ref();
        rendering.is_some_and(|rendering| rendering.reveals(value, said))
    }

    fn of(&self, path: &FieldPath) -> Vec<Origin> {
        let manifest = |place| Origin {
            role: Role::Manifest,
            place,
        };
        if path.elements().is_empty() {
            return vec![manifest(self.place.clone())];
        }
        let written = self.written(path);
        if let Some(rendered) = &self.document.reread().rendered {
            return rendered.origins(&written).to_vec();
        }
        let file = &self.document.file;
        let span = self.document.root().locate(&written, file.text());
        vec![manifest(Place::new(Arc::clone(file), span))]
    }
}
