//! What happened is what was predicted.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Found, Property};
use crate::histories::step::Id;
use crate::histories::synced::{Synced, listed};
use crate::histories::value::{self, Path};

/// What the plan says of each object that is not unchanged.
type Steps<'a> = BTreeMap<Id, &'a Value>;

/// What changed was in the plan, and what was in the plan changed so.
pub fn predicted(synced: &Synced) -> Result<(), Found> {
    let steps = synced.said.steps();
    let found = |id: &Id, detail: String| Err(Found::of(Property::Predicted, id, detail));
    for (id, after) in &synced.after {
        let action = action(&steps, id);
        match synced.before.get(id) {
            None if !["create", "replace"].contains(&action) => {
                return found(id, format!("it is new, and planned as {action}"));
            }
            None => {}
            Some(before) if is_another(before, after) && action != "replace" => {
                return found(id, format!("it is another one, and planned as {action}"));
            }
            Some(before) if is_another(before, after) => {}
            Some(before) => {
                let unlisted = unlisted(&steps, id, (before, after));
                let step = steps.get(id).filter(|_| synced.said.outcome(id).0 == "updated");
                if let Some(detail) = unlisted.or_else(|| otherwise(step?, after)) {
                    return found(id, format!("planned as {action}: {detail}"));
                }
            }
        }
    }
    let mut gone = synced.before.keys().filter(|id| !synced.after.contains_key(id));
    match gone.find(|id| !["delete", "replace"].contains(&action(&steps, id))) {
        Some(id) => found(id, format!("it is gone, and planned as {}", action(&steps, id))),
        None => Ok(()),
    }
}

fn is_another(before: &Value, after: &Value) -> bool {
    before["metadata"]["uid"] != after["metadata"]["uid"]
}

fn action<'a>(steps: &Steps<'a>, id: &Id) -> &'a str {
    let action = steps.get(id).and_then(|step| step["action"].as_str());
    action.unwrap_or("unchanged")
}

/// A field that changed, and that the plan does not list.
fn unlisted(steps: &Steps<'_>, id: &Id, (before, after): (&Value, &Value)) -> Option<String> {
    let listed = steps.get(id).map(|step| listed(step)).unwrap_or_default();
    let is_listed = |path: &Path| {
        let shown = value::shown(path);
        listed.iter().any(|listed| value::is_related(listed, &shown))
    };
    let changed = value::changed(before, after);
    let unlisted = changed.iter().find(|path| !is_listed(path))?;
    Some(format!(
        "{} changed, and the plan has only {listed:?}",
        unlisted.join(".")
    ))
}

/// What the server allocates anew at every request.
const ALLOCATED: [&str; 2] = ["spec.clusterIP", "spec.clusterIPs"];

/// A field that was planned to have a value, and has another. What is in lists the report compares.
fn otherwise(step: &Value, after: &Value) -> Option<String> {
    let has = value::leaves(after);
    let changes = step["changes"].as_array()?.iter();
    let mut planned = changes.filter_map(|change| Some((change["path"].as_str()?, change["after"].get("value")?)));
    planned.find_map(|(path, value)| {
        let (_, is) = has
            .iter()
            .find(|(has, _)| value::is_in_no_list(has) && value::shown(has) == path)?;
        (is != value && !ALLOCATED.contains(&path)).then(|| format!("{path} is {is}, and was planned as {value}"))
    })
}
