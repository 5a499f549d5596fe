//! The kinds that sequences are about, and what their manifests may say.

use serde_json::{Value, json};

use super::fragment::Fragment;

/// A kind, and what its manifests may say.
pub struct Subject {
    /// The versions in which it is written; the first is the usual one.
    pub versions: &'static [&'static str],
    pub kind: &'static str,
    pub plural: &'static str,
    /// What a manifest must say to be accepted.
    pub base: Value,
    pub fragments: Vec<Fragment>,
    /// What its status may say, where it has one that can be written.
    pub status: Vec<Fragment>,
    /// Whether the API server stores what it is given, and adds no defaults.
    pub is_plain: bool,
}

/// The custom kinds `Gadget` (typed, in two versions, with a status) and `Loose` (not typed).
pub const DEFINITIONS: [&str; 2] = [include_str!("gadget.json"), include_str!("loose.json")];

pub fn all() -> Vec<Subject> {
    vec![
        config_map(),
        deployment(),
        service(),
        gadget(),
        secret(),
        ingress(),
        network_policy(),
        gadget(),
        autoscaler(),
        stateful_set(),
        role(),
        role_binding(),
        deployment(),
        loose(),
    ]
}

fn fragments(all: Value) -> Vec<Fragment> {
    let pairs = all.as_array().expect("a list").iter();
    let mut fragments: Vec<_> = pairs
        .map(|pair| Fragment::new(pair[0].as_str().expect("a place"), pair[1].clone()))
        .collect();
    let metadata = json!([
        ["metadata.labels.team", ["a", "b", null, ""]],
        ["metadata.labels.tier", ["x", "y"]],
        ["metadata.annotations.note", ["one", "two", "a<b&c"]],
        ["metadata.annotations.other", ["three", null]],
        [
            "metadata.finalizers[]",
            ["example.com/a", "example.com/b", "example.com/c"]
        ],
        ["metadata.labels", [{}, null]],
    ]);
    let metadata = metadata.as_array().expect("a list").iter();
    fragments.extend(metadata.map(|pair| Fragment::new(pair[0].as_str().expect("a place"), pair[1].clone())));
    fragments
}

