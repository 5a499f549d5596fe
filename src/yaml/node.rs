//! A value and where it stands: the tree that YAML is read into.

use std::ops::Range;

use serde_json::{Map, Number, Value};

use crate::object::field::{FieldPath, PathElement};

/// A value and the bytes of the text that it was written in.
///
/// What an alias or a merge key brings in keeps the places of its anchor, since that is where one
/// edits it.
/// ```
/// use stackanetes::diagnostic::place::{Place, SourceFile};
/// use stackanetes::object::field::FieldPath;
/// use stackanetes::yaml;
///
/// let file = SourceFile::new("web.yaml", "spec:\n  replicas: two\n");
/// let documents = yaml::documents(&file, &mut Vec::new());
/// let replicas = documents[0].root.get(&FieldPath::of(&["spec", "replicas"])).unwrap();
/// assert_eq!(replicas.as_str(), Some("two"));
/// assert_eq!(Place::new(file, replicas.span.clone()).to_string(), "web.yaml:2:13");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: NodeValue,
    /// Where it is written; empty for a value left out, as in `key:`.
    pub span: Range<usize>,
}

/// The value of a [`Node`]: what JSON can say.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeValue {
    /// `null`, `~`, or nothing.
    Null,
    /// `true`, `no`, `on`, …
    Bool(bool),
    /// A number; a whole one is an integer however it was written, as API servers see it.
    Number(Number),
    /// Text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping, in the order of the text, each key once.
    Mapping(Vec<Entry>),
}

/// One key of a mapping and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key, turned to text as kubectl does.
    pub key: String,
    /// Where the key is written.
    pub key_span: Range<usize>,
    /// The value.
    pub value: Node,
}

/// What one step of a path leads to.
enum Child<'a> {
    Entry(&'a Entry),
    Item(&'a Node),
}

impl Node {
    /// A null at `span`.
    pub fn null(span: Range<usize>) -> Self {
        Self {
            value: NodeValue::Null,
            span,
        }
    }

    /// The value without its places.
    pub fn to_value(&self) -> Value {
        match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(value) => Value::Bool(*value),
            NodeValue::Number(value) => Value::Number(value.clone()),
            NodeValue::String(value) => Value::String(value.clone()),
            NodeValue::Sequence(items) => items.iter().map(Self::to_value).collect(),
            NodeValue::Mapping(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.to_value()))
                    .collect(),
            ),
        }
    }

    /// The value without its places, taking the texts instead of copying them.
    pub fn into_value(self) -> Value {
        match self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(value) => Value::Bool(value),
            NodeValue::Number(value) => Value::Number(value),
            NodeValue::String(value) => Value::String(value),
            NodeValue::Sequence(items) => items.into_iter().map(Self::into_value).collect(),
            NodeValue::Mapping(entries) => Value::Object(
                entries
                    .into_iter()
                    .map(|entry| (entry.key, entry.value.into_value()))
                    .collect(),
            ),
        }
    }

    /// Whether this is `null`, `~`, or nothing.
    pub fn is_null(&self) -> bool {
        self.value == NodeValue::Null
    }

    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            NodeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// The keys and values, if this is a mapping.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            NodeValue::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, if this is a list.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.value {
            NodeValue::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The entry of `key`, if this is a mapping that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries()?.iter().find(|entry| entry.key == key)
    }

    /// What this is, in words for an error message: `a number`. Never the value itself.
    pub fn describe(&self) -> &'static str {
        match &self.value {
            NodeValue::Null => "null",
            NodeValue::Bool(_) => "a boolean",
            NodeValue::Number(_) => "a number",
            NodeValue::String(_) => "text",
            NodeValue::Sequence(_) => "a list",
            NodeValue::Mapping(_) => "a mapping",
        }
    }

    /// The node at `path`.
    pub fn get(&self, path: &FieldPath) -> Option<&Self> {
        path.elements()
            .iter()
            .try_fold(self, |node, element| match node.child(element)? {
                Child::Entry(entry) => Some(&entry.value),
                Child::Item(item) => Some(item),
            })
    }

    /// The path of the entry whose key stands at the byte `at` of the text that this was read from; nothing where none
    /// does. What an alias brings in stands where its anchor does, and has the path of the first that is found.
    pub fn path_of_key(&self, at: usize) -> Option<FieldPath> {
        let found = |path: PathElement, child: &Self| {
            let is_within = child.span.contains(&at);
            let below = is_within.then(|| child.path_of_key(at)).flatten()?;
            Some(std::iter::once(path).chain(below.elements().iter().cloned()).collect())
        };
        let of_entry = |entry: &Entry| {
            let key = || PathElement::field(&entry.key);
            if entry.key_span.contains(&at) {
                return Some(FieldPath::root().join(key()));
            }
            found(key(), &entry.value)
        };
        match &self.value {
            NodeValue::Mapping(entries) => entries.iter().find_map(of_entry),
            NodeValue::Sequence(items) => {
                let mut items = items.iter().enumerate();
                items.find_map(|(index, item)| found(PathElement::Index(index), item))
            }
            NodeValue::Null | NodeValue::Bool(_) | NodeValue::Number(_) | NodeValue::String(_) => None,
        }
    }

    /// What to point at for the value at `path` or, where there is none, for its nearest ancestor
    /// in `text`, which this node was read from.
    ///
    /// A caret needs one line: a field is its key and what of the value stands beside it, an item
    /// its first line.
    pub fn locate(&self, path: &FieldPath, text: &str) -> Range<usize> {
        let mut node = self;
        let mut span = self.first_line(text);
        for element in path.elements() {
            match node.child(element) {
                Some(Child::Entry(entry)) => (node, span) = (&entry.value, entry.line(text)),
                Some(Child::Item(item)) => (node, span) = (item, item.first_line(text)),
                None => break,
            }
        }
        span
    }

    /// The part of this node on the line it begins.
    pub fn first_line(&self, text: &str) -> Range<usize> {
        first_line(text, &self.span)
    }

    /// A value all of which is written at `span`.
    pub fn from_value(value: Value, span: &Range<usize>) -> Self {
        let value = match value {
            Value::Null => NodeValue::Null,
            Value::Bool(value) => NodeValue::Bool(value),
            Value::Number(value) => NodeValue::Number(value),
            Value::String(value) => NodeValue::String(value),
            Value::Array(items) => {
                NodeValue::Sequence(items.into_iter().map(|item| Self::from_value(item, span)).collect())
            }
            Value::Object(entries) => {
                let entries = entries.into_iter().map(|(key, value)| Entry {
                    key,
                    key_span: span.clone(),
                    value: Self::from_value(value, span),
                });
                NodeValue::Mapping(entries.collect())
            }
        };
        Self {
            value,
            span: span.clone(),
        }
    }

    fn child(&self, element: &PathElement) -> Option<Child<'_>> {
        match element {
            PathElement::Field(name) => self.entry(name).map(Child::Entry),
            PathElement::Index(_) | PathElement::Value(_) | PathElement::Key(_) => {
                let items = self.items()?;
                items.get(position(items, element)?).map(Child::Item)
            }
        }
    }
}

