//! Gathers everything that a plan is made of, and decides nothing.
//!
//! The requests: discovery, the parent, one paged LIST a kind for the members, one GET for each
//! desired object that is no member yet, and one dry-run for each desired object that is ours.

mod contents;
mod explain;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use serde_json::Value;

use crate::cluster::{Answer, Apply, Cluster, ClusterError, Discovery, Failure, Force, Persist, Resource, Scope};
use crate::error::{Error, Result};
use crate::field::ManagedFields;
use crate::inventory::{self, ApplySet, Parent};
use crate::object::{DesiredObject, GroupKind, LiveObject, ObjectRef};
use crate::order;
use crate::plan::{self, Answered, NotCompared, Observation, Observed, Policy, Unverified, Version};
use crate::selection::Selection;
use crate::source::Manifest;

pub use contents::contents;
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
    /// The kinds that the server knows now.
    pub discovery: Discovery,
    /// Where the objects of a kind were listed.
    pub scopes: Scopes,
    /// Which CustomResourceDefinition of the directory brings which kind.
    pub defined_by: BTreeMap<GroupKind, ObjectRef>,
    /// How many manifests were left out by the selection.
    pub not_selected: usize,
}

/// Gathers what the cluster says about the manifests.
pub async fn observe(cluster: &dyn Cluster, manifests: Vec<Manifest>, question: &Question) -> Result<Observations> {
    let discovery = cluster
        .discover()
        .await
        .map_err(|error| failed("discover what the cluster serves", error))?;
    check_kinds(&question.policy.prune_kinds, &discovery)?;
    let mut known = discovery.clone();
    let defined_by = resolve::add_defined_kinds(&mut known, &manifests);
    let all = resolve::resolve(manifests, &known, &question.namespace)?;
    let dependencies = order::dependencies(all.iter().map(|(object, _)| object), &defined_by)?;
    let wanted: BTreeSet<ObjectRef> = all.iter().map(|(object, _)| object.reference.clone()).collect();
    let desired: Vec<resolve::Resolved> = all
        .into_iter()
        .filter(|(object, _)| question.selection.selects(&object.reference, |key| object.label(key)))
        .collect();
    let not_selected = wanted.len() - desired.len();

    let parent = match &question.set {
        Some(set) => read_parent(cluster, set, &discovery).await?,
        None => None,
    };
    let survey = Survey {
        cluster,
        question,
        discovery: &discovery,
    };
    let Members {
        mut live,
        scopes,
        hidden,
    } = survey.members(&desired, parent.as_ref()).await?;

    let (compared, not_compared) = split_hidden(desired, hidden);
    let known: Vec<_> = compared
        .into_iter()
        .map(|(desired, resource)| {
            let member = live.remove(&desired.reference);
            (desired, resource, member)
        })
        .collect();
    let objects = survey.ask_all(known).await?;
    // What git wants under other labels than the live object has is not selected, and still wanted.
    let orphans: Vec<(Resource, LiveObject)> = live
        .into_iter()
        .filter(|(reference, (_, object))| {
            !wanted.contains(reference) && question.selection.may_prune(reference, |key| object.label(key))
        })
        .map(|(_, orphan)| orphan)
        .collect();
    let mut in_namespaces = Vec::new();
    for (_, orphan) in orphans
        .iter()
        .filter(|(resource, _)| resource.gvk.group_kind.is("", "Namespace"))
    {
        let name = orphan.reference().name;
        let set = question.set.as_ref();
        let found = contents(cluster, &discovery, &name, set, question.concurrency).await;
        in_namespaces.push((name, found));
    }
    Ok(Observations {
        observed: Observed {
            set: question.set.clone(),
            parent,
            objects,
            orphans,
            contents: in_namespaces,
            not_compared,
            dependencies,
            server_version: discovery.server_version.clone(),
        },
        discovery,
        scopes,
        defined_by,
        not_selected,
    })
}

