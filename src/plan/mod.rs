//! Decides what a sync would do: one plan, which the diff shows and the sync executes.
//!
//! A pure function of what was observed and of the policy. No step is decided anywhere else.

mod again;
pub mod compare;
mod dangers;
mod edits;
mod immutable;
pub mod migrate;
mod observed;
pub mod order;
mod ownership;
mod policy;
mod prune;
mod renamed;
mod saved;
mod step;
#[cfg(test)]
mod tests;
mod tolerated;

use std::collections::BTreeSet;

use self::compare::{Cause, Comparison, FieldChange, Sides};
use crate::applyset::key::Keyring;
use crate::cluster::Propagation;
use crate::kinds::generate;
use crate::kinds::health::{self, Health};
use crate::kinds::jobs::{self, Inputs, Run};
use crate::kinds::privilege::Privilege;
use crate::object::field::{FieldPath, ManagedFields};
use crate::object::{self, DesiredObject, LiveObject, ObjectRef};
use crate::plan::order::rank;

use immutable::Around;

pub use again::Again;
pub use dangers::Danger;
pub use edits::{Edited, Edits};
pub use immutable::{Lost, NoPermit, Obstacle, Permit, Replacement, fixed_fields, is_container};
pub use observed::{
    Answered, Back, Deleted, Facts, Forgotten, Idle, Immutable, Lineage, NoBase, NotCompared, Observation, Observed,
    ParentGap, Past, Unpredicted, Untried, Unverified,
};
pub use ownership::{Claim, OtherSet, claim};
pub use policy::{Adoption, Conflicts, Elsewhere, Empty, Environment, GoingBack, Policy, Prune, SecretDefaults, Whose};
pub use prune::{Budget, Contents, Held, NoBudget, Unseen, is_precious, is_same_delete, names_kind};
pub use saved::{API_VERSION, ApplySetName, MadeOf, Moved, OtherPart, SavedPlan, SavedStep};
pub use step::{Action, ApplyWork, DeleteWork, Plan, Reason, Refusal, Restarts, Settled, Step, Version, Work};
pub use tolerated::Tolerated;

