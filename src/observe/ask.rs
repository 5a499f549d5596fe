//! What an apply would do: the server's own answer, one dry-run an object.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use serde_json::Value;

use super::Question;
use super::explain::{failed, refused, warnings};
use super::job;
use super::members::Survey;
use crate::cluster::{Answer, Apply, Cluster, Failure, Force, Persist, Resource};
use crate::compare;
use crate::error::{Error, Result};
use crate::generate;
use crate::inventory;
use crate::jobs::{Inputs, Run};
use crate::object::{DesiredObject, LiveObject};
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
            let sent = self.stamped(&desired);
            match member {
                Some((listed, live))
                    if listed.gvk == resource.gvk && self.is_proved(&desired, &sent, &live, schema) =>
                {
                    proved.push(Observation {
                        desired,
                        resource,
                        sent,
                        live: Some(live),
                        answer: Answered::Proved,
                        run: Run::Plain,
                        past: Past::default(),
                    });
                }
                member => rest.push((desired, resource, member)),
            }
        }
        (proved, rest)
    }

    /// Of a Job, its inputs decide; and what is still to be made in the cluster is no proof.
    fn is_proved(&self, desired: &DesiredObject, sent: &Value, live: &LiveObject, schema: &Schema) -> bool {
        desired.inputs.is_none()
            && generate::due(desired, Some(live)).is_none()
            && compare::is_proved(desired, sent, live, schema, &self.question.policy.field_manager)
    }

    fn stamped(&self, desired: &DesiredObject) -> Value {
        inventory::stamp(desired, self.question.set.as_ref(), self.question.revision.as_deref())
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
            let mut sent = self.stamped(&desired);
            bind(&mut sent, live.as_ref().map(Version::of).as_ref());
            let answer = Answered::Unverified(why);
            return Ok(Observation {
                desired,
                resource,
                sent,
                live,
                answer,
                run: Run::Plain,
                past: Past::default(),
            });
        }
        let recorded = self.completed.get(&desired.reference);
        match member {
            Some((listed, live)) if listed.gvk == resource.gvk => {
                ask(self.cluster, desired, resource, Some(live), recorded, self.question).await
            }
            // What is no member is most often not there: the server says so when it is asked.
            // Of a Job it may not be asked, so it must be looked for.
            None if self.question.set.is_some() && recorded.is_none() => {
                ask(self.cluster, desired, resource, None, None, self.question).await
            }
            _ => {
                let live = read(self.cluster, &resource, &desired).await?;
                ask(self.cluster, desired, resource, live, recorded, self.question).await
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
) -> Result<Observation> {
    let live = read(cluster, &resource, &desired).await?;
    ask(cluster, desired, resource, live, None, question).await
}

async fn read(cluster: &dyn Cluster, resource: &Resource, desired: &DesiredObject) -> Result<Option<LiveObject>> {
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

/// Asks the server what an apply of `desired` would do to `live`.
async fn ask(
    cluster: &dyn Cluster,
    desired: DesiredObject,
    resource: Resource,
    mut live: Option<LiveObject>,
    recorded: Option<&Inputs>,
    question: &Question,
) -> Result<Observation> {
    let field_manager = &question.policy.field_manager;
    let mut is_fixed = false;
    for _ in 0..TRIES {
        let mut sent = inventory::stamp(&desired, question.set.as_ref(), question.revision.as_deref());
        let claim = live
            .as_ref()
            .map(|live| plan::claim(&desired, live, question.set.as_ref(), &question.policy));
        let (set, rerun) = (question.set.as_ref(), &question.policy.rerun);
        let run = Run::of(&desired, live.as_ref(), recorded, set, rerun, is_fixed);
        let is_going = live.as_ref().is_some_and(|live| live.deletion_timestamp().is_some());
        let unasked = match claim {
            Some(claim) if !claim.allows_change() => Some(Answered::NotOurs(claim)),
            _ if run == Run::Stands => Some(Answered::Stands),
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
                run,
                past: Past::default(),
            });
        }
        bind(&mut sent, live.as_ref().map(Version::of).as_ref());
        let answer = match (&run, &live) {
            (Run::Again(_), Some(live)) => {
                // It is for when the old one is gone.
                bind(&mut sent, None);
                job::validate(cluster, &resource, &desired.reference, &sent, live.uid(), field_manager).await
            }
            (_, live) => {
                if let (Run::Noted, Some(live)) = (&run, live) {
                    job::keep_spec(&mut sent, live);
                }
                let apply = Apply {
                    object: &sent,
                    reference: &desired.reference,
                    field_manager,
                    force: Force::Take,
                    persist: Persist::DryRun,
                };
                cluster.apply(&resource, &apply).await
            }
        };
        match answer {
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
                    run,
                    past: Past::default(),
                });
            }
            Err(error) if desired.inputs.is_some() && live.is_some() && job::is_fixed(&run, &error) => is_fixed = true,
            // It changed, or came or went, since it was looked for: look again.
            Err(error) if error.failure == Failure::Conflict => live = read(cluster, &resource, &desired).await?,
            Err(error) => return Err(refused(&desired, error)),
        }
    }
    Err(Error::new(format!("{} changes faster than it can be compared", desired.reference)).hint("try again"))
}
