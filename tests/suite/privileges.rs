//! What somebody may do is told when it changes, and not because the API server fills in what git leaves out.

use crate::bed::Bed;

/// Objects that leave to the API server whatever they can, with a label.
fn objects(label: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {{name: privileges-hook, labels: {{a: {label}}}}}
webhooks:
  - name: hook.example.com
    clientConfig: {{service: {{name: hook, namespace: privileges}}}}
    rules: [{{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}}]
    namespaceSelector: {{matchLabels: {{nobody: has-it}}}}
    sideEffects: None
    admissionReviewVersions: [v1]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: edit, labels: {{a: {label}}}}}
roleRef: {{kind: ClusterRole, name: edit, apiGroup: rbac.authorization.k8s.io}}
subjects:
  - {{kind: User, name: anna}}
  - {{kind: ServiceAccount, name: web, namespace: privileges, apiGroup: \"\"}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: reader, labels: {{a: {label}}}}}
rules:
  - {{apiGroups: [\"\"], resources: [secrets], verbs: [get], resourceNames: []}}
"
    )
}

#[test]
fn a_label_that_changes_lets_nobody_do_more() {
    let bed = Bed::new("privileges");
    bed.write("objects.yaml", &objects("one"));
    bed.commit("Objects");
    bed.diff()
        .exits(1)
        .shows("grants: MutatingWebhookConfiguration privileges-hook is asked")
        .shows("grants: RoleBinding privileges/edit gives the role edit to User anna, ServiceAccount privileges/web")
        .shows("grants: Role privileges/reader allows to read Secrets");
    bed.synced();
    bed.write("objects.yaml", &objects("two"));
    bed.commit("Labels");
    bed.diff().exits(1).shows("3 to update").shows_not("grants:");
    bed.run(&["delete", "--yes"]).exits(0);
}

/// A policy that leaves to the API server whatever it can, with these peers, this port and this label; a set with a
/// budget that allows none of its pods to be away, and this image.
fn restricted(peers: &str, port: &str, label: &str, image: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: db, labels: {{a: {label}}}}}
spec:
  podSelector: {{matchLabels: {{app: db}}}}
  ingress:
    - from: [{peers}]
      ports: [{port}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: db}}
spec: {{maxUnavailable: 0, selector: {{matchLabels: {{app: db}}}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: db}}
spec:
  replicas: 2
  serviceName: db
  selector: {{matchLabels: {{app: db}}}}
  template:
    metadata: {{labels: {{app: db}}}}
    spec: {{containers: [{{name: db, image: '{image}'}}]}}
"
    )
}

#[test]
fn a_policy_is_opened_by_what_it_allows_more_and_not_by_what_the_server_fills_in() {
    let bed = Bed::new("privileges-opened");
    let web = "{podSelector: {matchLabels: {app: web}}}";
    let all = "{namespaceSelector: {}}";
    bed.write("db.yaml", &restricted(web, "{port: 5432}", "one", "db:1"));
    bed.commit("Restricted");
    // Nothing runs the pods here.
    bed.run(&["sync", "--yes", "--timeout", "0s"]).exits(1);
    bed.write("db.yaml", &restricted(web, "{port: 5432}", "two", "db:1"));
    bed.commit("A label");
    bed.diff().exits(1).shows("1 to update").shows_not("opens traffic");
    bed.write(
        "db.yaml",
        &restricted(&format!("{web}, {all}"), "{port: 5432}", "two", "db:2"),
    );
    bed.commit("Opened");
    bed.diff()
        .exits(1)
        .shows("! opens traffic: NetworkPolicy privileges-opened/db allows ingress from more peers")
        .shows(
            "! fewer pods than a disruption budget allows: while StatefulSet privileges-opened/db restarts, against \
             PodDisruptionBudget privileges-opened/db",
        );
    bed.write("db.yaml", &restricted(web, "", "two", "db:1"));
    bed.commit("Every port");
    bed.diff()
        .exits(1)
        .shows("! opens traffic: NetworkPolicy privileges-opened/db allows ingress on more ports")
        .shows_not("disruption budget");
}

#[test]
fn whoever_is_given_a_role_is_named_in_a_comment_however_many_they_are() {
    let bed = Bed::new("privileges-many");
    bed.commit("Nothing");
    let binding = |number: usize| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: {}-{number:02}}}
roleRef: {{kind: ClusterRole, name: cluster-admin, apiGroup: rbac.authorization.k8s.io}}
subjects: [{{kind: User, name: anna, apiGroup: rbac.authorization.k8s.io}}]
",
            "administrators".repeat(5)
        )
    };
    let all: Vec<String> = (0..80).map(binding).collect();
    bed.write("bindings.yaml", &all.join("---\n"));
    bed.commit("Bindings");
    let told = bed.run(&["diff", "--from", "HEAD~1", "--to", "HEAD", "--format", "markdown"]);
    let told = told.exits(1).stdout;
    let warning: String = told.lines().filter(|line| line.starts_with("> ")).collect();
    for number in 0..80 {
        assert!(
            warning.contains(&format!("administrators-{number:02}")),
            "{number}: {warning}"
        );
    }
}
