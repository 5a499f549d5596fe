//! Nothing outside the set was touched.

use serde_json::Value;

use super::{Found, Property};
use crate::histories::files::Files;
use crate::histories::server::Snapshot;
use crate::histories::step::Id;

/// Kinds that controllers write to.
const CONTROLLED: [&str; 5] = [
    "CronJob",
    "Deployment",
    "Namespace",
    "PersistentVolumeClaim",
    "ResourceQuota",
];

/// Objects that git never had are as they were, to the resourceVersion.
pub fn outside(files: &Files, before: &Snapshot, after: &Snapshot) -> Result<(), Found> {
    let never = |id: &Id| files.ever(id).next().is_none();
    for (id, object) in before.iter().filter(|(id, _)| never(id)) {
        let is_controlled = CONTROLLED.contains(&id.kind.as_str());
        let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
        match after.get(id) {
            None => return Err(Found::of(Property::Outside, id, "it is gone, and git never had it")),
            Some(now) if !is_controlled && version(now) != version(object) => {
                return Err(Found::of(
                    Property::Outside,
                    id,
                    format!("git never had it, and it changed: {now}"),
                ));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
