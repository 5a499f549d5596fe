//! Each rule, with a manifest that is right and one that is wrong.

mod fields;
mod policies;
mod references;
mod traffic;

use crate::kinds::generate::{Generated, GeneratedForm};
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

const AUTOSCALER: &str = "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
";

fn manifests(text: &str) -> Vec<Manifest> {
    text.split("---\n").map(testing::manifest).collect()
}

/// The line and the message of each mistake.
fn said(checked: &Checked) -> Vec<String> {
    let line = |finding: &Finding| format!("{} {}", finding.places[0].0.line(), finding.message);
    checked.findings.iter().map(line).collect()
}

fn checked(manifests: &[Manifest]) -> Checked {
    check(manifests, "a", &[], 0)
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
fn the_same_object_twice() {
    let right = beside(
        SETTINGS,
        &SETTINGS.replace("name: settings", "name: settings, namespace: b"),
    );
    differs(
        &right,
        ", namespace: b",
        ", namespace: a",
        "1 duplicate object ConfigMap a/settings",
    );
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

/// What is found where the value at `path` of the first of these objects was made from what must not be shown.
fn found_with_secret(text: &str, path: &[&str]) -> Vec<Finding> {
    let mut manifests = manifests(text);
    let (first, _) = text.split_once("---\n").expect("several objects");
    manifests[0].origins = testing::desired_with_secret(first, path).origins;
    checked(&manifests).findings
}

#[test]
fn a_hint_does_not_name_what_is_secret_nor_what_is_like_it() {
    let web = container("volumeMounts: [{name: datb, mountPath: /d}]").replace(
        "      containers:",
        "      volumes: [{name: data, emptyDir: {}}]\n      containers:",
    );
    let web = web.replace("name: http", "name: htpp");
    let ingress = "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {defaultBackend: {service: {name: web, port: {name: htp}}}}
";
    let reader = container("envFrom: [{configMapRef: {name: setings}}]");
    let key = container("env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: lig}}}]");
    for (text, path, hint) in [
        (beside(&web, SERVICE), &["spec", "template"][..], "`data`"),
        (beside(&web, SERVICE), &["spec", "template"], "`htpp`"),
        (beside(SERVICE, &web), &["spec"], "`htpp`"),
        (beside(ingress, &beside(&web, SERVICE)), &["spec"], "`http`"),
        (beside(SERVICE, &beside(&web, ingress)), &["spec"], "`http`"),
        (beside(&reader, SETTINGS), &["spec", "template"], "`settings`"),
        (beside(&key, SETTINGS), &["spec", "template"], "`log`"),
    ] {
        let hints = |findings: Vec<Finding>| {
            findings
                .into_iter()
                .flat_map(|finding| finding.hints)
                .collect::<Vec<_>>()
        };
        let open = hints(checked(&manifests(&text)).findings);
        assert!(open.iter().any(|shown| shown.contains(hint)), "{hint}: {open:?}");
        let hidden = hints(found_with_secret(&text, path));
        assert!(!hidden.iter().any(|shown| shown.contains(hint)), "{hint}: {hidden:?}");
    }
}
