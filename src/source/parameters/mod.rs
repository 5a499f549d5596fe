//! The parameters of a directory: a few typed values that set up the whole.
//!
//! `parameters.yaml` holds every parameter with its default, in groups; `parameters.schema.json`
//! declares each of them; `environments/NAME.yaml` and `--set group.name=value` say what differs.
//! They are merged value by value, checked against the schema before anything is rendered, and
//! every mistake is reported at once, where it was written. No I/O.
//!
//! - The schema is a JSON Schema of draft 2020-12. What has `properties` and no
//!   `additionalProperties` is a *group*; everything else is a parameter, whose value is set
//!   whole: lists and mappings are replaced, not merged.
//! - A parameter is *secret* when its declaration has `"writeOnly": true`, or the group it is in,
//!   or anything inside of it. No value of one is ever part of an error, a place, or [`SetByHand`].
//! - What was encrypted in a file is secret, too, until another source sets it in the open.
//! - Names are letters, digits and `_`, as expressions read them: `ceph.secret_uuid`.
//!
//! ```
//! use stackanetes::source::Unsealer;
//! use stackanetes::source::parameters::{Assignment, ParameterSources, read};
//! use stackanetes::diagnostic::place::SourceFile;
//! use stackanetes::sops::Identities;
//!
//! let schema = r#"{"properties": {"deployment": {"properties": {
//!     "control_replicas": {"type": "integer", "minimum": 1}
//! }}}}"#;
//! let parameters = read(&ParameterSources {
//!     defaults: &SourceFile::new("parameters.yaml", "deployment: {control_replicas: 1}"),
//!     schema: &SourceFile::new("parameters.schema.json", schema),
//!     environment: None,
//!     sets: &[Assignment::Yaml("deployment.control_replicas=3".to_owned())],
//!     unsealer: &Unsealer::new(&Identities::default()),
//! })?;
//! assert_eq!(parameters.value()["deployment"]["control_replicas"], 3);
//! let origin = parameters.origin(&["deployment", "control_replicas"]).expect("declared");
//! assert_eq!(origin.place.to_string(), "--set deployment.control_replicas:1:29");
//! # Ok::<(), stackanetes::diagnostic::error::Error>(())
//! ```

mod bind;
mod by_hand;
mod declared;
mod keyword;
mod layer;
mod nearest;
mod schema;
mod steps;
mod syntax;
#[cfg(test)]
mod tests;
mod validate;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use self::declared::{ParameterGroup, ReachedDeclaration};
use self::layer::Layer;
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::{Origin, Role, SourceFile};
use crate::object::SHORTEST_SECRET;
use crate::source::Unsealer;

pub use self::by_hand::{Assignment, SetByHand};

/// What parameters are read from.
#[derive(Debug, Clone, Copy)]
pub struct ParameterSources<'a> {
    /// `parameters.yaml`: every parameter with its default.
    pub defaults: &'a Arc<SourceFile>,
    /// `parameters.schema.json`: what each of them may be.
    pub schema: &'a Arc<SourceFile>,
    /// `environments/NAME.yaml`: what differs there.
    pub environment: Option<&'a Arc<SourceFile>>,
    /// What is set by hand; the last one of a name counts.
    pub sets: &'a [Assignment],
    /// What files that SOPS encrypted are decrypted with.
    pub unsealer: &'a Unsealer<'a>,
}

/// The value of every parameter, valid under the schema, and where each was set.
///
/// Prints as the names that were set by hand, never as values.
pub struct Parameters {
    value: Value,
    declared: ParameterGroup,
    layers: Vec<Layer>,
    /// Which layer set a parameter last, by its dotted name.
    setters: BTreeMap<String, usize>,
    /// The parameters whose values were encrypted, by their dotted names.
    encrypted: BTreeSet<String>,
    by_hand: SetByHand,
}

