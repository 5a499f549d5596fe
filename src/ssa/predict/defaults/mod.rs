//! The defaults of the API server's own kinds, which it does not publish.
//!
//! They are those of `k8s.io/kubernetes/pkg/apis/*/v1/defaults.go` (1.37), by the types that they are
//! about there. An object that lives has them already: they count where a field is taken back, where an
//! item comes to a list, and inside of values that are replaced as a whole.

mod constants;

use serde_json::{Map as JsonMap, Value, json};

use crate::ssa::merge::element;
use crate::ssa::schema::{Map, Type};

use constants::Constant::{Empty, Flag, Number, Text};
use constants::RBAC;

/// Fills in what a server would, from the root down.
///
/// What is there already (`live`) has the defaults of its server, which may be older or newer: where it has a
/// structure without a field, there is no default of it.
pub(super) fn fill(of: Type<'_>, value: &mut Value, live: Option<&Value>) {
    match value {
        Value::Object(fields) => {
            let Some(map) = of.map() else { return };
            let live = live.and_then(Value::as_object);
            if let Some(name) = of.name() {
                fill_type(name.strip_prefix("io.k8s.api.").unwrap_or(name), fields, live);
            }
            fill_declared(map, fields, live);
            for (name, value) in fields {
                // The server's part of an object is none of ours.
                if let Some(of) = map.child(name).filter(|_| name != "status") {
                    fill(of, value, live.and_then(|live| live.get(name)));
                }
            }
        }
        Value::Array(items) => {
            let Some(list) = of.list() else { return };
            let others = live.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            for item in items {
                let place = element(list, item).ok();
                let is_same = |other: &&Value| place.is_some() && element(list, other).ok() == place;
                fill(list.item(), item, others.iter().find(is_same));
            }
        }
        _ => {}
    }
}

/// The defaults that the schema declares, and the structures that are always written.
fn fill_declared(map: Map<'_>, fields: &mut JsonMap<String, Value>, live: Option<&JsonMap<String, Value>>) {
    for (name, field) in map.fields().filter(|(name, _)| *name != "status") {
        let is_default = |default: &Value| match default {
            Value::Object(fields) => fields.is_empty() && field.of().map().is_some(),
            Value::String(text) => !text.is_empty(),
            Value::Number(number) => number.as_f64() != Some(0.0),
            default => default == &Value::Bool(true),
        };
        let default = field.default().filter(|default| is_default(default));
        if let Some(default) = default.filter(|_| has_default(live, name)) {
            set(fields, name, default.clone());
        }
    }
}

fn fill_type(of: &str, fields: &mut JsonMap<String, Value>, live: Option<&JsonMap<String, Value>>) {
    let constants = constants::of_type(of).iter();
    for (name, constant) in constants.filter(|(name, _)| has_default(live, name)) {
        let value = match *constant {
            Text(text) => text.into(),
            Number(number) => number.into(),
            Flag(flag) => flag.into(),
            Empty => json!({}),
        };
        set(fields, name, value);
    }
    computed(of, fields);
}

/// Whether the server is not known to have no default of a field.
fn has_default(live: Option<&JsonMap<String, Value>>, name: &str) -> bool {
    live.is_none_or(|live| live.contains_key(name))
}

/// Sets a field that has no value.
fn set(fields: &mut JsonMap<String, Value>, name: &str, value: Value) {
    let is_set = |value: &Value| !value.is_null() && value != "";
    if !fields.get(name).is_some_and(is_set) {
        fields.insert(name.to_owned(), value);
    }
}

/// The defaults that depend on other fields.
fn computed(of: &str, fields: &mut JsonMap<String, Value>) {
    let text = |fields: &JsonMap<String, Value>, name: &str| {
        let text = fields.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    match of {
        "core.v1.Container" => {
            let policy = if tag(&text(fields, "image")) == "latest" {
                "Always"
            } else {
                "IfNotPresent"
            };
            set(fields, "imagePullPolicy", policy.into());
        }
        "core.v1.Pod" => {
            if let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) {
                set(spec, "enableServiceLinks", true.into());
            }
        }
        "core.v1.PodSpec" => match text(fields, "serviceAccountName").as_str() {
            // The older name is kept the same.
            "" => drop(fields.remove("serviceAccount")),
            name => drop(fields.insert("serviceAccount".to_owned(), name.into())),
        },
        "core.v1.ServicePort" => {
            let port = fields.get("port").cloned().unwrap_or_default();
            set(fields, "targetPort", port);
        }
        "core.v1.ServiceSpec" => service(fields),
        "core.v1.Namespace" => {
            if let Some(name) = fields
                .get("metadata")
                .and_then(|metadata| metadata.get("name"))
                .cloned()
            {
                fields["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
            }
        }
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

/// The tag of an image: `latest` where there is neither tag nor digest.
fn tag(image: &str) -> &str {
    if image.contains('@') {
        return "";
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').map_or("latest", |(_, tag)| tag)
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
