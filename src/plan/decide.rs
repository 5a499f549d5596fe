//! Decides what becomes of one object that git wants.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compare::{self, Cause, Comparison, FieldChange, Sides};
use super::immutable::{self, ReplacementContext};
use super::{
    Action, Adopting, Answered, ApplyWork, Conflicts, InSync, ObjectVersion, Observation, Ownership, Past, Policy,
    Reason, Restarts, Step, Tolerated, Unverified, Warning, Work,
};
use crate::applyset::inventory;
use crate::cluster::{Propagation, Resource};
use crate::kinds::generate;
use crate::kinds::health::{self, Health};
use crate::kinds::jobs::{self, InputDigests, JobRun};
use crate::kinds::keeper::Keeper;
use crate::kinds::privilege::Privilege;
use crate::kinds::traffic::{self, Opening};
use crate::object::field::{FieldPath, ManagedFields};
use crate::object::{DesiredObject, LiveObject};
use crate::source::rules::{Rule, Ruled};

/// What is decided for one desired object.
#[derive(Debug)]
pub enum Decision {
    /// Something is to be done, or stands in the way.
    Step(Box<Step>),
    /// Nothing has to be done with the object.
    Unchanged(Box<InSync>),
}

/// An object of which the server's own records prove that an apply would change nothing.
#[derive(Debug)]
pub struct Proved {
    /// What a plan tells of it.
    pub settled: InSync,
    /// The rules that found a field of it.
    pub met: Vec<Arc<Rule>>,
}

impl Proved {
    /// What git wants and how its kind is reached, what the cluster has, and what the rules did with it.
    pub fn new((desired, resource): (DesiredObject, Resource), live: &LiveObject, ruled: Ruled) -> Self {
        let settled = InSync {
            warnings: Warning::of(&desired, Some(live)),
            tolerated: Tolerated::of(&desired, live, &ruled),
            ..left_as_it_is((desired, resource), Some(live))
        };
        Self {
            settled,
            met: ruled.met,
        }
    }
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
    let mut step = begun(&desired, live.as_ref(), &ruled, policy);
    if let (None, Some(deleted)) = (&live, &past.deleted) {
        step.reason = Reason::Deleted(deleted.clone());
    }
    if let JobRun::Again(why) = &run {
        step.reason = Reason::Runs(why.clone());
    }
    let mut work = ApplyWork {
        desired,
        resource,
        sent,
        live: live.as_ref().map(ObjectVersion::of),
        predicted: None,
        dependents: Propagation::Foreground,
        migration,
        past,
    };
    let (predicted, warned) = match answer {
        Answered::Immutable(found) => {
            let context = ReplacementContext::new(live.as_ref(), &ruled, policy);
            return immutable::decide(step, work, *found, &context);
        }
        Answered::Refused { error, .. } => return left(step, Action::Refused, Reason::Refused(error)),
        Answered::UpToDate => return settled(step, work, live.as_ref()),
        Answered::NotOurs(claim, answer) => {
            let adopted = answer.map(|answer| {
                let observation = Observation {
                    desired: work.desired,
                    resource: work.resource,
                    sent: work.sent,
                    ruled,
                    migration: work.migration,
                    live,
                    answer: *answer,
                    run,
                };
                decide(observation, work.past, policy)
            });
            return left(step, Action::Skip, not_ours(claim, adopted));
        }
        Answered::ByServer { object, warnings } => (Ok(object), warnings),
        Answered::Unverified { reason, predicted } => {
            step.unverified = Some(reason);
            (predicted, Vec::new())
        }
    };
    step.warnings.extend(warned);
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
            if matches!(run, JobRun::Again(_)) {
                step.action = Action::Replace;
                step.changes = replaced(comparison.changes);
            } else if due.is_some() || !is_nothing(&comparison, step.unverified.as_ref()) {
                (step.action, step.reason) = verdict(&comparison, due.is_some(), policy);
                step.changes = comparison.changes;
                if step.changes.iter().any(|change| change.guessed) {
                    step.guess.clone_from(&work.past.unknown);
                }
                step.restarts = Restarts::of(&step.changes, live, object);
            } else if matches!(step.unverified, Some(Unverified::KindMissing(_))) {
                (step.action, step.reason) = (Action::Update, Reason::NewVersion);
            } else {
                return settled(step, work, Some(live));
            }
        }
        (Some(_), Err(_)) if matches!(run, JobRun::Again(_)) => step.action = Action::Replace,
        (Some(_), Err(why)) => (step.action, step.reason) = (Action::Update, Reason::Unpredicted(why.clone())),
        (None, _) => {}
    }
    step.tolerated.settle(work.migration.as_ref(), &step.changes);
    step.generates = due.into_iter().flat_map(|due| due.make).collect();
    work.predicted = predicted.ok();
    ended(step, work, live.as_ref())
}

/// The step with what there is to do for it, and what that grants, where it writes anything.
pub(super) fn ended(mut step: Step, work: ApplyWork, live: Option<&LiveObject>) -> Decision {
    if step.action.writes() {
        step.grants = granted(&work, live);
        step.opens = opened(&work, live);
        step.work = Work::Apply(Box::new(work));
    }
    Decision::Step(Box::new(step))
}

