//! The objects of a directory, to be found by what they are called.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use smol_str::SmolStr;

use crate::kinds::definition::Definition;
use crate::kinds::pods::{self, PodTemplate};
use crate::object::field::{At, FieldPath};
use crate::object::{GroupKind, HIDDEN, ObjectRef, is_definition};
use crate::source::Manifest;
use crate::ssa::schema::Schema;

use super::running::RunningPods;
use super::selector::ObjectSelector;
use super::{CHECK, scope};

/// One object.
#[derive(Debug)]
pub(super) struct CheckedObject<'a> {
    pub(super) manifest: &'a Manifest,
    /// The object.
    pub(super) reference: ObjectRef,
    /// The pods that it makes.
    pub(super) pods: Option<PodTemplate<'a>>,
}

impl<'a> CheckedObject<'a> {
    /// The value at the end of these fields.
    pub(super) fn at(&self, names: &[&str]) -> At<'a> {
        At::root(&self.manifest.value).at(names)
    }

    pub(super) fn kind(&self) -> &GroupKind {
        &self.reference.kind
    }

    pub(super) fn namespace(&self) -> Option<&str> {
        self.reference.namespace.as_deref()
    }

    /// Whether the value at `path` was made from what must not be shown.
    pub(super) fn is_secret(&self, path: &FieldPath) -> bool {
        self.manifest.origins.is_secret(path)
    }

    /// A scalar of it, to be quoted: not if it was made from what must not be shown.
    pub(super) fn quoted(&self, at: &At<'a>) -> Cow<'a, str> {
        match at.text() {
            _ if self.is_secret(&at.path) => HIDDEN.into(),
            Some(text) => text.into(),
            None if at.is_there() => at.value.to_string().into(),
            None => "".into(),
        }
    }

    /// Whether a hint may name the right one of these values, in place of a wrong one of this object: not if any
    /// of them was made from what must not be shown.
    pub(super) fn may_compare<'o>(
        &self,
        wrong: &At<'a>,
        mut right: impl Iterator<Item = (&'o CheckedObject<'a>, At<'a>)>,
    ) -> bool
    where
        'a: 'o,
    {
        !self.is_secret(&wrong.path) && !right.any(|(object, at)| object.is_secret(&at.path))
    }

    /// Whether its references and selectors are meant as they are.
    pub(super) fn is_ignored(&self) -> bool {
        self.at(&["metadata", "annotations", CHECK]).text() == Some("ignore")
    }

    /// Whether its pods run, and are no mere template.
    pub(super) fn runs(&self) -> bool {
        pods::run(self.kind())
    }
}

/// All objects.
#[derive(Debug)]
pub(super) struct CheckedDirectory<'a> {
    pub(super) objects: Vec<CheckedObject<'a>>,
    by_reference: BTreeMap<ObjectRef, usize>,
    /// Where the objects of a kind are, by their namespace.
    by_kind: HashMap<GroupKind, HashMap<Option<SmolStr>, Vec<usize>>>,
    /// The workloads whose pods run, by their namespace.
    running: HashMap<Option<SmolStr>, RunningPods<'a>>,
    /// The kinds that every cluster has, and those that the directory defines.
    pub(super) schema: Schema,
}

impl<'a> CheckedDirectory<'a> {
    pub(super) fn new(manifests: &'a [Manifest], default_namespace: &str) -> Self {
        let mut schema = Schema::bundled().clone();
        let definitions = || {
            manifests
                .iter()
                .filter(|manifest| is_definition(&manifest.gvk.group_kind))
        };
        for definition in definitions() {
            schema.add_custom(&definition.value);
        }
        let definitions = definitions().map(|definition| Definition::new(&definition.value));
        let clusterwide = scope::defined_clusterwide(definitions);
        let object = |manifest: &'a Manifest| {
            let kind = manifest.gvk.group_kind.clone();
            let is_clusterwide = scope::is_clusterwide(&kind) || clusterwide.contains(&kind);
            let namespace = manifest.namespace.clone().unwrap_or_else(|| default_namespace.into());
            CheckedObject {
                manifest,
                pods: PodTemplate::of(&kind, &manifest.value),
                reference: ObjectRef {
                    kind,
                    namespace: (!is_clusterwide).then_some(namespace),
                    name: manifest.name.clone(),
                },
            }
        };
        let objects: Vec<_> = manifests.iter().map(object).collect();
        let mut by_reference = BTreeMap::new();
        let mut by_kind: HashMap<_, HashMap<_, Vec<usize>>> = HashMap::new();
        let mut running: HashMap<_, RunningPods<'a>> = HashMap::new();
        for (position, object) in objects.iter().enumerate() {
            let reference = &object.reference;
            by_reference.entry(reference.clone()).or_insert(position);
            let of_kind = by_kind.entry(reference.kind.clone()).or_default();
            of_kind.entry(reference.namespace.clone()).or_default().push(position);
            if let Some(pods) = object.pods.as_ref().filter(|_| object.runs()) {
                let running = running.entry(reference.namespace.clone()).or_default();
                running.add(position, pods.labels.value);
            }
        }
        Self {
            objects,
            by_reference,
            by_kind,
            running,
            schema,
        }
    }

    /// The object that is called so; the first, if there are several.
    pub(super) fn find(&self, reference: &ObjectRef) -> Option<&CheckedObject<'a>> {
        self.by_reference
            .get(reference)
            .map(|position| &self.objects[*position])
    }

    /// The objects of a kind in a namespace, or in none.
    pub(super) fn of_kind(
        &self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = &CheckedObject<'a>> {
        let of_kind = self.by_kind.get(&GroupKind::new(group, kind));
        let positions = of_kind.and_then(|of_kind| of_kind.get(&namespace.map(SmolStr::from)));
        positions.into_iter().flatten().map(|position| &self.objects[*position])
    }

    /// The objects of a namespace whose pods run.
    pub(super) fn running(
        &self,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = (&CheckedObject<'a>, &PodTemplate<'a>)> {
        let running = self.running.get(&namespace.map(SmolStr::from));
        let positions = running.map_or(&[][..], RunningPods::all);
        positions.iter().filter_map(|position| self.pods_at(*position))
    }

    /// The objects of a namespace whose pods run and have the labels that a selector wants.
    pub(super) fn selected(
        &self,
        namespace: Option<&str>,
        selector: &ObjectSelector<'_>,
    ) -> Vec<(&CheckedObject<'a>, &PodTemplate<'a>)> {
        let Some(running) = self.running.get(&namespace.map(SmolStr::from)) else {
            return Vec::new();
        };
        let candidates = running.candidates(selector);
        let pods = candidates.iter().filter_map(|position| self.pods_at(*position));
        pods.filter(|(_, pods)| selector.matches(pods.labels.value)).collect()
    }

    fn pods_at(&self, position: usize) -> Option<(&CheckedObject<'a>, &PodTemplate<'a>)> {
        let object = &self.objects[position];
        Some((object, object.pods.as_ref()?))
    }
}
