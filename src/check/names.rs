//! Names that stand twice where the schema does not mind, and API servers do.

use crate::diagnostic::identifier::Identifier;
use crate::object::field::At;

use super::directory::{CheckedDirectory, CheckedObject};
use super::finding::Finding;

pub(super) fn check<'a>(_: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    if let Some(pods) = &object.pods {
        // Within one of the lists, the schema says it.
        let [before, beside] = ["initContainers", "containers"].map(|list| names(&pods.spec.field(list).items()));
        for name in beside {
            if let Some(first) = before.iter().find(|first| first.value == name.value) {
                findings.push(repeated(object, "containers", first, &name));
            }
        }
        for container in pods.containers() {
            unique(
                object,
                "ports of a container",
                &container.field("ports").items(),
                findings,
            );
        }
    }
    if object.kind().is("", "Service") {
        let ports = object.at(&["spec", "ports"]).items();
        unique(object, "ports", &ports, findings);
        let nameless = ports.iter().find(|port| port.field("name").text().is_none());
        if let Some(port) = nameless.filter(|_| ports.len() > 1) {
            let message = format!("{} has several ports, and one without a name", object.reference);
            findings
                .push(Finding::new(Identifier::UnnamedPort, object, &port.path, message).hint("give each port a name"));
        }
    }
}

fn names<'a>(items: &[At<'a>]) -> Vec<At<'a>> {
    let names = items.iter().map(|item| item.field("name"));
    names.filter(|name| name.text().is_some()).collect()
}

fn unique<'a>(object: &CheckedObject<'a>, what: &str, items: &[At<'a>], findings: &mut Vec<Finding>) {
    let names = names(items);
    for (position, name) in names.iter().enumerate() {
        if let Some(first) = names[..position].iter().find(|first| first.value == name.value) {
            findings.push(repeated(object, what, first, name));
        }
    }
}

fn repeated<'a>(object: &CheckedObject<'a>, what: &str, first: &At<'a>, name: &At<'a>) -> Finding {
    let shown = object.quoted(name);
    let message = format!("two {what} of {} have the name `{shown}`", object.reference);
    Finding::new(Identifier::DuplicateName, object, &name.path, message)
        .label("again here")
        .beside(object, &first.path, "first here")
}
