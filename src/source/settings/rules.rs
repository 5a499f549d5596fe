//! `ignore`, `yield`, `take` and `migrate` of `stackanetes.yaml`.

use std::sync::Arc;

use super::reader::SettingsReader;
use crate::diagnostic::error::Error;
use crate::diagnostic::place::SourceFile;
use crate::source::rules::{FieldPattern, KindName, Rule, RuleOrigin, RuleSelector, Verdict};
use crate::yaml::{Entry, Node};

/// The keys of a rule.
const KEYS: [&str; 5] = ["fields", "kind", "name", "namespace", "manager"];

/// A rule, to be shown to whoever writes it otherwise.
const EXAMPLE: &str = "- {kind: Deployment, fields: [spec.replicas]}";

/// Reads the rules below a key, adding what is wrong with them to `errors`.
pub(super) fn rules(
    file: &Arc<SourceFile>,
    entry: &Entry,
    verdict: Verdict,
    errors: &mut Vec<Error>,
) -> Vec<Arc<Rule>> {
    let mut reader = SettingsReader { file, errors };
    let Some(items) = reader.items(entry, "rules", EXAMPLE) else {
        return Vec::new();
    };
    items.iter().filter_map(|item| reader.rule(item, verdict)).collect()
}

/// Reads the managers whose fields become ours.
pub(super) fn managers(file: &Arc<SourceFile>, entry: &Entry, errors: &mut Vec<Error>) -> Vec<String> {
    let mut reader = SettingsReader { file, errors };
    let Some(items) = reader.items(entry, "field managers", "migrate: [helm]") else {
        return Vec::new();
    };
    let mut managers = Vec::new();
    for item in items {
        match item.as_str() {
            Some(name) if !name.is_empty() => managers.push(name.to_owned()),
            _ => reader.wrong(item, format!("a field manager is a name, not {}", item.describe()), ""),
        }
    }
    managers
}

impl SettingsReader<'_> {
    fn rule(&mut self, item: &Node, verdict: Verdict) -> Option<Arc<Rule>> {
        let entries = self.entries(item, EXAMPLE)?;
        let before = self.errors.len();
        let mut rule = Rule {
            verdict,
            fields: Vec::new(),
            objects: RuleSelector::default(),
            manager: None,
            source: RuleOrigin::Written(self.at(item)),
        };
        for entry in entries {
            match entry.key.as_str() {
                "fields" => rule.fields = self.fields(&entry.value),
                "kind" => {
                    let place = self.at(&entry.value);
                    rule.objects.kind = self.text(entry).map(|kind| (KindName(kind), Some(place)));
                }
                "name" => rule.objects.name = self.text(entry),
                "namespace" => rule.objects.namespace = self.text(entry),
                "manager" => rule.manager = self.text(entry),
                _ => self.unknown_key(entry, &KEYS),
            }
        }
        if self.errors.len() > before {
            return None;
        }
        if rule.fields.is_empty() && rule.manager.is_none() {
            self.wrong(
                item,
                "a rule must say which `fields` it is about, or of which `manager`",
                "add `fields: [spec.replicas]`, or `manager: keda-operator` for every field of it",
            );
            return None;
        }
        Some(Arc::new(rule))
    }

    /// A field, or a list of them.
    fn fields(&mut self, node: &Node) -> Vec<FieldPattern> {
        let items = node.items().unwrap_or(std::slice::from_ref(node));
        let mut patterns = Vec::new();
        for item in items {
            let Some(text) = item.as_str() else {
                self.wrong(
                    item,
                    format!("a field must be text, not {}", item.describe()),
                    "put a path with brackets in quotes: \"spec.containers[web].image\"",
                );
                continue;
            };
            match FieldPattern::parse(text) {
                Ok(pattern) => patterns.push(pattern),
                Err(why) => self.wrong(
                    item,
                    format!("`{text}` is no path of a field: {why}"),
                    "write it as a diff prints it, such as spec.containers[web].image, or as a JSON pointer",
                ),
            }
        }
        patterns
    }
}
