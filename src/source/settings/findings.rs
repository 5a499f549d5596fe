//! `ignoreFindings` of `stackanetes.yaml`.

use std::sync::Arc;

use super::reader::SettingsReader;
use crate::diagnostic::error::Error;
use crate::diagnostic::identifier::Identifier;
use crate::diagnostic::place::{Place, SourceFile};
use crate::object::ObjectRef;
use crate::object::glob::matches_glob;
use crate::source::rules::{KindName, RuleSelector};
use crate::yaml::{Entry, Node};

/// The keys of a rule.
const KEYS: [&str; 5] = ["finding", "kind", "namespace", "name", "file"];

/// A rule, to be shown to whoever writes it otherwise.
const EXAMPLE: &str = "- {finding: missing-object, kind: Deployment, name: \"*-operator\"}";

/// Findings that are meant as they are: those of one identifier that fit everything that the rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredFinding {
    /// The identifier that the findings have.
    pub identifier: Identifier,
    /// The objects that they are about.
    pub objects: RuleSelector,
    /// The files that they stand in, by their paths from the top of the directory; `*` stands for any letters,
    /// slashes too.
    pub file: Option<String>,
    /// Where the rule is written.
    pub place: Place,
}

impl IgnoredFinding {
    /// Whether the rule is about a finding of `identifier` about `object`, at `place`.
    pub fn is_about(&self, identifier: Identifier, object: &ObjectRef, place: Option<&Place>) -> bool {
        let is_there = |glob: &String| place.is_some_and(|place| matches_glob(glob, self.below_top(place)));
        self.identifier == identifier && self.objects.selects(object) && self.file.as_ref().is_none_or(is_there)
    }

    /// The path of a file from the top of the directory, where this rule's own file stands.
    fn below_top<'p>(&self, place: &'p Place) -> &'p str {
        let settings = self.place.file.path();
        let top = settings.rfind('/').map_or("", |slash| &settings[..=slash]);
        let path = place.file.path();
        path.strip_prefix(top).unwrap_or(path)
    }
}

/// Reads the rules below `entry`, adding what is wrong with them to `errors`.
pub(super) fn rules(file: &Arc<SourceFile>, entry: &Entry, errors: &mut Vec<Error>) -> Vec<IgnoredFinding> {
    let mut reader = SettingsReader { file, errors };
    let Some(items) = reader.items(entry, "rules", EXAMPLE) else {
        return Vec::new();
    };
    items.iter().filter_map(|item| reader.ignored_finding(item)).collect()
}

impl SettingsReader<'_> {
    fn ignored_finding(&mut self, item: &Node) -> Option<IgnoredFinding> {
        let (mut identifier, mut file, mut objects) = (None, None, RuleSelector::default());
        let before = self.errors.len();
        for entry in self.entries(item, EXAMPLE)? {
            match entry.key.as_str() {
                "finding" => identifier = self.identifier(entry),
                "file" => file = self.text(entry),
                "kind" => {
                    let place = self.at(&entry.value);
                    objects.kind = self.text(entry).map(|kind| (KindName(kind), Some(place)));
                }
                "namespace" => objects.namespace = self.text(entry),
                "name" => objects.name = self.text(entry),
                _ => self.unknown_key(entry, &KEYS),
            }
        }
        if self.errors.len() > before {
            return None;
        }
        if identifier.is_none() {
            self.wrong(
                item,
                "a rule must say which `finding` it is about",
                "add, for example, `finding: missing-object`",
            );
        }
        Some(IgnoredFinding {
            identifier: identifier?,
            objects,
            file,
            place: self.at(item),
        })
    }

    fn identifier(&mut self, entry: &Entry) -> Option<Identifier> {
        let name = self.text(entry)?;
        match Identifier::parse(&name) {
            Ok(identifier) if identifier.may_be_ignored() => return Some(identifier),
            Ok(identifier) => self.wrong(&entry.value, format!("`{identifier}` cannot be ignored"), ""),
            Err(error) => self.errors.push(error.at(self.at(&entry.value), "")),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    fn rules(text: &str) -> Result<Vec<IgnoredFinding>, Vec<String>> {
        let mut errors = Vec::new();
        let settings = read(&SourceFile::new("desired/stackanetes.yaml", text), &mut errors);
        let told = |error: &Error| format!("{} {error} ({})", error.places()[0].0, error.hints().join("; "));
        if errors.is_empty() {
            Ok(settings.settings.ignore_findings)
        } else {
            Err(errors.iter().map(told).collect())
        }
    }

    #[test]
    fn a_rule_is_about_what_fits_all_that_it_says() {
        let rules = rules(
            "ignoreFindings:\n  - {finding: missing-key, kind: Pod, namespace: shop, name: web-*, file: web/*}\n",
        );
        let rule = &rules.expect("no error")[0];
        let object = |namespace: &str, name: &str| ObjectRef {
            kind: crate::object::GroupKind::new("", "Pod"),
            namespace: Some(namespace.into()),
            name: name.into(),
        };
        let in_file = |path: &str| Place::new(SourceFile::new(path, "a"), 0..1);
        let (web, other) = (in_file("desired/web/pod.yaml"), in_file("desired/api/web/pod.yaml"));
        let fits = |object: &ObjectRef, place| rule.is_about(Identifier::MissingKey, object, Some(place));
        assert!(fits(&object("shop", "web-1"), &web));
        assert!(!fits(&object("shop", "web-1"), &other));
        assert!(!fits(&object("prod", "web-1"), &web));
        assert!(!fits(&object("shop", "api"), &web));
        assert!(!rule.is_about(Identifier::MissingObject, &object("shop", "web-1"), Some(&web)));
    }

    #[test]
    fn a_wrong_rule_is_shown_where_it_is_wrong() {
        for (text, error) in [
            (
                "- {finding: mising-key}",
                "desired/stackanetes.yaml:2:13 there is no finding `mising-key` (did you mean `missing-key`?)",
            ),
            (
                "- {finding: unreadable-input}",
                "desired/stackanetes.yaml:2:13 `unreadable-input` cannot be ignored ()",
            ),
            (
                "- {kind: Pod}",
                "desired/stackanetes.yaml:2:3 a rule must say which `finding` it is about (add, for example, `finding: \
                 missing-object`)",
            ),
            (
                "- {findings: missing-key}",
                "desired/stackanetes.yaml:2:4 a rule has no key `findings` (did you mean `finding`?)",
            ),
            (
                "- missing-key",
                "desired/stackanetes.yaml:2:3 a rule must be a mapping, not text (write, for example, `- {finding: \
                 missing-object, kind: Deployment, name: \"*-operator\"}`)",
            ),
        ] {
            assert_eq!(
                rules(&format!("ignoreFindings:\n{text}\n")),
                Err(vec![error.to_owned()])
            );
        }
    }
}