fn config_map() -> Subject {
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

fn secret() -> Subject {
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

/// What containers may say, in a pod template at `template`.
fn pod(template: &str) -> Vec<Value> {
    let places = json!([
        ["spec.containers[name=web].image", ["a:1", "a:2"]],
        ["spec.containers[name=web].args", [["a"], ["a", "b"], ["b", "a"], [], null]],
        ["spec.containers[name=web].command", [["run"], []]],
        ["spec.containers[name=web].env[name=A].value", ["1", "2", ""]],
        ["spec.containers[name=web].env[name=B].value", ["1", "2", null]],
        ["spec.containers[name=web].env[name=C].valueFrom.fieldRef.fieldPath", ["metadata.name", "spec.nodeName"]],
        ["spec.containers[name=web].env[name=D]", [{"name": "D"}]],
        ["spec.containers[name=web].env", [[], null]],
        ["spec.containers[name=web].ports[containerPort=80].name", ["http", "web"]],
        ["spec.containers[name=web].ports[containerPort=80,protocol=UDP].name", ["http-udp", "dns"]],
        ["spec.containers[name=web].ports[containerPort=443,protocol=TCP].name", ["https", null]],
        ["spec.containers[name=web].resources.limits.cpu", ["1", "1000m", 2, 0.5]],
        ["spec.containers[name=web].resources.limits.memory", ["1Gi", "1024Mi", "512Mi"]],
        ["spec.containers[name=web].resources.requests.cpu", ["100m", "0.1"]],
        ["spec.containers[name=web].resources", [{}, null]],
        ["spec.containers[name=web].livenessProbe.httpGet.port", [80, "http"]],
        ["spec.containers[name=web].livenessProbe.httpGet.path", ["/", "/health"]],
        ["spec.containers[name=web].livenessProbe.periodSeconds", [5, 10]],
        ["spec.containers[name=web].securityContext.runAsUser", [0, 1000]],
        ["spec.containers[name=web].securityContext.capabilities.drop", [["ALL"], ["NET_RAW"], []]],
        ["spec.containers[name=web].volumeMounts[mountPath=/a].name", ["va", "vb"]],
        ["spec.containers[name=web].volumeMounts[mountPath=/b].name", ["vb"]],
        ["spec.containers[name=web].tty", [true, false]],
        ["spec.containers[name=side].image", ["b:1", "b:2"]],
        ["spec.containers[name=side].env[name=A].value", ["1", "2"]],
        ["spec.initContainers[name=init].image", ["c:1", "c:2"]],
        ["spec.volumes[name=va].emptyDir", [{}, {"medium": "Memory"}]],
        ["spec.volumes[name=vb].configMap.name", ["x", "y"]],
        ["spec.volumes[name=vb].configMap.items", [[{"key": "a", "path": "b"}], []]],
        ["spec.nodeSelector.disk", ["ssd", "hdd"]],
        ["spec.nodeSelector.zone", ["a", "b"]],
        ["spec.tolerations", [[{"key": "a", "operator": "Exists"}], [], null]],
        ["spec.imagePullSecrets[name=p]", [{"name": "p"}]],
        ["spec.imagePullSecrets[name=q]", [{"name": "q"}]],
        ["spec.hostAliases[ip=10.0.0.1].hostnames", [["a"], ["a", "b"]]],
        ["spec.topologySpreadConstraints[topologyKey=zone,whenUnsatisfiable=DoNotSchedule].maxSkew", [1, 2]],
        ["spec.terminationGracePeriodSeconds", [0, 10, null]],
        ["spec.affinity", [{}, null]],
        ["spec.securityContext.runAsNonRoot", [true, false]],
        ["spec.securityContext", [{}]],
        ["metadata.annotations.sum", ["1", "2"]],
        ["metadata.labels.extra", ["1", "2", null]]
    ]);
    let places = places.as_array().expect("a list").iter();
    places
        .map(|pair| json!([format!("{template}.{}", pair[0].as_str().expect("a place")), pair[1]]))
        .collect()
}

fn workload_base() -> Value {
    json!({"spec": {
        "selector": {"matchLabels": {"app": "x"}},
        "template": {
            "metadata": {"labels": {"app": "x"}},
            "spec": {"containers": [{"name": "web", "image": "a:1"}]},
        },
    }})
}

fn deployment() -> Subject {
    let mut places = pod("spec.template");
    places.extend([
        json!(["spec.replicas", [1, 2, 3, null]]),
        json!(["spec.paused", [true, false]]),
        json!(["spec.minReadySeconds", [0, 5]]),
        json!(["spec.strategy.rollingUpdate.maxSurge", [1, "25%", "50%"]]),
        json!(["spec.strategy.rollingUpdate.maxUnavailable", [1, 0, "25%"]]),
        json!(["spec.strategy", [{}, null]]),
        json!(["status.replicas", [3]]),
    ]);
    Subject {
        versions: &["apps/v1"],
        kind: "Deployment",
        plural: "deployments",
        base: workload_base(),
        fragments: fragments(Value::Array(places)),
        status: fragments(json!([
            ["status.replicas", [1, 2]],
            ["status.observedGeneration", [1, 2]],
            ["status.conditions[type=Available]", [
                {"type": "Available", "status": "True"},
                {"type": "Available", "status": "False", "reason": "No"},
            ]],
            ["status.conditions[type=Progressing]", [{"type": "Progressing", "status": "True"}]],
        ])),
        is_plain: false,
    }
}

fn stateful_set() -> Subject {
    let mut places = pod("spec.template");
    places.extend([
        json!(["spec.replicas", [1, 2, 3, null]]),
        json!(["spec.updateStrategy.rollingUpdate.partition", [0, 1]]),
        json!(["spec.minReadySeconds", [0, 5]]),
        json!([
            "spec.persistentVolumeClaimRetentionPolicy.whenDeleted",
            ["Delete", "Retain"]
        ]),
    ]);
    let mut base = workload_base();
    base["spec"]["serviceName"] = json!("x");
    base["spec"]["volumeClaimTemplates"] = json!([{
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }]);
    Subject {
        versions: &["apps/v1"],
        kind: "StatefulSet",
        plural: "statefulsets",
        base,
        fragments: fragments(Value::Array(places)),
        status: Vec::new(),
        is_plain: false,
    }
}

fn service() -> Subject {
    Subject {
        versions: &["v1"],
        kind: "Service",
        plural: "services",
        base: json!({"spec": {"ports": [{"name": "http", "port": 80}]}}),
        fragments: fragments(json!([
            ["spec.selector.app", ["x", "y"]],
            ["spec.selector.tier", ["x", "y"]],
            ["spec.selector", [{}, null]],
            ["spec.ports[port=80].name", ["http", "web"]],
            ["spec.ports[port=80].targetPort", [80, 8080, "http"]],
            ["spec.ports[port=443,protocol=TCP].name", ["https"]],
            ["spec.ports[port=443,protocol=TCP].targetPort", [443, 8443]],
            ["spec.ports[port=53,protocol=UDP].name", ["dns"]],
            ["spec.ports[port=53].name", ["dns-tcp"]],
            ["spec.sessionAffinity", ["None", "ClientIP"]],
            ["spec.publishNotReadyAddresses", [true, false]],
            ["spec.type", ["ClusterIP"]],
            ["spec.internalTrafficPolicy", ["Cluster", "Local"]],
        ])),
        status: Vec::new(),
        is_plain: false,
    }
}

fn ingress() -> Subject {
    let backend = |name: &str| json!({"service": {"name": name, "port": {"number": 80}}});
    Subject {
        versions: &["networking.k8s.io/v1"],
        kind: "Ingress",
        plural: "ingresses",
        base: json!({"spec": {"defaultBackend": backend("x")}}),
        fragments: fragments(json!([
            ["spec.ingressClassName", ["a", "b", null]],
            ["spec.defaultBackend.service.name", ["x", "y"]],
            ["spec.tls", [[{"hosts": ["a"], "secretName": "s"}], [{"hosts": ["a", "b"]}], [], null]],
            ["spec.rules", [
                [{"host": "a.example.com"}],
                [{"host": "a.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend("x")}]}}],
                [],
            ]],
        ])),
        status: fragments(json!([
            ["status.loadBalancer.ingress", [[{"ip": "10.0.0.1"}], [{"ip": "10.0.0.2"}, {"hostname": "a"}]]],
        ])),
        is_plain: false,
    }
}

fn network_policy() -> Subject {
    Subject {
        versions: &["networking.k8s.io/v1"],
        kind: "NetworkPolicy",
        plural: "networkpolicies",
        base: json!({"spec": {"podSelector": {}}}),
        fragments: fragments(json!([
            ["spec.podSelector.matchLabels.app", ["x", "y"]],
            ["spec.podSelector.matchExpressions", [[{"key": "a", "operator": "Exists"}], []]],
            ["spec.podSelector", [{}]],
            ["spec.policyTypes", [["Ingress"], ["Ingress", "Egress"], ["Egress", "Ingress"]]],
            ["spec.ingress", [[{}], [{"ports": [{"port": 80}]}], [{"from": [{"podSelector": {}}]}], [], null]],
            ["spec.egress", [[{"ports": [{"port": "dns", "protocol": "UDP"}]}], []]],
        ])),
        status: Vec::new(),
        is_plain: false,
    }
}

fn autoscaler() -> Subject {
    let metric = |kind: &str, name: &str, percent: u32| json!({"type": "Resource", "resource": {"name": name, "target": {"type": kind, "averageUtilization": percent}}});
    Subject {
        versions: &["autoscaling/v2"],
        kind: "HorizontalPodAutoscaler",
        plural: "horizontalpodautoscalers",
        base: json!({"spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"},
            "maxReplicas": 5,
        }}),
        fragments: fragments(json!([
            ["spec.maxReplicas", [5, 6]],
            ["spec.minReplicas", [1, 2, null]],
            ["spec.scaleTargetRef.name", ["x", "y"]],
            ["spec.metrics", [[metric("Utilization", "cpu", 50)], [metric("Utilization", "memory", 60), metric("Utilization", "cpu", 50)], []]],
            ["spec.behavior.scaleDown.stabilizationWindowSeconds", [0, 60]],
            ["spec.behavior.scaleUp.policies", [[{"type": "Pods", "value": 1, "periodSeconds": 60}]]],
            ["spec.behavior.scaleUp.selectPolicy", ["Max", "Min"]],
        ])),
        status: Vec::new(),
        is_plain: false,
    }
}

fn role() -> Subject {
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

fn role_binding() -> Subject {
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

fn gadget() -> Subject {
    Subject {
        versions: &["example.com/v1", "example.com/v1beta1"],
        kind: "Gadget",
        plural: "gadgets",
        base: json!({}),
        fragments: fragments(Value::Array([gadget_lists(), gadget_maps()].concat())),
        status: fragments(json!([
            ["status.phase", ["Ready", "Waiting"]],
            ["status.count", [1, 2]],
            ["status.conditions[type=A].status", ["True", "False"]],
            ["status.conditions[type=B].status", ["True", "False"]],
            ["spec.text", ["from-status"]],
            ["extra.a", ["from-status"]],
        ])),
        is_plain: true,
    }
}

/// Lists of every type, in each other.
fn gadget_lists() -> Vec<Value> {
    let places = json!([
        ["spec.tags[]", ["a", "b", "c", "a<b", "ü"]],
        ["spec.tags", [["c", "a"], [], ["b", "a", "d", "c"]]],
        ["spec.numbers[]", [1, 2, 3]],
        ["spec.byName[name=a].value", ["1", "2"]],
        ["spec.byName[name=b].value", ["1", "2"]],
        ["spec.byName[name=c].tags[]", ["x", "y"]],
        ["spec.byName[name=c].inner[id=1].text", ["x", "y"]],
        ["spec.byName[name=c].inner[id=2].text", ["x", "y"]],
        ["spec.byName[name=d].whole.a", ["1", "2"]],
        ["spec.byName[name=d].labels.x", ["1", "2"]],
        ["spec.byName", [[], [{"name": "b"}, {"name": "a"}]]],
        ["spec.byPort[port=80].name", ["a", "b"]],
        ["spec.byPort[port=80,protocol=TCP].name", ["a", "c"]],
        ["spec.byPort[port=80,protocol=UDP].name", ["a", "b"]],
        ["spec.byPort[port=81].name", ["a", "b"]],
        ["spec.byOptional[name=a].value", ["1", "2"]],
        ["spec.byOptional[name=a,kind=k].value", ["1", "2"]],
        ["spec.atomicList", [["a"], ["a", "b"], ["b", "a"], []]],
        ["spec.plainList", [[{"name": "a"}], [{"name": "a", "value": "1"}, {"name": "b"}], []]],
        ["spec.mapOfLists.x[]", ["1", "2"]],
        ["spec.mapOfLists.y[]", ["1", "2"]],
    ]);
    places.as_array().expect("a list").clone()
}

/// Scalars, maps of every type, and what is not typed.
fn gadget_maps() -> Vec<Value> {
    let places = json!([
        ["spec.text", ["a", "b"]],
        ["spec.number", [1, 2, 1.5, 2.0, 9_007_199_254_740_993_i64]],
        ["spec.flag", [true, false]],
        ["spec.port", [80, "http", "80"]],
        ["spec.maybe", ["a", null]],
        ["spec.granularMap.a", ["1", "2"]],
        ["spec.granularMap.b", ["1", "2"]],
        ["spec.granularMap", [{}]],
        ["spec.atomicMap.a", ["1", "2"]],
        ["spec.atomicMap.b", ["1", "2"]],
        ["spec.atomicMap", [{}]],
        ["spec.struct.a", ["1", "2"]],
        ["spec.struct.deep.b", ["1", "2"]],
        ["spec.struct", [{}]],
        ["spec.atomicStruct.a", ["1", "2"]],
        ["spec.atomicStruct.b", ["1", "2"]],
        ["spec.mapOfStructs.x.a", ["1", "2"]],
        ["spec.mapOfStructs.y.a", ["1", "2"]],
        ["spec.open.known.a", ["1", "2"]],
        ["spec.open.any", ["1", 2, {"a": 1}, {"a": {"b": [1]}}, ["x"], {}]],
        ["spec.open.list", [[{"name": "a"}], [1, "2"]]],
        ["spec.pod.metadata.labels.x", ["1", "2"]],
        ["spec.pod.spec.any", ["1", {"b": 1}, {"b": 2, "c": {}}]],
        ["spec.pod.apiVersion", ["v1"]],
        ["spec.pod.kind", ["Pod"]],
        ["spec.amount", ["1", 1, "1Gi"]],
        ["spec.withDefault.a", ["1", "2"]],
        ["status.phase", ["Ready"]],
        ["extra.a", ["1", "2"]],
    ]);
    places.as_array().expect("a list").clone()
}

fn loose() -> Subject {
    Subject {
        versions: &["example.com/v1"],
        kind: "Loose",
        plural: "looses",
        base: json!({}),
        fragments: fragments(json!([
            ["spec.a", ["1", 2, {"x": 1}, {}, ["y"]]],
            ["spec.b.c", ["1", 2, true]],
            ["spec.b.d.e", ["1", 2, {"f": 1}]],
            ["spec.list", [["a"], ["a", "b"], [], [{"name": "a"}]]],
            ["other.x", ["1", "2"]],
            ["top", ["1", {"a": 1}, ["l"]]],
            ["status.phase", ["Ready", "Waiting"]],
        ])),
        status: Vec::new(),
        is_plain: true,
    }
}
