//! What objects let somebody do beyond their live state.

use serde_json::json;

use super::*;

const RBAC: &str = "rbac.authorization.k8s.io";

fn gained(group: &str, kind: &str, wanted: &Value, live: Option<&Value>) -> Vec<Privilege> {
    let kind = GroupKind::new(group, kind);
    Privilege::gained(&kind, wanted, live, &|_| false).into_iter().collect()
}

fn found(group: &str, kind: &str, value: &Value) -> Vec<Privilege> {
    gained(group, kind, value, None)
}

fn role(role: &str, to: &[&str]) -> Privilege {
    Privilege::Role {
        role: role.to_owned(),
        to: to.iter().map(|name| (*name).to_owned()).collect(),
    }
}

#[test]
fn a_binding_tells_whom_it_gives_a_role_that_may_do_everything() {
    let binding = |kind: &str, name: &str, subjects: &Value| json!({"roleRef": {"kind": kind, "name": name}, "subjects": subjects});
    let one = json!([{"kind": "ServiceAccount", "namespace": "shop", "name": "web"}]);
    let two = json!([{"kind": "ServiceAccount", "namespace": "shop", "name": "web"}, {"kind": "Group", "name": "all"}]);
    let admin = |subjects| binding("ClusterRole", "cluster-admin", subjects);
    let kind = "ClusterRoleBinding";
    let first = role("cluster-admin", &["ServiceAccount shop/web"]);
    assert_eq!(found(RBAC, kind, &admin(&one)), [first]);
    let more = gained(RBAC, kind, &admin(&two), Some(&admin(&one)));
    assert_eq!(more, [role("cluster-admin", &["Group all"])]);
    assert_eq!(gained(RBAC, kind, &admin(&one), Some(&admin(&two))), []);
    assert_eq!(found(RBAC, "RoleBinding", &binding("ClusterRole", "view", &one)), []);
    assert_eq!(
        found(RBAC, "RoleBinding", &binding("Role", "edit", &one)),
        [],
        "a role of its own"
    );
}

#[test]
fn rules_that_are_new_or_changed_and_give_much_are_found() {
    let rule = |resource: &str, verb: &str| json!({"apiGroups": [""], "resources": [resource], "verbs": [verb]});
    let rules = |rules: &[Value]| json!({"rules": rules});
    let named = json!({"resources": ["secrets"], "verbs": ["get"], "resourceNames": ["own"]});
    let wanted = rules(&[named, rule("users", "impersonate")]);
    assert_eq!(
        found(RBAC, "ClusterRole", &wanted),
        [Privilege::Verb("impersonate".into())]
    );
    let wanted = rules(&[rule("secrets", "list"), rule("*", "get")]);
    assert_eq!(found(RBAC, "Role", &wanted), [Privilege::Wildcard, Privilege::Secrets]);
    let before = rules(&[rule("configmaps", "*")]);
    let wider = rules(&[rule("*", "*")]);
    assert_eq!(gained(RBAC, "Role", &wider, Some(&before)), [Privilege::Wildcard]);
    assert_eq!(gained(RBAC, "Role", &before, Some(&before)), []);
}

#[test]
fn pods_that_reach_the_node_are_found_whatever_makes_them() {
    let spec = json!({
        "hostNetwork": true,
        "hostPID": false,
        "volumes": [{"name": "run", "hostPath": {"path": "/run"}}, {"name": "tmp", "emptyDir": {}}],
        "initContainers": [{"name": "a", "securityContext": {"capabilities": {
            "add": ["NET_ADMIN", "NET_BIND_SERVICE"], "drop": ["ALL"],
        }}}],
        "containers": [{"name": "b", "securityContext": {"privileged": true}}, {"name": "c"}],
    });
    let expected = [
        Privilege::Privileged,
        Privilege::Host("hostNetwork".into()),
        Privilege::HostPath("/run".into()),
        Privilege::Capability("NET_ADMIN".into()),
    ];
    let template = |spec: &Value| json!({"spec": {"template": {"spec": spec}}});
    assert_eq!(found("apps", "DaemonSet", &template(&spec)), expected);
    assert_eq!(found("", "Pod", &json!({"spec": spec})), expected);
    let job = json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}});
    assert_eq!(found("batch", "CronJob", &job), expected);
    assert_eq!(
        gained("apps", "DaemonSet", &template(&spec), Some(&template(&spec))),
        []
    );
    let mut more = spec.clone();
    more["containers"][1]["securityContext"] = json!({"privileged": true});
    assert_eq!(
        gained("apps", "DaemonSet", &template(&more), Some(&template(&spec))),
        [Privilege::Privileged],
        "another container"
    );
}

#[test]
fn names_that_must_not_be_shown_are_hidden() {
    let spec = json!({"spec": {"volumes": [{"hostPath": {"path": "/mnt/hunter2"}}]}});
    let found = Privilege::gained(&GroupKind::new("", "Pod"), &spec, None, &|path| {
        path.is_under(&["spec"])
    });
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        [Privilege::HostPath(HIDDEN.to_owned())]
    );
}

