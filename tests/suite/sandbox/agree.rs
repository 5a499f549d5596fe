//! What the sandbox claims of a cluster is what a real one does.

use std::time::Duration;

use futures::StreamExt as _;
use serde_json::{Value, json};
use stackanetes::cluster::{Failure, Propagation, Resource, Scope, WatchEvent};
use stackanetes::object::GroupVersionKind;

use super::both::{Both, Call, Means};

fn config_map(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    object.pointer_mut(parent).expect("it is there")[last] = value;
    object
}

fn deployment(replicas: i64) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "nginx", "env": [{"name": "A", "value": "a"}],
                    "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": "1000m"}}}]},
            },
        },
    })
}

#[test]
fn applies_and_their_conflicts() {
    let mut both = Both::new("both-apply");
    let one = |data: Value| config_map("one", data);
    // A dry-run stores nothing.
    both.same(Call::apply("a", one(json!({"x": "1"}))).dry_run());
    assert!(!both.is_there(&one(json!({}))));
    both.same(Call::apply("a", one(json!({"x": "1", "y": "1"}))));
    // The same again is nothing new.
    both.same(Call::apply("a", one(json!({"x": "1", "y": "1"}))));
    both.refused(Failure::Conflict, Call::apply("b", one(json!({"x": "2"}))));
    both.same(Call::apply("b", one(json!({"x": "1"}))));
    both.same(Call::forced("b", one(json!({"x": "2", "z": "2"}))).dry_run());
    both.same(Call::forced("b", one(json!({"x": "2", "z": "2"}))));
    both.same(Call::apply("a", one(json!({"y": "1"}))));
    both.same(Call::apply("b", one(json!({"z": "2"}))));
    both.same(Call::apply("a", one(json!({"y": null}))));
    both.same(Call::Replace(
        with(one(json!({"z": "3", "y": ""})), "/metadata/labels", json!({"l": "1"})),
        Means::Latest,
    ));
    both.refused(Failure::Conflict, Call::apply("b", one(json!({"z": "2"}))));
    both.same(Call::forced("b", one(json!({"z": "2"}))));

    both.same(Call::apply("a", deployment(1)));
    both.same(Call::apply("a", deployment(1)));
    both.same(Call::apply("a", deployment(2)));
    both.refused(Failure::Conflict, Call::apply("b", deployment(3)));
    both.same(Call::apply(
        "a",
        with(
            deployment(2),
            "/metadata/annotations",
            json!({"note": "counts as a generation"}),
        ),
    ));
    both.same(Call::apply(
        "a",
        with(deployment(2), "/metadata/labels", json!({"label": "does-not"})),
    ));
    let env = "/spec/template/spec/containers/0/env";
    let reordered = json!([{"name": "B", "value": "b"}, {"name": "A", "value": "a"}]);
    both.same(Call::forced("b", with(deployment(2), env, reordered)));
}

#[test]
fn which_object_is_meant() {
    let mut both = Both::new("both-meant");
    let one = |value: &str| config_map("one", json!({"x": value}));
    // A version alone creates what is not there; a UID does not.
    both.refused(Failure::Conflict, Call::apply("a", one("1")).means(Means::Latest));
    both.same(Call::apply("a", one("1")).means(Means::Version("1")));
    both.refused(Failure::Conflict, Call::apply("a", one("2")).means(Means::Version("1")));
    both.refused(Failure::Conflict, Call::apply("a", one("2")).means(Means::Stale));
    both.refused(Failure::Conflict, Call::apply("a", one("2")).means(Means::Other));
    both.refused(
        Failure::Conflict,
        Call::apply("a", one("2")).means(Means::Stale).dry_run(),
    );
    both.same(Call::apply("a", one("2")).means(Means::Latest));

    both.refused(Failure::AlreadyExists, Call::Create(one("3")));
    both.refused(Failure::Conflict, Call::Replace(one("3"), Means::Stale));
    both.refused(Failure::Conflict, Call::Replace(one("3"), Means::Other));
    both.same(Call::Replace(one("3"), Means::Latest));
    both.same(Call::Replace(one("4"), Means::Any));
    both.same(Call::Create(config_map("two", json!({"x": "1"}))));

    let background = Propagation::Background;
    both.refused(Failure::Conflict, Call::Delete(one(""), background, Means::Stale));
    both.refused(Failure::Conflict, Call::Delete(one(""), background, Means::Other));
    both.same(Call::Delete(one(""), background, Means::Latest));
    assert!(!both.is_there(&one("")));
    both.refused(Failure::NotFound, Call::Delete(one(""), background, Means::Latest));
    both.refused(Failure::NotFound, Call::Replace(one("5"), Means::Latest));
    both.refused(Failure::NotFound, Call::Replace(one("5"), Means::Any));

    // A Lease is created by a replace.
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "one"},
        "spec": {"holderIdentity": "me"}});
    both.refused(Failure::Conflict, Call::Replace(lease.clone(), Means::Latest));
    both.same(Call::Replace(lease.clone(), Means::Any));
    both.same(Call::Replace(lease, Means::Latest));
}

