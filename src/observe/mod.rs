//! Gathers everything that a plan is made of, and decides nothing.
//!
//! The requests: discovery, the parent, one paged LIST a kind for the members, and one dry-run for each
//! desired object that is not proved to be in sync; a GET for those that turn out to exist without being
//! members. Where the server cannot be asked about an object, our own merge predicts what it would say, for
//! that object only, and the plan says so.

mod ask_all;
mod ask_one;
mod bringers;
mod contents;
mod defaulted;
mod diagnosis;
mod everywhere;
mod explain;
mod former;
pub mod history;
mod homeless;
mod job;
mod key;
mod member_search;
mod members;
mod metrics_kinds;
mod migrated;
mod mistakes;
mod once;
mod others;
mod overruled;
mod ownerless;
mod payload;
mod predict;
mod prerequisites;
mod provable;
mod relies;
mod replacement;
mod resolve;
mod ruled;
mod schemas;
pub mod snapshot;
#[cfg(test)]
mod tests;
mod wanted;
mod whole_set;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::iter::{IntoParallelRefMutIterator as _, ParallelIterator as _};

use crate::applyset::inventory::ApplySet;
use crate::applyset::key::Keyring;
use crate::applyset::parent::{self, NoParent, Parent};
use crate::check::Finding;
use crate::cluster::{Cluster, Discovery, Resource, Scope};
use crate::diagnostic::error::{Error, Result};
use crate::kinds::jobs::{self, Done, Irreversible};
use crate::kinds::rollout;
use crate::object::commit::Commit;
use crate::object::selection::Selection;
use crate::object::{GroupKind, LiveObject, ObjectRef};
use crate::plan;
use crate::plan::{Contents, Facts, Observed, Policy, is_container};
use crate::sops::Closed;
use crate::source::ComponentDependencies;
use crate::source::Manifest;
use crate::source::rules::Rule;
use crate::ssa::schema::Schema;

use bringers::Bringers;
use members::{Observer, split_hidden};
use provable::Provable;
use schemas::Schemas;
use wanted::Wanted;

pub use ask_one::{ServerView, bind, observe_again};
pub use contents::contents;
pub use diagnosis::{Diagnosis, can_be_diagnosed, diagnosed, explained, waits_for_consumer};
pub use explain::{failed, refused, warnings};
pub use job::validate;
pub use key::is_needed as needs_key;
pub use member_search::{MemberSearch, read_members};
pub use ownerless::take_ownerless;
pub use replacement::without_addresses;
pub use resolve::{Resolved, name_namespace, resolve_all, resolve_known};
pub use whole_set::whole_set;

/// What a plan is to be made for: the ApplySet, the selection, and what the plan may do.
#[derive(Debug, Clone)]
pub struct Query {
    /// The ApplySet, if there is one.
    pub set: Option<ApplySet>,
    /// The namespace of manifests that name none.
    pub namespace: String,
    /// The commit that the manifests are of.
    pub revision: Option<Commit>,
    /// The objects that are looked at.
    pub selection: Selection,
    /// Whether pods follow their configuration.
    pub rollouts: bool,
    /// Whether the server is asked even of what is proved to be in sync.
    pub verify: bool,
    /// What the plan may do.
    pub policy: Policy,
    /// Which fields are none of git's business, and who wins which conflict.
    pub rules: Vec<Arc<Rule>>,
    /// The field managers, besides `kubectl apply`, whose fields become ours.
    pub migrate: Vec<String>,
    /// The files that are encrypted and that no identity decrypts, where there are any.
    pub closed: Option<ClosedFiles>,
    /// The secret parameters that have the defaults of the directory, by their dotted names, where that matters.
    pub secret_defaults: Vec<String>,
    /// What a check of the manifests finds; nothing where nobody looked.
    pub findings: Vec<Finding>,
    /// Whether the cluster is asked for what objects need and the directory does not have.
    pub prerequisites: bool,
    /// How many requests are under way at once.
    pub concurrency: usize,
}

impl Query {
    /// One about all members of an ApplySet, whatever git says.
    pub fn about_members(set: &ApplySet, concurrency: usize) -> Self {
        Self {
            set: Some(set.clone()),
            namespace: set.namespace.clone(),
            revision: None,
            selection: Selection::default(),
            rollouts: false,
            verify: false,
            policy: Policy::default(),
            rules: Vec::new(),
            migrate: Vec::new(),
            closed: None,
            secret_defaults: Vec::new(),
            findings: Vec::new(),
            prerequisites: false,
            concurrency,
        }
    }
}

