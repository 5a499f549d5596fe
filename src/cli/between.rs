//! `stackanetes diff --from REV`: what a change in git does, without a cluster.
//!
//! The first commit is synced into a sandbox of its own, and the second compared with that: so pods that
//! restart, Jobs that run again and objects that are pruned are what they are in any diff.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::setting::{Asked, Connected};
use super::{Exit, options, setting, sync};
use crate::cluster::{Cluster as _, Failure, Sandbox};
use crate::error::{Error, Result};
use crate::execute::Event;
use crate::object::GroupKind;
use crate::observe;
use crate::selection::Selection;
use crate::source::{self, Desired};
use crate::ui::Ui;
use crate::view::{self, Against};

/// In a sandbox everything is Current at once.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What an ApplySet is called that has no name: only the heading shows it.
const UNNAMED: &str = "unnamed";

pub(super) async fn run(
    desired: &options::Desired,
    safety: &options::Safety,
    from: &str,
    to: Option<&str>,
    ui: &mut Ui,
) -> Result<Exit> {
    let path = desired.source.path().unwrap_or_else(|| Path::new("."));
    let inputs = desired.source.inputs();
    let named = |mut read: Desired| {
        let name = desired.set.name.clone();
        read.settings.name = name.or(read.settings.name).or_else(|| Some(UNNAMED.to_owned()));
        read
    };
    let from = named(source::at_revision(path, from, &inputs)?);
    let to = named(match to {
        Some(to) => source::at_revision(path, to, &inputs)?,
        None => setting::read(&desired.source, true)?,
    });
    for warning in &to.warnings {
        ui.warning(warning);
    }
    let selection = desired.selection();
    setting::known_components(&to, &selection)?;

    let directory = tempfile::tempdir().map_err(|error| Error::new("failed to make a sandbox").because(error))?;
    let sandbox = Arc::new(Sandbox::open(&directory.path().join("cluster"))?);
    let connected = || Connected {
        cluster: sandbox.clone(),
        name: String::new(),
        default_namespace: Sandbox::DEFAULT_NAMESPACE.to_owned(),
        concurrency: 1,
    };
    surround(
        &*sandbox,
        &from,
        &to,
        setting::namespace(&desired.set, &from.settings, Sandbox::DEFAULT_NAMESPACE),
    )
    .await?;
    let first = from.revision.clone();
    sync_into(from, connected(), desired, ui).await?;
    let asked = Asked {
        desired,
        safety,
        selection,
    };
    let planned = setting::planned_on(to, connected(), asked, ui).await?;
    let mut heading = planned.heading(ui);
    if let Some(first) = &first {
        heading.against = Against::Commit(first);
    }
    ui.result(&view::plan(&planned.plan, &heading))?;
    Ok(if planned.plan.is_in_sync() {
        Exit::Done
    } else {
        Exit::Differs
    })
}

/// Makes what the objects of the directory stand in, and it does not hold itself: namespaces, and the
/// kinds of others, of which nothing is known but their names.
async fn surround(sandbox: &Sandbox, from: &Desired, to: &Desired, namespace: String) -> Result<()> {
    let failed = |error| observe::failed("prepare the sandbox", error);
    let discovery = sandbox.discover().await.map_err(failed)?;
    let create = async |kind: &GroupKind, object: Value| match discovery.preferred(kind) {
        Some(resource) => match sandbox.create(resource, &object, "surroundings").await {
            Err(error) if error.failure != Failure::AlreadyExists => Err(failed(error)),
            _ => Ok(()),
        },
        None => Ok(()),
    };
    let namespaces = |read: &Desired| -> BTreeSet<String> {
        let named = read.manifests.iter().filter_map(|manifest| manifest.namespace.clone());
        named.chain([namespace.clone()]).collect()
    };
    let kind = GroupKind::new("", "Namespace");
    let made = |read: &Desired, name: &str| {
        let mut manifests = read.manifests.iter();
        manifests.any(|manifest| manifest.gvk.group_kind == kind && manifest.name == name)
    };
    // What the second commit makes first is not there before.
    let first = namespaces(from)
        .into_iter()
        .filter(|name| !made(from, name) && !from.manifests.is_empty());
    let second = namespaces(to)
        .into_iter()
        .filter(|name| !made(from, name) && !made(to, name));
    for name in first.chain(second).collect::<BTreeSet<_>>() {
        let object = json!({"apiVersion": "v1", "kind": kind.kind, "metadata": {"name": name}});
        create(&kind, object).await?;
    }
    let definition = GroupKind::new("apiextensions.k8s.io", "CustomResourceDefinition");
    let manifests = || from.manifests.iter().chain(&to.manifests);
    let defines = |kind: &GroupKind| {
        let mut definitions = manifests().filter(|manifest| manifest.gvk.group_kind == definition);
        definitions.any(|found| {
            found.value["spec"]["group"] == kind.group && found.value["spec"]["names"]["kind"] == kind.kind
        })
    };
    let unknown = manifests().map(|manifest| &manifest.gvk).filter(|gvk| {
        discovery.resource(gvk).is_none() && gvk.group_kind.group.contains('.') && !defines(&gvk.group_kind)
    });
    let mut kinds: BTreeMap<&GroupKind, BTreeSet<&str>> = BTreeMap::new();
    for gvk in unknown {
        kinds.entry(&gvk.group_kind).or_default().insert(&gvk.version);
    }
    for (GroupKind { group, kind }, versions) in kinds {
        let singular = kind.to_lowercase();
        let plural = format!("{singular}s");
        let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
        let versions = versions
            .iter()
            .enumerate()
            .map(|(index, version)| json!({"name": version, "served": true, "storage": index == 0, "schema": schema}));
        let object = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": definition.kind,
            "metadata": {"name": format!("{plural}.{group}")},
            "spec": {"group": group, "scope": "Namespaced", "versions": versions.collect::<Vec<_>>(),
                "names": {"kind": kind, "plural": plural, "singular": singular, "listKind": format!("{kind}List")}},
        });
        create(&definition, object).await?;
    }
    Ok(())
}

/// Syncs all of what a commit says into an empty sandbox.
async fn sync_into(read: Desired, connected: Connected, desired: &options::Desired, ui: &mut Ui) -> Result<()> {
    let asked = Asked {
        desired,
        safety: &options::Safety::default(),
        selection: Selection::default(),
    };
    let planned = setting::planned_on(read, connected, asked, ui).await?;
    let (_stays, stop) = watch::channel(false);
    let (execution, plan) = sync::execution(planned, TIMEOUT, stop);
    execution.run(plan, &mut |_: Event| {}).await
}
