//! Renders one document: fills in its expressions, leaves out what `$when` leaves out, repeats what
//! `$for` repeats. What comes out knows everything that made it.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use minijinja::value::Serde;
use serde_json::Value;

use super::expression::Evaluator;
use super::fill::describe;
use super::rendered::{RenderedEntry, RenderedNode, RenderedValue};
use super::scalar;
use super::scope::{ParameterPath, Variables};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Origin, Place, Role, SourceFile};
use crate::yaml::{Entry, Node, NodeValue};

/// Says where a parameter was set.
pub(super) trait ParameterOrigins {
    /// The place that set it, if it is known.
    fn of(&self, path: &[String]) -> Option<Origin>;
}

/// How many values one document may have in the end: `$for` in `$for` grows fast.
const MAX_VALUES: usize = 1_000_000;

/// Renders documents of one file.
pub(super) struct Renderer<'a> {
    pub(super) file: &'a Arc<SourceFile>,
    pub(super) evaluator: &'a Evaluator,
    pub(super) parameters: &'a dyn ParameterOrigins,
    pub(super) errors: &'a mut Vec<Error>,
    pub(super) budget: usize,
    /// What must not be shown of that for which loops repeat what is rendered, or conditions let it in. A loop's variable
    /// may be a part of it, and what a condition compares with it may be the same.
    pub(super) secrets_around: Vec<Origin>,
}

/// The keys that say what becomes of the mapping they are in.
const WHEN: &str = "$when";
const FOR: &str = "$for";
const VALUE: &str = "$value";

/// Whether rendering leaves a document as it is: nothing in it is an expression, conditional or repeated. One of more
/// values than a rendered document may have is not.
pub(super) fn is_plain(root: &Node) -> bool {
    fn is_plain(node: &Node, left: &mut usize) -> bool {
        *left -= 1;
        *left > 0
            && match &node.value {
                NodeValue::String(text) => !text.contains(scalar::OPEN),
                NodeValue::Sequence(items) => items.iter().all(|item| is_plain(item, left)),
                NodeValue::Mapping(entries) => entries.iter().all(|Entry { key, value, .. }| {
                    ![WHEN, FOR, VALUE].contains(&key.as_str()) && !key.contains(scalar::OPEN) && is_plain(value, left)
                }),
                NodeValue::Null | NodeValue::Bool(_) | NodeValue::Number(_) => true,
            }
    }
    let mut left = MAX_VALUES;
    is_plain(root, &mut left)
}

/// What a condition read, of which what it lets in may tell: nothing where there is no variable of a loop that could have
/// been compared with it.
fn compared<'r>(read: &'r [Origin], variables: &Variables) -> &'r [Origin] {
    if variables.is_empty() { &[] } else { read }
}

impl<'a> Renderer<'a> {
    pub(super) fn new(
        file: &'a Arc<SourceFile>,
        evaluator: &'a Evaluator,
        parameters: &'a dyn ParameterOrigins,
        errors: &'a mut Vec<Error>,
    ) -> Self {
        Self {
            file,
            evaluator,
            parameters,
            errors,
            budget: MAX_VALUES,
            secrets_around: Vec::new(),
        }
    }

    /// The document, or nothing where it is left out or wrong.
    pub(super) fn document(&mut self, root: &Node) -> Option<RenderedNode> {
        let variables = Variables::new();
        if let Some(entry) = root.entry(FOR) {
            self.error(
                "a document cannot be repeated",
                self.place(entry),
                "repeat the items of a list with `$for`",
            );
            return None;
        }
        if !self.is_wanted(root, &variables, &mut Vec::new())? {
            return None;
        }
        self.node(root, root.first_line(self.file.text()), &variables)
    }

    fn node(&mut self, node: &Node, span: Range<usize>, variables: &Variables) -> Option<RenderedNode> {
        if self.budget == 0 {
            return None;
        }
        self.budget -= 1;
        if self.budget == 0 {
            let message = format!("this document has more than {MAX_VALUES} values once it is rendered");
            self.error(&message, Place::new(self.file.clone(), span), "repeat less with `$for`");
            return None;
        }
        let here = || Origin {
            role: Role::Manifest,
            place: Place::new(self.file.clone(), span.clone()),
        };
        match &node.value {
            NodeValue::String(_) | NodeValue::Number(_) | NodeValue::Bool(_) if self.file.is_encrypted(&node.span) => {
                Some(self.encrypted(node, span))
            }
            NodeValue::String(text) => self.text(text, node, span, variables),
            NodeValue::Sequence(items) => {
                let origins = vec![here()];
                let mut made = Vec::with_capacity(items.len());
                for item in items {
                    self.item(item, variables, &mut made);
                }
                Some(RenderedNode {
                    value: RenderedValue::Sequence(made),
                    span: node.span.clone(),
                    origins,
                })
            }
            NodeValue::Mapping(entries) => {
                let origins = vec![here()];
                let entries = self.entries(entries, variables);
                Some(RenderedNode {
                    value: RenderedValue::Mapping(entries),
                    span: node.span.clone(),
                    origins,
                })
            }
            _ => Some(RenderedNode {
                value: RenderedValue::Whole(node.to_value()),
                span: node.span.clone(),
                origins: vec![here()],
            }),
        }
    }

