//! Manifests that many tests write.

/// A manifest with these lines under its `metadata:`.
pub fn with_metadata(manifest: &str, lines: &str) -> String {
    manifest.replacen("metadata:\n", &format!("metadata:\n{lines}"), 1)
}

pub fn namespace(name: &str) -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n")
}

pub fn config_map(name: &str, data: &[(&str, &str)]) -> String {
    let mut text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n");
    for (key, value) in data {
        text += &format!("  {key}: {value:?}\n");
    }
    text
}

pub fn secret(name: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\nstringData:\n  password: hunter2\n")
}

/// A Deployment with one container. On the bare control plane nothing runs it, so it never becomes
/// Current there: it is for what does not wait.
pub fn deployment(name: &str, replicas: u32, image: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      containers:
        - name: {name}
          image: {image}
          env:
            - name: FIRST
              value: one
            - name: SECOND
              value: two
"
    )
}

/// The Job `migrate`, whose declared input is its image.
pub fn job_with_inputs(image: &str) -> String {
    format!(
        "apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations: {{stackanetes.io/inputs: image}}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{{name: main, image: {image:?}}}]
"
    )
}

/// A pod template's holder that nothing runs and nothing waits for: Current as soon as it is stored.
pub fn pod_template(name: &str, image: &str) -> String {
    format!(
        "apiVersion: v1
kind: PodTemplate
metadata:
  name: {name}
template:
  spec:
    containers:
      - name: main
        image: {image}
        env:
          - name: FIRST
            value: one
          - name: SECOND
            value: two
"
    )
}

/// The CustomResourceDefinition `{kind}s.{group}`, of which every field is allowed.
pub fn definition(group: &str, kind: &str, scope: &str) -> String {
    let open = "{type: object, x-kubernetes-preserve-unknown-fields: true}";
    definition_with_schema(group, kind, scope, open)
}

/// The CustomResourceDefinition `{kind}s.{group}` of a namespaced kind, whose `spec` has these properties: a mapping in
/// braces, such as `{size: {type: integer}}`.
pub fn definition_of(group: &str, kind: &str, properties: &str) -> String {
    let spec = format!("{{type: object, properties: {properties}}}");
    let schema = format!("{{type: object, properties: {{spec: {spec}}}}}");
    definition_with_schema(group, kind, "Namespaced", &schema)
}

fn definition_with_schema(group: &str, kind: &str, scope: &str, schema: &str) -> String {
    let singular = kind.to_lowercase();
    format!(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: {singular}s.{group}
spec:
  group: {group}
  scope: {scope}
  names: {{plural: {singular}s, singular: {singular}, kind: {kind}, listKind: {kind}List}}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {{openAPIV3Schema: {schema}}}
"
    )
}
