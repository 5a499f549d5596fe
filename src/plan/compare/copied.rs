//! Values that a server or a controller copies from where git says what must not be shown.

use serde_json::Value;

use crate::object::field::{FieldPath, PathElement};
use crate::object::{DesiredObject, SHORTEST_SECRET, gives_away};

/// Whether a value holds a text that git says elsewhere in the object, made from what must not be shown. What git `said`
/// in its own place, in the open, it cannot give away.
pub(super) fn holds_secret(value: &Value, of: &DesiredObject, said: Option<&Value>) -> bool {
    if !of.origins.is_secret(&FieldPath::root()) {
        return false;
    }
    let mut secrets = Vec::new();
    collect(&of.value, &mut Vec::new(), of, &mut secrets);
    let mut secrets = secrets.into_iter().filter(|secret| secret.len() >= SHORTEST_SECRET);
    secrets.any(|secret| gives_away(value, secret, said))
}

/// The texts at secret paths.
fn collect<'a>(value: &'a Value, path: &mut Vec<PathElement>, of: &DesiredObject, into: &mut Vec<&'a str>) {
    let mut below = |element: PathElement, value: &'a Value| {
        path.push(element);
        collect(value, path, of, into);
        path.pop();
    };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                below(PathElement::field(key), value);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                below(PathElement::Index(index), item);
            }
        }
        Value::String(text) if of.origins.is_secret(&path.iter().cloned().collect()) => into.push(text),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing;

    #[test]
    fn what_is_copied_of_a_secret_text_is_known_and_what_git_says_in_the_open_is_not_hidden() {
        let text =
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {serviceAccountName: sentinel, host: open-text}\n";
        let object = testing::desired_with_secret(text, &["spec", "serviceAccountName"]);
        assert!(holds_secret(&json!("sentinel"), &object, None));
        assert!(holds_secret(&json!([{"a": "x-sentinel-y"}]), &object, None));
        assert!(!holds_secret(&json!("sentinel"), &object, Some(&json!("sentinel"))));
        assert!(!holds_secret(&json!("open-text"), &object, None));
        assert!(!holds_secret(&json!("sentinel"), &testing::desired(text), None));
    }
}
