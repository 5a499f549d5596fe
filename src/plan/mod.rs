//! Decides what a sync would do: one plan, which the diff shows and the sync executes.
//!
//! A pure function of what was observed and of the policy. No step is decided anywhere else.

mod ownership;
mod prune;

use serde_json::Value;

use crate::cluster::Resource;
use crate::compare::{self, Comparison, FieldChange};
use crate::health::{self, Health};
use crate::inventory::{ApplySet, Parent};
use crate::object::{DesiredObject, GroupKind, LiveObject, ObjectRef};
use crate::order::{Dependencies, rank};
use crate::place::Place;

pub use ownership::{Claim, claim};
pub use prune::{Budget, Contents, is_same_delete};

/// What was gathered before anything was decided.
#[derive(Debug)]
pub struct Observed {
    /// The ApplySet, if the sync has one: without it nothing is a member and nothing is pruned.
    pub set: Option<ApplySet>,
    /// Its parent as it stands, if there is one.
    pub parent: Option<Parent>,
    /// What git wants, each with what the cluster has and answers.
    pub objects: Vec<Observation>,
    /// Members of the ApplySet that git does not want, within what is selected.
    pub orphans: Vec<(Resource, LiveObject)>,
    /// For each orphaned Namespace, what else lives in it.
    pub contents: Vec<(String, Contents)>,
    /// The kinds that may not be listed.
    pub not_compared: Vec<NotCompared>,
    /// What waits for what, by what the manifests say.
    pub dependencies: Dependencies,
    /// The server's version.
    pub server_version: String,
}

/// A kind that may not be listed: nothing of it can be said to be in sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCompared {
    /// The kind.
    pub kind: GroupKind,
    /// The objects of it that git wants.
    pub desired: Vec<ObjectRef>,
    /// The server's words.
    pub message: String,
}

/// One desired object, what there is of it, and what the server says to an apply of it.
#[derive(Debug)]
pub struct Observation {
    /// What git wants.
    pub desired: DesiredObject,
    /// How its kind is reached.
    pub resource: Resource,
    /// What is sent for it: the manifest with our notes, and with the identity of the live object.
    pub sent: Value,
    /// What the cluster has.
    pub live: Option<LiveObject>,
    /// What an apply would do.
    pub answer: Answered,
}

/// What is known of what an apply would do.
#[derive(Debug)]
pub enum Answered {
    /// The server's own answer to a dry-run.
    ByServer {
        /// The object as it would be stored.
        object: LiveObject,
        /// The warnings that came with it.
        warnings: Vec<String>,
    },
    /// The server could not be asked.
    Unverified(Unverified),
    /// The server was not asked, since the object is not ours to change.
    NotOurs(Claim),
}

/// Why the server could not be asked what an apply would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unverified {
    /// The namespace is itself still to be created.
    NamespaceMissing(String),
    /// The CustomResourceDefinition is itself still to be created.
    KindMissing,
    /// What is there now is being deleted, and must be gone first.
    BeingDeleted,
}

/// What the person who runs a sync allows.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The name under which objects are applied.
    pub field_manager: String,
    /// Which environment is meant.
    pub environment: Environment,
    /// Whether conflicts are decided for git.
    pub conflicts: Conflicts,
    /// Whether objects that exist and are not ours are adopted.
    pub adoption: Adoption,
    /// What is pruned.
    pub prune: Prune,
    /// How many objects may be pruned at most.
    pub budget: Budget,
    /// Whether an empty desired state is meant.
    pub empty: Empty,
    /// The kinds that are pruned although they are kept otherwise.
    pub prune_kinds: Vec<String>,
}

/// What is allowed when nothing is said.
impl Default for Policy {
    fn default() -> Self {
        Self {
            field_manager: "stackanetes".to_owned(),
            environment: Environment::Any,
            conflicts: Conflicts::Stop,
            adoption: Adoption::Annotated,
            prune: Prune::Orphans,
            budget: Budget::default(),
            empty: Empty::Refused,
            prune_kinds: Vec::new(),
        }
    }
}

/// Which environment a sync is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Environment {
    /// This one, or none: it must be the one that was synced last.
    Only(Option<String>),
    /// Whichever it was that was synced last.
    Any,
}

