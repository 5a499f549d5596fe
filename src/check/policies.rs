//! Network policies: whether they are about any pod.

use crate::diagnostic::identifier::Identifier;
use serde_json::Value;

use crate::kinds::pods::PodTemplate;
use crate::object::field::At;

use super::directory::{CheckedDirectory, Object};
use super::finding::Finding;
use super::references::meant;
use super::selector::ObjectSelector;
use super::traffic::has_port;

pub(super) fn check<'a>(directory: &CheckedDirectory<'a>, object: &Object<'a>, findings: &mut Vec<Finding>) {
    if !object.kind().is("networking.k8s.io", "NetworkPolicy") {
        return;
    }
    let spec = object.at(&["spec"]);
    let running: Vec<_> = directory.running(object.namespace()).collect();
    let select = |at: &At<'a>| -> Vec<(&Object<'a>, &PodTemplate<'a>)> {
        let selector = ObjectSelector::new(at);
        let pods = running.iter().copied();
        pods.filter(|(_, pods)| selector.matches(pods.labels.value)).collect()
    };
    let labels: Vec<&Value> = running.iter().map(|(_, pods)| pods.labels.value).collect();
    let selector = spec.field("podSelector");
    let selected = select(&selector);
    if selected.is_empty() && !ObjectSelector::new(&selector).is_empty() {
        let message = format!("{} selects no pods of the directory", object.reference);
        findings.push(meant(
            object,
            Finding::new(Identifier::EmptySelection, object, &selector.path, message),
        ));
    }
    for (direction, side) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.field(direction).items() {
            for peer in rule.field(side).items() {
                // A policy may name who is not there now, and a directory need not know other namespaces.
                let peers = peer.field("podSelector");
                let is_here = peers.is_there() && !peer.field("namespaceSelector").is_there();
                if is_here && select(&peers).is_empty() && ObjectSelector::new(&peers).looks_misspelt(&labels) {
                    let message = format!(
                        "{} lets traffic through {side} no pods of the directory",
                        object.reference
                    );
                    findings.push(meant(
                        object,
                        Finding::new(Identifier::EmptySelection, object, &peers.path, message),
                    ));
                }
            }
            if direction == "ingress" && !selected.is_empty() {
                for port in rule.field("ports").items() {
                    has_port(
                        object,
                        &port.field("port"),
                        &selected,
                        "lets traffic through to",
                        findings,
                    );
                }
            }
        }
    }
}