    fn entries(&mut self, entries: &[Entry], variables: &Variables) -> Vec<RenderedEntry> {
        let mut made: Vec<RenderedEntry> = Vec::with_capacity(entries.len());
        let mut keys: HashSet<String> = HashSet::with_capacity(entries.len());
        for entry in entries
            .iter()
            .filter(|entry| ![WHEN, FOR, VALUE].contains(&entry.key.as_str()))
        {
            let mut read = Vec::new();
            let Some(key) = self.key(entry, variables, &mut read) else {
                continue;
            };
            match self.is_wanted(&entry.value, variables, &mut read) {
                Some(true) => {}
                Some(false) | None => continue,
            }
            let is_conditional = entry.value.entry(WHEN).is_some();
            let misplaced = entry.value.entry(VALUE).filter(|_| !is_conditional);
            if let Some(misplaced) = entry.value.entry(FOR).or(misplaced) {
                let message = format!("`{}` belongs into an item of a list", misplaced.key);
                self.error(
                    &message,
                    self.place(misplaced),
                    "write it as an item: `- $for: name in list`",
                );
                continue;
            }
            let read = self.origins_of(&read);
            let line = entry.line(self.file.text());
            let compared = compared(&read, variables);
            let value = self.within(compared, |renderer| renderer.value_of(&entry.value, line, variables));
            let Some(mut value) = value else {
                continue;
            };
            value.origins.extend(read);
            if !keys.insert(key.clone()) {
                let message = format!("the key `{key}` is there twice once the expressions are filled in");
                self.error(&message, self.place(entry), "keep one of the two");
                continue;
            }
            made.push(RenderedEntry {
                key,
                key_span: entry.key_span.clone(),
                value,
            });
        }
        made
    }

    fn key(&mut self, entry: &Entry, variables: &Variables, read: &mut Vec<ParameterPath>) -> Option<String> {
        if !entry.key.contains(scalar::OPEN) {
            return Some(entry.key.clone());
        }
        let value = self.fill(&entry.key, &entry.key_span, variables, read)?;
        let is_declared = |origin: &Origin| origin.role == Role::SecretParameter;
        if self
            .secrets_around
            .iter()
            .chain(&self.origins_of(read))
            .any(is_declared)
        {
            self.refuse_secret_key(entry.key_span.clone());
            return None;
        }
        match value {
            Value::String(key) => Some(key),
            other @ (Value::Number(_) | Value::Bool(_)) => Some(other.to_string()),
            _ => {
                let place = Place::new(self.file.clone(), entry.key_span.clone());
                self.error("a key is text", place, "use an expression that gives text");
                None
            }
        }
    }

    /// One item of a list: none, one or many once it is rendered.
    fn item(&mut self, item: &Node, variables: &Variables, made: &mut Vec<RenderedNode>) {
        let Some(repeat) = item.entry(FOR) else {
            self.single_item(item, variables, &[], made);
            return;
        };
        let Some((name, list, read)) = self.repetition(repeat, variables) else {
            return;
        };
        let mut origins = vec![Origin {
            role: Role::Loop,
            place: self.place(repeat),
        }];
        origins.extend(self.origins_of(&read));
        self.within(&origins, |renderer| {
            for value in list {
                let mut variables = variables.clone();
                variables.push((name.clone(), minijinja::Value::from(Serde(value))));
                renderer.single_item(item, &variables, &origins, made);
                if renderer.budget == 0 {
                    return;
                }
            }
        });
    }

    /// Renders what stands within something that was made from this.
    fn within<T>(&mut self, origins: &[Origin], render: impl FnOnce(&mut Self) -> T) -> T {
        let around = self.secrets_around.len();
        let secret = origins.iter().filter(|origin| origin.role.is_secret());
        self.secrets_around.extend(secret.cloned());
        let rendered = render(self);
        self.secrets_around.truncate(around);
        rendered
    }

