//! Volumes: what they are of, and what mounts them.

use crate::diagnostic::identifier::Identifier;
use crate::diagnostic::nearest::nearest;
use crate::object::field::At;

use super::directory::{CheckedDirectory, CheckedObject};
use super::finding::Finding;
use super::references::follow;

pub(super) fn check<'a>(directory: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    let Some(pods) = &object.pods else { return };
    let volumes = pods.spec.field("volumes").items();
    for volume in &volumes {
        let claim = volume.at(&["persistentVolumeClaim", "claimName"]);
        let kind = ("", "PersistentVolumeClaim", object.namespace());
        follow(directory, object, &claim, kind, "mounts", findings);
    }
    let claims = object.at(&["spec", "volumeClaimTemplates"]).items();
    let claims = claims.iter().filter(|_| object.kind().is("apps", "StatefulSet"));
    let claims = claims.map(|claim| claim.at(&["metadata", "name"]));
    let named = volumes.iter().map(|volume| volume.field("name")).chain(claims);
    let named: Vec<At<'a>> = named.collect();
    let names: Vec<&str> = named.iter().filter_map(At::text).collect();
    for container in pods.containers() {
        let uses = ["volumeMounts", "volumeDevices"];
        for mount in uses.iter().flat_map(|list| container.field(list).items()) {
            let name = mount.field("name");
            let Some(text) = name.text().filter(|text| !names.contains(text)) else {
                continue;
            };
            let message = format!(
                "{} mounts the volume `{}`, and its pods have none of that name",
                object.reference,
                object.quoted(&name)
            );
            let mut finding = Finding::new(Identifier::MissingVolume, object, &name.path, message);
            let may_compare = || object.may_compare(&name, named.iter().map(|named| (object, named.clone())));
            if let Some(near) = nearest(names.iter().copied(), text).filter(|_| may_compare()) {
                finding = finding.hint(format!("did you mean `{near}`?"));
            }
            findings.push(finding);
        }
    }
}
