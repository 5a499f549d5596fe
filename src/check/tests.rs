//! Each rule, with a manifest that is right and one that is wrong.

use crate::kinds::generate::{Form, Generated};
use crate::source::Manifest;
use crate::testing;

use super::*;

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      containers:
        - name: web
          ports: [{name: http, containerPort: 80}]
";

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}
";

const ACCOUNT: &str = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n";

fn manifests(text: &str) -> Vec<Manifest> {
    text.split("---\n").map(testing::manifest).collect()
}

/// The line and the message of each mistake.
fn said(checked: &Checked) -> Vec<String> {
    let line = |finding: &Finding| format!("{} {}", finding.places[0].0.line(), finding.message);
    checked.findings.iter().map(line).collect()
}

fn checked(manifests: &[Manifest]) -> Checked {
    check(manifests, "a", &[])
}

fn found(text: &str) -> Vec<String> {
    said(&checked(&manifests(text)))
}

fn hints(text: &str) -> Vec<String> {
    let findings = checked(&manifests(text)).findings;
    findings.into_iter().flat_map(|finding| finding.hints).collect()
}

/// `right` has no mistake, and with `from` put as `to` it has this one.
#[track_caller]
fn differs(right: &str, from: &str, to: &str, mistake: &str) {
    assert_eq!(found(right), [""; 0], "{right}");
    assert!(right.contains(from), "{from}");
    assert_eq!(found(&right.replacen(from, to, 1)), [mistake]);
}

fn with(others: &[&str]) -> String {
    let all: Vec<&str> = std::iter::once(WEB).chain(others.iter().copied()).collect();
    all.join("---\n")
}

/// WEB, its pods with these fields too.
fn pods(fields: &str) -> String {
    WEB.replace("      containers", &format!("      {fields}\n      containers"))
}

/// WEB, its container with these fields too.
fn container(fields: &str) -> String {
    format!("{WEB}          {fields}\n")
}

fn beside(web: &str, other: &str) -> String {
    format!("{web}---\n{other}")
}

const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {log: info}\n";

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

#[test]
fn the_same_object_twice() {
    let right = beside(
        SETTINGS,
        &SETTINGS.replace("name: settings", "name: settings, namespace: b"),
    );
    differs(
        &right,
        ", namespace: b",
        ", namespace: a",
        "1 ConfigMap a/settings is there twice",
    );
}

#[test]
fn configuration_that_is_not_there() {
    for (fields, line) in [
        ("envFrom: [{configMapRef: {name: settings}}]", 13),
        (
            "env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: log}}}]",
            13,
        ),
    ] {
        let web = container(fields);
        let missing = format!("{line} Deployment a/web reads ConfigMap a/elsewhere, which is not in the directory");
        differs(&beside(&web, SETTINGS), "name: settings", "name: elsewhere", &missing);
    }
    let volume = pods("volumes: [{name: v, configMap: {name: settings, items: [{key: log, path: x}]}}]");
    let missing = "10 Deployment a/web reads ConfigMap a/elsewhere, which is not in the directory";
    differs(&beside(&volume, SETTINGS), "name: settings", "name: elsewhere", missing);
    let key = "10 Deployment a/web reads the key `lag` of ConfigMap a/settings, which does not have it";
    differs(&beside(&volume, SETTINGS), "log", "lag", key);
    assert_eq!(
        hints(&beside(&volume, SETTINGS).replacen("log", "lag", 1))[0],
        "did you mean `log`?"
    );
    // Of another namespace it does not count, and of a namespace by default it does.
    let there = SETTINGS.replace("name: settings", "name: settings, namespace: b");
    assert_eq!(found(&beside(&volume, &there)).len(), 1);
    assert_eq!(
        found(&beside(&volume, &there.replace("namespace: b", "namespace: a"))),
        [""; 0]
    );
    // What is optional may be missing, and what every namespace has is there.
    let optional = volume.replace("name: settings,", "name: settings, optional: true,");
    assert_eq!(found(&optional), [""; 0]);
    assert_eq!(
        found(&volume.replace("name: settings", "name: kube-root-ca.crt")),
        [""; 0]
    );
}

