//! The rules, one by one.

use serde_json::{Value, json};

use super::*;

fn at(manager: &str) -> Writer {
    Writer::new(manager, "2026-01-01T00:00:00Z")
}

fn config_map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}, "data": data})
}

fn applied(live: Option<&Value>, config: &Value, manager: &str) -> Value {
    apply(Schema::bundled(), live, config, &at(manager), OnConflict::Force)
        .expect("it can be applied")
        .object
}

fn fields(object: &Value, manager: &str) -> Value {
    let managers = ManagedFields::read(object);
    let mut entries = managers.entries();
    entries
        .find(|(writer, _)| writer.name == manager)
        .map_or(Value::Null, |(_, fields)| fields.to_fields_v1())
}

#[test]
fn what_is_applied_is_owned() {
    let object = applied(None, &config_map(json!({"x": "1"})), "a");
    assert_eq!(fields(&object, "a"), json!({"f:data": {"f:x": {}}}));
    assert_eq!(object["data"], json!({"x": "1"}));
}

#[test]
fn what_is_no_longer_applied_goes_unless_another_owns_it() {
    let object = applied(None, &config_map(json!({"x": "1", "y": "2", "z": "3"})), "a");
    let object = applied(Some(&object), &config_map(json!({"y": "2"})), "b");
    let object = applied(Some(&object), &config_map(json!({"z": "3"})), "a");
    assert_eq!(object["data"], json!({"y": "2", "z": "3"}));
    assert_eq!(fields(&object, "a"), json!({"f:data": {"f:z": {}}}));
    assert_eq!(fields(&object, "b"), json!({"f:data": {"f:y": {}}}));
}

#[test]
fn a_forced_apply_takes_a_field_from_its_owner() {
    let object = applied(None, &config_map(json!({"x": "1"})), "a");
    let refused = apply(
        Schema::bundled(),
        Some(&object),
        &config_map(json!({"x": "2"})),
        &at("b"),
        OnConflict::Refuse,
    );
    let Err(Refusal::Conflicts(conflicts)) = refused else {
        panic!("a conflict")
    };
    assert_eq!(conflicts[0].path, FieldPath::of(&["data", "x"]));
    let object = applied(Some(&object), &config_map(json!({"x": "2"})), "b");
    assert_eq!(fields(&object, "a"), json!(null));
    assert_eq!(fields(&object, "b"), json!({"f:data": {"f:x": {}}}));
}
