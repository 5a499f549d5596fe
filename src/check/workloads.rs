//! Workloads: whether they select their own pods, and the Service that names them.

use super::directory::{CheckedDirectory, CheckedObject};
use super::finding::Finding;
use super::references::follow;
use super::selector::ObjectSelector;
use crate::diagnostic::identifier::Identifier;

pub(super) fn check<'a>(directory: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    let Some(pods) = &object.pods else { return };
    let at = object.at(&["spec", "selector"]);
    let selector = match (object.kind().group.as_str(), object.kind().kind.as_str()) {
        ("apps", _) => ObjectSelector::new(&at),
        ("", "ReplicationController") => ObjectSelector::of_labels(&at),
        _ => return,
    };
    if let Some(unmet) = selector.unmet(pods.labels.value) {
        let message = format!(
            "the selector of {} does not match the labels of its own pods",
            object.reference
        );
        let finding = Finding::new(Identifier::MismatchedSelector, object, &unmet.path, message)
            .label("not a label of its pods")
            .beside(object, &pods.labels.path, "their labels");
        findings.push(finding.hint("give the pod template every label that the selector asks for"));
    }
    if object.kind().is("apps", "StatefulSet") {
        let service = object.at(&["spec", "serviceName"]);
        let kind = ("", "Service", object.namespace());
        follow(
            directory,
            object,
            &service,
            kind,
            "gives its pods names under",
            findings,
        );
    }
}
