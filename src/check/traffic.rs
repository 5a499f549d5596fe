//! What brings traffic: Services to pods, Ingresses to Services.

use std::borrow::Cow;

use crate::diagnostic::identifier::Identifier;
use crate::diagnostic::nearest::key_hint;
use crate::kinds::pods::PodTemplate;
use crate::object::field::At;

use super::directory::{CheckedDirectory, CheckedObject};
use super::finding::Finding;
use super::references::{ReferenceTarget, follow, follow_class, meant};
use super::selector::ObjectSelector;

pub(super) fn check<'a>(directory: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    match (object.kind().group.as_str(), object.kind().kind.as_str()) {
        ("", "Service") => service(directory, object, findings),
        ("networking.k8s.io", "Ingress") => ingress(directory, object, findings),
        _ => {}
    }
}

fn service<'a>(directory: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    let spec = object.at(&["spec"]);
    let at = spec.field("selector");
    let selector = ObjectSelector::of_labels(&at);
    if selector.is_empty() || spec.field("type").text() == Some("ExternalName") {
        return;
    }
    let selected = directory.selected(object.namespace(), &selector);
    if selected.is_empty() {
        let message = format!("{} selects no pods of the directory", object.reference);
        findings.push(meant(
            object,
            Finding::new(Identifier::EmptySelection, object, &at.path, message),
        ));
        return;
    }
    for port in spec.field("ports").items() {
        let target = port.field("targetPort");
        has_port(object, &target, &selected, "sends traffic to", findings);
    }
}

/// Says so if none of these pods has the port with the name at `name`. A number needs no declaration.
pub(super) fn has_port<'a>(
    object: &CheckedObject<'a>,
    name: &At<'a>,
    pods: &[(&CheckedObject<'a>, &PodTemplate<'a>)],
    does: &str,
    findings: &mut Vec<Finding>,
) {
    let named = || {
        pods.iter().flat_map(|(of, pods)| {
            let containers = pods.containers().into_iter();
            let ports = containers.flat_map(|container| container.field("ports").items());
            ports.map(|port| (*of, port.field("name")))
        })
    };
    let mut names: Vec<&str> = named().filter_map(|(_, name)| name.text()).collect();
    names.sort_unstable();
    names.dedup();
    if let Some(text) = name.text().filter(|text| !names.contains(text)) {
        let message = format!(
            "{} {does} the port `{}`, and the pods it selects have none of that name",
            object.reference,
            object.quoted(name)
        );
        let finding = Finding::new(Identifier::MissingPort, object, &name.path, message);
        findings.push(match names.as_slice() {
            [] => finding.hint("give a port of a container that name, or write its number"),
            names if object.may_compare(name, named()) => finding.hint(key_hint(names, text)),
            _ => finding,
        });
    }
}

fn ingress<'a>(directory: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    let spec = object.at(&["spec"]);
    let class = spec.field("ingressClassName");
    follow_class(
        directory,
        object,
        &class,
        ("networking.k8s.io", "IngressClass"),
        "is of",
        findings,
    );
    let namespace = object.namespace();
    for tls in spec.field("tls").items() {
        // An annotation asks cert-manager for it.
        let is_issued = object.at(&["metadata", "annotations"]).value.as_object();
        let is_issued = is_issued.is_some_and(|all| all.keys().any(|key| key.starts_with("cert-manager.io/")));
        if !is_issued {
            let name = tls.field("secretName");
            follow(
                directory,
                object,
                &name,
                ("", "Secret", namespace),
                "shows the certificate of",
                findings,
            );
        }
    }
    let rules = spec.field("rules").items();
    let paths = rules.iter().flat_map(|rule| rule.at(&["http", "paths"]).items());
    let backends = paths.map(|path| path.field("backend"));
    for backend in backends.chain([spec.field("defaultBackend")]) {
        let service = backend.field("service");
        let name = service.field("name");
        let kind = ("", "Service", namespace);
        if let ReferenceTarget::Here(target) = follow(directory, object, &name, kind, "sends traffic to", findings) {
            backend_port(object, &service.field("port"), target, findings);
        }
    }
}

fn backend_port<'a>(
    object: &CheckedObject<'a>,
    port: &At<'a>,
    service: &CheckedObject<'a>,
    findings: &mut Vec<Finding>,
) {
    let ports = service.at(&["spec", "ports"]);
    if ports.items().is_empty() {
        return;
    }
    let (wanted, field) = match (port.field("name"), port.field("number")) {
        (name, _) if name.is_there() => (name, "name"),
        (_, number) if number.is_there() => (number, "port"),
        _ => return,
    };
    let ports = ports.items();
    let mut known = ports.iter().map(|port| port.field(field));
    if known.any(|known| known.value == wanted.value) {
        return;
    }
    let shown = object.quoted(&wanted);
    let message = format!(
        "{} sends traffic to the port `{shown}` of {}, which does not have it",
        object.reference, service.reference
    );
    let named = || {
        let named = ports.iter().map(|port| port.field(field)).filter(At::is_there);
        named.map(|port| (service, port))
    };
    let known: Vec<_> = named().map(|(_, port)| service.quoted(&port)).collect();
    let known: Vec<&str> = known.iter().map(Cow::as_ref).collect();
    let finding = Finding::new(Identifier::MissingPort, object, &wanted.path, message);
    let finding = finding.beside(service, &service.at(&["spec", "ports"]).path, "its ports");
    findings.push(match known.as_slice() {
        [] => finding.hint("its ports have no names: refer to one by its number"),
        known if object.may_compare(&wanted, named()) => finding.hint(key_hint(known, &shown)),
        _ => finding,
    });
}
