//! What is proved by a walk is proved by a merge too.

use super::*;
use crate::ssa::merge::proof::merges_into_itself;
use crate::ssa::merge::unchanged::is_unchanged;

fn config() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "a", "labels": {"app": "web"}, "finalizers": ["a.example.com/x", "a.example.com/y"]},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
                "nodeSelector": {"disk": "fast"},
                "containers": [
                    {"name": "web", "image": "nginx", "args": ["a", "b"], "resources": {"limits": {"cpu": "1"}},
                        "env": [{"name": "A", "value": "a"}, {"name": "B", "value": "b"}],
                        "ports": [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 53, "protocol": "UDP"}]},
                    {"name": "side", "image": "envoy"},
                ],
                "volumes": [{"name": "tmp", "emptyDir": {}}],
            }},
        },
    })
}

/// What somebody may have changed: the place, and the value there; `null` takes it away.
fn edits() -> Vec<(&'static str, Value)> {
    let container = |rest: &str| format!("/spec/template/spec/containers/0{rest}").leak() as &str;
    vec![
        ("/spec/replicas", json!(3)),
        ("/spec/replicas", json!(2.0)),
        ("/spec/paused", json!(false)),
        ("/spec/strategy", json!({"type": "Recreate"})),
        ("/status", json!({"replicas": 2})),
        ("/metadata/labels/app", json!("other")),
        ("/metadata/labels/team", json!("x")),
        ("/metadata/labels", json!({})),
        ("/metadata/annotations", json!({})),
        ("/metadata/finalizers", json!(["a.example.com/y", "a.example.com/x"])),
        ("/metadata/finalizers", json!([])),
        ("/metadata/finalizers", json!([{}, "a.example.com/y"])),
        ("/spec/selector", json!({"matchLabels": {"app": "web", "tier": "x"}})),
        ("/spec/template/spec/nodeSelector", json!({"disk": "fast", "zone": "1"})),
        ("/spec/template/spec/volumes/0/emptyDir", json!({"medium": "Memory"})),
        ("/spec/template/spec/volumes", json!("none")),
        (container("/image"), json!("other")),
        (container("/args"), json!(["a"])),
        (container("/resources/limits/cpu"), json!("1000m")),
        (container("/resources/limits/cpu"), json!(1)),
        (
            container("/env"),
            json!([{"name": "B", "value": "b"}, {"name": "A", "value": "a"}]),
        ),
        (
            container("/env"),
            json!([{"name": "A", "value": "a"}, {"name": "A", "value": "a"}]),
        ),
        (container("/env"), json!([{"name": "A", "value": "a"}, {"value": "b"}])),
        (container("/env/1"), json!({"name": "B", "value": "b", "valueFrom": {}})),
        (
            container("/ports"),
            json!([{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"}]),
        ),
        (container("/ports/1/protocol"), json!("TCP")),
        (container("/lifecycle"), json!({})),
        (container(""), json!({"name": "side", "image": "envoy"})),
        ("/unknown", json!(1)),
    ]
}

/// What somebody may have changed of who owns what.
fn owner_edits() -> Vec<(&'static str, Value)> {
    let spec = "/metadata/managedFields/0/fieldsV1/f:spec";
    vec![
        ("/metadata/managedFields/0/apiVersion", json!("apps/v1beta1")),
        ("/metadata/managedFields/0/operation", json!("Update")),
        ("/metadata/managedFields/0/subresource", json!("scale")),
        ("/metadata/managedFields/0/fieldsV1", json!({})),
        ("/metadata/managedFields/0/fieldsV1/.", json!({})),
        (format!("{spec}/f:replicas").leak(), Value::Null),
        (format!("{spec}/f:paused").leak(), json!({})),
        (
            format!("{spec}/f:selector").leak(),
            json!({"f:matchLabels": {"f:app": {}}}),
        ),
        ("/metadata/managedFields", json!([])),
    ]
}

fn edited(object: &Value, (at, value): &(&str, Value)) -> Value {
    let mut object = object.clone();
    let (above, last) = at.rsplit_once('/').expect("a pointer");
    match object.pointer_mut(above) {
        Some(Value::Object(fields)) if value.is_null() => _ = fields.remove(last),
        Some(Value::Object(fields)) => _ = fields.insert(last.to_owned(), value.clone()),
        Some(Value::Array(items)) => items[last.parse::<usize>().expect("a position")] = value.clone(),
        other => panic!("{at}: {other:?}"),
    }
    object
}

/// Whether both see that nothing would change.
fn seen(live: &Value, config: &Value) -> (bool, bool) {
    let schema = Schema::bundled();
    let kind = schema.kind_of(config).expect("a Deployment");
    (
        is_unchanged(kind, live, config, "ours"),
        merges_into_itself(schema, kind, (live, config), "ours"),
    )
}

#[test]
fn what_stands_as_it_was_applied_is_seen_without_merging() {
    let live = applied(None, &config(), "ours");
    assert_eq!(seen(&live, &config()), (true, true));
    let others = [
        ("/status", json!({"replicas": 2})),
        ("/metadata/labels/team", json!("x")),
        ("/metadata/annotations", json!({"a": "b"})),
        ("/spec/strategy", json!({"type": "Recreate"})),
    ];
    for edit in others {
        let theirs = updated(Some(&live), &edited(&live, &edit), "theirs");
        assert_eq!(seen(&theirs, &config()), (true, true), "{edit:?}");
    }
}

#[test]
fn what_a_walk_proves_a_merge_proves_too() {
    let live = applied(None, &config(), "ours");
    let (mut walked, mut merged) = (0, 0);
    let live_edits: Vec<_> = edits().into_iter().chain(owner_edits()).collect();
    let lives: Vec<Value> = live_edits
        .iter()
        .map(|edit| edited(&live, edit))
        .chain([live.clone()])
        .collect();
    let updates = edits().into_iter().map(|edit| edited(&live, &edit));
    let updates: Vec<Value> = updates
        .filter_map(|new| Some(update(Schema::bundled(), Some(&live), &new, &at("theirs")).ok()?.object))
        .collect();
    let removals = [("/spec/replicas", Value::Null), ("/metadata/finalizers", Value::Null)];
    let configs: Vec<Value> = edits()
        .iter()
        .chain(&removals)
        .map(|edit| edited(&config(), edit))
        .chain([config()])
        .collect();
    for live in lives.iter().chain(&updates) {
        for config in &configs {
            let (by_walk, by_merge) = seen(live, config);
            assert!(by_merge || !by_walk, "{live:#}\n{config:#}");
            walked += usize::from(by_walk);
            merged += usize::from(by_merge);
        }
        let applied_again = configs.iter().filter_map(|config| {
            let done = apply(Schema::bundled(), Some(live), config, &at("ours"), OnConflict::Force);
            Some((done.ok()?.object, config))
        });
        for (live, config) in applied_again {
            let (by_walk, by_merge) = seen(&live, config);
            assert!(by_merge || !by_walk, "{live:#}\n{config:#}");
            walked += usize::from(by_walk);
            merged += usize::from(by_merge);
        }
    }
    assert!(walked > 100 && merged >= walked, "{walked} of {merged}");
}