/// A tree of values that paths lead into, whatever else its nodes know.
pub trait Tree {
    /// Whether the value of `key` means the same as `value`; nothing where this is no mapping that has it.
    fn field_is(&self, key: &str, value: &Value) -> Option<bool>;

    /// Whether it means the same as `value`.
    fn is(&self, value: &Value) -> bool;
}

/// Which of the items of a list `element` selects. Takes time in proportion to the items, and copies none.
pub fn position<T: Tree>(items: &[T], element: &PathElement) -> Option<usize> {
    match element {
        PathElement::Field(_) => None,
        PathElement::Index(index) => (*index < items.len()).then_some(*index),
        PathElement::Value(value) => items.iter().position(|item| item.is(value)),
        PathElement::Key(keys) => keyed_position(items, keys),
    }
}

/// The item with these keys. One that leaves out keys which the server defaults (`protocol`) is
/// taken if no item has them all.
fn keyed_position<T: Tree>(items: &[T], keys: &Map<String, Value>) -> Option<usize> {
    let fits = |item: &T, missing: usize| {
        let mut present = 0;
        let fits = keys.iter().all(|(name, wanted)| {
            let is = item.field_is(name, wanted);
            present += usize::from(is.is_some());
            is.unwrap_or(true)
        });
        fits && present == keys.len() - missing
    };
    (0..keys.len()).find_map(|missing| items.iter().position(|item| fits(item, missing)))
}

impl Tree for Node {
    fn field_is(&self, key: &str, value: &Value) -> Option<bool> {
        self.entry(key).map(|entry| entry.value.is(value))
    }

    fn is(&self, value: &Value) -> bool {
        match (&self.value, value) {
            (NodeValue::Null, Value::Null) => true,
            (NodeValue::Bool(own), Value::Bool(other)) => own == other,
            (NodeValue::Number(own), Value::Number(other)) => own == other,
            (NodeValue::String(own), Value::String(other)) => own == other,
            (NodeValue::Sequence(own), Value::Array(others)) => are(own, others),
            (NodeValue::Mapping(own), Value::Object(others)) => {
                let is = |entry: &Entry| others.get(&entry.key).is_some_and(|other| entry.value.is(other));
                own.len() == others.len() && own.iter().all(is)
            }
            (
                NodeValue::Null
                | NodeValue::Bool(_)
                | NodeValue::Number(_)
                | NodeValue::String(_)
                | NodeValue::Sequence(_)
                | NodeValue::Mapping(_),
                _,
            ) => false,
        }
    }
}

/// Whether the items mean the same as `values`, one by one.
pub fn are<T: Tree>(items: &[T], values: &[Value]) -> bool {
    items.len() == values.len() && items.iter().zip(values).all(|(item, value)| item.is(value))
}