#[test]
fn a_secret_that_is_not_there() {
    let web = container("env: [{name: A, valueFrom: {secretKeyRef: {name: admin, key: password}}}]");
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: admin}\ndata: {password: cGFzcw==}\n";
    let right = beside(&web, secret);
    differs(
        &right,
        "name: admin",
        "name: other",
        "13 Deployment a/web reads Secret a/other, which is not in the directory",
    );
    let no_key = "13 Deployment a/web reads the key `token` of Secret a/admin, which does not have it";
    differs(&right, "key: password", "key: token", no_key);
    // A generated key is there.
    let mut made = manifests(&right.replace("key: password", "key: token"));
    made[1].generate.push(Generated {
        key: "token".to_owned(),
        form: Form::Fernet,
        rotation: 0,
    });
    assert_eq!(said(&checked(&made)), [""; 0]);
    // So is one that another object of the directory makes.
    let certificate =
        "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: c}\nspec: {secretName: admin}\n";
    assert_eq!(found(&beside(&web, certificate)), [""; 0]);
    let login = "apiVersion: v1\nkind: Secret\nmetadata: {name: admin}\ntype: kubernetes.io/dockerconfigjson\n";
    let pull = beside(&pods("imagePullSecrets: [{name: admin}]"), login);
    differs(
        &pull,
        "[{name: admin",
        "[{name: other",
        "10 Deployment a/web pulls its images with Secret a/other, which is not in the directory",
    );
    // Logins that somebody else keeps.
    let elsewhere = beside(&pods("imagePullSecrets: [{name: other}]"), secret);
    assert_eq!(found(&elsewhere), [""; 0]);
}

#[test]
fn what_is_meant_is_ignored_but_for_fields() {
    let web = container("envFrom: [{configMapRef: {name: elsewhere}}]");
    assert_eq!(found(&web).len(), 1);
    assert!(hints(&web)[0].contains("annotate Deployment a/web with `stackanetes.io/ignore-findings: missing-object`"));
    let ignored = web.replace(
        "{name: web}\n",
        "{name: web, annotations: {stackanetes.io/check: ignore}}\n",
    );
    differs(
        &ignored,
        "replicas",
        "replcas",
        "5 Deployment a/web has no field `spec.replcas`",
    );
}

#[test]
fn accounts_claims_and_classes() {
    let account = beside(&pods("serviceAccountName: web"), ACCOUNT);
    differs(
        &account,
        "serviceAccountName: web",
        "serviceAccountName: wbe",
        "10 Deployment a/web runs as ServiceAccount a/wbe, which is not in the directory",
    );
    assert_eq!(found(&pods("serviceAccountName: default")), [""; 0]);
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {storageClassName: fast}\n";
    let web = pods("volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]");
    let right = beside(&web, claim);
    differs(
        &right,
        "claimName: data",
        "claimName: date",
        "10 Deployment a/web mounts PersistentVolumeClaim a/date, which is not in the directory",
    );
    // A class may be the cluster's, unless the directory has its own.
    let class = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: x\n";
    differs(
        &beside(&right, class),
        "storageClassName: fast",
        "storageClassName: fest",
        "4 PersistentVolumeClaim a/data is of StorageClass fest, which is not in the directory",
    );
}

#[test]
fn a_claim_of_a_stateful_set_is_there() {
    let set = STATEFUL_SET.replace(
        "spec:\n  serviceName",
        "spec:\n  volumeClaimTemplates: [{metadata: {name: data}}]\n  serviceName",
    );
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: backup}\nspec: {template: {spec: {containers: [{name: a}], volumes: [{name: v, persistentVolumeClaim: {claimName: data-db-0}}]}}}\n";
    let right = [&set, NODES, job].join("---\n");
    differs(
        &right,
        "data-db-0",
        "data-db-x",
        "4 Job a/backup mounts PersistentVolumeClaim a/data-db-x, which is not in the directory",
    );
}

#[test]
fn a_mount_of_no_volume() {
    let web = container("volumeMounts: [{name: tmp, mountPath: /tmp}]");
    let right = web.replace("containers:", "volumes: [{name: tmp, emptyDir: {}}]\n      containers:");
    differs(
        &right,
        "volumeMounts: [{name: tmp",
        "volumeMounts: [{name: tpm",
        "14 Deployment a/web mounts the volume `tpm`, and its pods have none of that name",
    );
}

#[test]
fn a_selector_that_misses_its_own_pods() {
    differs(
        WEB,
        "matchLabels: {app: web}",
        "matchLabels: {app: wob}",
        "6 the selector of Deployment a/web does not match the labels of its own pods",
    );
}

