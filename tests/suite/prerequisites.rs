//! What new and changed objects need, and neither the directory nor the cluster has, is told before the first write.

use serde_json::{Value, json};

use crate::bed::{Bed, Run, deployment, secret};

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
