//! Settings as they are written, some of which read parameters.

use std::path::Path;
use std::sync::Arc;

use super::{Settings, text};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};
use crate::object::field::FieldPath;
use crate::source::programs::{self, DeclarationContext, DeclaredProgram};
use crate::source::render::Rendering;
use crate::yaml::{Entry, Node, NodeValue};

/// Settings whose name and namespace may still have to be made from parameters.
#[derive(Debug, Default)]
pub(in crate::source) struct UnrenderedSettings {
    /// What reads no parameter.
    pub settings: Settings,
    /// The file, and what reads parameters in it.
    open: Vec<(Arc<SourceFile>, Entry)>,
    /// The program that makes the directory's objects.
    pub program: Option<WrittenProgram>,
}

/// The program that makes the objects of a directory, as it is written: it may read parameters.
#[derive(Debug, Clone)]
pub(in crate::source) struct WrittenProgram {
    file: Arc<SourceFile>,
    entry: Entry,
}

impl WrittenProgram {
    /// The program with these parameters, in a directory of this namespace; nothing where something is wrong with it,
    /// which is added to `errors`.
    pub fn declared(
        self,
        rendering: &Rendering,
        namespace: Option<&str>,
        errors: &mut Vec<Error>,
    ) -> Option<DeclaredProgram> {
        let Self { file, entry } = self;
        let rendered_entry = filled(&file, entry, rendering, errors)?;
        let context = DeclarationContext {
            file: &file,
            folder: Path::new(""),
            namespace,
        };
        programs::declared(context, &rendered_entry, errors)
    }
}

/// An entry with its expressions filled in; nothing where that fails, or it reads a secret.
fn filled(file: &Arc<SourceFile>, entry: Entry, rendering: &Rendering, errors: &mut Vec<Error>) -> Option<Entry> {
    let key = entry.key.clone();
    let alone = Node {
        span: entry.value.span.clone(),
        value: NodeValue::Mapping(vec![entry]),
    };
    let rendered = rendering.document(file, &alone, errors)?;
    let rendered_entry = rendered.to_node().entry(&key)?.clone();
    if rendered.is_secret(&FieldPath::root()) {
        let place = Place::new(Arc::clone(file), rendered_entry.line(file.text()));
        let message = format!("`{key}` reads a secret parameter, and is for all to see");
        errors.push(Error::new(message).at(place, ""));
        return None;
    }
    Some(rendered_entry)
}

impl UnrenderedSettings {
    /// Adds `name` or `namespace`, to be made from parameters.
    pub(super) fn leave_open(&mut self, file: &Arc<SourceFile>, entry: &Entry) {
        self.open.push((Arc::clone(file), entry.clone()));
    }

    /// Sets the program that makes the directory's objects. There is one at most.
    pub(super) fn set_program(&mut self, file: &Arc<SourceFile>, entry: &Entry) -> Result<(), Error> {
        if self.program.is_some() {
            return Err(Error::new("a directory has one of `kustomize` and `helm`")
                .hint("make two components of them, each with its own"));
        }
        self.program = Some(WrittenProgram {
            file: Arc::clone(file),
            entry: entry.clone(),
        });
        Ok(())
    }

    /// Whether parameters are read.
    pub fn reads_parameters(&self) -> bool {
        !self.open.is_empty()
    }

    /// The settings with these parameters, adding what is wrong with them to `errors`.
    pub fn with(self, rendering: Option<&Rendering>, errors: &mut Vec<Error>) -> Settings {
        let mut settings = self.settings;
        for (file, entry) in self.open {
            let Some(rendering) = rendering else { continue };
            let Some(rendered_entry) = filled(&file, entry, rendering, errors) else {
                continue;
            };
            if let Err(error) = set(&mut settings, &rendered_entry) {
                let place = Place::new(Arc::clone(&file), rendered_entry.line(file.text()));
                errors.push(error.at(place, ""));
            }
        }
        settings
    }
}

/// Takes `name` or `namespace` as it is said.
pub(super) fn set(settings: &mut Settings, entry: &Entry) -> Result<(), Error> {
    if entry.key == "name" {
        settings.name = text(entry, Settings::refuse_name)?;
    } else {
        settings.namespace = text(entry, Settings::refuse_namespace)?;
    }
    Ok(())
}
