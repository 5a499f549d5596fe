//! In which order objects are deleted: what uses another goes before it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{CUSTOM, DEPENDS_ON, rank, references};
use crate::kinds::definition::Definition;
use crate::kinds::pods::{self, PodTemplate};
use crate::object::{GroupKind, LiveObject, ObjectRef};

const RBAC: &str = "rbac.authorization.k8s.io";

/// Objects that are deleted, by who uses whom among them.
#[derive(Debug)]
pub struct Removal {
    /// The objects that use each object.
    users: Vec<BTreeSet<usize>>,
    /// Custom objects that somebody has to let go first.
    finalized: BTreeSet<usize>,
    /// What may run whoever lets them go, or gives him his rights.
    finalizing: BTreeSet<usize>,
    waves: Vec<Vec<usize>>,
}

/// What keeps an object that was to go, by its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptBy {
    /// What uses it.
    User(usize),
    /// A custom object whose finalizers this one may have to take off.
    Finalized(usize),
}

impl Removal {
    /// The order in which these objects go.
    pub fn of(objects: &[&LiveObject]) -> Self {
        let positions: BTreeMap<ObjectRef, usize> = objects
            .iter()
            .enumerate()
            .map(|(index, object)| (object.reference(), index))
            .collect();
        let definitions: BTreeMap<GroupKind, ObjectRef> = objects.iter().filter_map(|object| defined(object)).collect();
        let mut users = vec![BTreeSet::new(); objects.len()];
        for (index, object) in objects.iter().enumerate() {
            for used in used_by(object, &definitions) {
                if let Some(position) = positions.get(&used).filter(|position| **position != index) {
                    users[*position].insert(index);
                }
            }
        }
        let stages: Vec<u8> = objects.iter().map(|object| stage(object)).collect();
        let of = |is: fn(&LiveObject) -> bool| (0..objects.len()).filter(|index| is(objects[*index])).collect();
        Self {
            waves: waves(&stages, &users),
            finalized: of(|object| is_custom(object) && !object.finalizers().is_empty()),
            finalizing: of(may_finalize),
            users,
        }
    }

    /// The positions of the objects, those that can go at the same time together.
    pub fn waves(&self) -> &[Vec<usize>] {
        &self.waves
    }

    /// Whether something that may have to let this object go is to go, too.
    pub fn is_awaited(&self, index: usize) -> bool {
        self.finalized.contains(&index) && !self.finalizing.is_empty()
    }

    /// What of `left`, which did not go, keeps this object.
    pub fn holder(&self, index: usize, left: &BTreeSet<usize>) -> Option<KeptBy> {
        let user = self.users[index].intersection(left).next();
        let finalized = || self.finalized.intersection(left).next();
        let finalized = self.finalizing.contains(&index).then(finalized).flatten();
        let user = user.map(|user| KeptBy::User(*user));
        user.or_else(|| finalized.map(|object| KeptBy::Finalized(*object)))
    }
}

/// In which order objects go that do not use each other: custom objects first, since whoever takes their
/// finalizers off may be among the rest, and all else in the reverse of the usual order.
fn stage(object: &LiveObject) -> u8 {
    let reference = object.reference();
    let aggregates = || object.value().get("aggregationRule").is_some_and(Value::is_object);
    match rank(&reference.kind) {
        CUSTOM => 0,
        // The control plane writes an aggregated role anew whenever one of its parts goes.
        rank if reference.kind.is(RBAC, "ClusterRole") && aggregates() => 2 * (u8::MAX / 2 - rank) - 1,
        rank => 2 * (u8::MAX / 2 - rank),
    }
}

fn is_custom(object: &LiveObject) -> bool {
    rank(&object.reference().kind) == CUSTOM
}

/// Whether this may run what takes finalizers off, is how it is reached, or gives it its rights.
fn may_finalize(object: &LiveObject) -> bool {
    let kind = object.reference().kind;
    kind.group == RBAC || kind.is("", "Service") || PodTemplate::path(&kind).is_some()
}

/// Each object in the wave of its stage, or in the one after the last of its users. Those that use each
/// other in a circle go in some order.
fn waves(stages: &[u8], users: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let mut sorted: Vec<u8> = stages.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut wave: Vec<usize> = stages
        .iter()
        .map(|stage| sorted.partition_point(|other| other < stage))
        .collect();
    // Each round settles one more step of the longest chain; a circle would never settle.
    for _ in 0..users.len() {
        let mut settled = true;
        for (index, users) in users.iter().enumerate() {
            let after = users.iter().map(|user| wave[*user] + 1).max().unwrap_or_default();
            if wave[index] < after {
                wave[index] = after;
                settled = false;
            }
        }
        if settled {
            break;
        }
    }
    let mut waves: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, wave) in wave.into_iter().enumerate() {
        waves.entry(wave).or_default().push(index);
    }
    waves.into_values().collect()
}

/// What a CustomResourceDefinition defines.
fn defined(object: &LiveObject) -> Option<(GroupKind, ObjectRef)> {
    let reference = object.reference();
    let kind = Definition::of(&reference.kind, object.value())?.kind()?;
    Some((kind, reference))
}

