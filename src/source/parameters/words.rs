//! What a schema asks for, in words: everything that completes "it must …".

use std::collections::BTreeSet;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use crate::diagnostic::names::first_of;

/// How many choices, forms or keys are listed at most.
const MANY: usize = 20;

/// A description of forms that has so many bytes is ended.
const LONG: usize = 2000;

/// How deep forms within forms are described.
const MAX_DEPTH: usize = 2;

/// The steps of a location.
pub(super) fn steps(location: &Location) -> Vec<String> {
    location
        .segments()
        .map(|segment| match segment {
            LocationSegment::Property(name) => name.into_owned(),
            LocationSegment::Index(index) => index.to_string(),
        })
        .collect()
}

/// What must be, and what is instead: `be a whole number, not text`.
///
/// Of a secret value nothing is said but its type.
pub(super) fn phrase(error: &ValidationError<'_>, secret: bool) -> String {
    let expected = expected(error, secret, 0);
    match own_words(error, secret) {
        Some(instead) => format!("{expected}, not {instead}"),
        None => expected,
    }
}

/// What to do about it, where that is plain.
pub(super) fn hint(error: &ValidationError<'_>, secret: bool) -> Option<String> {
    let wants = |wanted: JsonType| match error.kind() {
        Kind::Type {
            kind: TypeKind::Single(kind),
        } => *kind == wanted,
        _ => false,
    };
    match &**error.instance() {
        Value::Number(_) | Value::Bool(_) if wants(JsonType::String) => Some("put it in quotes".to_owned()),
        Value::String(text)
            if (wants(JsonType::Integer) && text.parse::<i64>().is_ok())
                || (wants(JsonType::Number) && text.parse::<f64>().is_ok())
                || (wants(JsonType::Boolean) && text.parse::<bool>().is_ok()) =>
        {
            Some("take it out of its quotes".to_owned())
        }
        Value::String(text) if !secret => {
            let Kind::Enum { options } = error.kind() else {
                return None;
            };
            let choices = options.as_array().into_iter().flatten().filter_map(Value::as_str);
            crate::diagnostic::nearest::nearest(choices, text).map(|near| format!("did you mean `{near}`?"))
        }
        _ => None,
    }
}

/// What completes "it must"; `depth` counts the forms around it.
fn expected(error: &ValidationError<'_>, secret: bool, depth: usize) -> String {
    match error.kind() {
        Kind::Type { kind } => format!("be {}", types(kind)),
        Kind::Enum { options } => format!("be {}", choices(options)),
        Kind::Constant { expected_value } => format!("be {}", shown(expected_value)),
        Kind::Minimum { limit } => format!("be at least {limit}"),
        Kind::Maximum { limit } => format!("be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("be more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("be less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("be a multiple of {multiple_of}"),
        Kind::MinLength { limit } => format!("have at least {}", count(*limit, "character")),
        Kind::MaxLength { limit } => format!("have at most {}", count(*limit, "character")),
        Kind::MinItems { limit } => format!("have at least {}", count(*limit, "item")),
        Kind::MaxItems { limit } => format!("have at most {}", count(*limit, "item")),
        Kind::AdditionalItems { limit } => {
            format!(
                "have at most {}",
                count(u64::try_from(*limit).unwrap_or(u64::MAX), "item")
            )
        }
        Kind::MinProperties { limit } => format!("have at least {}", count(*limit, "key")),
        Kind::MaxProperties { limit } => format!("have at most {}", count(*limit, "key")),
        Kind::Pattern { pattern } => format!("match the pattern `{pattern}`"),
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => {
            "match a pattern that takes too long to try".to_owned()
        }
        Kind::Format { format } => match format_words(format) {
            Some(words) => format!("be {words}"),
            None => format!("have the format `{format}`"),
        },
        Kind::UniqueItems => "not hold the same item twice".to_owned(),
        Kind::Contains => "hold the items that the schema asks for".to_owned(),
        Kind::Required { property } => format!("have the key {}", shown(property)),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } if !secret => {
            let keys: Vec<_> = unexpected.iter().map(|key| format!("`{key}`")).collect();
            let noun = if keys.len() == 1 { "key" } else { "keys" };
            format!("not have the {noun} {}", first_of(&keys, MANY))
        }
        Kind::AdditionalProperties { .. } | Kind::UnevaluatedProperties { .. } => {
            "have no keys but those of the schema".to_owned()
        }
        Kind::UnevaluatedItems { .. } => "have no items but those of the schema".to_owned(),
        Kind::PropertyNames { error } if !secret => {
            format!(
                "have no key `{}`: a key must {}",
                error.instance().as_str().unwrap_or_default(),
                expected(error, secret, depth)
            )
        }
        Kind::PropertyNames { error } => {
            format!("have other keys: a key must {}", self::expected(error, secret, depth))
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => alternatives(error, context, secret, depth),
        Kind::OneOfMultipleValid { .. } => "fit one of the forms in the schema, and no other of them".to_owned(),
        Kind::Not { .. } => "not be what the schema excludes".to_owned(),
        Kind::FalseSchema => "be left out".to_owned(),
        Kind::ContentEncoding { .. }
        | Kind::ContentMediaType { .. }
        | Kind::Custom { .. }
        | Kind::FromUtf8 { .. }
        | Kind::Referencing(_) => format!("fit `{}` of the schema", error.kind().keyword()),
    }
}

/// What several forms ask for: of the one that was meant, if that is plain, else of each.
fn alternatives(error: &ValidationError<'_>, forms: &[Vec<ValidationError<'_>>], secret: bool, depth: usize) -> String {
    const IN_SCHEMA: &str = "fit one of the forms in the schema";
    if depth == MAX_DEPTH {
        return IN_SCHEMA.to_owned();
    }
    let is_of_type = |form: &&Vec<ValidationError<'_>>| {
        !form
            .iter()
            .any(|inner| matches!(inner.kind(), Kind::Type { .. }) && inner.instance_path() == error.instance_path())
    };
    let mut near: Vec<_> = forms.iter().filter(is_of_type).collect();
    if near.len() != 1 {
        near = forms.iter().collect();
    }
    let mut all = BTreeSet::new();
    let mut described = Vec::new();
    for form in near {
        if described.len() == MANY || described.iter().map(String::len).sum::<usize>() > LONG {
            described.push("fit another form in the schema".to_owned());
            break;
        }
        let mut wanted = Vec::new();
        for inner in form.iter().take(MANY) {
            let phrase = expected(inner, secret, depth + 1);
            wanted.push(if inner.instance_path() == error.instance_path() {
                phrase
            } else {
                format!("hold what must {phrase}")
            });
        }
        let wanted = wanted.join(" and ");
        if !wanted.is_empty() && all.insert(wanted.clone()) {
            described.push(wanted);
        }
    }
    if described.is_empty() {
        return IN_SCHEMA.to_owned();
    }
    described.join(", or ")
}

