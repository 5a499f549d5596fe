//! `ignore`, `yield`, `take` and `migrate` of `stackanetes.yaml`.

use std::sync::Arc;

use crate::diagnostic::error::Error;
use crate::diagnostic::nearest::key_hint;
use crate::diagnostic::place::{Place, SourceFile};
use crate::source::rules::{FieldPattern, KindName, Rule, Selector, Source, Verdict};
use crate::yaml::{Entry, Node};

/// The keys of a rule.
const KEYS: [&str; 5] = ["fields", "kind", "name", "namespace", "manager"];

/// Reads the rules below a key, adding what is wrong with them to `errors`.
pub(super) fn rules(
    file: &Arc<SourceFile>,
    entry: &Entry,
    verdict: Verdict,
    errors: &mut Vec<Error>,
) -> Vec<Arc<Rule>> {
    let mut reader = Reader { file, errors };
    let Some(items) = reader.items(entry, "rules", "- {kind: Deployment, fields: [spec.replicas]}") else {
        return Vec::new();
    };
    items.iter().filter_map(|item| reader.rule(item, verdict)).collect()
}

/// Reads the managers whose fields become ours.
pub(super) fn managers(file: &Arc<SourceFile>, entry: &Entry, errors: &mut Vec<Error>) -> Vec<String> {
    let mut reader = Reader { file, errors };
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

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    errors: &'a mut Vec<Error>,
}

impl Reader<'_> {
    fn at(&self, node: &Node) -> Place {
        Place::new(Arc::clone(self.file), node.first_line(self.file.text()))
    }

    fn wrong(&mut self, node: &Node, message: impl Into<String>, hint: &str) {
        let error = Error::new(message.into()).at(self.at(node), "");
        self.errors.push(if hint.is_empty() { error } else { error.hint(hint) });
    }

    fn items<'n>(&mut self, entry: &'n Entry, what: &str, example: &str) -> Option<&'n [Node]> {
        if entry.value.is_null() {
            return None;
        }
        let items = entry.value.items();
        if items.is_none() {
            let message = format!(
                "`{}` must be a list of {what}, not {}",
                entry.key,
                entry.value.describe()
            );
            let place = Place::new(Arc::clone(self.file), entry.line(self.file.text()));
            let error = Error::new(message).at(place, "");
            self.errors.push(error.hint(format!("write, for example, `{example}`")));
        }
        items
    }

    fn rule(&mut self, item: &Node, verdict: Verdict) -> Option<Arc<Rule>> {
        let Some(entries) = item.entries() else {
            self.wrong(
                item,
                format!("a rule must be a mapping, not {}", item.describe()),
                "write, for example, `- {kind: Deployment, fields: [spec.replicas]}`",
            );
            return None;
        };
        let before = self.errors.len();
        let mut rule = Rule {
            verdict,
            fields: Vec::new(),
            objects: Selector::default(),
            manager: None,
            source: Source::Written(self.at(item)),
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
                unknown => {
                    let place = Place::new(Arc::clone(self.file), entry.line(self.file.text()));
                    let error = Error::new(format!("a rule has no key `{unknown}`")).at(place, "");
                    self.errors.push(error.hint(key_hint(&KEYS, unknown)));
                }
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

    fn text(&mut self, entry: &Entry) -> Option<String> {
        let text = entry.value.as_str().filter(|text| !text.is_empty());
        if text.is_none() {
            let message = format!("`{}` must be text, not {}", entry.key, entry.value.describe());
            self.wrong(&entry.value, message, "");
        }
        text.map(str::to_owned)
    }
}
