//! Reads the arguments of `--set`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::bind::Merged;
use super::declared::Reached;
use super::layer::Layer;
use super::nearest::{hint, members};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};
use crate::yaml::{self, Node, NodeValue};

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
}

/// Takes the values of `sets` in their order, adding what is wrong with them to `errors`.
pub(super) fn read(sets: &[String], merged: &mut Merged<'_>, errors: &mut Vec<Error>) -> SetByHand {
    let mut by_hand = SetByHand::default();
    for argument in sets {
        match one(argument, merged) {
            Ok((name, _, true)) => _ = by_hand.secrets.insert(name),
            Ok((name, value, false)) => _ = by_hand.values.insert(name, value),
            Err(error) => errors.push(error),
        }
    }
    by_hand
}

/// Takes one argument. Gives back the name, the value, and whether it is secret.
fn one(argument: &str, merged: &mut Merged<'_>) -> Result<(String, Value, bool), Error> {
    let Some((name, written)) = argument.split_once('=') else {
        return Err(without_value(argument, merged));
    };
    let path: Vec<_> = name.split('.').collect();
    let known = merged.declared.reach(&path);
    // What an unknown name was to set may be a secret.
    let secret = match known {
        Reached::Parameter { parameter, depth } if depth == path.len() => parameter.secret,
        _ => merged.declared.is_secret(&[]),
    };
    let shown_as = format!("--set {name}");
    let file = if secret {
        SourceFile::confidential(shown_as, argument)
    } else {
        SourceFile::new(shown_as, argument)
    };
    let at_name = |error: Error| error.at(Place::new(Arc::clone(&file), 0..name.len()), "");
    match known {
        Reached::Parameter { depth, .. } if depth == path.len() => {}
        Reached::Parameter { depth, .. } => {
            let whole = path[..depth].join(".");
            let error = Error::new(format!("`{name}` is inside of a value, which is set whole"));
            return Err(at_name(error).hint(format!(
                "write `--set {whole}=VALUE`, where VALUE is YAML such as `[a, b]`"
            )));
        }
        Reached::Group { group, depth } if depth == path.len() => {
            let error = Error::new(format!("`{name}` is a group of parameters"));
            return Err(at_name(error).hint(members(group, &path)));
        }
        Reached::Group { group, depth } => {
            let error = Error::new(format!("there is no parameter `{name}`"));
            return Err(at_name(error).hint(hint(merged.declared, group, &path, depth)));
        }
    }
    let root = value(&file, name.len() + 1, written)?;
    let value = root.to_value();
    merged.set(&path, value.clone(), Layer::of_set(file, &path, root));
    Ok((name.to_owned(), value, secret))
}

/// An argument without a `=` is not quoted unless it is a known name: it may be a value.
fn without_value(argument: &str, merged: &Merged<'_>) -> Error {
    let path: Vec<_> = argument.split('.').collect();
    match merged.declared.reach(&path) {
        Reached::Parameter { depth, .. } if depth == path.len() => {
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
