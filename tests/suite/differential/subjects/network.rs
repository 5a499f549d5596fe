//! Kinds of the network.

use serde_json::json;

use super::{Subject, fragments};

pub fn service() -> Subject {
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

pub fn ingress() -> Subject {
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

pub fn network_policy() -> Subject {
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

pub fn endpoint_slice() -> Subject {
    Subject {
        versions: &["discovery.k8s.io/v1"],
        kind: "EndpointSlice",
        plural: "endpointslices",
        base: json!({"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}]}),
        fragments: fragments(json!([
            ["endpoints", [
                [{"addresses": ["10.0.0.1"]}],
                [{"addresses": ["10.0.0.1"], "conditions": {"ready": true}}, {"addresses": ["10.0.0.2"]}],
            ]],
            ["ports", [[{"name": "a", "port": 80}], [{"port": 80, "protocol": "UDP"}], null]],
        ])),
        status: Vec::new(),
        is_plain: false,
    }
}
