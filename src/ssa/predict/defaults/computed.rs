//! The defaults that depend on other fields.

use serde_json::{Map as JsonMap, Value, json};

use super::constants::RBAC;
use super::{image, set};
use crate::ssa::canonical;

/// Fills in those of one type, by its name without `io.k8s.api.`.
pub(super) fn fill(of: &str, fields: &mut JsonMap<String, Value>) {
    if let Some(of) = of.strip_prefix("core.v1.") {
        return core(of, fields);
    }
    match of {
        "apps.v1.DeploymentStrategy" | "apps.v1.DaemonSetUpdateStrategy" if text(fields, "type") == "RollingUpdate" => {
            set(fields, "rollingUpdate", json!({}));
        }
        "apps.v1.StatefulSetUpdateStrategy" => {
            if text(fields, "type").is_empty() {
                set(fields, "rollingUpdate", json!({}));
            }
            set(fields, "type", "RollingUpdate".into());
        }
        "apps.v1.StatefulSetSpec" => {
            let templates = fields.get_mut("volumeClaimTemplates").and_then(Value::as_array_mut);
            for template in templates.into_iter().flatten() {
                template["apiVersion"] = "v1".into();
                template["kind"] = "PersistentVolumeClaim".into();
                template["status"]["phase"] = "Pending".into();
            }
        }
        "batch.v1.Job" => {
            if let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) {
                job(spec);
            }
        }
        "networking.v1.NetworkPolicySpec" => {
            let has_egress = fields.get("egress").is_some_and(|egress| *egress != json!([]));
            let types = if has_egress {
                json!(["Ingress", "Egress"])
            } else {
                json!(["Ingress"])
            };
            set(fields, "policyTypes", types);
        }
        "rbac.v1.Subject" if ["User", "Group"].contains(&text(fields, "kind").as_str()) => {
            set(fields, "apiGroup", RBAC.into());
        }
        "resource.v1.ExactDeviceRequest" | "resource.v1.DeviceSubRequest" => {
            set(fields, "allocationMode", "ExactCount".into());
            if text(fields, "allocationMode") == "ExactCount" {
                set(fields, "count", 1.into());
            }
        }
        // A number that is no pointer: its zero is nothing.
        "flowcontrol.v1.FlowSchemaSpec" if fields.get("matchingPrecedence").is_none_or(canonical::is_nothing) => {
            fields.insert("matchingPrecedence".to_owned(), 1000.into());
        }
        "storage.v1.CSIDriverSpec" => set(fields, "volumeLifecycleModes", json!(["Persistent"])),
        "autoscaling.v2.HorizontalPodAutoscalerSpec" => autoscaler(fields),
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames" => {
            let kind = text(fields, "kind");
            set(fields, "singular", kind.to_lowercase().into());
            set(fields, "listKind", format!("{kind}List").into());
        }
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec" => {
            set(fields, "conversion", json!({"strategy": "None"}));
        }
        _ => {}
    }
}

fn core(of: &str, fields: &mut JsonMap<String, Value>) {
    match of {
        "Container" | "EphemeralContainer" => {
            set(fields, "imagePullPolicy", pull_policy(&text(fields, "image")));
        }
        "Volume" => {
            if let Some(image) = fields.get_mut("image").and_then(Value::as_object_mut) {
                set(image, "pullPolicy", pull_policy(&text(image, "reference")));
            }
            if fields.keys().all(|name| name == "name") {
                fields.insert("emptyDir".to_owned(), json!({}));
            }
        }
        "Pod" => {
            if let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) {
                pod(spec);
            }
        }
        "PodSpec" => {
            // The older name is kept the same.
            let (name, older) = (text(fields, "serviceAccountName"), text(fields, "serviceAccount"));
            for field in ["serviceAccountName", "serviceAccount"] {
                match if name.is_empty() { &older } else { &name }.as_str() {
                    "" => drop(fields.remove(field)),
                    name => drop(fields.insert(field.to_owned(), name.into())),
                }
            }
        }
        "ReplicationController" => replication_controller(fields),
        "LimitRangeItem" if text(fields, "type") == "Container" => limits(fields),
        "PersistentVolumeClaim" => {
            if let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) {
                data_sources(spec);
            }
        }
        "ServicePort" => {
            let port = fields.get("port").cloned().unwrap_or_default();
            set(fields, "targetPort", port);
        }
        "ServiceSpec" => service(fields),
        "Namespace" => {
            if let Some(name) = fields
                .get("metadata")
                .and_then(|metadata| metadata.get("name"))
                .cloned()
            {
                fields["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
            }
        }
        _ => {}
    }
}

fn text(fields: &JsonMap<String, Value>, name: &str) -> String {
    let text = fields.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn pull_policy(image: &str) -> Value {
    if image::is_latest(image) {
        "Always"
    } else {
        "IfNotPresent"
    }
    .into()
}

/// A Pod of its own has what the template of one has not.
fn pod(spec: &mut JsonMap<String, Value>) {
    set(spec, "enableServiceLinks", true.into());
    let has_host_ports = spec.get("hostNetwork") == Some(&Value::Bool(true));
    for list in ["containers", "initContainers"] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let limits = container["resources"].get("limits").and_then(Value::as_object).cloned();
            for (name, limit) in limits.into_iter().flatten() {
                let request = &mut container["resources"]["requests"][&name];
                if request.is_null() {
                    *request = limit;
                }
            }
            let ports = container.get_mut("ports").and_then(Value::as_array_mut);
            for port in ports.into_iter().flatten().filter_map(Value::as_object_mut) {
                if let (Some(number), true) = (port.get("containerPort").cloned(), has_host_ports) {
                    set(port, "hostPort", number);
                }
            }
        }
    }
}

