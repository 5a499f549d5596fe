//! Applies one object exactly as planned, or not at all.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::feeds::LOOK_AGAIN;
use super::{Event, Outcome, Run, TRIES};
use crate::cluster::{Apply, ClusterError, Failure, Force, Patch, Persist};
use crate::diagnostic::error::Result;
use crate::object::shown::ShownPath;
use crate::object::{self, DesiredObject, LiveObject};
use crate::observe::{self, ServerView};
use crate::plan::compare::{self, FieldChange};
use crate::plan::migrate::Migration;
use crate::plan::{self, Action, ApplyWork, Decision, InSync, ObjectVersion, Observation, Step, Unverified, Work};
use crate::ssa::predict;

/// What came of an apply.
pub(super) enum ApplyResult {
    /// The object is stored.
    Stored(LiveObject),
    /// There is nothing to do any more.
    Nothing(Box<InSync>),
    /// The object was not stored.
    Not(Outcome),
}

/// What a person agreed to for one object, and how to do it.
pub(super) struct Agreed {
    pub(super) action: Action,
    pub(super) changes: Vec<FieldChange>,
    pub(super) unverified: Option<Unverified>,
    /// The ID of the ApplySet that the object is taken over from, if it is.
    pub(super) taken: Option<String>,
    pub(super) work: Box<ApplyWork>,
}

impl Agreed {
    /// What was agreed to for a step that writes.
    pub(super) fn of(step: Step) -> Option<Self> {
        match step.work {
            Work::Apply(work) => Some(Self {
                action: step.action,
                changes: step.changes,
                unverified: step.unverified,
                taken: step.taken,
                work,
            }),
            Work::Nothing | Work::Delete(_) | Work::Orphan(_) | Work::Await(_) => None,
        }
    }
}

/// How long a kind may be unknown after its definition was established: not every API server
/// serves it at once.
const NEW_KIND: Duration = Duration::from_secs(10);
/// How long a server may refuse what a rule or a definition lets in that was changed, or what one kept out that was deleted:
/// a quota is counted again by a controller, and every API server compiles the policies, and reads the definitions, for
/// itself.
const NEW_RULE: Duration = Duration::from_secs(30);
/// How long a server may take to say by a definition that was changed what an apply would do. What it says then is taken for
/// what it will do.
const NEW_DEFINITION: Duration = Duration::from_secs(5);