impl Entry {
    /// What to point at for this entry: its key and what of its value stands on the same line or,
    /// for a scalar that an alias brought in, the scalar at its anchor.
    pub fn line(&self, text: &str) -> Range<usize> {
        let end = match text.get(self.key_span.end..self.value.span.start) {
            Some(_) => self.value.span.end,
            None if self.value.entries().is_none() && self.value.items().is_none() => {
                return self.value.first_line(text);
            }
            None => self.key_span.end,
        };
        let line = first_line(text, &(self.key_span.start..end));
        if line.end < self.value.span.start {
            first_line(text, &self.key_span)
        } else {
            line
        }
    }
}

fn first_line(text: &str, span: &Range<usize>) -> Range<usize> {
    let line = text
        .get(span.clone())
        .and_then(|written| written.lines().next())
        .unwrap_or_default();
    span.start..span.start + line.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::super::documents;
    use super::*;
    use crate::diagnostic::place::SourceFile;

    fn shown(text: &str, path: &str) -> String {
        let file = SourceFile::new("a.yaml", text);
        let mut errors = Vec::new();
        let documents = documents(&file, &mut errors);
        assert!(errors.is_empty(), "{errors:?}");
        let path = path
            .split('/')
            .filter(|key| !key.is_empty())
            .map(|key| PathElement::from_fields_v1(key).expect("a path element"));
        text[documents[0].root.locate(&path.collect(), text)].to_owned()
    }

    const PORTS: &str = "spec:
  ports:
    - port: 53
      protocol: UDP
    - port: 53
      name: tcp
  finalizers: [a, b]
  text: |
    one
    two
  folded: one
    two
";

    #[test]
    fn a_field_is_shown_with_its_value() {
        assert_eq!(shown(PORTS, "f:spec/f:ports/i:1/f:name"), "name: tcp");
        assert_eq!(shown(PORTS, "f:spec/f:finalizers"), "finalizers: [a, b]");
        assert_eq!(shown("a: 'x' # why\n", "f:a"), "a: 'x'");
    }

    #[test]
    fn a_value_on_later_lines_is_shown_by_its_key() {
        assert_eq!(shown(PORTS, "f:spec"), "spec");
        assert_eq!(shown(PORTS, "f:spec/f:text"), "text");
        assert_eq!(shown(PORTS, "f:spec/f:folded"), "folded: one");
        assert_eq!(shown("a:\r\n  b: 1\r\n", "f:a/f:b"), "b: 1");
    }

    #[test]
    fn an_item_is_found_though_a_defaulted_key_is_left_out() {
        assert_eq!(
            shown(PORTS, r#"f:spec/f:ports/k:{"port":53,"protocol":"TCP"}/f:name"#),
            "name: tcp"
        );
        assert_eq!(
            shown(PORTS, r#"f:spec/f:ports/k:{"port":53,"protocol":"UDP"}"#),
            "port: 53"
        );
        assert_eq!(
            shown(PORTS, r#"f:spec/f:ports/k:{"port":54,"protocol":"TCP"}"#),
            "ports"
        );
        assert_eq!(shown(PORTS, r#"f:spec/f:finalizers/v:"b""#), "b");
    }

    #[test]
    fn a_field_that_is_not_there_is_its_nearest_ancestor() {
        assert_eq!(shown(PORTS, "f:spec/f:replicas"), "spec");
        assert_eq!(shown("a: 1\nb: 2\n", "f:metadata/f:labels"), "a: 1");
    }

    #[test]
    fn what_an_alias_brings_in_is_shown_where_it_is_written() {
        let text = "x: &x {image: a}\ni: &i b\nk: *x\nz: *i\n<<: *x\n";
        assert_eq!(shown(text, "f:k"), "k");
        assert_eq!(shown(text, "f:k/f:image"), "image: a");
        assert_eq!(shown(text, "f:z"), "b");
        assert_eq!(shown(text, "f:image"), "image: a");
    }

    #[test]
    fn the_path_of_a_key_is_found_by_where_it_stands() {
        let text = "images:\n  web: &web {tag: '1'}\n  api: *web\nlist:\n  - name: a\n    a.b: {name: c}\n";
        let documents = documents(&SourceFile::new("a.yaml", text), &mut Vec::new());
        let path = |at: usize| documents[0].root.path_of_key(at).map(|path| path.to_string());
        let nth = |part: &str, count: usize| text.match_indices(part).nth(count).expect("it stands there").0;
        for (at, expected) in [
            (0, Some("images")),
            (nth("web", 0) + 1, Some("images.web")),
            (nth("tag", 0), Some("images.web.tag")),
            (nth("name", 0), Some("list[0].name")),
            (nth("name", 1), Some("list[0][a.b].name")),
            (nth("'1'", 0), None),
            (text.len(), None),
        ] {
            assert_eq!(path(at).as_deref(), expected, "{at}");
        }
    }
}
