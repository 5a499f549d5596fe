//! What git said when an object was last applied, and what it has changed since.

use serde_json::Value;

use super::{Difference, differences};
use crate::applyset::inventory::AppliedDigests;
use crate::object::field::{FieldPath, FieldSet, PathElement};
use crate::object::{DesiredObject, LiveObject};

/// What git said when an object was last applied, next to what it says now.
pub(super) struct Base<'a> {
    then: &'a DesiredObject,
    changed: Vec<Difference>,
}

impl<'a> Base<'a> {
    /// The base `then`, which counts only if it is what was applied, by the digests noted on the live object.
    pub(super) fn new(
        then: Option<&'a DesiredObject>,
        now: &DesiredObject,
        live: &LiveObject,
        keys: &FieldSet,
    ) -> Option<Self> {
        let then = then.filter(|then| is_base(then, live))?;
        // Of another version the fields are others.
        (then.version == now.version).then(|| Self {
            then,
            changed: differences(&then.value, &now.value, keys),
        })
    }

    /// The value that git wanted at `path`.
    pub(super) fn value(&self, path: &FieldPath) -> Option<&'a Value> {
        written(&self.then.value, path)
    }

    /// Whether git says something else now at `path`, or in it; of a list of which only the order
    /// differs, whether it has another order.
    pub(super) fn is_changed(&self, path: &FieldPath, reordered: bool) -> bool {
        self.changed.iter().any(|change| {
            let is_within = leads_into(&change.path, path);
            if reordered {
                change.reordered && is_within && change.path.elements().len() == path.elements().len()
            } else {
                is_within || leads_into(path, &change.path)
            }
        })
    }

    /// What git wanted and does not any more: of a map that is not kept whole, the keys that `is_kept`.
    pub(super) fn removed(&self, is_kept: impl Fn(&FieldPath) -> bool) -> Vec<FieldPath> {
        let mut removed = Vec::new();
        for change in &self.changed {
            if let (Some(said), None) = (&change.before, &change.after) {
                add_kept(&mut removed, &change.path, said, &is_kept);
            }
        }
        removed
    }
}

/// Adds `path`; if it is not kept, and `said` is a map, what of it is.
fn add_kept(paths: &mut Vec<FieldPath>, path: &FieldPath, said: &Value, is_kept: &impl Fn(&FieldPath) -> bool) {
    if is_kept(path) {
        return paths.push(path.clone());
    }
    for (name, said) in said.as_object().into_iter().flatten() {
        add_kept(paths, &path.join(PathElement::field(name)), said, is_kept);
    }
}

/// Whether `then` is what was last applied to the live object, as far as its digests tell.
pub fn is_base(then: &DesiredObject, live: &LiveObject) -> bool {
    AppliedDigests::noted(live) == Some(AppliedDigests::of(then))
}

/// The value at `path` of a manifest. Items of a list are found even where the manifest leaves a key
/// to its default, as it does `protocol: TCP`.
pub fn written<'a>(manifest: &'a Value, path: &FieldPath) -> Option<&'a Value> {
    path.elements()
        .iter()
        .try_fold(manifest, |value, element| element.find_written(value))
}

/// Whether `inner` is `outer` or leads into it, where keys left to their defaults make no difference.
fn leads_into(inner: &FieldPath, outer: &FieldPath) -> bool {
    inner.elements().len() >= outer.elements().len()
        && inner.elements().iter().zip(outer.elements()).all(|pair| match pair {
            (PathElement::Key(inner), PathElement::Key(outer)) => {
                let mut shared = inner.keys().filter(|name| outer.contains_key(*name)).peekable();
                shared.peek().is_some() && shared.all(|name| inner.get(name) == outer.get(name))
            }
            (inner, outer) => inner == outer,
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(elements: &[&str]) -> FieldPath {
        let read = |element: &&str| PathElement::from_fields_v1(element).expect("an element");
        elements.iter().map(read).collect()
    }

    #[test]
    fn an_item_is_found_although_a_key_is_left_to_its_default() {
        let manifest = json!({"ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "name": "x"}]});
        let tcp = path(&["f:ports", r#"k:{"containerPort":53,"protocol":"TCP"}"#, "f:name"]);
        assert_eq!(written(&manifest, &tcp), Some(&json!("x")));
        let other = path(&["f:ports", r#"k:{"containerPort":54,"protocol":"TCP"}"#]);
        assert_eq!(written(&manifest, &other), None);
    }

    #[test]
    fn a_path_leads_into_another_by_the_keys_that_both_have() {
        let tcp = path(&["f:ports", r#"k:{"port":53,"protocol":"TCP"}"#]);
        let short = path(&["f:ports", r#"k:{"port":53}"#, "f:name"]);
        let udp = path(&["f:ports", r#"k:{"port":53,"protocol":"UDP"}"#, "f:name"]);
        assert!(leads_into(&short, &tcp) && !leads_into(&udp, &tcp) && !leads_into(&tcp, &short));
    }
}
