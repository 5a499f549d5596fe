//! How much work it is to check values against a schema, found before it is begun.
//!
//! References multiply: forty definitions, each of which asks twice for what the one before it asks, ask a trillion
//! times for what the first does. So do long lists: all of a schema is asked of each item. A validator cannot be told
//! to stop, and keeps all that is wrong, so its steps are counted first, as if nothing ever ended it early.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use super::keyword::{beside, is_in_place};
use super::syntax::target;
use crate::yaml::{Entry, Node};

/// How many steps it may take to check all parameters.
pub(super) const MAX_STEPS: u64 = 1_000_000;

/// The part of a schema at which there were too many steps.
#[derive(Debug)]
pub(super) struct TooManySteps {
    pub(super) span: Range<usize>,
}

/// Counts the steps of checking `value` against the schema `root`, whose references are known to lead to schemas, and
/// in no circle that asks the same of the same value.
pub(super) fn check(root: &Node, value: &Value) -> Result<(), TooManySteps> {
    let mut steps = Steps {
        root,
        targets: BTreeMap::new(),
        left: MAX_STEPS,
        waiting: Vec::new(),
    };
    steps.add(root, value, 1)?;
    while let Some(step) = steps.waiting.pop() {
        for entry in step.schema.entries().unwrap_or_default() {
            steps.keyword(entry, step)?;
        }
    }
    Ok(())
}

/// Counts the schemas that are compiled for `root`. What an `unevaluatedProperties` or `unevaluatedItems` stands beside
/// is compiled three times: for itself, and to know which parts of a value it speaks of. So those within each other
/// multiply, and with them the references that they hold.
pub(super) fn check_unevaluated(root: &Node) -> Result<(), TooManySteps> {
    let mut copies = Copies {
        root,
        open: Vec::new(),
        left: MAX_STEPS,
    };
    copies.of(root, 1)
}

/// How deep schemas and references may lead below an `unevaluatedProperties`.
const MAX_DEPTH: usize = 500;

struct Copies<'a> {
    root: &'a Node,
    /// The schemas around the one that is counted.
    open: Vec<*const Node>,
    left: u64,
}

impl<'a> Copies<'a> {
    fn of(&mut self, schema: &'a Node, times: u64) -> Result<(), TooManySteps> {
        let too_many = || TooManySteps {
            span: schema.span.clone(),
        };
        if self.open.contains(&std::ptr::from_ref(schema)) {
            return Ok(());
        }
        if self.open.len() == MAX_DEPTH {
            return Err(too_many());
        }
        self.left = self.left.checked_sub(times).ok_or_else(too_many)?;
        self.open.push(std::ptr::from_ref(schema));
        let times = if has_rest(schema) {
            times.saturating_mul(3)
        } else {
            times
        };
        for entry in schema.entries().unwrap_or_default() {
            beside(entry).try_for_each(|part| self.of(part, times))?;
            // Elsewhere, what is referred to is compiled once.
            let reference = (times > 1 && entry.key == "$ref").then(|| entry.value.as_str());
            if let Some(target) = reference.flatten().and_then(|reference| target(self.root, reference)) {
                self.of(target, times)?;
            }
        }
        self.open.pop();
        Ok(())
    }
}

/// Whether a schema says what becomes of the parts of a value that nothing else in it speaks of.
fn has_rest(schema: &Node) -> bool {
    schema.entry("unevaluatedItems").is_some() || schema.entry("unevaluatedProperties").is_some()
}

/// A schema that a value is checked against so many times.
#[derive(Clone, Copy)]
struct SchemaCheck<'a> {
    schema: &'a Node,
    value: &'a Value,
    times: u64,
}

impl SchemaCheck<'_> {
    /// How often what stands beside the keyword `key` is asked of the same value. Whether one of several forms fits
    /// is asked first, and then what is wrong with each; to know which parts of a value nothing else speaks of, all
    /// that is said of it is gone through twice more.
    fn times_in_place(&self, key: &str) -> u64 {
        let is_tried_first = matches!(key, "anyOf" | "oneOf" | "not" | "if");
        let again = if has_rest(self.schema) { 3 } else { 1 };
        self.times
            .saturating_mul(again)
            .saturating_add(u64::from(is_tried_first))
    }
}

struct Steps<'a> {
    root: &'a Node,
    /// What each reference leads to, of those met so far.
    targets: BTreeMap<&'a str, Option<&'a Node>>,
    left: u64,
    waiting: Vec<SchemaCheck<'a>>,
}

impl<'a> Steps<'a> {
    /// Counts a step for the schema, one for each of its keywords, and one for each that stands beside one of these.
    fn add(&mut self, schema: &'a Node, value: &'a Value, times: u64) -> Result<(), TooManySteps> {
        let entries = schema.entries().unwrap_or_default();
        let own: usize = entries.iter().map(|entry| 1 + len(&entry.value)).sum();
        let taken = times.saturating_mul(u64::try_from(1 + own).unwrap_or(u64::MAX));
        self.left = self.left.checked_sub(taken).ok_or_else(|| TooManySteps {
            span: schema.span.clone(),
        })?;
        self.waiting.push(SchemaCheck { schema, value, times });
        Ok(())
    }

    /// Adds what the keyword of `entry` asks of the value of `step`, or of each of its parts.
    fn keyword(&mut self, entry: &'a Entry, step: SchemaCheck<'a>) -> Result<(), TooManySteps> {
        let SchemaCheck { value, times, .. } = step;
        let asked = &entry.value;
        let mut items = value.as_array().into_iter().flatten();
        let mut members = value.as_object().into_iter().flatten();
        match entry.key.as_str() {
            "$ref" => match asked.as_str().and_then(|reference| self.target(reference)) {
                Some(target) => self.add(target, value, step.times_in_place("$ref")),
                None => Ok(()),
            },
            key if is_in_place(key) => {
                let times = step.times_in_place(key);
                beside(entry).try_for_each(|asked| self.add(asked, value, times))
            }
            "items" | "contains" | "unevaluatedItems" => items.try_for_each(|item| self.add(asked, item, times)),
            "prefixItems" => beside(entry)
                .zip(items)
                .try_for_each(|(asked, item)| self.add(asked, item, times)),
            "properties" => {
                let asked = asked.entries().into_iter().flatten();
                let mut present = asked.filter_map(|entry| Some((&entry.value, value.get(&entry.key)?)));
                present.try_for_each(|(asked, member)| self.add(asked, member, times))
            }
            "patternProperties" | "additionalProperties" | "unevaluatedProperties" => {
                members.try_for_each(|(_, member)| beside(entry).try_for_each(|asked| self.add(asked, member, times)))
            }
            // A name has no parts.
            "propertyNames" => members.try_for_each(|_| self.add(asked, &Value::Null, times)),
            _ => Ok(()),
        }
    }

    fn target(&mut self, reference: &'a str) -> Option<&'a Node> {
        let root = self.root;
        *self.targets.entry(reference).or_insert_with(|| target(root, reference))
    }
}

/// How many values stand in `node`, itself not counted.
fn len(node: &Node) -> usize {
    let items = node.items().map_or(0, <[Node]>::len);
    node.entries().map_or(items, <[Entry]>::len)
}
