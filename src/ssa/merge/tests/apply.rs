//! Ownership and conflicts.

use super::*;

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
fn the_same_value_makes_two_owners_and_no_conflict() {
    let object = applied(None, &config_map(json!({"x": "1"})), "a");
    let merged = apply(
        Schema::bundled(),
        Some(&object),
        &config_map(json!({"x": "1"})),
        &at("b"),
        OnConflict::Refuse,
    );
    let object = merged.expect("no conflict").object;
    assert_eq!(fields(&object, "a"), fields(&object, "b"));
    // An apply that changes nothing has no time.
    assert_eq!(object["metadata"]["managedFields"][0]["manager"], "b");
    assert_eq!(object["metadata"]["managedFields"][0].get("time"), None);
}

#[test]
fn a_forced_apply_takes_a_field_from_its_owner() {
    let object = applied(None, &config_map(json!({"x": "1"})), "a");
    let MergeError::Conflicts(conflicts) = refused(Some(&object), &config_map(json!({"x": "2"})), "b") else {
        panic!("a conflict")
    };
    assert_eq!(conflicts[0].path, FieldPath::of(&["data", "x"]));
    assert_eq!(conflicts[0].manager.name, "a");
    let object = applied(Some(&object), &config_map(json!({"x": "2"})), "b");
    assert_eq!(fields(&object, "a"), json!(null));
    assert_eq!(fields(&object, "b"), json!({"f:data": {"f:x": {}}}));
}

#[test]
fn null_and_empty_maps_are_owned_and_empty_keyed_lists_are_not() {
    let config = pod(json!({
        "restartPolicy": null,
        "securityContext": {},
        "containers": [{"name": "a", "env": [], "args": [], "command": null}],
    }));
    let object = applied(None, &config, "a");
    let container = json!({".": {}, "f:name": {}, "f:args": {}, "f:command": {}});
    assert_eq!(
        fields(&object, "a"),
        json!({"f:spec": {
            "f:restartPolicy": {},
            "f:securityContext": {},
            "f:containers": {"k:{\"name\":\"a\"}": container},
        }})
    );
}

#[test]
fn an_atomic_map_has_one_owner() {
    let object = applied(None, &pod(json!({"nodeSelector": {"disk": "ssd"}})), "a");
    assert_eq!(fields(&object, "a"), json!({"f:spec": {"f:nodeSelector": {}}}));
    let object = applied(Some(&object), &pod(json!({"nodeSelector": {"zone": "x"}})), "b");
    assert_eq!(object["spec"]["nodeSelector"], json!({"zone": "x"}));
    assert_eq!(fields(&object, "a"), json!(null));
}

#[test]
fn what_is_not_in_the_schema_is_refused() {
    let MergeError::Invalid(mistakes) = refused(None, &pod(json!({"contaners": []})), "a") else {
        panic!("a mistake")
    };
    assert_eq!(mistakes[0].to_string(), "spec.contaners: field not declared in schema");
    let wrong = pod(json!({"containers": [{"name": 1}]}));
    assert_eq!(
        refused(None, &wrong, "a").to_string(),
        "spec.containers[1].name: expected a string, got a number"
    );
    let unknown = json!({"apiVersion": "example.com/v1", "kind": "Unknown", "metadata": {}});
    assert_eq!(
        refused(None, &unknown, "a").to_string(),
        "no schema for example.com/v1 Unknown"
    );
}

#[test]
fn a_status_is_neither_set_nor_owned_through_the_object() {
    let mut config = pod(json!({"restartPolicy": "Never"}));
    config["status"] = json!({"phase": "Running"});
    let object = applied(None, &config, "a");
    assert_ne!(object["status"]["phase"], "Running");
    assert_eq!(fields(&object, "a"), json!({"f:spec": {"f:restartPolicy": {}}}));

    let status = Writer {
        subresource: "status".into(),
        ..at("b")
    };
    config["spec"] = json!({"restartPolicy": "Always"});
    let merged = apply(Schema::bundled(), Some(&object), &config, &status, OnConflict::Force);
    let object = merged.expect("it can be applied").object;
    assert_eq!(object["status"]["phase"], "Running");
    assert_eq!(object["spec"]["restartPolicy"], "Never");
    assert_eq!(fields(&object, "b"), json!({"f:status": {"f:phase": {}}}));
}

#[test]
fn of_an_object_without_owners_all_is_owned_from_before() {
    let object = applied(
        Some(&config_map(json!({"x": "1", "y": "2"}))),
        &config_map(json!({"x": "1"})),
        "a",
    );
    assert_eq!(
        fields(&object, "before-first-apply"),
        json!({"f:data": {".": {}, "f:x": {}, "f:y": {}}})
    );
}
