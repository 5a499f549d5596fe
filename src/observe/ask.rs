//! What an apply would do: the server's own answer, one dry-run an object.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use serde_json::Value;

use super::Question;
use super::explain::{failed, refused, warnings};
use super::job;
use super::made::Made;
use super::members::Survey;
use crate::cluster::{Answer, Apply, Cluster, ClusterError, Discovery, Failure, Force, Patch, Persist, Resource};
use crate::compare;
use crate::error::{Error, Result};
use crate::field::ManagedFields;
use crate::generate;
use crate::jobs::{Inputs, Recorded, Run};
use crate::migrate::{self, Migration};
use crate::object::{DesiredObject, LiveObject, ObjectRef};
use crate::plan::{self, Answered, Observation, Past, Unverified, Version};
use crate::schema::Schema;

/// A desired object, how its kind is reached, and the member that it is, if it is one.
pub(super) type Known = (DesiredObject, Resource, Option<(Resource, LiveObject)>);

impl Survey<'_> {
    /// Asks about every object: Namespaces first, since what is in a missing one, and in one that is
    /// going, cannot be asked about.
    pub(super) async fn ask_all(&self, known: Vec<Known>, schema: Option<&Schema>) -> Result<Vec<Observation>> {
        let (namespaces, rest): (Vec<_>, Vec<_>) = known
            .into_iter()
            .partition(|(object, _, _)| object.reference.kind.is("", "Namespace"));
        let (mut observations, namespaces) = self.proved(namespaces, schema);
        observations.extend(self.ask_some(namespaces, &BTreeSet::new()).await?);
        let missing: BTreeSet<String> = observations
            .iter()
            .filter(|observation| {
                let is_going = matches!(observation.answer, Answered::Unverified(Unverified::BeingDeleted));
                observation.live.is_none() || is_going
            })
            .map(|observation| observation.desired.reference.name.clone())
            .collect();
        let (proved, rest) = self.proved(rest, schema);
        observations.extend(proved);
        observations.extend(self.ask_some(rest, &missing).await?);
        Ok(observations)
    }

    /// Takes out what is proved to be in sync, by the schema of its kind: nothing is asked of it.
    fn proved(&self, known: Vec<Known>, schema: Option<&Schema>) -> (Vec<Observation>, Vec<Known>) {
        let Some(schema) = schema else {
            return (Vec::new(), known);
        };
        let (mut proved, mut rest) = (Vec::new(), Vec::new());
        for (desired, resource, member) in known {
            let made = self.made(&desired, member.as_ref().map(|(_, live)| live));
            match member {
                Some((listed, live))
                    if listed.gvk == resource.gvk && self.is_proved(&desired, &made, &live, schema) =>
                {
                    let asked = Asked {
                        desired,
                        resource,
                        made,
                        live: Some(live),
                        run: Run::Plain,
                    };
                    proved.push(asked.answered(Answered::Proved));
                }
                member => rest.push((desired, resource, member)),
            }
        }
        (proved, rest)
    }

    /// Of a Job, its inputs decide; and what is still to be made in the cluster is no proof.
    fn is_proved(&self, desired: &DesiredObject, made: &Made, live: &LiveObject, schema: &Schema) -> bool {
        desired.inputs.is_none()
            && made.migration.is_none()
            && generate::due(desired, Some(live)).is_none()
            && compare::is_proved(desired, &made.sent, live, schema, &self.question.policy.field_manager)
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
            let mut made = self.made(&desired, live.as_ref());
            bind(&mut made.sent, live.as_ref().map(Version::of).as_ref());
            let asked = Asked {
                desired,
                resource,
                made,
                live,
                run: Run::Plain,
            };
            return Ok(asked.answered(Answered::Unverified(why)));
        }
        let recorded = self.completed.get(&desired.reference);
        match member {
            Some((listed, live)) if listed.gvk == resource.gvk => {
                self.ask(desired, resource, Some(live), recorded).await
            }
            // What is no member is most often not there: the server says so when it is asked.
            // Of a Job it may not be asked, so it must be looked for.
            None if self.question.set.is_some() && recorded.is_none() => self.ask(desired, resource, None, None).await,
            _ => {
                let live = self.read(&resource, &desired).await?;
                self.ask(desired, resource, live, recorded).await
            }
        }
    }
}

/// Looks again at one object that changed while a plan for it was being executed. Once it is executed,
/// no earlier run of a Job counts.
pub async fn observe_again(
    cluster: &dyn Cluster,
    desired: DesiredObject,
    resource: Resource,
    question: &Question,
    discovery: &Discovery,
) -> Result<Observation> {
    let survey = Survey {
        cluster,
        question,
        discovery,
        completed: &Recorded::new(),
    };
    let live = survey.read(&resource, &desired).await?;
    survey.ask(desired, resource, live, None).await
}

/// One object, before it is known what the server says.
struct Asked {
    desired: DesiredObject,
    resource: Resource,
    made: Made,
    live: Option<LiveObject>,
    run: Run,
}

impl Asked {
    fn answered(self, answer: Answered) -> Observation {
        let Made { sent, ruled, migration } = self.made;
        Observation {
            desired: self.desired,
            resource: self.resource,
            sent,
            ruled,
            migration,
            live: self.live,
            answer,
            run: self.run,
            past: Past::default(),
        }
    }
}

/// How often an object that changes under our hands is looked at again.
const TRIES: usize = 5;

