//! Reads the arguments of `--set` and of its kin.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::bind::MergedParameters;
use super::declared::ReachedDeclaration;
use super::layer::Layer;
use super::nearest::{hint, members};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};
use crate::yaml::{self, Node, NodeValue};

/// A parameter that somebody sets by hand.
#[derive(Clone, PartialEq, Eq)]
pub enum Assignment {
    /// `GROUP.NAME=VALUE`, as typed; the value is YAML.
    Yaml(String),
    /// A text, whatever YAML would make of it.
    Text {
        /// The option that it was given by, such as `--set-file`.
        option: &'static str,
        /// The dotted name of the parameter.
        name: String,
        /// The text.
        text: String,
    },
    /// A file of parameters, in groups as those of an environment, given by `--parameters`.
    File(Arc<SourceFile>),
}

impl Assignment {
    /// The option that it was given by.
    pub(in crate::source) fn option(&self) -> &'static str {
        match self {
            Self::Yaml(_) => "--set",
            Self::Text { option, .. } => option,
            Self::File(_) => "--parameters",
        }
    }
}

/// Leaves out the value, which may be a secret.
impl fmt::Debug for Assignment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Yaml(argument) => argument.split_once('=').map_or("", |(name, _)| name),
            Self::Text { name, .. } => name,
            Self::File(file) => file.path(),
        };
        write!(out, "Assignment({name})")
    }
}

/// What `--set` set, for the record of a sync.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetByHand {
    /// The values, by the dotted name of their parameter; secret ones are left out.
    pub values: BTreeMap<String, Value>,
    /// The dotted names of the secret parameters that were set.
    pub secrets: BTreeSet<String>,
}

impl SetByHand {
    /// Whether nothing was set.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.secrets.is_empty()
    }

    /// Notes the parameter of this dotted name, which was just set.
    fn note(&mut self, name: String, merged: &MergedParameters<'_>) {
        let path: Vec<_> = name.split('.').collect();
        if merged.is_secret_parameter(&path) {
            self.values.remove(&name);
            self.secrets.insert(name);
        } else if let Some(value) = path.iter().try_fold(&merged.value, |value, step| value.get(step)) {
            self.secrets.remove(&name);
            self.values.insert(name, value.clone());
        }
    }
}

/// Takes the values of `sets` in their order, adding what is wrong with them to `errors`.
pub(super) fn read(sets: &[Assignment], merged: &mut MergedParameters<'_>, errors: &mut Vec<Error>) -> SetByHand {
    let mut by_hand = SetByHand::default();
    for set in sets {
        let set = match set {
            Assignment::File(file) => {
                for name in merged.given(file, errors) {
                    by_hand.note(name, merged);
                }
                continue;
            }
            Assignment::Yaml(argument) => {
                let Some((name, _)) = argument.split_once('=') else {
                    errors.push(without_value(argument, merged));
                    continue;
                };
                SetArgument {
                    option: "--set",
                    name,
                    text: argument,
                    is_yaml: true,
                }
            }
            Assignment::Text { option, name, text } => SetArgument {
                option,
                name,
                text,
                is_yaml: false,
            },
        };
        match one(&set, merged) {
            Ok(()) => by_hand.note(set.name.to_owned(), merged),
            Err(error) => errors.push(error),
        }
    }
    by_hand
}

/// One parameter that is set.
struct SetArgument<'a> {
    option: &'a str,
    name: &'a str,
    /// The value, or the whole argument: of YAML it is that.
    text: &'a str,
    is_yaml: bool,
}

