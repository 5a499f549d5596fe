//! Finds what the schema does not allow.

use std::fmt;

use serde_json::Value;

use super::form::{NoPlace, TypeForm, element};
use crate::object::field::{FieldPath, PathElement};
use crate::sops;
use crate::ssa::schema::{List, Map, ScalarType, Type};

/// Something in an object that its schema does not allow.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{path}: {fault}")]
pub struct Mistake {
    /// The field that is wrong.
    pub path: FieldPath,
    /// The rule that the field breaks.
    pub fault: Fault,
}

/// A rule of a schema that a field breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no such field.
    #[error("field not declared in schema")]
    Undeclared,
    /// An item has the key of another.
    #[error("another item has the same key")]
    Repeated,
    /// Its value is of another type than the schema says.
    #[error("expected {expected}, got {found}")]
    WrongType {
        /// What the schema says.
        expected: Shape,
        /// What the value is.
        found: Shape,
    },
    /// The field is an item of a list without a place of its own.
    #[error(transparent)]
    NoPlace(#[from] NoPlace),
}

impl Fault {
    /// Whether a string is expected, and what is there would be one in quotes.
    pub fn lacks_quotes(&self) -> bool {
        matches!(
            self,
            Self::WrongType {
                expected: Shape::String,
                found: Shape::Number | Shape::Boolean,
            }
        )
    }
}

/// The type of a value, with the article that a sentence wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Boolean,
    /// An integer or a fraction.
    Number,
    /// Text.
    String,
    /// Any of a boolean, a number and a string.
    Scalar,
    /// Items in their order.
    List,
    /// Fields by their names.
    Map,
}

impl Shape {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Map,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Scalar => "a scalar",
            Self::List => "a list",
            Self::Map => "a map",
        })
    }
}

/// What an API server would refuse to merge: fields that are not declared, values of another type,
/// list items without a key or with that of another. A ciphertext, which no API server gets to see, is a scalar of
/// any type.
pub fn mistakes(of: Type<'_>, value: &Value) -> Vec<Mistake> {
    let mut found = Vec::new();
    check(of, value, &Way::Root, &mut found);
    found
}

/// The way to a value that is checked. A path is made of it only where something is wrong.
enum Way<'a> {
    /// The way to the object itself.
    Root,
    /// The way to this field of a map.
    Field(&'a Way<'a>, &'a str),
    /// The way to this item of a list.
    Item(&'a Way<'a>, &'a PathElement),
}

impl Way<'_> {
    fn path(&self) -> FieldPath {
        match self {
            Self::Root => FieldPath::root(),
            Self::Field(above, name) => above.path().join(PathElement::Field((*name).into())),
            Self::Item(above, place) => above.path().join((*place).clone()),
        }
    }
}

/// The mistakes of an object that exists, in which several items may share a key.
pub(super) fn mistakes_in_stored(of: Type<'_>, value: &Value) -> Vec<Mistake> {
    let mut found = mistakes(of, value);
    found.retain(|mistake| mistake.fault != Fault::Repeated);
    found
}

fn check(of: Type<'_>, value: &Value, way: &Way<'_>, found: &mut Vec<Mistake>) {
    let mut report = |expected: Shape| {
        found.push(Mistake {
            path: way.path(),
            fault: Fault::WrongType {
                expected,
                found: Shape::of(value),
            },
        });
    };
    match (
        TypeForm::or_first(TypeForm::of(of, Some(value)), of),
        of.map(),
        of.list(),
    ) {
        (TypeForm::Map, Some(map), _) => match value {
            Value::Object(_) => check_map(map, value, way, found),
            Value::Null => {}
            _ => report(Shape::Map),
        },
        (TypeForm::List, _, Some(list)) => match value {
            Value::Array(items) => check_list(list, items, way, found),
            Value::Null => {}
            _ => report(Shape::List),
        },
        _ => {
            let expected = match (of.scalar(), value) {
                (_, Value::Null)
                | (Some(ScalarType::String), Value::String(_))
                | (Some(ScalarType::Number), Value::Number(_))
                | (Some(ScalarType::Boolean), Value::Bool(_))
                | (Some(ScalarType::Any), Value::String(_) | Value::Number(_) | Value::Bool(_))
                | (None, _) => return,
                // Whatever it stands for is not known where nobody can decrypt it.
                (Some(_), Value::String(text)) if sops::is_ciphertext(text) => return,
                (Some(ScalarType::String), _) => Shape::String,
                (Some(ScalarType::Number), _) => Shape::Number,
                (Some(ScalarType::Boolean), _) => Shape::Boolean,
                (Some(ScalarType::Any), _) => Shape::Scalar,
            };
            report(expected);
        }
    }
}

fn check_map(map: Map<'_>, value: &Value, way: &Way<'_>, found: &mut Vec<Mistake>) {
    for (name, child) in value.as_object().into_iter().flatten() {
        let way = Way::Field(way, name);
        match map.child(name) {
            Some(of) => check(of, child, &way, found),
            None => found.push(Mistake {
                path: way.path(),
                fault: Fault::Undeclared,
            }),
        }
    }
}

fn check_list(list: List<'_>, items: &[Value], way: &Way<'_>, found: &mut Vec<Mistake>) {
    let mut seen = std::collections::BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        if list.is_atomic() {
            check(list.item(), item, &Way::Item(way, &PathElement::Index(index)), found);
            continue;
        }
        let place = match element(list, item) {
            Ok(place) => place,
            Err(why) => {
                found.push(Mistake {
                    path: Way::Item(way, &PathElement::Index(index)).path(),
                    fault: Fault::NoPlace(why),
                });
                continue;
            }
        };
        let way = Way::Item(way, &place);
        if seen.contains(&place) {
            found.push(Mistake {
                path: way.path(),
                fault: Fault::Repeated,
            });
        }
        check(list.item(), item, &way, found);
        seen.insert(place);
    }
}
