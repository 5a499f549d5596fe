//! Managed fields that others left behind, and that become ours.
//!
//! `kubectl apply` without `--server-side` records its fields as an *update* under a name of its own, and
//! notes what it applied in an annotation. As long as these entries stand, nothing that it set can be
//! removed by a server-side apply: somebody else owns it. So its fields are made ours first, as
//! [`client-go/util/csaupgrade`](https://pkg.go.dev/k8s.io/client-go/util/csaupgrade) does; the apply then
//! removes what git does not have, the annotation among it. The same is done for managers that a person
//! names, for fields of ours in a version of the API that is gone or [calls them otherwise](versions), for the items of lists that a definition
//! has come to tell apart since we applied them, and for what git dropped of an object whose owners were lost.
//!
//! Nothing is asked here: what comes of it is for the server to say, and [`Migration::predicted`] for what
//! it can be asked.

mod dropped;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::applyset::inventory::PART_OF;
use crate::kinds::keeper::LAST_APPLIED;
use crate::kinds::versions;
use crate::object::LiveObject;
use crate::object::field::{FieldManager, FieldPath, FieldSet, ManagedFields, Operation, PathElement};
use crate::source::rules;
use crate::ssa::merge;
use crate::ssa::schema::Schema;

pub use dropped::DesiredVersions;

/// What `kubectl apply` calls itself.
const CLIENT_SIDE_APPLY: &str = "kubectl-client-side-apply";

/// The field managers that fields go from and to.
#[derive(Debug, Clone, Copy)]
pub struct NewOwner<'a> {
    /// The name that we apply under.
    pub field_manager: &'a str,
    /// The managers, besides `kubectl apply`, whose fields become ours.
    pub named: &'a [String],
    /// Whether the object is taken over from another ApplySet: the fields of who applied its label become ours too.
    pub takes_over: bool,
    /// The version that git writes the object in.
    pub api_version: &'a str,
    /// The versions that the server knows.
    pub served: &'a [String],
    /// How the kind is merged.
    pub schema: &'a Schema,
    /// What git said of the object when it was last applied and says now, where that is known.
    pub said: Option<DesiredVersions<'a>>,
}

/// What an entry of managed fields owns that tells who wrote it.
#[derive(Debug, Clone, Copy)]
struct Traces {
    /// The annotation in which `kubectl apply` keeps what it applied.
    last_applied: bool,
    /// The label of a member of an ApplySet.
    membership: bool,
}

impl NewOwner<'_> {
    /// Whether this is an entry of somebody who will not write again: what `kubectl apply` left, which owns its
    /// annotation, a manager that a person named, or who applied the object for the ApplySet that it is taken over from.
    fn inherits(&self, manager: &FieldManager, wrote: Traces) -> bool {
        let by_kubectl =
            manager.operation == Operation::Update && (manager.name == CLIENT_SIDE_APPLY || wrote.last_applied);
        let by_former = self.takes_over && wrote.membership && manager.operation == Operation::Apply;
        manager.subresource.is_empty() && (by_kubectl || by_former || self.named.contains(&manager.name))
    }

    /// The fields of `live`, in the version that git writes, that are ours under other names in the version `recorded`.
    fn moved(&self, live: &LiveObject, recorded: &str, fields: &FieldSet) -> FieldSet {
        let versions = [recorded, self.api_version];
        versions::moved(&live.reference().kind, versions, fields, live.value())
    }

    /// What we own of `live`, with the items of lists that were one value when we applied them. Only of a custom kind
    /// the fields are read.
    fn regrown<'f>(&self, live: &LiveObject, fields: impl FnOnce() -> Cow<'f, FieldSet>) -> Option<FieldSet> {
        let kind = self.schema.kind_of(live.value()).filter(|kind| !kind.is_built_in())?;
        merge::regrown(kind.root(), &fields(), live.value())
    }
}

/// The managed fields of one object, once those of others became ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Migration {
    /// The writers whose fields become ours.
    pub from: Vec<FieldManager>,
    /// The version in which our own fields were recorded, where the server does not know it any more.
    pub gone_version: Option<String>,
    /// The managed fields afterwards.
    pub managed: ManagedFields,
    /// Our fields afterwards.
    fields: FieldSet,
    /// The outermost of the fields that become ours alone, so that the apply removes them.
    taken: FieldSet,
    /// The fields that are ours under other names in the version in which they were applied.
    moved: FieldSet,
    field_manager: String,
}

/// Finds out what has to become ours before `live` can be applied to; nothing, most of the time.
pub fn due(live: &LiveObject, new_owner: NewOwner<'_>) -> Option<Migration> {
    let due = inherited(live, new_owner);
    let managed = || {
        due.as_ref().map_or_else(
            || Cow::Owned(ManagedFields::of(live)),
            |due| Cow::Borrowed(&due.managed),
        )
    };
    match new_owner
        .said
        .and_then(|said| dropped::ownerless(said, live, &managed(), new_owner))
    {
        Some(dropped) => {
            let due = due.unwrap_or_else(|| Migration::nothing(live, new_owner));
            Some(due.with(dropped.places, &dropped.fields, new_owner.api_version))
        }
        None => due,
    }
}

