//! What rendering makes: values that know everything that made them.

use std::ops::Range;

use serde_json::Value;

use crate::diagnostic::place::Origin;
use crate::object::field::{FieldPath, PathElement};
use crate::yaml::{Entry, Node, NodeValue};

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
            (MadeValue::Sequence(items), element) => {
                // Which item it is, the tree of values knows: it has the same items.
                let node = self.to_node();
                items.get(node.position(element)?)
            }
            _ => None,
        }
    }
}
