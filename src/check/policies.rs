//! Network policies: whether they are about any pod.

use crate::diagnostic::identifier::Identifier;

use super::directory::{CheckedDirectory, CheckedObject};
use super::finding::Finding;
use super::references::meant;
use super::selector::ObjectSelector;
use super::traffic::has_port;

pub(super) fn check<'a>(directory: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    if !object.kind().is("networking.k8s.io", "NetworkPolicy") {
        return;
    }
    let spec = object.at(&["spec"]);
    let select = |selector: &ObjectSelector<'a>| directory.selected(object.namespace(), selector);
    let looks_misspelt = |selector: &ObjectSelector<'a>| {
        let running = directory.running(object.namespace());
        selector.looks_misspelt(&running.map(|(_, pods)| pods.labels.value).collect::<Vec<_>>())
    };
    let selector = spec.field("podSelector");
    let pods = ObjectSelector::new(&selector);
    let selected = select(&pods);
    if selected.is_empty() && !pods.is_empty() {
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
                let pods = ObjectSelector::new(&peers);
                if is_here && select(&pods).is_empty() && looks_misspelt(&pods) {
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