/// What becomes ours of managers that will not write again, and of what we applied otherwise than now.
fn inherited(live: &LiveObject, new_owner: NewOwner<'_>) -> Option<Migration> {
    // Most of the time there is nothing to do, and that is seen without reading who owns what.
    let is_known =
        |version: &str| version == new_owner.api_version || new_owner.served.iter().any(|served| served == version);
    let is_of_interest = |(manager, fields): (FieldManager, &Value)| {
        if manager.is_apply_of(new_owner.field_manager) {
            let read = || FieldSet::from_fields_v1(fields);
            let version = &manager.api_version;
            return !is_known(version)
                || version != new_owner.api_version && !new_owner.moved(live, version, &read()).is_empty()
                || new_owner.regrown(live, || Cow::Owned(read())).is_some();
        }
        let metadata = &fields["f:metadata"];
        let wrote = Traces {
            last_applied: !metadata["f:annotations"][format!("f:{LAST_APPLIED}")].is_null(),
            membership: !metadata["f:labels"][format!("f:{PART_OF}")].is_null(),
        };
        new_owner.inherits(&manager, wrote)
    };
    if !ManagedFields::writers(live.value()).any(is_of_interest) {
        return None;
    }
    let managed = ManagedFields::of(live);
    let annotation = FieldPath::of(&["metadata", "annotations", LAST_APPLIED]);
    let label = FieldPath::of(&["metadata", "labels", PART_OF]);
    let ours = managed.applied_by(new_owner.field_manager);
    let from: Vec<(FieldManager, FieldSet)> = managed
        .others(new_owner.field_manager)
        .filter(|(manager, fields)| {
            let wrote = Traces {
                last_applied: fields.touches(&annotation),
                membership: fields.touches(&label),
            };
            new_owner.inherits(manager, wrote)
        })
        .map(|(manager, fields)| (manager.clone(), fields.clone()))
        .collect();
    let gone_version = ours
        .map(|(manager, _)| &manager.api_version)
        .filter(|version| !is_known(version));
    let regrown = ours.and_then(|(_, fields)| new_owner.regrown(live, || Cow::Borrowed(fields)));
    let moved = ours.map_or_else(FieldSet::default, |(manager, fields)| {
        new_owner.moved(live, &manager.api_version, fields)
    });
    if from.is_empty() && gone_version.is_none() && regrown.is_none() && moved.is_empty() {
        return None;
    }
    let ours = ours.map(|(manager, fields)| (manager, regrown.as_ref().unwrap_or(fields)));
    let recorded = ours
        .map(|(manager, _)| manager)
        .into_iter()
        .chain(from.iter().map(|(manager, _)| manager));
    let version = recorded
        .map(|manager| manager.api_version.as_str())
        .find(|version| is_known(version) && moved.is_empty());
    let version = version.unwrap_or(new_owner.api_version).to_owned();
    let mut fields = FieldSet::default();
    let all = ours
        .into_iter()
        .chain(from.iter().map(|(manager, fields)| (manager, fields)));
    for (manager, theirs) in all {
        if manager.api_version == version {
            fields.extend(theirs);
        } else {
            fields.extend(&in_another_version(theirs, live));
        }
    }
    fields.extend(&moved);
    let time = ours
        .map(|(manager, _)| manager)
        .or(from.first().map(|(manager, _)| manager));
    let entry = FieldManager {
        name: new_owner.field_manager.to_owned(),
        operation: Operation::Apply,
        api_version: version,
        subresource: String::new(),
        time: time.and_then(|manager| manager.time.clone()),
    };
    let gone_version = gone_version.cloned();
    let from: Vec<FieldManager> = from.into_iter().map(|(manager, _)| manager).collect();
    let mut managed = without(&managed, &from);
    managed.set(entry, fields.clone());
    managed.sort();
    Some(Migration {
        from,
        gone_version,
        managed,
        fields,
        taken: FieldSet::default(),
        moved,
        field_manager: new_owner.field_manager.to_owned(),
    })
}

impl Migration {
    /// A migration after which these `fields`, which nobody keeps writing, are ours alone, down to their
    /// last values.
    pub fn taking(due: Option<Self>, live: &LiveObject, new_owner: NewOwner<'_>, fields: &[FieldPath]) -> Self {
        let (mut owned, mut taken) = (FieldSet::default(), FieldSet::default());
        for path in fields {
            if let Some(value) = path.find(live.value()) {
                insert_leaves(&mut owned, path, value);
                taken.insert(path.elements());
            }
        }
        let due = due.unwrap_or_else(|| Self::nothing(live, new_owner));
        due.with(taken, &owned, new_owner.api_version)
    }

    /// One by which nothing becomes ours yet.
    fn nothing(live: &LiveObject, new_owner: NewOwner<'_>) -> Self {
        Self {
            from: Vec::new(),
            gone_version: None,
            managed: ManagedFields::of(live),
            fields: FieldSet::default(),
            taken: FieldSet::default(),
            moved: FieldSet::default(),
            field_manager: new_owner.field_manager.to_owned(),
        }
    }

