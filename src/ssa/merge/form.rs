//! Which form of its type a value takes, and how a list tells its items apart.

use serde_json::{Map, Value};

use crate::object::field::PathElement;
use crate::ssa::schema::{List, ListType, Type};

/// The forms in which a type can be walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypeForm {
    Map,
    Scalar,
    List,
}

impl TypeForm {
    /// The one form that is left of a type once a value is seen. A value that fits none, and `null`,
    /// leave all.
    pub(super) fn of(of: Type<'_>, value: Option<&Value>) -> Option<Self> {
        let seen = match value {
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_)) => of.scalar().map(|_| Self::Scalar),
            Some(Value::Array(_)) => of.list().map(|_| Self::List),
            Some(Value::Object(_)) => of.map().map(|_| Self::Map),
            Some(Value::Null) | None => None,
        };
        seen.or_else(|| match (of.map(), of.scalar(), of.list()) {
            (Some(_), None, None) => Some(Self::Map),
            (None, Some(_), None) => Some(Self::Scalar),
            (None, None, Some(_)) => Some(Self::List),
            _ => None,
        })
    }

    /// The form in which a type is walked when several are left.
    pub(super) fn or_first(form: Option<Self>, of: Type<'_>) -> Self {
        form.unwrap_or(if of.map().is_some() {
            Self::Map
        } else if of.scalar().is_some() {
            Self::Scalar
        } else {
            Self::List
        })
    }
}

/// Why an item of a list has no path element of its own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// The list is atomic.
    #[error("the items of an atomic list have no paths")]
    Atomic,
    /// The list is a set, and the item is no scalar.
    #[error("an item of a set must be a scalar")]
    NotScalar,
    /// The list has keys, and the item is no map.
    #[error("an item of a keyed list must be a map")]
    NotMap,
    /// The item has none of these keys of the list.
    #[error("an item has none of the keys {}", .0.join(", "))]
    NoKey(Vec<String>),
}

/// The path element of one item of a list, or why it has none.
pub(crate) fn element(list: List<'_>, item: &Value) -> Result<PathElement, NoPlace> {
    match (list.kind(), item) {
        (ListType::Atomic, _) => Err(NoPlace::Atomic),
        (ListType::Set, Value::Object(_) | Value::Array(_) | Value::Null) => Err(NoPlace::NotScalar),
        (ListType::Set, scalar) => Ok(PathElement::value(scalar.clone())),
        (ListType::Map(names), Value::Object(item)) => key(list, names, item),
        (ListType::Map(_), _) => Err(NoPlace::NotMap),
    }
}

/// The value of one of the keys of an item; none where it is left out and has no default.
pub(super) fn key_value<'v>(list: List<'v>, name: &str, item: &'v Value) -> Option<&'v Value> {
    item.get(name).or_else(|| default(list, name))
}

/// What a key is that an item leaves out.
fn default<'a>(list: List<'a>, name: &str) -> Option<&'a Value> {
    list.item().map()?.field(name)?.default()
}

/// The keys of an item. One that is left out has its default, or is no part of the key.
fn key(list: List<'_>, names: &[String], item: &Map<String, Value>) -> Result<PathElement, NoPlace> {
    let keys = names.iter().filter_map(|name| {
        let value = item.get(name).or_else(|| default(list, name))?;
        Some((name.clone(), value.clone()))
    });
    let keys: Map<String, Value> = keys.collect();
    if keys.is_empty() {
        return Err(NoPlace::NoKey(names.to_vec()));
    }
    Ok(PathElement::key(keys))
}