/// The labels of the template are those of the controller, and select its pods.
fn replication_controller(fields: &mut JsonMap<String, Value>) {
    let is_empty = |value: Option<&Value>| value.and_then(Value::as_object).is_none_or(JsonMap::is_empty);
    let at = |fields: &JsonMap<String, Value>, path: &[&str]| {
        let (first, rest) = path.split_first()?;
        let found = fields.get(*first)?;
        rest.iter().try_fold(found, |found, name| found.get(*name)).cloned()
    };
    let Some(labels) = at(fields, &["spec", "template", "metadata", "labels"]).filter(|labels| !labels.is_null())
    else {
        return;
    };
    if is_empty(at(fields, &["spec", "selector"]).as_ref()) {
        fields["spec"]["selector"] = labels.clone();
    }
    if is_empty(at(fields, &["metadata", "labels"]).as_ref()) {
        fields["metadata"]["labels"] = labels;
    }
}

/// The default limit of containers is the largest that is allowed, and the default request that limit, or the
/// smallest.
fn limits(item: &mut JsonMap<String, Value>) {
    for (from, to) in [
        ("max", "default"),
        ("default", "defaultRequest"),
        ("min", "defaultRequest"),
    ] {
        let amounts = item.get(from).and_then(Value::as_object).cloned();
        for (name, amount) in amounts.into_iter().flatten() {
            let target = item.entry(to).or_insert_with(|| json!({}));
            if target.get(&name).is_none() {
                target[&name] = amount;
            }
        }
    }
}

/// The older field for the source of a claim and the newer one say the same, where both can.
fn data_sources(spec: &mut JsonMap<String, Value>) {
    let has = |name: &str| spec.get(name).is_some_and(|value| !value.is_null());
    match (has("dataSource"), has("dataSourceRef")) {
        (true, false) => {
            let source = spec["dataSource"].clone();
            spec.insert("dataSourceRef".to_owned(), source);
        }
        (false, true) if spec["dataSourceRef"].get("namespace").is_none() => {
            let source = spec["dataSourceRef"].clone();
            spec.insert("dataSource".to_owned(), source);
        }
        _ => {}
    }
    for name in ["dataSource", "dataSourceRef"] {
        if let Some(source) = spec.get_mut(name).and_then(Value::as_object_mut) {
            source.entry("apiGroup").or_insert(Value::Null);
        }
    }
}

fn service(spec: &mut JsonMap<String, Value>) {
    let of_type = spec.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if spec
        .get("sessionAffinity")
        .is_some_and(|affinity| affinity == "ClientIP")
    {
        set(
            spec,
            "sessionAffinityConfig",
            json!({"clientIP": {"timeoutSeconds": 10_800}}),
        );
    } else {
        spec.remove("sessionAffinityConfig");
    }
    if ["NodePort", "LoadBalancer"].contains(&of_type.as_str()) {
        set(spec, "externalTrafficPolicy", "Cluster".into());
    }
    if of_type != "ExternalName" {
        set(spec, "internalTrafficPolicy", "Cluster".into());
    }
    if of_type == "LoadBalancer" {
        set(spec, "allocateLoadBalancerNodePorts", true.into());
    }
}

fn job(spec: &mut JsonMap<String, Value>) {
    let has = |spec: &JsonMap<String, Value>, name: &str| spec.get(name).is_some_and(|value| !value.is_null());
    if !has(spec, "completions") && !has(spec, "parallelism") {
        set(spec, "completions", 1.into());
    }
    set(spec, "parallelism", 1.into());
    let limit = if has(spec, "backoffLimitPerIndex") { i32::MAX } else { 6 };
    set(spec, "backoffLimit", limit.into());
    let policy = if has(spec, "podFailurePolicy") {
        "Failed"
    } else {
        "TerminatingOrFailed"
    };
    set(spec, "podReplacementPolicy", policy.into());
    set(spec, "completionMode", "NonIndexed".into());
    set(spec, "suspend", false.into());
    set(spec, "manualSelector", false.into());
}

fn autoscaler(spec: &mut JsonMap<String, Value>) {
    let cpu = json!([{
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
    }]);
    set(spec, "metrics", cpu);
    let Some(behavior) = spec.get_mut("behavior").and_then(Value::as_object_mut) else {
        return;
    };
    let percent = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    let pods = json!({"type": "Pods", "value": 4, "periodSeconds": 15});
    let up = json!({"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [pods, percent]});
    let down = json!({"selectPolicy": "Max", "policies": [percent]});
    for (name, defaults) in [("scaleUp", up), ("scaleDown", down)] {
        set(behavior, name, json!({}));
        let rules = behavior.get_mut(name).and_then(Value::as_object_mut);
        let (Some(rules), Value::Object(defaults)) = (rules, defaults) else {
            continue;
        };
        for (name, default) in defaults {
            set(rules, &name, default);
        }
    }
}
