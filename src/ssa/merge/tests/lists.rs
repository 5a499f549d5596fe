//! Items of lists: how they are told apart, and their order.

use super::*;

fn names(object: &Value) -> Vec<&str> {
    let items = object["spec"]["containers"].as_array().expect("a list");
    items.iter().filter_map(|item| item["name"].as_str()).collect()
}

fn containers(names: &[&str]) -> Value {
    let items: Vec<_> = names.iter().map(|name| json!({"name": name})).collect();
    pod(json!({"containers": items}))
}

#[test]
fn items_of_a_keyed_list_are_merged_by_their_keys() {
    let ports = |ports: Value| pod(json!({"containers": [{"name": "a", "ports": ports}]}));
    let object = applied(None, &ports(json!([{"containerPort": 80, "name": "http"}])), "a");
    // The protocol is the default one whether it is said or not.
    let object = applied(
        Some(&object),
        &ports(
            json!([{"containerPort": 80, "protocol": "TCP", "hostPort": 8080}, {"containerPort": 80, "protocol": "UDP"}]),
        ),
        "b",
    );
    assert_eq!(
        object["spec"]["containers"][0]["ports"],
        json!([
            {"containerPort": 80, "name": "http", "protocol": "TCP", "hostPort": 8080},
            {"containerPort": 80, "protocol": "UDP"},
        ])
    );
}

#[test]
fn an_item_that_another_owns_stays_without_what_is_given_up() {
    let object = applied(
        None,
        &pod(json!({"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "x"}]})),
        "a",
    );
    let object = applied(Some(&object), &containers(&["a"]), "b");
    let object = applied(Some(&object), &containers(&[]), "a");
    assert_eq!(object["spec"]["containers"], json!([{"name": "a"}]));
}

#[test]
fn the_order_is_that_of_the_configuration() {
    let object = applied(None, &containers(&["a", "b", "c"]), "a");
    assert_eq!(
        names(&applied(Some(&object), &containers(&["c", "a", "b"]), "a")),
        ["c", "a", "b"]
    );
    // What only the live list has comes as early as that order allows.
    assert_eq!(
        names(&applied(Some(&object), &containers(&["b", "d", "a"]), "b")),
        ["b", "c", "d", "a"]
    );
}

#[test]
fn items_that_only_the_live_list_has_stay_before_what_followed_them() {
    let object = applied(None, &containers(&["x", "a", "y", "b", "z"]), "a");
    let object = applied(Some(&object), &containers(&["a", "n", "b"]), "b");
    assert_eq!(names(&object), ["x", "a", "y", "n", "b", "z"]);
}

#[test]
fn a_key_can_be_given_once() {
    let twice = refused(None, &containers(&["a", "a"]), "a");
    assert_eq!(twice.to_string(), "spec.containers[a]: another item has the same key");
}

#[test]
fn a_key_that_is_left_out_has_the_default_of_its_field() {
    let object = applied(None, &pod(json!({"containers": [{"image": "x"}]})), "a");
    let owned = &fields(&object, "a")["f:spec"]["f:containers"];
    assert_eq!(*owned, json!({"k:{\"name\":\"\"}": {".": {}, "f:image": {}}}));
}

#[test]
fn items_that_are_there_twice_are_owned_as_one() {
    let live =
        pod(json!({"containers": [{"name": "a", "env": [{"name": "X", "value": "1"}, {"name": "X", "value": "2"}]}]}));
    let object = updated(None, &live, "u");
    let env = &fields(&object, "u")["f:spec"]["f:containers"]["k:{\"name\":\"a\"}"]["f:env"];
    assert_eq!(*env, json!({".": {}, "k:{\"name\":\"X\"}": {}}));
}

#[test]
fn items_of_a_set_are_merged_by_their_values() {
    let with = |finalizers: Value| {
        let mut config = config_map(json!({}));
        config["metadata"]["finalizers"] = finalizers;
        config
    };
    let object = applied(None, &with(json!(["x/a", "x/b"])), "a");
    let object = applied(Some(&object), &with(json!(["x/b", "x/c"])), "b");
    assert_eq!(object["metadata"]["finalizers"], json!(["x/a", "x/b", "x/c"]));
    let object = applied(Some(&object), &with(json!([])), "a");
    assert_eq!(object["metadata"]["finalizers"], json!(["x/b", "x/c"]));
}

#[test]
fn an_atomic_list_has_one_owner() {
    let args = |args: Value| pod(json!({"containers": [{"name": "a", "args": args}]}));
    let object = applied(None, &args(json!(["1", "2"])), "a");
    let MergeError::Conflicts(conflicts) = refused(Some(&object), &args(json!(["1"])), "b") else {
        panic!("a conflict")
    };
    assert_eq!(conflicts[0].path.to_string(), "spec.containers[a].args");
    let object = applied(Some(&object), &args(json!(["1"])), "b");
    assert_eq!(object["spec"]["containers"][0]["args"], json!(["1"]));
}
