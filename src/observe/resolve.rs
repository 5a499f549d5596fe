//! Turns manifests into desired objects: which kinds there are, and which namespace is meant.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use crate::cluster::{Discovery, Resource};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::nearest::nearest;
use crate::diagnostic::place::Place;
use crate::kinds::brought::{Brought, brought};
use crate::kinds::definition::Definition;
use crate::object::field::FieldPath;
use crate::object::{DesiredObject, GroupKind, GroupVersionKind, ObjectRef};
use crate::source::Manifest;

/// A desired object and how its kind is reached.
pub type Resolved = (DesiredObject, Resource);

/// Adds the kinds that CustomResourceDefinitions among the manifests will bring, and says which
/// definition brings which kind.
pub fn add_defined_kinds(discovery: &mut Discovery, manifests: &[Manifest]) -> BTreeMap<GroupKind, ObjectRef> {
    let mut defined = BTreeMap::new();
    for manifest in manifests {
        let Some(definition) = Definition::of(&manifest.gvk.group_kind, &manifest.value) else {
            continue;
        };
        let (Some(kind), Some(plural)) = (definition.kind(), definition.plural()) else {
            continue;
        };
        let served = definition
            .versions()
            .filter(|version| version.served() != Some(false))
            .filter_map(|version| version.name());
        for version in served {
            discovery.add(Resource {
                gvk: GroupVersionKind {
                    group_kind: kind.clone(),
                    version: version.into(),
                },
                plural: plural.into(),
                namespaced: definition.is_namespaced(),
                listable: true,
            });
        }
        let definition = ObjectRef {
            kind: manifest.gvk.group_kind.clone(),
            namespace: None,
            name: manifest.name.clone(),
        };
        defined.insert(kind, definition);
    }
    defined
}

/// Adds the kinds that other objects than CustomResourceDefinitions will bring at run time, and which object brings which,
/// as far as there are manifests of such a kind that nobody knows yet. How the kind is reached is found out once it is
/// there; that it has namespaces is known by what brings it, or else by a manifest that names one.
pub fn add_brought_kinds(
    discovery: &mut Discovery,
    manifests: &[Manifest],
    default_namespace: &str,
) -> BTreeMap<GroupKind, ObjectRef> {
    let mut bringers = BTreeMap::new();
    for manifest in manifests {
        for Brought { kind, namespaced } in brought(&manifest.gvk.group_kind, &manifest.value) {
            let is_namespaced = discovery.resource(&manifest.gvk).is_some_and(|known| known.namespaced);
            let namespace = manifest.namespace_or(Some(default_namespace)).filter(|_| is_namespaced);
            let bringer = ObjectRef {
                kind: manifest.gvk.group_kind.clone(),
                namespace: namespace.map(SmolStr::from),
                name: manifest.name.clone(),
            };
            bringers.insert(kind, (bringer, namespaced));
        }
    }
    let mut found = BTreeMap::new();
    for manifest in manifests {
        let kind = &manifest.gvk.group_kind;
        let Some((bringer, namespaced)) = bringers.get(kind) else {
            continue;
        };
        if discovery.versions(kind).is_empty() || found.contains_key(kind) {
            let mut resource = nameless(manifest, discovery);
            resource.namespaced = namespaced.unwrap_or(resource.namespaced);
            discovery.add(resource);
            found.insert(kind.clone(), bringer.clone());
        }
    }
    found
}

/// What manifests are resolved to.
#[derive(Default)]
pub struct Resolutions {
    /// The objects of kinds that are known.
    pub known: Vec<Resolved>,
    /// The objects of kinds that nobody knows, each with what is wrong with it. How such a kind is reached is not known
    /// either: its resource has no name.
    pub unknown: Vec<(Resolved, Error)>,
}

/// Resolves every manifest. All that is wrong with them is reported together, and so is a kind that is not known.
pub fn resolve(manifests: Vec<Manifest>, discovery: &Discovery, default_namespace: &str) -> Result<Vec<Resolved>> {
    let Resolutions { known, unknown } = resolve_each(manifests, discovery, default_namespace)?;
    match Error::join(unknown.into_iter().map(|(_, error)| error)) {
        Some(error) => Err(error),
        None => Ok(known),
    }
}

