//! The path of a field, as FieldsV1 spells it and as a person reads it.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde_json::{Map, Value};
use smol_str::SmolStr;

use super::order;

/// One step of a [`FieldPath`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathElement {
    /// A field of a map: `f:spec`.
    Field(SmolStr),
    /// The item of a keyed list with these key fields: `k:{"name":"web"}`.
    Key(Map<String, Value>),
    /// The item of a set with this value: `v:"a"`.
    Value(Value),
    /// An item by its position, in a list that has neither: `i:0`.
    Index(usize),
}

impl PathElement {
    /// Reads a key of FieldsV1; `None` when it is none of the four forms.
    pub fn from_fields_v1(key: &str) -> Option<Self> {
        let (form, rest) = key.split_once(':')?;
        match form {
            "f" => Some(Self::Field(rest.into())),
            "k" => serde_json::from_str(rest).ok().map(Self::key),
            "v" => serde_json::from_str(rest).ok().map(Self::value),
            "i" => rest.parse().ok().map(Self::Index),
            _ => None,
        }
    }

    /// Spells it as a key of FieldsV1, to the letter as the API server does.
    pub fn to_fields_v1(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(keys) => {
                let pair = |(name, value): (&String, &Value)| format!("{}:{}", Value::from(name.as_str()), json(value));
                format!("k:{{{}}}", keys.iter().map(pair).collect::<Vec<_>>().join(","))
            }
            Self::Value(value) => format!("v:{}", json(value)),
            Self::Index(index) => format!("i:{index}"),
        }
    }

    /// The field of this name.
    pub fn field(name: &str) -> Self {
        Self::Field(name.into())
    }

    /// The item of a keyed list with these key fields. Equal numbers become the same element.
    pub fn key(keys: Map<String, Value>) -> Self {
        Self::Key(
            keys.into_iter()
                .map(|(name, value)| (name, order::normal(value)))
                .collect(),
        )
    }

    /// The item of a set with this value. Equal numbers become the same element.
    pub fn value(value: Value) -> Self {
        Self::Value(order::normal(value))
    }

    /// Whether `item` is the list item that this element selects.
    pub fn selects(&self, item: &Value) -> bool {
        match self {
            Self::Key(keys) => keys.iter().all(|(name, value)| item.get(name) == Some(value)),
            Self::Value(value) => item == value,
            Self::Field(_) | Self::Index(_) => false,
        }
    }

    /// The child of `parent` that this element selects.
    pub fn find<'a>(&self, parent: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Field(name) => parent.as_object()?.get(name.as_str()),
            Self::Index(index) => parent.as_array()?.get(*index),
            Self::Key(_) | Self::Value(_) => parent.as_array()?.iter().find(|item| self.selects(item)),
        }
    }

    /// The position in `items` of the list item that this element selects, as somebody wrote it: a manifest
    /// may leave a key to its default, as it does `protocol: TCP`.
    pub(crate) fn position_written(&self, items: &[Value]) -> Option<usize> {
        if let Self::Index(index) = self {
            return Some(*index).filter(|index| *index < items.len());
        }
        let exactly = items.iter().position(|item| self.selects(item));
        let Self::Key(keys) = self else { return exactly };
        exactly.or_else(|| {
            let is_meant = |item: &Value| {
                let has = |name: &String| item.get(name).is_some();
                keys.keys().any(has)
                    && keys
                        .iter()
                        .all(|(name, value)| item.get(name).is_none_or(|written| written == value))
            };
            items.iter().position(is_meant)
        })
    }

    /// The child of `parent`, a part of a manifest, that this element selects.
    pub(crate) fn find_written<'a>(&self, parent: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Field(name) => parent.as_object()?.get(name.as_str()),
            _ => parent
                .as_array()
                .and_then(|items| items.get(self.position_written(items)?)),
        }
    }

    /// The part of `parent` that this element leads to, to be changed.
    pub(crate) fn find_written_mut<'a>(&self, parent: &'a mut Value) -> Option<&'a mut Value> {
        if let Self::Field(name) = self {
            return parent.as_object_mut()?.get_mut(name.as_str());
        }
        let items = parent.as_array_mut()?;
        let position = self.position_written(items)?;
        items.get_mut(position)
    }

    /// Fields, then keys, then values, then positions, as the API server sorts them.
    fn rank(&self) -> u8 {
        match self {
            Self::Field(_) => 0,
            Self::Key(_) => 1,
            Self::Value(_) => 2,
            Self::Index(_) => 3,
        }
    }
}

