//! The workloads whose pods run, found by the labels of their pods.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use super::selector::ObjectSelector;

/// The workloads of one namespace whose pods run, by their positions in the directory.
#[derive(Debug, Default)]
pub(super) struct RunningPods<'a> {
    all: Vec<usize>,
    /// Those whose pods have a label, by its key and by its value.
    by_label: HashMap<&'a str, HashMap<&'a str, Vec<usize>>>,
}

impl<'a> RunningPods<'a> {
    /// Adds the workload at a position after those that were added before.
    pub(super) fn add(&mut self, position: usize, labels: &'a Value) {
        self.all.push(position);
        let labels = labels.as_object().into_iter().flatten();
        for (key, value) in labels.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))) {
            let by_value = self.by_label.entry(key).or_default();
            by_value.entry(value).or_default().push(position);
        }
    }

    /// All of them, in the order of the directory.
    pub(super) fn all(&self) -> &[usize] {
        &self.all
    }

    fn with(&self, key: &str, value: &str) -> &[usize] {
        let found = self.by_label.get(key).and_then(|by_value| by_value.get(value));
        found.map_or(&[][..], Vec::as_slice)
    }

    /// Those that a selector may match, in the order of the directory: no other matches. They are the ones with a
    /// value of the label for which the fewest have one that it wants.
    pub(super) fn candidates(&self, selector: &ObjectSelector<'_>) -> Cow<'_, [usize]> {
        let found = selector.wanted().map(|(key, values)| {
            let found = values.iter().map(|value| self.with(key, value));
            found.collect::<Vec<_>>()
        });
        let fewest = found.min_by_key(|found| found.iter().map(|positions| positions.len()).sum::<usize>());
        match fewest.as_deref() {
            None => Cow::Borrowed(&self.all),
            Some([positions]) => Cow::Borrowed(positions),
            Some(several) => {
                let mut positions = several.concat();
                positions.sort_unstable();
                positions.dedup();
                Cow::Owned(positions)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::field::At;

    /// What selectors find, and find by looking at each, in a namespace of eight workloads.
    #[test]
    fn what_matches_is_among_the_candidates_in_the_order_of_the_directory() {
        let labels: Vec<Value> = (0..8)
            .map(|number| json!({"app": format!("app-{number}"), "part": format!("part-{}", number % 3), "set": "one"}))
            .collect();
        let mut pods = RunningPods::default();
        for (position, labels) in labels.iter().enumerate() {
            pods.add(position, labels);
        }
        let expression =
            |key: &str, operator: &str, values: &[&str]| json!({"key": key, "operator": operator, "values": values});
        for (selector, most) in [
            (json!({"matchLabels": {"set": "one", "app": "app-3"}}), 1),
            (json!({"matchLabels": {"set": "one", "app": "app-9"}}), 0),
            (json!({"matchLabels": {"part": "part-1", "set": "one"}}), 3),
            (
                json!({"matchExpressions": [expression("app", "In", &["app-5", "app-2", "app-5"])]}),
                2,
            ),
            (
                json!({"matchExpressions": [expression("part", "NotIn", &["part-1"])]}),
                8,
            ),
            (json!({"matchLabels": {"pod-template-hash": "1"}}), 8),
        ] {
            let selector = ObjectSelector::new(&At::root(&selector));
            let candidates = pods.candidates(&selector);
            assert_eq!(candidates.len(), most, "{selector:?}");
            let matches = |position: &usize| selector.matches(&labels[*position]);
            let found: Vec<usize> = candidates.iter().copied().filter(matches).collect();
            let all: Vec<usize> = (0..labels.len()).filter(matches).collect();
            assert_eq!(found, all, "{selector:?}");
        }
    }
}
