//! The ApplySets that objects are taken over from: their members, and what they recorded of Jobs.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;

use super::explain::failed;
use super::members::{Members, Observer};
use super::others::parents;
use super::resolve::Resolved;
use super::{Query, parent_of};
use crate::applyset::inventory::{ApplySet, PART_OF};
use crate::applyset::parent::{Parent, Whereabouts};
use crate::cluster::{Cluster, Discovery, Failure, Resource};
use crate::diagnostic::error::Result;
use crate::object::field::Operation;
use crate::object::{GroupKind, LiveObject, ObjectRef};
use crate::plan::{Former, FormerJobs, FormerSet, OtherSet};

/// An ApplySet that objects are taken over from, before its members are looked for.
pub(super) struct NamedSet {
    /// The ApplySet; its parent where that exists.
    pub(super) set: OtherSet,
    /// Where its members are, as far as its parent says.
    whereabouts: Whereabouts,
    /// What its parent says besides, where it is one of this program.
    parent: Option<Parent>,
}

/// The ApplySets that objects are taken over from, and what they recorded of the Jobs of git.
pub(super) struct NamedSets {
    pub(super) sets: Vec<NamedSet>,
    pub(super) jobs: FormerJobs,
}

/// Finds the parents of the ApplySets that objects are taken over from. One without a parent may have members all the
/// same: they are known by their label. With the sets, what they recorded of Jobs that are `wanted` now.
pub(super) async fn find(
    cluster: &dyn Cluster,
    query: &Query,
    discovery: &Discovery,
    wanted: &BTreeSet<ObjectRef>,
) -> Result<NamedSets> {
    let unnamed = query.policy.take_from.iter().filter(|set| set.parent.is_none());
    let by_id = parents(cluster, discovery, &unnamed.map(|set| set.id.clone()).collect()).await;
    let mut sets = Vec::new();
    for set in &query.policy.take_from {
        let live = match &set.parent {
            Some(parent) => read(cluster, discovery, parent).await?,
            None => by_id.get(&set.id).cloned(),
        };
        sets.push(NamedSet::new(&set.id, live.as_ref())?);
    }
    let jobs = recorded(&sets, wanted);
    Ok(NamedSets { sets, jobs })
}

async fn read(cluster: &dyn Cluster, discovery: &Discovery, parent: &ObjectRef) -> Result<Option<LiveObject>> {
    let Some(resource) = discovery.preferred(&parent.kind) else {
        return Ok(None);
    };
    let live = cluster.get(resource, parent).await;
    live.map_err(|error| failed(&format!("read {parent}"), error))
}

impl NamedSet {
    fn new(id: &str, live: Option<&LiveObject>) -> Result<Self> {
        let set = OtherSet {
            id: id.to_owned(),
            parent: live.map(LiveObject::reference),
        };
        let ours = set.of_this_program().zip(live);
        Ok(Self {
            parent: ours.map(|(set, live)| parent_of(&set, live)).transpose()?,
            whereabouts: live.map(Whereabouts::of).unwrap_or_default(),
            set,
        })
    }

    /// The ApplySet, where it is one of this program.
    pub(super) fn of_this_program(&self) -> Option<ApplySet> {
        self.set.of_this_program()
    }
}

/// What the parents of former sets recorded of Jobs that git wants now.
fn recorded(sets: &[NamedSet], wanted: &BTreeSet<ObjectRef>) -> FormerJobs {
    let mut jobs = FormerJobs::default();
    for parent in sets.iter().filter_map(|named| named.parent.as_ref()) {
        jobs.completed.extend(of_wanted(&parent.jobs, wanted));
        jobs.irreversible.extend(of_wanted(&parent.irreversible, wanted));
    }
    jobs
}

fn of_wanted<T: Clone>(jobs: &BTreeMap<ObjectRef, T>, wanted: &BTreeSet<ObjectRef>) -> BTreeMap<ObjectRef, T> {
    let jobs = jobs.iter().filter(|(job, _)| wanted.contains(*job));
    jobs.map(|(job, kept)| (job.clone(), kept.clone())).collect()
}

impl Observer<'_> {
    /// Lists the members of the former sets. Those that are `desired` are added to `members`, as if they were ours: what
    /// becomes of them is told of them as they are.
    pub(super) async fn former(&self, named: NamedSets, desired: &[Resolved], members: &mut Members) -> Result<Former> {
        let desired_here: BTreeSet<&ObjectRef> = desired.iter().map(|(object, _)| &object.reference).collect();
        let mut sets = Vec::new();
        for set in named.sets {
            let (found, is_whole) = self.members_of(&set, desired).await?;
            sets.push(FormerSet {
                set: set.set,
                members: found.iter().map(|(_, live)| live.reference()).collect(),
                is_whole,
            });
            for (resource, live) in found {
                let reference = live.reference();
                if desired_here.contains(&reference) {
                    members.live.insert(reference, (resource, live));
                }
            }
        }
        Ok(Former { sets, jobs: named.jobs })
    }

    /// The members of a former set among the kinds that its parent lists and git wants, and whether these are all.
    async fn members_of(&self, set: &NamedSet, desired: &[Resolved]) -> Result<(Vec<(Resource, LiveObject)>, bool)> {
        let Whereabouts { kinds, namespaces } = &set.whereabouts;
        let kinds: Vec<&GroupKind> = kinds.iter().flatten().collect();
        let mut is_whole = set.whereabouts.kinds.is_some() && !kinds.iter().any(|kind| self.is_unavailable(kind));
        let mut namespaces = namespaces.clone();
        namespaces.extend(
            desired
                .iter()
                .filter_map(|(object, _)| object.reference.namespace.clone()),
        );
        let selector = format!("{PART_OF}={}", set.set.id);
        let (selector, namespaces) = (&selector, &namespaces);
        let resources = self.resources(desired, kinds.into_iter()).into_values();
        let lists = futures::stream::iter(resources)
            .map(|resource| async move { (self.list(&resource, selector, namespaces).await, resource) })
            .buffered(self.query.concurrency);
        let lists: Vec<_> = lists.collect().await;
        let mut found = Vec::new();
        for (listed, resource) in lists {
            match listed {
                Ok((objects, _)) => {
                    let members = objects.into_iter().filter(|object| !is_made_by_a_controller(object));
                    found.extend(members.map(|object| (resource.clone(), object)));
                }
                Err(error) if error.failure == Failure::Forbidden => is_whole = false,
                Err(error) => return Err(failed(&format!("list {}", resource.plural), error)),
            }
        }
        Ok((found, is_whole))
    }
}

/// Whether a controller made an object for a member, and copied its label: nobody applied it.
fn is_made_by_a_controller(object: &LiveObject) -> bool {
    let is_derived = object.is_owned() || object.reference().kind.is("", "Endpoints");
    is_derived && !object.has_writer(|writer| writer.operation == Operation::Apply)
}
