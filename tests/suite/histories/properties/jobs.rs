//! A Job runs again when its inputs changed, and not otherwise.

use super::{Found, Property, State};
use crate::histories::synced::DONE;

/// Each Job that git has and that is known to have completed before.
pub fn jobs(state: &State<'_>) -> Result<(), Found> {
    let State { files, ran, synced, .. } = state;
    for (id, wanted) in files.wanted().filter(|(id, _)| id.kind == "Job") {
        let found = |detail: &str| Err(Found::of(Property::Jobs, id, detail));
        let (outcome, _) = synced.said.outcome(id);
        let uid = |live: Option<&serde_json::Value>| live.map(|live| live["metadata"]["uid"].clone());
        let (before, after) = (uid(synced.before.get(id)), uid(synced.after.get(id)));
        if ran.is_done(id, wanted) && after.is_some() && before != after {
            return found("it ran again, and its inputs are those that it completed with");
        }
        if synced.is_whole() && DONE.contains(&outcome) && ran.is_due(id, wanted) && before == after {
            return found("its inputs are not those that it completed with, and it did not run again");
        }
    }
    Ok(())
}
