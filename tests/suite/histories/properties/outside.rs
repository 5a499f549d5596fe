//! Nothing outside the set was touched.

use serde_json::Value;

use super::{Found, Property};
use crate::histories::files::Files;
use crate::histories::server::Snapshot;
use crate::histories::step::Id;
use crate::histories::synced::Synced;

/// Kinds that controllers write to.
const CONTROLLED: [&str; 7] = [
    "CronJob",
    "Deployment",
    "HorizontalPodAutoscaler",
    "Job",
    "Namespace",
    "PersistentVolumeClaim",
    "ResourceQuota",
];

/// Objects that git never had are as they were, to the resourceVersion.
pub fn outside(files: &Files, before: &Snapshot, after: &Snapshot) -> Result<(), Found> {
    let never = |id: &Id| files.ever(id).next().is_none();
    let mut outside = before.iter().filter(|(id, _)| never(id));
    outside.try_for_each(|(id, object)| is_as_it_was((id, object), after, "git never had it"))
}

/// So are objects that git wants and that are somebody else's.
pub fn skipped(synced: &Synced) -> Result<(), Found> {
    let is_skipped = |id: &Id| synced.said.outcome(id).0 == "skipped";
    let mut skipped = synced.before.iter().filter(|(id, _)| is_skipped(id));
    skipped.try_for_each(|(id, object)| is_as_it_was((id, object), &synced.after, "it is somebody else's"))
}

fn is_as_it_was((id, object): (&Id, &Value), after: &Snapshot, why: &str) -> Result<(), Found> {
    let found = |detail: String| Err(Found::of(Property::Outside, id, detail));
    let is_controlled = CONTROLLED.contains(&id.kind.as_str());
    let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
    match after.get(id) {
        None => found(format!("{why}, and it is gone")),
        Some(now) if !is_controlled && version(now) != version(object) => {
            found(format!("{why}, and it changed: {now}"))
        }
        Some(_) => Ok(()),
    }
}