/// What an object uses: where it lives, what defines it, what its pods read, what it says itself.
fn used_by(object: &LiveObject, definitions: &BTreeMap<GroupKind, ObjectRef>) -> BTreeSet<ObjectRef> {
    let reference = object.reference();
    let mut used: BTreeSet<ObjectRef> = definitions.get(&reference.kind).cloned().into_iter().collect();
    used.extend(reference.namespace.as_deref().map(ObjectRef::namespace));
    let declared = object.annotation(DEPENDS_ON).unwrap_or_default();
    used.extend(references(declared).filter_map(|(_, reference)| reference));
    if let Some(pods) = PodTemplate::of(&reference.kind, object.value()) {
        let beside = |kind: GroupKind, name: &str| ObjectRef {
            kind,
            namespace: reference.namespace.clone(),
            name: name.into(),
        };
        for read in pods::reads(&pods.spec) {
            used.extend(read.name.text().map(|name| beside(read.kind.group_kind(), name)));
        }
        let account = pods.spec.field("serviceAccountName");
        used.extend(
            account
                .text()
                .map(|name| beside(GroupKind::new("", "ServiceAccount"), name)),
        );
        for volume in pods.spec.field("volumes").items() {
            let claim = volume.at(&["persistentVolumeClaim", "claimName"]);
            let kind = GroupKind::new("", "PersistentVolumeClaim");
            used.extend(claim.text().map(|name| beside(kind, name)));
        }
    }
    used
}

#[cfg(test)]
mod tests {
    use smol_str::SmolStr;

    use super::*;
    use serde_json::json;

    fn object(api_version: &str, kind: &str, name: &str, more: &Value) -> LiveObject {
        let mut value = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
        if !matches!(kind, "Namespace" | "CustomResourceDefinition") {
            value["metadata"]["namespace"] = "a".into();
        }
        for (key, more) in more.as_object().into_iter().flatten() {
            value[key] = more.clone();
        }
        LiveObject::new(value)
    }

    fn order(objects: &[LiveObject]) -> Vec<Vec<SmolStr>> {
        let all: Vec<&LiveObject> = objects.iter().collect();
        let removal = Removal::of(&all);
        let name = |index: &usize| objects[*index].reference().name;
        removal
            .waves()
            .iter()
            .map(|wave| wave.iter().map(name).collect())
            .collect()
    }

    #[test]
    fn what_uses_another_goes_before_it() {
        let definition = json!({"spec": {"group": "x.io", "names": {"kind": "Thing"}}});
        let reads = json!({"spec": {"template": {"spec": {"containers": [
            {"envFrom": [{"configMapRef": {"name": "settings"}}]},
        ]}}}});
        let objects = [
            object("v1", "Namespace", "a", &Value::Null),
            object(
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                "things.x.io",
                &definition,
            ),
            object("v1", "ConfigMap", "settings", &Value::Null),
            object("x.io/v1", "Thing", "one", &Value::Null),
            object("apps/v1", "Deployment", "web", &reads),
        ];
        assert_eq!(
            order(&objects),
            [
                vec!["one"],
                vec!["web"],
                vec!["settings"],
                vec!["things.x.io"],
                vec!["a"]
            ]
        );
        let all: Vec<&LiveObject> = objects.iter().collect();
        let removal = Removal::of(&all);
        assert_eq!(removal.holder(2, &BTreeSet::from([4])), Some(KeptBy::User(4)));
        assert_eq!(removal.holder(2, &BTreeSet::from([3])), None);
        assert_eq!(removal.holder(1, &BTreeSet::from([3])), Some(KeptBy::User(3)));
        assert_eq!(removal.holder(0, &BTreeSet::from([2])), Some(KeptBy::User(2)));
        assert_eq!(removal.holder(4, &BTreeSet::from([3])), None);
    }

    #[test]
    fn a_custom_object_with_a_finalizer_keeps_what_may_take_it_off() {
        let held = json!({"metadata": {"name": "one", "namespace": "a", "finalizers": ["x.io/hold"]}});
        let objects = [
            object("x.io/v1", "Thing", "one", &held),
            object("apps/v1", "Deployment", "operator", &Value::Null),
            object("rbac.authorization.k8s.io/v1", "Role", "operator", &Value::Null),
            object("v1", "ConfigMap", "settings", &Value::Null),
        ];
        let all: Vec<&LiveObject> = objects.iter().collect();
        let removal = Removal::of(&all);
        let left = BTreeSet::from([0]);
        let held: Vec<bool> = (0..4).map(|index| removal.holder(index, &left).is_some()).collect();
        assert_eq!(held, [false, true, true, false]);
    }

    #[test]
    fn an_aggregated_role_goes_before_its_parts() {
        let rule = json!({"aggregationRule": {"clusterRoleSelectors": []}});
        let objects = [
            object("rbac.authorization.k8s.io/v1", "ClusterRole", "part", &Value::Null),
            object("rbac.authorization.k8s.io/v1", "ClusterRole", "whole", &rule),
        ];
        assert_eq!(order(&objects), [vec!["whole"], vec!["part"]]);
    }

    #[test]
    fn a_declared_dependency_wins_over_the_usual_order_and_a_circle_ends() {
        let on = |name: &str| {
            json!({"metadata": {"name": name, "namespace": "a", "annotations": {
                DEPENDS_ON: if name == "x" { "/namespaces/a/ConfigMap/y" } else { "/namespaces/a/ConfigMap/x" },
            }}})
        };
        let later = json!({"metadata": {"name": "web", "namespace": "a", "annotations": {}}});
        let first = json!({"metadata": {"name": "settings", "namespace": "a", "annotations": {
            DEPENDS_ON: "apps/namespaces/a/Deployment/web",
        }}});
        let objects = [
            object("apps/v1", "Deployment", "web", &later),
            object("v1", "ConfigMap", "settings", &first),
        ];
        assert_eq!(order(&objects), [vec!["settings"], vec!["web"]]);
        let circle = [
            object("v1", "ConfigMap", "x", &on("x")),
            object("v1", "ConfigMap", "y", &on("y")),
        ];
        assert_eq!(order(&circle).concat().len(), 2);
    }
}
