//! Reads `parameters.schema.json`: a JSON Schema whose every mistake has a place.

use std::ops::Range;
use std::sync::Arc;

use jsonschema::{Draft, ValidationError, Validator};
use serde_json::Value;

use super::declared::{Misdeclared, ParameterGroup, declared};
use super::steps::{self, TooManySteps};
use super::syntax;
use super::words;
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};
use crate::yaml::{self, Node};

/// How many values a schema may hold: texts, numbers, lists and mappings, at any depth.
const MAX_VALUES: usize = 100_000;

/// How many mistakes of one kind are described at most.
pub(super) const MAX_MISTAKES: usize = 100;

/// A schema that is fit to validate with.
pub(super) struct ParameterSchema {
    pub(super) file: Arc<SourceFile>,
    /// The schema with its places.
    pub(super) root: Node,
    pub(super) declared: ParameterGroup,
    pub(super) validator: Validator,
}

/// Reads the schema, adding what is wrong with it to `errors`.
pub(super) fn read(file: &Arc<SourceFile>, errors: &mut Vec<Error>) -> Option<ParameterSchema> {
    let before = errors.len();
    let reader = SchemaReader { file, errors };
    reader.read().filter(|_| errors.len() == before)
}

struct SchemaReader<'a> {
    file: &'a Arc<SourceFile>,
    errors: &'a mut Vec<Error>,
}

impl SchemaReader<'_> {
    fn read(mut self) -> Option<ParameterSchema> {
        let (value, root) = self.json()?;
        let before = self.errors.len();
        let meta = jsonschema::draft202012::meta::validator();
        let mut invalid = meta.iter_errors(&value);
        for error in invalid.by_ref().take(MAX_MISTAKES) {
            self.invalid(&root, &error);
        }
        self.errors.extend(not_shown(invalid.count()));
        if self.errors.len() > before {
            return None;
        }
        self.misdeclared(syntax::check(&root));
        if self.errors.len() > before {
            return None;
        }
        if let Err(TooManySteps { span }) = steps::check_unevaluated(&root) {
            self.misdeclared(vec![Misdeclared::new(
                "there is too much below `unevaluatedProperties` and `unevaluatedItems`, which copy it",
                "use them once, at the outermost of the schemas that stand in each other",
                &span,
            )]);
            return None;
        }
        let built = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .offline()
            .build(&value);
        let validator = match built {
            Ok(validator) => validator,
            Err(error) => {
                self.invalid(&root, &error);
                return None;
            }
        };
        let mut misdeclared = Vec::new();
        let declared = declared(&root, &mut misdeclared);
        self.misdeclared(misdeclared);
        Some(ParameterSchema {
            file: Arc::clone(self.file),
            root,
            declared,
            validator,
        })
    }

    /// The text as JSON, and as a tree that knows its places.
    fn json(&mut self) -> Option<(Value, Node)> {
        let text = self.file.text();
        let value = match serde_json::from_str::<Value>(text) {
            Ok(value) => value,
            Err(error) => {
                let start = offset(text, error.line(), error.column());
                let error = Error::new("the schema is not JSON")
                    .because(Syntax(error.to_string()))
                    .at(self.place(start..start), "");
                self.errors.push(error);
                return None;
            }
        };
        if count(&value) > MAX_VALUES {
            let message = format!("the schema holds more than {MAX_VALUES} values");
            let error = Error::new(message).at(self.place(0..0), "");
            self.errors
                .push(error.hint("declare a parameter that is a list or a mapping in place of many"));
            return None;
        }
        let root = yaml::documents(self.file, self.errors).into_iter().next()?.root;
        if root.entries().is_none() {
            let place = self.place(root.first_line(text));
            let message = format!("the schema must be a JSON object, not {}", root.describe());
            self.errors.push(Error::new(message).at(place, ""));
            return None;
        }
        Some((value, root))
    }

    /// Adds an error about the schema itself.
    fn invalid(&mut self, root: &Node, error: &ValidationError<'_>) {
        let path = words::steps(error.instance_path());
        let span = find(root, &path, self.file.text());
        let keyword = path.iter().rev().find(|step| step.parse::<usize>().is_err());
        let keyword = keyword.map_or("the schema".to_owned(), |keyword| format!("`{keyword}`"));
        let message = format!(
            "the schema is not valid: {keyword} must {}",
            words::phrase(error, false)
        );
        self.errors.push(Error::new(message).at(self.place(span), ""));
    }

    fn misdeclared(&mut self, all: Vec<Misdeclared>) {
        let more = all.len().saturating_sub(MAX_MISTAKES);
        for Misdeclared { message, hint, span } in all.into_iter().take(MAX_MISTAKES) {
            self.errors
                .push(Error::new(message).at(self.place(span), "").hint(hint));
        }
        self.errors.extend(not_shown(more));
    }

    fn place(&self, span: Range<usize>) -> Place {
        Place::new(Arc::clone(self.file), span)
    }
}

/// How many mistakes are left out of a list of them, if any are.
pub(super) fn not_shown(more: usize) -> Option<Error> {
    (more > 0).then(|| Error::new(format!("{more} more of such mistakes are not shown")))
}

/// How many values there are in a value, itself among them. How deep it is has been bounded by whoever read it.
fn count(value: &Value) -> usize {
    let inside: usize = match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    };
    1 + inside
}

/// What `serde_json` says, in words without the position, which is a place of its own.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.split(" at line ").next().unwrap_or_default())]
struct Syntax(String);

/// The span of what is at `path`, or of its nearest ancestor.
fn find(root: &Node, path: &[String], text: &str) -> Range<usize> {
    let mut node = root;
    let mut span = root.first_line(text);
    for step in path {
        let index = step.parse::<usize>().ok();
        if let Some(item) = node.items().and_then(|items| items.get(index?)) {
            (node, span) = (item, item.first_line(text));
        } else if let Some(entry) = node.entry(step) {
            (node, span) = (&entry.value, entry.line(text));
        } else {
            break;
        }
    }
    span
}

/// The byte at a line and a column (in bytes), both from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let mut offset = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}