/// Files that are encrypted and that no identity decrypts: what they hold is compared as ciphertext.
#[derive(Debug, Clone)]
pub struct ClosedFiles {
    /// The files.
    pub files: BTreeSet<Closed>,
    /// The directory that they are in, with its earlier commits.
    pub directory: history::DirectoryInputs,
}

/// How a kind's members were listed, and so how they can be watched.
pub type Scopes = BTreeMap<GroupKind, Vec<Scope>>;

/// Where an object is listed and watched: everywhere, if its kind was listed so, and else in its namespace.
pub fn scope_of(reference: &ObjectRef, scopes: &Scopes) -> Scope {
    let is_everywhere = |scopes: &Vec<Scope>| scopes.contains(&Scope::Cluster);
    match &reference.namespace {
        Some(namespace) if !scopes.get(&reference.kind).is_some_and(is_everywhere) => {
            Scope::Namespace(namespace.clone())
        }
        _ => Scope::Cluster,
    }
}

/// What was gathered, and what executing the plan needs to know besides.
#[derive(Debug)]
pub struct Observations {
    /// What the plan is made of.
    pub observed: Observed,
    /// What the server serves.
    pub served: Served,
}

/// What the server serves, as it was when a plan was made; whoever executes the plan looks at objects by it.
#[derive(Debug)]
pub struct Served {
    /// The kinds that the server knows.
    pub discovery: Discovery,
    /// Where the objects of a kind were listed, and so can be watched.
    pub scopes: Scopes,
    /// Which CustomResourceDefinition of the directory brings which kind, or which object at run time.
    pub defined_by: BTreeMap<GroupKind, ObjectRef>,
    /// How the kinds are merged, as far as it is known.
    pub schema: Arc<Schema>,
}

/// The kinds that the cluster serves.
pub async fn discover(cluster: &dyn Cluster) -> Result<Discovery> {
    let discovery = cluster.discover().await;
    discovery.map_err(|error| failed("discover what the cluster serves", error))
}

/// Gathers what the cluster says about the manifests.
pub async fn observe(
    cluster: &dyn Cluster,
    manifests: Vec<Manifest>,
    components: &ComponentDependencies,
    query: &Query,
) -> Result<Observations> {
    let discovery = discover(cluster).await?;
    let Wanted {
        mut desired,
        mut others,
        unknown_kinds,
        all: wanted,
        not_selected,
        dependencies,
        defined_by,
        brought_by,
        budgets,
        pods,
    } = Wanted::of(manifests, components, query, &discovery)?;
    let declared = jobs::declared(desired.iter().chain(&others).map(|(object, _)| object))?;
    let selected = desired.iter().map(|(object, _)| &object.reference).collect();
    check_policy(&query.policy, (&wanted, &selected), declared.keys(), &discovery)?;

    let parent = parent_in_query(cluster, query, &discovery).await?;
    let named = former::find(cluster, query, &discovery, &wanted).await?;
    let objects = desired.iter().chain(&others).map(|(object, _)| object);
    let key = if key::is_needed(objects, &declared, query.rollouts) {
        key::read(cluster, query, &named.sets).await?
    } else {
        Keyring::Empty
    };
    let observer = Observer {
        cluster,
        query,
        discovery: &discovery,
        completed: &named.jobs.completed(parent.as_ref()),
        wanted: &wanted,
        brought_by: &brought_by,
    };
    let mut members = observer.members(&desired, parent.as_ref()).await?;
    let former = observer.former(named, &desired, &mut members).await?;
    let mut live = members.live;

    let declared = match &query.closed {
        None => declared,
        Some(closed) => {
            // What is not selected counts too: what is selected reads it.
            let all = desired.iter_mut().chain(&mut others).map(|(object, _)| object);
            let at = (&closed.directory, &discovery);
            history::assume_unchanged(&mut all.collect::<Vec<_>>(), &live, parent.as_ref(), at);
            jobs::declared(desired.iter().chain(&others).map(|(object, _)| object))?
        }
    };
    let irreversible = digest(&mut desired, &declared, &key, query);
    let live_of = |reference: &ObjectRef| live.get(reference).map(|(_, live)| live);
    observer.add_rules(&mut desired, &others, live_of).await;

    let followed = query.rollouts.then(|| follow(&mut desired, &mut others, &live, &key));
    let (unknown_rollouts, pending) = followed.unwrap_or_default();
    let bringers = Bringers::among(&desired, &others, query);
    let (compared, not_compared) = split_hidden(desired, members.hidden);
    let known = with_members(compared, &mut live);
    let mut schemas = Schemas::nearby(&live, &known, &discovery);
    let dropped = dropped(live, &wanted, query);
    let provable = Provable::of(parent.as_ref(), &discovery, query);
    let mut answers = observer.answers(known, &mut schemas, &provable, &dropped).await?;
    let is_everything = query.selection.is_everything() && not_compared.is_empty();
    let idle_rules = observer.idle_rules(&wanted, &answers, is_everything);
    let missing = observer.missing(&answers.objects, &bringers).await;
    answers.objects.extend(unknown_kinds);
    let (schema, schema_unread) = schemas.into_parts();
    Ok(Observations {
        observed: Observed {
            facts: Facts {
                set: query.set.clone(),
                parent,
                former,
                not_compared,
                forgotten: members.forgotten,
                dependencies,
                jobs: declared.into_keys().collect(),
                irreversible,
                budgets,
                pods,
                key,
                unknown_rollouts,
                idle_rules,
                mistakes: mistakes::certain(&query.findings, &discovery.server_version),
                server_version: discovery.server_version.clone(),
                schema_unread,
                closed: query.closed.iter().flat_map(|closed| closed.files.clone()).collect(),
                secret_defaults: query.secret_defaults.clone(),
                missing,
            },
            proved: answers.proved,
            objects: answers.objects,
            contents: in_containers(cluster, &discovery, &dropped, query).await,
            dropped,
            not_selected,
            pending,
        },
        served: Served {
            discovery,
            scopes: members.scopes,
            defined_by,
            schema: Arc::new(schema),
        },
    })
}

