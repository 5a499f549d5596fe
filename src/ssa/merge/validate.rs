//! Finds what the schema does not allow.

use serde_json::Value;

use super::form::{Form, element};
use crate::object::field::{FieldPath, PathElement};
use crate::ssa::schema::{List, Map, Scalar, Type};

/// Something in an object that its schema does not allow.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{path}: {fault}")]
pub struct Mistake {
    /// Where.
    pub path: FieldPath,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no such field.
    #[error("field not declared in schema")]
    Undeclared,
    /// An item has the key of another.
    #[error("another item has the same key")]
    Repeated,
    /// Its value, in words.
    #[error("{0}")]
    Other(String),
}

/// What an API server would refuse to merge: fields that are not declared, values of another type,
/// list items without a key or with that of another.
pub fn mistakes(of: Type<'_>, value: &Value) -> Vec<Mistake> {
    let mut found = Vec::new();
    check(of, value, &FieldPath::root(), &mut found);
    found
}

/// The same of an object that exists, in which several items may share a key.
pub(super) fn mistakes_in_stored(of: Type<'_>, value: &Value) -> Vec<Mistake> {
    let mut found = mistakes(of, value);
    found.retain(|mistake| mistake.fault != Fault::Repeated);
    found
}

fn check(of: Type<'_>, value: &Value, path: &FieldPath, found: &mut Vec<Mistake>) {
    let mut report = |reason: String| {
        found.push(Mistake {
            path: path.clone(),
            fault: Fault::Other(reason),
        });
    };
    match (Form::or_first(Form::of(of, Some(value)), of), of.map(), of.list()) {
        (Form::Map, Some(map), _) => match value {
            Value::Object(_) => check_map(map, value, path, found),
            Value::Null => {}
            _ => report(format!("expected a map, got {}", described(value))),
        },
        (Form::List, _, Some(list)) => match value {
            Value::Array(items) => check_list(list, items, path, found),
            Value::Null => {}
            _ => report(format!("expected a list, got {}", described(value))),
        },
        _ => {
            let expected = match (of.scalar(), value) {
                (_, Value::Null)
                | (Some(Scalar::String), Value::String(_))
                | (Some(Scalar::Number), Value::Number(_))
                | (Some(Scalar::Boolean), Value::Bool(_))
                | (Some(Scalar::Any), Value::String(_) | Value::Number(_) | Value::Bool(_))
                | (None, _) => return,
                (Some(Scalar::String), _) => "a string",
                (Some(Scalar::Number), _) => "a number",
                (Some(Scalar::Boolean), _) => "a boolean",
                (Some(Scalar::Any), _) => "a scalar",
            };
            report(format!("expected {expected}, got {}", described(value)));
        }
    }
}

fn check_map(map: Map<'_>, value: &Value, path: &FieldPath, found: &mut Vec<Mistake>) {
    for (name, child) in value.as_object().into_iter().flatten() {
        let path = path.join(PathElement::Field(name.clone()));
        match map.child(name) {
            Some(of) => check(of, child, &path, found),
            None => found.push(Mistake {
                path,
                fault: Fault::Undeclared,
            }),
        }
    }
}

fn check_list(list: List<'_>, items: &[Value], path: &FieldPath, found: &mut Vec<Mistake>) {
    let mut seen = std::collections::BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let place = if list.is_atomic() {
            Ok(PathElement::Index(index))
        } else {
            element(list, item)
        };
        match place {
            Err(reason) => found.push(Mistake {
                path: path.join(PathElement::Index(index)),
                fault: Fault::Other(reason),
            }),
            Ok(place) => {
                let path = path.join(place.clone());
                if !seen.insert(place) {
                    found.push(Mistake {
                        path: path.clone(),
                        fault: Fault::Repeated,
                    });
                }
                check(list.item(), item, &path, found);
            }
        }
    }
}

fn described(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}
