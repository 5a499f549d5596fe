//! What needs something else comes after it, in one run and one diff; and what one part cannot do stops
//! only what needs it.

use crate::bed::{Bed, config_map};
use crate::control_plane::ControlPlane;

/// A webhook that nothing answers for ConfigMaps of the namespace, since pods run no programs here: who
/// writes one after it is refused.
fn webhook(namespace: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{name: {namespace}}}
webhooks:
  - name: check.{namespace}.example.com
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    timeoutSeconds: 1
    namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}
    objectSelector: {{matchLabels: {{checked: \"yes\"}}}}
    rules: [{{apiGroups: [\"\"], apiVersions: [v1], resources: [configmaps], operations: [CREATE, UPDATE]}}]
    clientConfig: {{service: {{name: check, namespace: {namespace}, path: /}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: check}}
spec: {{selector: {{app: check}}, ports: [{{port: 443, targetPort: 8443}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: check}}
spec:
  selector: {{matchLabels: {{app: check}}}}
  template:
    metadata: {{labels: {{app: check}}}}
    spec: {{containers: [{{name: main, image: none}}]}}
"
    )
}

#[test]
fn a_webhook_comes_after_what_serves_it_and_after_what_it_would_refuse() {
    let bed = Bed::without_namespace(ControlPlane::full(), "order-webhook");
    bed.write("namespace.yaml", &crate::bed::namespace("order-webhook"));
    bed.write("webhook.yaml", &webhook("order-webhook"));
    let checked =
        config_map("checked", &[("a", "1")]).replace("metadata:\n", "metadata:\n  labels: {checked: \"yes\"}\n");
    bed.write("checked.yaml", &checked);
    bed.diff().exits(1).shows("5 to create");
    let mut requests = bed.audited(|| drop(bed.synced().shows_not("mismatch:")));
    requests.retain(|request| request.is_write() && !request.dry_run && request.code < 300);
    let at = |resource: &str| {
        let position = requests.iter().position(|request| request.resource == resource);
        position.unwrap_or_else(|| panic!("{resource} is written: {requests:#?}"))
    };
    let webhook = at("validatingwebhookconfigurations");
    assert!(at("namespaces") < at("services") && at("services") < at("deployments"));
    assert!(at("deployments") < webhook && at("configmaps") < webhook);
    let deployment = bed.get("deployment", "check").expect("it is there");
    assert_eq!(deployment["status"]["availableReplicas"], 1, "{deployment}");
    // It is there, and would refuse; what is in sync is not asked about.
    bed.diff().exits(0);
    bed.write("checked.yaml", &checked.replace("\"1\"", "\"2\""));
    bed.diff()
        .exits(1)
        .shows("! refused ConfigMap order-webhook/checked")
        .shows("failed calling webhook");
}

#[test]
fn what_is_mended_in_git_goes_on_where_it_stopped() {
    let bed = Bed::on(ControlPlane::full(), "order-mended");
    let job = |labels: &str| {
        format!(
            "apiVersion: batch/v1
kind: Job
metadata: {{name: init, annotations: {{stackanetes.io/inputs: \"image\"}}}}
spec:
  backoffLimit: 0
  template:
    metadata: {{labels: {labels}}}
    spec: {{restartPolicy: Never, containers: [{{name: main, image: none}}]}}
"
        )
    };
    let workload = |name: &str| {
        format!(
            "apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: main, image: none}}]}}
"
        )
    };
    bed.write("db/component.yaml", "");
    bed.write("db/job.yaml", &job("{outcome: failure}"));
    bed.write("app/component.yaml", "dependsOn: [db]\n");
    bed.write("app/app.yaml", &workload("app"));
    bed.write("other/component.yaml", "");
    bed.write("other/other.yaml", &workload("other"));
    bed.commit("First");
    bed.sync()
        .exits(1)
        .shows("not ready Job order-mended/init: Failed")
        .shows("not started Deployment order-mended/app: it depends on");
    assert!(bed.get("deployment", "app").is_none());
    bed.write("db/job.yaml", &job("{}"));
    bed.commit("Mended");
    let requests = bed.audited(|| drop(bed.synced().shows_not("mismatch:")));
    let written = requests.iter().filter(|request| request.is_write() && !request.dry_run);
    let names: Vec<_> = written.map(|request| request.name.as_str()).collect();
    assert!(names.contains(&"init") && names.contains(&"app"), "{names:?}");
    assert!(
        !names.contains(&"other"),
        "what was done is not touched again: {names:?}"
    );
    bed.diff().exits(0);
}
