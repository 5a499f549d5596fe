//! Gathers everything that a plan is made of, and decides nothing.
//!
//! The requests: discovery, the parent, one paged LIST a kind for the members, one GET for each
//! desired object that is no member yet, and one dry-run for each desired object that is ours.

mod contents;
mod explain;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;

use crate::cluster::{Answer, Apply, Cluster, ClusterError, Discovery, Failure, Force, Persist, Resource, Scope};
use crate::error::{Error, Result};
use crate::inventory::{self, ApplySet, Parent};
use crate::object::{DesiredObject, GroupKind, LiveObject, ObjectRef};
use crate::order;
use crate::plan::{self, Answered, NotCompared, Observation, Observed, Policy, Unverified};
use crate::selection::Selection;
use crate::source::Manifest;

pub use explain::{failed, refused, warnings};

/// What is asked of a cluster.
#[derive(Debug, Clone)]
pub struct Question {
    /// The ApplySet, if there is one.
    pub set: Option<ApplySet>,
    /// The namespace of manifests that name none.
    pub namespace: String,
    /// The commit that the manifests are of.
    pub revision: Option<String>,
    /// Which objects it is about.
    pub selection: Selection,
    /// What is allowed.
    pub policy: Policy,
    /// How many requests are under way at once.
    pub concurrency: usize,
}

/// How a kind's members were listed, and so how they can be watched.
pub type Scopes = BTreeMap<GroupKind, Vec<Scope>>;

/// What was gathered, and what executing the plan needs to know besides.
#[derive(Debug)]
pub struct Observations {
    /// What the plan is made of.
    pub observed: Observed,
    /// Where the objects of a kind were listed.
    pub scopes: Scopes,
    /// Which CustomResourceDefinition of the directory brings which kind.
    pub defined_by: BTreeMap<GroupKind, ObjectRef>,
    /// How many manifests were left out by the selection.
    pub not_selected: usize,
}

/// Gathers what the cluster says about the manifests.
pub async fn observe(cluster: &dyn Cluster, manifests: Vec<Manifest>, question: &Question) -> Result<Observations> {
    let mut discovery = cluster
        .discover()
        .await
        .map_err(|error| failed("discover what the cluster serves", error))?;
    let served: BTreeSet<GroupKind> = discovery.kinds().cloned().collect();
    let defined_by = resolve::add_defined_kinds(&mut discovery, &manifests);
    let all = resolve::resolve(manifests, &discovery, &question.namespace)?;
    let dependencies = {
        let objects: Vec<DesiredObject> = all.iter().map(|(object, _)| object.clone()).collect();
        order::dependencies(&objects)?
    };
    let count = all.len();
    let desired: Vec<resolve::Resolved> = all
        .into_iter()
        .filter(|(object, _)| question.selection.selects(&object.reference, |key| object.label(key)))
        .collect();
    let not_selected = count - desired.len();

    let parent = match &question.set {
        Some(set) => read_parent(cluster, set, &discovery).await?,
        None => None,
    };
    let survey = Survey {
        cluster,
        question,
        discovery: &discovery,
        served: &served,
    };
    let Members {
        mut live,
        scopes,
        hidden,
    } = survey.members(&desired, parent.as_ref()).await?;

    let (compared, not_compared) = split_hidden(desired, hidden);
    let desired_refs: BTreeSet<ObjectRef> = compared.iter().map(|(object, _)| object.reference.clone()).collect();
    let absent_namespaces = new_namespaces(&compared, &live);
    let objects = {
        let known: Vec<_> = compared
            .into_iter()
            .map(|(desired, resource)| {
                let member = live
                    .remove(&desired.reference)
                    .filter(|(listed, _)| listed.gvk == resource.gvk);
                (desired, resource, member.map(|(_, object)| object))
            })
            .collect();
        survey.ask_all(known, &absent_namespaces).await?
    };
    let orphans: Vec<(Resource, LiveObject)> = live
        .into_iter()
        .filter(|(reference, (_, object))| {
            !desired_refs.contains(reference) && question.selection.may_prune(reference, |key| object.label(key))
        })
        .map(|(_, orphan)| orphan)
        .collect();
    let mut contents = Vec::new();
    for (_, orphan) in orphans
        .iter()
        .filter(|(resource, _)| resource.gvk.group_kind.is("", "Namespace"))
    {
        let name = orphan.reference().name;
        let found = contents::contents(cluster, &discovery, &name, question.set.as_ref(), question.concurrency).await;
        contents.push((name, found));
    }
    Ok(Observations {
        observed: Observed {
            set: question.set.clone(),
            parent,
            objects,
            orphans,
            contents,
            not_compared,
            dependencies,
            server_version: discovery.server_version,
        },
        scopes,
        defined_by,
        not_selected,
    })
}

