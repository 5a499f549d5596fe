//! Managed fields: the sets of FieldsV1 that API servers keep.

use serde_json::{Value, json};
use stackanetes::object::LiveObject;
use stackanetes::object::field::{FieldSet, ManagedFields};

/// Reads a set of fields, or two in a list, and holds what they are made to to the laws of sets.
pub fn run(input: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(input) else {
        return;
    };
    let set = FieldSet::from_fields_v1(&value);
    is_read_back(&set);
    if let Some([left, right, ..]) = value.as_array().map(Vec::as_slice) {
        two(&FieldSet::from_fields_v1(left), &FieldSet::from_fields_v1(right));
    }
    let entry = |fields: &Value| json!({"manager": "a", "operation": "Apply", "fieldsV1": fields});
    let entries = if value.is_array() {
        value
    } else {
        json!([entry(&value), entry(&value)])
    };
    let live = LiveObject::new(json!({"metadata": {"managedFields": entries}}));
    let managed = ManagedFields::of(&live);
    let written = json!({"metadata": {"managedFields": managed.to_json()}});
    assert_eq!(ManagedFields::read(&written), managed);
}

fn is_read_back(set: &FieldSet) {
    let written = set.to_fields_v1();
    assert_eq!(&FieldSet::from_fields_v1(&written), set, "{written}");
    let text: Value = serde_json::from_str(&set.to_fields_v1_text()).unwrap_or_default();
    assert_eq!(text, written);
    let paths = set.paths();
    assert!(paths.iter().all(|path| set.contains(path)));
    assert!(
        paths
            .iter()
            .all(|path| !path.to_string().is_empty() || path.elements().is_empty())
    );
}

fn two(left: &FieldSet, right: &FieldSet) {
    let mut both = left.clone();
    both.extend(right);
    let common = left.intersection(right);
    let rest = left.without(right);
    for set in [&both, &common, &rest, &left.without_below(right), &left.leaves()] {
        is_read_back(set);
    }
    let all = left.paths();
    assert!(all.iter().all(|path| both.contains(path)), "a union has all of both");
    for path in all {
        let is_common = right.contains(&path);
        assert_eq!(common.contains(&path), is_common, "{path} in what is common");
        assert_eq!(rest.contains(&path), !is_common, "{path} in what is left");
    }
}