/// The parent of the set that is asked about; nothing without a set, or before its first sync.
async fn parent_in_query(cluster: &dyn Cluster, query: &Query, discovery: &Discovery) -> Result<Option<Parent>> {
    match &query.set {
        Some(set) => read_parent(cluster, set, discovery).await,
        None => Ok(None),
    }
}

/// Each object with the member that it is, if it is one; that is taken out of `live`.
fn with_members(
    desired: Vec<resolve::Resolved>,
    live: &mut BTreeMap<ObjectRef, (Resource, LiveObject)>,
) -> Vec<ask_all::Known> {
    let known = desired.into_iter().map(|(desired, resource)| {
        let member = live.remove(&desired.reference);
        (desired, resource, member)
    });
    known.collect()
}

/// The members that git does not want, of those that may be pruned. What git wants under other labels than
/// the live object has is not selected, and still wanted.
fn dropped(
    live: BTreeMap<ObjectRef, (Resource, LiveObject)>,
    wanted: &BTreeSet<ObjectRef>,
    query: &Query,
) -> Vec<(Resource, LiveObject)> {
    let dropped = live.into_iter().filter(|(reference, (_, object))| {
        !wanted.contains(reference) && query.selection.may_prune(reference, |key| object.label(key))
    });
    dropped.map(|(_, member)| member).collect()
}

impl Observer<'_> {
    /// What an apply of each object would do: proved, where that is to be tried; else as the server answers;
    /// else as our own merge predicts it.
    async fn answers(
        &self,
        known: Vec<ask_all::Known>,
        schemas: &mut Schemas,
        provable: &Provable,
        dropped: &[(Resource, LiveObject)],
    ) -> Result<ask_all::ObjectAnswers> {
        // What a member's fields are depends on how its kind is merged, whoever has defined it.
        let has_members = known.iter().any(|(_, _, member)| member.is_some());
        if has_members {
            schemas.read(self.cluster).await;
        }
        let mut answers = self.ask_all(known, schemas.schema(), provable).await?;
        let objects = &mut answers.objects;
        let going = dropped.iter().map(|(_, live)| live);
        let going = going.filter(|live| plan::may_go(live, &self.query.policy));
        relies::rely(objects, &going.collect::<Vec<_>>());
        self.name_other_sets(objects).await;
        if objects.iter().any(predict::is_unverified) {
            schemas.read(self.cluster).await;
            let schema = schemas.schema();
            let observations = objects.par_iter_mut();
            observations.for_each(|observation| predict::predict_or_refuse(observation, schema, self.query));
        }
        Ok(answers)
    }
}