/// Reads the parent of an ApplySet; `None` when the ApplySet was never synced.
pub async fn read_parent(cluster: &dyn Cluster, set: &ApplySet, discovery: &Discovery) -> Result<Option<Parent>> {
    let reference = set.parent();
    let Some(resource) = discovery.preferred(&reference.kind) else {
        return Ok(None);
    };
    let live = cluster
        .get(resource, &reference)
        .await
        .map_err(|error| failed(&format!("read {reference}"), error))?;
    live.map(|live| {
        Parent::read(set, &live).map_err(|why| {
            Error::new(format!(
                "{reference} is not the parent of the ApplySet {}: {why}",
                set.name
            ))
            .hint("choose another name for the ApplySet")
        })
    })
    .transpose()
}

/// Lists the members of an ApplySet, wherever its parent says that there are any.
pub async fn read_members(
    cluster: &dyn Cluster,
    question: &Question,
    discovery: &Discovery,
    parent: &Parent,
) -> Result<(Vec<(Resource, LiveObject)>, Vec<NotCompared>)> {
    let served: BTreeSet<GroupKind> = discovery.kinds().cloned().collect();
    let survey = Survey {
        cluster,
        question,
        discovery,
        served: &served,
    };
    let Members { live, hidden, .. } = survey.members(&[], Some(parent)).await?;
    let (_, not_compared) = split_hidden(Vec::new(), hidden);
    Ok((live.into_values().collect(), not_compared))
}

/// Looks again at one object that changed while a plan for it was being made or executed.
pub async fn observe_again(
    cluster: &dyn Cluster,
    desired: DesiredObject,
    resource: Resource,
    question: &Question,
) -> Result<Observation> {
    let live = read(cluster, &resource, &desired).await?;
    ask(cluster, desired, resource, live, question).await
}

async fn read(cluster: &dyn Cluster, resource: &Resource, desired: &DesiredObject) -> Result<Option<LiveObject>> {
    let reference = &desired.reference;
    cluster
        .get(resource, reference)
        .await
        .map_err(|error| failed(&format!("read {reference}"), error))
}

/// The members that were found.
struct Members {
    live: BTreeMap<ObjectRef, (Resource, LiveObject)>,
    scopes: Scopes,
    /// The kinds that could not be listed, and why.
    hidden: BTreeMap<GroupKind, String>,
}

struct Survey<'a> {
    cluster: &'a dyn Cluster,
    question: &'a Question,
    discovery: &'a Discovery,
    /// The kinds that the server knows now.
    served: &'a BTreeSet<GroupKind>,
}