    /// This migration, with these `fields` becoming ours, and whoever does not keep writing giving up `places` with all
    /// that is in them. Where we own nothing yet, the fields are recorded in `api_version`.
    fn with(mut self, places: FieldSet, fields: &FieldSet, api_version: &str) -> Self {
        let ours = self.managed.applied_by(&self.field_manager);
        let ours = ours.map(|(manager, fields)| (manager.clone(), fields.clone()));
        let (entry, mut owned) = ours.unwrap_or_else(|| {
            let entry = FieldManager {
                name: self.field_manager.clone(),
                operation: Operation::Apply,
                api_version: api_version.to_owned(),
                subresource: String::new(),
                time: None,
            };
            (entry, FieldSet::default())
        });
        owned.extend(fields);
        self.managed = given_up(self.managed, &places);
        self.fields.extend(&owned);
        self.taken.extend(&places);
        self.managed.set(entry, owned);
        self.managed.sort();
        self
    }

    /// The JSON patch (RFC 6902) that does it, and nothing to any other version of the object: versions are
    /// unique, so that one of another object of the same name is refused too.
    pub fn patch(&self, resource_version: &str) -> Value {
        json!([
            // What is there is replaced; there may be none.
            {"op": "add", "path": "/metadata/managedFields", "value": self.managed.to_json()},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": resource_version},
        ])
    }

    /// The live object as it is once this was done.
    pub fn migrated(&self, live: &LiveObject) -> LiveObject {
        live.with_managed(&self.managed)
    }

    /// Whether this writer's fields become ours.
    pub fn takes_from(&self, manager: &FieldManager) -> bool {
        self.from.iter().any(|from| from.is(manager))
    }

    /// Whether this field, or something around it, becomes ours alone, so that the apply removes it.
    pub fn takes(&self, path: &FieldPath) -> bool {
        self.taken.covers(path) || self.taken.touches(path)
    }

    /// Whether this field has what we applied under another name in another version.
    pub fn moves(&self, path: &FieldPath) -> bool {
        self.moved.covers(path) || self.moved.touches(path)
    }

    /// What an apply would store after this was done, but for what the server sets for what is then gone.
    /// `answer` is what an apply would store now. With it, whether anything is gone at all.
    pub fn predicted(&self, answer: &LiveObject) -> (LiveObject, bool) {
        let managed = self.owners_after(&ManagedFields::of(answer));
        let wanted = managed
            .applied_by(&self.field_manager)
            .map(|(_, fields)| fields.clone())
            .unwrap_or_default();
        let kept = managed.all();
        let mut object = answer.value().clone();
        let mut is_less = false;
        let taken = self.taken.paths();
        for path in taken.iter().chain(&self.fields.without(&wanted).paths()) {
            if !kept.touches(path) && !kept.covers(path) && path.find(&object).is_some() {
                rules::remove(&mut object, path);
                is_less = true;
            }
        }
        (LiveObject::new(object).with_managed(&managed), is_less)
    }

    /// Who owns what after an apply that this comes before, by who owns what after one without it. Of an object that
    /// nobody owns anything of, the server records at the first apply that all of it was there before; it does not
    /// once we own something.
    fn owners_after(&self, managed: &ManagedFields) -> ManagedFields {
        let is_known = |writer: &FieldManager| {
            writer.is_apply_of(&self.field_manager) || self.managed.same_writer(writer).is_some()
        };
        let writers = managed.entries().map(|(writer, _)| writer);
        let gone: Vec<FieldManager> = writers.filter(|writer| !is_known(writer)).cloned().collect();
        given_up(without(managed, &gone), &self.taken)
    }
}

fn insert_leaves(set: &mut FieldSet, path: &FieldPath, value: &Value) {
    match value.as_object().filter(|map| !map.is_empty()) {
        Some(map) => {
            for (name, value) in map {
                insert_leaves(set, &path.join(PathElement::field(name)), value);
            }
        }
        None => set.insert(path.elements()),
    }
}

/// The owners `managed`, where no manager that does not keep writing owns these fields, or anything below them.
fn given_up(mut managed: ManagedFields, fields: &FieldSet) -> ManagedFields {
    let writers = managed.entries().filter(|(manager, _)| !manager.keeps_writing());
    let rest: Vec<(FieldManager, FieldSet)> = writers
        .map(|(manager, theirs)| (manager.clone(), theirs.without_below(fields)))
        .collect();
    for (manager, theirs) in rest {
        managed.set(manager, theirs);
    }
    managed
}

/// What of the fields of another version the live object has. Fields of other names in this version are
/// lost: only the server could tell them.
fn in_another_version(fields: &FieldSet, live: &LiveObject) -> FieldSet {
    let mut found = FieldSet::default();
    for path in fields.paths().iter().filter(|path| path.find(live.value()).is_some()) {
        found.insert(path.elements());
    }
    found
}

fn without(managed: &ManagedFields, writers: &[FieldManager]) -> ManagedFields {
    let mut rest = managed.clone();
    for writer in writers {
        rest.set(writer.clone(), FieldSet::default());
    }
    rest
}
