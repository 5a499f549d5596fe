//! Services and Ingresses, and what they lead to.

use super::*;

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
