//! A plan: what a saved one holds, with what a reviewer wants to know besides.

use serde_json::{Map, Value, json};

use super::super::document::{Against, Document, Heading, no_base, note, refusal, warning};
use super::{fields, without_absent};
use crate::diagnostic::place::{Origin, Role};
use crate::kinds::privilege::Privilege;
use crate::object::field::FieldManager;
use crate::plan::compare::{Cause, FieldChange, GitChange};
use crate::plan::{
    Action, Again, Danger, Edited, Forgotten, MadeOf, ParentGap, Plan, Restarts, SavedPlan, Settled, Step, Work,
};
use crate::source::Revision;

/// A plan. `made_of` is what it is bound to; without it `sync --plan` takes it for none.
pub(super) fn plan(document: &Document<'_>, made_of: Option<MadeOf>) -> Value {
    let Document {
        plan,
        heading,
        dangers,
        edits,
        ..
    } = document;
    // Every key is text, so it can be written.
    let mut saved = serde_json::to_value(SavedPlan::new(made_of, plan)).unwrap_or_default();
    let saved_steps = saved
        .get_mut("steps")
        .and_then(Value::as_array_mut)
        .map(std::mem::take)
        .unwrap_or_default();
    let steps = saved_steps.into_iter().zip(&plan.steps);
    let steps: Vec<Value> = steps.map(|(saved, step)| self::step(saved, step, heading)).collect();
    let mut written = Map::new();
    for key in ["apiVersion", "kind", "madeOf"] {
        written.extend(saved.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    written.extend(fields(around(plan, heading)));
    let edits: Vec<Value> = edits.edits.iter().map(edit).collect();
    let dangers: Vec<Value> = dangers.iter().map(danger).collect();
    written.extend(fields(json!({"dangers": dangers, "edits": edits})));
    written.insert("steps".to_owned(), steps.into());
    Value::Object(written)
}

/// What a plan says besides its steps.
fn around(plan: &Plan, heading: &Heading<'_>) -> Value {
    let (cluster, from) = match heading.against {
        Against::Cluster(cluster) => (Some(cluster), None),
        Against::Commit {
            revision: from,
            base_of,
        } => {
            let mut from = revision(from);
            if let Some(of) = base_of {
                from["mergeBaseOf"] = json!(of);
            }
            (None, Some(from))
        }
    };
    // Between two commits there is no cluster that anybody synced.
    let parent = plan.facts.parent.as_ref().filter(|_| cluster.is_some());
    let last = parent.and_then(|parent| parent.completed.as_ref());
    let not_compared = plan.facts.not_compared.iter().map(|kind| {
        json!({
            "kind": kind.kind,
            "objects": kind.desired,
            "message": kind.message,
        })
    });
    let crossed = plan
        .back
        .crossed
        .iter()
        .map(|crossed| json!({"object": crossed.job, "reason": crossed.reason, "revision": crossed.ran}));
    json!({
        "applySet": plan.facts.set.as_ref().map(|set| json!({"name": set.name, "namespace": set.namespace})),
        "cluster": cluster,
        "from": from,
        "environment": heading.environment,
        "environmentsNotShown": heading.elsewhere,
        "revision": heading.revision.map(revision),
        "lastSynced": last.map(|last| without_absent(json!({"revision": last.revision, "time": last.time, "by": last.by}))),
        "goesBackFrom": plan.back.from,
        "goesBackAcross": crossed.collect::<Vec<Value>>(),
        "inSync": plan.is_in_sync(),
        "counts": counts(plan),
        "refusals": plan.refusals.iter().map(refusal).collect::<Vec<String>>(),
        "notCompared": not_compared.collect::<Vec<Value>>(),
        "forgotten": plan.facts.forgotten.as_ref().map(forgotten),
        "warnings": plan.unchanged.iter().flat_map(warnings).collect::<Vec<Value>>(),
        "again": plan.again().map(|again| self::again(&again)).collect::<Vec<Value>>(),
        "notSelected": heading.not_selected,
    })
}

/// What shows that the parent does not say where all members are, and what could not be listed when they were looked
/// for.
fn forgotten(forgotten: &Forgotten) -> Value {
    let (gap, member) = match &forgotten.gap {
        ParentGap::Missing => ("missing", None),
        ParentGap::NotListed(member) => ("notListed", Some(member)),
        ParentGap::Unlisted => ("unlisted", None),
    };
    let unlisted = &forgotten.unlisted;
    without_absent(json!({
        "gap": gap,
        "member": member,
        "unseen": unlisted.kinds,
        "unavailable": unlisted.versions,
    }))
}

/// What to know of an object that no step is about.
fn warnings(settled: &Settled) -> impl Iterator<Item = Value> {
    let object = &settled.reference;
    let warnings = settled.warnings.iter();
    warnings.map(move |one| json!({"object": object, "message": warning(object, one)}))
}

/// Drift that comes again.
fn again(again: &Again<'_>) -> Value {
    json!({
        "object": again.object,
        "path": again.field.to_string(),
        "writer": again.writer,
        "since": again.since,
    })
}

/// What a reviewer must not overlook.
fn danger(danger: &Danger<'_>) -> Value {
    let (reason, privileges) = match danger {
        Danger::Irreversible(_, reason) => (*reason, None),
        Danger::Grants(_, privileges) => (None, Some(privileges)),
        Danger::Data(_) | Danger::Opens(_) | Danger::Deletes(_) | Danger::Replaces(_) | Danger::Gap(_) => (None, None),
    };
    let privileges = privileges.map(|privileges| privileges.iter().map(privilege).collect::<Vec<_>>());
    without_absent(json!({
        "code": danger.code(),
        "object": danger.step().reference,
        "reason": reason,
        "privileges": privileges,
    }))
}

fn privilege(privilege: &Privilege) -> Value {
    let (of, to) = match privilege {
        Privilege::Role { role, to } => (Some(role), Some(to)),
        Privilege::Verb(name)
        | Privilege::Host(name)
        | Privilege::HostPath(name)
        | Privilege::Capability(name)
        | Privilege::Exposed(name) => (Some(name), None),
        Privilege::Wildcard | Privilege::Secrets | Privilege::Webhook | Privilege::Privileged => (None, None),
    };
    without_absent(json!({"code": privilege.code(), "of": of, "to": to}))
}

/// An edit that changes several objects.
fn edit(edited: &Edited<'_>) -> Value {
    let texts = edited.edit.texts.as_ref();
    let objects = edited.steps.iter().map(|step| json!(step.reference));
    without_absent(json!({
        "place": format!("{}:{}", edited.edit.place.file.path(), edited.edit.place.line()),
        "key": edited.edit.key,
        "before": texts.map(|(before, _)| before),
        "after": texts.map(|(_, after)| after),
        "by": edited.by.map(by),
        "objects": objects.collect::<Vec<Value>>(),
    }))
}

/// What made git say something else.
fn by(by: &GitChange) -> Value {
    match by {
        GitChange::Commit { commit, subject } => json!({"commit": commit.short(), "subject": subject}),
        GitChange::Uncommitted => json!({"uncommitted": true}),
        GitChange::Parameters => json!({"parameters": true}),
    }
}

fn counts(plan: &Plan) -> Value {
    let all = [
        Action::Create,
        Action::Update,
        Action::Replace,
        Action::Delete,
        Action::Conflict,
        Action::Refused,
        Action::Skip,
        Action::Keep,
    ];
    let counts = all
        .into_iter()
        .map(|action| (action.word().to_owned(), plan.of(action).count().into()));
    let unchanged = [("unchanged".to_owned(), plan.unchanged.len().into())];
    Value::Object(counts.chain(unchanged).collect())
}

fn revision(revision: &Revision) -> Value {
    without_absent(json!({
        "commit": revision.commit,
        "name": revision.branch,
        "subject": revision.subject,
        "dirty": revision.dirty,
    }))
}

fn step(mut saved: Value, step: &Step, heading: &Heading<'_>) -> Value {
    // Between two commits no object lives anywhere: whatever stands for one has no identity to tell.
    if let (Against::Commit { .. }, Some(saved)) = (heading.against, saved.as_object_mut()) {
        saved.remove("live");
    }
    if let Some(changes) = saved.get_mut("changes").and_then(Value::as_array_mut) {
        for (saved, change) in changes.iter_mut().zip(&step.changes) {
            extend(
                saved,
                self::change(change, heading.blame.of(&step.reference, &change.path)),
            );
        }
    }
    let place = step.place.as_ref();
    let restarts = step.restarts.map(|restarts| match restarts {
        Restarts::Pods(pods) => without_absent(json!({"pods": pods})),
        Restarts::Daemons(nodes) => without_absent(json!({"pods": nodes, "everyNode": true})),
        Restarts::OnDelete => json!({"onDelete": true}),
    });
    let migration = match &step.work {
        Work::Apply(work) => work.migration.as_ref(),
        Work::Nothing | Work::Delete(_) | Work::Await(_) => None,
    };
    let takes_from = migration.iter().flat_map(|migration| &migration.from);
    let beside = step.tolerated.beside.iter();
    let beside = beside.map(|beside| json!({"path": beside.shown.to_string(), "writer": writer(&beside.writer)}));
    let yielded = step.tolerated.yielded.iter();
    let warnings = step.warnings.iter();
    let warnings = warnings.map(|one| warning(&step.reference, one));
    extend(
        &mut saved,
        json!({
            "takesFrom": takes_from.map(|manager| &manager.name).collect::<Vec<_>>(),
            "movesFrom": step.moved,
            "yielded": yielded.map(|yielded| yielded.path.to_string()).collect::<Vec<_>>(),
            "beside": beside.collect::<Vec<Value>>(),
            "message": Some(note(step, heading)).filter(|note| !note.is_empty()),
            "place": place.map(|place| format!("{}:{}", place.file.path(), place.line())),
            "restarts": restarts,
            "unverified": step.unverified.is_some().then_some(true),
            "guess": step.guess.as_ref().map(no_base),
            "warnings": warnings.collect::<Vec<String>>(),
        }),
    );
    saved
}

fn change(change: &FieldChange, by: Option<&GitChange>) -> Value {
    let (cause, writer) = match &change.cause {
        Cause::Git => ("git", None),
        Cause::Drift { writer } => ("drift", writer.as_ref()),
        Cause::Diverged { writer } => ("diverged", writer.as_ref()),
        Cause::Conflict { owner } => ("conflict", Some(owner)),
        Cause::Removed => ("removed", None),
        Cause::LeftBehind { owner } => ("leftBehind", Some(owner)),
        Cause::Takeover { from } => ("takeover", from.as_ref()),
        Cause::Server => ("server", None),
    };
    let places = change.origins.iter().map(|Origin { role, place }| {
        let role = matches!(role, Role::Parameter | Role::SecretParameter).then_some("parameter");
        without_absent(json!({"place": format!("{}:{}", place.file.path(), place.line()), "role": role}))
    });
    json!({
        "cause": cause,
        "guessed": change.guessed.then_some(true),
        "by": by.map(self::by),
        "writer": writer.map(self::writer),
        "place": change.place.as_ref().map(|place| format!("{}:{}", place.file.path(), place.line())),
        "places": places.collect::<Vec<Value>>(),
    })
}

fn writer(manager: &FieldManager) -> Value {
    let subresource = Some(&manager.subresource).filter(|subresource| !subresource.is_empty());
    without_absent(json!({"name": manager.name, "subresource": subresource, "time": manager.time}))
}

/// Adds what is there of `more`.
fn extend(value: &mut Value, more: Value) {
    if let Value::Object(map) = value {
        map.extend(fields(more));
    }
}
