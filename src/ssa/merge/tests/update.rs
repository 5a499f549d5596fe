//! Writes that are no applies.

use super::*;

#[test]
fn who_creates_an_object_owns_all_that_is_not_always_there() {
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {
        "selector": {"matchLabels": {"app": "x"}},
        "strategy": {"type": "Recreate"},
        "template": {"spec": {"containers": [{"name": "a", "resources": {}}]}},
    }});
    let object = updated(None, &deployment, "u");
    let container = json!({".": {}, "f:name": {}, "f:resources": {}});
    assert_eq!(
        fields(&object, "u"),
        json!({"f:spec": {
            "f:selector": {},
            "f:strategy": {"f:type": {}},
            "f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"a\"}": container}}},
        }})
    );
}

#[test]
fn an_update_takes_what_it_changes_from_all_others() {
    let object = applied(None, &config_map(json!({"x": "1", "y": "1"})), "a");
    let object = updated(Some(&object), &config_map(json!({"x": "2", "y": "1"})), "u");
    assert_eq!(fields(&object, "a"), json!({"f:data": {"f:y": {}}}));
    assert_eq!(fields(&object, "u"), json!({"f:data": {"f:x": {}}}));
    // What it had before, it keeps.
    let object = updated(Some(&object), &config_map(json!({"x": "2", "y": "2"})), "u");
    assert_eq!(fields(&object, "a"), json!(null));
    assert_eq!(fields(&object, "u"), json!({"f:data": {"f:x": {}, "f:y": {}}}));
}

#[test]
fn what_an_update_removes_is_nobodys() {
    let object = applied(None, &config_map(json!({"x": "1", "y": "1"})), "a");
    let object = updated(Some(&object), &config_map(json!({"x": "1"})), "u");
    assert_eq!(fields(&object, "a"), json!({"f:data": {"f:x": {}}}));
    assert_eq!(fields(&object, "u"), json!(null));
}

#[test]
fn an_update_that_changes_nothing_owns_nothing() {
    let object = applied(None, &config_map(json!({"x": "1"})), "a");
    assert_eq!(updated(Some(&object), &object, "u"), object);
}

#[test]
fn owners_can_be_forgotten_and_are_not_known_then() {
    let object = applied(None, &config_map(json!({"x": "1"})), "a");
    let mut forgotten = object.clone();
    forgotten["metadata"]["managedFields"] = json!([{}]);
    let object = updated(Some(&object), &forgotten, "u");
    assert_eq!(object["metadata"].get("managedFields"), None);
    let object = updated(Some(&object), &config_map(json!({"x": "2"})), "u");
    assert_eq!(object["metadata"].get("managedFields"), None);
}

#[test]
fn of_more_than_ten_updaters_the_oldest_become_one() {
    let mut data = json!({});
    let mut object = None;
    for number in 10..22 {
        data[format!("x{number}")] = json!("1");
        let writer = Writer::new(format!("u{number}"), format!("2026-01-01T00:00:{number}Z"));
        let merged = update(Schema::bundled(), object.as_ref(), &config_map(data.clone()), &writer);
        object = Some(merged.expect("it can be written").object);
    }
    let object = object.expect("an object");
    let managers = ManagedFields::read(&object);
    let names: Vec<_> = managers.entries().map(|(manager, _)| manager.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "ancient-changes",
            "u13",
            "u14",
            "u15",
            "u16",
            "u17",
            "u18",
            "u19",
            "u20",
            "u21"
        ]
    );
    assert_eq!(
        fields(&object, "ancient-changes"),
        json!({"f:data": {".": {}, "f:x10": {}, "f:x11": {}, "f:x12": {}}})
    );
}
