//! Builds one document's tree from the events of the parser, within bounds.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::ScalarStyle;

use super::explain::template_hint;
use super::mapping::Mapping;
use super::resolve::{CORE, Scalar, ScalarError};
use super::{Entry, MAX_DEPTH, Node, NodeValue};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};

/// How many bytes the aliases of one document may copy; an alias of an alias of an alias…
/// would otherwise grow a few lines into gigabytes.
const MAX_COPIED: usize = 64 << 20;

/// The document being read.
pub(super) struct Builder<'a> {
    file: &'a Arc<SourceFile>,
    open: Vec<OpenCollection>,
    root: Option<Node>,
    anchors: HashMap<usize, Anchored>,
    copied: usize,
    errors: Vec<Error>,
}

/// A collection whose end has not been read.
struct OpenCollection {
    start: usize,
    anchor: usize,
    collection: Collection,
}

enum Collection {
    Sequence(Vec<Node>),
    Mapping { mapping: Mapping, key: Option<PendingKey> },
}

/// A key whose value has not been read.
enum PendingKey {
    Text(String, Range<usize>),
    Merge(Range<usize>),
    /// One that was refused.
    None,
}

/// What an alias stands for.
struct Anchored {
    node: Node,
    bytes: usize,
    depth: usize,
}

/// A scalar as it is written.
pub(super) struct WrittenScalar<'t> {
    pub(super) text: String,
    pub(super) style: ScalarStyle,
    pub(super) tag: Option<&'t str>,
    pub(super) anchor: usize,
    pub(super) span: Range<usize>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(file: &'a Arc<SourceFile>) -> Self {
        Self {
            file,
            open: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            copied: 0,
            errors: Vec::new(),
        }
    }

    /// Starts over, for the next document.
    pub(super) fn reset(&mut self) {
        self.open.clear();
        self.root = None;
        self.anchors.clear();
        self.copied = 0;
    }

    /// The finished document, or nothing if it had errors, which are moved to `errors`.
    pub(super) fn finish(&mut self, errors: &mut Vec<Error>) -> Option<Node> {
        let root = self.root.take();
        let sound = self.errors.is_empty();
        errors.append(&mut self.errors);
        self.reset();
        root.filter(|_| sound)
    }

    pub(super) fn scalar(&mut self, written: WrittenScalar<'_>) {
        let WrittenScalar {
            text,
            style,
            tag,
            anchor,
            mut span,
        } = written;
        let plain = style == ScalarStyle::Plain;
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            // The parser counts the blank lines and the indentation that follow.
            let lines = self
                .file
                .text()
                .get(span.clone())
                .filter(|_| !text.is_empty())
                .map_or("", str::trim_end);
            span = if lines.is_empty() {
                span.end..span.end
            } else {
                span.start..span.start + lines.len()
            };
        }
        let is_key = self.expects_key();
        if is_key && text == "<<" && tag.map_or(plain, |tag| tag.strip_prefix(CORE) == Some("merge")) {
            return self.set_key(PendingKey::Merge(span));
        }
        let scalar = match tag {
            None if plain => Ok(Scalar::plain(text)),
            None => Ok(Scalar::Text(text)),
            Some(tag) => Scalar::tagged(tag, text),
        };
        if is_key && anchor == 0 {
            return match scalar.and_then(Scalar::into_key) {
                Ok(key) => self.set_key(PendingKey::Text(key, span)),
                Err(refusal) => {
                    self.refuse(refusal, span);
                    self.set_key(PendingKey::None);
                }
            };
        }
        let value = scalar.and_then(Scalar::into_value).unwrap_or_else(|refusal| {
            self.refuse(refusal, span.clone());
            NodeValue::Null
        });
        self.complete(Node { value, span }, anchor);
    }

    pub(super) fn alias(&mut self, id: usize, span: Range<usize>) {
        let Some(anchored) = self.anchors.get(&id) else {
            self.error(
                "an anchor must not contain itself",
                span.clone(),
                "this alias stands inside its own anchor",
            );
            return self.complete(Node::null(span), 0);
        };
        self.copied = self.copied.saturating_add(anchored.bytes);
        if self.copied > MAX_COPIED {
            // Said once: what follows is more of the same.
            if self.copied - anchored.bytes <= MAX_COPIED {
                self.error(
                    "the aliases of this document expand to too much",
                    span.clone(),
                    "the limit is reached here",
                );
            }
            return self.complete(Node::null(span), 0);
        }
        if self.open.len() + anchored.depth > MAX_DEPTH {
            self.too_deep(span.clone());
            return self.complete(Node::null(span), 0);
        }
        let node = anchored.node.clone();
        self.complete(node, 0);
    }

    pub(super) fn start_sequence(&mut self, anchor: usize, span: Range<usize>) -> bool {
        self.start(anchor, span, Collection::Sequence(Vec::new()))
    }

    pub(super) fn start_mapping(&mut self, anchor: usize, span: Range<usize>) -> bool {
        self.start(
            anchor,
            span,
            Collection::Mapping {
                mapping: Mapping::default(),
                key: None,
            },
        )
    }

    /// Ends the innermost collection. `span` is its closing bracket; empty in block style.
    pub(super) fn end(&mut self, span: Range<usize>) {
        let Some(OpenCollection {
            start,
            anchor,
            collection,
        }) = self.open.pop()
        else {
            return;
        };
        let value = match collection {
            Collection::Sequence(items) => NodeValue::Sequence(items),
            Collection::Mapping { mapping, .. } => {
                for duplicate in mapping.duplicates() {
                    let error = Error::new(format!("the key `{}` is written twice in one mapping", duplicate.key))
                        .at(self.place(duplicate.again), "again here")
                        .at(self.place(duplicate.first), "first here")
                        .hint("keep one of the two");
                    self.errors.push(error);
                }
                NodeValue::Mapping(mapping.finish())
            }
        };
        let written = self.file.text().get(start..span.end).unwrap_or_default();
        let node = Node {
            value,
            span: start..start + written.trim_end().len(),
        };
        self.complete(node, anchor);
    }

    fn start(&mut self, anchor: usize, span: Range<usize>, collection: Collection) -> bool {
        if self.open.len() >= MAX_DEPTH {
            self.too_deep(span);
            return false;
        }
        self.open.push(OpenCollection {
            start: span.start,
            anchor,
            collection,
        });
        true
    }

    /// Puts a finished node where it belongs.
    fn complete(&mut self, node: Node, anchor: usize) {
        if anchor != 0 {
            let (bytes, depth) = measure(&node);
            self.anchors.insert(
                anchor,
                Anchored {
                    node: node.clone(),
                    bytes,
                    depth,
                },
            );
        }
        match self.open.last_mut().map(|open| &mut open.collection) {
            None => self.root = Some(node),
            Some(Collection::Sequence(items)) => items.push(node),
            Some(Collection::Mapping { mapping, key }) => match key.take() {
                None => self.complete_key(node),
                Some(PendingKey::Text(key, key_span)) => mapping.push(Entry {
                    key,
                    key_span,
                    value: node,
                }),
                Some(PendingKey::None) => {}
                Some(PendingKey::Merge(merge)) => {
                    if let Err(span) = mapping.merge(node) {
                        let error = Error::new("`<<` can only merge a mapping, or a list of mappings")
                            .at(self.place(span), "this is neither")
                            .at(self.place(merge), "merged here");
                        self.errors.push(error);
                    }
                }
            },
        }
    }

    /// A key that is not simply a scalar: an alias, an anchored scalar, or a collection.
    fn complete_key(&mut self, node: Node) {
        let key = match node.value {
            NodeValue::String(text) => PendingKey::Text(text, node.span),
            NodeValue::Bool(value) => PendingKey::Text(value.to_string(), node.span),
            NodeValue::Number(value) => PendingKey::Text(value.to_string(), node.span),
            NodeValue::Null => {
                self.error("a key must not be null", node.span, "this key is null");
                PendingKey::None
            }
            NodeValue::Sequence(_) | NodeValue::Mapping(_) => {
                let hint = template_hint(self.file.text(), node.span.start);
                let error = Error::new("a key must be text, not a list or a mapping")
                    .at(self.place(node.span), "this is read as a key");
                self.errors.push(hint.into_iter().fold(error, Error::hint));
                PendingKey::None
            }
        };
        self.set_key(key);
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(OpenCollection {
                collection: Collection::Mapping { key: None, .. },
                ..
            })
        )
    }

    fn set_key(&mut self, new: PendingKey) {
        if let Some(OpenCollection {
            collection: Collection::Mapping { key, .. },
            ..
        }) = self.open.last_mut()
        {
            *key = Some(new);
        }
    }

    fn too_deep(&mut self, span: Range<usize>) {
        self.error(
            "this is nested too deeply",
            span,
            &format!("more than {MAX_DEPTH} levels"),
        );
    }

    fn refuse(&mut self, refusal: ScalarError, span: Range<usize>) {
        let error = Error::new(refusal.message).at(self.place(span), "").hint(refusal.hint);
        self.errors.push(error);
    }

    fn error(&mut self, message: &str, span: Range<usize>, label: &str) {
        let error = Error::new(message).at(self.place(span), label);
        self.errors.push(error);
    }

    fn place(&self, span: Range<usize>) -> Place {
        Place::new(Arc::clone(self.file), span)
    }
}

