//! The requests to a sandbox, each done on its files in one go.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::garbage::{Change, World, namespace_file};
use super::kinds::Kinds;
use super::store::{Session, Store};
use super::write::Write;
use super::{path, refusal};
use crate::cluster::{ClusterError, Failure, Force, Persist, Propagation, Resource, Scope};
use crate::object::selection::LabelSelector;
use crate::object::{LiveObject, ObjectRef};

/// One server-side apply.
pub(super) struct Apply {
    pub(super) object: Value,
    pub(super) reference: ObjectRef,
    pub(super) field_manager: String,
    pub(super) force: Force,
    pub(super) persist: Persist,
}

/// One JSON patch.
pub(super) struct Patch {
    pub(super) operations: json_patch::Patch,
    pub(super) reference: ObjectRef,
    pub(super) field_manager: String,
    pub(super) persist: Persist,
}

/// One delete.
pub(super) struct Delete {
    pub(super) reference: ObjectRef,
    pub(super) uid: String,
    pub(super) resource_version: String,
    pub(super) propagation: Propagation,
}

/// What came of a write.
pub(super) struct WriteOutcome {
    pub(super) object: LiveObject,
    /// Whether there was none before.
    pub(super) created: bool,
}

/// Kinds that a replace creates where there is none, as the strategies of the registry say.
const CREATED_BY_REPLACE: [(&str, &[&str]); 4] = [
    ("", &["Endpoints", "Event", "LimitRange", "Service"]),
    ("coordination.k8s.io", &["Lease", "LeaseCandidate"]),
    ("node.k8s.io", &["RuntimeClass"]),
    (
        "rbac.authorization.k8s.io",
        &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
    ),
];

pub(super) fn list(
    store: &Store,
    resource: &Resource,
    scope: &Scope,
    selector: &LabelSelector,
) -> Result<Vec<LiveObject>, ClusterError> {
    let session = store.reading()?;
    let kinds = session.kinds()?;
    kinds.served(resource)?;
    let namespace = match scope {
        Scope::Cluster if resource.namespaced => None,
        Scope::Cluster => Some(path::CLUSTER),
        Scope::Namespace(namespace) => Some(namespace.as_str()),
    };
    let mut objects = Vec::new();
    for stored in session.list(&path::folder(resource), namespace)? {
        let object = kinds.in_version(&stored.value, resource)?;
        if selector.matches(|key| object.label(key)) {
            objects.push(object);
        }
    }
    Ok(objects)
}

pub(super) fn get(
    store: &Store,
    resource: &Resource,
    reference: &ObjectRef,
) -> Result<Option<LiveObject>, ClusterError> {
    let session = store.reading()?;
    let kinds = session.kinds()?;
    kinds.served(resource)?;
    let file = path::file(resource, reference.namespace.as_deref(), &reference.name);
    read(&session, &kinds, resource, &file)
}

pub(super) fn apply(store: &Store, resource: &Resource, apply: &Apply) -> Result<WriteOutcome, ClusterError> {
    let mut session = match apply.persist {
        Persist::Stored => store.writing()?,
        Persist::DryRun => store.reading()?,
    };
    let kinds = session.kinds()?;
    kinds.served(resource)?;
    let reference = &apply.reference;
    let file = path::file(resource, reference.namespace.as_deref(), &reference.name);
    let live = read(&session, &kinds, resource, &file)?;
    let sent = Sent::of(&apply.object);
    if let (None, Some(uid)) = (&live, sent.uid) {
        return Err(refusal::precondition(resource, &reference.name, "UID", uid, ""));
    }
    let now = now();
    let write = Write {
        kinds: &kinds,
        resource,
        reference,
        manager: &apply.field_manager,
        now: &now,
    };
    let object = write.apply(live.as_ref().map(LiveObject::value), &apply.object, apply.force)?;
    check_namespace(&session, resource, reference, live.as_ref())?;
    if let Some(live) = &live {
        if sent
            .resource_version
            .is_some_and(|version| version != live.resource_version())
        {
            return Err(refusal::modified(resource, &reference.name));
        }
        if let Some(uid) = sent.uid.filter(|uid| *uid != live.uid()) {
            return Err(refusal::other_uid(reference, uid));
        }
    }
    let object = match apply.persist {
        Persist::DryRun => LiveObject::new(object),
        Persist::Stored => store_object(&mut session, &file, live.as_ref(), object, &now)?,
    };
    Ok(WriteOutcome {
        object,
        created: live.is_none(),
    })
}

