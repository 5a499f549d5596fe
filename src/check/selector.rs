//! Label selectors, as objects hold them.

use serde_json::Value;

use crate::diagnostic::nearest::nearest;
use crate::object::field::At;
use crate::object::selection::Requirement;

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

/// What a selector of an object asks for, and where each thing stands.
#[derive(Debug, Clone)]
pub(super) struct ObjectSelector<'a> {
    requirements: Vec<(Requirement, At<'a>)>,
}

impl<'a> ObjectSelector<'a> {
    /// One with `matchLabels` and `matchExpressions`. What is malformed there is the schema's to find.
    pub(super) fn new(at: &At<'a>) -> Self {
        let mut selector = Self::of_labels(&at.field("matchLabels"));
        let expressions = at.field("matchExpressions").items().into_iter();
        selector
            .requirements
            .extend(expressions.filter_map(|at| Some((Requirement::of_expression(at.value)?, at))));
        selector
    }

    /// One that is a map of labels.
    pub(super) fn of_labels(at: &At<'a>) -> Self {
        let labels = at.value.as_object().into_iter().flatten();
        let requirements = labels.filter_map(|(key, value)| Some((Requirement::of_label(key, value)?, at.field(key))));
        Self {
            requirements: requirements.collect(),
        }
    }

    /// Whether the selector asks for nothing, and so selects everything.
    pub(super) fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// The first thing asked for that these labels do not have: where it stands.
    pub(super) fn unmet(&self, labels: &Value) -> Option<At<'a>> {
        let label = |key: &str| labels.get(key).and_then(Value::as_str);
        let mut asked = self.asked();
        let unmet = asked.find(|(requirement, _)| !requirement.is_met(label(requirement.key())));
        unmet.map(|(_, at)| at.clone())
    }

    /// Whether what none of these labels has looks like a slip of the pen: a key that none of them
    /// has, or a value close to one that there is.
    pub(super) fn looks_misspelt(&self, all: &[&Value]) -> bool {
        self.asked().any(|(requirement, _)| {
            let labels = all.iter().filter_map(|labels| labels.get(requirement.key())?.as_str());
            let known: Vec<&str> = labels.collect();
            requirement.wanted().any(|value| {
                let is_known = known.contains(&value);
                known.is_empty() || !is_known && nearest(known.iter().copied(), value).is_some()
            })
        })
    }

    pub(super) fn matches(&self, labels: &Value) -> bool {
        self.unmet(labels).is_none()
    }

    /// The labels of which it wants one of some values, and those values.
    pub(super) fn wanted(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        let asked = self.asked().map(|(requirement, _)| requirement);
        let wanted = asked.map(|requirement| (requirement.key(), requirement.wanted().collect::<Vec<_>>()));
        wanted.filter(|(_, values)| !values.is_empty())
    }

    /// All that is asked for but what controllers give.
    fn asked(&self) -> impl Iterator<Item = &(Requirement, At<'a>)> {
        let requirements = self.requirements.iter();
        requirements.filter(|(requirement, _)| !GIVEN.contains(&requirement.key()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_that_is_asked_for_counts() {
        let matches = |selector: Value, labels: Value| ObjectSelector::new(&At::root(&selector)).matches(&labels);
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