#[test]
fn what_is_refused() {
    let mut both = Both::new("both-refused");
    let elsewhere = with(
        config_map("one", json!({})),
        "/metadata/namespace",
        json!("both-nowhere"),
    );
    both.refused(Failure::NamespaceMissing, Call::apply("a", elsewhere.clone()));
    both.refused(Failure::NamespaceMissing, Call::apply("a", elsewhere.clone()).dry_run());
    both.refused(Failure::NamespaceMissing, Call::Create(elsewhere.clone()));
    both.refused(Failure::NotFound, Call::Replace(elsewhere.clone(), Means::Any));
    both.refused(
        Failure::NotFound,
        Call::Delete(elsewhere, Propagation::Background, Means::Latest),
    );
    let unknown = json!({"apiVersion": "nowhere.example.com/v1", "kind": "Thing", "metadata": {"name": "one"}});
    both.refused(Failure::NotFound, Call::apply("a", unknown));

    both.refused(
        Failure::Invalid,
        Call::apply("a", with(deployment(1), "/spec/replcas", json!(1))),
    );
    both.refused(Failure::Invalid, Call::apply("a", config_map("one", json!({"x": 1}))));
    both.refused(Failure::Invalid, Call::apply("a", config_map("One", json!({}))));
    both.refused(Failure::Invalid, Call::apply("a", config_map("a_b", json!({}))));
    let twice = json!([{"name": "A", "value": "a"}, {"name": "A", "value": "b"}]);
    both.refused(
        Failure::Invalid,
        Call::apply("a", with(deployment(1), "/spec/template/spec/containers/0/env", twice)),
    );
    let secret = |data: Value| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one"}, "data": data});
    both.refused(Failure::Invalid, Call::apply("a", secret(json!({"x": "hunter2!"}))));
    for labels in [
        json!({"a": "not so"}),
        json!({"a b": "c"}),
        json!({"A.b/c": "d"}),
        json!({"a": "-b"}),
    ] {
        both.refused(
            Failure::Invalid,
            Call::apply("a", with(config_map("one", json!({})), "/metadata/labels", labels)),
        );
    }
    let labelled = with(
        config_map("one", json!({})),
        "/metadata/labels",
        json!({"example.com/a": "B_c.1", "b": ""}),
    );
    both.same(Call::apply("a", labelled));
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "System:Any:Name"}, "rules": []});
    both.same(Call::apply("a", role));
}

#[test]
fn what_cannot_be_changed() {
    let mut both = Both::new("both-fixed");
    let mut refuses = |object: Value, pointer: &str, value: Value| {
        both.same(Call::apply("a", object.clone()));
        let changed = with(object, pointer, value);
        both.refused(Failure::Invalid, Call::apply("a", changed.clone()).dry_run());
        both.refused(Failure::Invalid, Call::apply("a", changed));
    };
    let sealed = with(config_map("sealed", json!({"x": "1"})), "/immutable", json!(true));
    refuses(sealed, "/data/x", json!("2"));
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "typed"}, "type": "Opaque"});
    refuses(secret, "/type", json!("example.com/other"));
    let mut other = deployment(1);
    other["metadata"]["name"] = "fixed".into();
    both_selectors(&mut refuses, other);
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": {
        "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "one"}]}}}});
    refuses(job, "/spec/template/spec/containers/0/image", json!("two"));
    let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "set"}, "spec": {
        "serviceName": "one",
        "selector": {"matchLabels": {"app": "set"}},
        "template": {"metadata": {"labels": {"app": "set"}}, "spec": {"containers": [{"name": "a", "image": "one"}]}}}});
    refuses(set.clone(), "/spec/serviceName", json!("two"));
    refuses(set.clone(), "/spec/podManagementPolicy", json!("Parallel"));
    let claim = json!([{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}}}}]);
    refuses(set, "/spec/volumeClaimTemplates", claim);
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "one"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "one"}});
    refuses(binding, "/roleRef/name", json!("two"));
}