    fn single_item(&mut self, item: &Node, variables: &Variables, origins: &[Origin], made: &mut Vec<RenderedNode>) {
        let mut read = Vec::new();
        if self.is_wanted(item, variables, &mut read) != Some(true) {
            return;
        }
        let read = self.origins_of(&read);
        let line = item.first_line(self.file.text());
        let compared = compared(&read, variables);
        let value = self.within(compared, |renderer| renderer.value_of(item, line, variables));
        if let Some(mut value) = value {
            value.origins.extend(read);
            value.origins.extend(origins.iter().cloned());
            made.push(value);
        }
    }

    /// A node, or the `$value` that stands for it.
    fn value_of(&mut self, node: &Node, span: Range<usize>, variables: &Variables) -> Option<RenderedNode> {
        let Some(value) = node.entry(VALUE) else {
            return self.node(node, span, variables);
        };
        let mut entries = node.entries().into_iter().flatten();
        if let Some(other) = entries.find(|entry| ![WHEN, FOR, VALUE].contains(&entry.key.as_str())) {
            let message = format!(
                "`{}` cannot be given together with `$value`, which is the whole value",
                other.key
            );
            self.error(&message, self.place(other), "take one of the two out");
            return None;
        }
        self.node(&value.value, value.line(self.file.text()), variables)
    }