/// Who decides a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflicts {
    /// A person: the object is left as it is.
    Stop,
    /// Git.
    Force,
}

/// Whether existing objects that are not ours are adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adoption {
    /// Only those whose manifest allows it.
    Annotated,
    /// All that are no other ApplySet's.
    All,
}

/// What is pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prune {
    /// Members that git does not want.
    Orphans,
    /// Nothing.
    Nothing,
}

/// Whether an empty desired state is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// It is taken for a mistake.
    Refused,
    /// It is meant: everything goes.
    Meant,
}

/// What a sync would do, whole.
#[derive(Debug)]
pub struct Plan {
    /// The ApplySet, if there is one.
    pub set: Option<ApplySet>,
    /// Its parent as it stands.
    pub parent: Option<Parent>,
    /// What changes, and what stands in the way of a change, in the usual order of kinds.
    pub steps: Vec<Step>,
    /// What stays as it is.
    pub unchanged: Vec<Settled>,
    /// The kinds that may not be listed.
    pub not_compared: Vec<NotCompared>,
    /// Why a sync refuses to begin; empty when it does not.
    pub refusals: Vec<Refusal>,
    /// What waits for what.
    pub dependencies: Dependencies,
    /// The server's version.
    pub server_version: String,
}

/// An object that is as git wants it.
#[derive(Debug)]
pub struct Settled {
    /// What it is called.
    pub reference: ObjectRef,
    /// How its kind is reached.
    pub resource: Resource,
    /// How it is.
    pub health: Health,
    /// What the server warned of when it was asked.
    pub warnings: Vec<String>,
}

/// One object and what becomes of it.
#[derive(Debug)]
pub struct Step {
    /// Which object.
    pub reference: ObjectRef,
    /// What becomes of it.
    pub action: Action,
    /// Why, for a person; nothing is decided by it.
    pub reason: Reason,
    /// The fields that change.
    pub changes: Vec<FieldChange>,
    /// What it does to running pods; none when it does nothing to them.
    pub restarts: Option<Restarts>,
    /// Why the server could not be asked, when it could not.
    pub unverified: Option<Unverified>,
    /// What the server warned of.
    pub warnings: Vec<String>,
    /// Where git says so.
    pub place: Option<Place>,
    /// What there is to do.
    pub work: Work,
}

/// What becomes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is created.
    Create,
    /// It is changed.
    Update,
    /// It is deleted.
    Delete,
    /// It is left as it is: another manager owns what git wants.
    Conflict,
    /// It is left as it is: it is not ours.
    Skip,
    /// It stays although git does not want it.
    Keep,
}

impl Action {
    /// The sign of a line that is about this action.
    pub fn glyph(self) -> char {
        match self {
            Self::Create => '+',
            Self::Update => '~',
            Self::Delete => '-',
            Self::Conflict => '!',
            Self::Skip => '?',
            Self::Keep => '=',
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Conflict => "conflict",
            Self::Skip => "skip",
            Self::Keep => "keep",
        }
    }

    /// Whether a sync writes.
    pub fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete)
    }
}

/// Why a step is what it is, in facts that a view turns into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// There is no such object.
    New,
    /// There is one, which is being deleted.
    BeingDeleted,
    /// Fields differ.
    Fields,
    /// It becomes a member, and nothing else changes.
    Joins,
    /// It is to be written in a version that the server does not serve yet.
    NewVersion,
    /// Git says it otherwise, with the same result: only our note of what it said changes.
    Noted,
    /// We become owner of fields that have their values already, or cease to be.
    Ownership,
    /// It exists, and we never applied it.
    NotOurs,
    /// It is part of another ApplySet.
    OtherApplySet(String),
    /// Git does not want it any more.
    Dropped,
    /// Its manifest asked for it to be kept.
    KeepAnnotated,
    /// Its kind is pruned only on request.
    KeepKind,
    /// The namespace holds something that is not ours.
    KeepInUse(Vec<ObjectRef>),
    /// What the namespace holds could not be found out.
    KeepUnknownUse(String),
    /// It has the label of a member, and we never applied it.
    KeepNeverApplied,
    /// Another object owns it.
    KeepOwned(String),
    /// It is being deleted already.
    KeepGoing,
}

