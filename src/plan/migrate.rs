//! Managed fields that others left behind, and that become ours.
//!
//! `kubectl apply` without `--server-side` records its fields as an *update* under a name of its own, and
//! notes what it applied in an annotation. As long as these entries stand, nothing that it set can be
//! removed by a server-side apply: somebody else owns it. So its fields are made ours first, as
//! [`client-go/util/csaupgrade`](https://pkg.go.dev/k8s.io/client-go/util/csaupgrade) does; the apply then
//! removes what git does not have, the annotation among it. The same is done for managers that a person
//! names, for fields of ours in a version of the API that is gone, and for the items of lists that a definition
//! has come to tell apart since we applied them.
//!
//! Nothing is asked here: what comes of it is for the server to say, and [`Migration::predicted`] for what
//! it can be asked.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::applyset::inventory::PART_OF;
use crate::kinds::keeper::LAST_APPLIED;
use crate::object::LiveObject;
use crate::object::field::{FieldManager, FieldPath, FieldSet, ManagedFields, Operation, PathElement};
use crate::source::rules;
use crate::ssa::merge;
use crate::ssa::schema::Schema;

/// What `kubectl apply` calls itself.
const CLIENT_SIDE_APPLY: &str = "kubectl-client-side-apply";

/// Whose fields become whose.
#[derive(Debug, Clone, Copy)]
pub struct NewOwner<'a> {
    /// Under which name we apply.
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
    /// Who owns what afterwards.
    pub managed: ManagedFields,
    /// Our fields afterwards.
    fields: FieldSet,
    field_manager: String,
}

/// Finds out what has to become ours before `live` can be applied to; nothing, most of the time.
pub fn due(live: &LiveObject, new_owner: NewOwner<'_>) -> Option<Migration> {
    // Most of the time there is nothing to do, and that is seen without reading who owns what.
    let is_known =
        |version: &str| version == new_owner.api_version || new_owner.served.iter().any(|served| served == version);
    let is_of_interest = |(manager, fields): (FieldManager, &Value)| {
        if manager.is_apply_of(new_owner.field_manager) {
            let read = || Cow::Owned(FieldSet::from_fields_v1(fields));
            return !is_known(&manager.api_version) || new_owner.regrown(live, read).is_some();
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
    if from.is_empty() && gone_version.is_none() && regrown.is_none() {
        return None;
    }
    let ours = ours.map(|(manager, fields)| (manager, regrown.as_ref().unwrap_or(fields)));
    let recorded = ours
        .map(|(manager, _)| manager)
        .into_iter()
        .chain(from.iter().map(|(manager, _)| manager));
    let version = recorded
        .map(|manager| manager.api_version.as_str())
        .find(|version| is_known(version));
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
        field_manager: new_owner.field_manager.to_owned(),
    })
}

impl Migration {
    /// A migration after which these `fields`, which nobody keeps writing, are ours alone, down to their
    /// last values.
    pub fn taking(due: Option<Self>, live: &LiveObject, new_owner: NewOwner<'_>, fields: &[FieldPath]) -> Self {
        let mut migration = due.unwrap_or_else(|| Self {
            from: Vec::new(),
            gone_version: None,
            managed: ManagedFields::of(live),
            fields: FieldSet::default(),
            field_manager: new_owner.field_manager.to_owned(),
        });
        let ours = migration.managed.applied_by(new_owner.field_manager);
        let ours = ours.map(|(manager, fields)| (manager.clone(), fields.clone()));
        let (entry, mut owned) = ours.unwrap_or_else(|| {
            let entry = FieldManager {
                name: new_owner.field_manager.to_owned(),
                operation: Operation::Apply,
                api_version: new_owner.api_version.to_owned(),
                subresource: String::new(),
                time: None,
            };
            (entry, FieldSet::default())
        });
        let mut taken = FieldSet::default();
        for path in fields {
            if let Some(value) = path.find(live.value()) {
                insert_leaves(&mut owned, path, value);
                taken.insert(path.elements());
            }
        }
        migration.managed = given_up(migration.managed, &taken);
        migration.fields.extend(&owned);
        migration.managed.set(entry, owned);
        migration.managed.sort();
        migration
    }

