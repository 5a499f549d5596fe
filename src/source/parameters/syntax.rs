//! What a valid JSON Schema may yet not do here: unknown keywords, and references that lead
//! nowhere, out of the file, or in a circle.

use std::collections::BTreeSet;
use std::ops::Range;

use super::declared::Misdeclared;
use super::keyword::{all, holds, is_in_place, parts};
use super::schema::MAX_MISTAKES;
use crate::yaml::Node;

/// The draft that schemas are written in.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// How many parts of a schema references may lead to, which bounds how deep they lead.
const MAX_TARGETS: usize = 100;

/// Finds what is not supported in a schema that is valid. It stops early where there is much of it, or where there are
/// too many references: to look each of them up takes time.
pub(super) fn check(root: &Node) -> Vec<Misdeclared> {
    let mut errors = Vec::new();
    let mut targets = BTreeSet::new();
    let mut waiting = vec![root];
    while let Some(schema) = waiting.pop() {
        if errors.len() > MAX_MISTAKES || targets.len() == MAX_TARGETS {
            break;
        }
        keywords(schema, std::ptr::eq(schema, root), &mut errors);
        if let Some(entry) = schema.entry("$ref") {
            let span = entry.value.span.clone();
            match entry.value.as_str() {
                Some(reference) if targets.contains(reference) => {}
                Some(reference) if target(root, reference).is_some_and(|target| is_schema(root, target)) => {
                    targets.insert(reference);
                    if targets.len() == MAX_TARGETS {
                        errors.push(Misdeclared::new(
                            "the schema has too many references",
                            "write some of what they lead to in their place",
                            &span,
                        ));
                    }
                }
                _ => errors.push(Misdeclared::new(
                    "this `$ref` leads to no schema of this file",
                    "refer to a definition as `#/$defs/NAME`; other files are not read",
                    &span,
                )),
            }
        }
        waiting.extend(parts(schema).into_iter().rev().map(|(_, part)| part));
    }
    if errors.is_empty() {
        errors.extend(circle(root));
    }
    errors
}

fn keywords(schema: &Node, is_root: bool, errors: &mut Vec<Misdeclared>) {
    for entry in schema.entries().unwrap_or_default() {
        let span = entry.key_span.clone();
        let key = entry.key.as_str();
        let (message, hint) = match key {
            "$schema" if is_root && entry.value.as_str().map(|uri| uri.trim_end_matches('#')) != Some(DRAFT) => (
                "the schema must be of draft 2020-12".to_owned(),
                format!("write `\"$schema\": \"{DRAFT}\"`"),
            ),
            "$schema" | "$id" if is_root => continue,
            "$schema" | "$id" => (
                format!("`{key}` can stand only at the top of the schema"),
                "refer to a definition as `#/$defs/NAME`".to_owned(),
            ),
            "default" => (
                "`default` has no meaning in this schema".to_owned(),
                "write the default in parameters.yaml".to_owned(),
            ),
            "definitions" => (
                "the schema has no keyword `definitions`".to_owned(),
                "it is named `$defs`".to_owned(),
            ),
            _ if holds(key).is_some() => continue,
            _ => (
                format!("the schema has no keyword `{key}`"),
                match crate::diagnostic::nearest::nearest(all(), key) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        "parameters are declared in `properties`; a keyword of your own begins with `x-`".to_owned()
                    }
                },
            ),
        };
        errors.push(Misdeclared::new(message, hint, &span));
    }
}

/// The part of a schema that a reference within the file leads to.
pub(super) fn target<'a>(root: &'a Node, reference: &str) -> Option<&'a Node> {
    let pointer = reference.strip_prefix('#')?;
    let mut steps = pointer.split('/');
    if steps.next() != Some("") || pointer.contains('%') {
        return None;
    }
    steps.try_fold(root, |node, step| {
        let step = step.replace("~1", "/").replace("~0", "~");
        match node.items() {
            Some(items) => items.get(step.parse::<usize>().ok()?),
            None => node.entry(&step).map(|entry| &entry.value),
        }
    })
}

/// Whether `node` stands where a schema does: what a reference makes of an example is no schema
/// that was checked.
fn is_schema(root: &Node, node: &Node) -> bool {
    let mut waiting = vec![root];
    while let Some(schema) = waiting.pop() {
        if std::ptr::eq(schema, node) {
            return true;
        }
        let around = parts(schema).into_iter().map(|(_, part)| part);
        waiting.extend(around.filter(|part| encloses(&part.span, &node.span)));
    }
    false
}

fn encloses(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// A schema that says of a value that it must fit that same schema, which says nothing.
fn circle(root: &Node) -> Option<Misdeclared> {
    let mut sound = BTreeSet::new();
    let mut waiting = vec![root];
    while let Some(schema) = waiting.pop() {
        if let Some(span) = circle_at(root, schema, &mut Vec::new(), &mut sound) {
            return Some(Misdeclared::new(
                "this schema refers to itself without end",
                "refer to it from `properties` or `items`",
                &span,
            ));
        }
        waiting.extend(parts(schema).into_iter().map(|(_, part)| part));
    }
    None
}

fn circle_at(
    root: &Node,
    schema: &Node,
    open: &mut Vec<*const Node>,
    sound: &mut BTreeSet<*const Node>,
) -> Option<Range<usize>> {
    let this = std::ptr::from_ref(schema);
    if open.contains(&this) {
        return Some(schema.span.clone());
    }
    if sound.contains(&this) {
        return None;
    }
    open.push(this);
    let referred = schema
        .entry("$ref")
        .and_then(|entry| target(root, entry.value.as_str()?));
    let in_place = parts(schema).into_iter().filter(|(keyword, _)| is_in_place(keyword));
    let found = in_place
        .map(|(_, part)| part)
        .chain(referred)
        .find_map(|part| circle_at(root, part, open, sound));
    open.pop();
    sound.insert(this);
    found
}
