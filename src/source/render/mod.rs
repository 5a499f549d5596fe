//! Fills in the parameters: YAML that stays YAML, with expressions at its leaves.
//!
//! | in a manifest | means |
//! |---|---|
//! | `${{ expression }}` | its value, with its type where it stands alone, as text inside other text |
//! | `$${{` | the characters `${{` |
//! | `$when: expression` in a mapping | the mapping is left out where it is false; at the top, the document |
//! | `$for: name in expression` in an item of a list | the item is repeated |
//! | `$value: …` in such an item | what stands for an item that is no mapping |
//!
//! Expressions are those of [minijinja](https://docs.rs/minijinja/latest/minijinja/syntax/). They read
//! parameters and loop variables and nothing else, and everything a value was made from is known.
//!
//! Configuration files are not YAML with expressions but Jinja templates in the file's own format.

mod bounds;
mod document;
mod expression;
mod fill;
mod ini;
mod lines;
mod rendered;
mod scalar;
mod scope;
mod subject;
mod template;

use std::fmt;
use std::sync::Arc;

use self::bounds::Filling;
use self::document::{ParameterOrigins, Renderer};
use self::expression::Evaluator;
use self::rendered::RenderedNode;
use self::scope::Variables;
use self::template::Templates;
use serde_json::Value;

use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Origin, Place, Role, SourceFile};
use crate::object::field::FieldPath;
use crate::object::gives_away;
use crate::source::parameters::Parameters;
use crate::yaml::{Entry, Node};

pub use bounds::under_way;
pub use subject::ExpressionObject;

/// What documents are rendered with.
pub struct Rendering {
    evaluator: Evaluator,
    templates: Templates,
    parameters: Parameters,
    secrets: Vec<String>,
}

/// Values may be secret.
impl fmt::Debug for Rendering {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Rendering")
    }
}

impl Rendering {
    /// With these parameters.
    pub fn new(parameters: Parameters) -> Self {
        let value = Arc::new(parameters.value().clone());
        Self {
            evaluator: Evaluator::new(value.clone()),
            templates: Templates::new(value),
            secrets: parameters.secret_texts(),
            parameters,
        }
    }

    /// The parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Whether a text in `value` holds the value of a secret parameter, as a live object does when git
    /// has only just dropped the field. A word that git `said` there itself, in the open, is no secret,
    /// though it be somebody's password too.
    pub fn reveals(&self, value: &Value, said: Option<&Value>) -> bool {
        self.secrets.iter().any(|secret| gives_away(value, secret, said))
    }

    /// Renders a document of `file`, adding what is wrong with it to `errors`. Nothing where it is left
    /// out or wrong.
    pub fn document(&self, file: &Arc<SourceFile>, root: &Node, errors: &mut Vec<Error>) -> Option<Rendered> {
        let before = errors.len();
        let node = Renderer::new(file, &self.evaluator, &self.parameters, errors).document(root);
        node.filter(|_| errors.len() == before).map(Rendered)
    }

    /// Whether rendering leaves a document as it is, whatever the parameters are: then it need not be rendered.
    pub fn is_plain(root: &Node) -> bool {
        document::is_plain(root)
    }

    /// Renders a document whose expressions may also read `object`: that which it is to become part of.
    pub fn document_for(
        &self,
        file: &Arc<SourceFile>,
        root: &Node,
        subject: &ExpressionObject<'_>,
        errors: &mut Vec<Error>,
    ) -> Option<Rendered> {
        let before = errors.len();
        let evaluator = Evaluator::new(Arc::new(subject.beside(self.parameters.value())));
        let origins = subject.origins(&self.parameters);
        let node = Renderer::new(file, &evaluator, &origins, errors).document(root);
        node.filter(|_| errors.len() == before).map(Rendered)
    }

