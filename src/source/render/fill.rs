//! Fills in expressions: those of a text, and the one that a `$when` is.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use super::bounds::Filling;
use super::document::Renderer;
use super::expression;
use super::rendered::{RenderedNode, RenderedValue};
use super::scalar::{self, Piece};
use super::scope::{ParameterPath, Variables};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Origin, Place, Role};
use crate::yaml::{Entry, Node, NodeValue};

impl Renderer<'_> {
    /// Whether the expression that is the value of `entry` is true; nothing when that cannot be told.
    pub(super) fn condition(
        &mut self,
        entry: &Entry,
        variables: &Variables,
        read: &mut Vec<ParameterPath>,
    ) -> Option<bool> {
        let expression = match &entry.value.value {
            NodeValue::Bool(wanted) => return Some(*wanted),
            NodeValue::String(text) => text,
            _ => {
                let message = format!("`{}` is an expression", entry.key);
                let hint = format!("for example `{}: ceph.enabled`", entry.key);
                self.error(&message, self.place(entry), &hint);
                return None;
            }
        };
        let (value, reads) = self.evaluated(expression, entry.value.span.clone(), variables)?;
        if let Value::Bool(wanted) = value {
            read.extend(reads);
            return Some(wanted);
        }
        let message = format!("`{}` is true or false, and this is {}", entry.key, describe(&value));
        let error = Error::new(message).at(self.place(entry), "");
        let error = error.hint("compare it with something, or use `is defined`");
        let read = self.origins_of(&reads);
        self.errors.push(expression::with_encrypted(error, &read));
        None
    }

    /// A text with its expressions filled in, and all that made it.
    pub(super) fn text(
        &mut self,
        text: &str,
        node: &Node,
        span: Range<usize>,
        variables: &Variables,
    ) -> Option<RenderedNode> {
        let mut read = Vec::new();
        let value = self.fill(text, &node.span, variables, &mut read)?;
        let read = self.made_of(&read, text);
        self.refuse_secret_keys(&value, &read, text, &node.span)?;
        let mut origins = vec![Origin {
            role: Role::Manifest,
            place: Place::new(self.file.clone(), span),
        }];
        origins.extend(read);
        Some(RenderedNode {
            value: RenderedValue::Whole(value),
            span: node.span.clone(),
            origins,
        })
    }

    /// Fills in the expressions of a text. One that is alone keeps the type of its value.
    pub(super) fn fill(
        &mut self,
        text: &str,
        span: &Range<usize>,
        variables: &Variables,
        read: &mut Vec<ParameterPath>,
    ) -> Option<Value> {
        let file = self.file.clone();
        let written = file.text().get(span.clone()).unwrap_or_default();
        let mut spans = scalar::spans(written, span.start);
        let whole = || span.clone();
        let pieces = match scalar::pieces(text) {
            Ok(pieces) => pieces,
            Err(unclosed) => {
                let place = Place::new(file.clone(), spans.nth(unclosed.number).unwrap_or_else(whole));
                self.error(
                    "this expression has no end",
                    place,
                    "close it with `}}`; a literal `${{` is written `$${{`",
                );
                return None;
            }
        };
        if let [Piece::Expression(expression)] = pieces.as_slice() {
            let at = spans.next().unwrap_or_else(whole);
            let (value, reads) = self.evaluated(expression, at, variables)?;
            read.extend(reads);
            return Some(value);
        }
        let mut filled = String::new();
        for piece in pieces {
            match piece {
                Piece::Literal(text) => filled += text,
                Piece::Expression(expression) => {
                    let at = spans.next().unwrap_or_else(whole);
                    let (value, reads) = self.evaluated(expression, at.clone(), variables)?;
                    read.extend(reads);
                    match value {
                        Value::String(text) => filled += &text,
                        Value::Number(_) | Value::Bool(_) => filled += &value.to_string(),
                        other => {
                            let message = format!("this is put into a text, and is {}", describe(&other));
                            self.error(
                                &message,
                                Place::new(file.clone(), at),
                                "turn it into text, for example with `| join(',')`",
                            );
                            return None;
                        }
                    }
                }
            }
        }
        Some(Value::String(filled))
    }

    /// The value of an expression that stands at `span`, and the parameters that it read.
    pub(super) fn evaluated(
        &mut self,
        expression: &str,
        span: Range<usize>,
        variables: &Variables,
    ) -> Option<(Value, Vec<ParameterPath>)> {
        let filling = Filling::begin(Place::new(self.file.clone(), span.clone()));
        let evaluated = self.evaluator.evaluate(expression, variables);
        drop(filling);
        match evaluated {
            Ok(evaluated) => Some((evaluated.value, evaluated.read)),
            Err(fault) => {
                // The expression's own span counts from its beginning: found again in the file where
                // it is written there word for word.
                let written = self.file.text().get(span.clone()).unwrap_or_default();
                let precise = fault.span.clone().zip(written.find(expression)).map(|(inside, at)| {
                    span.start + at + inside.start
                        ..span.start + at + inside.end.max(inside.start + 1).min(expression.len())
                });
                let place = Place::new(self.file.clone(), precise.unwrap_or(span));
                let mut read = self.origins_of(&fault.read);
                read.extend_from_slice(&self.secrets_around);
                self.errors.push(fault.at(place, read));
                None
            }
        }
    }

    /// Where the parameters were set that the expressions of a text read, and what they may be a part of.
    fn made_of(&self, read: &[ParameterPath], text: &str) -> Vec<Origin> {
        let mut origins = self.origins_of(read);
        if text.contains(scalar::OPEN) {
            origins.extend_from_slice(&self.secrets_around);
        }
        origins
    }

    /// Refuses a mapping that an expression made of a secret parameter, if one of its keys is neither written in the
    /// expression nor the name of a parameter: it may be the secret itself. Nothing then.
    fn refuse_secret_keys(&mut self, value: &Value, read: &[Origin], text: &str, span: &Range<usize>) -> Option<()> {
        let is_declared = |origin: &Origin| origin.role == Role::SecretParameter;
        let is_named = |key: &str| text.contains(key) || self.evaluator.has_name(key);
        if !read.iter().any(is_declared) || keys(value).into_iter().all(is_named) {
            return Some(());
        }
        self.refuse_secret_key(span.clone());
        None
    }

    /// Says that a key is made from a secret parameter.
    pub(super) fn refuse_secret_key(&mut self, span: Range<usize>) {
        self.error(
            "this key is made from a secret parameter, and would be shown to everybody who reads the object",
            Place::new(self.file.clone(), span),
            "make keys from other parameters; a parameter is secret where its schema says `writeOnly`",
        );
    }

    /// Where these parameters were set, each once, in the order of their first reading.
    pub(super) fn origins_of(&self, read: &[ParameterPath]) -> Vec<Origin> {
        let mut seen = BTreeSet::new();
        let read = read.iter().filter(|path| seen.insert(*path));
        read.filter_map(|path| self.parameters.of(path)).collect()
    }
}

