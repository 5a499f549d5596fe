//! Fields of which an object has one at most, as the API reference says of them: "Exactly one of the fields must be
//! set", "only one of its members may be specified".
//!
//! An API server refuses an object that has two, and says so of either.

use serde_json::Value;

use crate::object::field::{FieldPath, PathElement};

/// What a probe or a hook of a container does (`ProbeHandler`, `LifecycleHandler` of core/v1).
const HANDLERS: [&str; 5] = ["exec", "grpc", "httpGet", "sleep", "tcpSocket"];

/// Where the value of an environment variable comes from (`EnvVar` of core/v1).
const VALUES: [&str; 2] = ["value", "valueFrom"];

/// The fields of `object` that cannot be there beside the one at `path`.
///
/// ```
/// use serde_json::json;
/// use stackanetes::kinds::unions;
/// use stackanetes::object::field::FieldPath;
///
/// let pod = json!({"livenessProbe": {"periodSeconds": 5, "exec": {}}});
/// let rivals = unions::rivals(&FieldPath::of(&["livenessProbe", "httpGet"]), &pod);
/// assert_eq!(rivals, [FieldPath::of(&["livenessProbe", "exec"])]);
/// ```
pub fn rivals(path: &FieldPath, object: &Value) -> Vec<FieldPath> {
    let Some((PathElement::Field(name), parents)) = path.elements().split_last() else {
        return Vec::new();
    };
    let parents = parents
        .iter()
        .fold(FieldPath::root(), |path, element| path.join(element.clone()));
    let fields = parents.find(object).and_then(Value::as_object);
    let is_rival = |other: &&String| *other != name && are_rivals(&parents, [name, other]);
    let rivals = fields.into_iter().flat_map(|fields| fields.keys().filter(is_rival));
    rivals.map(|rival| parents.join(PathElement::field(rival))).collect()
}

/// Whether these two fields of what is at `parent` exclude each other.
fn are_rivals(parent: &FieldPath, names: [&str; 2]) -> bool {
    let are_all = |members: &[&str]| names.iter().all(|name| members.contains(name));
    are_all(&HANDLERS)
        || (is_item_of(parent, "env") && are_all(&VALUES))
        // Of a volume, each field but its name is a source of what is in it.
        || (is_item_of(parent, "volumes") && !names.contains(&"name"))
}

/// Whether a path leads to an item, told by its key, of a list of this name.
fn is_item_of(path: &FieldPath, list: &str) -> bool {
    matches!(path.elements(), [.., PathElement::Field(name), PathElement::Key(_)] if name == list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The last names of the rivals of this field of the item `a` of a list.
    fn of_item(list: &str, item: &Value, field: &str) -> Vec<String> {
        let object = json!({list: [item]});
        let key = PathElement::key([("name".to_owned(), json!("a"))].into_iter().collect());
        let path = FieldPath::of(&[list]).join(key).join(PathElement::field(field));
        let last = |path: &FieldPath| path.elements().last().map(PathElement::to_fields_v1);
        rivals(&path, &object).iter().filter_map(last).collect()
    }

    #[test]
    fn a_volume_has_one_source_and_a_variable_one_value() {
        let volume = json!({"name": "a", "emptyDir": {}});
        assert_eq!(of_item("volumes", &volume, "configMap"), ["f:emptyDir"]);
        assert!(of_item("volumes", &volume, "emptyDir").is_empty());
        let variable = json!({"name": "a", "value": "one"});
        assert_eq!(of_item("env", &variable, "valueFrom"), ["f:value"]);
        assert!(
            of_item("ports", &volume, "configMap").is_empty(),
            "no item of such a list"
        );
    }

    #[test]
    fn a_handler_excludes_other_handlers_and_nothing_else() {
        let probe = json!({"probe": {"exec": {}, "periodSeconds": 5}});
        let found = rivals(&FieldPath::of(&["probe", "tcpSocket"]), &probe);
        assert_eq!(found, [FieldPath::of(&["probe", "exec"])]);
        assert!(rivals(&FieldPath::of(&["probe", "periodSeconds"]), &probe).is_empty());
    }
}
