//! What rendering makes: values that know everything that made them.

use std::ops::Range;

use serde_json::Value;

use crate::diagnostic::place::Origin;
use crate::object::field::{FieldPath, PathElement};
use crate::yaml::{self, Entry, Node, NodeValue, Tree};

/// A value that was made, and what made it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RenderedNode {
    pub(super) value: RenderedValue,
    /// The bytes of the file that it is written in.
    pub(super) span: Range<usize>,
    /// What made it: the place to point at first, then what was read on the way.
    pub(super) origins: Vec<Origin>,
}

/// The value of a [`RenderedNode`].
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RenderedValue {
    /// What has no parts of its own places: a scalar, or all of what an expression gave.
    Whole(Value),
    /// A list.
    Sequence(Vec<RenderedNode>),
    /// A mapping.
    Mapping(Vec<RenderedEntry>),
}

/// One key of a mapping that was made, and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RenderedEntry {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) value: RenderedNode,
}

impl RenderedNode {
    /// The value, each of its parts at the place where it is written. All of what one expression gave
    /// is at the place of that expression.
    pub(super) fn to_node(&self) -> Node {
        let value = match &self.value {
            RenderedValue::Whole(value) => return Node::from_value(value.clone(), &self.span),
            RenderedValue::Sequence(items) => NodeValue::Sequence(items.iter().map(Self::to_node).collect()),
            RenderedValue::Mapping(entries) => {
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
        let mut part = self;
        for element in path.elements() {
            match part.child(element) {
                Some(child) => part = child,
                None => break,
            }
        }
        &part.origins
    }

    /// Whether this value, or anything within it, has such an origin.
    pub(super) fn holds(&self, is_such: impl Fn(&Origin) -> bool + Copy) -> bool {
        self.origins.iter().any(is_such)
            || match &self.value {
                RenderedValue::Whole(_) => false,
                RenderedValue::Sequence(items) => items.iter().any(|item| item.holds(is_such)),
                RenderedValue::Mapping(entries) => entries.iter().any(|entry| entry.value.holds(is_such)),
            }
    }

    /// The value at `path`.
    pub(super) fn find(&self, path: &FieldPath) -> Option<&Self> {
        path.elements()
            .iter()
            .try_fold(self, |part, element| part.child(element))
    }

    fn child(&self, element: &PathElement) -> Option<&Self> {
        match (&self.value, element) {
            (RenderedValue::Mapping(entries), PathElement::Field(name)) => entries
                .iter()
                .find(|entry| entry.key == *name)
                .map(|entry| &entry.value),
            (RenderedValue::Sequence(items), element) => items.get(yaml::position(items, element)?),
            (RenderedValue::Mapping(_) | RenderedValue::Whole(_), _) => None,
        }
    }
}

impl Tree for RenderedNode {
    fn field_is(&self, key: &str, value: &Value) -> Option<bool> {
        match &self.value {
            RenderedValue::Mapping(entries) => {
                let entry = entries.iter().find(|entry| entry.key == key)?;
                Some(entry.value.is(value))
            }
            RenderedValue::Whole(whole) => whole.get(key).map(|own| own == value),
            RenderedValue::Sequence(_) => None,
        }
    }

    fn is(&self, value: &Value) -> bool {
        match (&self.value, value) {
            (RenderedValue::Whole(own), other) => own == other,
            (RenderedValue::Sequence(items), Value::Array(others)) => yaml::are(items, others),
            (RenderedValue::Mapping(entries), Value::Object(others)) => {
                let is = |entry: &RenderedEntry| others.get(&entry.key).is_some_and(|other| entry.value.is(other));
                entries.len() == others.len() && entries.iter().all(is)
            }
            (RenderedValue::Sequence(_) | RenderedValue::Mapping(_), _) => false,
        }
    }
}