impl Survey<'_> {
    /// One LIST a kind, cluster-wide where that is allowed, else one a namespace.
    async fn members(&self, desired: &[resolve::Resolved], parent: Option<&Parent>) -> Result<Members> {
        let mut resources: BTreeMap<GroupKind, Resource> = BTreeMap::new();
        let contained = || parent.into_iter().flat_map(|parent| &parent.kinds);
        let preferred = contained().filter_map(|kind| self.discovery.preferred(kind).cloned());
        for resource in desired.iter().map(|(_, resource)| resource.clone()).chain(preferred) {
            if self.served.contains(&resource.gvk.group_kind) && resource.listable {
                resources.entry(resource.gvk.group_kind.clone()).or_insert(resource);
            }
        }
        let mut namespaces: BTreeSet<String> = parent.map(|parent| parent.namespaces.clone()).unwrap_or_default();
        namespaces.extend(
            desired
                .iter()
                .filter_map(|(object, _)| object.reference.namespace.clone()),
        );

        let mut members = Members {
            live: BTreeMap::new(),
            scopes: Scopes::new(),
            hidden: BTreeMap::new(),
        };
        for kind in contained().filter(|kind| self.is_unavailable(kind)) {
            members
                .hidden
                .insert(kind.clone(), format!("the server of {} does not answer", kind.group));
        }
        let Some(set) = &self.question.set else {
            for (kind, resource) in resources {
                members.scopes.insert(kind, scopes(&resource, &namespaces));
            }
            return Ok(members);
        };
        let selector = set.selector();
        let lists: Vec<_> = futures::stream::iter(resources.into_values())
            .map(|resource| {
                let (selector, namespaces) = (&selector, &namespaces);
                async move { (self.list(&resource, selector, namespaces).await, resource) }
            })
            .buffered(self.question.concurrency)
            .collect()
            .await;
        for (listed, resource) in lists {
            let kind = resource.gvk.group_kind.clone();
            match listed {
                Ok((objects, scopes)) => {
                    members.scopes.insert(kind, scopes);
                    for object in objects {
                        members.live.insert(object.reference(), (resource.clone(), object));
                    }
                }
                Err(error) if error.failure == Failure::Forbidden => {
                    members.hidden.insert(kind, error.message);
                }
                Err(error) => return Err(failed(&format!("list {}", resource.plural), error)),
            }
        }
        Ok(members)
    }

    async fn list(
        &self,
        resource: &Resource,
        selector: &str,
        namespaces: &BTreeSet<String>,
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
    fn is_unavailable(&self, kind: &GroupKind) -> bool {
        let is_of_group = |version: &String| version.split('/').next() == Some(kind.group.as_str());
        self.discovery.preferred(kind).is_none() && self.discovery.unavailable.iter().any(is_of_group)
    }

    /// Asks about every object: Namespaces first, since what is in a missing one cannot be asked about.
    async fn ask_all(
        &self,
        known: Vec<(DesiredObject, Resource, Option<LiveObject>)>,
        new_namespaces: &BTreeSet<String>,
    ) -> Result<Vec<Observation>> {
        let (namespaces, rest): (Vec<_>, Vec<_>) = known
            .into_iter()
            .partition(|(object, _, _)| object.reference.kind.is("", "Namespace"));
        let mut observations = self.ask_some(namespaces, &BTreeSet::new()).await?;
        let missing: BTreeSet<String> = observations
            .iter()
            .filter(|observation| observation.live.is_none())
            .map(|observation| observation.desired.reference.name.clone())
            .filter(|name| new_namespaces.contains(name))
            .collect();
        observations.extend(self.ask_some(rest, &missing).await?);
        Ok(observations)
    }

    async fn ask_some(
        &self,
        known: Vec<(DesiredObject, Resource, Option<LiveObject>)>,
        missing_namespaces: &BTreeSet<String>,
    ) -> Result<Vec<Observation>> {
        let asked: Vec<Result<Observation>> = futures::stream::iter(known)
            .map(|(desired, resource, live)| self.ask_one(desired, resource, live, missing_namespaces))
            .buffered(self.question.concurrency)
            .collect()
            .await;
        let mut observations = Vec::new();
        let mut errors = Vec::new();
        for answer in asked {
            match answer {
                Ok(observation) => observations.push(observation),
                Err(error) => errors.push(error),
            }
        }
        match Error::join(errors) {
            Some(error) => Err(error),
            None => Ok(observations),
        }
    }

    async fn ask_one(
        &self,
        desired: DesiredObject,
        resource: Resource,
        live: Option<LiveObject>,
        missing_namespaces: &BTreeSet<String>,
    ) -> Result<Observation> {
        let missing = desired
            .reference
            .namespace
            .as_ref()
            .filter(|name| missing_namespaces.contains(*name));
        let unverified = match missing {
            Some(namespace) => Some(Unverified::NamespaceMissing(namespace.clone())),
            None => (!self.served.contains(&desired.reference.kind)).then_some(Unverified::KindMissing),
        };
        if let Some(why) = unverified {
            let sent = inventory::stamp(&desired, self.question.set.as_ref(), self.question.revision.as_deref());
            return Ok(Observation {
                desired,
                resource,
                sent,
                live: None,
                answer: Answered::Unverified(why),
            });
        }
        match live {
            Some(_) => ask(self.cluster, desired, resource, live, self.question).await,
            None => observe_again(self.cluster, desired, resource, self.question).await,
        }
    }
}

