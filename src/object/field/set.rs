//! Sets of fields: what a manager owns, read from FieldsV1.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::Value;

use super::{FieldPath, PathElement};

/// A set of fields, as a tree of path elements.
///
/// The form on the wire is FieldsV1 of
/// [KEP-555](https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/555-server-side-apply):
/// nested maps, where an empty map, or the key `.`, says that the path itself is in the set.
/// ```
/// use serde_json::json;
/// use stackanetes::object::field::{FieldPath, FieldSet};
///
/// let fields = FieldSet::from_fields_v1(&json!({"f:spec": {
///     "f:replicas": {},
///     "f:containers": {r#"k:{"name":"web"}"#: {".": {}, "f:image": {}}},
/// }}));
/// assert!(fields.contains(&FieldPath::of(&["spec", "replicas"])));
/// assert!(!fields.contains(&FieldPath::of(&["spec"])) && fields.touches(&FieldPath::of(&["spec"])));
/// let paths: Vec<String> = fields.paths().iter().map(ToString::to_string).collect();
/// assert_eq!(paths, ["spec.containers[web]", "spec.containers[web].image", "spec.replicas"]);
/// ```
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

    /// Writes FieldsV1.
    pub fn to_fields_v1(&self) -> Value {
        let mut map = serde_json::Map::new();
        for (element, child) in &self.children {
            let mut value = child.to_fields_v1();
            if let (true, false, Value::Object(fields)) = (child.member, child.children.is_empty(), &mut value) {
                fields.insert(".".to_owned(), Value::Object(serde_json::Map::new()));
            }
            map.insert(element.to_fields_v1(), value);
        }
        Value::Object(map)
    }

    /// FieldsV1 as text, its keys in the order in which the API server writes them.
    pub fn to_fields_v1_text(&self) -> String {
        let own = (self.member && !self.children.is_empty()).then(|| "\".\":{}".to_owned());
        let below = self
            .children
            .iter()
            .map(|(element, child)| format!("{}:{}", Value::from(element.to_fields_v1()), child.to_fields_v1_text()));
        format!("{{{}}}", own.into_iter().chain(below).collect::<Vec<_>>().join(","))
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

    /// Whether exactly this path is in the set.
    pub fn contains(&self, path: &FieldPath) -> bool {
        self.below(path).is_some_and(|set| set.member)
    }

    /// The paths below each of the next steps.
    pub fn children(&self) -> impl Iterator<Item = (&PathElement, &FieldSet)> {
        self.children.iter()
    }

    /// How many paths are in the set.
    pub fn len(&self) -> usize {
        usize::from(self.member) + self.children.values().map(FieldSet::len).sum::<usize>()
    }

    /// Adds one path. Nobody owns the object as a whole, so the root is not added.
    pub fn insert(&mut self, path: &[PathElement]) {
        if !path.is_empty() {
            self.insert_below(path);
        }
    }

    fn insert_below(&mut self, path: &[PathElement]) {
        match path.split_first() {
            Some((element, rest)) => self.children.entry(element.clone()).or_default().insert_below(rest),
            None => self.member = true,
        }
    }

    /// Adds every path of `below`, one step further down.
    pub(crate) fn add_below(&mut self, element: PathElement, below: FieldSet) {
        if !below.is_empty() {
            match self.children.entry(element) {
                Entry::Vacant(place) => {
                    place.insert(below);
                }
                Entry::Occupied(mut place) => place.get_mut().extend(&below),
            }
        }
    }

    /// Whether the path that leads here is in the set, and nothing below it.
    pub(crate) fn is_leaf(&self) -> bool {
        self.member && self.children.is_empty()
    }

    /// Whether the path that leads here is itself in the set.
    pub(crate) fn is_member(&self) -> bool {
        self.member
    }

    /// Says whether the path that leads here is itself in the set.
    pub(crate) fn set_member(&mut self, member: bool) {
        self.member = member;
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

    /// The paths that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &FieldSet) -> Self {
        let mut both = Self {
            member: self.member && other.member,
            children: BTreeMap::new(),
        };
        for (element, child) in &self.children {
            let kept = other.children.get(element).map(|others| child.intersection(others));
            if let Some(kept) = kept.filter(|kept| !kept.is_empty()) {
                both.children.insert(element.clone(), kept);
            }
        }
        both
    }

    /// The paths of this set that are not in `other`, nor below a path of `other`.
    #[must_use]
    pub fn without_below(&self, other: &FieldSet) -> Self {
        let mut rest = Self {
            member: self.member && !other.member,
            children: BTreeMap::new(),
        };
        for (element, child) in &self.children {
            let kept = match other.children.get(element) {
                Some(others) if others.member => continue,
                Some(others) => child.without_below(others),
                None => child.clone(),
            };
            if !kept.is_empty() {
                rest.children.insert(element.clone(), kept);
            }
        }
        rest
    }

    /// The paths below which nothing is in the set.
    #[must_use]
    pub fn leaves(&self) -> Self {
        Self {
            member: self.member && self.children.is_empty(),
            children: self
                .children
                .iter()
                .map(|(element, child)| (element.clone(), child.leaves()))
                .collect(),
        }
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
    fn what_is_read_is_written_again_to_the_letter() {
        let text = r#"{"f:metadata":{"f:finalizers":{".":{},"v:\"a\u003cb\"":{}}},"f:spec":{"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{}},"k:{\"containerPort\":443}":{}},"f:replicas":{}}}"#;
        // Two letters of JSON inside a string of JSON: the key is `v:"a\u003cb"`.
        let text = text.replace(r"\u003c", r"\\u003c");
        let fields: Value = serde_json::from_str(&text).expect("JSON");
        let owned = set(fields.clone());
        assert_eq!(owned.to_fields_v1(), fields);
        assert_eq!(owned.to_fields_v1_text(), text);
    }

    #[test]
    fn the_recursive_difference_drops_whole_subtrees() {
        let owned = set(json!({"f:spec": {"f:a": {}}, "f:status": {".": {}, "f:b": {"f:c": {}}}}));
        let reset = set(json!({"f:status": {}}));
        assert_eq!(owned.without_below(&reset), set(json!({"f:spec": {"f:a": {}}})));
        assert_eq!(
            owned.without(&reset),
            set(json!({"f:spec": {"f:a": {}}, "f:status": {"f:b": {"f:c": {}}}}))
        );
    }

    #[test]
    fn the_intersection_keeps_common_paths_alone() {
        let left = set(json!({"f:a": {".": {}, "f:b": {}}, "f:c": {}}));
        let right = set(json!({"f:a": {"f:b": {}, "f:d": {}}, "f:e": {}}));
        assert_eq!(left.intersection(&right), set(json!({"f:a": {"f:b": {}}})));
        assert_eq!(left.leaves(), set(json!({"f:a": {"f:b": {}}, "f:c": {}})));
        assert_eq!(left.len(), 3);
    }

    #[test]
    fn the_difference_keeps_only_paths_of_the_first() {
        let before = set(json!({"f:spec": {"f:replicas": {}, "f:paused": {}}}));
        let after = set(json!({"f:spec": {"f:paused": {}}}));
        assert_eq!(before.without(&after), set(json!({"f:spec": {"f:replicas": {}}})));
        assert!(after.without(&before).is_empty());
    }
}