/// What there is to do for a step.
#[derive(Debug)]
pub enum Work {
    /// Nothing.
    Nothing,
    /// To apply.
    Apply(Box<ApplyWork>),
    /// To delete.
    Delete(DeleteWork),
}

/// An apply that was planned.
#[derive(Debug)]
pub struct ApplyWork {
    /// What git wants.
    pub desired: DesiredObject,
    /// How the kind is reached.
    pub resource: Resource,
    /// What is sent.
    pub sent: Value,
    /// The live object that the plan was made for; none when there was none.
    pub live: Option<Version>,
    /// What the server said would be stored.
    pub predicted: Option<LiveObject>,
}

/// A delete that was planned.
#[derive(Debug)]
pub struct DeleteWork {
    /// How the kind is reached.
    pub resource: Resource,
    /// Exactly the object that was planned for.
    pub live: LiveObject,
}

/// One state of one object: its UID and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// `metadata.uid`
    pub uid: String,
    /// `metadata.resourceVersion`
    pub resource_version: String,
}

impl Version {
    /// Of this live object.
    pub fn of(object: &LiveObject) -> Self {
        Self {
            uid: object.uid().to_owned(),
            resource_version: object.resource_version().to_owned(),
        }
    }
}

/// Why a sync refuses to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// More would be pruned than is allowed.
    Budget {
        /// How many objects.
        deletes: usize,
        /// How many are allowed.
        allowed: usize,
    },
    /// Git wants nothing at all.
    Empty,
    /// A kind may not be listed.
    NotCompared(GroupKind),
    /// Another environment was synced last.
    Environment {
        /// That one.
        last: Option<String>,
        /// The one that is meant now.
        now: Option<String>,
    },
}

impl Plan {
    /// The steps of one action.
    pub fn of(&self, action: Action) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.action == action)
    }

    /// Whether a sync would write an object.
    pub fn writes(&self) -> bool {
        self.steps.iter().any(|step| step.action.writes())
    }

    /// Whether everything git wants is as git wants it, as far as is known.
    pub fn is_in_sync(&self) -> bool {
        self.not_compared.is_empty() && self.steps.iter().all(|step| step.action == Action::Keep)
    }
}

/// Decides what a sync would do.
pub fn plan(observed: Observed, policy: &Policy) -> Plan {
    let desired_count = observed.objects.len();
    let not_compared: usize = observed.not_compared.iter().map(|kind| kind.desired.len()).sum();
    let members = desired_count + not_compared + observed.orphans.len();

    let mut steps = Vec::new();
    let mut unchanged = Vec::new();
    for observation in observed.objects {
        match decide(observation, policy) {
            Decision::Step(step) => steps.push(*step),
            Decision::Unchanged(settled) => unchanged.push(*settled),
        }
    }
    let deletes = match policy.prune {
        Prune::Orphans => prune::steps(observed.orphans, &observed.contents, policy),
        Prune::Nothing => Vec::new(),
    };
    let delete_count = deletes.iter().filter(|step| step.action == Action::Delete).count();
    steps.extend(deletes);
    sort(&mut steps);

    let mut refusals: Vec<Refusal> = observed
        .not_compared
        .iter()
        .map(|not| Refusal::NotCompared(not.kind.clone()))
        .collect();
    let allowed = policy.budget.allowed(members);
    if delete_count > allowed {
        refusals.push(Refusal::Budget {
            deletes: delete_count,
            allowed,
        });
    }
    if desired_count + not_compared == 0 && delete_count > 0 && policy.empty == Empty::Refused {
        refusals.push(Refusal::Empty);
    }
    let last = observed.parent.as_ref().and_then(|parent| parent.attempted.as_ref());
    if let (Some(last), Environment::Only(now)) = (last, &policy.environment)
        && last.environment != *now
    {
        refusals.push(Refusal::Environment {
            last: last.environment.clone(),
            now: now.clone(),
        });
    }
    Plan {
        set: observed.set,
        parent: observed.parent,
        steps,
        unchanged,
        not_compared: observed.not_compared,
        refusals,
        dependencies: observed.dependencies,
        server_version: observed.server_version,
    }
}

