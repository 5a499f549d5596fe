//! Kinds that hold data, and that say who may do what.

use serde_json::{Value, json};

use super::{Subject, fragments};

pub fn config_map() -> Subject {
    Subject {
        versions: &["v1"],
        kind: "ConfigMap",
        plural: "configmaps",
        base: json!({}),
        fragments: fragments(json!([
            ["data.a", ["1", "2", "3"]],
            ["data.b", ["1", "2", null]],
            ["data.c", ["x\ny \n", ""]],
            ["data.d", ["日本", "ü"]],
            ["data", [{}, null]],
            ["binaryData.e", ["aGk=", "aGV5"]],
            ["immutable", [false, null]],
        ])),
        status: Vec::new(),
        is_plain: true,
    }
}

pub fn secret() -> Subject {
    Subject {
        versions: &["v1"],
        kind: "Secret",
        plural: "secrets",
        base: json!({}),
        fragments: fragments(json!([
            ["data.a", ["aGk=", "aGV5"]],
            ["data.b", ["aGk=", null]],
            ["data", [{}, null]],
            ["stringData.c", ["hi", "hey"]],
            ["stringData.a", ["hi", "hey"]],
            ["stringData", [{}, null]],
            ["type", ["Opaque"]],
        ])),
        status: Vec::new(),
        is_plain: false,
    }
}

pub fn role() -> Subject {
    let rule = |verbs: Value| json!({"apiGroups": [""], "resources": ["pods"], "verbs": verbs});
    Subject {
        versions: &["rbac.authorization.k8s.io/v1"],
        kind: "Role",
        plural: "roles",
        base: json!({}),
        fragments: fragments(json!([[
            "rules",
            [
                [rule(json!(["get"]))],
                [rule(json!(["get", "list"])), rule(json!(["watch"]))],
                [],
                null
            ]
        ],])),
        status: Vec::new(),
        is_plain: false,
    }
}

pub fn role_binding() -> Subject {
    Subject {
        versions: &["rbac.authorization.k8s.io/v1"],
        kind: "RoleBinding",
        plural: "rolebindings",
        base: json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "x"}}),
        fragments: fragments(json!([
            ["subjects", [
                [{"kind": "User", "name": "a"}],
                [{"kind": "ServiceAccount", "name": "a", "namespace": "b"}, {"kind": "User", "name": "a"}],
                [],
                null,
            ]],
            ["roleRef.kind", ["Role"]],
        ])),
        status: Vec::new(),
        is_plain: false,
    }
}

pub fn service_account() -> Subject {
    Subject {
        versions: &["v1"],
        kind: "ServiceAccount",
        plural: "serviceaccounts",
        base: json!({}),
        fragments: fragments(json!([
            ["imagePullSecrets[name=a]", [{"name": "a"}]],
            ["imagePullSecrets[name=b]", [{"name": "b"}]],
            ["imagePullSecrets", [[], null]],
            ["secrets[name=a]", [{"name": "a"}]],
            ["secrets[name=b]", [{"name": "b"}]],
            ["automountServiceAccountToken", [true, false, null]],
        ])),
        status: Vec::new(),
        is_plain: false,
    }
}
