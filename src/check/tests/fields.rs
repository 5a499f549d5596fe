//! Fields against the schemas of their kinds, and items that are there twice.

use super::*;

#[test]
fn an_unknown_field() {
    differs(
        WEB,
        "replicas",
        "replcas",
        "5 Deployment a/web has no field `spec.replcas`",
    );
    assert_eq!(hints(&WEB.replace("replicas", "replcas")), ["did you mean `replicas`?"]);
    assert_eq!(
        found(&container("imagePullPolcy: Always")),
        ["13 Deployment a/web has no field `spec.template.spec.containers[web].imagePullPolcy`"]
    );
}

#[test]
fn a_value_of_the_wrong_type() {
    differs(
        WEB,
        "3",
        "three",
        "5 `spec.replicas` of Deployment a/web: expected a number, got a string",
    );
    let env = container("env: [{name: A, value: \"1\"}]");
    let path = "spec.template.spec.containers[web].env[A].value";
    differs(
        &env,
        "\"1\"",
        "1",
        &format!("13 `{path}` of Deployment a/web: expected a string, got a number"),
    );
    assert_eq!(
        hints(&env.replace("\"1\"", "1")),
        ["put it in quotes; an expression becomes text with `| string`"]
    );
}

#[test]
fn an_amount_and_a_number_or_text() {
    let resources = container("resources: {limits: {cpu: 1.5, memory: 1Gi}}");
    let path = "spec.template.spec.containers[web].resources.limits.memory";
    let mistake = format!("13 `{path}` of Deployment a/web is not an amount, such as `500m` or `1Gi`");
    differs(&resources, "1Gi", "1GB", &mistake);
    let service = with(&[SERVICE]);
    let mistake = "4 `spec.ports[port=80,protocol=TCP].targetPort` of Service a/web is not a whole number, or text";
    differs(&service, "targetPort: http", "targetPort: true", mistake);
}

#[test]
fn a_field_that_must_be_there() {
    differs(
        WEB,
        "name: web\n          ports",
        "image: x\n          ports",
        "11 Deployment a/web lacks `spec.template.spec.containers[0].name`",
    );
    differs(
        WEB,
        "  selector: {matchLabels: {app: web}}\n",
        "",
        "4 Deployment a/web lacks `spec.selector`",
    );
}

#[test]
fn a_kind_that_is_not_there() {
    differs(SETTINGS, "ConfigMap", "ConfigMp", "2 there is no kind ConfigMp in v1");
    assert_eq!(
        hints(&SETTINGS.replace("ConfigMap", "ConfigMp")),
        ["did you mean `ConfigMap`?"]
    );
    differs(ACCOUNT, "v1", "apps/v1", "1 there is no kind ServiceAccount in apps/v1");
    assert_eq!(hints(&ACCOUNT.replace("v1", "apps/v1")), ["ServiceAccount is in v1"]);
}

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {kind: Widget, plural: widgets}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, required: [size],
        properties: {size: {type: integer}, unit: {type: string, default: m}}}}}}
";

const WIDGET: &str = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 1}\n";

#[test]
fn custom_kinds_are_checked_where_they_are_defined() {
    let right = beside(DEFINITION, WIDGET);
    differs(
        &right,
        "{size: 1}",
        "{size: big}",
        "4 `spec.size` of Widget w: expected a number, got a string",
    );
    differs(&right, "{size: 1}", "{}", "4 Widget w lacks `spec.size`");
    differs(
        &right,
        "{name: w}",
        "{name: w, namespace: b}",
        "3 Widget w has a namespace, and its kind has none",
    );
    let alone = checked(&manifests(&beside(WIDGET, WIDGET.replace("w}", "x}").as_str())));
    assert!(alone.findings.is_empty());
    let kinds: Vec<_> = alone
        .not_checked
        .iter()
        .map(|(gvk, count)| format!("{gvk} {count}"))
        .collect();
    assert_eq!(kinds, ["example.com/v1 Widget 2"]);
}

#[test]
fn an_item_that_is_there_twice() {
    let at = "spec.template.spec";
    for (right, from, to, path) in [
        (
            container("env: [{name: A}, {name: B}]"),
            "B",
            "A",
            format!("{at}.containers[web].env[A]"),
        ),
        (
            container("volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /b}]")
                .replace("containers:", "volumes: [{name: v, emptyDir: {}}]\n      containers:"),
            "/b",
            "/a",
            format!("{at}.containers[web].volumeMounts[/a]"),
        ),
        (
            pods("volumes: [{name: v, emptyDir: {}}, {name: w, emptyDir: {}}]"),
            "name: w,",
            "name: v,",
            format!("{at}.volumes[v]"),
        ),
    ] {
        let wrong = checked(&manifests(&right.replacen(from, to, 1)));
        let messages: Vec<_> = wrong.findings.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(found(&right), [""; 0], "{right}");
        assert_eq!(messages, [format!("`{path}` of Deployment a/web is there twice")]);
        assert_eq!(wrong.findings[0].places.len(), 2);
    }
    let ports = "ports: [{name: http, containerPort: 80}, {name: other, containerPort: 81, protocol: TCP}]";
    let ports = WEB.replace("ports: [{name: http, containerPort: 80}]", ports);
    let path = "spec.template.spec.containers[web].ports[containerPort=80,protocol=TCP]";
    differs(
        &ports,
        "81",
        "80",
        &format!("12 `{path}` of Deployment a/web is there twice"),
    );
    differs(
        &ports,
        "other",
        "http",
        "12 two ports of a container of Deployment a/web have the name `http`",
    );
    let other = pods("initContainers: [{name: other}]");
    differs(
        &other,
        "other",
        "web",
        "12 two containers of Deployment a/web have the name `web`",
    );
}

#[test]
fn ports_of_a_service() {
    let right = with(&[&SERVICE.replace("}]", "}, {name: more, port: 81, targetPort: 80}]")]);
    differs(
        &right,
        "more",
        "http",
        "4 two ports of Service a/web have the name `http`",
    );
    differs(
        &right,
        "name: more, ",
        "",
        "4 Service a/web has several ports, and one without a name",
    );
}
