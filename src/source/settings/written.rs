//! Settings as they are written, some of which read parameters.

use std::sync::Arc;

use super::{Settings, text};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};
use crate::object::field::FieldPath;
use crate::source::render::Rendering;
use crate::yaml::{Entry, Node, NodeValue};

/// Settings whose name and namespace may still have to be made from parameters.
#[derive(Debug, Default)]
pub(in crate::source) struct Written {
    /// What reads no parameter.
    pub settings: Settings,
    /// The file, and what reads parameters in it.
    open: Vec<(Arc<SourceFile>, Entry)>,
}

impl Written {
    /// Adds `name` or `namespace`, to be made from parameters.
    pub(super) fn leave_open(&mut self, file: &Arc<SourceFile>, entry: &Entry) {
        self.open.push((Arc::clone(file), entry.clone()));
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
            let key = entry.key.clone();
            let alone = Node {
                span: entry.value.span.clone(),
                value: NodeValue::Mapping(vec![entry]),
            };
            let Some(rendered) = rendering.document(&file, &alone, errors) else {
                continue;
            };
            let made = rendered.to_node();
            let Some(made) = made.entry(&key) else { continue };
            let place = Place::new(Arc::clone(&file), made.line(file.text()));
            let read = if rendered.is_secret(&FieldPath::root()) {
                let message = format!("`{key}` reads a secret parameter, and is for all to see");
                Err(Error::new(message))
            } else {
                set(&mut settings, made)
            };
            if let Err(error) = read {
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
