//! The object that a document is to become part of, which its expressions may read.

use serde_json::Value;

use super::document::ParameterOrigins;
use super::scope::OBJECT;
use crate::diagnostic::place::{Origin, Role};
use crate::object::Origins;
use crate::object::field::{FieldPath, PathElement};
use crate::source::parameters::Parameters;

/// An object, and where its fields come from. Expressions know it as `object`; of a Secret they know neither the data nor
/// the annotations, in which other tools keep copies of the data, and which are never shown either.
#[derive(Debug, Clone, Copy)]
pub struct ExpressionObject<'a> {
    /// The object.
    pub value: &'a Value,
    /// The places of the fields, and which of them are secret.
    pub origins: &'a dyn Origins,
    /// Whether nothing of the object may be quoted, as of a Secret.
    pub is_secret: bool,
}

impl ExpressionObject<'_> {
    /// Whether an expression of `text` may read the object.
    pub fn is_read_in(text: &str) -> bool {
        text.contains(OBJECT)
    }

    /// The parameters, and the object beside them.
    pub(super) fn beside(&self, parameters: &Value) -> Value {
        let mut object = self.value.clone();
        if self.is_secret
            && let Some(object) = object.as_object_mut()
        {
            object.remove("data");
            object.remove("stringData");
            let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
            metadata.and_then(|metadata| metadata.remove("annotations"));
        }
        let mut all = parameters.as_object().cloned().unwrap_or_default();
        all.insert(OBJECT.to_owned(), object);
        Value::Object(all)
    }

    /// Where what was read comes from: of the object, what made its field.
    pub(super) fn origins<'b>(&'b self, parameters: &'b Parameters) -> SubjectOrigins<'b> {
        SubjectOrigins {
            subject: *self,
            parameters,
        }
    }
}

pub(super) struct SubjectOrigins<'a> {
    subject: ExpressionObject<'a>,
    parameters: &'a Parameters,
}

impl ParameterOrigins for SubjectOrigins<'_> {
    fn of(&self, path: &[String]) -> Option<Origin> {
        let [first, field @ ..] = path else { return None };
        if first != OBJECT {
            return ParameterOrigins::of(self.parameters, path);
        }
        let field: FieldPath = field.iter().map(|name| PathElement::field(name)).collect();
        let origin = self.subject.origins.of(&field).into_iter().next()?;
        let role = if self.subject.origins.is_secret(&field) {
            Role::SecretParameter
        } else {
            origin.role
        };
        Some(Origin { role, ..origin })
    }
}