    /// The JSON patch (RFC 6902) that does it, and nothing to any other version of the object: versions are
    /// unique, so that one of another object of the same name is refused too.
    pub fn patch(&self, resource_version: &str) -> Value {
        json!([
            {"op": "replace", "path": "/metadata/managedFields", "value": self.managed.to_json()},
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

    /// What an apply would store after this was done, but for what the server sets for what is then gone.
    /// `answer` is what an apply would store now. With it, whether anything is gone at all.
    pub fn predicted(&self, answer: &LiveObject) -> (LiveObject, bool) {
        let managed = without(&ManagedFields::of(answer), &self.from);
        let wanted = managed
            .applied_by(&self.field_manager)
            .map(|(_, fields)| fields.clone())
            .unwrap_or_default();
        let kept = managed.all();
        let mut object = answer.value().clone();
        let mut is_less = false;
        for path in self.fields.without(&wanted).paths() {
            if !kept.touches(&path) && !kept.covers(&path) && path.find(&object).is_some() {
                rules::remove(&mut object, &path);
                is_less = true;
            }
        }
        (LiveObject::new(object).with_managed(&managed), is_less)
    }
}

fn insert_leaves(set: &mut FieldSet, path: &FieldPath, value: &Value) {
    match value.as_object().filter(|map| !map.is_empty()) {
        Some(map) => {
            for (name, value) in map {
                insert_leaves(set, &path.join(PathElement::Field(name.clone())), value);
            }
        }
        None => set.insert(path.elements()),
    }
}

/// The same, where no manager that does not keep writing owns these fields, or anything below them.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::live;

    const NOTED: &str = "metadata annotations kubectl.kubernetes.io/last-applied-configuration";

    fn heir<'a>(named: &'a [String], served: &'a [String]) -> NewOwner<'a> {
        NewOwner {
            field_manager: "stackanetes",
            named,
            takes_over: false,
            api_version: "v1",
            served,
            schema: Schema::bundled(),
        }
    }

    fn object(owners: &[(&str, &str)]) -> LiveObject {
        let value = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1", "b": "2", "c": "3"},
            "metadata": {"name": "x", "resourceVersion": "7", "annotations": {LAST_APPLIED: "{}"}}});
        let mut live = live(value, owners).into_value();
        for entry in live["metadata"]["managedFields"].as_array_mut().expect("a list") {
            entry["apiVersion"] = "v1".into();
        }
        LiveObject::new(live)
    }

    fn owners(managed: &ManagedFields) -> Vec<String> {
        let told = managed.entries().map(|(manager, fields)| {
            let paths: Vec<String> = fields.paths().iter().map(ToString::to_string).collect();
            format!(
                "{:?} {} {}: {}",
                manager.operation,
                manager.name,
                manager.api_version,
                paths.join(" ")
            )
        });
        told.collect()
    }