/// Decides what a sync would do.
/// It is a function of its arguments only, so each decision can be tried without a cluster. Here git has nothing, and the
/// ApplySet has a member:
///
/// ```
/// use serde_json::json;
/// use stackanetes::cluster::Resource;
/// use stackanetes::object::{GroupVersionKind, LiveObject};
/// use stackanetes::plan::{Action, Empty, Facts, Lineage, Observed, Policy, Refusal, plan};
///
/// let member = LiveObject::new(json!({
///     "apiVersion": "v1",
///     "kind": "ConfigMap",
///     "metadata": {
///         "name": "settings", "namespace": "shop",
///         "managedFields": [{"manager": "stackanetes", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {}}],
///     },
/// }));
/// let resource = Resource {
///     gvk: GroupVersionKind::new("v1", "ConfigMap"),
///     plural: "configmaps".to_owned(),
///     namespaced: true,
///     listable: true,
/// };
/// let observed = || Observed {
///     facts: Facts::default(),
///     objects: Vec::new(),
///     orphans: vec![(resource.clone(), member.clone())],
///     contents: Vec::new(),
///     not_selected: 0,
///     pending: Vec::new(),
/// };
///
/// let refused = plan(observed(), Lineage::default(), &Policy::default());
/// assert_eq!(refused.steps[0].action, Action::Delete);
/// assert_eq!(refused.refusals, [Refusal::Empty]);
///
/// let policy = Policy { empty: Empty::Meant, ..Policy::default() };
/// assert!(plan(observed(), Lineage::default(), &policy).refusals.is_empty());
/// ```
pub fn plan(observed: Observed, mut lineage: Lineage, policy: &Policy) -> Plan {
    let desired_count = observed.objects.len();
    let not_compared: usize = observed.facts.not_compared.iter().map(|kind| kind.desired.len()).sum();
    let members = desired_count + not_compared + observed.orphans.len();

    let unknown = unknown_runs(&observed);
    let masked = masked(&observed);
    let mut steps = Vec::new();
    let mut unchanged = Vec::new();
    for observation in observed.objects {
        let past = lineage.pasts.remove(&observation.desired.reference).unwrap_or_default();
        let held = observation.live.as_ref().map(held).unwrap_or_default();
        match decide(observation, past, policy) {
            Decision::Step(step) => steps.push(Step {
                grants: granted(&step, &held),
                ..*step
            }),
            Decision::Unchanged(settled) => unchanged.push(*settled),
        }
    }
    let deletes = match policy.prune {
        Prune::Orphans | Prune::Everything => prune::steps(observed.orphans, &observed.contents, policy),
        Prune::Nothing => Vec::new(),
    };
    let delete_count = deletes.iter().filter(|step| step.action == Action::Delete).count();
    steps.extend(deletes);
    sort(&mut steps);
    renamed::note(&mut steps);

    let mut refusals: Vec<Refusal> = observed
        .facts
        .not_compared
        .iter()
        .map(|not| Refusal::NotCompared(not.kind.clone()))
        .collect();
    let forbidden = |step: &&Step| step.action.writes() && step.unverified == Some(Unverified::NotAllowed);
    let forbidden: Vec<ObjectRef> = steps
        .iter()
        .filter(forbidden)
        .map(|step| step.reference.clone())
        .collect();
    refusals.extend((!forbidden.is_empty()).then_some(Refusal::NotAllowed(forbidden)));
    refusals.extend(observed.facts.closed.iter().cloned().map(Refusal::Encrypted));
    let defaults = &observed.facts.secret_defaults;
    if policy.secret_defaults == SecretDefaults::Refused && !defaults.is_empty() {
        refusals.push(Refusal::SecretDefaults(defaults.clone()));
    }
    refusals.extend(unknown);
    let pending = observed.pending.iter().cloned();
    refusals.extend(pending.map(|(reader, read)| Refusal::Pending { reader, read }));
    let allowed = policy.budget.allowed(members);
    if delete_count > allowed {
        refusals.push(Refusal::Budget {
            deletes: delete_count,
            allowed,
        });
    }
    if desired_count + not_compared + observed.not_selected == 0 && delete_count > 0 && policy.empty == Empty::Refused {
        refusals.push(Refusal::Empty);
    }
    if policy.going_back == GoingBack::Refused {
        refusals.extend(lineage.back.crossed.iter().cloned().map(Refusal::Irreversible));
    }
    refusals.extend(policy.elsewhere.clone().map(Refusal::Elsewhere));
    let last = observed
        .facts
        .parent
        .as_ref()
        .and_then(|parent| parent.attempted.as_ref());
    if let (Some(last), Environment::Only(now)) = (last, &policy.environment)
        && last.environment != *now
    {
        refusals.push(Refusal::Environment {
            last: last.environment.clone(),
            now: now.clone(),
        });
    }
    let source = last.and_then(|last| last.source.as_ref());
    if let (Some(last), Whose::Ours) = (source, policy.whose)
        && last.is_other_than(lineage.source.as_ref())
    {
        refusals.push(Refusal::Source {
            last: last.clone(),
            now: lineage.source.clone(),
        });
    }
    Plan {
        facts: observed.facts,
        steps,
        unchanged,
        dissolves: policy.prune == Prune::Everything,
        refusals,
        back: lineage.back,
        source: lineage.source,
        masked,
    }
}

/// The Secrets of which git gives values that nobody knows in the cluster.
fn masked(observed: &Observed) -> Vec<ObjectRef> {
    let objects = observed.objects.iter();
    let masked = objects.filter(|observation| {
        let live = observation.live.as_ref();
        let mut keys = live.into_iter().flat_map(object::masked_keys);
        keys.any(|key| observation.desired.value["data"].get(key).is_some())
    });
    masked
        .map(|observation| observation.desired.reference.clone())
        .collect()
}

