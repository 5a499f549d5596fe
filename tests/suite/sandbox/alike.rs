//! Whether a real API server and a sandbox came to the same: outcomes, and objects as far as both claim to be alike.

use std::collections::BTreeSet;

use serde_json::Value;
use stackanetes::cluster::{CauseKind, ClusterError};
use stackanetes::object::LiveObject;
use stackanetes::object::field::{FieldPath, ManagedFields};
use stackanetes::ssa::canonical;
use stackanetes::ssa::schema::Schema;

use super::both::Outcome;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, real: &T, sandbox: &T) -> Result<(), String> {
    if real == sandbox {
        Ok(())
    } else {
        Err(format!("{what}: real {real:#?}, sandbox {sandbox:#?}"))
    }
}

pub(super) fn alike(real: &Outcome, sandbox: &Outcome) -> Result<(), String> {
    same("created", &real.created, &sandbox.created)?;
    match (&real.result, &sandbox.result) {
        (Ok(left), Ok(right)) => {
            same("moved", &real.moved, &sandbox.moved)?;
            same_live(left.as_ref(), right.as_ref())
        }
        (Err(left), Err(right)) => {
            same("failure", &left.failure, &right.failure)?;
            let conflicts = |error: &ClusterError| -> BTreeSet<_> {
                let causes = error.causes.iter();
                let causes = causes.filter(|cause| cause.kind == CauseKind::Owned);
                causes
                    .map(|cause| (cause.path.as_ref().map(ToString::to_string), cause.message.clone()))
                    .collect()
            };
            same("conflicts", &conflicts(left), &conflicts(right))?;
            // Which fields; the words of validation are the server's own.
            let paths = |error: &ClusterError| -> BTreeSet<_> {
                let causes = error.causes.iter().filter_map(|cause| cause.path.as_ref());
                causes
                    .map(|path| path.elements().first().map(|_| path.to_string()))
                    .collect()
            };
            same("fields", &paths(left), &paths(right))
        }
        (left, right) => Err(format!("real {left:?}, sandbox {right:?}")),
    }
}

/// Whether both are there, and the same.
pub(super) fn same_live(real: Option<&LiveObject>, sandbox: Option<&LiveObject>) -> Result<(), String> {
    let (real, sandbox) = match (real, sandbox) {
        (None, None) => return Ok(()),
        (Some(real), Some(sandbox)) => (real, sandbox),
        (real, sandbox) => {
            return Err(format!("there: real {}, sandbox {}", real.is_some(), sandbox.is_some()));
        }
    };
    same_object(real, sandbox)
}

/// Whether an object is the same in both: every field that anybody owns and who owns it, statuses aside;
/// the generation; and that there is nothing in the sandbox that the real one does not have.
pub fn same_object(real: &LiveObject, sandbox: &LiveObject) -> Result<(), String> {
    same("owners", &owners(real), &owners(sandbox))?;
    let going = |live: &LiveObject| live.deletion_timestamp().is_some();
    same("being deleted", &going(real), &going(sandbox))?;
    let generation = |live: &LiveObject| live.value()["metadata"].get("generation").cloned();
    if generation(sandbox).is_some() || generation(real).is_some() {
        same("generation", &generation(real), &generation(sandbox))?;
    }
    // Custom kinds have no types here.
    let kind = Schema::bundled().kind_of(real.value());
    let root = kind.map(|kind| kind.root());
    // All that is in the sandbox is in the real one, which has defaults besides.
    let claimed = claimed(sandbox);
    if !canonical::covers(root, Some(&claimed_of(real)), Some(&claimed)) {
        return Err(format!(
            "the sandbox has what the real one has not: {claimed}\n{}",
            claimed_of(real)
        ));
    }
    // And what anybody owns is in the sandbox.
    for path in owned(real) {
        let find = |live: &LiveObject| path.find(live.value()).cloned();
        let (left, right) = (find(real), find(sandbox));
        let of = kind.and_then(|kind| kind.type_at(&path));
        // What is empty is as good as not there.
        let is_missing = right.is_none() && left.as_ref().is_some_and(|value| !canonical::is_nothing(value));
        if is_missing || !canonical::covers(of, left.as_ref(), right.as_ref()) {
            return Err(format!("{path}: real {left:?}, sandbox {right:?}"));
        }
    }
    Ok(())
}

/// An object without what differs between any two clusters.
fn claimed(live: &LiveObject) -> Value {
    let mut value = claimed_of(live);
    // The UIDs of owners are each cluster's own.
    let owners = value
        .pointer_mut("/metadata/ownerReferences")
        .and_then(Value::as_array_mut);
    for owner in owners.into_iter().flatten() {
        owner.as_object_mut().expect("a map").remove("uid");
    }
    value
}

fn claimed_of(live: &LiveObject) -> Value {
    let mut value = live.value().clone();
    let fields = value.as_object_mut().expect("a map");
    fields.remove("status");
    let metadata = fields["metadata"].as_object_mut().expect("a map");
    for name in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "managedFields",
        "deletionTimestamp",
        "generation",
    ] {
        metadata.remove(name);
    }
    value
}

/// Who owns what, but for statuses: who writes those differs.
fn owners(live: &LiveObject) -> BTreeSet<String> {
    ManagedFields::of(live)
        .entries()
        .filter(|(manager, _)| manager.subresource != "status" && manager.name != "kube-controller-manager")
        .flat_map(|(manager, fields)| {
            let name = format!("{:?} {} {}", manager.operation, manager.name, manager.api_version);
            let paths = fields.paths().into_iter().map(|path| named(live, path.to_string()));
            paths.map(move |path| format!("{name} {path}")).collect::<Vec<_>>()
        })
        .collect()
}

/// A path with the names of owners in the place of their UIDs, which are each cluster's own.
fn named(live: &LiveObject, path: String) -> String {
    let owners = live.value()["metadata"]["ownerReferences"]
        .as_array()
        .into_iter()
        .flatten();
    owners.fold(path, |path, owner| {
        let text = |name: &str| owner[name].as_str().expect("text");
        path.replace(text("uid"), text("name"))
    })
}

/// What anybody owns, but for the controllers, of which a sandbox has none: they bind volumes.
fn owned(live: &LiveObject) -> Vec<FieldPath> {
    let managed = ManagedFields::of(live);
    let entries = managed
        .entries()
        .filter(|(manager, _)| manager.subresource != "status" && manager.name != "kube-controller-manager");
    let paths = entries.flat_map(|(_, fields)| fields.paths());
    // The UIDs of owners are each cluster's own.
    paths
        .filter(|path| !path.is_under(&["metadata", "ownerReferences"]))
        .collect()
}