/// The selector and the labels of the pods change together, or the server complains of both.
fn both_selectors(refuses: &mut impl FnMut(Value, &str, Value), deployment: Value) {
    let mut spec = deployment["spec"].clone();
    spec["selector"]["matchLabels"]["app"] = "other".into();
    spec["template"]["metadata"]["labels"]["app"] = "other".into();
    refuses(deployment, "/spec", spec);
}

#[test]
fn what_goes_with_what_is_deleted() {
    let mut both = Both::new("both-garbage");
    let owned = |name: &str, owners: &[(&str, bool)]| {
        let owners = owners.iter().map(|(owner, blocks)| {
            json!({"apiVersion": "v1", "kind": "ConfigMap", "name": owner, "uid": "", "blockOwnerDeletion": blocks})
        });
        with(
            config_map(name, json!({})),
            "/metadata/ownerReferences",
            owners.collect::<Vec<_>>().into(),
        )
    };
    for (propagation, prefix) in [(Propagation::Background, "b"), (Propagation::Foreground, "f")] {
        let name = |name: &str| format!("{prefix}-{name}");
        let (owner, second) = (name("owner"), name("second"));
        let plain = |name: &str| config_map(name, json!({}));
        let child = owned(&name("child"), &[(&owner, true)]);
        let grandchild = owned(&name("grandchild"), &[(&name("child"), true)]);
        let shared = owned(&name("shared"), &[(&owner, true), (&second, true)]);
        for object in [&plain(&owner), &plain(&second), &child, &grandchild, &shared] {
            both.same(Call::apply("a", object.clone()));
        }
        both.eventually(Call::Delete(plain(&owner), propagation, Means::Latest));
        for object in [&plain(&owner), &plain(&second), &child, &grandchild] {
            both.same_state(object);
        }
        assert!(!both.is_there(&grandchild) && both.is_there(&plain(&second)) && both.is_there(&shared));
        both.eventually(Call::Delete(plain(&second), propagation, Means::Latest));
        both.same_state(&shared);
        assert!(!both.is_there(&shared));
    }

    // A finalizer keeps it; what is applied to it then is lost with it.
    let kept = with(
        config_map("kept", json!({})),
        "/metadata/finalizers",
        json!(["example.com/keep"]),
    );
    both.same(Call::apply("a", kept.clone()));
    both.same(Call::Delete(kept.clone(), Propagation::Background, Means::Latest));
    assert!(both.is_there(&kept));
    both.same(Call::Delete(kept.clone(), Propagation::Background, Means::Latest));
    both.same(Call::apply("b", config_map("kept", json!({"late": "1"}))));
    both.same(Call::apply("a", config_map("kept", json!({}))));
    assert!(!both.is_there(&kept));
    // And an owner that waits for it.
    both.same(Call::apply("a", config_map("waits", json!({}))));
    let child = with(
        owned("keeps", &[("waits", true)]),
        "/metadata/finalizers",
        json!(["example.com/keep"]),
    );
    both.same(Call::apply("a", child));
    both.eventually(Call::Delete(
        config_map("waits", json!({})),
        Propagation::Foreground,
        Means::Latest,
    ));
    both.same_state(&config_map("keeps", json!({})));
    assert!(both.is_there(&config_map("waits", json!({}))));
    both.eventually(Call::apply("a", owned("keeps", &[("waits", true)])));
    both.same_state(&config_map("waits", json!({})));
    assert!(!both.is_there(&config_map("waits", json!({}))));
}

