//! What git wants is there, or something is in its way that this history did.

use serde_json::Value;

use super::{Found, Property, State};
use crate::histories::second;
use crate::histories::server::Snapshot;
use crate::histories::step::Id;
use crate::histories::synced::DONE;
use crate::histories::value::{self, Path};

/// Each field of each object that git has.
pub fn wanted(state: &State<'_>) -> Result<(), Found> {
    if !state.synced.is_whole() {
        return Ok(());
    }
    for (id, wanted) in state.files.wanted() {
        let (outcome, message) = state.synced.said.outcome(id);
        if is_in_the_way(state, id, outcome) {
            continue;
        }
        if !DONE.contains(&outcome) {
            return Err(Found::of(Property::Wanted, id, format!("{outcome}: {message}")));
        }
        if state.ran.is_done(id, wanted) {
            continue;
        }
        let Some(live) = state.synced.after.get(id) else {
            return Err(Found::of(
                Property::Wanted,
                id,
                format!("{outcome}, and it is not there"),
            ));
        };
        let missing = value::missing(live, wanted);
        let before = state.synced.before.get(id);
        let is_left = |path: &Path| before.is_some_and(|live| state.is_left(id, &value::shown(path), live));
        let mut missing = missing.iter().filter(|path| !is_left(path));
        if let Some(path) = missing.next() {
            let is = value::leaves(live).get(path).cloned().unwrap_or_default();
            let wants = value::leaves(&value::stored(wanted))[path].clone();
            let detail = format!("{outcome}, and {} is {is}, not {wants}", path.join("."));
            return Err(Found::of(Property::Wanted, id, detail));
        }
    }
    Ok(())
}

/// Whether something that this history did explains that an object is not as git wants it.
fn is_in_the_way(state: &State<'_>, id: &Id, outcome: &str) -> bool {
    let State {
        files, theirs, synced, ..
    } = state;
    let is = |pointer: &str| synced.before.get(id).and_then(|live| live.pointer(pointer)).is_some();
    if is("/metadata/deletionTimestamp") {
        return true;
    }
    let has_quota = has_quota(&synced.before, id) || has_quota(&synced.after, id);
    match outcome {
        "conflict" => theirs.touched.contains(id) && !synced.how.lifts("--force-conflicts"),
        "skipped" => {
            let is_anothers = synced.before.get(id).and_then(second::set_of).is_some();
            theirs.made.contains(id) && (is_anothers || !synced.how.lifts("--adopt"))
        }
        "refused" if is("/immutable") || has_grown(state, id) => true,
        "refused" | "failed" => files.may_be_refused(id) || has_quota,
        "notStarted" => synced.said.has_undone(),
        "notReady" if id.kind == "PersistentVolumeClaim" => {
            !synced.after.keys().any(|other| other.kind == "StorageClass")
        }
        "notReady" => has_quota || files.may_be_refused(id),
        _ => false,
    }
}

/// Whether a quota may refuse what is in the namespace of an object.
fn has_quota(snapshot: &Snapshot, id: &Id) -> bool {
    let mut quotas = snapshot.keys().filter(|other| other.kind == "ResourceQuota");
    quotas.any(|quota| quota.namespace == id.namespace)
}

/// Whether a claim has another size than git wants: it cannot shrink, and grows only if it is bound.
fn has_grown(state: &State<'_>, id: &Id) -> bool {
    let size = |object: &Value| object.pointer("/spec/resources/requests/storage").cloned();
    let mut wanted = state.files.wanted().filter(|(other, _)| *other == id);
    let wanted = wanted.next().and_then(|(_, object)| size(object));
    id.kind == "PersistentVolumeClaim" && state.synced.before.get(id).is_some_and(|live| size(live) != wanted)
}