    /// `$for: name in expression`
    fn repetition(&mut self, entry: &Entry, variables: &Variables) -> Option<(String, Vec<Value>, Vec<ParameterPath>)> {
        let place = self.place(entry);
        let parts = entry.value.as_str().and_then(|text| text.split_once(" in "));
        let Some((name, expression)) = parts else {
            self.error(
                "`$for` says `NAME in EXPRESSION`",
                place,
                "for example `$for: host in network.hosts`",
            );
            return None;
        };
        let name = name.trim();
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || character == '_');
        if !is_name {
            self.error("a loop variable is a name", place, "use letters, digits and `_`");
            return None;
        }
        let evaluated = self.evaluated(expression.trim(), entry.value.span.clone(), variables)?;
        match evaluated.0 {
            Value::Array(items) => Some((name.to_owned(), items, evaluated.1)),
            other => {
                let message = format!(
                    "`$for` repeats for each item of a list, and this is {}",
                    describe(&other)
                );
                self.error(&message, place, "use an expression that gives a list");
                None
            }
        }
    }

    /// Whether a node is not left out by a `$when`; nothing when that cannot be told.
    fn is_wanted(&mut self, node: &Node, variables: &Variables, read: &mut Vec<ParameterPath>) -> Option<bool> {
        match node.entry(WHEN) {
            Some(entry) => self.condition(entry, variables, read),
            None => Some(true),
        }
    }

    /// A value that was encrypted stands for itself, whatever is in it.
    fn encrypted(&self, node: &Node, span: Range<usize>) -> RenderedNode {
        RenderedNode {
            value: RenderedValue::Whole(node.to_value()),
            span: node.span.clone(),
            origins: vec![Origin {
                role: Role::Encrypted,
                place: Place::new(self.file.clone(), span),
            }],
        }
    }

    pub(super) fn place(&self, entry: &Entry) -> Place {
        Place::new(self.file.clone(), entry.line(self.file.text()))
    }

    pub(super) fn error(&mut self, message: &str, place: Place, hint: &str) {
        self.errors.push(Error::new(message).at(place, "").hint(hint));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::field::{FieldPath, PathElement};
    use crate::testing::documents;
    use crate::yaml;
    use serde_json::json;

    struct Nowhere;

    impl ParameterOrigins for Nowhere {
        fn of(&self, path: &[String]) -> Option<Origin> {
            let file = SourceFile::new(format!("parameters.yaml:{}", path.join(".")), "");
            Some(Origin {
                role: Role::Manifest,
                place: Place::new(file, 0..0),
            })
        }
    }

    fn made(text: &str) -> Result<Option<RenderedNode>, String> {
        let parameters = json!({
            "deployment": {"control_replicas": 3, "node_label": "control"},
            "ceph": {"enabled": false, "monitors": ["10.0.0.1", "10.0.0.2"]},
            "network": {"hosts": [{"name": "a", "port": 80}, {"name": "b", "port": 81}], "zone": "é"},
        });
        let file = SourceFile::new("a.yaml", text);
        let evaluator = Evaluator::new(Arc::new(parameters));
        let mut errors = Vec::new();
        let documents = yaml::documents(&file, &mut errors);
        let made = Renderer::new(&file, &evaluator, &Nowhere, &mut errors).document(&documents[0].root);
        match errors.first() {
            None => Ok(made),
            Some(error) => Err(format!("{} {}", error.places()[0].0, error.message())),
        }
    }

    fn value(text: &str) -> Result<Value, String> {
        Ok(made(text)?.map_or(Value::Null, |made| made.to_node().into_value()))
    }

    #[test]
    fn expressions_are_filled_in_and_keep_their_types() {
        assert_eq!(
            value(
                "a: ${{ deployment.control_replicas }}\nb: r-${{ deployment.control_replicas }}\nc: $${{ x }}\nd: 0644\n"
            ),
            Ok(json!({"a": 3, "b": "r-3", "c": "${{ x }}", "d": 420}))
        );
        assert_eq!(
            value("m: ${{ ceph.monitors }}\n\"${{ deployment.node_label }}\": yes\n"),
            Ok(json!({"m": ["10.0.0.1", "10.0.0.2"], "control": true}))
        );
        assert_eq!(
            value("t: |\n  one ${{ network.zone }}\n  two\n"),
            Ok(json!({"t": "one é\ntwo\n"}))
        );
    }

    #[test]
    fn what_is_not_wanted_is_left_out() {
        assert_eq!(
            value("a: {$when: ceph.enabled, b: 1}\nc: {$when: not ceph.enabled, d: 1}\n"),
            Ok(json!({"c": {"d": 1}}))
        );
        assert_eq!(
            value("l:\n  - {$when: ceph.enabled, name: x}\n  - {$when: not ceph.enabled, $value: up}\n"),
            Ok(json!({"l": ["up"]}))
        );
        assert_eq!(value("$when: ceph.enabled\na: 1\n"), Ok(Value::Null));
        assert_eq!(
            value("a: {$when: ceph.enabled, $value: one}\nb: {$when: not ceph.enabled, $value: two}\n"),
            Ok(json!({"b": "two"}))
        );
    }

    #[test]
    fn items_are_repeated() {
        assert_eq!(
            value(
                "l:\n  - $for: host in network.hosts\n    $when: host.port > 80\n    name: ${{ host.name }}\n  - name: z\n"
            ),
            Ok(json!({"l": [{"name": "b"}, {"name": "z"}]}))
        );
        assert_eq!(
            value("l:\n  - {$for: m in ceph.monitors, $value: 'tcp://${{ m }}'}\n"),
            Ok(json!({"l": ["tcp://10.0.0.1", "tcp://10.0.0.2"]}))
        );
    }

    #[test]
    fn everything_that_made_a_value_is_known() {
        let made = made(
            "spec:\n  hosts:\n    - $for: host in network.hosts\n      name: ${{ host.name }}-${{ network.zone }}\n",
        )
        .expect("it renders")
        .expect("it is wanted");
        let path: FieldPath = ["f:spec", "f:hosts", "k:{\"name\":\"b-é\"}", "f:name"]
            .into_iter()
            .filter_map(PathElement::from_fields_v1)
            .collect();
        let origins: Vec<String> = made
            .origins(&path)
            .iter()
            .map(|origin| origin.place.to_string())
            .collect();
        assert_eq!(origins, ["a.yaml:4:7", "parameters.yaml:network.zone:1:1"]);
        let item: FieldPath = path.elements()[..3].iter().cloned().collect();
        let origins: Vec<String> = made
            .origins(&item)
            .iter()
            .map(|origin| origin.place.to_string())
            .collect();
        assert_eq!(
            origins,
            ["a.yaml:3:7", "a.yaml:3:7", "parameters.yaml:network.hosts:1:1"]
        );
    }

    #[test]
    fn what_is_wrong_is_shown_where_it_is() {
        let recorded = documents(include_str!("../../../fixtures/render/mistakes.yaml"));
        assert!(recorded.len() > 5);
        for recorded in recorded {
            let text = |key: &str| recorded[key].as_str().expect("a text");
            assert_eq!(value(text("text")), Err(text("says").to_owned()), "{recorded}");
        }
    }

    #[test]
    fn a_loop_without_end_is_refused() {
        let nested = "l:\n  - $for: a in range(2000)\n    m:\n      - {$for: b in range(2000), $value: x}\n";
        let refused = value(nested).expect_err("it is refused");
        assert!(refused.contains("more than 1000000 values"), "{refused}");
    }
}
