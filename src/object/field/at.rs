//! A value within an object, and the way to it.

use serde_json::Value;

use super::{FieldPath, PathElement};

static NULL: Value = Value::Null;

/// A value within an object that knows its path. Where there is nothing, the value is `null`.
#[derive(Debug, Clone, PartialEq)]
pub struct At<'a> {
    /// The way from the root of the object.
    pub path: FieldPath,
    /// The value at the path; null where there is none.
    pub value: &'a Value,
}

impl<'a> At<'a> {
    /// The whole object.
    pub fn root(value: &'a Value) -> Self {
        let path = FieldPath::root();
        Self { path, value }
    }

    /// A field of it.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        Self {
            path: self.path.join(PathElement::field(name)),
            value: self.value.get(name).unwrap_or(&NULL),
        }
    }

    /// A field of a field of it, and so on.
    #[must_use]
    pub fn at(&self, names: &[&str]) -> Self {
        names.iter().fold(self.clone(), |at, name| at.field(name))
    }

    /// The items, if it is a list.
    pub fn items(&self) -> Vec<Self> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items
            .map(|(index, value)| Self {
                path: self.path.join(PathElement::Index(index)),
                value,
            })
            .collect()
    }

    /// The text, if it is one and not empty.
    pub fn text(&self) -> Option<&'a str> {
        self.value.as_str().filter(|text| !text.is_empty())
    }

    /// Whether there is anything.
    pub fn is_there(&self) -> bool {
        !self.value.is_null()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_knows_its_path() {
        let value = json!({"spec": {"containers": [{"name": "a"}, {"name": "b"}]}});
        let containers = At::root(&value).at(&["spec", "containers"]).items();
        let name = containers[1].field("name");
        assert_eq!(
            (name.path.to_string().as_str(), name.text()),
            ("spec.containers[1].name", Some("b"))
        );
        assert!(!name.at(&["x", "y"]).is_there());
    }
}
