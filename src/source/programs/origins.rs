//! Where what a program made stands in the files that it was made of, as far as that can be told.
//!
//! A file is named where it has the object, or the very value: a resource, a patch, a template. Otherwise the kustomization
//! or the chart is, of which the program alone knows what it made of it. So a place may be a coarse one, and is never a
//! wrong one.

use std::sync::Arc;

use serde_json::Value;
use smol_str::SmolStr;

use super::declared::DeclaredProgram;
use super::sources::ProgramSources;
use crate::diagnostic::place::{Origin, Place, Role, SourceFile};
use crate::object::Origins;
use crate::object::field::FieldPath;
use crate::source::Manifest;

/// The manifests that a program made, with the places of what they were made of.
pub(super) fn placed(
    manifests: Vec<Manifest>,
    declared: &DeclaredProgram,
    output: &SourceFile,
    sources: &Arc<ProgramSources>,
) -> Vec<Manifest> {
    let namespace = declared.program.namespace();
    let placed = manifests.into_iter().map(|manifest| {
        let resource = sources.resource(&manifest);
        let place = sources.object(&manifest, output, resource);
        let origins = BuiltOrigins {
            own: Arc::clone(&manifest.origins),
            value: manifest.value.clone(),
            sources: Arc::clone(sources),
            resource,
            place: place.clone(),
        };
        Manifest {
            origins: Arc::new(origins),
            place,
            release_namespace: namespace.map(SmolStr::from),
            ..manifest
        }
    });
    placed.collect()
}

/// Tells where the fields of an object come from that a program made.
#[derive(Debug)]
struct BuiltOrigins {
    /// Where they stand in what it printed.
    own: Arc<dyn Origins>,
    /// The object as the program printed it.
    value: Value,
    sources: Arc<ProgramSources>,
    /// The object of a file that it was made of.
    resource: Option<usize>,
    place: Place,
}

impl BuiltOrigins {
    fn place(&self, path: &FieldPath) -> Place {
        let ProgramSources::Kustomization { whole, resources, .. } = &*self.sources else {
            return self.place.clone();
        };
        let Some(resource) = self.resource.map(|index| &resources[index]) else {
            return self.place.clone();
        };
        if path.elements().is_empty() {
            return self.place.clone();
        }
        let said = path.find(&self.value).and_then(|value| resource.says(path, value));
        said.unwrap_or_else(|| whole.clone())
    }
}

impl Origins for BuiltOrigins {
    fn of(&self, path: &FieldPath) -> Vec<Origin> {
        vec![Origin {
            role: Role::Built,
            place: self.place(path),
        }]
    }

    fn is_secret(&self, path: &FieldPath) -> bool {
        self.own.is_secret(path)
    }

    fn reveals(&self, value: &Value, said: Option<&Value>) -> bool {
        self.own.reveals(value, said)
    }
}