/// Takes one.
fn one(set: &SetArgument<'_>, merged: &mut MergedParameters<'_>) -> Result<(), Error> {
    let SetArgument {
        option,
        name,
        text,
        is_yaml,
    } = *set;
    let path: Vec<_> = name.split('.').collect();
    let known = merged.declared.reach(&path);
    // What an unknown name was to set may be a secret.
    let secret = match known {
        ReachedDeclaration::Parameter { parameter, depth } if depth == path.len() => parameter.secret,
        _ => merged.declared.is_secret(&[]),
    };
    let shown_as = format!("{option} {name}");
    let file = SourceFile::typed(shown_as, text, secret);
    let at_name = |error: Error| {
        // A text that was given holds no name.
        let place = is_yaml.then(|| Place::new(Arc::clone(&file), 0..name.len()));
        place.into_iter().fold(error, |error, place| error.at(place, ""))
    };
    match known {
        ReachedDeclaration::Parameter { depth, .. } if depth == path.len() => {}
        ReachedDeclaration::Parameter { depth, .. } => {
            let whole = path[..depth].join(".");
            let error = Error::new(format!("`{name}` is inside of a value, which is set whole"));
            return Err(at_name(error).hint(format!(
                "write `--set {whole}=VALUE`, where VALUE is YAML such as `[a, b]`"
            )));
        }
        ReachedDeclaration::Group { group, depth } if depth == path.len() => {
            let error = Error::new(format!("`{name}` is a group of parameters"));
            return Err(at_name(error).hint(members(group, &path)));
        }
        ReachedDeclaration::Group { group, depth } => {
            let error = Error::new(format!("there is no parameter `{name}`"));
            return Err(at_name(error).hint(hint(merged.declared, group, &path, depth)));
        }
    }
    let root = if is_yaml {
        value(&file, name.len() + 1, &text[name.len() + 1..])?
    } else {
        Node {
            value: NodeValue::String(text.to_owned()),
            span: 0..text.len(),
        }
    };
    merged.set(&path, root.to_value(), Layer::of_set(file, &path, root));
    Ok(())
}

/// An argument without a `=` is not quoted unless it is a known name: it may be a value.
fn without_value(argument: &str, merged: &MergedParameters<'_>) -> Error {
    let path: Vec<_> = argument.split('.').collect();
    match merged.declared.reach(&path) {
        ReachedDeclaration::Parameter { depth, .. } if depth == path.len() => {
            Error::new(format!("`--set {argument}` gives no value")).hint(format!("write `--set {argument}=VALUE`"))
        }
        _ => Error::new("`--set` must be given a name and a value").hint("write `--set GROUP.NAME=VALUE`"),
    }
}

/// The value that is written in `file` from `start` on.
fn value(file: &Arc<SourceFile>, start: usize, written: &str) -> Result<Node, Error> {
    let whole = start..file.text().len();
    let text = |text: &str| Node {
        value: NodeValue::String(text.to_owned()),
        span: whole.clone(),
    };
    if written.trim().is_empty() {
        return Ok(text(""));
    }
    // No plain value begins with these in YAML: a directive, and what is reserved.
    if written.starts_with(['%', '@', '`']) {
        return Ok(text(written));
    }
    let mut errors = Vec::new();
    let documents = yaml::documents(&SourceFile::confidential(file.path(), written), &mut errors);
    if let Some(error) = Error::join(errors.iter().map(|error| moved(error, file, start))) {
        return Err(error);
    }
    let root = yaml::document_at(file, whole.clone()).filter(|_| documents.len() == 1);
    let is_plain = !written.starts_with(['"', '\'', '|', '>', '!', '&', '*']);
    match root {
        // A certificate, say: YAML would make one line of it.
        Some(root) if root.as_str().is_some() && is_plain && written.contains('\n') => Ok(text(written)),
        Some(root)
            if file
                .text()
                .get(root.span.end..)
                .is_some_and(|rest| rest.trim().is_empty()) =>
        {
            Ok(root)
        }
        _ => Err(Error::new("this is more than one value to YAML")
            .at(Place::new(Arc::clone(file), whole.clone()), "")
            .hint("put a text that holds ` #` or begins with `#` or `---` in quotes: `--set 'GROUP.NAME=\"VALUE\"'`")),
    }
}

/// The error, about the same bytes of `file`, where they begin at `start`.
fn moved(error: &Error, file: &Arc<SourceFile>, start: usize) -> Error {
    let mut moved = Error::new(error.message());
    for (place, label) in error.places() {
        let span = start + place.span.start..start + place.span.end;
        moved = moved.at(Place::new(Arc::clone(file), span), label);
    }
    error.hints().iter().fold(moved, Error::hint)
}