/// Resolves every manifest, where one of an unknown kind is none of the others' business.
pub fn resolve_each(manifests: Vec<Manifest>, discovery: &Discovery, default_namespace: &str) -> Result<Resolutions> {
    let mut errors = Vec::new();
    let mut resolved: BTreeMap<ObjectRef, (Resolved, Option<Error>)> = BTreeMap::new();
    for mut manifest in manifests {
        let served = discovery.resource(&manifest.gvk);
        let unknown = served.is_none().then(|| unknown_kind(&manifest, discovery));
        let resource = served.cloned().unwrap_or_else(|| nameless(&manifest, discovery));
        let ignored_namespace = ignored_namespace(&mut manifest, &resource);
        let namespace = manifest.namespace_or(Some(default_namespace)).map(SmolStr::from);
        let namespace = namespace.filter(|_| resource.namespaced);
        let reference = ObjectRef {
            kind: manifest.gvk.group_kind.clone(),
            namespace,
            name: manifest.name.clone(),
        };
        match resolved.entry(reference) {
            Entry::Occupied(mut other) => {
                let ((other, _), _) = other.get_mut();
                if manifest.is_repeated_by(&other.gvk(), &other.value, &other.generate) {
                    other.repeated.push(manifest.place);
                } else {
                    errors.push(twice(&manifest, other));
                }
            }
            Entry::Vacant(free) => {
                let object = DesiredObject {
                    reference: free.key().clone(),
                    version: manifest.gvk.version,
                    value: manifest.value,
                    origins: manifest.origins,
                    generate: manifest.generate,
                    inputs: None,
                    rules: Vec::new(),
                    ignored_namespace,
                    repeated: Vec::new(),
                };
                free.insert(((object, resource), unknown));
            }
        }
    }
    if !errors.is_empty() {
        errors.extend(resolved.into_values().filter_map(|(_, unknown)| unknown));
        return Error::join(errors).map_or_else(|| Ok(Resolutions::default()), Err);
    }
    let mut resolutions = Resolutions::default();
    for (resolved, unknown) in resolved.into_values() {
        match unknown {
            Some(error) => resolutions.unknown.push((resolved, error)),
            None => resolutions.known.push(resolved),
        }
    }
    Ok(resolutions)
}

/// The resource of a kind that nobody knows in this version. That it has namespaces is known by another version of it, or
/// else by a manifest that names one.
fn nameless(manifest: &Manifest, discovery: &Discovery) -> Resource {
    let other = discovery.preferred(&manifest.gvk.group_kind);
    Resource {
        gvk: manifest.gvk.clone(),
        plural: SmolStr::default(),
        namespaced: other.map_or(manifest.namespace.is_some(), |other| other.namespaced),
        listable: false,
    }
}

/// Resolves every manifest by the kinds of `discovery` and those that the manifests themselves define.
pub fn resolve_all(manifests: Vec<Manifest>, discovery: &Discovery, default_namespace: &str) -> Result<Vec<Resolved>> {
    let mut known = discovery.clone();
    add_defined_kinds(&mut known, &manifests);
    resolve(manifests, &known, default_namespace)
}

/// Writes a namespace into the manifests that name none and are of a kind that has namespaces: that of their Helm
/// release, or else this one. Kinds that neither `discovery` nor the manifests know are left as they are, and returned.
pub fn name_namespace(
    manifests: &mut [Manifest],
    discovery: &Discovery,
    namespace: Option<&str>,
) -> BTreeSet<GroupKind> {
    let mut known = discovery.clone();
    add_defined_kinds(&mut known, manifests);
    let mut unknown = BTreeSet::new();
    for manifest in manifests.iter_mut().filter(|manifest| manifest.namespace.is_none()) {
        let kind = &manifest.gvk.group_kind;
        let Some(namespace) = manifest.namespace_or(namespace).map(SmolStr::from) else {
            continue;
        };
        match known.resource(&manifest.gvk).or_else(|| known.preferred(kind)) {
            None => _ = unknown.insert(kind.clone()),
            Some(resource) if resource.namespaced => {
                manifest.value["metadata"]["namespace"] = namespace.as_str().into();
                manifest.namespace = Some(namespace);
            }
            Some(_) => {}
        }
    }
    unknown
}

