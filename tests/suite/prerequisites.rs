//! What new and changed objects need, and neither the directory nor the cluster has, is told before the first write.

use serde_json::{Value, json};

use crate::bed::{Bed, Run, definition, deployment, secret};

/// A Deployment whose pods read this Secret and are for nodes with this label.
fn web(secret: &str, zone: &str) -> String {
    let from = format!(
        "      nodeSelector: {{example.net/zone: {zone}}}\n      containers:\n        - envFrom: [{{secretRef: {{name: {secret}}}}}]\n          name:"
    );
    deployment("web", 1, "nginx").replacen("      containers:\n        - name:", &from, 1)
}

fn claim(class: &str) -> String {
    format!(
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data}}\nspec:\n  accessModes: [ReadWriteOnce]\n  \
         resources: {{requests: {{storage: 1Gi}}}}\n{class}"
    )
}

const INGRESS: &str = "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: prerequisites-nginx
  tls: [{secretName: certificate}]
  defaultBackend: {service: {name: web, port: {number: 80}}}
";

fn codes(run: &Run) -> Vec<Value> {
    let plan: Value = serde_json::from_str(&run.stdout).expect("a plan");
    let steps = plan["steps"].as_array().expect("steps").iter();
    let warnings = steps.filter_map(|step| step["warnings"].as_array());
    warnings.flatten().map(|warning| warning["code"].clone()).collect()
}

#[test]
fn what_an_object_needs_and_nobody_has_is_told_before_it_is_written() {
    let bed = Bed::new("prerequisites");
    bed.write("web.yaml", &web("outside", "prerequisites-nowhere"));
    bed.write("data.yaml", &claim("  storageClassName: prerequisites-fast\n"));
    bed.write("ingress.yaml", INGRESS);
    bed.commit("First");
    bed.diff()
        .exits(1)
        .shows("needs Secret prerequisites/outside, which is neither in the directory nor in the cluster")
        .shows("needs Secret prerequisites/certificate, which is neither")
        .shows("needs IngressClass prerequisites-nginx, which is neither")
        .shows("needs StorageClass prerequisites-fast, which is neither")
        .shows("no node has the labels that its pods ask for: example.net/zone=prerequisites-nowhere");
    let run = bed.run(&["diff", "--format", "json"]).exits(1);
    let mut told = codes(&run);
    told.sort_by_key(Value::to_string);
    assert_eq!(
        json!(told),
        json!([
            "missingNode",
            "missingObject",
            "missingObject",
            "missingObject",
            "missingObject"
        ])
    );
}

#[test]
fn what_the_directory_the_cluster_or_a_custom_object_brings_is_not_missing() {
    let bed = Bed::new("prerequisites-there");
    bed.kubectl_stdin(
        &["create", "-f", "-"],
        "apiVersion: v1\nkind: Node\nmetadata: {name: prerequisites, labels: {example.net/zone: prerequisites-here}}\n",
    );
    bed.write("web.yaml", &web("own", "prerequisites-here"));
    bed.write("own.yaml", &secret("own"));
    bed.write(
        "ingress.yaml",
        &INGRESS.replace("  ingressClassName: prerequisites-nginx\n", ""),
    );
    bed.kubectl(&["create", "secret", "generic", "certificate", "--from-literal=tls.crt=x"]);
    bed.commit("First");
    bed.diff().exits(1).shows_not("needs ").shows_not("no node has");
    bed.kubectl(&["delete", "node", "prerequisites"]);
}

/// A Pod that reads this Secret and uses this claim.
fn backup(secret: &str, claim: &str) -> String {
    format!(
        "apiVersion: v1
kind: Pod
metadata: {{name: backup}}
spec:
  containers:
    - {{name: main, image: example/backup:1, envFrom: [{{secretRef: {{name: {secret}}}}}]}}
  volumes:
    - {{name: data, persistentVolumeClaim: {{claimName: {claim}}}}}
"
    )
}

/// A StatefulSet `db` with claims that are named for `data`.
const DATABASE: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: main, image: example/db:1}]}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        resources: {requests: {storage: 1Gi}}
";

const DEFAULT_CLASS: &str = "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: prerequisites-default
  annotations: {storageclass.kubernetes.io/is-default-class: \"true\"}
provisioner: example.com/none
";

#[test]
fn what_controllers_make_of_the_objects_of_the_directory_is_not_missing() {
    let bed = Bed::new("prerequisites-made");
    bed.write(
        "definition.yaml",
        &definition("external-secrets.io", "ExternalSecret", "Namespaced"),
    );
    bed.write(
        "external.yaml",
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: any}\nspec: {target: {name: made}}\n",
    );
    bed.write("class.yaml", DEFAULT_CLASS);
    bed.write("db.yaml", DATABASE);
    bed.write("backup.yaml", &backup("made", "data-db-0"));
    bed.diff().exits(1).shows_not("needs ");
    bed.write("backup.yaml", &backup("other", "other-db-0"));
    bed.diff()
        .exits(1)
        .shows("needs PersistentVolumeClaim prerequisites-made/other-db-0, which is neither")
        .shows("needs Secret prerequisites-made/other, which is neither");
}

#[test]
fn what_an_object_in_sync_has_yet_to_bring_is_not_missing() {
    let bed = Bed::new("prerequisites-slow");
    bed.write(
        "definition.yaml",
        &definition("slow.example.com", "Certificate", "Namespaced"),
    );
    bed.write(
        "certificate.yaml",
        "apiVersion: slow.example.com/v1\nkind: Certificate\nmetadata: {name: web}\nspec: {secretName: certificate}\n",
    );
    bed.synced();
    let ingress = INGRESS.replace("  ingressClassName: prerequisites-nginx\n", "");
    bed.write("ingress.yaml", &ingress);
    let requests = bed.audited(|| drop(bed.diff().exits(1).shows("+ create Ingress").shows_not("needs Secret")));
    let mut asked = requests.iter().filter(|request| request.resource == "certificates");
    assert!(
        asked.all(|request| request.verb == "list"),
        "it is proved: {requests:#?}"
    );
}

#[test]
fn what_was_not_there_before_is_no_news_of_a_later_change() {
    let bed = Bed::new("prerequisites-later");
    bed.write("web.yaml", &web("outside", "prerequisites-nowhere"));
    bed.commit("First");
    bed.run(&["sync", "--yes", "--wait=false"]).exits(0);
    let more = web("outside", "prerequisites-nowhere").replace("replicas: 1", "replicas: 2");
    bed.write("web.yaml", &more);
    bed.commit("More");
    let requests = bed.audited(|| drop(bed.diff().exits(1).shows_not("needs ").shows_not("no node has")));
    assert!(
        !requests.iter().any(|request| request.resource == "nodes"),
        "{requests:#?}"
    );
    bed.write("web.yaml", &more.replace("name: outside", "name: another"));
    bed.diff()
        .exits(1)
        .shows("needs Secret prerequisites-later/another, which is neither");
}