#[test]
fn what_is_reached_from_outside_and_what_sees_all_writes_is_found() {
    let service = |kind: &str| json!({"spec": {"type": kind}});
    assert_eq!(found("", "Service", &service("ClusterIP")), []);
    let balanced = [Privilege::Exposed("LoadBalancer".into())];
    assert_eq!(found("", "Service", &service("LoadBalancer")), balanced);
    assert_eq!(
        gained("", "Service", &service("NodePort"), Some(&service("NodePort"))),
        []
    );
    let hooks =
        |names: &[&str]| json!({"webhooks": names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()});
    let group = "admissionregistration.k8s.io";
    let kind = "MutatingWebhookConfiguration";
    assert_eq!(
        gained(group, kind, &hooks(&["a", "b"]), Some(&hooks(&["a"]))),
        [Privilege::Webhook]
    );
    assert_eq!(gained(group, kind, &hooks(&["a"]), Some(&hooks(&["a"]))), []);
    assert_eq!(found(group, "ValidatingWebhookConfiguration", &json!({})), []);
}

#[test]
fn a_webhook_that_is_stored_as_it_was_is_the_same_whoever_put_its_certificates_there() {
    let stored = json!({
        "name": "a.example.com",
        "clientConfig": {"service": {"name": "hook", "namespace": "shop", "port": 443}, "caBundle": "LS0tLS1CRUdJTg=="},
        "rules": [{"apiGroups": [""], "operations": ["CREATE"], "resources": ["pods"], "scope": "*"}],
        "objectSelector": {"matchLabels": {"hook": "yes"}},
    });
    let gained = |wanted: &Value| {
        let list = |webhook: &Value| json!({"webhooks": [webhook]});
        gained(
            WEBHOOKS,
            "MutatingWebhookConfiguration",
            &list(wanted),
            Some(&list(&stored)),
        )
    };
    let changed = |pointer: &str, value: Value| {
        let mut webhook = stored.clone();
        *webhook.pointer_mut(pointer).expect("it is there") = value;
        gained(&webhook)
    };
    assert_eq!(gained(&stored), []);
    assert_eq!(changed("/clientConfig/caBundle", "LS0tLS1FTkQ=".into()), []);
    for (pointer, value) in [
        ("/name", json!("b.example.com")),
        ("/clientConfig/service/name", json!("other")),
        ("/rules/0/resources", json!(["pods", "secrets"])),
        ("/objectSelector", json!({})),
    ] {
        assert_eq!(changed(pointer, value), [Privilege::Webhook], "{pointer}");
    }
}

#[test]
fn a_binding_that_the_server_filled_in_gives_nothing_new() {
    let written = json!({
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [
            {"kind": "User", "name": "anna"},
            {"kind": "ServiceAccount", "namespace": "shop", "name": "web", "apiGroup": ""},
        ],
    });
    let stored = json!({
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [
            {"apiGroup": RBAC, "kind": "User", "name": "anna"},
            {"kind": "ServiceAccount", "namespace": "shop", "name": "web"},
        ],
    });
    assert_eq!(gained(RBAC, "ClusterRoleBinding", &written, Some(&stored)), []);
    let mut elsewhere = written.clone();
    elsewhere["subjects"][1]["namespace"] = "other".into();
    assert_eq!(
        gained(RBAC, "ClusterRoleBinding", &elsewhere, Some(&stored)),
        [role("cluster-admin", &["ServiceAccount other/web"])]
    );
}

#[test]
fn a_rule_is_the_same_without_its_empty_lists_and_in_another_order() {
    let rules = |rule: Value| json!({"rules": [rule]});
    let stored = rules(json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}));
    let written = json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "get"], "resourceNames": []});
    assert_eq!(gained(RBAC, "Role", &rules(written), Some(&stored)), []);
    let named =
        json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"], "resourceNames": ["own"]});
    assert_eq!(
        gained(RBAC, "Role", &stored, Some(&rules(named))),
        [Privilege::Secrets],
        "it was about one by its name"
    );
}

#[test]
fn what_pods_of_a_kind_that_is_not_known_may_do_is_found_where_a_deployment_has_them() {
    let spec = json!({"hostPID": true, "containers": [{"name": "a", "securityContext": {"privileged": true}}]});
    let value = json!({"spec": {"template": {"spec": spec}}});
    let expected = [Privilege::Privileged, Privilege::Host("hostPID".into())];
    for (group, kind) in [("argoproj.io", "Rollout"), ("serving.knative.dev", "Service")] {
        assert_eq!(found(group, kind, &value), expected, "{kind}");
        assert_eq!(gained(group, kind, &value, Some(&value)), [], "{kind}");
    }
    assert_eq!(found("example.com", "A", &json!({"spec": {"template": ["all"]}})), []);
}

#[test]
fn a_role_that_may_do_everything_is_the_worst_and_to_be_reached_the_least() {
    let mut all = vec![
        Privilege::Exposed("LoadBalancer".into()),
        Privilege::Webhook,
        Privilege::Secrets,
        Privilege::HostPath("/run".into()),
        Privilege::Verb("bind".into()),
        role("edit", &["Group all"]),
        role("cluster-admin", &["Group all"]),
    ];
    let worst_last = all.clone();
    all.sort_by_key(Privilege::severity);
    all.reverse();
    assert_eq!(all, worst_last);
}