impl Ord for PathElement {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Field(a), Self::Field(b)) => a.cmp(b),
            (Self::Index(a), Self::Index(b)) => a.cmp(b),
            (Self::Key(a), Self::Key(b)) => order::maps(a, b),
            (Self::Value(a), Self::Value(b)) => order::compare(a, b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// A value as the API server's JSON writer spells it: what HTML knows is escaped.
fn json(value: &Value) -> String {
    let mut text = String::new();
    for letter in value.to_string().chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text.push_str(&format!("\\u{:04x}", u32::from(letter))),
            _ => text.push(letter),
        }
    }
    text
}

/// A scalar as people write it.
fn text(value: &Value) -> Cow<'_, str> {
    value.as_str().map_or_else(|| value.to_string().into(), Cow::Borrowed)
}

impl PartialOrd for PathElement {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The way from the root of an object to one of its fields.
///
/// ```
/// use stackanetes::object::field::FieldPath;
///
/// let path = FieldPath::of(&["metadata", "annotations", "example.com/key"]);
/// assert_eq!(path.to_string(), "metadata.annotations[example.com/key]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FieldPath(Vec<PathElement>);

impl FieldPath {
    /// The object itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// A path of plain field names.
    pub fn of(names: &[&str]) -> Self {
        names.iter().map(|name| PathElement::Field((*name).into())).collect()
    }

    /// The steps, from the root.
    pub fn elements(&self) -> &[PathElement] {
        &self.0
    }

    /// This path and one step more.
    #[must_use]
    pub fn join(&self, element: PathElement) -> Self {
        let mut elements = self.0.clone();
        elements.push(element);
        Self(elements)
    }

    /// Whether this path is `other` or leads into it.
    pub fn starts_with(&self, other: &FieldPath) -> bool {
        self.0.starts_with(&other.0)
    }

    /// Whether this path begins with these field names.
    pub fn is_under(&self, names: &[&str]) -> bool {
        self.0.len() >= names.len()
            && self
                .0
                .iter()
                .zip(names)
                .all(|(element, name)| matches!(element, PathElement::Field(field) if field == name))
    }

    /// The value at this path of `object`.
    pub fn find<'a>(&self, object: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(object, |value, element| element.find(value))
    }
}

impl FromIterator<PathElement> for FieldPath {
    fn from_iter<I: IntoIterator<Item = PathElement>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

/// `spec.containers[web].ports[containerPort=80,protocol=TCP]`; a name that holds a dot or a slash
/// is bracketed, as in `metadata.annotations[example.com/key]`.
impl fmt::Display for FieldPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, element) in self.0.iter().enumerate() {
            match element {
                PathElement::Field(name) if name.contains(['.', '/', '[', ']', ' ']) || name.is_empty() => {
                    write!(out, "[{name}]")?;
                }
                PathElement::Field(name) if position == 0 => out.write_str(name)?,
                PathElement::Field(name) => write!(out, ".{name}")?,
                PathElement::Key(keys) if keys.len() == 1 => {
                    let value = keys.values().next().map(text).unwrap_or_default();
                    write!(out, "[{value}]")?;
                }
                PathElement::Key(keys) => {
                    let pairs: Vec<_> = keys
                        .iter()
                        .map(|(name, value)| format!("{name}={}", text(value)))
                        .collect();
                    write!(out, "[{}]", pairs.join(","))?;
                }
                PathElement::Value(value) => write!(out, "[={}]", text(value))?,
                PathElement::Index(index) => write!(out, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_reads_like_the_manifest() {
        let path: FieldPath = [
            "f:spec",
            "f:containers",
            "k:{\"name\":\"web\"}",
            "f:ports",
            "k:{\"containerPort\":80,\"protocol\":\"TCP\"}",
        ]
        .into_iter()
        .filter_map(PathElement::from_fields_v1)
        .collect();
        assert_eq!(
            path.to_string(),
            "spec.containers[web].ports[containerPort=80,protocol=TCP]"
        );
        assert_eq!(
            FieldPath::of(&["metadata", "annotations", "example.com/key"]).to_string(),
            "metadata.annotations[example.com/key]"
        );
    }

    #[test]
    fn items_are_found_by_their_keys() {
        let object = json!({"spec": {"containers": [{"name": "a"}, {"name": "web", "image": "x"}]}});
        let path: FieldPath = ["f:spec", "f:containers", "k:{\"name\":\"web\"}", "f:image"]
            .into_iter()
            .filter_map(PathElement::from_fields_v1)
            .collect();
        assert_eq!(path.find(&object), Some(&json!("x")));
    }
}
