//! Label selectors, as objects hold them.

use serde_json::Value;

use crate::diagnostic::nearest::nearest;
use crate::object::field::At;

/// Labels that controllers give to the pods they make.
const GIVEN: [&str; 10] = [
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "job-name",
    "controller-uid",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
];

/// A selector with `matchLabels` and `matchExpressions`, or one that is a map of labels.
#[derive(Debug, Clone)]
pub(super) struct Selector<'a> {
    labels: At<'a>,
    expressions: Vec<At<'a>>,
}

impl<'a> Selector<'a> {
    pub(super) fn new(at: &At<'a>) -> Self {
        Self {
            labels: at.field("matchLabels"),
            expressions: at.field("matchExpressions").items(),
        }
    }

    pub(super) fn of_labels(at: &At<'a>) -> Self {
        Self {
            labels: at.clone(),
            expressions: Vec::new(),
        }
    }

    /// Whether it asks for nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.expressions.is_empty() && self.labels.value.as_object().is_none_or(serde_json::Map::is_empty)
    }

    /// The first thing asked for that these labels do not have: where it stands.
    pub(super) fn unmet(&self, labels: &Value) -> Option<At<'a>> {
        let wanted = self.labels.value.as_object().into_iter().flatten();
        let mut wanted = wanted.filter(|(key, _)| !GIVEN.contains(&key.as_str()));
        let label = wanted.find(|(key, value)| labels.get(key.as_str()) != Some(value));
        let label = label.map(|(key, _)| self.labels.field(key));
        label.or_else(|| self.expressions.iter().find(|one| !is_met(one, labels)).cloned())
    }

    /// Whether what none of these labels has looks like a slip of the pen: a key that none of them
    /// has, or a value close to one that there is.
    pub(super) fn looks_misspelt(&self, all: &[&Value]) -> bool {
        let has = |key: &str| {
            all.iter()
                .filter_map(|labels| labels.get(key)?.as_str())
                .collect::<Vec<_>>()
        };
        let near = |key: &str, value: &Value| {
            let known = has(key);
            let value = value.as_str().unwrap_or_default();
            known.is_empty() || (!known.contains(&value) && nearest(known, value).is_some())
        };
        let labels = self.labels.value.as_object().into_iter().flatten();
        let mut labels = labels.filter(|(key, _)| !GIVEN.contains(&key.as_str()));
        let mut listed = self
            .expressions
            .iter()
            .filter(|one| one.field("operator").text() == Some("In"));
        labels.any(|(key, value)| near(key, value))
            || listed.any(|one| {
                let key = one.field("key").text().unwrap_or_default();
                one.field("values").items().iter().any(|value| near(key, value.value))
            })
    }

    pub(super) fn matches(&self, labels: &Value) -> bool {
        self.unmet(labels).is_none()
    }
}

fn is_met(expression: &At<'_>, labels: &Value) -> bool {
    let key = expression.field("key").text().unwrap_or_default();
    let label = labels.get(key);
    let is_listed = || {
        let values = expression.field("values");
        let mut values = values.value.as_array().into_iter().flatten();
        values.any(|value| Some(value) == label)
    };
    GIVEN.contains(&key)
        || match expression.field("operator").text() {
            Some("In") => is_listed(),
            Some("NotIn") => !is_listed(),
            Some("Exists") => label.is_some(),
            Some("DoesNotExist") => label.is_none(),
            // The schema's own mistake.
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_that_is_asked_for_counts() {
        let matches = |selector: Value, labels: Value| Selector::new(&At::root(&selector)).matches(&labels);
        let both = json!({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "In", "values": ["1", "2"]}]});
        assert!(matches(both.clone(), json!({"a": "1", "b": "2", "c": "3"})));
        assert!(!matches(both.clone(), json!({"a": "2", "b": "2"})));
        assert!(!matches(both, json!({"a": "1", "b": "3"})));
        let one = |operator: &str| json!({"matchExpressions": [{"key": "b", "operator": operator, "values": ["1"]}]});
        for (operator, has, lacks) in [
            ("NotIn", false, true),
            ("Exists", true, false),
            ("DoesNotExist", false, true),
        ] {
            assert_eq!(matches(one(operator), json!({"b": "1"})), has, "{operator}");
            assert_eq!(matches(one(operator), json!({})), lacks, "{operator}");
        }
        assert!(matches(json!({"matchLabels": {"pod-template-hash": "1"}}), json!({})));
    }
}
