//! What is predicted, next to what a real API server was seen to answer.

use serde_json::{Value, json};

use super::*;

fn predicted(live: Option<&Value>, sent: &Value, is_as_applied: bool) -> Predicted {
    let request = Request {
        live,
        sent,
        writer: &Writer::new("ours", "2026-01-02T00:00:00Z"),
        on_conflict: OnConflict::Force,
        is_as_applied,
    };
    predict(Schema::bundled(), &request).expect("it can be predicted")
}

/// The object that an apply by this manager leaves behind.
fn applied(manager: &str, sent: &Value) -> Value {
    let request = Request {
        live: None,
        sent,
        writer: &Writer::new(manager, "2026-01-01T00:00:00Z"),
        on_conflict: OnConflict::Refuse,
        is_as_applied: false,
    };
    predict(Schema::bundled(), &request)
        .expect("it can be predicted")
        .object
}

fn deployment(spec: Value) -> Value {
    let mut object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "a"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "nginx:1"}]},
        }},
    });
    for (name, value) in spec.as_object().expect("a map") {
        object["spec"][name] = value.clone();
    }
    object
}

fn without_owners(mut object: Value) -> Value {
    take_metadata(&mut object, "managedFields");
    object
}

#[test]
fn a_field_that_is_taken_back_has_its_default_again() {
    let live = applied(
        "ours",
        &deployment(json!({"replicas": 3, "strategy": {"type": "Recreate"}})),
    );
    assert_eq!(live["spec"]["replicas"], 3);
    let after = predicted(Some(&live), &deployment(json!({})), false).object;
    assert_eq!(after["spec"]["replicas"], 1);
    let rolling = json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}});
    assert_eq!(after["spec"]["strategy"], rolling);
}

#[test]
fn what_means_the_same_keeps_its_spelling() {
    let sent = deployment(json!({"template": {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"hostNetwork": false, "containers": [
            {"name": "web", "image": "nginx", "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}}},
        ]},
    }}));
    let mut live = applied("ours", &sent);
    live["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"] = json!({"cpu": "1", "memory": "1Gi"});
    let spec = live["spec"]["template"]["spec"].as_object_mut();
    spec.expect("a map").remove("hostNetwork");
    let after = predicted(Some(&live), &sent, false);
    assert_eq!(without_owners(after.object), without_owners(live.clone()));
    // What was not there and not ours is shown.
    let more = json!({"automountServiceAccountToken": false});
    let mut sent = sent;
    for (name, value) in more.as_object().expect("a map") {
        sent["spec"]["template"]["spec"][name] = value.clone();
    }
    let after = predicted(Some(&live), &sent, false).object;
    assert_eq!(after["spec"]["template"]["spec"]["automountServiceAccountToken"], false);
}

#[test]
fn defaults_inside_of_a_value_that_is_owned_as_a_whole_are_no_difference() {
    let policy = |port: Value| {
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "web"},
            "spec": {"podSelector": {}, "ingress": [{"ports": [port]}]},
        })
    };
    let live = applied("ours", &policy(json!({"port": 80, "endPort": 90})));
    let ports = &live["spec"]["ingress"][0]["ports"];
    assert_eq!(*ports, json!([{"port": 80, "endPort": 90, "protocol": "TCP"}]));
    let after = predicted(Some(&live), &policy(json!({"port": 80})), false).object;
    assert_eq!(
        after["spec"]["ingress"][0]["ports"],
        json!([{"port": 80, "protocol": "TCP"}])
    );
    // A default that nobody here knows of: it is one if git says what it said.
    let mut live = live;
    live["spec"]["ingress"][0]["from"] = json!([{"podSelector": {}}]);
    let same = policy(json!({"port": 80, "endPort": 90}));
    let kept = predicted(Some(&live), &same, true).object;
    assert_eq!(without_owners(kept), without_owners(live.clone()));
    assert!(predicted(Some(&live), &same, false).object["spec"]["ingress"][0]["from"].is_null());
}

#[test]
fn the_managers_that_lose_a_field_are_named() {
    let settings = |log: &str| {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "resourceVersion": "1", "uid": "u"},
            "data": {"log": log},
        })
    };
    let live = applied("theirs", &settings("info"));
    let after = predicted(Some(&live), &settings("debug"), false);
    assert_eq!(after.taken.len(), 1);
    assert_eq!(after.taken[0].manager.name, "theirs");
    assert_eq!(after.taken[0].path.to_string(), "data.log");
    assert_eq!(after.object["data"]["log"], "debug");
    assert!(after.object["metadata"]["uid"].is_null(), "a precondition is no field");
    assert!(predicted(Some(&live), &settings("info"), false).taken.is_empty());
}

