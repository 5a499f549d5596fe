//! What an apply of one object would do: the server's own answer, or why it is not asked.

use std::sync::Arc;

use serde_json::Value;

use super::Query;
use super::defaulted;
use super::explain::{failed, refused, warnings};
use super::job;
use super::migrated::AfterMigration;
use super::overruled::overruled;
use super::payload::Payload;
use super::predict::{not_yet, predict};
use super::replacement;
use crate::cluster::{Answer, Apply, Cluster, ClusterError, Discovery, Failure, Force, Judge, Persist, Resource};
use crate::diagnostic::error::{Error, Result};
use crate::kinds::jobs::{InputDigests, JobRun};
use crate::object::field::FieldPath;
use crate::object::{DesiredObject, LiveObject};
use crate::plan::compare;
use crate::plan::migrate::Migration;
use crate::plan::{self, Answered, ObjectVersion, Observation, Ownership, RefusedBy, Unverified, Warning};
use crate::sops;
use crate::ssa::schema::Schema;

/// Whether the server was not asked for this reason.
pub(super) fn is_because(answer: &Answered, reason: &Unverified) -> bool {
    matches!(answer, Answered::Unverified { reason: of, .. } if of == reason)
}

/// Whether a refusal is about the object alone. A binding of a role that is not there is answered with 404.
fn is_about_object(error: &ClusterError) -> bool {
    matches!(
        error.failure,
        Failure::Invalid
            | Failure::Denied
            | Failure::NotFound
            | Failure::NamespaceTerminating
            | Failure::NamespaceMissing
    )
}

/// Whether nothing else is wrong with a Service than addresses and ports that it names and another may have.
fn is_taken(desired: &DesiredObject, error: &ClusterError) -> bool {
    let is_allocated = |path: &Option<FieldPath>| path.as_ref().is_some_and(compare::is_allocated);
    desired.reference.kind.is("", "Service")
        && !error.causes.is_empty()
        && error.causes.iter().all(|cause| is_allocated(&cause.path))
}

/// What is known of the server that a plan was made with.
#[derive(Clone, Copy)]
pub struct ServerView<'a> {
    /// The cluster that is asked.
    pub cluster: &'a dyn Cluster,
    /// The kinds that it knows.
    pub discovery: &'a Discovery,
    /// The schemas of the kinds.
    pub schema: &'a Schema,
}

/// One object, before it is known what the server says.
pub(super) struct WantedObject {
    pub(super) desired: DesiredObject,
    pub(super) resource: Resource,
    pub(super) payload: Payload,
}

impl WantedObject {
    pub(super) fn observed(self, live: Option<LiveObject>, answer: Answered, run: JobRun) -> Observation {
        let Payload { sent, ruled, migration } = self.payload;
        Observation {
            desired: self.desired,
            resource: self.resource,
            sent,
            ruled,
            migration,
            live,
            answer,
            run,
        }
    }
}

/// Looks again at one object that changed while a plan for it was being executed, of which `base` is what git said when
/// it was last applied. Once it is executed, no earlier run of a Job counts.
pub async fn observe_again(
    server: &ServerView<'_>,
    (desired, base): (DesiredObject, Option<&DesiredObject>),
    resource: Resource,
    query: &Query,
) -> Result<Observation> {
    let ServerView {
        cluster,
        discovery,
        schema,
    } = *server;
    let live = read(cluster, &resource, &desired).await?;
    let asking = Inquiry {
        cluster,
        query,
        discovery,
        recorded: None,
        may_ask: true,
        schema,
        is_changing: false,
        base,
    };
    let mut observation = asking.ask(desired, resource, live).await?;
    predict(&mut observation, schema, query)?;
    Ok(observation)
}

pub(super) async fn read(
    cluster: &dyn Cluster,
    resource: &Resource,
    desired: &DesiredObject,
) -> Result<Option<LiveObject>> {
    let reference = &desired.reference;
    cluster
        .get(resource, reference)
        .await
        .map_err(|error| failed(&format!("read {reference}"), error))
}

/// How often an object that changes under our hands is looked at again.
const TRIES: usize = 5;

/// Binds what is applied to the version of the live object that it was planned for or, where there
/// was none, to there being none: the server refuses it with a conflict otherwise.
pub fn bind(sent: &mut Value, live: Option<&ObjectVersion>) {
    let metadata = &mut sent["metadata"];
    if let Some(live) = live {
        metadata["uid"] = live.uid.clone().into();
        metadata["resourceVersion"] = live.resource_version.clone().into();
        return;
    }
    // No object has this version, and without a UID one that is not there is created.
    metadata["resourceVersion"] = "1".into();
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.remove("uid");
    }
}

/// How one object is asked about.
#[derive(Clone, Copy)]
pub(super) struct Inquiry<'a> {
    pub(super) cluster: &'a dyn Cluster,
    pub(super) query: &'a Query,
    pub(super) discovery: &'a Discovery,
    /// The inputs that it has completed with, of a Job.
    pub(super) recorded: Option<&'a InputDigests>,
    /// Whether the right to ask is not known to be missing.
    pub(super) may_ask: bool,
    /// How it is merged once everything is applied.
    pub(super) schema: &'a Schema,
    /// Whether the definition of its kind is to change.
    pub(super) is_changing: bool,
    /// What git said of it when it was last applied, where that is known.
    pub(super) base: Option<&'a DesiredObject>,
}