/// What the value is, where that says more than "it does not fit".
fn own_words(error: &ValidationError<'_>, secret: bool) -> Option<String> {
    let instance = &**error.instance();
    match error.kind() {
        Kind::Type { kind } => Some(match instance {
            Value::Number(_) if !has(kind, JsonType::Number) && has(kind, JsonType::Integer) => "a fraction".to_owned(),
            Value::Bool(_) => "a boolean".to_owned(),
            instance => type_words(JsonType::from(instance)).to_owned(),
        }),
        Kind::Enum { .. }
        | Kind::Constant { .. }
        | Kind::Minimum { .. }
        | Kind::Maximum { .. }
        | Kind::ExclusiveMinimum { .. }
        | Kind::ExclusiveMaximum { .. }
        | Kind::MultipleOf { .. }
        | Kind::Format { .. }
            if !secret && !instance.is_array() && !instance.is_object() =>
        {
            Some(shown(instance))
        }
        _ => None,
    }
}

fn has(kind: &TypeKind, wanted: JsonType) -> bool {
    match kind {
        TypeKind::Single(kind) => *kind == wanted,
        TypeKind::Multiple(kinds) => kinds.iter().any(|kind| kind == wanted),
    }
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => type_words(*kind).to_owned(),
        TypeKind::Multiple(kinds) => or(kinds.iter().map(|kind| type_words(kind).to_owned()).collect()),
    }
}

fn type_words(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "`true` or `false`",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::String => "text",
        JsonType::Array => "a list",
        JsonType::Object => "a mapping",
    }
}

fn choices(options: &Value) -> String {
    let all = options.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut listed: Vec<_> = all.iter().take(MANY).map(shown).collect();
    if all.len() > MANY {
        listed.push("another of the schema".to_owned());
    }
    or(listed)
}

/// `a`, `a or b`, `a, b or c`
fn or(mut words: Vec<String>) -> String {
    let last = words.pop().unwrap_or_default();
    match words.len() {
        0 => last,
        _ => format!("{} or {last}", words.join(", ")),
    }
}

/// A value in backticks, on one line and not too long; empty text in words.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "empty text".to_owned(),
        Value::String(text) => format!("`{}`", short(text)),
        value => format!("`{}`", short(&value.to_string())),
    }
}

fn short(text: &str) -> String {
    let line: String = text.chars().take(60).take_while(|char| !char.is_control()).collect();
    let cut = line.len() < text.len();
    format!("{line}{}", if cut { "…" } else { "" })
}

fn count(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

fn format_words(format: &str) -> Option<&'static str> {
    Some(match format {
        "date" => "a date such as 2026-03-31",
        "date-time" => "a date and time such as 2026-03-31T12:00:00Z",
        "time" => "a time such as 12:00:00Z",
        "duration" => "a duration such as PT1H30M",
        "email" => "an e-mail address",
        "hostname" => "a host name",
        "ipv4" => "an IPv4 address",
        "ipv6" => "an IPv6 address",
        "uri" | "iri" => "a URI with its scheme",
        "uuid" => "a UUID",
        "regex" => "a regular expression",
        _ => return None,
    })
}
