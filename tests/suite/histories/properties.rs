//! What holds after every sync.

use std::fmt;

use serde_json::Value;
use stackanetes::object::field::{FieldPath, ManagedFields};

use super::files::Files;
use super::place::Others;
use super::server::Snapshot;
use super::step::Id;
use super::synced::{Synced, listed};
use super::value::{self, Path};

/// What holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Property {
    /// The command ends as it says it does.
    Ends,
    /// What git wants is there, or something is in its way that others did.
    Wanted,
    /// What git dropped is gone, or named.
    Dropped,
    /// What happened is what was predicted.
    Predicted,
    /// Nothing outside the set was touched.
    Outside,
    /// The diff after a sync finds nothing that the sync should have done.
    InSync,
}

/// A property that does not hold, and of what.
#[derive(Debug)]
pub struct Found {
    pub property: Property,
    id: Option<Id>,
    /// What a person looks at.
    detail: String,
}

impl Found {
    fn new(property: Property, id: &Id, detail: impl Into<String>) -> Self {
        Self {
            property,
            id: Some(id.clone()),
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", self.property)?;
        if let Some(id) = &self.id {
            write!(out, " of {id}")?;
        }
        write!(out, ": {}", self.detail)
    }
}

/// Checks all of them.
pub fn check(files: &Files, others: &Others, synced: &Synced) -> Result<(), Found> {
    ends(synced)?;
    wanted(files, others, synced)?;
    predicted(synced)?;
    dropped(files, others, synced)?;
    outside(files, &synced.before, &synced.after)?;
    in_sync(synced)
}

/// The exit code is that of the report, and nothing was stored otherwise than planned.
fn ends(synced: &Synced) -> Result<(), Found> {
    let said = &synced.said;
    let found = |detail: String| {
        Err(Found {
            property: Property::Ends,
            id: None,
            detail,
        })
    };
    let Some(report) = said.document("Report") else {
        return found(format!("exit code {} and no report\n{}", said.code, said.stderr));
    };
    let is_failure = said.code != i32::from(!said.is_complete());
    if is_failure || report["error"].is_object() {
        return found(format!("exit code {} of {report:#}\n{}", said.code, said.stderr));
    }
    if report["mismatches"]
        .as_array()
        .is_some_and(|mismatches| !mismatches.is_empty())
    {
        return found(format!("mismatches: {:#}", report["mismatches"]));
    }
    let expected = i32::from(said_differs(&synced.again));
    if synced.again.code != expected {
        return found(format!(
            "the diff afterwards exits with {}\n{}",
            synced.again.code, synced.again.stderr
        ));
    }
    Ok(())
}

fn said_differs(said: &super::synced::Said) -> bool {
    said.document("Plan").is_none_or(|plan| plan["inSync"] != true)
}

/// Each field of each object that git has.
fn wanted(files: &Files, others: &Others, synced: &Synced) -> Result<(), Found> {
    if !synced.is_whole() {
        return Ok(());
    }
    for (id, wanted) in files.wanted() {
        let (outcome, message) = synced.said.outcome(id);
        if is_in_the_way(files, others, synced, id, outcome) {
            continue;
        }
        if !["created", "updated", "replaced", "unchanged"].contains(&outcome) {
            return Err(Found::new(Property::Wanted, id, format!("{outcome}: {message}")));
        }
        let Some(live) = synced.after.get(id) else {
            return Err(Found::new(
                Property::Wanted,
                id,
                format!("{outcome}, and it is not there"),
            ));
        };
        if let Some(path) = value::missing(live, wanted).first() {
            let is = value::leaves(live).get(path).cloned().unwrap_or_default();
            let wants = value::leaves(&value::stored(wanted))[path].clone();
            let detail = format!("{outcome}, and {} is {is}, not {wants}", path.join("."));
            return Err(Found::new(Property::Wanted, id, detail));
        }
    }
    Ok(())
}

/// Whether something that this history did explains that an object is not as git wants it.
fn is_in_the_way(files: &Files, others: &Others, synced: &Synced, id: &Id, outcome: &str) -> bool {
    let is_forced = synced.how.lifts.iter().any(|option| option == "--force-conflicts");
    let has_quota = |snapshot: &Snapshot| {
        snapshot
            .keys()
            .any(|other| other.kind == "ResourceQuota" && other.namespace == id.namespace)
    };
    let has_class = |snapshot: &Snapshot| snapshot.keys().any(|other| other.kind == "StorageClass");
    let is = |pointer: &str| synced.before.get(id).and_then(|live| live.pointer(pointer)).is_some();
    match outcome {
        _ if is("/metadata/deletionTimestamp") => true,
        "refused" if is("/immutable") || has_grown(files, synced, id) => true,
        "conflict" => others.touched.contains(id) && !is_forced,
        "skipped" => others.made.contains(id),
        "refused" | "failed" => files.may_be_refused(id) || has_quota(&synced.before) || has_quota(&synced.after),
        "notStarted" => synced.said.has_undone(),
        "notReady" if id.kind == "PersistentVolumeClaim" => !has_class(&synced.after),
        "notReady" => has_quota(&synced.after),
        _ => false,
    }
}

/// Whether a claim has another size than git wants: it cannot shrink, and grows only if it is bound.
fn has_grown(files: &Files, synced: &Synced, id: &Id) -> bool {
    let size = |object: &Value| object.pointer("/spec/resources/requests/storage").cloned();
    let wanted = files
        .wanted()
        .find(|(other, _)| *other == id)
        .and_then(|(_, object)| size(object));
    id.kind == "PersistentVolumeClaim" && synced.before.get(id).is_some_and(|live| size(live) != wanted)
}

/// Objects, and fields of objects, that git had once.
fn dropped(files: &Files, others: &Others, synced: &Synced) -> Result<(), Found> {
    if !synced.is_whole() || !synced.said.is_complete() {
        return Ok(());
    }
    for id in files.dropped().filter(|id| !others.made.contains(id)) {
        let is_named = !synced.named(id).is_empty();
        let is_going = |object: &Value| object["metadata"]["deletionTimestamp"].is_string();
        if synced.after.get(id).is_some_and(|object| !is_going(object)) && !is_named {
            return Err(Found::new(
                Property::Dropped,
                id,
                "it is there, and nothing is said of it",
            ));
        }
    }
    for (id, wanted) in files.wanted() {
        let Some(live) = synced.after.get(id) else {
            continue;
        };
        if let Some(path) = left(files, synced, id, (live, wanted)) {
            let detail = format!("git dropped {}, and it is there: {live}", path.join("."));
            return Err(Found::new(Property::Dropped, id, detail));
        }
    }
    Ok(())
}

/// A field that git dropped, has the value that git gave it, belongs to nobody else, and is not named.
fn left(files: &Files, synced: &Synced, id: &Id, (live, wanted): (&Value, &Value)) -> Option<Path> {
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
        let named = synced.named(id);
        named
            .iter()
            .any(|step| listed(step).iter().any(|listed| value::is_related(listed, path)))
    };
    let mut ever = files.ever(id);
    let left = ever.find(|(path, values)| {
        let shown = value::shown(path);
        !wants.contains_key(*path)
            && has.get(*path).is_some_and(|has| values.contains(has))
            && !is_others(&shown)
            && !is_named(&shown)
    });
    left.map(|(path, _)| path.clone())
}

