//! What git dropped is gone, or named.

use serde_json::Value;
use stackanetes::object::field::{FieldPath, ManagedFields};

use super::{Found, Property, State};
use crate::histories::step::Id;
use crate::histories::synced::{Synced, listed};
use crate::histories::value::{self, Path};

/// Objects that git had once.
pub fn objects(state: &State<'_>) -> Result<(), Found> {
    let State {
        files, theirs, synced, ..
    } = state;
    if !is_meant(synced) {
        return Ok(());
    }
    let is_going = |object: &Value| object["metadata"]["deletionTimestamp"].is_string();
    for id in files.dropped().filter(|id| !theirs.made.contains(id)) {
        let is_there = synced.after.get(id).is_some_and(|object| !is_going(object));
        if is_there && synced.named(id).is_empty() {
            return Err(Found::of(
                Property::Dropped,
                id,
                "it is there, and nothing is said of it",
            ));
        }
    }
    Ok(())
}

/// Fields, of the objects that git has, that it had once.
pub fn fields(state: &State<'_>) -> Result<(), Found> {
    if !is_meant(state.synced) {
        return Ok(());
    }
    let is_compared = |id: &Id, wanted: &Value| !state.ran.is_done(id, wanted);
    for (id, wanted) in state.files.wanted().filter(|(id, wanted)| is_compared(id, wanted)) {
        let Some(live) = state.synced.after.get(id) else {
            continue;
        };
        if let Some(path) = left(state, id, (live, wanted)) {
            let detail = format!("git dropped {}, and it is there: {live}", path.join("."));
            return Err(Found::of(Property::Dropped, id, detail));
        }
    }
    Ok(())
}

/// Whether a sync removes all that git dropped: nothing is pruned unless all else is done.
fn is_meant(synced: &Synced) -> bool {
    synced.is_whole() && synced.said.is_complete()
}

/// A field that git dropped, has the value that git gave it, belongs to nobody else, and is not named.
fn left(state: &State<'_>, id: &Id, (live, wanted): (&Value, &Value)) -> Option<Path> {
    let (has, wants) = (value::leaves(live), value::leaves(&value::stored(wanted)));
    let managed = ManagedFields::read(live);
    let is_others = |path: &str| {
        let mut others = managed.others("stackanetes");
        others.any(|(_, fields)| {
            fields
                .paths()
                .iter()
                .any(|field: &FieldPath| value::is_related(&field.to_string(), path))
        })
    };
    let is_named = |path: &str| {
        let named = state.synced.named(id);
        named
            .iter()
            .any(|step| listed(step).iter().any(|listed| value::is_related(listed, path)))
    };
    let mut ever = state.files.ever(id);
    let left = ever.find(|(path, values)| {
        let shown = value::shown(path);
        !wants.contains_key(*path)
            && has
                .get(*path)
                .is_some_and(|has| values.contains(has) && !value::is_empty(has))
            && !is_others(&shown)
            && !state.is_left(id, &shown, live)
            && !is_named(&shown)
    });
    left.map(|(path, _)| path.clone())
}