    /// Whether the expression in `entry` of `file` is true; nothing where that cannot be told, which
    /// is added to `errors`.
    pub fn condition(&self, file: &Arc<SourceFile>, entry: &Entry, errors: &mut Vec<Error>) -> Option<bool> {
        Renderer::new(file, &self.evaluator, &self.parameters, errors).condition(
            entry,
            &Variables::new(),
            &mut Vec::new(),
        )
    }

    /// Fills in the Jinja template that `file` holds.
    pub fn template(&self, file: &Arc<SourceFile>) -> Result<RenderedText, Error> {
        let filling = Filling::begin(Place::of_line(file.clone(), 0));
        let filled = self.templates.fill(file.text());
        drop(filling);
        match filled {
            Ok(filled) => {
                let is_secret = |path: &&Vec<String>| {
                    let path: Vec<&str> = path.iter().map(String::as_str).collect();
                    self.parameters.is_secret(&path)
                };
                let secret = filled.read.iter().find(is_secret);
                Ok(RenderedText {
                    text: filled.text,
                    secret: secret.map(|path| path.join(".")),
                })
            }
            Err(fault) => {
                let span = fault.span.clone().unwrap_or(0..0);
                let origins = fault
                    .read
                    .iter()
                    .filter_map(|path| ParameterOrigins::of(&self.parameters, path));
                let read = origins.collect();
                Err(fault.at(Place::new(file.clone(), span), read))
            }
        }
    }

    /// What made line `line` (from 0) of the text that the template in `file` was filled in to: its line
    /// in the template, then the parameters that this names.
    pub fn template_line(&self, file: &Arc<SourceFile>, line: usize) -> Vec<Origin> {
        let filling = Filling::begin(Place::of_line(file.clone(), 0));
        let lines = self.templates.lines(file.text());
        drop(filling);
        let Some(number) = lines.and_then(|lines| lines.get(line).copied()) else {
            return Vec::new();
        };
        let place = Place::of_line(file.clone(), number);
        let named = self.templates.parameters_of_line(&file.text()[place.span.clone()]);
        let line = Origin {
            role: Role::File,
            place,
        };
        let parameters = named
            .iter()
            .filter_map(|path| ParameterOrigins::of(&self.parameters, path));
        std::iter::once(line).chain(parameters).collect()
    }
}

/// A configuration file that was filled in.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedText {
    /// The text.
    pub text: String,
    /// A secret parameter that it was made from, if it was.
    pub secret: Option<String>,
}

/// The text may be secret.
impl fmt::Debug for RenderedText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Text")
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}

impl ParameterOrigins for Parameters {
    fn of(&self, path: &[String]) -> Option<Origin> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let origin = self.origin(&path)?;
        let role = if self.is_declared_secret(&path) {
            Role::SecretParameter
        } else if self.is_secret(&path) {
            Role::EncryptedParameter
        } else {
            origin.role
        };
        Some(Origin { role, ..origin })
    }
}

/// A document that was rendered.
#[derive(Debug)]
pub struct Rendered(RenderedNode);

impl Rendered {
    /// Its value, each part at the place where it is written.
    pub fn to_node(&self) -> Node {
        self.0.to_node()
    }

    /// Whether the value at `path`, or anything within it, was made from a secret parameter.
    pub fn is_secret(&self, path: &FieldPath) -> bool {
        let is_secret = |origin: &Origin| origin.role.is_secret();
        match self.0.find(path) {
            Some(node) => node.holds(is_secret),
            None => self.0.origins(path).iter().any(is_secret),
        }
    }

    /// Whether any of its values was made from what must not be shown.
    pub fn has_secrets(&self) -> bool {
        self.0.holds(|origin| origin.role.is_secret())
    }

    /// Whether there is a value at `path`.
    pub fn has(&self, path: &FieldPath) -> bool {
        self.0.find(path).is_some()
    }

    /// What made the value at `path`, the place where it is written first, then what was read; for a
    /// path that is not there, what made its nearest ancestor.
    pub fn origins(&self, path: &FieldPath) -> &[Origin] {
        self.0.origins(path)
    }
}