#[test]
fn a_namespace_takes_with_it_what_it_holds() {
    let mut both = Both::new("both-namespace");
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "both-namespace"}});
    let kept = with(
        config_map("kept", json!({})),
        "/metadata/finalizers",
        json!(["example.com/keep"]),
    );
    both.same(Call::apply("a", config_map("goes", json!({}))));
    both.same(Call::apply("a", kept.clone()));
    both.eventually(Call::Delete(namespace.clone(), Propagation::Background, Means::Latest));
    both.same_state(&config_map("goes", json!({})));
    both.same_state(&kept);
    assert!(both.is_there(&kept) && both.is_there(&namespace));
    both.refused(
        Failure::NamespaceTerminating,
        Call::apply("a", config_map("new", json!({}))),
    );
    both.refused(
        Failure::NamespaceTerminating,
        Call::Create(config_map("new", json!({}))),
    );
    both.eventually(Call::apply("a", config_map("kept", json!({}))));
    both.same_state(&namespace);
    assert!(!both.is_there(&namespace));
    both.refused(
        Failure::NamespaceMissing,
        Call::apply("a", config_map("new", json!({}))),
    );
}

#[test]
fn a_kind_and_its_objects() {
    let mut both = Both::new("both-kind");
    let version = |name: &str, storage: bool| {
        json!({"name": name, "served": true, "storage": storage, "subresources": {"status": {}}, "schema": {
            "openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "properties": {
                "size": {"type": "integer", "default": 3},
                "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
            }}, "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}})
    };
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "boxes.sandbox.example.com"}, "spec": {"group": "sandbox.example.com", "scope": "Namespaced",
        "names": {"kind": "Box", "listKind": "BoxList", "plural": "boxes", "singular": "box"},
        "versions": [version("v1beta1", false), version("v1", true)]}});
    let a_box = |version: &str, spec: Value| {
        json!({"apiVersion": format!("sandbox.example.com/{version}"), "kind": "Box",
        "metadata": {"name": "one"}, "spec": spec})
    };
    both.refused(Failure::NotFound, Call::apply("a", a_box("v1", json!({}))));
    both.refused(
        Failure::Invalid,
        Call::apply(
            "a",
            with(definition.clone(), "/metadata/name", json!("other.sandbox.example.com")),
        ),
    );
    both.eventually(Call::apply("a", definition.clone()));
    both.serves("sandbox.example.com/v1", "Box", true);
    both.same(Call::apply("a", a_box("v1", json!({"tags": ["x", "y"]}))));
    both.same(Call::apply("a", a_box("v1", json!({"tags": ["x", "y"]}))));
    both.same(Call::apply("b", a_box("v1", json!({"tags": ["z"]}))));
    both.same(Call::apply("b", a_box("v1beta1", json!({"size": 3}))));
    both.refused(
        Failure::Conflict,
        Call::apply("a", a_box("v1", json!({"size": 4, "tags": ["x"]}))),
    );
    both.same(Call::forced("a", a_box("v1", json!({"size": 4, "tags": ["x"]}))));
    both.refused(
        Failure::Invalid,
        Call::apply("a", a_box("v1", json!({"colour": "red"}))),
    );
    both.refused(
        Failure::Invalid,
        Call::apply("a", a_box("v1", json!({"size": "large"}))),
    );
    both.same_state(&a_box("v1beta1", json!({})));
    both.eventually(Call::Delete(definition.clone(), Propagation::Background, Means::Latest));
    both.same_state(&definition);
    both.serves("sandbox.example.com/v1", "Box", false);
    both.refused(Failure::NotFound, Call::apply("a", a_box("v1", json!({}))));
}

