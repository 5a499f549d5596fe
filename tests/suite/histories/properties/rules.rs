//! What a rule leaves to others stays as they have it, and what a rule takes is in no conflict.

use serde_json::Value;

use super::{Found, Property, State};
use crate::histories::rules::owners;
use crate::histories::step::Id;
use crate::histories::value;

/// Each rule of the directory, and each autoscaler in it and in the cluster.
pub fn rules(state: &State<'_>) -> Result<(), Found> {
    taken(state)?;
    let synced = state.synced;
    for (id, before) in &synced.before {
        let is_same = |after: &&Value| after["metadata"]["uid"] == before["metadata"]["uid"];
        let Some(after) = synced.after.get(id).filter(is_same) else {
            continue;
        };
        let (before_leaves, after_leaves) = (value::leaves(before), value::leaves(after));
        let is_changed = |field: &str| {
            let mut paths = before_leaves.keys().chain(after_leaves.keys());
            paths.any(|path| value::shown(path) == field && before_leaves.get(path) != after_leaves.get(path))
        };
        let mut ignored = state.files.rules.ignored(id);
        if let Some(field) = ignored.find(|field| is_changed(field)) {
            return Err(Found::of(
                Property::Rules,
                id,
                format!("{field} is ignored, and changed"),
            ));
        }
        if is_scaled(state, id, before) && is_changed("spec.replicas") {
            return Err(Found::of(
                Property::Rules,
                id,
                "spec.replicas changed, which an autoscaler and not git decides on",
            ));
        }
    }
    Ok(())
}

/// Whether somebody else scales an object, and an autoscaler is there for it before and afterwards.
fn is_scaled(state: &State<'_>, id: &Id, live: &Value) -> bool {
    let synced = state.synced;
    let mut scalers = synced
        .before
        .keys()
        .filter(|scaler| scaler.kind == "HorizontalPodAutoscaler" && scaler.namespace == id.namespace);
    let is_for_it = |scaler: &Value| scaler["spec"]["scaleTargetRef"]["name"] == *id.name;
    let is_there = |scaler: &Id| {
        let live = [&synced.before, &synced.after].map(|snapshot| snapshot.get(scaler));
        live.iter().all(|scaler| scaler.is_some_and(is_for_it))
    };
    id.kind == "Deployment" && scalers.any(is_there) && !owners(live, "spec.replicas").is_empty()
}

/// No conflict is about a field that a rule takes.
fn taken(state: &State<'_>) -> Result<(), Found> {
    for (id, step) in state.synced.said.steps() {
        let is_conflict = |change: &&Value| ["conflict", "diverged"].iter().any(|cause| change["cause"] == *cause);
        let changes = step["changes"].as_array().into_iter().flatten();
        for change in changes.filter(is_conflict).filter(|_| step["action"] == "conflict") {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let (path, owner) = (text(&change["path"]), text(&change["writer"]["name"]));
            if state.files.rules.takes(&id, &path, &[owner]) {
                return Err(Found::of(
                    Property::Rules,
                    &id,
                    format!("{path} is taken, and in conflict"),
                ));
            }
        }
    }
    Ok(())
}
