//! What a person wrote at a place: `key: value`, a value alone, or a line of a file.

use crate::diagnostic::place::SourceFile;
use crate::yaml::{self, Node, NodeValue};

/// A text at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SourceText {
    /// The key whose value it is, where it is one.
    pub(super) key: Option<String>,
    /// The value; the whole text, where that is no scalar on one line.
    pub(super) value: String,
}

impl SourceText {
    /// Two texts of one place. Both are values of one key, or both are as they are written; as they are written in a
    /// file of another format, where `is_line`.
    pub(super) fn both(texts: [&str; 2], is_line: bool) -> [Self; 2] {
        let as_written = || {
            texts.map(|text| Self {
                key: None,
                value: text.trim().to_owned(),
            })
        };
        if is_line {
            return as_written();
        }
        match texts.map(Self::entry) {
            [Some(then), Some(now)] if then.key == now.key && then.value != now.value => [then, now],
            _ => as_written(),
        }
    }

    /// A scalar on one line, with its key if it has one: without quotes and comments.
    fn entry(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.contains('\n') {
            return None;
        }
        let mut errors = Vec::new();
        let mut documents = yaml::documents(&SourceFile::new("", text), &mut errors);
        let root = documents
            .pop()
            .filter(|_| errors.is_empty() && documents.is_empty())?
            .root;
        match &root.value {
            NodeValue::Mapping(entries) => match entries.as_slice() {
                [entry] => Some(Self {
                    key: Some(entry.key.clone()),
                    value: scalar(&entry.value, text)?,
                }),
                _ => None,
            },
            _ => Some(Self {
                key: None,
                value: scalar(&root, text)?,
            }),
        }
    }
}

/// The text of a scalar, without its quotes; as it is written where it is none.
fn scalar(node: &Node, text: &str) -> Option<String> {
    match &node.value {
        NodeValue::String(text) => Some(text.clone()),
        NodeValue::Number(_) | NodeValue::Bool(_) => text.get(node.span.clone()).map(str::to_owned),
        NodeValue::Null | NodeValue::Sequence(_) | NodeValue::Mapping(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_without_its_key_its_quotes_and_a_comment() {
        let shown = |then, now| {
            let [then, now] = SourceText::both([then, now], false);
            (now.key, then.value, now.value)
        };
        let key = |key: &str| Some(key.to_owned());
        for (then, now, expected) in [
            ("tag: 1.0", "tag: '1.1' # new", (key("tag"), "1.0", "1.1")),
            ("a", "\"a # b\"", (None, "a", "a # b")),
            (r#"x: "a\"1""#, r#"x: "a\"2""#, (key("x"), "a\"1", "a\"2")),
            // What differs is more than the value.
            ("foo: 1", "bar: 1", (None, "foo: 1", "bar: 1")),
            ("a: 1 # one", "a: 1 # two", (None, "a: 1 # one", "a: 1 # two")),
            ("a: [1]", "a: [2]", (None, "a: [1]", "a: [2]")),
            ("a: {", "a: 2", (None, "a: {", "a: 2")),
            ("a: |\n  1", "a: |\n  2", (None, "a: |\n  1", "a: |\n  2")),
        ] {
            let (found, before, after) = expected;
            assert_eq!(shown(then, now), (found, before.to_owned(), after.to_owned()));
        }
        let [then, now] = SourceText::both([r#""refresh": "30s","#, r#""refresh": "10s","#], true);
        assert_eq!(
            (then.value.as_str(), now.value.as_str()),
            (r#""refresh": "30s","#, r#""refresh": "10s","#)
        );
    }
}
