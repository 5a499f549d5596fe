//! The objects that the tools compare and apply.

use clap::ValueEnum;
use serde_json::{Map, Value, json};

/// How many objects differ between an edition and the next.
pub const CHANGED: usize = 10;

/// The label that all of them have, and its value.
pub const PART_OF: (&str, &str) = ("app.kubernetes.io/part-of", "benchmark");

/// What the objects are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// A quarter each of ServiceAccounts, ConfigMaps of 1 to 2 KB, Services and Deployments
    Mixed,
    /// Custom objects of a kind with a large schema
    Custom,
    /// ConfigMaps of 200 KB
    Large,
}

/// A namespace and the objects in it.
#[derive(Clone, Debug)]
pub struct Set {
    /// The namespace, and the name of the ApplySet.
    pub name: String,
    /// What the objects are.
    pub shape: Shape,
    /// How many there are besides their namespace.
    pub count: usize,
    /// Whether there are Deployments among mixed ones.
    pub has_workloads: bool,
    /// Counts the changes: the next edition has another value in [`CHANGED`] of the objects.
    pub edition: usize,
}

impl Set {
    /// All of them, what others need first.
    pub fn objects(&self) -> Vec<Value> {
        let metadata = json!({"name": self.name, "labels": {PART_OF.0: PART_OF.1}});
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
        let definition = (self.shape == Shape::Custom).then(definition);
        let members = (0..self.count).map(|number| self.member(number));
        [namespace].into_iter().chain(definition).chain(members).collect()
    }

    fn member(&self, number: usize) -> Value {
        let kinds = if self.has_workloads { 4 } else { 3 };
        match self.shape {
            Shape::Custom => self.custom(number),
            Shape::Large => self.config_map(number, 1, 200_000),
            // First the kind that changes, so that ten are enough for ten changes.
            Shape::Mixed => match number % kinds {
                0 => self.config_map(number, kinds, 1000 + number * 37 % 1000),
                1 => self.object(
                    "v1",
                    "ServiceAccount",
                    number,
                    json!({"automountServiceAccountToken": false}),
                ),
                2 => self.service(number),
                _ => self.deployment(number),
            },
        }
    }

    /// An object with labels as people give them.
    fn object(&self, version: &str, kind: &str, number: usize, rest: Value) -> Value {
        let app = app(number);
        let mut object = json!({"apiVersion": version, "kind": kind, "metadata": {
            "name": app, "namespace": self.name,
            "labels": {"app.kubernetes.io/name": app, PART_OF.0: PART_OF.1},
            "annotations": {"example.com/team": format!("team-{}", number % 12)}}});
        if let (Value::Object(object), Value::Object(rest)) = (&mut object, rest) {
            object.extend(rest);
        }
        object
    }

    /// One with so many bytes of text, in lines. Every `step`th object is one.
    fn config_map(&self, number: usize, step: usize, bytes: usize) -> Value {
        let lines = |key: usize| {
            (0..).map(move |line| format!("option-{key}-{line} = {}\n", (number + key + line) * 7919 % 10007))
        };
        let mut data: Map<String, Value> = (0..4)
            .map(|key| {
                let mut text = String::new();
                text.extend(lines(key).take_while({
                    let mut length = 0;
                    move |line| {
                        length += line.len();
                        length <= bytes / 4
                    }
                }));
                (format!("settings-{key}.conf"), json!(text))
            })
            .collect();
        data.insert("edition".to_owned(), json!(self.edition_of(number / step).to_string()));
        self.object("v1", "ConfigMap", number, json!({"data": data}))
    }

    /// The edition that the `place`th of the kind that changes has.
    fn edition_of(&self, place: usize) -> usize {
        if place < CHANGED { self.edition } else { 0 }
    }

    fn service(&self, number: usize) -> Value {
        let spec = json!({"selector": {"app.kubernetes.io/name": app(number + 1)}, "ports": [
            {"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"},
            {"name": "metrics", "port": 9090, "protocol": "TCP", "targetPort": 9090}]});
        self.object("v1", "Service", number, json!({"spec": spec}))
    }