/// How many bytes a copy of `node` takes, roughly, and how many levels it has.
fn measure(node: &Node) -> (usize, usize) {
    let own = size_of::<Entry>();
    let below = |children: &mut dyn Iterator<Item = (usize, &Node)>| {
        children.fold((own, 1), |(bytes, depth), (key, child)| {
            let (child_bytes, child_depth) = measure(child);
            (bytes + key + child_bytes, depth.max(child_depth + 1))
        })
    };
    match &node.value {
        NodeValue::Sequence(items) => below(&mut items.iter().map(|item| (0, item))),
        NodeValue::Mapping(entries) => below(&mut entries.iter().map(|entry| (entry.key.len(), &entry.value))),
        NodeValue::String(text) => (own + text.len(), 0),
        _ => (own, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::documents;
    use super::*;

    fn errors(text: &str) -> Vec<Error> {
        let mut errors = Vec::new();
        documents(&SourceFile::new("a.yaml", text), &mut errors);
        errors
    }

    fn value(text: &str) -> serde_json::Value {
        let mut errors = Vec::new();
        let mut documents = documents(&SourceFile::new("a.yaml", text), &mut errors);
        assert!(errors.is_empty(), "{errors:?}");
        documents.remove(0).root.into_value()
    }

    #[test]
    fn duplicate_key_shows_both_places() {
        let many = (0..20)
            .map(|number| format!("k{number}: 1"))
            .collect::<Vec<_>>()
            .join("\n");
        for text in ["a: 1\nb: 2\na: 3\n", "1: x\n'1': y\n", &format!("{many}\nk3: 2\n")] {
            let errors = errors(text);
            assert_eq!(errors.len(), 1);
            let places: Vec<_> = errors[0]
                .places()
                .iter()
                .map(|(place, label)| (place.line(), label.as_str()))
                .collect();
            let (last, first) = (text.lines().count(), if text.contains("k3") { 4 } else { 1 });
            assert_eq!(places, [(last, "again here"), (first, "first here")]);
        }
    }

    #[test]
    fn all_duplicates_of_a_document_are_found() {
        assert_eq!(errors("a: {b: 1, b: 2}\nc: [{d: 1, d: 2}]\na: 1\n").len(), 3);
    }

    #[test]
    fn aliases_that_grow_without_bound_are_stopped() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let alias = format!("*a{}", level - 1);
            text += &format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 10].join(", "));
        }
        let errors = errors(&text);
        assert_eq!(errors[0].message(), "the aliases of this document expand to too much");
        assert_eq!(errors[0].places()[0].0.line(), 6);
    }

    #[test]
    fn nesting_is_bounded_through_aliases_too() {
        let nested = |levels: usize, inside: &str| format!("{}{inside}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(errors(&nested(MAX_DEPTH, "")).is_empty());
        for text in [
            nested(MAX_DEPTH + 1, ""),
            format!("- &a {}\n- {}\n", nested(70, ""), nested(70, "*a")),
        ] {
            assert_eq!(errors(&text)[0].message(), "this is nested too deeply");
        }
        assert_eq!(errors(&"- ".repeat(1000))[0].message(), "this is nested too deeply");
    }

    #[test]
    fn an_anchor_within_itself_is_an_error() {
        assert_eq!(
            errors("a: &a {b: *a}")[0].message(),
            "an anchor must not contain itself"
        );
    }

    #[test]
    fn merge_keys_merge_as_in_go_yaml() {
        for (text, expected) in [
            ("<<: {a: 1, b: 1}\na: 2", r#"{"a":2,"b":1}"#),
            ("a: 2\n<<: {a: 1, b: 1}", r#"{"a":1,"b":1}"#),
            ("<<: [{a: 1}, {a: 2, b: 2}]", r#"{"a":1,"b":2}"#),
            ("b: &b {c: 1}\nd: {<<: *b, e: 2}", r#"{"b":{"c":1},"d":{"c":1,"e":2}}"#),
            ("a: {<<: {p: 1}, p: 2, <<: {p: 3}}", r#"{"a":{"p":3}}"#),
            ("'<<': {a: 1}", r#"{"<<":{"a":1}}"#),
        ] {
            assert_eq!(value(text).to_string(), expected, "{text}");
        }
        let errors = errors("a: &a 1\nb: {<<: *a}");
        assert_eq!(
            errors[0].message(),
            "`<<` can only merge a mapping, or a list of mappings"
        );
        assert_eq!(errors[0].places()[0].0.line(), 1);
    }

    #[test]
    fn line_ends_and_byte_order_marks_do_not_matter() {
        let value = value("\u{feff}a: |\r\n  x\r\n  y\r\nb:\r\n- 1\r\n");
        assert_eq!(value.to_string(), r#"{"a":"x\ny\n","b":[1]}"#);
    }

    #[test]
    fn json_is_read_with_tabs_and_escapes() {
        let value = value("{\n\t\"a\": \"\\/\\ud83d\\ude00\",\n\t\"b\"\n\t:\t[\n\t\t1e3\n\t]\n}\n");
        assert_eq!(value.to_string(), r#"{"a":"/😀","b":[1000]}"#);
    }
}
