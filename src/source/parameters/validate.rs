//! Turns what breaks the schema into errors at the places that set the values.

use std::collections::BTreeSet;
use std::sync::Arc;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;

use super::bind::MergedParameters;
use super::declared::ReachedDeclaration;
use super::schema::{MAX_MISTAKES, ParameterSchema, not_shown};
use super::steps::{self, MAX_STEPS, TooManySteps};
use super::words;
use crate::diagnostic::error::Error;
use crate::diagnostic::place::Place;

/// The violations of the merged values, in the order of the files they stand in.
pub(super) fn violations(schema: &ParameterSchema, merged: &MergedParameters<'_>) -> Vec<Error> {
    if let Err(too_many) = steps::check(&schema.root, &merged.value) {
        return vec![too_many_steps(schema, &too_many)];
    }
    let violations: Vec<_> = schema.validator.iter_errors(&merged.value).collect();
    let is_of_type = |violation: &&ValidationError<'_>| matches!(violation.kind(), ValidationErrorKind::Type { .. });
    let mistyped: BTreeSet<_> = violations
        .iter()
        .filter(is_of_type)
        .map(|violation| violation.instance_path().as_str())
        .collect();
    // What else is wrong with text that should be a number does not matter.
    let mut wrong = violations
        .iter()
        .filter(|violation| !merged.is_closed(&words::steps(violation.instance_path())))
        .filter(|violation| is_of_type(violation) || !mistyped.contains(violation.instance_path().as_str()));
    let mut found: Vec<_> = wrong
        .by_ref()
        .take(MAX_MISTAKES)
        .map(|violation| error(violation, merged))
        .collect();
    let more = wrong.count();
    let position = |error: &Error| {
        let (place, _) = error.places().first()?;
        let layer = merged
            .layers
            .iter()
            .position(|layer| layer.file().path() == place.file.path());
        Some((layer, place.line(), place.column()))
    };
    found.sort_by_cached_key(|error| (position(error), error.message().to_owned()));
    let mut seen = BTreeSet::new();
    found.retain(|error| seen.insert((position(error), error.message().to_owned())));
    found.extend(not_shown(more));
    found
}

fn too_many_steps(schema: &ParameterSchema, TooManySteps { span }: &TooManySteps) -> Error {
    let message = format!("it takes more than {MAX_STEPS} steps to check the parameters against their schema");
    Error::new(message)
        .at(
            Place::new(Arc::clone(&schema.file), span.clone()),
            "the last of them is here",
        )
        .hint("keep long lists out of the parameters, and do not refer again and again to what itself refers to others")
}

fn error(violation: &ValidationError<'_>, merged: &MergedParameters<'_>) -> Error {
    let owned = words::steps(violation.instance_path());
    let path: Vec<_> = owned.iter().map(String::as_str).collect();
    let secret = merged.is_secret(&path);
    let (subject, description) = match merged.declared.reach(&path) {
        ReachedDeclaration::Group { .. } if path.is_empty() => ("the parameters".to_owned(), None),
        ReachedDeclaration::Group { .. } => (format!("`{}`", path.join(".")), None),
        ReachedDeclaration::Parameter { parameter, depth } => {
            let (name, inside) = path.split_at(depth.min(path.len()));
            let name = name.join(".");
            let about = parameter.description.as_ref().map(|text| format!("`{name}`: {text}"));
            (subject(&name, inside, secret), about)
        }
    };
    let mut error = Error::new(format!("{subject} must {}", words::phrase(violation, secret)));
    if let Some(place) = merged.place(&path) {
        error = error.at(place, "");
    }
    for hint in words::hint(violation, secret).into_iter().chain(description) {
        error = error.hint(hint);
    }
    error
}

/// A value, or what is inside of it: ``item 2 of `network.external_ips` ``.
fn subject(name: &str, inside: &[&str], secret: bool) -> String {
    if secret && !inside.is_empty() {
        return format!("a part of `{name}`");
    }
    let mut subject = String::new();
    for step in inside.iter().rev() {
        subject += &match step.parse::<usize>() {
            Ok(index) => format!("item {} of ", index.saturating_add(1)),
            Err(_) => format!("`{step}` of "),
        };
    }
    format!("{subject}`{name}`")
}