/// Binds what is applied to the version of the live object that it was planned for or, where there
/// was none, to there being none: the server refuses it with a conflict otherwise.
pub fn bind(sent: &mut Value, live: Option<&Version>) {
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

impl Survey<'_> {
    async fn read(&self, resource: &Resource, desired: &DesiredObject) -> Result<Option<LiveObject>> {
        let reference = &desired.reference;
        let read = self.cluster.get(resource, reference).await;
        read.map_err(|error| failed(&format!("read {reference}"), error))
    }

    /// Asks the server what an apply of `desired` would do to `live`.
    async fn ask(
        &self,
        desired: DesiredObject,
        resource: Resource,
        mut live: Option<LiveObject>,
        recorded: Option<&Inputs>,
    ) -> Result<Observation> {
        let question = self.question;
        let field_manager = &question.policy.field_manager;
        let mut is_fixed = false;
        for _ in 0..TRIES {
            let claim = live
                .as_ref()
                .map(|live| plan::claim(&desired, live, question.set.as_ref(), &question.policy));
            let (set, rerun) = (question.set.as_ref(), &question.policy.rerun);
            let run = Run::of(&desired, live.as_ref(), recorded, set, rerun, is_fixed);
            let is_going = live.as_ref().is_some_and(|live| live.deletion_timestamp().is_some());
            // What is created anew is as git says, whole.
            let stays = live.as_ref().filter(|_| !is_going && !matches!(run, Run::Again(_)));
            let mut made = self.made(&desired, stays);
            let unasked = match claim {
                Some(claim) if !claim.allows_change() => Some(Answered::NotOurs(claim)),
                _ if run == Run::Stands => Some(Answered::Stands),
                Some(_) if is_going => {
                    // It is for when the old one is gone.
                    bind(&mut made.sent, None);
                    Some(Answered::Unverified(Unverified::BeingDeleted))
                }
                _ => None,
            };
            if let Some(answer) = unasked {
                let asked = Asked {
                    desired,
                    resource,
                    made,
                    live,
                    run,
                };
                return Ok(asked.answered(answer));
            }
            bind(&mut made.sent, live.as_ref().map(Version::of).as_ref());
            let reference = &desired.reference;
            let answer = match (&run, &live) {
                (Run::Again(_), Some(live)) => {
                    // It is for when the old one is gone.
                    bind(&mut made.sent, None);
                    job::validate(
                        self.cluster,
                        &resource,
                        reference,
                        &made.sent,
                        live.uid(),
                        field_manager,
                    )
                    .await
                }
                (_, live) => {
                    if let (Run::Noted, Some(live)) = (&run, live) {
                        job::keep_spec(&mut made.sent, live);
                    }
                    self.dry_run(&resource, reference, &made, live.as_ref()).await
                }
            };
            match answer {
                Ok(Answer {
                    object,
                    warnings: words,
                    ..
                }) => {
                    let warnings = warnings(&desired, words);
                    let asked = Asked {
                        desired,
                        resource,
                        made,
                        live,
                        run,
                    };
                    return Ok(asked.answered(Answered::ByServer { object, warnings }));
                }
                Err(error) if desired.inputs.is_some() && live.is_some() && job::is_fixed(&run, &error) => {
                    is_fixed = true;
                }
                // It changed, or came or went, since it was looked for: look again.
                Err(error) if error.failure == Failure::Conflict => live = self.read(&resource, &desired).await?,
                Err(error) => return Err(refused(&desired, error)),
            }
        }
        Err(Error::new(format!("{} changes faster than it can be compared", desired.reference)).hint("try again"))
    }

    /// The server's answer to a dry-run; with a migration, to that of what the apply comes to after it.
    async fn dry_run(
        &self,
        resource: &Resource,
        reference: &ObjectRef,
        made: &Made,
        live: Option<&LiveObject>,
    ) -> Result<Answer, ClusterError> {
        let apply = Apply {
            object: &made.sent,
            reference,
            field_manager: &self.question.policy.field_manager,
            force: Force::Take,
            persist: Persist::DryRun,
        };
        let answer = self.cluster.apply(resource, &apply).await?;
        match (&made.migration, live) {
            (Some(migration), Some(live)) => self.after(migration, resource, live, answer).await,
            _ => Ok(answer),
        }
    }

    /// What the apply would store after the migration. Two dry-runs do not build on each other, so the server
    /// cannot be asked in one; but it can be asked what it makes of an object without the fields that go.
    async fn after(
        &self,
        migration: &Migration,
        resource: &Resource,
        live: &LiveObject,
        answer: Answer,
    ) -> Result<Answer, ClusterError> {
        let (predicted, is_less) = migration.predicted(&answer.object);
        if !is_less {
            return Ok(Answer {
                object: predicted,
                ..answer
            });
        }
        let managed = ManagedFields::of(&predicted);
        let mut wanted = migrate::with_managed(&predicted, &ManagedFields::of(live)).into_value();
        wanted["metadata"]["generation"] = live.value()["metadata"]["generation"].clone();
        let operations = json_patch::diff(live.value(), &wanted);
        let patch = Patch {
            operations: &serde_json::to_value(operations).unwrap_or_default(),
            reference: &live.reference(),
            field_manager: &self.question.policy.field_manager,
            persist: Persist::DryRun,
        };
        let stored = self.cluster.patch(resource, &patch).await?;
        Ok(Answer {
            object: migrate::with_managed(&stored, &managed),
            ..answer
        })
    }
}