    fn deployment(&self, number: usize) -> Value {
        let labels = json!({"app.kubernetes.io/name": app(number), PART_OF.0: PART_OF.1});
        let env: Vec<Value> = (0..8)
            .map(|one| json!({"name": format!("OPTION_{one}"), "value": format!("{}", (number + one) * 31 % 1009)}))
            .collect();
        let probe = json!({"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 10});
        let container = json!({"name": "main", "image": format!("registry.example.com/app:{}", number % 40),
            "args": ["serve", "--config=/etc/app/settings-0.conf"], "env": env,
            "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
            "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
            "livenessProbe": probe, "readinessProbe": probe,
            "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true},
            "volumeMounts": [{"name": "settings", "mountPath": "/etc/app"}, {"name": "tmp", "mountPath": "/tmp"}]});
        let pod = json!({"containers": [container], "serviceAccountName": app(number - 2),
            "securityContext": {"runAsNonRoot": true, "runAsUser": 10001},
            "volumes": [{"name": "settings", "configMap": {"name": app(number - 3)}}, {"name": "tmp", "emptyDir": {}}]});
        let spec = json!({"replicas": 1, "selector": {"matchLabels": {"app.kubernetes.io/name": app(number)}},
            "template": {"metadata": {"labels": labels}, "spec": pod}});
        self.object("apps/v1", "Deployment", number, json!({"spec": spec}))
    }

    fn custom(&self, number: usize) -> Value {
        let section = |place: usize| json!({"name": format!("section-{place}"), "weight": number + place, "options": options(number + place)});
        let sections: Vec<Value> = (0..5).map(section).collect();
        let mut spec = json!({"edition": self.edition_of(number), "sections": sections});
        for field in (0..FIELDS).step_by(10) {
            spec[format!("field{field}")] =
                json!({"enabled": number.is_multiple_of(2), "text": format!("value {field} of {number}")});
        }
        self.object("benchmark.example.com/v1", "Widget", number, json!({"spec": spec}))
    }
}

/// A Deployment that no node takes, so that no sync with it becomes complete.
pub fn unready(namespace: &str) -> Value {
    let labels = json!({"app.kubernetes.io/name": "unready"});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {
        "name": "unready", "namespace": namespace}, "spec": {
        "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
            "nodeSelector": {"example.com/node": "none"}, "containers": [{"name": "main", "image": "none"}]}}}})
}

fn app(number: usize) -> String {
    format!("app-{number:06}")
}

/// How many objects the schema of the custom kind has fields for.
const FIELDS: usize = 300;

fn options(number: usize) -> Value {
    let options = (0..5).map(|one| {
        (
            format!("option{one}"),
            json!(format!("{}", (number + one) * 7919 % 10007)),
        )
    });
    Value::Object(options.collect())
}

/// The custom kind, whose schema has thousands of lines, as those of operators have.
fn definition() -> Value {
    let text = |about: &str| json!({"type": "string", "description": format!("{about}. {}", "As operators describe their fields. ".repeat(4))});
    let mut fields: Map<String, Value> = (0..FIELDS)
        .map(|field| {
            let properties = json!({"enabled": {"type": "boolean", "default": false}, "text": text("A text"),
                "count": {"type": "integer", "format": "int32", "minimum": 0}, "names": {"type": "array", "items": {"type": "string"}}});
            (format!("field{field}"), json!({"type": "object", "properties": properties}))
        })
        .collect();
    let options: Map<String, Value> = (0..5).map(|one| (format!("option{one}"), text("An option"))).collect();
    let section = json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"},
        "weight": {"type": "integer"}, "options": {"type": "object", "properties": options}}});
    fields.insert("edition".to_owned(), json!({"type": "integer"}));
    fields.insert(
        "sections".to_owned(),
        json!({"type": "array", "items": section,
        "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}),
    );
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}});
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.benchmark.example.com", "labels": {PART_OF.0: PART_OF.1}}, "spec": {
            "group": "benchmark.example.com", "scope": "Namespaced",
            "names": {"kind": "Widget", "listKind": "WidgetList", "plural": "widgets", "singular": "widget"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}]}})
}
