//! Which objects are members: one LIST a kind, wherever there may be any.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use smol_str::SmolStr;

use super::explain::failed;
use super::once::SeenUids;
use super::resolve::Resolved;
use super::{Query, Scopes};
use crate::applyset::parent::Parent;
use crate::cluster::{Cluster, ClusterError, Discovery, Failure, Resource, Scope};
use crate::diagnostic::error::Result;
use crate::kinds::jobs::Recorded;
use crate::object::{GroupKind, LiveObject, ObjectRef};
use crate::plan::{Forgotten, NotCompared};

/// The members that were found.
#[derive(Default)]
pub(super) struct Members {
    pub(super) live: BTreeMap<ObjectRef, (Resource, LiveObject)>,
    pub(super) scopes: Scopes,
    /// The kinds that could not be listed, and why.
    pub(super) hidden: BTreeMap<GroupKind, String>,
    /// Whether the parent left some out, so that they were looked for in every kind.
    pub(super) forgotten: Option<Forgotten>,
}

pub(super) struct Observer<'a> {
    pub(super) cluster: &'a dyn Cluster,
    pub(super) query: &'a Query,
    /// The kinds that the server knows now.
    pub(super) discovery: &'a Discovery,
    /// The inputs that Jobs have completed with.
    pub(super) completed: &'a Recorded,
    /// Everything that git wants, selected or not.
    pub(super) wanted: &'a BTreeSet<ObjectRef>,
    /// The object that brings a kind at run time, of those that the server does not know yet.
    pub(super) brought_by: &'a BTreeMap<GroupKind, ObjectRef>,
}

