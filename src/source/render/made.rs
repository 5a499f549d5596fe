//! What rendering makes: values that know everything that made them.

use std::ops::Range;

use serde_json::Value;

use crate::diagnostic::place::Origin;
use crate::object::field::{FieldPath, PathElement};
use crate::yaml::{self, Entry, Node, NodeValue, Tree};

/// A value that was made, and what made it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Made {
    pub(super) value: MadeValue,
    /// Where it is written.
    pub(super) span: Range<usize>,
    /// What made it: the place to point at first, then what was read on the way.
    pub(super) origins: Vec<Origin>,
}

/// The value of a [`Made`].
#[derive(Debug, Clone, PartialEq)]
pub(super) enum MadeValue {
    /// What has no parts of its own places: a scalar, or all of what an expression gave.
    Whole(Value),
    /// A list.
    Sequence(Vec<Made>),
    /// A mapping.
    Mapping(Vec<MadeEntry>),
}

/// One key of a mapping that was made, and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MadeEntry {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) value: Made,
}

impl Made {
    /// The value, each of its parts at the place where it is written. All of what one expression gave
    /// is at the place of that expression.
    pub(super) fn to_node(&self) -> Node {
        let value = match &self.value {
            MadeValue::Whole(value) => return Node::from_value(value.clone(), &self.span),
            MadeValue::Sequence(items) => NodeValue::Sequence(items.iter().map(Self::to_node).collect()),
            MadeValue::Mapping(entries) => {
                let entries = entries.iter().map(|entry| Entry {
                    key: entry.key.clone(),
                    key_span: entry.key_span.clone(),
                    value: entry.value.to_node(),
                });
                NodeValue::Mapping(entries.collect())
            }
        };
        Node {
            value,
            span: self.span.clone(),
        }
    }

    /// What made the value at `path` or, where there is none, its nearest ancestor.
    pub(super) fn origins(&self, path: &FieldPath) -> &[Origin] {
        let mut made = self;
        for element in path.elements() {
            match made.child(element) {
                Some(child) => made = child,
                None => break,
            }
        }
        &made.origins
    }

    /// Whether this value, or anything within it, has such an origin.
    pub(super) fn holds(&self, is_such: impl Fn(&Origin) -> bool + Copy) -> bool {
        self.origins.iter().any(is_such)
            || match &self.value {
                MadeValue::Whole(_) => false,
                MadeValue::Sequence(items) => items.iter().any(|item| item.holds(is_such)),
                MadeValue::Mapping(entries) => entries.iter().any(|entry| entry.value.holds(is_such)),
            }
    }

    /// The value at `path`.
    pub(super) fn find(&self, path: &FieldPath) -> Option<&Self> {
        path.elements()
            .iter()
            .try_fold(self, |made, element| made.child(element))
    }

    fn child(&self, element: &PathElement) -> Option<&Self> {
        match (&self.value, element) {
            (MadeValue::Mapping(entries), PathElement::Field(name)) => entries
                .iter()
                .find(|entry| entry.key == *name)
                .map(|entry| &entry.value),
            (MadeValue::Sequence(items), element) => items.get(yaml::position(items, element)?),
            (MadeValue::Mapping(_) | MadeValue::Whole(_), _) => None,
        }
    }
}

impl Tree for Made {
    fn field_is(&self, key: &str, value: &Value) -> Option<bool> {
        match &self.value {
            MadeValue::Mapping(entries) => {
                let entry = entries.iter().find(|entry| entry.key == key)?;
                Some(entry.value.is(value))
            }
            MadeValue::Whole(whole) => whole.get(key).map(|own| own == value),
            MadeValue::Sequence(_) => None,
        }
    }

    fn is(&self, value: &Value) -> bool {
        match (&self.value, value) {
            (MadeValue::Whole(own), other) => own == other,
            (MadeValue::Sequence(items), Value::Array(others)) => yaml::are(items, others),
            (MadeValue::Mapping(entries), Value::Object(others)) => {
                let is = |entry: &MadeEntry| others.get(&entry.key).is_some_and(|other| entry.value.is(other));
                entries.len() == others.len() && entries.iter().all(is)
            }
            (MadeValue::Sequence(_) | MadeValue::Mapping(_), _) => false,
        }
    }
}
