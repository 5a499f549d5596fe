//! Sets of fields: what a manager owns, read from FieldsV1.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{FieldPath, PathElement};

/// A set of fields, as a tree of path elements.
///
/// The form on the wire is FieldsV1 of
/// [KEP-555](https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/555-server-side-apply):
/// nested maps, where an empty map, or the key `.`, says that the path itself is in the set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSet {
    member: bool,
    children: BTreeMap<PathElement, FieldSet>,
}

impl FieldSet {
    /// Reads FieldsV1. What is not of its form is left out, as an API server never writes it.
    pub fn from_fields_v1(fields: &Value) -> Self {
        let mut set = Self::default();
        let Some(map) = fields.as_object() else { return set };
        for (key, value) in map {
            if key == "." {
                set.member = true;
            } else if let Some(element) = PathElement::from_fields_v1(key) {
                let mut child = Self::from_fields_v1(value);
                child.member |= child.children.is_empty();
                set.children.insert(element, child);
            }
        }
        set
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }

    /// The fields below `element`.
    pub fn child(&self, element: &PathElement) -> Option<&FieldSet> {
        self.children.get(element)
    }

    /// The next steps of the paths in this set.
    pub fn elements(&self) -> impl Iterator<Item = &PathElement> {
        self.children.keys()
    }

    /// Whether `path`, or anything below it, is in the set.
    pub fn touches(&self, path: &FieldPath) -> bool {
        self.below(path).is_some_and(|set| !set.is_empty())
    }

    /// Whether `path`, or anything above it other than the root, is in the set as a leaf.
    pub fn covers(&self, path: &FieldPath) -> bool {
        let mut set = self;
        for element in path.elements() {
            match set.children.get(element) {
                Some(child) if child.children.is_empty() => return true,
                Some(child) => set = child,
                None => return false,
            }
        }
        set.member
    }

    /// Adds every path of `other`.
    pub fn extend(&mut self, other: &FieldSet) {
        self.member |= other.member;
        for (element, child) in &other.children {
            self.children.entry(element.clone()).or_default().extend(child);
        }
    }

    /// The paths of this set that are not in `other`.
    #[must_use]
    pub fn without(&self, other: &FieldSet) -> Self {
        let mut rest = Self {
            member: self.member && !other.member,
            children: BTreeMap::new(),
        };
        for (element, child) in &self.children {
            let kept = match other.children.get(element) {
                Some(others) => child.without(others),
                None => child.clone(),
            };
            if !kept.is_empty() {
                rest.children.insert(element.clone(), kept);
            }
        }
        rest
    }

    /// Every path in the set, in order.
    pub fn paths(&self) -> Vec<FieldPath> {
        let mut paths = Vec::new();
        self.collect(&mut Vec::new(), &mut paths);
        paths
    }

    fn collect(&self, prefix: &mut Vec<PathElement>, paths: &mut Vec<FieldPath>) {
        if self.member && !prefix.is_empty() {
            paths.push(prefix.iter().cloned().collect());
        }
        for (element, child) in &self.children {
            prefix.push(element.clone());
            child.collect(prefix, paths);
            prefix.pop();
        }
    }

    fn below(&self, path: &FieldPath) -> Option<&FieldSet> {
        path.elements()
            .iter()
            .try_fold(self, |set, element| set.children.get(element))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(fields: Value) -> FieldSet {
        FieldSet::from_fields_v1(&fields)
    }

    #[test]
    fn leaves_and_dots_are_members() {
        let owned = set(
            json!({"f:spec": {"f:replicas": {}, "f:containers": {"k:{\"name\":\"a\"}": {".": {}, "f:image": {}}}}}),
        );
        let paths: Vec<_> = owned.paths().iter().map(ToString::to_string).collect();
        assert_eq!(
            paths,
            ["spec.containers[a]", "spec.containers[a].image", "spec.replicas"]
        );
        assert!(owned.touches(&FieldPath::of(&["spec"])));
    }

    #[test]
    fn a_leaf_covers_what_is_inside_it() {
        let owned = set(json!({"f:spec": {"f:selector": {}}}));
        assert!(owned.covers(&FieldPath::of(&["spec", "selector", "matchLabels"])));
        assert!(!owned.covers(&FieldPath::of(&["spec", "replicas"])));
    }

    #[test]
    fn the_difference_keeps_only_paths_of_the_first() {
        let before = set(json!({"f:spec": {"f:replicas": {}, "f:paused": {}}}));
        let after = set(json!({"f:spec": {"f:paused": {}}}));
        assert_eq!(before.without(&after), set(json!({"f:spec": {"f:replicas": {}}})));
        assert!(after.without(&before).is_empty());
    }
}