pub(super) fn create(
    store: &Store,
    resource: &Resource,
    object: &Value,
    manager: &str,
) -> Result<LiveObject, ClusterError> {
    let mut session = store.writing()?;
    let kinds = session.kinds()?;
    kinds.served(resource)?;
    let reference = ObjectRef::of(object);
    let now = now();
    let write = Write {
        kinds: &kinds,
        resource,
        reference: &reference,
        manager,
        now: &now,
    };
    let created = write.update(None, object)?;
    check_namespace(&session, resource, &reference, None)?;
    if Sent::of(object).resource_version.is_some() {
        let message = "resourceVersion should not be set on objects to be created";
        return Err(ClusterError::new(Failure::Other, message));
    }
    let file = path::file(resource, reference.namespace.as_deref(), &reference.name);
    if session.read(&file)?.is_some() {
        return Err(refusal::already_exists(resource, &reference.name));
    }
    store_object(&mut session, &file, None, created, &now)
}

pub(super) fn replace(
    store: &Store,
    resource: &Resource,
    object: &Value,
    manager: &str,
) -> Result<LiveObject, ClusterError> {
    let mut session = store.writing()?;
    let kinds = session.kinds()?;
    kinds.served(resource)?;
    let reference = ObjectRef::of(object);
    let file = path::file(resource, reference.namespace.as_deref(), &reference.name);
    let live = read(&session, &kinds, resource, &file)?;
    let sent = Sent::of(object);
    if live.is_none() && !is_created_by_replace(resource) {
        return Err(refusal::not_found(resource, &reference.name));
    }
    let live_uid = live.as_ref().map(LiveObject::uid).unwrap_or_default();
    if let Some(uid) = sent.uid.filter(|uid| *uid != live_uid) {
        return Err(refusal::precondition(resource, &reference.name, "UID", uid, live_uid));
    }
    check_namespace(&session, resource, &reference, live.as_ref())?;
    let is_latest = |live: &LiveObject| {
        sent.resource_version
            .is_none_or(|version| version == live.resource_version())
    };
    if !live.as_ref().is_none_or(is_latest) {
        return Err(refusal::modified(resource, &reference.name));
    }
    let now = now();
    let write = Write {
        kinds: &kinds,
        resource,
        reference: &reference,
        manager,
        now: &now,
    };
    let replaced = write.update(live.as_ref().map(LiveObject::value), object)?;
    store_object(&mut session, &file, live.as_ref(), replaced, &now)
}

pub(super) fn patch(store: &Store, resource: &Resource, patch: &Patch) -> Result<LiveObject, ClusterError> {
    let mut session = match patch.persist {
        Persist::Stored => store.writing()?,
        Persist::DryRun => store.reading()?,
    };
    let kinds = session.kinds()?;
    kinds.served(resource)?;
    let reference = &patch.reference;
    let file = path::file(resource, reference.namespace.as_deref(), &reference.name);
    let live = read(&session, &kinds, resource, &file)?;
    let live = live.ok_or_else(|| refusal::not_found(resource, &reference.name))?;
    let invalid = |why: String| ClusterError::new(Failure::Invalid, format!("the patch cannot be applied: {why}"));
    let mut object = live.value().clone();
    json_patch::patch(&mut object, &patch.operations).map_err(|error| invalid(error.operation.to_string()))?;
    let sent = Sent::of(&object);
    if sent
        .resource_version
        .is_some_and(|version| version != live.resource_version())
    {
        return Err(refusal::modified(resource, &reference.name));
    }
    if let Some(uid) = sent.uid.filter(|uid| *uid != live.uid()) {
        return Err(refusal::other_uid(reference, uid));
    }
    let now = now();
    let write = Write {
        kinds: &kinds,
        resource,
        reference,
        manager: &patch.field_manager,
        now: &now,
    };
    let patched = write.update(Some(live.value()), &object)?;
    match patch.persist {
        Persist::DryRun => Ok(LiveObject::new(patched)),
        Persist::Stored => store_object(&mut session, &file, Some(&live), patched, &now),
    }
}