impl Run<'_> {
    pub(super) async fn apply(&self, mut agreed: Agreed) -> ApplyResult {
        if let (Some(Unverified::BeingDeleted), Some(live)) = (&agreed.unverified, &agreed.work.live) {
            // What is applied to an object that is being deleted would be lost with it.
            let work = &agreed.work;
            let reference = &work.desired.reference;
            let gone = self.gone(&work.resource, reference, &live.uid).await;
            if let Err(why) = gone {
                return ApplyResult::Not(Outcome::NotGone(why));
            }
            agreed.work.live = None;
        }
        if agreed.action == Action::Replace {
            agreed = match self.make_way(agreed).await {
                Ok(agreed) => agreed,
                Err(over) => return over,
            };
        }
        if agreed.unverified == Some(Unverified::DefinitionChanges) {
            agreed = match self.verified(agreed).await {
                Ok(agreed) => agreed,
                Err(over) => return over,
            };
        }
        self.runs.begin(&agreed.work.desired.reference);
        let began = Instant::now();
        let mut conflicts = 0;
        while conflicts < TRIES {
            match self.try_apply(&agreed).await {
                Ok(stored) => {
                    self.check_prediction(&agreed, &stored);
                    let ApplyWork { desired, resource, .. } = &*agreed.work;
                    if !object::is_secret(&desired.reference.kind) {
                        return ApplyResult::Stored(stored);
                    }
                    return match self.generate(desired, resource, stored).await {
                        Ok(stored) => ApplyResult::Stored(stored),
                        Err(error) => ApplyResult::Not(Outcome::Failed(error)),
                    };
                }
                Err(error) if error.failure == Failure::Conflict => {
                    conflicts += 1;
                    match self.plan_again(agreed).await {
                        Ok(again) => agreed = again,
                        Err(over) => return over,
                    }
                }
                Err(error)
                    if is_too_early(&error, agreed.unverified.as_ref())
                        && began.elapsed() < grace(agreed.unverified.as_ref())
                        && !self.is_stopped() =>
                {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                Err(error) => return self.not_applied(agreed, error).await,
            }
        }
        ApplyResult::Not(Outcome::Moved)
    }

    /// What came of an apply that failed. Where it may be stored all the same, the object is looked at again.
    async fn not_applied(&self, agreed: Agreed, error: ClusterError) -> ApplyResult {
        let may_have_arrived = error.may_have_arrived();
        let judge = self.execution.cluster.judge();
        let refused = observe::refused(judge, &agreed.work.desired, error);
        let failed = ApplyResult::Not(Outcome::Failed(refused));
        if !may_have_arrived {
            return failed;
        }
        match self.plan_again(agreed).await {
            Err(ApplyResult::Nothing(settled)) => ApplyResult::Nothing(settled),
            Ok(_) | Err(_) => failed,
        }
    }

    /// Asks the server, now that the definition of the kind has changed, whether an apply does what was planned.
    /// It may take the server a moment to use the new definition.
    ///
    /// What it refuses then is not applied, nor what has become another action, such as a conflict. Where it
    /// answers with other values for the very object that was planned for, the plan is carried out, and what comes of
    /// it is told as a mismatch.
    async fn verified(&self, agreed: Agreed) -> Result<Agreed, ApplyResult> {
        let began = Instant::now();
        loop {
            let answer = self.observed(agreed.work.desired.clone(), &agreed.work).await;
            let is_late = began.elapsed() >= NEW_DEFINITION;
            match answer.map(|observation| self.decide(observation, &agreed.work)) {
                Ok(Decision::Step(step))
                    if step.action == agreed.action
                        && same_changes(&agreed.changes, &step.changes)
                        && !is_of_another(agreed.taken.as_deref(), &step) =>
                {
                    return Agreed::of(*step).ok_or(ApplyResult::Not(Outcome::Moved));
                }
                Ok(Decision::Unchanged(settled)) if is_late => return Err(ApplyResult::Nothing(settled)),
                // To do something else than was agreed to, and to take a field unseen, is no mismatch.
                Ok(Decision::Step(step)) if is_late && step.action == agreed.action => return Ok(agreed),
                Ok(Decision::Step(_)) if is_late => return Err(ApplyResult::Not(Outcome::Moved)),
                Err(error) if is_late => return Err(ApplyResult::Not(Outcome::Failed(error))),
                _ => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
    }

    async fn observed(&self, desired: DesiredObject, work: &ApplyWork) -> Result<Observation> {
        let _turn = self.requests.acquire().await;
        let server = ServerView {
            cluster: &*self.execution.cluster,
            discovery: &self.execution.served.discovery,
            schema: &self.execution.served.schema,
        };
        let query = &self.execution.query;
        let wanted = (desired, work.past.base.as_deref());
        observe::observe_again(&server, wanted, work.resource.clone(), query).await
    }

    /// Decides about an object that was looked at again.
    fn decide(&self, observation: Observation, work: &ApplyWork) -> Decision {
        plan::decide(observation, work.past.clone(), &self.execution.query.policy)
    }

    async fn try_apply(&self, agreed: &Agreed) -> Result<LiveObject, ClusterError> {
        let work = &agreed.work;
        let _turn = self.requests.acquire().await;
        let sent = match (&work.migration, &work.live) {
            (Some(migration), Some(live)) => Cow::Owned(self.migrate(work, migration, live).await?),
            _ => Cow::Borrowed(&work.sent),
        };
        let apply = Apply {
            object: &sent,
            reference: &work.desired.reference,
            field_manager: &self.execution.query.policy.field_manager,
            // What is sent names the version it is for, or that there is none: it takes nothing unseen.
            force: Force::Take,
            persist: Persist::Stored,
        };
        let answer = self.execution.cluster.apply(&work.resource, &apply).await?;
        if agreed.unverified.is_some() {
            // A dry-run would have told these already.
            for message in observe::warnings(&work.desired, answer.warnings) {
                self.send(Event::Warning {
                    reference: work.desired.reference.clone(),
                    message,
                });
            }
        }
        Ok(answer.object)
    }

    /// Makes managed fields ours, and binds what is sent to the version that this makes. Killed between the
    /// two, the next sync finds them ours, and applies the same.
    async fn migrate(
        &self,
        work: &ApplyWork,
        migration: &Migration,
        live: &ObjectVersion,
    ) -> Result<Value, ClusterError> {
        let patch = Patch {
            operations: &migration.patch(&live.resource_version),
            reference: &work.desired.reference,
            field_manager: &self.execution.query.policy.field_manager,
            persist: Persist::Stored,
        };
        let migrated = self.execution.cluster.patch(&work.resource, &patch).await?;
        let mut sent = work.sent.clone();
        observe::bind(&mut sent, Some(&ObjectVersion::of(&migrated)));
        Ok(sent)
    }

    /// The object changed since it was planned: plans it again, and goes on only with the same plan.
    pub(super) async fn plan_again(&self, agreed: Agreed) -> Result<Agreed, ApplyResult> {
        let Agreed {
            action,
            changes,
            taken,
            work,
            ..
        } = agreed;
        let observation = self.observed(work.desired.clone(), &work).await;
        let observation = observation.map_err(|error| ApplyResult::Not(Outcome::Failed(error)))?;
        match self.decide(observation, &work) {
            Decision::Unchanged(settled) => Err(ApplyResult::Nothing(settled)),
            // It was stored, and the answer was lost.
            Decision::Step(step) if action != Action::Replace && only_generates(&step) => {
                Agreed::of(*step).ok_or(ApplyResult::Not(Outcome::Moved))
            }
            Decision::Step(step) if is_of_another(taken.as_deref(), &step) => Err(ApplyResult::Not(Outcome::Moved)),
            Decision::Step(step) if step.action == action && same_changes(&changes, &step.changes) => {
                Agreed::of(*step).ok_or(ApplyResult::Not(Outcome::Moved))
            }
            Decision::Step(_) => Err(ApplyResult::Not(Outcome::Moved)),
        }
    }

    fn check_prediction(&self, agreed: &Agreed, stored: &LiveObject) {
        let Some(predicted) = &agreed.work.predicted else {
            return;
        };
        let field_manager = &self.execution.query.policy.field_manager;
        let spelled = agreed.unverified.as_ref().map(|_| {
            let predicted = predicted.value().clone();
            let schema = &self.execution.served.schema;
            LiveObject::new(predict::spelled_as_stored(
                schema,
                predicted,
                stored.value(),
                field_manager,
            ))
        });
        let predicted = spelled.as_ref().unwrap_or(predicted);
        let paths = compare::mismatches(predicted, stored, &agreed.changes, field_manager);
        if !paths.is_empty() {
            let desired = &agreed.work.desired;
            self.send(Event::Mismatch {
                reference: desired.reference.clone(),
                paths: paths.iter().map(|path| ShownPath::of(path, [desired])).collect(),
            });
        }
    }
}

/// How long the server may refuse what it could not be asked about, since it does not use yet what this sync has changed.
fn grace(unverified: Option<&Unverified>) -> Duration {
    match unverified {
        Some(Unverified::Relies(_) | Unverified::Displaces(_) | Unverified::DefinitionChanges) => NEW_RULE,
        _ => NEW_KIND,
    }
}

/// Whether the server may refuse only since it does not know yet what this sync has changed.
fn is_too_early(error: &ClusterError, unverified: Option<&Unverified>) -> bool {
    match unverified {
        Some(Unverified::KindMissing(_)) => error.failure == Failure::NotFound,
        Some(Unverified::DefinitionChanges) => error.failure == Failure::Invalid,
        // Its quotas are not counted yet, and its default ServiceAccount is not there.
        Some(Unverified::NamespaceMissing(_) | Unverified::KindComes(_)) => {
            matches!(
                error.failure,
                Failure::Denied | Failure::NotFound | Failure::NamespaceMissing
            )
        }
        Some(Unverified::Relies(_) | Unverified::Displaces(_)) => {
            matches!(error.failure, Failure::Denied | Failure::Invalid | Failure::NotFound)
        }
        None
        | Some(
            Unverified::BeingDeleted
            | Unverified::Defaulted(_)
            | Unverified::VersionGone(_)
            | Unverified::Encrypted
            | Unverified::NotAllowed,
        ) => false,
    }
}

/// Whether an object would be taken over from another ApplySet than was agreed to, or from none any more.
fn is_of_another(taken: Option<&str>, now: &Step) -> bool {
    taken != now.taken.as_deref()
}

/// Whether an object is as git wants it, but for values that are still to be generated.
fn only_generates(step: &Step) -> bool {
    let migrates = matches!(&step.work, Work::Apply(work) if work.migration.is_some());
    let is_ours = step.taken.is_none();
    step.action == Action::Update && is_ours && step.changes.is_empty() && !step.generates.is_empty() && !migrates
}

/// Whether two plans for an object change the same fields from and to the same values. Who wrote
/// them, and when, makes no difference.
fn same_changes(agreed: &[FieldChange], now: &[FieldChange]) -> bool {
    agreed.len() == now.len()
        && agreed.iter().zip(now).all(|(agreed, now)| {
            agreed.path == now.path
                && agreed.before == now.before
                && agreed.after == now.after
                && agreed.reordered == now.reordered
        })
}