const STATEFUL_SET: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: nodes
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db}]}}
";

const NODES: &str =
    "apiVersion: v1\nkind: Service\nmetadata: {name: nodes}\nspec: {clusterIP: None, selector: {app: db}}\n";

#[test]
fn a_stateful_set_without_its_service() {
    let mistake = "5 StatefulSet a/db gives its pods names under Service a/node, which is not in the directory";
    differs(
        &beside(STATEFUL_SET, NODES),
        "serviceName: nodes",
        "serviceName: node",
        mistake,
    );
}

#[test]
fn a_service_of_nothing() {
    let right = with(&[SERVICE]);
    differs(
        &right,
        "selector: {app: web}, ports",
        "selector: {app: wob}, ports",
        "4 Service a/web selects no pods of the directory",
    );
    differs(
        &right,
        "targetPort: http",
        "targetPort: htp",
        "4 Service a/web sends traffic to the port `htp`, and the pods it selects have none of that name",
    );
    assert_eq!(
        found(&SERVICE.replace("spec: {", "spec: {type: ExternalName, externalName: x.org, ")),
        [""; 0]
    );
    // A mere template runs no pods.
    let template = "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: t}\ntemplate: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, ports: [{name: http, containerPort: 80}]}]}}\n";
    assert_eq!(
        found(&beside(template, SERVICE)),
        ["4 Service a/web selects no pods of the directory"]
    );
}

#[test]
fn an_ingress_to_nothing() {
    let ingress = "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: public
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]}}]
  defaultBackend: {service: {name: web, port: {number: 80}}}
";
    let class = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: public}\n";
    let right = with(&[SERVICE, ingress, class]);
    differs(
        &right,
        "service: {name: web, port: {name",
        "service: {name: wob, port: {name",
        "6 Ingress a/web sends traffic to Service a/wob, which is not in the directory",
    );
    differs(
        &right,
        "port: {name: http}",
        "port: {name: htp}",
        "6 Ingress a/web sends traffic to the port `htp` of Service a/web, which does not have it",
    );
    differs(
        &right,
        "{number: 80}",
        "{number: 81}",
        "7 Ingress a/web sends traffic to the port `81` of Service a/web, which does not have it",
    );
    differs(
        &right,
        "ingressClassName: public",
        "ingressClassName: publik",
        "5 Ingress a/web is of IngressClass publik, which is not in the directory",
    );
    let without_class = with(&[SERVICE, ingress]);
    assert_eq!(found(&without_class), [""; 0]);
    let tls = ingress.replace("  rules", "  tls: [{secretName: cert}]\n  rules");
    let tls = with(&[SERVICE, &tls]);
    assert_eq!(
        found(&tls),
        ["6 Ingress a/web shows the certificate of Secret a/cert, which is not in the directory"]
    );
    let issued = tls.replace(
        "Ingress\nmetadata: {name: web}",
        "Ingress\nmetadata: {name: web, annotations: {cert-manager.io/issuer: x}}",
    );
    assert_eq!(found(&issued), [""; 0]);
}

#[test]
fn a_binding_to_nothing() {
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: web}\nrules: []\n";
    let binding = "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
subjects: [{kind: ServiceAccount, name: web}, {kind: User, name: me, apiGroup: rbac.authorization.k8s.io}]
";
    let right = [role, ACCOUNT, binding].join("---\n");
    differs(
        &right,
        "kind: Role, name: web",
        "kind: Role, name: wob",
        "4 RoleBinding a/web grants Role a/wob, which is not in the directory",
    );
    differs(
        &right,
        "kind: ServiceAccount, name: web",
        "kind: ServiceAccount, name: wob",
        "5 RoleBinding a/web is for ServiceAccount a/wob, which is not in the directory",
    );
    let cluster = right.replace("kind: Role, name: web", "kind: ClusterRole, name: view");
    differs(
        &cluster,
        "name: view",
        "name: veiw",
        "4 RoleBinding a/web grants ClusterRole veiw, which is not in the directory",
    );
    assert_eq!(found(&cluster.replace("name: view", "name: system:node")), [""; 0]);
}

const AUTOSCALER: &str = "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
";