/// Resolves the manifests of an earlier commit, of which nobody asks whether the cluster accepts them:
/// those of kinds that neither it nor they know are left out, and of two with one name the second.
pub fn resolve_known(manifests: Vec<Manifest>, discovery: &Discovery, default_namespace: &str) -> Vec<DesiredObject> {
    let mut known = discovery.clone();
    add_defined_kinds(&mut known, &manifests);
    let mut resolved: BTreeMap<ObjectRef, DesiredObject> = BTreeMap::new();
    for mut manifest in manifests {
        let kind = &manifest.gvk.group_kind;
        let Some(resource) = known.resource(&manifest.gvk).or_else(|| known.preferred(kind)) else {
            continue;
        };
        let ignored_namespace = ignored_namespace(&mut manifest, resource);
        let namespace = manifest.namespace_or(Some(default_namespace)).map(SmolStr::from);
        let reference = ObjectRef {
            kind: manifest.gvk.group_kind,
            namespace: namespace.filter(|_| resource.namespaced),
            name: manifest.name,
        };
        resolved.entry(reference.clone()).or_insert(DesiredObject {
            reference,
            version: manifest.gvk.version,
            value: manifest.value,
            origins: manifest.origins,
            generate: manifest.generate,
            inputs: None,
            rules: Vec::new(),
            ignored_namespace,
            repeated: Vec::new(),
        });
    }
    resolved.into_values().collect()
}

fn place_of(manifest: &Manifest, path: &[&str]) -> Place {
    let origins = manifest.origins.of(&FieldPath::of(path));
    origins
        .into_iter()
        .next()
        .map_or_else(|| manifest.place.clone(), |origin| origin.place)
}

fn unknown_kind(manifest: &Manifest, discovery: &Discovery) -> Error {
    let gvk = &manifest.gvk;
    if let Some(preferred) = discovery.preferred(&gvk.group_kind) {
        let served = discovery.versions(&gvk.group_kind).iter();
        let served: Vec<&str> = served.map(|resource| resource.gvk.version.as_str()).collect();
        let GroupKind { group, kind } = &gvk.group_kind;
        let group = match group.as_str() {
            "" => "the core group".to_owned(),
            group => format!("the group {group}"),
        };
        return Error::new(format!(
            "the cluster has the kind {kind} in {group}, but not in the version {} (it has {})",
            gvk.version,
            served.join(", ")
        ))
        .at(place_of(manifest, &["apiVersion"]), "this version")
        .hint(format!("change `apiVersion` to {}", preferred.gvk.api_version()));
    }
    let error = Error::new(format!("the cluster does not know the kind {gvk}"));
    let elsewhere: Vec<String> = discovery
        .kinds()
        .filter(|kind| kind.kind == gvk.group_kind.kind)
        .filter_map(|kind| Some(discovery.preferred(kind)?.gvk.api_version()))
        .collect();
    if !elsewhere.is_empty() {
        return error
            .at(place_of(manifest, &["apiVersion"]), "this group")
            .hint(format!("{} is served as {}", gvk.group_kind.kind, elsewhere.join(", ")));
    }
    let error = error.at(place_of(manifest, &["kind"]), "this kind");
    if let Some(version) = discovery
        .unavailable
        .iter()
        .find(|version| **version == gvk.api_version())
    {
        return error.hint(format!(
            "the extension server of {version} does not answer; see `kubectl get apiservices`"
        ));
    }
    let near = nearest(discovery.kinds().map(|kind| kind.kind.as_str()), &gvk.group_kind.kind);
    let near = discovery.kinds().find(|kind| Some(kind.kind.as_str()) == near);
    match near.and_then(|kind| discovery.preferred(kind)) {
        Some(resource) => error.hint(format!("did you mean {}?", resource.gvk)),
        None => error.hint("if a CustomResourceDefinition brings it, add that to the directory or install it first"),
    }
}

/// Takes the namespace out of a manifest whose kind has none, as an API server does of whatever is sent to it
/// (`rest.BeforeCreate` in k8s.io/apiserver); where it stood, if it did.
fn ignored_namespace(manifest: &mut Manifest, resource: &Resource) -> Option<Place> {
    if resource.namespaced || manifest.namespace.is_none() {
        return None;
    }
    let place = place_of(manifest, &["metadata", "namespace"]);
    if let Some(metadata) = manifest
        .value
        .get_mut("metadata")
        .and_then(serde_json::Value::as_object_mut)
    {
        metadata.remove("namespace");
    }
    Some(place)
}

fn twice(manifest: &Manifest, other: &DesiredObject) -> Error {
    let error = Error::new(format!("duplicate object {}", other.reference));
    let error = match other.place(&FieldPath::root()) {
        Some(place) => error.at(place, "first here"),
        None => error,
    };
    error
        .at(manifest.place.clone(), "and again here")
        .hint("remove one of the two, or give it another name")
}
