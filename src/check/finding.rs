//! What is said of a mistake.

use crate::diagnostic::error::Error;
use crate::diagnostic::identifier::Identifier;
use crate::diagnostic::place::{Origin, Place, Role};
use crate::object::ObjectRef;
use crate::object::field::FieldPath;
use crate::sops;
use crate::ssa::schema::Schema;

use super::directory::CheckedObject;

/// A mistake: what is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The identifier of its sort of mistake.
    pub identifier: Identifier,
    /// The object that it is about; nothing where that could not be read.
    pub object: Option<ObjectRef>,
    /// The mistake, in a sentence.
    pub message: String,
    /// Where, and what to say of each place; the first is where it stands.
    pub places: Vec<(Place, String)>,
    /// What to do.
    pub hints: Vec<String>,
    /// Whether it is about a value that nobody decrypted, and so is none.
    pub(super) is_of_ciphertext: bool,
    /// Whether it goes by the schemas of Kubernetes' own kinds, which are those of one version of it.
    pub(super) is_by_bundled_schema: bool,
}

impl Finding {
    /// Something wrong with the field of `object` at `path`. Of a field that parameters made, the
    /// places that set them are shown too.
    pub(super) fn new(
        identifier: Identifier,
        object: &CheckedObject<'_>,
        path: &FieldPath,
        message: impl Into<String>,
    ) -> Self {
        Self {
            is_of_ciphertext: is_ciphertext(object, path),
            ..Self::from_origins(identifier, object, object.manifest.origins.of(path), message)
        }
    }

    /// What could not be read, at its place: an error of its own, without those found together with it.
    pub fn of_error(identifier: Identifier, error: &Error) -> Self {
        let because = std::error::Error::source(error).map(|cause| format!(": {cause}"));
        Self {
            identifier,
            object: None,
            message: format!("{error}{}", because.unwrap_or_default()),
            places: error.places().to_vec(),
            hints: error.hints().to_vec(),
            is_of_ciphertext: false,
            is_by_bundled_schema: false,
        }
    }

    /// Something wrong with a value of `object` that comes from `origins`.
    pub(super) fn from_origins(
        identifier: Identifier,
        object: &CheckedObject<'_>,
        origins: Vec<Origin>,
        message: impl Into<String>,
    ) -> Self {
        let mut places: Vec<(Place, String)> = Vec::new();
        for (position, origin) in origins.into_iter().enumerate() {
            let label = match origin.role {
                _ if position == 0 => "",
                Role::Parameter => "set here",
                Role::Manifest
                | Role::SecretParameter
                | Role::EncryptedParameter
                | Role::Encrypted
                | Role::Loop
                | Role::File
                | Role::Built => {
                    continue;
                }
            };
            // One place a file: between two of them lines may stand that are not for everybody.
            if !places
                .iter()
                .any(|(place, _)| place.file.path() == origin.place.file.path())
            {
                places.push((origin.place, label.to_owned()));
            }
        }
        Self {
            identifier,
            object: Some(object.reference.clone()),
            message: message.into(),
            places,
            hints: Vec::new(),
            is_of_ciphertext: false,
            is_by_bundled_schema: false,
        }
    }

    /// Says what is wrong at the place itself.
    pub(super) fn label(mut self, label: &str) -> Self {
        if let Some((_, first)) = self.places.first_mut() {
            label.clone_into(first);
        }
        self
    }

    /// Points at a field of another object too, or of the same.
    pub(super) fn beside(mut self, object: &CheckedObject<'_>, path: &FieldPath, label: &str) -> Self {
        self.is_of_ciphertext |= is_ciphertext(object, path);
        let place = object.manifest.origins.of(path).into_iter().next();
        self.places.extend(place.map(|origin| (origin.place, label.to_owned())));
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Whether it is said of what a ciphertext stands for. Which fields there are is known without.
    pub(super) fn needs_ciphertext(&self) -> bool {
        let is_of_names = matches!(self.identifier, Identifier::UnknownField | Identifier::MissingField);
        self.is_of_ciphertext && !is_of_names
    }

    /// Whether nothing in a cluster of this version can make it right.
    pub fn is_certain(&self, server_version: &str) -> bool {
        let is_of_version = !self.is_by_bundled_schema || Schema::is_bundled_for(server_version);
        self.identifier.is_certain() && is_of_version
    }

    /// What two findings share that are the same mistake, wherever it stands by now.
    pub fn comparison_key(&self) -> (Identifier, Option<&ObjectRef>, &str) {
        (self.identifier, self.object.as_ref(), &self.message)
    }

    /// The key by which findings are sorted: file and line.
    pub(super) fn order(&self) -> (Option<(&str, usize)>, &str) {
        let place = self
            .places
            .first()
            .map(|(place, _)| (place.file.path(), place.span.start));
        (place, &self.message)
    }

    /// The error that shows it, as all mistakes are shown.
    pub fn to_error(&self) -> Error {
        let places = self.places.iter().cloned();
        let error = places.fold(Error::new(&self.message), |error, (place, label)| {
            error.at(place, label)
        });
        self.hints.iter().fold(error, Error::hint)
    }
}

/// Whether the value at `path` holds what nobody decrypted; of one that is not there, it says nothing. Of an object
/// as a whole nothing is said but which fields it has, and that is known.
fn is_ciphertext(object: &CheckedObject<'_>, path: &FieldPath) -> bool {
    !path.elements().is_empty() && path.find(&object.manifest.value).is_some_and(sops::holds)
}
