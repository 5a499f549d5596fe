//! Which objects a run is about: by namespace, label and component, as `--only-namespace`, `-l` and `--component` ask.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::object::{COMPONENT, ObjectRef};

/// What is selected. Nothing else is compared, applied or pruned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// This namespace alone. What is cluster-scoped stays selected, and is never pruned.
    pub namespace: Option<String>,
    /// Objects with these labels alone.
    pub labels: LabelSelector,
    /// Objects of these components alone; of all where it is empty.
    pub components: BTreeSet<String>,
}

impl Selection {
    /// Whether an object is compared and applied.
    pub fn selects<'a>(&self, reference: &ObjectRef, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let namespace = match (&self.namespace, &reference.namespace) {
            (Some(selected), Some(namespace)) => selected == namespace,
            _ => true,
        };
        let component =
            self.components.is_empty() || label(COMPONENT).is_some_and(|name| self.components.contains(name));
        namespace && component && self.labels.matches(label)
    }

    /// Whether an object may be pruned.
    ///
    /// A selected namespace keeps everything cluster-scoped: it may well be there for the other namespaces.
    pub fn may_prune<'a>(&self, reference: &ObjectRef, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let scoped = self.namespace.is_none() || reference.namespace.is_some();
        scoped && self.selects(reference, label)
    }

    /// Whether everything is selected.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// A label selector in kubectl's syntax: `app=web,tier!=test,env in (a,b),!legacy,owner`.
///
/// ```
/// use stackanetes::object::selection::LabelSelector;
///
/// let selector: LabelSelector = "app in (web, api),!legacy".parse().unwrap();
/// assert!(selector.matches(|key| (key == "app").then_some("web")));
/// assert!(!selector.matches(|key| Some(if key == "app" { "web" } else { "yes" })));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSelector(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
}

impl LabelSelector {
    /// Whether an object with these labels is selected.
    pub fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0.iter().all(|requirement| {
            let value = label(&requirement.key);
            let among = |values: &[String]| value.is_some_and(|value| values.iter().any(|other| other == value));
            match &requirement.test {
                Test::In(values) => among(values),
                // As in Kubernetes, an absent label is not among any values.
                Test::NotIn(values) => !among(values),
                Test::Exists => value.is_some(),
                Test::Absent => value.is_none(),
            }
        })
    }
}

/// A text that is no label selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a label selector; write KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY or !KEY")]
pub struct NoSelector(String);

impl FromStr for LabelSelector {
    type Err = NoSelector;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = split_outside_parentheses(text);
        parts
            .iter()
            .filter(|part| !part.trim().is_empty())
            .map(|part| requirement(part.trim()))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    })
    .collect()
}

fn requirement(text: &str) -> Result<Requirement, NoSelector> {
    let wrong = || NoSelector(text.to_owned());
    let (key, test) = if let Some(key) = text.strip_prefix('!') {
        (key, Test::Absent)
    } else if let Some((key, value)) = text.split_once("!=") {
        (key, Test::NotIn(vec![value.trim().to_owned()]))
    } else if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        (key, Test::In(vec![value.trim().to_owned()]))
    } else if let Some((head, values)) = text.split_once('(') {
        let values = values.trim_end().strip_suffix(')').ok_or_else(wrong)?;
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        match head.trim().rsplit_once(char::is_whitespace) {
            Some((key, "in")) => (key, Test::In(values)),
            Some((key, "notin")) => (key, Test::NotIn(values)),
            _ => return Err(wrong()),
        }
    } else {
        (text, Test::Exists)
    };
    let key = key.trim();
    let valid = |character: char| character.is_ascii_alphanumeric() || "-_./".contains(character);
    if key.is_empty() || !key.chars().all(valid) {
        return Err(wrong());
    }
    let values: &[String] = match &test {
        Test::In(values) | Test::NotIn(values) => values,
        Test::Exists | Test::Absent => &[],
    };
    let is_value = |value: &String| {
        value
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character))
    };
    if !values.iter().all(is_value) {
        return Err(wrong());
    }
    Ok(Requirement {
        key: key.to_owned(),
        test,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::GroupKind;

    fn matches(selector: &str, labels: &[(&'static str, &'static str)]) -> bool {
        let selector: LabelSelector = selector.parse().expect("a selector");
        selector.matches(|key| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value))
    }

    #[test]
    fn every_form_of_a_requirement_selects() {
        let web = [("app", "web"), ("tier", "front")];
        for selector in [
            "app=web",
            "app==web",
            "app!=api",
            "app in (web,api)",
            "app notin (api)",
            "app",
            "!legacy",
            "",
            "app=web, tier=front",
        ] {
            assert!(matches(selector, &web), "{selector}");
        }
        for selector in [
            "app=api",
            "app!=web",
            "app in (api)",
            "app notin (web,api)",
            "legacy",
            "!app",
            "app=web,tier=back",
        ] {
            assert!(!matches(selector, &web), "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused_with_the_forms_there_are() {
        for wrong in ["=x", "a b", "a in (x", "a like (x)", "a==b=c", "a=b c"] {
            let error = wrong.parse::<LabelSelector>().expect_err(wrong);
            assert!(error.to_string().contains("is not a label selector"), "{error}");
        }
    }

    #[test]
    fn a_namespace_keeps_cluster_scoped_objects_from_being_pruned() {
        let selection = Selection {
            namespace: Some("a".into()),
            components: BTreeSet::new(),
            labels: LabelSelector::default(),
        };
        let role = ObjectRef {
            kind: GroupKind::new("rbac.authorization.k8s.io", "ClusterRole"),
            namespace: None,
            name: "x".into(),
        };
        let other = ObjectRef {
            namespace: Some("b".into()),
            ..role.clone()
        };
        assert!(selection.selects(&role, |_| None) && !selection.may_prune(&role, |_| None));
        assert!(!selection.selects(&other, |_| None));
    }
}
