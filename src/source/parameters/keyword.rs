//! The keywords of JSON Schema that a parameter may be declared with.
//!
//! A schema validator ignores keywords that it does not know, and a misspelt `writeOnly` would
//! show a password. So all are known here, and what extends them begins with `x-`.

use crate::yaml::{Entry, Node};

/// What stands beside a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// A schema.
    Schema,
    /// A mapping of names to schemas.
    Named,
    /// A list of schemas.
    Several,
    /// No schema.
    Data,
}

const KEYWORDS: [(&str, Holds); 51] = [
    ("$comment", Holds::Data),
    ("$defs", Holds::Named),
    ("$ref", Holds::Data),
    ("additionalProperties", Holds::Schema),
    ("allOf", Holds::Several),
    ("anyOf", Holds::Several),
    ("const", Holds::Data),
    ("contains", Holds::Schema),
    ("contentEncoding", Holds::Data),
    ("contentMediaType", Holds::Data),
    ("dependentRequired", Holds::Data),
    ("dependentSchemas", Holds::Named),
    ("deprecated", Holds::Data),
    ("description", Holds::Data),
    ("else", Holds::Schema),
    ("enum", Holds::Data),
    ("examples", Holds::Data),
    ("exclusiveMaximum", Holds::Data),
    ("exclusiveMinimum", Holds::Data),
    ("format", Holds::Data),
    ("if", Holds::Schema),
    ("items", Holds::Schema),
    ("maxContains", Holds::Data),
    ("maxItems", Holds::Data),
    ("maxLength", Holds::Data),
    ("maxProperties", Holds::Data),
    ("maximum", Holds::Data),
    ("minContains", Holds::Data),
    ("minItems", Holds::Data),
    ("minLength", Holds::Data),
    ("minProperties", Holds::Data),
    ("minimum", Holds::Data),
    ("multipleOf", Holds::Data),
    ("not", Holds::Schema),
    ("oneOf", Holds::Several),
    ("pattern", Holds::Data),
    ("patternProperties", Holds::Named),
    ("prefixItems", Holds::Several),
    ("properties", Holds::Named),
    ("propertyNames", Holds::Schema),
    ("required", Holds::Data),
    ("then", Holds::Schema),
    ("title", Holds::Data),
    ("type", Holds::Data),
    ("unevaluatedItems", Holds::Schema),
    ("unevaluatedProperties", Holds::Schema),
    ("uniqueItems", Holds::Data),
    ("writeOnly", Holds::Data),
    // At the top alone:
    ("$id", Holds::Data),
    ("$schema", Holds::Data),
    // No keyword of its own, and asked of `holds` as one:
    ("x-", Holds::Data),
];

/// What stands beside `keyword`; nothing if it is unknown.
pub(super) fn holds(keyword: &str) -> Option<Holds> {
    let keyword = if keyword.starts_with("x-") { "x-" } else { keyword };
    KEYWORDS
        .iter()
        .find(|(known, _)| *known == keyword)
        .map(|(_, holds)| *holds)
}

/// The names of all keywords.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().map(|(keyword, _)| *keyword)
}

/// Whether what stands beside `keyword` is about the very value that the schema is about, and not
/// about a part of it.
pub(super) fn is_in_place(keyword: &str) -> bool {
    matches!(
        keyword,
        "allOf" | "anyOf" | "oneOf" | "not" | "if" | "then" | "else" | "dependentSchemas"
    )
}

/// The schemas that stand in `schema`, each with its keyword.
pub(super) fn parts(schema: &Node) -> Vec<(&str, &Node)> {
    let entries = schema.entries().unwrap_or_default().iter();
    entries
        .flat_map(|entry| beside(entry).map(|part| (entry.key.as_str(), part)))
        .collect()
}

/// The schemas that stand beside a keyword.
pub(super) fn beside(Entry { key, value, .. }: &Entry) -> impl Iterator<Item = &Node> {
    let holds = holds(key);
    let single = (holds == Some(Holds::Schema)).then_some(value);
    let several = value.items().filter(|_| holds == Some(Holds::Several));
    let named = value.entries().filter(|_| holds == Some(Holds::Named));
    let named = named.into_iter().flatten().map(|entry| &entry.value);
    single.into_iter().chain(several.into_iter().flatten()).chain(named)
}
