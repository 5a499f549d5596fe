//! What the objects of a directory stand in and it does not hold itself: namespaces, and kinds that are
//! defined elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use smol_str::SmolStr;

use crate::cluster::{Cluster as _, Discovery, Failure, Sandbox};
use crate::diagnostic::error::Result;
use crate::kinds::definition::Definition;
use crate::object::{GroupKind, GroupVersionKind};
use crate::observe;
use crate::source::{Desired, Manifest};

/// Makes them in a sandbox that is still empty. `namespace` is that of manifests that name none.
pub(super) async fn make(sandbox: &Sandbox, from: &Desired, to: &Desired, namespace: &str) -> Result<()> {
    let failed = |error| observe::failed("prepare the sandbox", error);
    let discovery = sandbox.discover().await.map_err(failed)?;
    let (from, to) = (&from.manifests, &to.manifests);
    let namespaces = namespaces(from, to, namespace)
        .into_iter()
        .map(|name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
    let definitions = unknown_kinds(from, to, &discovery).into_iter();
    let definitions = definitions.map(|(kind, versions)| definition(kind, &versions));
    for object in namespaces.chain(definitions) {
        let text = |key: &str| object[key].as_str().unwrap_or_default();
        let Some(resource) = discovery.resource(&GroupVersionKind::new(text("apiVersion"), text("kind"))) else {
            continue;
        };
        match sandbox.create(resource, &object, "surroundings").await {
            Err(error) if error.failure != Failure::AlreadyExists => return Err(failed(error)),
            _ => {}
        }
    }
    Ok(())
}

/// The namespaces that are used and not made. What the second commit makes is not there before, unless
/// the first one uses it.
fn namespaces(from: &[Manifest], to: &[Manifest], default: &str) -> BTreeSet<SmolStr> {
    let used = |manifests: &[Manifest]| -> BTreeSet<SmolStr> {
        let namespaces = manifests
            .iter()
            .map(|manifest| manifest.namespace.as_deref().unwrap_or(default));
        namespaces.map(SmolStr::from).collect()
    };
    let made = |manifests: &[Manifest]| -> BTreeSet<SmolStr> {
        let namespaces = manifests
            .iter()
            .filter(|manifest| manifest.gvk.group_kind.is("", "Namespace"));
        namespaces.map(|manifest| manifest.name.clone()).collect()
    };
    let before = &used(from) - &made(from);
    let after = &(&used(to) - &made(from)) - &made(to);
    // The parent stands in the default one.
    let parent = BTreeSet::from([SmolStr::from(default)]);
    &(&before | &after) | &(&(&parent - &made(from)) - &made(to))
}

/// The kinds that are neither a cluster's own nor defined in the directory, and their versions. A group of
/// one word is Kubernetes' own: what it does not hold is a mistake.
fn unknown_kinds<'a>(
    from: &'a [Manifest],
    to: &'a [Manifest],
    discovery: &Discovery,
) -> BTreeMap<&'a GroupKind, BTreeSet<&'a str>> {
    let manifests = || from.iter().chain(to);
    let defined: BTreeSet<GroupKind> = manifests()
        .filter_map(|manifest| Definition::of(&manifest.gvk.group_kind, &manifest.value)?.kind())
        .collect();
    let mut unknown: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for GroupVersionKind { group_kind, version } in manifests().map(|manifest| &manifest.gvk) {
        let is_served = discovery.preferred(group_kind).is_some();
        if !is_served && group_kind.group.contains('.') && !defined.contains(group_kind) {
            unknown.entry(group_kind).or_default().insert(version.as_str());
        }
    }
    unknown
}

/// A definition of a kind of which nothing is known but its name.
fn definition(GroupKind { group, kind }: &GroupKind, versions: &BTreeSet<&str>) -> Value {
    let singular = kind.to_lowercase();
    let plural = format!("{singular}s");
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    let versions: Vec<_> = versions
        .iter()
        .enumerate()
        .map(|(index, name)| json!({"name": name, "served": true, "storage": index == 0, "schema": schema}))
        .collect();
    let names = json!({"kind": kind, "plural": plural, "singular": singular, "listKind": format!("{kind}List")});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "versions": versions, "names": names},
    })
}
