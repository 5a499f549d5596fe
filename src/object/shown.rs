//! The paths of fields, as people may read them.
//!
//! What tells the items of a list apart is a value too: where it is a secret, a path must not say it.

use std::fmt;

use serde_json::{Map, Value};

use super::field::{FieldPath, PathElement};
use super::{DesiredObject, Origins};

/// What stands for the key of an item that must not be shown.
const HIDDEN: &str = "…";

/// A path that gives nothing away: `spec.ports[…].targetPort`. It is for people and for what they keep; a
/// field is found by its [`FieldPath`] alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownPath {
    path: FieldPath,
    items: Vec<Option<usize>>,
}

/// What somebody wrote, and where its fields come from.
#[derive(Debug, Clone, Copy)]
pub struct AuthoredObject<'a> {
    /// The object.
    pub value: &'a Value,
    /// What knows which of its fields are secret.
    pub origins: &'a dyn Origins,
}

impl<'a> From<&'a DesiredObject> for AuthoredObject<'a> {
    fn from(desired: &'a DesiredObject) -> Self {
        Self {
            value: &desired.value,
            origins: &*desired.origins,
        }
    }
}

impl ShownPath {
    /// The path of a field of an object of which git says, or said, all of `sides`. A key is hidden where it is
    /// a secret in any of them or, where it is in none, where it reads as one.
    pub fn of<'a>(path: &FieldPath, sides: impl IntoIterator<Item = impl Into<AuthoredObject<'a>>>) -> Self {
        let mut walks: Vec<PathWalk<'_>> = sides.into_iter().map(|side| PathWalk::new(side.into())).collect();
        let mut shown = Self::default();
        for element in path.elements() {
            for walk in &mut walks {
                walk.step(element);
            }
            let is_hidden = walks.iter().any(|walk| walk.hides(element));
            if is_hidden {
                shown.items.push(walks.iter().find_map(PathWalk::position));
            }
            let hidden = is_hidden.then(|| PathElement::Key(Map::from_iter([(String::new(), HIDDEN.into())])));
            shown.path = shown.path.join(hidden.unwrap_or_else(|| element.clone()));
        }
        shown
    }

    /// The positions of the items whose keys are hidden, as git has them; nothing for one that git does not
    /// have.
    pub fn items(&self) -> &[Option<usize>] {
        &self.items
    }
}

/// The path as [`FieldPath`] shows it.
impl fmt::Display for ShownPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(out)
    }
}

/// The way along a path through what was written: by the positions of items, since a key that is left to its
/// default is not written, and one that is written twice leads to two items.
struct PathWalk<'a> {
    origins: &'a dyn Origins,
    reached: Vec<(FieldPath, &'a Value)>,
}

impl<'a> PathWalk<'a> {
    fn new(written: AuthoredObject<'a>) -> Self {
        Self {
            origins: written.origins,
            reached: vec![(FieldPath::root(), written.value)],
        }
    }

    fn step(&mut self, element: &PathElement) {
        let mut reached = Vec::new();
        for (path, value) in &self.reached {
            let items = value.as_array().map_or(&[][..], Vec::as_slice);
            let items = positions(items, element).map(|index| (PathElement::Index(index), &items[index]));
            reached.extend(items.map(|(index, item)| (path.join(index), item)));
            if matches!(element, PathElement::Field(_) | PathElement::Index(_)) {
                let child = element.find(value);
                reached.extend(child.map(|child| (path.join(element.clone()), child)));
            }
        }
        self.reached = reached;
    }

    /// Whether the element that leads here must not be shown.
    fn hides(&self, element: &PathElement) -> bool {
        match element {
            PathElement::Field(_) | PathElement::Index(_) => false,
            PathElement::Value(value) if self.reached.is_empty() => self.origins.reveals(value, None),
            PathElement::Value(_) => self.reached.iter().any(|(path, _)| self.origins.is_secret(path)),
            PathElement::Key(keys) if self.reached.is_empty() => {
                keys.values().any(|value| self.origins.reveals(value, None))
            }
            PathElement::Key(keys) => self.reached.iter().any(|(path, item)| {
                let written = keys.keys().filter(|name| item.get(name.as_str()).is_some());
                let mut fields = written.map(|name| path.join(PathElement::field(name)));
                fields.any(|field| self.origins.is_secret(&field))
            }),
        }
    }

    fn position(&self) -> Option<usize> {
        match self.reached.first()?.0.elements().last()? {
            PathElement::Index(index) => Some(*index),
            _ => None,
        }
    }
}

/// Where in a list the items are that the key or value of an item selects, as somebody wrote them.
pub(crate) fn positions<'v>(items: &'v [Value], element: &'v PathElement) -> impl Iterator<Item = usize> + 'v {
    let is_it = move |item: &Value| match element {
        PathElement::Key(keys) => {
            let is_same = |(name, value)| item.get(name).is_none_or(|own: &Value| own == value);
            item.is_object() && keys.iter().all(is_same)
        }
        element => element.selects(item),
    };
    let items = items.iter().enumerate();
    items.filter(move |(_, item)| is_it(item)).map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::desired_with_secret_at;

    const SERVICE: &str = "apiVersion: v1
kind: Service
metadata: {name: x}
spec:
  ports:
    - {port: 80, targetPort: 1}
    - {port: 86752, targetPort: 2}
";

    fn path(port: u64) -> FieldPath {
        let key = json!({"port": port, "protocol": "TCP"});
        let key = PathElement::key(key.as_object().cloned().unwrap_or_default());
        FieldPath::of(&["spec", "ports"])
            .join(key)
            .join(PathElement::field("targetPort"))
    }

    #[test]
    fn a_key_that_is_a_secret_is_not_shown_and_its_position_tells_the_item() {
        let secret = FieldPath::of(&["spec", "ports"])
            .join(PathElement::Index(1))
            .join(PathElement::field("port"));
        let service = desired_with_secret_at(SERVICE, secret);
        let shown = ShownPath::of(&path(86752), [&service]);
        assert_eq!(shown.to_string(), "spec.ports[…].targetPort");
        assert_eq!(shown.items(), [Some(1)]);
        let open = ShownPath::of(&path(80), [&service]);
        assert_eq!(open.to_string(), "spec.ports[port=80,protocol=TCP].targetPort");
        assert!(open.items().is_empty());
    }
}