/// A kind that is asked for by name must be one.
fn check_kinds(kinds: &[String], discovery: &Discovery) -> Result<()> {
    let is_known = |kind: &String| {
        discovery
            .kinds()
            .any(|known| known.kind == *kind || known.to_string() == *kind)
    };
    match kinds.iter().find(|kind| !is_known(kind)) {
        Some(kind) => Err(Error::new(format!("the cluster does not know the kind {kind}"))
            .hint("write the kind as a manifest does, such as PersistentVolumeClaim")),
        None => Ok(()),
    }
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
    live.map(|live| parent_of(set, &live)).transpose()
}

/// Reads an object as the parent of an ApplySet.
pub fn parent_of(set: &ApplySet, live: &LiveObject) -> Result<Parent> {
    Parent::read(set, live).map_err(|why| {
        let reference = set.parent();
        let name = &set.name;
        Error::new(format!("{reference} is not the parent of the ApplySet {name}: {why}"))
            .hint("choose another name for the ApplySet")
    })
}

/// Lists the members of an ApplySet, wherever its parent says that there are any.
pub async fn read_members(
    cluster: &dyn Cluster,
    question: &Question,
    discovery: &Discovery,
    parent: &Parent,
) -> Result<(Vec<(Resource, LiveObject)>, Vec<NotCompared>)> {
    let survey = Survey {
        cluster,
        question,
        discovery,
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
    /// The kinds that the server knows now.
    discovery: &'a Discovery,
}

/// A desired object, how its kind is reached, and the member that it is, if it is one.
type Known = (DesiredObject, Resource, Option<(Resource, LiveObject)>);

impl Survey<'_> {
    /// One LIST a kind, cluster-wide where that is allowed, else one a namespace.
    async fn members(&self, desired: &[resolve::Resolved], parent: Option<&Parent>) -> Result<Members> {
        let mut resources: BTreeMap<GroupKind, Resource> = BTreeMap::new();
        let contained = || parent.into_iter().flat_map(|parent| &parent.kinds);
        // The version that git writes, so that it can be compared; what is not served yet in that one
        // may be in another.
        let written = desired.iter().map(|(_, resource)| resource);
        let served = written.filter_map(|resource| {
            let exact = self.discovery.resource(&resource.gvk);
            exact.or_else(|| self.discovery.preferred(&resource.gvk.group_kind))
        });
        let preferred = contained().filter_map(|kind| self.discovery.preferred(kind));
        for resource in served.chain(preferred).filter(|resource| resource.listable) {
            resources
                .entry(resource.gvk.group_kind.clone())
                .or_insert_with(|| resource.clone());
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
                    for object in objects.into_iter().filter(|object| !self.is_copied_label(object)) {
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

    /// Whether a controller made this object and copied the label of a member, as it does for the
    /// EndpointSlices of a Service.
    fn is_copied_label(&self, object: &LiveObject) -> bool {
        let is_applied = ManagedFields::of(object)
            .applied_by(&self.question.policy.field_manager)
            .is_some();
        let owners = object.value().pointer("/metadata/ownerReferences");
        !is_applied && (owners.is_some() || object.reference().kind.is("", "Endpoints"))
    }

    /// Asks about every object: Namespaces first, since what is in a missing one, and in one that is
    /// going, cannot be asked about.
    async fn ask_all(&self, known: Vec<Known>) -> Result<Vec<Observation>> {
        let (namespaces, rest): (Vec<_>, Vec<_>) = known
            .into_iter()
            .partition(|(object, _, _)| object.reference.kind.is("", "Namespace"));
        let mut observations = self.ask_some(namespaces, &BTreeSet::new()).await?;
        let missing: BTreeSet<String> = observations
            .iter()
            .filter(|observation| {
                let is_going = matches!(observation.answer, Answered::Unverified(Unverified::BeingDeleted));
                observation.live.is_none() || is_going
            })
            .map(|observation| observation.desired.reference.name.clone())
            .collect();
        observations.extend(self.ask_some(rest, &missing).await?);
        Ok(observations)
    }

    async fn ask_some(&self, known: Vec<Known>, missing_namespaces: &BTreeSet<String>) -> Result<Vec<Observation>> {
        let mut asked = futures::stream::iter(known)
            .map(|known| self.ask_one(known, missing_namespaces))
            .buffered(self.question.concurrency);
        let mut observations = Vec::new();
        let mut errors = Vec::new();
        while let Some(answer) = asked.next().await {
            match answer {
                Ok(observation) => observations.push(observation),
                // What is wrong with no manifest is wrong with the cluster, and will be with the next.
                Err(error) if error.places().is_empty() => return Err(error),
                Err(error) => errors.push(error),
            }
        }
        match Error::join(errors) {
            Some(error) => Err(error),
            None => Ok(observations),
        }
    }

    async fn ask_one(&self, known: Known, missing_namespaces: &BTreeSet<String>) -> Result<Observation> {
        let (desired, resource, member) = known;
        let namespace = desired.reference.namespace.clone();
        let missing = namespace.filter(|name| missing_namespaces.contains(name));
        let is_served = self.discovery.resource(&resource.gvk).is_some();
        let unverified = match missing {
            Some(namespace) => Some((Unverified::NamespaceMissing(namespace), None)),
            None => (!is_served).then(|| (Unverified::KindMissing, member.as_ref().map(|(_, live)| live.clone()))),
        };
        if let Some((why, live)) = unverified {
            let mut sent = inventory::stamp(&desired, self.question.set.as_ref(), self.question.revision.as_deref());
            bind(&mut sent, live.as_ref().map(Version::of).as_ref());
            let answer = Answered::Unverified(why);
            return Ok(Observation {
                desired,
                resource,
                sent,
                live,
                answer,
            });
        }
        match member {
            Some((listed, live)) if listed.gvk == resource.gvk => {
                ask(self.cluster, desired, resource, Some(live), self.question).await
            }
            // What is no member is most often not there: the server says so when it is asked.
            None if self.question.set.is_some() => ask(self.cluster, desired, resource, None, self.question).await,
            _ => observe_again(self.cluster, desired, resource, self.question).await,
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

fn scopes(resource: &Resource, namespaces: &BTreeSet<String>) -> Vec<Scope> {
    if resource.namespaced {
        namespaces.iter().cloned().map(Scope::Namespace).collect()
    } else {
        vec![Scope::Cluster]
    }
}

/// How often an object that changes under our hands is looked at again.
const TRIES: usize = 5;

/// Binds what is applied to the version of the live object that it was planned for or, where there
/// was none, to there being none: the server refuses it with a conflict otherwise.
pub fn bind(sent: &mut Value, live: Option<&Version>) {
    let metadata = &mut sent["metadata"];
    match live {
        Some(live) => {
            metadata["uid"] = live.uid.clone().into();
            metadata["resourceVersion"] = live.resource_version.clone().into();
        }
        // No object has this version, and without a UID one that is not there is created.
        None => metadata["resourceVersion"] = "1".into(),
    }
}

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
        let claim = live
            .as_ref()
            .map(|live| plan::claim(&desired, live, question.set.as_ref(), &question.policy));
        let is_going = live.as_ref().is_some_and(|live| live.deletion_timestamp().is_some());
        let unasked = match claim {
            Some(claim) if !claim.allows_change() => Some(Answered::NotOurs(claim)),
            Some(_) if is_going => {
                // It is for when the old one is gone.
                bind(&mut sent, None);
                Some(Answered::Unverified(Unverified::BeingDeleted))
            }
            _ => None,
        };
        if let Some(answer) = unasked {
            return Ok(Observation {
                desired,
                resource,
                sent,
                live,
                answer,
            });
        }
        bind(&mut sent, live.as_ref().map(Version::of).as_ref());
        let apply = Apply {
            object: &sent,
            reference: &desired.reference,
            field_manager: &question.policy.field_manager,
            force: Force::Take,
            persist: Persist::DryRun,
        };
        match cluster.apply(&resource, &apply).await {
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
            // It changed, or came or went, since it was looked for: look again.
            Err(error) if error.failure == Failure::Conflict => live = read(cluster, &resource, &desired).await?,
            Err(error) => return Err(refused(&desired, error)),
        }
    }
    Err(Error::new(format!("{} changes faster than it can be compared", desired.reference)).hint("try again"))
}