    #[test]
    fn what_is_nobodys_is_taken_down_to_its_last_values_and_beside_what_is_ours() {
        let mut value = object(&[("=stackanetes", "data a"), ("flux", "data c")]).into_value();
        value["spec"] = json!({"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 2}});
        let live = LiveObject::new(value);
        let taken = Migration::taking(
            None,
            &live,
            heir(&[], &[]),
            &[FieldPath::of(&["spec", "rollingUpdate"])],
        );
        let (_, ours) = taken.managed.applied_by("stackanetes").expect("an entry");
        let paths: Vec<String> = ours.paths().iter().map(ToString::to_string).collect();
        assert_eq!(
            paths,
            [
                "data.a",
                "spec.rollingUpdate.maxSurge",
                "spec.rollingUpdate.maxUnavailable"
            ]
        );
        assert_eq!(taken.managed.entries().count(), 2);
        // Who does not keep writing loses it, and keeps the rest.
        let nobody = ("before-first-apply", "data b, spec rollingUpdate maxSurge");
        let value = live.with_managed(&ManagedFields::of(&object(&[nobody])));
        let taken = Migration::taking(
            None,
            &value,
            heir(&[], &[]),
            &[FieldPath::of(&["spec", "rollingUpdate"])],
        );
        let rest = taken.managed.entries().find(|(manager, _)| !manager.keeps_writing());
        let rest = rest.map(|(_, fields)| fields.paths()).unwrap_or_default();
        assert_eq!(rest, [FieldPath::of(&["data", "b"])]);
        // Of what we never applied, it is all that is ours.
        let nobodys = live.with_managed(&ManagedFields::default());
        let taken = Migration::taking(None, &nobodys, heir(&[], &[]), &[FieldPath::of(&["spec"])]);
        assert_eq!(taken.managed.all().paths().len(), 2);
    }

    #[test]
    fn what_kubectl_apply_left_becomes_ours_whatever_its_name() {
        for name in ["kubectl-client-side-apply", "my-own-name"] {
            let fields = format!("data a, data b, {NOTED}");
            let live = object(&[
                (name, &fields),
                ("other", "data c"),
                (&format!("{name}/status"), "status x"),
            ]);
            let migration = due(&live, heir(&[], &[])).expect("it is due");
            assert_eq!(
                owners(&migration.managed),
                [
                    format!("Apply stackanetes v1: data.a data.b metadata.annotations[{LAST_APPLIED}]"),
                    format!("Update {name} v1: status.x"),
                    "Update other v1: data.c".to_owned(),
                ]
                .into_iter()
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
            );
        }
        assert_eq!(
            due(
                &object(&[("other", "data a"), ("=stackanetes", "data b")]),
                heir(&[], &[])
            ),
            None
        );
    }

    #[test]
    fn a_named_managers_fields_become_ours_however_it_wrote() {
        let live = object(&[
            ("=stackanetes", "data a"),
            ("=argocd-controller", "data b"),
            ("helm", "data c"),
        ]);
        let named = ["argocd-controller".to_owned(), "helm".to_owned()];
        let migration = due(&live, heir(&named, &[])).expect("it is due");
        assert_eq!(
            owners(&migration.managed),
            ["Apply stackanetes v1: data.a data.b data.c"]
        );
    }

    #[test]
    fn who_applied_an_object_for_its_former_set_and_nobody_else_loses_it_where_it_is_taken_over() {
        let member = format!("data a, metadata labels {PART_OF}");
        let live = object(&[("=kubectl", &member), ("=flux", "data b"), ("kubectl-label", &member)]);
        assert_eq!(due(&live, heir(&[], &[])), None, "it is not taken over");
        let takes_over = NewOwner {
            takes_over: true,
            ..heir(&[], &[])
        };
        let migration = due(&live, takes_over).expect("it is due");
        assert_eq!(
            owners(&migration.managed),
            [
                "Apply flux v1: data.b".to_owned(),
                format!("Apply stackanetes v1: data.a metadata.labels[{PART_OF}]"),
                format!("Update kubectl-label v1: data.a metadata.labels[{PART_OF}]"),
            ]
        );
    }

    #[test]
    fn what_nobody_keeps_is_gone_after_the_apply() {
        let fields = format!("data a, data b, data c, {NOTED}");
        let live = object(&[("kubectl-client-side-apply", &fields), ("other", "data c")]);
        let migration = due(&live, heir(&[], &[])).expect("it is due");
        let answer = object(&[
            ("=stackanetes", "data a"),
            ("kubectl-client-side-apply", &fields),
            ("other", "data c"),
        ]);
        let (predicted, is_less) = migration.predicted(&answer);
        assert!(is_less);
        assert_eq!(predicted.value()["data"], json!({"a": "1", "c": "3"}));
        assert_eq!(predicted.value()["metadata"]["annotations"], Value::Null);
        assert_eq!(
            owners(&ManagedFields::of(&predicted)),
            ["Apply stackanetes v1: data.a", "Update other v1: data.c"]
        );
    }

    #[test]
    fn fields_in_a_version_that_is_gone_are_recorded_in_the_one_of_git() {
        let mut value = object(&[("=stackanetes", "data a, data gone")]).into_value();
        value["metadata"]["managedFields"][0]["apiVersion"] = "v1alpha1".into();
        let live = LiveObject::new(value);
        assert_eq!(
            due(&live, heir(&[], &["v1alpha1".to_owned()])),
            None,
            "the server knows what to do"
        );
        let migration = due(&live, heir(&[], &[])).expect("it is due");
        assert_eq!(migration.gone_version.as_deref(), Some("v1alpha1"));
        assert_eq!(owners(&migration.managed), ["Apply stackanetes v1: data.a"]);
    }
}