/// The keys of all mappings in a value.
fn keys(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(map) => {
            let below = map.values().flat_map(keys);
            map.keys().map(String::as_str).chain(below).collect()
        }
        Value::Array(items) => items.iter().flat_map(keys).collect(),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => Vec::new(),
    }
}

pub(super) fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::super::ParameterOrigins;
    use super::super::expression::Evaluator;
    use super::*;
    use crate::diagnostic::place::SourceFile;
    use crate::yaml;

    struct Everywhere;

    impl ParameterOrigins for Everywhere {
        fn of(&self, path: &[String]) -> Option<Origin> {
            Some(Origin {
                role: Role::Parameter,
                place: Place::new(SourceFile::new("parameters.yaml", path.join(".")), 0..0),
            })
        }
    }

    /// The value of `x`, or the errors.
    fn filled(text: &str) -> Result<RenderedNode, Vec<Error>> {
        let file = SourceFile::new("a.yaml", format!("x: \"{text}\"\n"));
        let evaluator = Evaluator::new(Arc::new(json!({"a": {"b": 1, "c": 2}})));
        let mut errors = Vec::new();
        let documents = yaml::documents(&file, &mut errors);
        let rendered = Renderer::new(&file, &evaluator, &Everywhere, &mut errors).document(&documents[0].root);
        match rendered.map(|rendered| rendered.value) {
            Some(RenderedValue::Mapping(mut entries)) if errors.is_empty() => Ok(entries.remove(0).value),
            _ => Err(errors),
        }
    }

    #[test]
    fn each_of_many_expressions_of_a_text_is_found_where_the_last_one_ended() {
        let text = "${{ a.b }}$${{".repeat(10_000);
        let node = filled(&text).expect("filled in");
        assert_eq!(node.value, RenderedValue::Whole(json!("1${{".repeat(10_000))));
        let errors = filled(&format!("{text}${{{{ a.d }}}}")).expect_err("unknown");
        let (place, _) = &errors[0].places()[0];
        assert!(place.span.start >= 4 + 140_000, "{:?}", place.span);
    }

    #[test]
    fn a_parameter_that_a_text_reads_often_is_one_of_its_origins() {
        let node = filled(&"${{ a.b }}${{ a.c }}".repeat(1000)).expect("filled in");
        assert_eq!(node.origins.len(), 3);
    }
}