#[test]
fn lists_and_watches() {
    let mut both = Both::new("both-watch");
    let labelled = |name: &str, label: &str, value: &str| {
        with(
            config_map(name, json!({"x": value})),
            "/metadata/labels",
            json!({"app": label}),
        )
    };
    both.same(Call::apply("a", labelled("first", "web", "1")));
    both.same(Call::apply("a", labelled("other", "db", "1")));
    let resource = Resource {
        gvk: GroupVersionKind::new("v1", "ConfigMap"),
        plural: "configmaps".into(),
        namespaced: true,
        listable: true,
    };
    let scope = Scope::Namespace("both-watch".into());
    let mut told = Vec::new();
    {
        let (runtime, sides) = both.sides();
        let _entered = runtime.enter();
        for side in sides {
            let names = |selector: &str, scope: &Scope| -> Vec<String> {
                let listed = runtime.block_on(side.list(&resource, scope, selector)).expect("a list");
                listed.iter().map(|object| object.reference().to_string()).collect()
            };
            assert_eq!(names("app=web", &scope), ["ConfigMap both-watch/first"]);
            assert_eq!(
                names("app in (web,db),app!=web", &Scope::Cluster),
                ["ConfigMap both-watch/other"]
            );
            assert!(names("", &Scope::Namespace("both-nowhere".into())).is_empty());
            told.push(side.watch(&resource, &scope, "app=web"));
        }
    }
    let mut next = |both: &Both| -> Vec<String> {
        let (runtime, _) = both.sides();
        let one = |watch: &mut futures::stream::BoxStream<'static, _>| {
            let event: Result<WatchEvent, stackanetes::cluster::ClusterError> = runtime.block_on(async {
                let event = tokio::time::timeout(Duration::from_secs(30), watch.next());
                event.await.expect("in time").expect("an event")
            });
            match event.expect("no error") {
                WatchEvent::Applied(object) => format!("{} {}", object.reference().name, object.value()["data"]),
                WatchEvent::Deleted(object) => format!("{} gone", object.reference().name),
                other => format!("{other:?}"),
            }
        };
        told.iter_mut().map(one).collect()
    };
    let agreed = |events: Vec<String>, expected: &str| assert_eq!(events, [expected, expected]);
    agreed(next(&both), "Restarted");
    agreed(next(&both), "first {\"x\":\"1\"}");
    agreed(next(&both), "Listed");
    both.same(Call::apply("a", labelled("first", "web", "2")));
    agreed(next(&both), "first {\"x\":\"2\"}");
    both.same(Call::apply("a", labelled("second", "web", "1")));
    agreed(next(&both), "second {\"x\":\"1\"}");
    // What the selector does not select any more is gone.
    both.same(Call::apply("a", labelled("second", "db", "1")));
    agreed(next(&both), "second gone");
    both.same(Call::Delete(
        labelled("first", "web", ""),
        Propagation::Background,
        Means::Latest,
    ));
    agreed(next(&both), "first gone");
}

/// Every kind that counts generations, and some that do not.
#[test]
fn generations_are_counted_for_the_same_kinds() {
    let mut both = Both::new("both-generation");
    let ingress = |port: i64| {
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "a"},
        "spec": {"defaultBackend": {"service": {"name": "a", "port": {"number": port}}}}})
    };
    let policy = |key: &str| {
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "a"},
        "spec": {"podSelector": {"matchLabels": {"a": key}}}})
    };
    let budget = |count: i64| {
        json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "a"},
        "spec": {"maxUnavailable": count, "selector": {}}})
    };
    let cron = |schedule: &str| {
        json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "a"}, "spec": {
        "schedule": schedule, "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Never",
            "containers": [{"name": "a", "image": "a"}]}}}}}})
    };
    let service = |port: i64| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"},
        "spec": {"ports": [{"port": port}]}})
    };
    let account = |yes: bool| {
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"},
        "automountServiceAccountToken": yes})
    };
    let scaler = |most: i64| {
        json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"},
        "spec": {"maxReplicas": most, "scaleTargetRef": {"kind": "Deployment", "name": "a", "apiVersion": "apps/v1"}}})
    };
    let template = |image: &str| {
        json!({"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "a"},
        "template": {"spec": {"containers": [{"name": "a", "image": image}]}}})
    };
    let role = |verb: &str| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "a"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": [verb]}]})
    };
    for (before, after) in [
        (ingress(80), ingress(81)),
        (policy("a"), policy("b")),
        (budget(1), budget(2)),
        (cron("0 0 * * *"), cron("1 0 * * *")),
        (service(80), service(81)),
        (account(true), account(false)),
        (scaler(1), scaler(2)),
        (template("a"), template("b")),
        (role("get"), role("list")),
    ] {
        both.same(Call::apply("a", before.clone()));
        both.same(Call::apply("a", with(before, "/metadata/labels", json!({"a": "b"}))));
        both.same(Call::apply("a", after));
    }
}