#[test]
fn an_autoscaler_of_nothing() {
    let mistake = "4 HorizontalPodAutoscaler a/web scales Deployment a/wob, which is not in the directory";
    differs(
        &with(&[AUTOSCALER]),
        "kind: Deployment, name: web",
        "kind: Deployment, name: wob",
        mistake,
    );
}

#[test]
fn a_budget_that_does_nothing_or_too_much() {
    let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  maxUnavailable: 1\n";
    let right = with(&[budget]);
    let idle = "6 PodDisruptionBudget a/web lets all pods go (of 3): it protects nothing";
    let blocks = "6 PodDisruptionBudget a/web lets no pod go (of 3): it blocks every drain of a node";
    for bound in [
        "maxUnavailable: 3",
        "maxUnavailable: 100%",
        "maxUnavailable: 70%",
        "minAvailable: 0",
        "minAvailable: 0%",
    ] {
        differs(&right, "maxUnavailable: 1", bound, idle);
    }
    for bound in [
        "minAvailable: 3",
        "minAvailable: 4",
        "minAvailable: 67%",
        "maxUnavailable: 0",
        "maxUnavailable: 0%",
    ] {
        differs(&right, "maxUnavailable: 1", bound, blocks);
    }
    differs(
        &right,
        "{app: web}}\n  max",
        "{app: wob}}\n  max",
        "5 PodDisruptionBudget a/web selects no pods of the directory",
    );
    let single = right.replace("replicas: 3", "replicas: 1");
    assert_eq!(
        found(&single),
        ["6 PodDisruptionBudget a/web lets all pods go (of 1): it protects nothing"]
    );
    // Nothing runs, and more may run, by the autoscaler.
    assert_eq!(found(&right.replace("replicas: 3", "replicas: 0")), [""; 0]);
    assert_eq!(
        found(&with(&[
            &budget.replace("maxUnavailable: 1", "minAvailable: 3"),
            AUTOSCALER
        ])),
        [""; 0]
    );
}

#[test]
fn a_policy_about_nothing() {
    let policy = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from: [{podSelector: {matchLabels: {tier: front}}}]
      ports: [{port: http}]
";
    let right = with(&[policy]);
    differs(
        &right,
        "podSelector: {matchLabels: {app: web",
        "podSelector: {matchLabels: {app: wob",
        "5 NetworkPolicy a/web selects no pods of the directory",
    );
    differs(
        &right,
        "tier: front}}}",
        "tier: fornt}}}",
        "7 NetworkPolicy a/web lets traffic through from no pods of the directory",
    );
    differs(
        &right,
        "tier: front}}}",
        "teir: front}}}",
        "7 NetworkPolicy a/web lets traffic through from no pods of the directory",
    );
    differs(
        &right,
        "port: http}]\n",
        "port: htp}]\n",
        "8 NetworkPolicy a/web lets traffic through to the port `htp`, and the pods it selects have none of that name",
    );
    // One that may come, and those of other namespaces.
    assert_eq!(found(&right.replace("tier: front}}}", "tier: back}}}")), [""; 0]);
    assert_eq!(
        found(&right.replace("tier: front}}}", "x: z}}, namespaceSelector: {}}")),
        [""; 0]
    );
    assert_eq!(
        found(&right.replace("podSelector: {matchLabels: {app: web}}", "podSelector: {}")),
        [""; 0]
    );
}

#[test]
fn a_dependency_on_nothing() {
    let annotated = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, annotations: {config.kubernetes.io/depends-on: /namespaces/a/ConfigMap/settings}}\n";
    let right = beside(SETTINGS, annotated);
    differs(
        &right,
        "ConfigMap/settings",
        "ConfigMap/setting",
        "3 ConfigMap a/b depends on /namespaces/a/ConfigMap/setting, which is not in the directory",
    );
    differs(
        &right,
        "/namespaces/a/ConfigMap/settings",
        "settings",
        "3 `settings` is not a reference to an object",
    );
}

#[test]
fn what_is_secret_is_not_quoted() {
    let text = container("envFrom: [{configMapRef: {name: hunter2}}]");
    let path = ["spec", "template"];
    let object = testing::desired_with_secret(&text, &path);
    let mut manifest = testing::manifest(&text);
    manifest.origins = object.origins;
    let findings = checked(&[manifest]).findings;
    assert_eq!(
        findings[0].message,
        "Deployment a/web reads ConfigMap a/(hidden), which is not in the directory"
    );
}