impl Observer<'_> {
    /// One LIST a kind, cluster-wide where that is allowed, else one a namespace. The kinds are those that git wants
    /// and that the parent lists, or all where the parent [left some out](Observer::look_everywhere).
    pub(super) async fn members(&self, desired: &[Resolved], parent: Option<&Parent>) -> Result<Members> {
        let contained = || parent.into_iter().flat_map(|parent| &parent.kinds);
        let resources = self.resources(desired, contained());
        let mut namespaces: BTreeSet<SmolStr> = parent.map(|parent| parent.namespaces.clone()).unwrap_or_default();
        namespaces.extend(self.query.set.as_ref().map(|set| SmolStr::from(&set.namespace)));
        namespaces.extend(
            desired
                .iter()
                .filter_map(|(object, _)| object.reference.namespace.clone()),
        );

        let mut members = Members::default();
        for kind in contained().filter(|kind| self.is_unavailable(kind)) {
            members
                .hidden
                .insert(kind.clone(), format!("the server of {} does not answer", kind.group));
        }
        if self.query.set.is_none() {
            for (kind, resource) in resources {
                members.scopes.insert(kind, scopes(&resource, &namespaces));
            }
            return Ok(members);
        }
        for (resource, error) in self.gather(resources.into_values(), &namespaces, &mut members).await {
            if error.failure != Failure::Forbidden {
                return Err(failed(&format!("list {}", resource.plural), error));
            }
            members.hidden.insert(resource.gvk.group_kind, error.message);
        }
        self.look_everywhere(parent, &namespaces, &mut members).await;
        self.take_each_once(&mut members.live);
        Ok(members)
    }

    /// How to reach the kinds that git wants, and `others`. They are reached in the version that git writes, so that what
    /// is listed can be compared; what is not served yet in that one may be in another.
    pub(super) fn resources<'k>(
        &self,
        desired: &[Resolved],
        others: impl Iterator<Item = &'k GroupKind>,
    ) -> BTreeMap<GroupKind, Resource> {
        let mut resources: BTreeMap<GroupKind, Resource> = BTreeMap::new();
        let written = desired.iter().map(|(_, resource)| resource);
        let served = written.filter_map(|resource| {
            let exact = self.discovery.resource(&resource.gvk);
            exact.or_else(|| self.discovery.preferred(&resource.gvk.group_kind))
        });
        let preferred = others.filter_map(|kind| self.discovery.preferred(kind));
        for resource in served.chain(preferred).filter(|resource| resource.listable) {
            resources
                .entry(resource.gvk.group_kind.clone())
                .or_insert_with(|| resource.clone());
        }
        resources
    }

    /// Adds the members of these kinds. The kinds that could not be listed, and why.
    pub(super) async fn gather(
        &self,
        resources: impl Iterator<Item = Resource>,
        namespaces: &BTreeSet<SmolStr>,
        members: &mut Members,
    ) -> Vec<(Resource, ClusterError)> {
        let Some(set) = &self.query.set else { return Vec::new() };
        let selector = set.selector();
        let lists: Vec<_> = futures::stream::iter(resources)
            .map(|resource| {
                let selector = &selector;
                async move { (self.list(&resource, selector, namespaces).await, resource) }
            })
            .buffered(self.query.concurrency)
            .collect()
            .await;
        let mut failures = Vec::new();
        for (listed, resource) in lists {
            match listed {
                Ok((objects, scopes)) => {
                    members.scopes.insert(resource.gvk.group_kind.clone(), scopes);
                    for object in objects.into_iter().filter(|object| !self.is_copied_label(object)) {
                        members.live.insert(object.reference(), (resource.clone(), object));
                    }
                }
                Err(error) => failures.push((resource, error)),
            }
        }
        failures
    }

    /// Leaves one of several names of an object that is served in several API groups, as an Event is: it has one UID.
    /// The names that git gives it stay.
    fn take_each_once(&self, live: &mut BTreeMap<ObjectRef, (Resource, LiveObject)>) {
        let (wanted, others): (Vec<_>, Vec<_>) =
            live.iter().partition(|(reference, _)| self.wanted.contains(reference));
        let mut seen: SeenUids<'_> = wanted.into_iter().map(|(_, (_, object))| object).collect();
        let again = others.into_iter().filter(|(_, (_, object))| !seen.is_new(object));
        let again: Vec<ObjectRef> = again.map(|(reference, _)| reference.clone()).collect();
        for reference in again {
            live.remove(&reference);
        }
    }

    pub(super) async fn list(
        &self,
        resource: &Resource,
        selector: &str,
        namespaces: &BTreeSet<SmolStr>,
    ) -> Result<(Vec<LiveObject>, Vec<Scope>), ClusterError> {
        match self.cluster.list(resource, &Scope::Cluster, selector).await {
            Err(error) if error.failure == Failure::Forbidden && resource.namespaced && !namespaces.is_empty() => {}
            listed => return Ok((listed?, vec![Scope::Cluster])),
        }
        let scopes = scopes(resource, namespaces);
        let mut objects = Vec::new();
        for scope in &scopes {
            objects.extend(self.cluster.list(resource, scope, selector).await?);
        }
        Ok((objects, scopes))
    }

    /// Whether a kind is unknown only because the extension server that serves it does not answer.
    pub(super) fn is_unavailable(&self, kind: &GroupKind) -> bool {
        let is_of_group = |version: &String| version.split('/').next() == Some(kind.group.as_str());
        self.discovery.preferred(kind).is_none() && self.discovery.unavailable.iter().any(is_of_group)
    }

    /// Whether a sync applied this object.
    pub(super) fn is_applied(&self, object: &LiveObject) -> bool {
        object.has_writer(|writer| writer.is_apply_of(&self.query.policy.field_manager))
    }

    /// Whether a controller made this object and copied the label of a member, as it does for the
    /// EndpointSlices of a Service.
    fn is_copied_label(&self, object: &LiveObject) -> bool {
        (object.is_owned() || object.reference().kind.is("", "Endpoints")) && !self.is_applied(object)
    }
}

/// Sets aside the desired objects of kinds that could not be listed.
pub(super) fn split_hidden(
    desired: Vec<Resolved>,
    hidden: BTreeMap<GroupKind, String>,
) -> (Vec<Resolved>, Vec<NotCompared>) {
    let (unseen, compared): (Vec<_>, Vec<_>) = desired
        .into_iter()
        .partition(|(object, _)| hidden.contains_key(&object.reference.kind));
    let not_compared = hidden
        .into_iter()
        .map(|(kind, message)| NotCompared {
            desired: unseen
                .iter()
                .map(|(object, _)| object.reference.clone())
                .filter(|object| object.kind == kind)
                .collect(),
            kind,
            message,
        })
        .collect();
    (compared, not_compared)
}

fn scopes(resource: &Resource, namespaces: &BTreeSet<SmolStr>) -> Vec<Scope> {
    if resource.namespaced {
        namespaces.iter().cloned().map(Scope::Namespace).collect()
    } else {
        vec![Scope::Cluster]
    }
}