/// A sync that cannot know whether Jobs run again, or pods restart, would leave that undone and say
/// nothing.
fn unknown_runs(observed: &Observed) -> Option<Refusal> {
    let set = observed
        .facts
        .set
        .as_ref()
        .filter(|_| observed.facts.key == Keyring::Hidden)?;
    let jobs = observed.objects.iter().map(|observation| &observation.desired);
    let unknown = jobs.filter(|job| {
        job.inputs
            .as_ref()
            .is_some_and(|inputs| inputs.unknown().next().is_some())
    });
    let jobs = unknown.map(|job| job.reference.clone());
    let objects: Vec<ObjectRef> = jobs.chain(observed.facts.unknown_rollouts.keys().cloned()).collect();
    (!objects.is_empty()).then(|| Refusal::KeyHidden {
        key: set.key(),
        objects,
    })
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
pub fn decide(observation: Observation, past: Past, policy: &Policy) -> Decision {
    let Observation {
        desired,
        resource,
        sent,
        ruled,
        migration,
        live,
        answer,
        run,
    } = observation;
    let tolerated = live
        .as_ref()
        .map(|live| Tolerated::of(&desired, live, &ruled))
        .unwrap_or_default();
    let moved = live
        .as_ref()
        .and_then(|live| moved(&desired, live, &policy.field_manager));
    let mut step = Step {
        tolerated,
        moved,
        ..new(&desired)
    };
    if let (None, Some(deleted)) = (&live, &past.deleted) {
        step.reason = Reason::Deleted(deleted.clone());
    }
    let mut work = ApplyWork {
        desired,
        resource,
        sent,
        live: live.as_ref().map(Version::of),
        predicted: None,
        dependents: Propagation::Foreground,
        migration,
        past,
    };
    if let Run::Again(why) = &run {
        step.reason = Reason::Runs(why.clone());
    }
    step.warnings.extend(ignored_namespace(&work.desired));
    step.warnings.extend(repeated(&work.desired));
    step.warnings
        .extend(live.iter().flat_map(|live| outdated(&work.desired, live)));
    let (predicted, warnings) = match answer {
        Answered::Immutable(found) => {
            return immutable::decide(step, work, *found, &Around::new(live.as_ref(), &ruled, policy));
        }
        Answered::Refused(error) => return left(step, Action::Refused, Reason::Refused(error)),
        Answered::Proved | Answered::UpToDate => return settled(step, work, live.as_ref()),
        Answered::NotOurs(claim) => return not_ours(step, claim),
        Answered::ByServer { object, warnings } => (Ok(object), warnings),
        Answered::Unverified { why, predicted } => {
            step.unverified = Some(why);
            (predicted, Vec::new())
        }
    };
    step.warnings.extend(warnings);
    let is_going = step.unverified == Some(Unverified::BeingDeleted);
    if is_going {
        step.reason = Reason::BeingDeleted;
    }
    // What is there and is going is not what the new one is compared with.
    let before = live.as_ref().filter(|_| !is_going);
    let due = generate::due(&work.desired, predicted.as_ref().ok().or(before));
    match (before, &predicted) {
        (Some(live), Ok(object)) => {
            let sides = Sides {
                desired: &work.desired,
                base: work.past.base.as_deref(),
                live,
                answer: object,
                ruled: &ruled,
                migration: work.migration.as_ref(),
            };
            let comparison = compared(&sides, &policy.field_manager);
            if matches!(run, Run::Again(_)) {
                step.action = Action::Replace;
                step.changes = replaced(comparison.changes);
            } else if due.is_some() || !is_nothing(&comparison, step.unverified.as_ref()) {
                (step.action, step.reason) = verdict(&comparison, due.is_some(), policy);
                step.changes = comparison.changes;
                if step.changes.iter().any(|change| change.guessed) {
                    step.guess.clone_from(&work.past.unknown);
                }
                step.restarts = Restarts::of(&step.changes, live, object);
            } else if step.unverified == Some(Unverified::KindMissing) {
                (step.action, step.reason) = (Action::Update, Reason::NewVersion);
            } else {
                return settled(step, work, Some(live));
            }
        }
        (Some(_), Err(_)) if matches!(run, Run::Again(_)) => step.action = Action::Replace,
        (Some(_), Err(why)) => (step.action, step.reason) = (Action::Update, Reason::Unpredicted(why.clone())),
        (None, _) => {}
    }
    step.tolerated.settle(work.migration.as_ref(), &step.changes);
    step.generates = due.into_iter().flat_map(|due| due.make).collect();
    work.predicted = predicted.ok();
    if step.action.writes() {
        step.work = Work::Apply(Box::new(work));
    }
    Decision::Step(Box::new(step))
}

/// What an object lets somebody do already.
fn held(live: &LiveObject) -> BTreeSet<Privilege> {
    Privilege::of(&live.reference().kind, live.value())
}

/// What an object would let somebody do besides that.
fn granted(step: &Step, held: &BTreeSet<Privilege>) -> BTreeSet<Privilege> {
    let Work::Apply(work) = &step.work else {
        return BTreeSet::new();
    };
    let wanted = Privilege::of(&step.reference.kind, &work.desired.value);
    wanted
        .into_iter()
        .filter(|privilege| !held.contains(privilege))
        .collect()
}

/// The step of an object that is not there.
fn new(desired: &DesiredObject) -> Step {
    Step {
        reference: desired.reference.clone(),
        action: Action::Create,
        reason: Reason::New,
        changes: Vec::new(),
        generates: Vec::new(),
        restarts: None,
        grants: BTreeSet::new(),
        tolerated: Tolerated::default(),
        moved: None,
        unverified: None,
        guess: None,
        warnings: Vec::new(),
        place: desired.place(&FieldPath::root()),
        work: Work::Nothing,
    }
}

/// Compares what there is with what would be stored.
fn compared(sides: &Sides<'_>, field_manager: &str) -> Comparison {
    let mut comparison = compare::compare(sides, field_manager);
    let inputs = sides.desired.inputs.as_ref();
    comparison.noted |= inputs.is_some_and(|inputs| inputs.adds_to(Inputs::noted(sides.live).as_ref()));
    comparison
}

/// The version in which our fields are recorded, where it is not the one that git writes.
fn moved(desired: &DesiredObject, live: &LiveObject, field_manager: &str) -> Option<String> {
    let mut writers = ManagedFields::writers(live.value());
    let (ours, _) = writers.find(|(manager, _)| manager.is_apply_of(field_manager))?;
    let recorded = ours.api_version;
    (!recorded.is_empty() && recorded != desired.gvk().api_version()).then_some(recorded)
}

/// An object that is left alone, whatever it is.
fn not_ours(step: Step, claim: Claim) -> Decision {
    let reason = match claim {
        Claim::Other(set) => Reason::OtherApplySet(set),
        Claim::Ours | Claim::Adoptable | Claim::NotOurs => Reason::NotOurs,
    };
    left(step, Action::Skip, reason)
}

/// An object that is left as it is for this reason.
fn left(step: Step, action: Action, reason: Reason) -> Decision {
    Decision::Step(Box::new(Step {
        action,
        reason,
        tolerated: Tolerated::default(),
        moved: None,
        ..step
    }))
}

/// Whether nothing has to be applied. What a definition that changes lets the server fill in is there without.
fn is_nothing(comparison: &Comparison, unverified: Option<&Unverified>) -> bool {
    let is_read = unverified == Some(&Unverified::DefinitionChanges) && comparison.is_by_reading();
    is_read || comparison.is_unchanged()
}

/// A warning of a namespace that the server ignores.
fn ignored_namespace(desired: &DesiredObject) -> Option<String> {
    let place = desired.ignored_namespace.as_ref()?;
    let kind = &desired.reference.kind.kind;
    Some(format!(
        "{place}: metadata.namespace is ignored, since {kind} is cluster-scoped; take it out"
    ))
}

/// A warning of a manifest that is there several times.
fn repeated(desired: &DesiredObject) -> Option<String> {
    let (place, more) = desired.repeated.split_first()?;
    let more = match more.len() {
        0 => String::new(),
        1 => " and once more".to_owned(),
        count => format!(" and {count} times more"),
    };
    Some(format!(
        "{place}: the same manifest is there again{more}, with the same content; keep one"
    ))
}

/// A warning of each generated value whose declaration has changed since it was made.
fn outdated(desired: &DesiredObject, live: &LiveObject) -> Vec<String> {
    let outdated = generate::outdated(desired, live).map(|generated| {
        let place = generated.place.iter().map(|place| format!("{place}: "));
        let place: String = place.collect();
        format!(
            "{place}data.{} was generated as an earlier declaration says, and stays as it is; raise its `rotation` for a new value",
            generated.key
        )
    });
    outdated.collect()
}

/// An object that is as it should be.
fn settled(step: Step, work: ApplyWork, live: Option<&LiveObject>) -> Decision {
    Decision::Unchanged(Box::new(Settled {
        unverified: step.unverified,
        tolerated: step.tolerated,
        warnings: step.warnings,
        ..standing(work, live)
    }))
}

/// An object that stays as it is. A Job that is not there any more, or is going, has done its work.
fn standing(work: ApplyWork, live: Option<&LiveObject>) -> Settled {
    let ApplyWork { desired, resource, .. } = work;
    let there = live.filter(|live| desired.inputs.is_none() || live.deletion_timestamp().is_none());
    Settled {
        resource,
        health: there.map_or_else(Health::current, health::of),
        unverified: None,
        warnings: Vec::new(),
        tolerated: Tolerated::default(),
        is_complete: desired.inputs.is_some() && there.is_none_or(health::is_complete),
        hides_inputs: jobs::hides_inputs(&desired),
        inputs: desired.inputs,
        reference: desired.reference,
    }
}

/// What is other in the Job that takes the place of one, but for what the server makes anew. The
/// object is a new one, so there is nobody to have a conflict with.
fn replaced(changes: Vec<FieldChange>) -> Vec<FieldChange> {
    let told = changes.into_iter().filter(|change| !jobs::is_generated(&change.path));
    let settled = told.map(|change| match change.cause {
        Cause::Conflict { owner } => FieldChange {
            cause: Cause::Drift { writer: Some(owner) },
            ..change
        },
        _ => change,
    });
    settled.collect()
}

fn verdict(comparison: &Comparison, generates: bool, policy: &Policy) -> (Action, Reason) {
    if policy.conflicts == Conflicts::Stop && comparison.conflicts().next().is_some() {
        (Action::Conflict, Reason::Fields)
    } else if !comparison.changes.is_empty() {
        (Action::Update, Reason::Fields)
    } else if generates {
        (Action::Update, Reason::Generates)
    } else if comparison.joins {
        (Action::Update, Reason::Joins)
    } else if comparison.ownership {
        (Action::Update, Reason::Ownership)
    } else {
        (Action::Update, Reason::Noted)
    }
}
