//! Kinds that say how much and how many.

use serde_json::json;

use super::{Subject, fragments};

pub fn autoscaler() -> Subject {
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

pub fn disruption_budget() -> Subject {
    Subject {
        versions: &["policy/v1"],
        kind: "PodDisruptionBudget",
        plural: "poddisruptionbudgets",
        base: json!({"spec": {"selector": {"matchLabels": {"app": "x"}}}}),
        fragments: fragments(json!([
            ["spec.minAvailable", [1, "50%", null]],
            ["spec.selector.matchLabels.app", ["x", "y"]],
            ["spec.selector.matchLabels.tier", ["x"]],
            ["spec.selector.matchExpressions", [[{"key": "a", "operator": "Exists"}], []]],
            ["spec.unhealthyPodEvictionPolicy", ["AlwaysAllow", "IfHealthyBudget"]],
        ])),
        status: fragments(json!([
            ["status.currentHealthy", [1, 2]],
            ["status.observedGeneration", [1]],
            ["status.conditions[type=A]", [{
                "type": "A", "status": "True", "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z",
            }]],
        ])),
        is_plain: false,
    }
}

pub fn quota() -> Subject {
    Subject {
        versions: &["v1"],
        kind: "ResourceQuota",
        plural: "resourcequotas",
        base: json!({}),
        fragments: fragments(json!([
            ["spec.hard.cpu", ["1000", "1k", 2000, "1000000m"]],
            ["spec.hard.pods", ["1000", 2000]],
            ["spec.hard.memory", ["1Ti", "1024Gi"]],
            ["spec.hard", [{}, null]],
        ])),
        status: fragments(json!([
            ["status.hard.cpu", ["1", "1000m"]],
            ["status.used.cpu", ["1", 2]],
        ])),
        is_plain: false,
    }
}
