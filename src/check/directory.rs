//! The objects of a directory, to be found by what they are called.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::kinds::definition::Definition;
use crate::kinds::pods::{self, PodTemplate};
use crate::object::field::{At, FieldPath};
use crate::object::{GroupKind, HIDDEN, ObjectRef, is_definition};
use crate::source::Manifest;
use crate::ssa::schema::Schema;

use super::{CHECK, scope};

/// One object.
#[derive(Debug)]
pub(super) struct Object<'a> {
    pub(super) manifest: &'a Manifest,
    /// What it is called.
    pub(super) reference: ObjectRef,
    /// The pods that it makes.
    pub(super) pods: Option<PodTemplate<'a>>,
}

impl<'a> Object<'a> {
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
        mut right: impl Iterator<Item = (&'o Object<'a>, At<'a>)>,
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
    pub(super) objects: Vec<Object<'a>>,
    by_reference: BTreeMap<ObjectRef, usize>,
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
            let namespace = manifest
                .namespace
                .clone()
                .unwrap_or_else(|| default_namespace.to_owned());
            Object {
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
        for (position, object) in objects.iter().enumerate() {
            by_reference.entry(object.reference.clone()).or_insert(position);
        }
        Self {
            objects,
            by_reference,
            schema,
        }
    }

    /// The object that is called so; the first, if there are several.
    pub(super) fn find(&self, reference: &ObjectRef) -> Option<&Object<'a>> {
        self.by_reference
            .get(reference)
            .map(|position| &self.objects[*position])
    }

    /// The objects of a kind in a namespace, or in none.
    pub(super) fn of_kind<'d>(
        &'d self,
        group: &'d str,
        kind: &'d str,
        namespace: Option<&'d str>,
    ) -> impl Iterator<Item = &'d Object<'a>> {
        let objects = self.objects.iter();
        objects.filter(move |object| object.kind().is(group, kind) && object.namespace() == namespace)
    }

    /// The objects of a namespace whose pods run.
    pub(super) fn running<'d>(
        &'d self,
        namespace: Option<&'d str>,
    ) -> impl Iterator<Item = (&'d Object<'a>, &'d PodTemplate<'a>)> {
        let objects = self.objects.iter();
        let objects = objects.filter(move |object| object.namespace() == namespace && object.runs());
        objects.filter_map(|object| Some((object, object.pods.as_ref()?)))
    }
}
