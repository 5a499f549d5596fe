//! The drift that a sync put back, as the journal keeps it: so that a later one sees who drifts again.

use serde::{Deserialize, Serialize};

use crate::object::ObjectRef;
use crate::object::shown::ShownPath;

/// How many are kept of one sync: the journal has room for many syncs.
const MOST: usize = 20;
/// How long the path of a field that is kept may be, in bytes.
const LONGEST: usize = 200;

/// A field that somebody had changed, and that a sync put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutBack {
    /// The object that the field is of.
    pub object: ObjectRef,
    /// The path of the field, as people may read it.
    pub field: String,
    /// The positions in git of the items whose keys that path does not say.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub items: Vec<Option<usize>>,
    /// The field manager who had changed it.
    pub writer: String,
}

impl PutBack {
    /// A field of `object` that `writer` had changed.
    pub fn new(object: ObjectRef, field: &ShownPath, writer: impl Into<String>) -> Self {
        Self {
            object,
            field: field.to_string(),
            items: field.items().to_vec(),
            writer: writer.into(),
        }
    }

    /// The first of them that are short enough, as many as are kept.
    pub fn kept(all: impl Iterator<Item = Self>) -> Vec<Self> {
        all.filter(|one| one.field.len() <= LONGEST).take(MOST).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::object::field::{FieldPath, PathElement};
    use crate::testing::desired_with_secret_at;

    /// The port of a Service whose ports are secret that has this number.
    fn port(number: u64) -> PutBack {
        let text = "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 86}, {port: 87}]}\n";
        let ports = FieldPath::of(&["spec", "ports"]);
        let service = desired_with_secret_at(text, ports.clone());
        let key = json!({"port": number});
        let item = ports.join(PathElement::key(key.as_object().cloned().unwrap_or_default()));
        PutBack::new(service.reference.clone(), &ShownPath::of(&item, [&service]), "kubectl")
    }

    #[test]
    fn two_items_whose_keys_are_not_shown_are_two() {
        assert_eq!(port(86).field, port(87).field);
        assert_ne!(port(86), port(87));
        assert_eq!(port(86), port(86));
    }

    #[test]
    fn what_an_earlier_version_wrote_is_read() {
        let Value::Object(mut written) = json!(port(86)) else {
            panic!("a map");
        };
        written.remove("items");
        let read: PutBack = serde_json::from_value(written.into()).expect("it is read");
        assert_eq!((read.items.as_slice(), read.writer.as_str()), (&[][..], "kubectl"));
    }
}
