//! Another ApplySet in the cluster of a history, with a directory of its own.

use std::fs;

use serde_json::Value;

use super::properties::{Found, Property};
use super::server::Snapshot;
use super::synced::Said;
use crate::bed::{self, Bed};

/// What it may do, it does: it takes all that it finds.
const SYNC: [&str; 10] = [
    "sync",
    "--yes",
    "--format",
    "json",
    "--timeout",
    "60s",
    "--adopt",
    "--force-conflicts",
    "--max-prune=100%",
    "--allow-empty",
];

/// The label of a member.
const PART_OF: &str = "/metadata/labels/applyset.kubernetes.io~1part-of";

/// Syncs it with these objects.
pub fn sync(bed: &Bed, objects: &[Value]) -> Said {
    let directory = bed.dir.with_extension("second");
    fs::create_dir_all(&directory).expect("a directory of our own");
    if !directory.join(".git").exists() {
        git2::Repository::init(&directory).expect("a new repository");
    }
    let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": objects});
    fs::write(directory.join("all.yaml"), list.to_string()).expect("a file of our own");
    bed::commit(&directory, "Another state");
    let (name, directory) = (format!("{}-second", bed.namespace), directory.display().to_string());
    Said::of(
        bed,
        &[&SYNC[..], &["--name", &name, "--namespace", &bed.namespace, &directory]].concat(),
    )
}

/// It ends as it says it does, or a quota has no room for its parent.
pub fn ends(said: &Said, before: &Snapshot) -> Result<(), Found> {
    let has_report = said.document("Report").is_some();
    let is_full = said.code == 2 && before.keys().any(|id| id.kind == "ResourceQuota");
    if is_full || (has_report && said.code == i32::from(!said.is_complete())) {
        return Ok(());
    }
    let detail = format!("another ApplySet: exit code {}\n{}", said.code, said.text());
    Err(Found::of_all(Property::Ends, detail))
}

/// Takes its directory away.
pub fn end(bed: &Bed) {
    // Most histories have none.
    let _ = fs::remove_dir_all(bed.dir.with_extension("second"));
}

/// The members of `set` are as they were.
pub fn is_kept_out(set: Option<&str>, before: &Snapshot, after: &Snapshot) -> Result<(), Found> {
    let is_member = |object: &Value| set.is_some() && set_of(object) == set;
    let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
    let mut members = before
        .iter()
        .filter(|(id, object)| id.kind == "ConfigMap" && is_member(object));
    match members.find(|(id, object)| after.get(id).map(version) != Some(version(object))) {
        Some((id, _)) => Err(Found::of(Property::Outside, id, "another ApplySet wrote to it")),
        None => Ok(()),
    }
}

/// The id of the ApplySet that an object is a member of.
pub fn set_of(object: &Value) -> Option<&str> {
    object.pointer(PART_OF)?.as_str()
}
