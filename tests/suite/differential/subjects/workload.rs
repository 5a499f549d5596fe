//! Kinds that run pods.

use serde_json::{Value, json};

use super::{Subject, fragments};

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

pub fn deployment() -> Subject {
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

pub fn stateful_set() -> Subject {
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

pub fn cron_job() -> Subject {
    let mut places = pod("spec.jobTemplate.spec.template");
    places.extend([
        json!(["spec.schedule", ["@daily", "0 1 * * *"]]),
        json!(["spec.suspend", [true, false, null]]),
        json!(["spec.jobTemplate.spec.backoffLimit", [0, 6]]),
        json!(["spec.jobTemplate.metadata.labels.job", ["a", "b"]]),
    ]);
    Subject {
        versions: &["batch/v1"],
        kind: "CronJob",
        plural: "cronjobs",
        base: json!({"spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": {"spec": {
            "restartPolicy": "Never",
            "containers": [{"name": "web", "image": "a:1"}],
        }}}}}}),
        fragments: fragments(Value::Array(places)),
        status: fragments(json!([
            ["status.lastScheduleTime", ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"]],
            ["status.active", [[{"name": "a"}], [{"name": "a"}, {"name": "b"}]]],
        ])),
        is_plain: false,
    }
}