#[test]
fn a_prediction_says_what_was_stored_whatever_the_spelling() {
    let sent = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "labels": {}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}},
    });
    let predicted = predicted(None, &sent, false).object;
    let mut stored = predicted.clone();
    stored["spec"]["resources"]["requests"]["storage"] = "1Gi".into();
    let spelled = spelled_as_stored(Schema::bundled(), predicted, &stored, "ours");
    assert_eq!(spelled, stored);
    stored["spec"]["resources"]["requests"]["storage"] = "2Gi".into();
    assert_ne!(spelled_as_stored(Schema::bundled(), spelled, &stored, "ours"), stored);
}

#[test]
fn what_the_schema_does_not_allow_is_refused() {
    let mut sent = deployment(json!({}));
    sent["spec"]["replica"] = 1.into();
    let request = Request {
        live: None,
        sent: &sent,
        writer: &Writer::new("ours", ""),
        on_conflict: OnConflict::Force,
        is_as_applied: false,
    };
    let refused = predict(Schema::bundled(), &request).expect_err("it is not valid");
    assert_eq!(refused.to_string(), "spec.replica: field not declared in schema");
}

#[test]
fn what_is_written_out_is_what_a_typed_structure_holds() {
    let sent = deployment(json!({"paused": false, "minReadySeconds": 0, "template": {
        "metadata": {"labels": {"app": "web"}, "annotations": {}},
        "spec": {"hostNetwork": false, "automountServiceAccountToken": false, "nodeSelector": {}, "containers": [{
            "name": "web", "image": "nginx:1", "tty": false,
            "env": [{"name": "A", "value": ""}],
            "resources": {"limits": {"cpu": 0.5, "memory": "1024Mi"}},
        }]},
    }}));
    let stored = applied("ours", &sent);
    let spec = &stored["spec"]["template"]["spec"];
    assert!(stored["spec"]["paused"].is_null() && stored["spec"]["minReadySeconds"].is_null());
    assert!(spec["hostNetwork"].is_null() && spec["nodeSelector"].is_null());
    assert_eq!(
        spec["automountServiceAccountToken"], false,
        "a pointer is told from nothing"
    );
    let container = &spec["containers"][0];
    assert_eq!(container["env"], json!([{"name": "A"}]));
    assert_eq!(
        container["resources"]["limits"],
        json!({"cpu": "500m", "memory": "1Gi"})
    );
    assert_eq!(container["imagePullPolicy"], "IfNotPresent");

    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "none"}});
    assert_eq!(applied("ours", &role)["rules"], Value::Null);
    assert!(applied("ours", &role).as_object().expect("a map").contains_key("rules"));
}

#[test]
fn a_custom_object_has_typed_metadata_and_untyped_numbers() {
    let mut schema = Schema::bundled().clone();
    schema.add_custom(
        &json!({"spec": {"group": "example.com", "names": {"kind": "Widget"}, "versions": [
            {"name": "v1", "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            }}}},
        ]}}),
    );
    let sent = json!({
        "apiVersion": "example.com/v1", "kind": "Widget",
        "metadata": {"name": "w", "labels": {"team": null}, "annotations": null},
        "spec": {"size": 2.0, "share": 0.5, "empty": {}},
    });
    let request = Request {
        live: None,
        sent: &sent,
        writer: &Writer::new("ours", ""),
        on_conflict: OnConflict::Refuse,
        is_as_applied: false,
    };
    let stored = predict(&schema, &request).expect("it can be predicted").object;
    assert_eq!(
        without_owners(stored)["metadata"],
        json!({"name": "w", "labels": {"team": ""}})
    );
    let spec = predict(&schema, &request).expect("it can be predicted").object["spec"].take();
    assert_eq!(spec.to_string(), r#"{"empty":{},"share":0.5,"size":2}"#);
}

#[test]
fn a_default_that_the_server_does_not_have_is_not_filled_in() {
    let live = applied("ours", &deployment(json!({})));
    let mut older = live.clone();
    older["spec"]
        .as_object_mut()
        .expect("a map")
        .remove("revisionHistoryLimit");
    let sent = deployment(json!({"replicas": 3}));
    let after = predicted(Some(&older), &sent, false).object;
    assert!(after["spec"]["revisionHistoryLimit"].is_null());
    assert_eq!(
        predicted(Some(&live), &sent, false).object["spec"]["revisionHistoryLimit"],
        10
    );
}
