//! Objects with values that are encrypted and that nobody can decrypt here.
//!
//! A ciphertext that git has not changed since the object was last applied is taken to stand for what the
//! cluster has: that nobody changed that by hand cannot be told. One that git did change stays, and differs.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::positioned::by_position;
use super::{DirectoryInputs, SecretComparison, ciphertext};
use crate::applyset::inventory;
use crate::applyset::key::Keyring;
use crate::applyset::parent::Parent;
use crate::cluster::{Discovery, Resource};
use crate::object::{DesiredObject, LiveObject, ObjectRef};
use crate::sops;
use crate::source::Commits;

/// How many commits may be rendered to compare with; those that most objects were applied from come first.
const RENDERS: usize = 100;

/// The live objects, by what they are called.
type LiveObjects = BTreeMap<ObjectRef, (Resource, LiveObject)>;

/// Puts what the cluster has in the place of each ciphertext of `desired` that is the same in the commit that its
/// object was last applied from. Nothing is said where such a commit is not at hand, or is one too many: all of it
/// differs then.
pub(in crate::observe) fn assume_unchanged(
    desired: &mut [&mut DesiredObject],
    live: &LiveObjects,
    parent: Option<&Parent>,
    (directory, discovery): (&DirectoryInputs, &Discovery),
) {
    let Some(commits) = directory.path.as_deref().and_then(|path| Commits::of(path).ok()) else {
        return;
    };
    for (revision, objects) in by_revision(desired, live) {
        let Some(then) = at(&commits, revision, parent, (directory, discovery)) else {
            continue;
        };
        for (object, live) in objects {
            if let Some(base) = then.get(&object.reference) {
                ciphertext::replace(&mut object.value, &base.value, live.value());
                by_position(object);
            }
        }
    }
}

/// Objects, each with the live one.
type Pairs<'d, 'l> = Vec<(&'d mut DesiredObject, &'l LiveObject)>;

/// The objects that hold ciphertexts and are there, by the commit that they were last applied from.
fn by_revision<'d, 'l>(desired: &'d mut [&mut DesiredObject], live: &'l LiveObjects) -> Vec<(&'l str, Pairs<'d, 'l>)> {
    let mut found: BTreeMap<&str, Pairs<'_, '_>> = BTreeMap::new();
    for object in desired.iter_mut().filter(|object| sops::holds(&object.value)) {
        let there = live.get(&object.reference).map(|(_, live)| live);
        if let Some((live, revision)) = there.and_then(|live| Some((live, live.annotation(inventory::REVISION)?))) {
            found.entry(revision).or_default().push((object, live));
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, objects)| Reverse(objects.len()));
    found.truncate(RENDERS);
    found
}

/// Takes what the cluster has for what a base said where it is a ciphertext.
pub(super) fn assume_applied(base: &mut DesiredObject, live: &LiveObject) {
    if sops::holds(&base.value) {
        let said = base.value.clone();
        ciphertext::replace(&mut base.value, &said, live.value());
        by_position(base);
    }
}

fn at(
    commits: &Commits,
    revision: &str,
    parent: Option<&Parent>,
    (directory, discovery): (&DirectoryInputs, &Discovery),
) -> Option<BTreeMap<ObjectRef, DesiredObject>> {
    let inputs = directory.inputs_of(parent, revision).inputs;
    let secrets = SecretComparison {
        key: &Keyring::Empty,
        live: BTreeMap::new(),
    };
    let revision = commits.find(revision).ok()?;
    directory.at(commits, &revision, &inputs, discovery, &secrets).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{desired, resource};

    #[test]
    fn so_many_commits_are_rendered_and_those_of_most_objects_first() {
        let object = |index: usize, value: &str| {
            let name = format!("a{index}");
            desired(&format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: '{value}'}}\n"
            ))
        };
        let ciphertext = "ENC[AES256_GCM,data:b2xk,iv:,tag:,type:str]";
        let count = RENDERS + 5;
        let mut objects: Vec<DesiredObject> = (0..count).map(|index| object(index, ciphertext)).collect();
        objects.push(object(count, "open"));
        let live = objects.iter().enumerate().map(|(index, object)| {
            // The last three are of one commit.
            let commit = format!("{:03}", index.min(count - 3));
            let annotations = json!({"annotations": {inventory::REVISION: commit}});
            let live = LiveObject::new(json!({"metadata": annotations}));
            (object.reference.clone(), (resource("v1", "ConfigMap", true), live))
        });
        let live: LiveObjects = live.collect();
        let mut objects: Vec<&mut DesiredObject> = objects.iter_mut().collect();
        let found = by_revision(&mut objects, &live);
        let counts: Vec<usize> = found.iter().map(|(_, objects)| objects.len()).collect();
        assert_eq!(found.len(), RENDERS);
        assert_eq!((found[0].0, counts[0], counts[1]), ("102", 3, 1));
    }
}
