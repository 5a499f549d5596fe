//! Which objects a default is for.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::error::Error;
use crate::diagnostic::nearest::{key_hint, nearest};
use crate::diagnostic::place::{Place, SourceFile};
use crate::object::glob::matches_glob;
use crate::object::selection::{LabelSelector, NoSelector};
use crate::object::{COMPONENT, GroupKind};
use crate::source::Manifest;
use crate::yaml::Entry;

const KEYS: [&str; 4] = ["kind", "name", "labels", "component"];

/// The names that a selector may use.
pub(super) struct SelectableNames<'a> {
    pub(super) kinds: BTreeSet<GroupKind>,
    pub(super) components: &'a BTreeSet<String>,
}

/// What must be true of an object. What is empty is true of all.
#[derive(Debug, Default)]
pub(super) struct DefaultsSelector {
    /// `Kind` or `Kind.group`, as they are written.
    kinds: Vec<String>,
    /// Names, in which `*` stands for any text.
    names: Vec<String>,
    labels: LabelSelector,
    components: Vec<String>,
}

impl DefaultsSelector {
    /// Reads the value of `$select`. Nothing where it is wrong, which is added to `errors`.
    pub(super) fn read(
        file: &Arc<SourceFile>,
        select: &Entry,
        known: &SelectableNames<'_>,
        errors: &mut Vec<Error>,
    ) -> Option<Self> {
        let at = |entry: &Entry| Place::new(file.clone(), entry.line(file.text()));
        let before = errors.len();
        let Some(entries) = select.value.entries() else {
            let message = format!("`$select` must be a mapping, not {}", select.value.describe());
            let hint = "for example `$select: {kind: Deployment, component: keystone}`";
            errors.push(Error::new(message).at(at(select), "").hint(hint));
            return None;
        };
        let mut selector = Self::default();
        for entry in entries {
            let read = match entry.key.as_str() {
                "kind" => texts(entry).and_then(|kinds| {
                    selector.kinds = kinds;
                    selector.kinds.iter().try_for_each(|kind| known_kind(kind, known))
                }),
                "name" => texts(entry).map(|names| selector.names = names),
                "labels" => labels(entry).map(|labels| selector.labels = labels),
                "component" => texts(entry).and_then(|components| {
                    selector.components = components;
                    selector
                        .components
                        .iter()
                        .try_for_each(|name| known_component(name, known))
                }),
                unknown => Err(Error::new(format!("`$select` has no key `{unknown}`")).hint(key_hint(&KEYS, unknown))),
            };
            if let Err(error) = read {
                errors.push(error.at(at(entry), ""));
            }
        }
        (errors.len() == before).then_some(selector)
    }

    /// Whether the default is for this object.
    pub(super) fn selects(&self, manifest: &Manifest) -> bool {
        let label = |key: &str| manifest.value.get("metadata")?.get("labels")?.get(key)?.as_str();
        let kind = &manifest.gvk.group_kind;
        let is_kind = |wanted: &String| kind.kind == *wanted || kind.to_string() == *wanted;
        let among = |wanted: &[String], is: &dyn Fn(&String) -> bool| wanted.is_empty() || wanted.iter().any(is);
        among(&self.kinds, &is_kind)
            && among(&self.names, &|pattern| matches_glob(pattern, &manifest.name))
            && among(&self.components, &|name| label(COMPONENT) == Some(name))
            && self.labels.matches(label)
    }
}

/// A text, or a list of texts that are alternatives.
fn texts(entry: &Entry) -> Result<Vec<String>, Error> {
    let wrong = |what: &str| {
        let message = format!("`{}` must be text or a list of texts, not {what}", entry.key);
        Error::new(message).hint(format!("for example `{}: [a, b]`", entry.key))
    };
    match (entry.value.as_str(), entry.value.items()) {
        (Some(text), _) => Ok(vec![text.to_owned()]),
        (None, Some([])) => Err(wrong("an empty list")),
        (None, Some(items)) => {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().ok_or_else(|| wrong("a list of others"))
        }
        (None, None) => Err(wrong(entry.value.describe())),
    }
}

fn labels(entry: &Entry) -> Result<LabelSelector, Error> {
    let hint = "write a selector as `-l` takes it, for example `labels: tier=api,!legacy`";
    let Some(text) = entry.value.as_str() else {
        let message = format!("`labels` must be text, not {}", entry.value.describe());
        return Err(Error::new(message).hint(hint));
    };
    text.parse()
        .map_err(|error: NoSelector| Error::new(error.to_string()).hint(hint))
}

fn known_kind(kind: &str, known: &SelectableNames<'_>) -> Result<(), Error> {
    if known
        .kinds
        .iter()
        .any(|known| known.kind == kind || known.to_string() == kind)
    {
        return Ok(());
    }
    let error = Error::new(format!("there is no kind {kind}"));
    let names: BTreeSet<&str> = known.kinds.iter().map(|kind| kind.kind.as_str()).collect();
    Err(match nearest(names, kind) {
        Some(nearest) => error.hint(format!("did you mean {nearest}?")),
        None => error.hint("name a kind that every cluster has, or one that the directory defines or uses"),
    })
}

fn known_component(name: &str, known: &SelectableNames<'_>) -> Result<(), Error> {
    if known.components.contains(name) {
        return Ok(());
    }
    let error = Error::new(format!("there is no component `{name}`"));
    Err(match nearest(known.components.iter().map(String::as_str), name) {
        Some(nearest) => error.hint(format!("did you mean `{nearest}`?")),
        None => error.hint("a component is a folder with a component.yaml"),
    })
}