/// Sorts steps as they are executed and shown: writes by rank and name, deletes after them and the
/// other way round.
fn sort(steps: &mut [Step]) {
    let late = |step: &Step| matches!(step.action, Action::Delete | Action::Keep);
    steps.sort_by(|a, b| {
        let by_rank = rank(&a.reference.kind).cmp(&rank(&b.reference.kind));
        late(a)
            .cmp(&late(b))
            .then(if late(a) { by_rank.reverse() } else { by_rank })
            .then_with(|| a.reference.cmp(&b.reference))
    });
}

/// What is decided for one desired object.
#[derive(Debug)]
pub enum Decision {
    /// Something is to be done, or stands in the way.
    Step(Box<Step>),
    /// It is as it should be.
    Unchanged(Box<Settled>),
}

/// Decides for one desired object.
pub fn decide(observation: Observation, policy: &Policy) -> Decision {
    let Observation {
        desired,
        resource,
        sent,
        live,
        answer,
    } = observation;
    let place = desired.place(&crate::field::FieldPath::root());
    let mut step = Step {
        reference: desired.reference.clone(),
        action: Action::Create,
        reason: Reason::New,
        changes: Vec::new(),
        restarts: None,
        unverified: None,
        warnings: Vec::new(),
        place,
        work: Work::Nothing,
    };
    let mut work = ApplyWork {
        desired,
        resource,
        sent,
        live: live.as_ref().map(Version::of),
        predicted: None,
    };
    match answer {
        Answered::NotOurs(claim) => {
            step.action = Action::Skip;
            step.reason = match claim {
                Claim::Other(set) => Reason::OtherApplySet(set),
                Claim::Ours | Claim::Adoptable | Claim::NotOurs => Reason::NotOurs,
            };
            return Decision::Step(Box::new(step));
        }
        Answered::Unverified(why) => {
            if why == Unverified::BeingDeleted {
                step.reason = Reason::BeingDeleted;
            } else if live.is_some() {
                (step.action, step.reason) = (Action::Update, Reason::NewVersion);
            }
            step.unverified = Some(why);
        }
        Answered::ByServer { object, warnings } => {
            if let Some(live) = &live {
                let comparison = compare::compare(&work.desired, live, &object, &policy.field_manager);
                if comparison.is_unchanged() {
                    let health = health::of(live);
                    let ApplyWork { desired, resource, .. } = work;
                    let settled = Settled {
                        reference: desired.reference,
                        resource,
                        health,
                        warnings,
                    };
                    return Decision::Unchanged(Box::new(settled));
                }
                (step.action, step.reason) = verdict(&comparison, policy);
                step.changes = comparison.changes;
                step.restarts = Restarts::of(&step.changes, &object);
            }
            step.warnings = warnings;
            work.predicted = Some(object);
        }
    }
    if step.action.writes() {
        step.work = Work::Apply(Box::new(work));
    }
    Decision::Step(Box::new(step))
}

/// What an update of a workload does to its pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restarts {
    /// They are replaced; how many there are, if it is known.
    Pods(Option<i64>),
    /// They are replaced when somebody deletes them.
    OnDelete,
}

impl Restarts {
    fn of(changes: &[FieldChange], after: &LiveObject) -> Option<Self> {
        let kind = after.reference().kind;
        let rolls = kind.group == "apps" && changes.iter().any(|change| change.path.is_under(&["spec", "template"]));
        if !rolls {
            return None;
        }
        let strategy = after.value().pointer("/spec/updateStrategy/type");
        if strategy.and_then(Value::as_str) == Some("OnDelete") {
            return Some(Self::OnDelete);
        }
        let daemons = after.value().pointer("/status/desiredNumberScheduled");
        let pods = daemons.or_else(|| after.value().pointer("/spec/replicas"));
        Some(Self::Pods(pods.and_then(Value::as_i64)))
    }
}

fn verdict(comparison: &Comparison, policy: &Policy) -> (Action, Reason) {
    if policy.conflicts == Conflicts::Stop && comparison.conflicts().next().is_some() {
        (Action::Conflict, Reason::Fields)
    } else if !comparison.changes.is_empty() {
        (Action::Update, Reason::Fields)
    } else if comparison.joins {
        (Action::Update, Reason::Joins)
    } else if comparison.ownership {
        (Action::Update, Reason::Ownership)
    } else {
        (Action::Update, Reason::Noted)
    }
}
