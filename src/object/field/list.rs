//! How the items of a list are told apart, as managed fields know it.

use serde_json::Value;

use super::{FieldSet, PathElement};

/// How the items of a list are told apart, read from what managed fields say of them.
pub(crate) enum ItemKeys {
    /// The items are told apart by these fields of each.
    Keyed(Vec<String>),
    /// The items are told apart by their values.
    Set,
}

impl ItemKeys {
    /// How managed fields tell apart the items of the list that `keys` is about; nothing where the list is
    /// one value.
    pub(crate) fn of(keys: &FieldSet) -> Option<Self> {
        keys.elements().find_map(|element| match element {
            PathElement::Key(names) => Some(Self::Keyed(names.keys().cloned().collect())),
            PathElement::Value(_) => Some(Self::Set),
            PathElement::Field(_) | PathElement::Index(_) => None,
        })
    }

    /// The path element of an item.
    pub(crate) fn element(&self, item: &Value) -> PathElement {
        match self {
            Self::Set => PathElement::Value(item.clone()),
            Self::Keyed(names) => PathElement::Key(
                names
                    .iter()
                    .filter_map(|name| Some((name.clone(), item.get(name)?.clone())))
                    .collect(),
            ),
        }
    }
}