/// What changed was in the plan, and what was in the plan changed so.
fn predicted(synced: &Synced) -> Result<(), Found> {
    let steps = synced.said.steps();
    for (id, after) in &synced.after {
        let action = |id: &Id| {
            steps
                .get(id)
                .and_then(|step| step["action"].as_str())
                .unwrap_or("unchanged")
        };
        let Some(before) = synced.before.get(id) else {
            if !["create", "replace"].contains(&action(id)) {
                return Err(Found::new(
                    Property::Predicted,
                    id,
                    format!("it is new, and planned as {}", action(id)),
                ));
            }
            continue;
        };
        if before["metadata"]["uid"] != after["metadata"]["uid"] {
            if action(id) != "replace" {
                return Err(Found::new(
                    Property::Predicted,
                    id,
                    format!("it is another one, planned as {}", action(id)),
                ));
            }
            continue;
        }
        let listed = steps.get(id).map(|step| listed(step)).unwrap_or_default();
        let is_listed = |path: &Path| {
            listed
                .iter()
                .any(|listed| value::is_related(listed, &value::shown(path)))
        };
        if let Some(path) = value::changed(before, after).iter().find(|path| !is_listed(path)) {
            let detail = format!(
                "{} changed, and the plan ({}) has only {listed:?}",
                path.join("."),
                action(id)
            );
            return Err(Found::new(Property::Predicted, id, detail));
        }
        if let Some(detail) = steps
            .get(id)
            .and_then(|step| otherwise(step, synced.said.outcome(id).0, after))
        {
            return Err(Found::new(Property::Predicted, id, detail));
        }
    }
    let gone = synced.before.keys().filter(|id| !synced.after.contains_key(id));
    for id in gone {
        let action = steps
            .get(id)
            .and_then(|step| step["action"].as_str())
            .unwrap_or("unchanged");
        if action != "delete" && action != "replace" {
            return Err(Found::new(
                Property::Predicted,
                id,
                format!("it is gone, and planned as {action}"),
            ));
        }
    }
    Ok(())
}