/// What an object would let somebody do, once this is sent, that the live one does not.
fn granted(work: &ApplyWork, live: Option<&LiveObject>) -> BTreeSet<Privilege> {
    let is_secret = |path: &FieldPath| work.desired.origins.is_secret(path);
    let live = live.map(LiveObject::value);
    let kind = &work.desired.reference.kind;
    // What is stored has the server's defaults as the live object has them; its items may stand elsewhere than in git.
    let stored = work
        .predicted
        .as_ref()
        .filter(|_| Privilege::is_told_without_names(kind));
    let wanted = stored.map_or(&work.sent, LiveObject::value);
    Privilege::gained(kind, wanted, live, &is_secret)
}

/// What a NetworkPolicy lets through, once this is sent, that the live one does not.
fn opened(work: &ApplyWork, live: Option<&LiveObject>) -> BTreeSet<Opening> {
    let is_policy = work.desired.reference.kind.is("networking.k8s.io", "NetworkPolicy");
    let Some(live) = live.filter(|_| is_policy) else {
        return BTreeSet::new();
    };
    let wanted = work.predicted.as_ref().map_or(&work.sent, LiveObject::value);
    traffic::openings(&wanted["spec"], &live.value()["spec"])
}

/// The step of an object, with what is known of it whatever becomes of it.
fn begun(desired: &DesiredObject, live: Option<&LiveObject>, ruled: &Ruled, policy: &Policy) -> Step {
    Step {
        keeper: live.and_then(|live| keeper(live, policy)),
        taken: live.and_then(|live| policy.takes(live)).map(|set| set.id.clone()),
        tolerated: live.map(|live| Tolerated::of(desired, live, ruled)).unwrap_or_default(),
        moved: live.and_then(|live| moved(desired, live, &policy.field_manager)),
        warnings: Warning::of(desired, live),
        ..new(desired)
    }
}

/// The step of an object that is not there.
fn new(desired: &DesiredObject) -> Step {
    Step {
        place: desired.place(&FieldPath::root()),
        ..Step::plain(desired.reference.clone(), Action::Create, Reason::New, Work::Nothing)
    }
}

/// Compares what there is with what would be stored.
pub(super) fn compared(sides: &Sides<'_>, field_manager: &str) -> Comparison {
    let mut comparison = compare::compare(sides, field_manager);
    let inputs = sides.desired.inputs.as_ref();
    comparison.noted |= inputs.is_some_and(|inputs| inputs.adds_to(InputDigests::noted(sides.live).as_ref()));
    comparison
}

/// The version in which our fields are recorded, where it is not the one that git writes.
fn moved(desired: &DesiredObject, live: &LiveObject, field_manager: &str) -> Option<String> {
    let mut writers = ManagedFields::writers(live.value());
    let (ours, _) = writers.find(|(manager, _)| manager.is_apply_of(field_manager))?;
    let recorded = ours.api_version;
    (!recorded.is_empty() && recorded != desired.gvk().api_version()).then_some(recorded)
}

/// Why an object that is not ours is left alone, and what would be decided if it were adopted, as far as that is known.
fn not_ours(claim: Ownership, adopted: Option<Decision>) -> Reason {
    match claim {
        Ownership::Other(set) => Reason::OtherApplySet(set),
        Ownership::Ours | Ownership::Adoptable | Ownership::Taken | Ownership::NotOurs => {
            Reason::NotOurs(Box::new(adopted.map_or(Adopting::Unknown, Adopting::of)))
        }
    }
}

/// Who keeps an object that is not ours, and never was.
fn keeper(live: &LiveObject, policy: &Policy) -> Option<Keeper> {
    let is_ours = live.has_writer(|writer| writer.is_apply_of(&policy.field_manager));
    if is_ours || inventory::member_of(live).is_some() {
        return None;
    }
    Keeper::of(live)
}

/// An object that is left as it is for this reason.
fn left(step: Step, action: Action, reason: Reason) -> Decision {
    Decision::Step(Box::new(Step {
        action,
        reason,
        tolerated: Tolerated::default(),
        moved: None,
        grants: BTreeSet::new(),
        opens: BTreeSet::new(),
        ..step
    }))
}

/// Whether nothing has to be applied. What a definition that changes lets the server fill in is there without.
fn is_nothing(comparison: &Comparison, unverified: Option<&Unverified>) -> bool {
    let is_read = unverified == Some(&Unverified::DefinitionChanges) && comparison.is_by_reading();
    is_read || comparison.is_unchanged()
}

/// An object that is as it should be.
fn settled(step: Step, work: ApplyWork, live: Option<&LiveObject>) -> Decision {
    Decision::Unchanged(Box::new(InSync {
        unverified: step.unverified,
        tolerated: step.tolerated,
        warnings: step.warnings,
        ..left_as_it_is((work.desired, work.resource), live)
    }))
}

/// An object that stays as it is. A Job that is not there any more, or is going, has done its work.
fn left_as_it_is((desired, resource): (DesiredObject, Resource), live: Option<&LiveObject>) -> InSync {
    let there = live.filter(|live| desired.inputs.is_none() || live.deletion_timestamp().is_none());
    InSync {
        resource,
        health: there.map_or_else(Health::current, health::of),
        unverified: None,
        warnings: Vec::new(),
        tolerated: Tolerated::default(),
        is_complete: desired.inputs.is_some() && there.is_none_or(health::is_complete),
        hides_inputs: desired.inputs.is_some() && jobs::hides_inputs(&desired),
        inputs: desired.inputs,
        reference: desired.reference,
    }
}

/// What is other in the Job that takes the place of one, but for what the server makes anew. The
/// object is a new one, so there is nobody to have a conflict with.
pub(super) fn replaced(changes: Vec<FieldChange>) -> Vec<FieldChange> {
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