impl Inquiry<'_> {
    /// Asks the server what an apply of `desired` would do to `live`. Of what is not ours to change it is asked too, so
    /// that it can be said what adopting it would do.
    pub(super) async fn ask(
        self,
        desired: DesiredObject,
        resource: Resource,
        live: Option<LiveObject>,
    ) -> Result<Observation> {
        let mut observation = self.asked(desired, resource, live).await?;
        let (desired, live) = (&observation.desired, observation.live.as_ref());
        match self.foreign(desired, live) {
            Some(claim) if !matches!(observation.answer, Answered::NotOurs(..)) => {
                let answer = observation.answer;
                let is_known = matches!(
                    answer,
                    Answered::ByServer { .. } | Answered::Refused { .. } | Answered::Immutable(_)
                );
                observation.answer = Answered::NotOurs(claim, is_known.then(|| Box::new(answer)));
            }
            _ => {}
        }
        Ok(observation)
    }

    async fn asked(
        mut self,
        desired: DesiredObject,
        resource: Resource,
        mut live: Option<LiveObject>,
    ) -> Result<Observation> {
        let query = self.query;
        let mut is_fixed = false;
        for _ in 0..TRIES {
            let (set, rerun) = (query.set.as_ref(), &query.policy.rerun);
            let run = JobRun::of(&desired, live.as_ref(), self.recorded, set, rerun, is_fixed);
            // What is created anew is as git says, whole.
            let stays = live
                .as_ref()
                .filter(|live| live.deletion_timestamp().is_none() && !matches!(run, JobRun::Again(_)));
            let mut payload = Payload::new(query, (self.discovery, self.schema), (&desired, self.base), stays);
            if let (JobRun::Noted, Some(live)) = (&run, &live) {
                job::keep_spec(&mut payload.sent, live);
            }
            let unasked = self.unasked(&desired, live.as_ref(), &run, payload.migration.as_ref());
            // It is for when the old one is gone.
            let is_anew = matches!(run, JobRun::Again(_))
                || unasked
                    .as_ref()
                    .is_some_and(|answer| is_because(answer, &Unverified::BeingDeleted));
            bind(
                &mut payload.sent,
                live.as_ref().filter(|_| !is_anew).map(ObjectVersion::of).as_ref(),
            );
            let answer = match unasked {
                Some(answer) => Ok(answer),
                None => self.dry_run(&desired, &resource, &payload, live.as_ref(), &run).await,
            };
            match answer {
                Ok(answer) => {
                    let wanted = WantedObject {
                        desired,
                        resource,
                        payload,
                    };
                    return Ok(wanted.observed(live, answer, run));
                }
                Err(error) if desired.inputs.is_some() && live.is_some() && job::is_fixed(&run, &error) => {
                    is_fixed = true;
                }
                // It changed, or came or went, since it was looked for: look again.
                Err(error) if error.failure == Failure::Conflict => {
                    live = read(self.cluster, &resource, &desired).await?;
                }
                Err(error) if error.failure == Failure::Forbidden => {
                    self.may_ask = false;
                    if live.is_none() {
                        live = read(self.cluster, &resource, &desired).await?;
                    }
                }
                Err(error) => {
                    let claim = self.foreign(&desired, live.as_ref());
                    let wanted = WantedObject {
                        desired,
                        resource,
                        payload,
                    };
                    return match claim {
                        Some(claim) if !is_about_object(&error) => {
                            Ok(wanted.observed(live, Answered::NotOurs(claim, None), run))
                        }
                        _ => self.alternative(wanted, live, error).await,
                    };
                }
            }
        }
        if let Some(claim) = self.foreign(&desired, live.as_ref()) {
            let payload = Payload::new(query, (self.discovery, self.schema), (&desired, None), live.as_ref());
            let wanted = WantedObject {
                desired,
                resource,
                payload,
            };
            return Ok(wanted.observed(live, Answered::NotOurs(claim, None), JobRun::Plain));
        }
        Err(Error::new(format!("{} changes faster than it can be compared", desired.reference)).hint("try again"))
    }

    /// Whose the object is that is there, where it is not ours to change: nobody needs to know what an apply would do to
    /// it, so nothing ends because that cannot be found out.
    fn foreign(&self, desired: &DesiredObject, live: Option<&LiveObject>) -> Option<Ownership> {
        let claim = plan::claim(desired, live?, self.query.set.as_ref(), &self.query.policy);
        (!claim.allows_change()).then_some(claim)
    }

    /// What is said of an object that is refused: a refusal that is about the object is told with the others' changes,
    /// everything else ends it all.
    fn refused(&self, wanted: WantedObject, live: Option<LiveObject>, error: ClusterError) -> Result<Observation> {
        let is_about_it = is_about_object(&error);
        let by = match error.failure {
            Failure::Invalid if is_taken(&wanted.desired, &error) => RefusedBy::Taken,
            Failure::Invalid | Failure::NamespaceMissing => RefusedBy::Validation,
            _ => RefusedBy::Admission,
        };
        let refusal = refused(self.cluster.judge(), &wanted.desired, error);
        if is_about_it {
            let error = Arc::new(refusal);
            Ok(wanted.observed(live, Answered::Refused { error, by }, JobRun::Plain))
        } else {
            Err(refusal)
        }
    }

    /// What is said of an object of which the server refuses an apply, where there is another way to what
    /// git wants.
    async fn alternative(
        &self,
        mut wanted: WantedObject,
        live: Option<LiveObject>,
        error: ClusterError,
    ) -> Result<Observation> {
        let live = match live {
            Some(live) if wanted.desired.inputs.is_none() => live,
            live => return self.refused(wanted, live, error),
        };
        let Some(fields) = plan::fixed_fields(&error) else {
            let field_manager = &self.query.policy.field_manager;
            return match defaulted::in_the_way(&error, &wanted.payload.sent, &live, field_manager) {
                Some(fields) => {
                    wanted.payload = wanted.payload.taking(self.query, &live, &fields);
                    Ok(wanted.observed(Some(live), not_yet(Unverified::Defaulted(fields)), JobRun::Plain))
                }
                None => self.refused(wanted, Some(live), error),
            };
        };
        // What is created anew is as git says, whole.
        wanted.payload = Payload::new(self.query, (self.discovery, self.schema), (&wanted.desired, None), None);
        bind(&mut wanted.payload.sent, None);
        let trial = replacement::Trial {
            cluster: self.cluster,
            resource: &wanted.resource,
            desired: &wanted.desired,
            live: &live,
            sent: &wanted.payload.sent,
            field_manager: &self.query.policy.field_manager,
        };
        match trial.answer(fields).await {
            Ok(answer) => Ok(wanted.observed(Some(live), answer, JobRun::Plain)),
            Err(error) => self.refused(wanted, Some(live), error),
        }
    }

    /// What is said of an object about which the server is not asked.
    fn unasked(
        &self,
        desired: &DesiredObject,
        live: Option<&LiveObject>,
        run: &JobRun,
        migration: Option<&Migration>,
    ) -> Option<Answered> {
        let query = self.query;
        let claim = live.map(|live| plan::claim(desired, live, query.set.as_ref(), &query.policy));
        match claim {
            // A Job that is not ours is none that we would run.
            Some(claim) if !claim.allows_change() && (claim != Ownership::NotOurs || desired.inputs.is_some()) => {
                return Some(Answered::NotOurs(claim, None));
            }
            _ if *run == JobRun::UpToDate => return Some(Answered::UpToDate),
            _ => {}
        }
        if live.is_some_and(|live| live.deletion_timestamp().is_some()) {
            return Some(not_yet(Unverified::BeingDeleted));
        }
        if query.closed.is_some() && sops::holds(&desired.value) {
            return Some(not_yet(Unverified::Encrypted));
        }
        if !self.may_ask {
            return Some(not_yet(Unverified::NotAllowed));
        }
        if self.is_changing {
            return Some(not_yet(Unverified::DefinitionChanges));
        }
        // As long as fields are recorded in that version, the server refuses every apply.
        let gone = migration?.gone_version.clone()?;
        Some(not_yet(Unverified::VersionGone(gone)))
    }

    async fn dry_run(
        &self,
        desired: &DesiredObject,
        resource: &Resource,
        payload: &Payload,
        live: Option<&LiveObject>,
        run: &JobRun,
    ) -> Result<Answered, ClusterError> {
        let sent = &payload.sent;
        let field_manager = &self.query.policy.field_manager;
        let reference = &desired.reference;
        let Answer {
            object,
            warnings: words,
            ..
        } = if let (JobRun::Again(_), Some(live)) = (run, live) {
            job::validate(self.cluster, resource, reference, sent, live.uid(), field_manager).await?
        } else {
            let apply = Apply {
                object: sent,
                reference,
                field_manager,
                force: Force::Take,
                persist: Persist::DryRun,
            };
            self.cluster.apply(resource, &apply).await?
        };
        let object = match (&payload.migration, live) {
            (Some(migration), Some(live)) => {
                let after = AfterMigration {
                    cluster: self.cluster,
                    field_manager,
                    migration,
                    resource,
                    live,
                };
                after.answer(&object).await?
            }
            _ => object,
        };
        let mut warnings: Vec<Warning> = Warning::server(warnings(desired, words)).collect();
        // A sandbox admits everything.
        let is_admitted = self.cluster.judge() == Judge::Server;
        let is_plain = payload.migration.is_none() && !matches!(run, JobRun::Again(_));
        let told =
            (is_admitted && is_plain).then(|| overruled((desired, payload), live, &object, (self.query, self.schema)));
        warnings.extend(told.flatten());
        Ok(Answered::ByServer { object, warnings })
    }
}