/// Reads, merges and validates the parameters; the error holds every mistake found.
pub fn read(sources: &ParameterSources<'_>) -> Result<Parameters> {
    let mut errors = Vec::new();
    let schema = schema::read(sources.schema, &mut errors);
    let Some(schema) = schema else {
        // Which values are secret is unknown, so nothing of the other files may be shown: they wait.
        return Err(joined(errors));
    };
    let mut merged = bind::MergedParameters::new(sources, &schema.declared);
    merged.defaults(sources.defaults, &mut errors);
    // What cannot be read might mend what does not fit.
    let mut complete = errors.is_empty();
    if let Some(environment) = sources.environment {
        complete &= merged.environment(environment, &mut errors);
    }
    let by_hand = by_hand::read(sources.sets, &mut merged, &mut errors);
    if complete {
        errors.extend(validate::violations(&schema, &merged));
    }
    let bind::MergedParameters {
        value,
        layers,
        setters,
        encrypted,
        ..
    } = merged;
    if !errors.is_empty() {
        return Err(joined(errors));
    }
    Ok(Parameters {
        value,
        declared: schema.declared,
        layers,
        setters,
        encrypted,
        by_hand,
    })
}

impl Parameters {
    /// The parameters of a directory that declares none.
    pub fn none() -> Self {
        Self {
            value: Value::Object(serde_json::Map::new()),
            declared: ParameterGroup::default(),
            layers: Vec::new(),
            setters: BTreeMap::new(),
            encrypted: BTreeSet::new(),
            by_hand: SetByHand::default(),
        }
    }

    /// All parameters as one mapping of groups.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The place that set the parameter at `path`; nothing if there is no such parameter or group.
    ///
    /// Of what is inside a value it is the place of that part, as far as it was written by itself;
    /// of a group, where it begins in `parameters.yaml`. The line of a secret value shows its name
    /// alone: the file of such a place is a stand-in with the same path, lines and columns.
    pub fn origin(&self, path: &[&str]) -> Option<Origin> {
        let layer = match self.declared.reach(path) {
            ReachedDeclaration::Group { depth, .. } if depth < path.len() => return None,
            ReachedDeclaration::Group { .. } => 0,
            ReachedDeclaration::Parameter { depth, .. } => *self.setters.get(&path.get(..depth)?.join("."))?,
        };
        Some(Origin {
            role: Role::Parameter,
            place: self.layers.get(layer)?.place(&self.declared, path),
        })
    }

    /// Whether the value at `path` must not be shown.
    ///
    /// Errs on the side of hiding: true of a secret parameter, of everything inside of it, and of
    /// every group around one. A name that does not exist is as secret as the group it is not in.
    pub fn is_secret(&self, path: &[&str]) -> bool {
        self.declared.is_secret(path) || bind::leads_to(&self.encrypted, path)
    }

    /// Whether the schema says that the value at `path` must not be shown, and not only the file that it was encrypted in.
    pub fn is_declared_secret(&self, path: &[&str]) -> bool {
        self.declared.is_secret(path)
    }

    /// The dotted names of the secret parameters whose values are those that `parameters.yaml` has in the open. A value
    /// in which nothing is said, such as an empty text, is no secret.
    pub fn secret_defaults(&self) -> Vec<String> {
        let is_default = |name: &String| {
            let path: Vec<&str> = name.split('.').collect();
            let value = path.iter().try_fold(&self.value, |value, step| value.get(step));
            self.declared.is_secret(&path)
                && self.setters.get(name) == Some(&0)
                && !self.encrypted.contains(name)
                && value.is_some_and(says_something)
        };
        self.declared.names().into_iter().filter(is_default).collect()
    }

    /// The texts among the values that must not be shown, but for those so short that they stand in any
    /// text by chance.
    pub fn secret_texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        self.collect_secret_texts(&self.value, &mut Vec::new(), &mut texts);
        texts
    }

    fn collect_secret_texts<'a>(&self, value: &'a Value, path: &mut Vec<&'a str>, texts: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    path.push(key);
                    self.collect_secret_texts(value, path, texts);
                    path.pop();
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.collect_secret_texts(item, path, texts);
                }
            }
            Value::String(text) if text.len() >= SHORTEST_SECRET && self.is_secret(path) => texts.push(text.clone()),
            _ => {}
        }
    }

    /// What `--set` set, for the record of a sync.
    pub fn set_by_hand(&self) -> &SetByHand {
        &self.by_hand
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Parameters")
            .field("by_hand", &self.by_hand)
            .finish_non_exhaustive()
    }
}

/// Whether a value, or something inside of it, is neither null nor empty.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(says_something),
        Value::Object(map) => map.values().any(says_something),
    }
}

fn joined(errors: Vec<Error>) -> Error {
    Error::join(errors).unwrap_or_else(|| Error::new("the parameters could not be read"))
}