/// What a policy names must be there: kinds in the cluster, objects and Jobs among those that git wants and that are
/// selected.
fn check_policy<'a>(
    policy: &Policy,
    (wanted, selected): (&BTreeSet<ObjectRef>, &BTreeSet<&ObjectRef>),
    jobs: impl Iterator<Item = &'a ObjectRef> + Clone,
    discovery: &Discovery,
) -> Result<()> {
    check_kinds(&policy.prune_kinds, discovery)?;
    check_kinds(&policy.adoption.kinds(), discovery)?;
    replacement::check_permits(&policy.replace, wanted, selected)?;
    job::check_reruns(&policy.rerun, jobs, selected)
}

/// For each container that git does not want any more, what it holds. A definition is looked into only where
/// it may be pruned.
async fn in_containers(
    cluster: &dyn Cluster,
    discovery: &Discovery,
    dropped: &[(Resource, LiveObject)],
    query: &Query,
) -> Vec<(ObjectRef, Contents)> {
    let mut found = Vec::new();
    for (_, member) in dropped {
        let reference = member.reference();
        if is_container(&reference) && query.policy.may_prune(&reference.kind) {
            let contents = contents(cluster, discovery, member, query.set.as_ref(), query.concurrency).await;
            found.push((reference, contents));
        }
    }
    found
}

/// Digests the inputs of Jobs. What some of them do that cannot be undone.
fn digest(
    desired: &mut [resolve::Resolved],
    declared: &BTreeMap<ObjectRef, jobs::Declared>,
    key: &Keyring,
    query: &Query,
) -> Irreversible {
    for (object, _) in &mut *desired {
        let declared = declared.get(&object.reference);
        object.inputs = declared.map(|declared| declared.digests(key.key()));
    }
    let desired = desired.iter();
    desired
        .filter_map(|(object, _)| Done::declared(object, query.revision.as_ref()))
        .collect()
}

/// Makes pods follow what git says that they read, selected or not. The workloads of `desired` of which
/// it is unknown whether they restart, and what reads something that is not selected and to change.
fn follow(
    desired: &mut [resolve::Resolved],
    others: &mut [resolve::Resolved],
    live: &BTreeMap<ObjectRef, (Resource, LiveObject)>,
    key: &Keyring,
) -> (rollout::Unknown, Vec<(ObjectRef, ObjectRef)>) {
    let not_selected: BTreeSet<ObjectRef> = others.iter().map(|(object, _)| object.reference.clone()).collect();
    let all = desired.iter_mut().chain(&mut *others).map(|(object, _)| object);
    let live = |reference: &ObjectRef| live.get(reference).map(|(_, live)| live);
    let seal = |value: &_| Some(key.key()?.digest("rollout", value));
    let mut unknown = rollout::follow(&mut all.collect::<Vec<_>>(), live, seal);
    unknown.retain(|workload, _| !not_selected.contains(workload));
    let selected = desired.iter().map(|(object, _)| object);
    let pending = rollout::pending(selected, others.iter().map(|(object, _)| object), live);
    (unknown, pending)
}

/// A kind that is asked for by name must be one.
pub fn check_kinds(kinds: &[String], discovery: &Discovery) -> Result<()> {
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
        match why {
            NoParent::OtherId(_) | NoParent::OtherTool(_) | NoParent::NoTool => {
                Error::new(format!("{reference} is not the parent of the ApplySet {name}: {why}"))
                    .hint("choose another name for the ApplySet")
            }
            NoParent::Unreadable(_) => Error::new(format!("failed to read {reference}: {why}"))
                .hint("use the version of stackanetes that wrote it, or restore the ConfigMap from a backup"),
        }
    })
}

/// All ApplySets of a cluster that are ours, by namespace and name. It takes the right to list ConfigMaps in all
/// namespaces.
pub async fn read_parents(cluster: &dyn Cluster, discovery: &Discovery) -> Result<Vec<(ApplySet, Parent)>> {
    let Some(resource) = discovery.preferred(&GroupKind::new("", "ConfigMap")) else {
        return Ok(Vec::new());
    };
    let live = cluster.list(resource, &Scope::Cluster, parent::ID).await;
    let live = live.map_err(|error| failed("list the ApplySets of all namespaces", error))?;
    let mut found: Vec<_> = live.iter().filter_map(Parent::of).collect();
    found.sort_by(|(one, _), (other, _)| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
    Ok(found)
}