/// Sets aside the desired objects of kinds that could not be listed.
fn split_hidden(
    desired: Vec<resolve::Resolved>,
    hidden: BTreeMap<GroupKind, String>,
) -> (Vec<resolve::Resolved>, Vec<NotCompared>) {
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

/// The desired Namespaces that are no members. That they exist is found out with the others;
/// until then what they hold has to wait.
fn new_namespaces(
    desired: &[resolve::Resolved],
    live: &BTreeMap<ObjectRef, (Resource, LiveObject)>,
) -> BTreeSet<String> {
    desired
        .iter()
        .map(|(object, _)| &object.reference)
        .filter(|reference| reference.kind.is("", "Namespace") && !live.contains_key(*reference))
        .map(|reference| reference.name.clone())
        .collect()
}

fn scopes(resource: &Resource, namespaces: &BTreeSet<String>) -> Vec<Scope> {
    if resource.namespaced {
        namespaces.iter().cloned().map(Scope::Namespace).collect()
    } else {
        vec![Scope::Cluster]
    }
}

/// How often an object that changes under our hands is looked at again.
const TRIES: usize = 5;

/// Asks the server what an apply of `desired` would do to `live`.
async fn ask(
    cluster: &dyn Cluster,
    desired: DesiredObject,
    resource: Resource,
    mut live: Option<LiveObject>,
    question: &Question,
) -> Result<Observation> {
    for _ in 0..TRIES {
        let mut sent = inventory::stamp(&desired, question.set.as_ref(), question.revision.as_deref());
        if let Some(live) = &live {
            let claim = plan::claim(&desired, live, question.set.as_ref(), &question.policy);
            if !claim.allows_change() {
                let answer = Answered::NotOurs(claim);
                return Ok(Observation {
                    desired,
                    resource,
                    sent,
                    live: Some(live.clone()),
                    answer,
                });
            }
            if live.deletion_timestamp().is_some() {
                let answer = Answered::Unverified(Unverified::BeingDeleted);
                return Ok(Observation {
                    desired,
                    resource,
                    sent,
                    live: Some(live.clone()),
                    answer,
                });
            }
            sent["metadata"]["uid"] = live.uid().into();
            sent["metadata"]["resourceVersion"] = live.resource_version().into();
        }
        let apply = Apply {
            object: &sent,
            reference: &desired.reference,
            field_manager: &question.policy.field_manager,
            force: Force::Take,
            persist: Persist::DryRun,
        };
        match cluster.apply(&resource, &apply).await {
            Ok(answer) if live.is_none() && !answer.created => {
                // Somebody created it since it was looked for: whose it is has to be found out.
                live = read(cluster, &resource, &desired).await?;
            }
            Ok(Answer {
                object,
                warnings: words,
                ..
            }) => {
                let warnings = warnings(&desired, words);
                let answer = Answered::ByServer { object, warnings };
                return Ok(Observation {
                    desired,
                    resource,
                    sent,
                    live,
                    answer,
                });
            }
            // It changed, or came or went, since it was read: read it again.
            Err(error) if error.failure == Failure::Conflict => {
                live = read(cluster, &resource, &desired).await?;
            }
            Err(error) => return Err(refused(&desired, error)),
        }
    }
    Err(Error::new(format!("{} changes faster than it can be compared", desired.reference)).hint("try again"))
}