/// A field that was planned to have a value, and has another. What is in lists the report compares.
fn otherwise(step: &Value, outcome: &str, after: &Value) -> Option<String> {
    if outcome != "updated" {
        return None;
    }
    let has = value::leaves(after);
    let changes = step["changes"].as_array()?.iter();
    let mut planned = changes.filter_map(|change| Some((change["path"].as_str()?, change["after"].get("value")?)));
    planned.find_map(|(path, value)| {
        let (_, is) = has
            .iter()
            .find(|(has, _)| value::is_in_no_list(has) && value::shown(has) == path)?;
        (is != value).then(|| format!("{path} is {is}, and was planned as {value}"))
    })
}

/// Objects that git never had are as they were, to the resourceVersion.
pub fn outside(files: &Files, before: &Snapshot, after: &Snapshot) -> Result<(), Found> {
    let never = |id: &Id| files.ever(id).next().is_none();
    for (id, object) in before.iter().filter(|(id, _)| never(id)) {
        let is_controlled =
            ["Deployment", "PersistentVolumeClaim", "ResourceQuota", "CronJob"].contains(&id.kind.as_str());
        let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
        match after.get(id) {
            None => return Err(Found::new(Property::Outside, id, "it is gone, and git never had it")),
            Some(now) if !is_controlled && version(now) != version(object) => {
                return Err(Found::new(
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

/// A complete sync leaves nothing; another leaves what its report names.
fn in_sync(synced: &Synced) -> Result<(), Found> {
    for (id, step) in synced.again.steps() {
        let (outcome, _) = synced.said.outcome(&id);
        let action = step["action"].as_str().unwrap_or_default();
        let is_done = ["created", "updated", "replaced", "unchanged"].contains(&outcome);
        let is_waiting = ["keep", "skip"].contains(&action) || (action == "delete" && !synced.said.is_complete());
        if is_done && !is_waiting {
            return Err(Found::new(Property::InSync, &id, format!("{outcome}, and now {step}")));
        }
    }
    let is_left = synced.again.steps().is_empty() && said_differs(&synced.again);
    if synced.said.is_complete() && is_left {
        let plan = synced.again.document("Plan").cloned().unwrap_or_default();
        return Err(Found {
            property: Property::InSync,
            id: None,
            detail: format!("{plan:#}"),
        });
    }
    Ok(())
}
