//! A value that is generated is made once, made again when git rotates it, and never shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Found, Property, State};
use crate::histories::server::Snapshot;
use crate::histories::step::Id;
use crate::histories::synced::DONE;

/// Each value that a component of the directory has made in the cluster.
pub fn generated(state: &State<'_>) -> Result<(), Found> {
    let State {
        files, rotated, synced, ..
    } = state;
    for (key, rotation) in files.made.keys() {
        let (id, name) = key;
        let found = |detail: &str| Err(Found::of(Property::Generated, id, format!("data.{name} {detail}")));
        let (before, after) = (value(&synced.before, id, name), value(&synced.after, id, name));
        if synced.is_whole() && DONE.contains(&synced.said.outcome(id).0) && after.is_none() {
            return found("is not there");
        }
        let (Some(before), Some(after)) = (before, after) else {
            continue;
        };
        let is_kept = before == after;
        match rotated.of(key) {
            Some(last) if last == rotation && !is_kept => return found("was made again"),
            Some(last) if last < rotation && is_kept && synced.is_whole() && synced.said.is_complete() => {
                return found("was rotated in git, and was not made again");
            }
            _ => {}
        }
    }
    Ok(())
}

/// No value of a Secret is in what the command printed.
pub fn hidden(state: &State<'_>) -> Result<(), Found> {
    let synced = state.synced;
    let said = format!("{}{}", synced.said.text(), synced.again.text());
    let secrets = synced.before.iter().chain(&synced.after);
    for (id, secret) in secrets.filter(|(id, _)| id.kind == "Secret") {
        for (key, encoded) in secret["data"].as_object().into_iter().flatten() {
            let encoded = encoded.as_str().unwrap_or_default();
            let decoded = String::from_utf8(STANDARD.decode(encoded).unwrap_or_default()).unwrap_or_default();
            // Of short ones some are words of every day.
            let told = [encoded, &decoded];
            if told.iter().any(|text| text.len() > 6 && said.contains(*text)) {
                return Err(Found::of(Property::Hidden, id, format!("data.{key} was printed")));
            }
        }
    }
    Ok(())
}

fn value<'a>(snapshot: &'a Snapshot, id: &Id, key: &str) -> Option<&'a Value> {
    snapshot.get(id)?["data"].get(key)
}