pub(super) fn delete(store: &Store, resource: &Resource, delete: &Delete) -> Result<(), ClusterError> {
    let mut session = store.writing()?;
    let kinds = session.kinds()?;
    kinds.served(resource)?;
    let reference = &delete.reference;
    let file = path::file(resource, reference.namespace.as_deref(), &reference.name);
    let live = read(&session, &kinds, resource, &file)?;
    let live = live.ok_or_else(|| refusal::not_found(resource, &reference.name))?;
    for (what, wanted, found) in [
        ("UID", delete.uid.as_str(), live.uid()),
        ("ResourceVersion", &delete.resource_version, live.resource_version()),
    ] {
        if wanted != found {
            return Err(refusal::precondition(resource, &reference.name, what, wanted, found));
        }
    }
    let mut world = World::new(session.all_objects()?, &now());
    world.delete(&file, delete.propagation);
    world.settle();
    carry_out(&mut session, world, &file)
}

/// Stores an object that was written, and lets go what only waited for it.
fn store_object(
    session: &mut Session<'_>,
    file: &Path,
    live: Option<&LiveObject>,
    object: Value,
    now: &str,
) -> Result<LiveObject, ClusterError> {
    if live.is_some_and(|live| *live.value() == object) {
        return Ok(LiveObject::new(object));
    }
    let is_going = object.pointer("/metadata/deletionTimestamp").is_some();
    if !is_going {
        return Ok(LiveObject::shared(session.put(file, object)?));
    }
    let mut world = World::new(session.all_objects()?, now);
    world.replace(file, object.clone());
    world.settle();
    carry_out(session, world, file)?;
    let stored = session.read(file)?;
    Ok(LiveObject::shared(stored.unwrap_or_else(|| Arc::new(object))))
}

fn carry_out(session: &mut Session<'_>, world: World, file: &Path) -> Result<(), ClusterError> {
    for change in world.into_changes(file) {
        match change {
            Change::Write(path, object) => drop(session.put(&path, Arc::unwrap_or_clone(object))?),
            Change::Remove(path) => session.remove(&path)?,
        }
    }
    Ok(())
}

fn read(
    session: &Session<'_>,
    kinds: &Kinds,
    resource: &Resource,
    file: &Path,
) -> Result<Option<LiveObject>, ClusterError> {
    let stored = session.read(file)?;
    stored.map(|object| kinds.in_version(&object, resource)).transpose()
}

/// Its namespace must be there, and nothing new can be made in one that goes.
fn check_namespace(
    session: &Session<'_>,
    resource: &Resource,
    reference: &ObjectRef,
    live: Option<&LiveObject>,
) -> Result<(), ClusterError> {
    let Some(name) = reference.namespace.as_deref().filter(|_| resource.namespaced) else {
        return Ok(());
    };
    let namespace = session.read(&namespace_file(name))?;
    let namespace = namespace.ok_or_else(|| refusal::namespace_missing(name))?;
    if live.is_none() && namespace.pointer("/metadata/deletionTimestamp").is_some() {
        return Err(refusal::namespace_terminating(resource, &reference.name, name));
    }
    Ok(())
}

fn is_created_by_replace(resource: &Resource) -> bool {
    let kind = &resource.gvk.group_kind;
    CREATED_BY_REPLACE
        .iter()
        .any(|(group, kinds)| kind.group == *group && kinds.contains(&kind.kind.as_str()))
}

/// What a client says of the object that it means.
struct Sent<'a> {
    uid: Option<&'a str>,
    resource_version: Option<&'a str>,
}

impl<'a> Sent<'a> {
    fn of(object: &'a Value) -> Self {
        let text = |name: &str| {
            let text = object.get("metadata")?.get(name)?.as_str()?;
            Some(text).filter(|text| !text.is_empty())
        };
        Self {
            uid: text("uid"),
            resource_version: text("resourceVersion"),
        }
    }
}

/// Managed fields and creation are noted by the second.
fn now() -> String {
    format!("{:.0}", Timestamp::now())
}
