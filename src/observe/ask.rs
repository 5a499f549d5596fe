//! What an apply would do: the server's own answer, one dry-run an object.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt as _;
use serde_json::Value;

use super::Question;
use super::after::After;
use super::anew;
use super::defaulted;
use super::explain::{failed, refused, warnings};
use super::job;
use super::made::Made;
use super::members::Survey;
use super::predict::{not_yet, predict};
use crate::cluster::{Answer, Apply, Cluster, ClusterError, Discovery, Failure, Force, Persist, Resource};
use crate::diagnostic::error::{Error, Result};
use crate::kinds::generate;
use crate::kinds::jobs::{Inputs, Run};
use crate::object::{DesiredObject, GroupKind, LiveObject, ObjectRef, is_definition};
use crate::plan::compare;
use crate::plan::migrate::Migration;
use crate::plan::{self, Answered, Observation, Past, Unverified, Version};
use crate::ssa::schema::Schema;

/// A desired object, how its kind is reached, and the member that it is, if it is one.
pub(super) type Known = (DesiredObject, Resource, Option<(Resource, LiveObject)>);

impl Survey<'_> {
    /// Asks about every object: Namespaces first, since what is in a missing one, and in one that is
    /// going, cannot be asked about.
    ///
    /// Then about definitions: what is of a kind whose definition is to change cannot be asked about either,
    /// since the server would answer by the definition that it has.
    pub(super) async fn ask_all(&self, known: Vec<Known>, schema: &Schema, proves: bool) -> Result<Vec<Observation>> {
        let (namespaces, rest): (Vec<_>, Vec<_>) = known
            .into_iter()
            .partition(|(object, _, _)| object.reference.kind.is("", "Namespace"));
        let (definitions, rest): (Vec<_>, Vec<_>) = rest
            .into_iter()
            .partition(|(object, _, _)| is_definition(&object.reference.kind));
        let mut around = Around::new(schema);
        let (mut observations, namespaces) = self.proved(namespaces, &around, proves);
        observations.extend(self.ask_some(namespaces, &around).await?);
        around.missing = observations
            .iter()
            .filter(|observation| {
                let is_going = is_because(&observation.answer, &Unverified::BeingDeleted);
                observation.live.is_none() || is_going
            })
            .map(|observation| observation.desired.reference.name.clone())
            .collect();
        let (proved, definitions) = self.proved(definitions, &around, proves);
        observations.extend(proved);
        let definitions = self.ask_some(definitions, &around).await?;
        around.changing = definitions.iter().filter_map(changing_kind).collect();
        observations.extend(definitions);
        let (proved, rest) = self.proved(rest, &around, proves);
        observations.extend(proved);
        observations.extend(self.ask_some(rest, &around).await?);
        self.check_namespaces(&observations).await?;
        Ok(observations)
    }

    /// The namespace of what is new must be there. Where the server is asked about an object, it says so
    /// itself; of what it may not be asked about, the namespace is looked for.
    async fn check_namespaces(&self, observations: &[Observation]) -> Result<()> {
        let wanted: BTreeSet<&ObjectRef> = observations
            .iter()
            .map(|observation| &observation.desired.reference)
            .collect();
        let unasked = observations.iter().filter(|observation| {
            observation.live.is_none() && is_because(&observation.answer, &Unverified::NotAllowed)
        });
        let mut first: BTreeMap<ObjectRef, &DesiredObject> = BTreeMap::new();
        for observation in unasked {
            if let Some(name) = &observation.desired.reference.namespace {
                first.entry(ObjectRef::namespace(name)).or_insert(&observation.desired);
            }
        }
        first.retain(|namespace, _| !wanted.contains(namespace));
        for (namespace, desired) in first {
            let Some(resource) = self.discovery.preferred(&namespace.kind) else {
                continue;
            };
            // Who may not look sees no less than before.
            if let Ok(None) = self.cluster.get(resource, &namespace).await {
                let message = format!("namespaces {:?} not found", namespace.name);
                return Err(refused(desired, ClusterError::new(Failure::NamespaceMissing, message)));
            }
        }
        Ok(())
    }

    /// Takes out what is proved to be in sync, by the schema of its kind: nothing is asked of it.
    fn proved(&self, known: Vec<Known>, around: &Around<'_>, proves: bool) -> (Vec<Observation>, Vec<Known>) {
        if !proves {
            return (Vec::new(), known);
        }
        let (mut proved, mut rest) = (Vec::new(), Vec::new());
        for (desired, resource, member) in known {
            let made = self.made(&desired, member.as_ref().map(|(_, live)| live), around.schema);
            let is_changing = around.changing.contains(&desired.reference.kind);
            match member {
                Some((listed, live))
                    if listed.gvk == resource.gvk
                        && !is_changing
                        && self.is_proved(&desired, &made, &live, around.schema) =>
                {
                    let wanted = Wanted {
                        desired,
                        resource,
                        made,
                    };
                    proved.push(wanted.observed(Some(live), Answered::Proved, Run::Plain));
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

    fn made(&self, desired: &DesiredObject, live: Option<&LiveObject>, schema: &Schema) -> Made {
        Made::new(self.question, (self.discovery, schema), desired, live)
    }

    /// Asks about each, but first about one of those that take the same right: where that is missing, the
    /// others are not asked about.
    ///
    /// A right can be given for single names. Then some are not asked about that could be; they are
    /// marked as unverified like the rest.
    async fn ask_some(&self, known: Vec<Known>, around: &Around<'_>) -> Result<Vec<Observation>> {
        let mut rights = BTreeSet::new();
        let (first, rest): (Vec<_>, Vec<_>) = known.into_iter().partition(|known| rights.insert(Right::to(known)));
        let mut asked = Asked::default();
        let none = BTreeSet::new();
        self.ask_each(first, around, &none, &mut asked).await?;
        let refused = std::mem::take(&mut asked.refused);
        self.ask_each(rest, around, &refused, &mut asked).await?;
        match Error::join(asked.errors) {
            Some(error) => Err(error),
            None => Ok(asked.observations),
        }
    }

    async fn ask_each(
        &self,
        known: Vec<Known>,
        around: &Around<'_>,
        refused: &BTreeSet<Right>,
        asked: &mut Asked,
    ) -> Result<()> {
        let mut answers = futures::stream::iter(known)
            .map(|known| async {
                let right = Right::to(&known);
                let may_ask = !refused.contains(&right);
                (right, self.ask_one(known, around, may_ask).await)
            })
            .buffered(self.question.concurrency);
        while let Some((right, answer)) = answers.next().await {
            match answer {
                Ok(observation) => {
                    if is_because(&observation.answer, &Unverified::NotAllowed) {
                        asked.refused.insert(right);
                    }
                    asked.observations.push(observation);
                }
                // What is wrong with no manifest is wrong with the cluster, and will be with the next.
                Err(error) if error.places().is_empty() => return Err(error),
                Err(error) => asked.errors.push(error),
            }
        }
        Ok(())
    }

    async fn ask_one(&self, known: Known, around: &Around<'_>, may_ask: bool) -> Result<Observation> {
        let (desired, resource, member) = known;
        let namespace = desired.reference.namespace.clone();
        let missing = namespace.filter(|name| around.missing.contains(name));
        let is_changing = around.changing.contains(&desired.reference.kind);
        let is_served = self.discovery.resource(&resource.gvk).is_some();
        let unverified = match missing {
            Some(namespace) => Some((Unverified::NamespaceMissing(namespace), None)),
            None => (!is_served).then(|| (Unverified::KindMissing, member.as_ref().map(|(_, live)| live.clone()))),
        };
        if let Some((why, live)) = unverified {
            let mut made = self.made(&desired, live.as_ref(), around.schema);
            bind(&mut made.sent, live.as_ref().map(Version::of).as_ref());
            let wanted = Wanted {
                desired,
                resource,
                made,
            };
            return Ok(wanted.observed(live, not_yet(why), Run::Plain));
        }
        let recorded = self.completed.get(&desired.reference);
        let live = match member {
            Some((listed, live)) if listed.gvk == resource.gvk => Some(live),
            // What is no member is most often not there: the server says so when it is asked.
            // Of a Job it may not be asked, so it must be looked for.
            None if self.question.set.is_some() && recorded.is_none() && may_ask && !is_changing => None,
            _ => read(self.cluster, &resource, &desired).await?,
        };
        let asking = Asking {
            cluster: self.cluster,
            question: self.question,
            discovery: self.discovery,
            recorded,
            may_ask,
            schema: around.schema,
            is_changing,
        };
        asking.ask(desired, resource, live).await
    }
}

/// What an object is asked about in the midst of.
struct Around<'a> {
    /// How kinds are merged once everything is applied.
    schema: &'a Schema,
    /// The namespaces that are not there yet, or are going.
    missing: BTreeSet<String>,
    /// The kinds whose definition is to change.
    changing: BTreeSet<GroupKind>,
}

impl<'a> Around<'a> {
    fn new(schema: &'a Schema) -> Self {
        Self {
            schema,
            missing: BTreeSet::new(),
            changing: BTreeSet::new(),
        }
    }
}

/// The kind of a definition, where objects of it would be read or merged otherwise than now.
fn changing_kind(definition: &Observation) -> Option<GroupKind> {
    let live = definition.live.as_ref()?.value();
    let is_changed = match &definition.answer {
        Answered::ByServer { object, .. } => ["versions", "conversion"]
            .iter()
            .any(|field| object.value()["spec"][field] != live["spec"][field]),
        Answered::Unverified { .. } => !compare::is_base(&definition.desired, definition.live.as_ref()?),
        _ => false,
    };
    let text = |pointer: &str| live.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    is_changed.then(|| GroupKind::new(text("/spec/group"), text("/spec/names/kind")))
}

/// What came of asking about several objects.
#[derive(Default)]
struct Asked {
    observations: Vec<Observation>,
    /// What is wrong with manifests.
    errors: Vec<Error>,
    /// The rights that are missing.
    refused: BTreeSet<Right>,
}

/// The right that it takes to ask about an object, as authorization is usually given: to change what is
/// there, or to create, of one kind in one namespace.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Right {
    kind: GroupKind,
    namespace: Option<String>,
    is_member: bool,
}

impl Right {
    fn to((desired, _, member): &Known) -> Self {
        Self {
            kind: desired.reference.kind.clone(),
            namespace: desired.reference.namespace.clone(),
            is_member: member.is_some(),
        }
    }
}

/// Whether the server was not asked for this reason.
fn is_because(answer: &Answered, reason: &Unverified) -> bool {
    matches!(answer, Answered::Unverified { why, .. } if why == reason)
}

/// What is known of the server that a plan was made with.
#[derive(Clone, Copy)]
pub struct Server<'a> {
    /// Where.
    pub cluster: &'a dyn Cluster,
    /// The kinds that it knows.
    pub discovery: &'a Discovery,
    /// How it merges them.
    pub schema: &'a Schema,
}

/// One object, before it is known what the server says.
struct Wanted {
    desired: DesiredObject,
    resource: Resource,
    made: Made,
}

impl Wanted {
    /// What is said of an object that the server refuses: a refusal that is about the object is told with the
    /// others' changes, everything else ends it all.
    fn refused(self, live: Option<LiveObject>, error: ClusterError) -> Result<Observation> {
        // A binding of a role that is not there is answered with 404.
        let is_about_it = matches!(
            error.failure,
            Failure::Invalid | Failure::Denied | Failure::NotFound | Failure::NamespaceTerminating
        );
        let refusal = refused(&self.desired, error);
        if is_about_it {
            Ok(self.observed(live, Answered::Refused(Arc::new(refusal)), Run::Plain))
        } else {
            Err(refusal)
        }
    }

    fn observed(self, live: Option<LiveObject>, answer: Answered, run: Run) -> Observation {
        let Made { sent, ruled, migration } = self.made;
        Observation {
            desired: self.desired,
            resource: self.resource,
            sent,
            ruled,
            migration,
            live,
            answer,
            run,
            past: Past::default(),
        }
    }
}

/// Looks again at one object that changed while a plan for it was being executed. Once it is executed,
/// no earlier run of a Job counts.
pub async fn observe_again(
    server: &Server<'_>,
    desired: DesiredObject,
    resource: Resource,
    question: &Question,
) -> Result<Observation> {
    let Server {
        cluster,
        discovery,
        schema,
    } = *server;
    let live = read(cluster, &resource, &desired).await?;
    let asking = Asking {
        cluster,
        question,
        discovery,
        recorded: None,
        may_ask: true,
        schema,
        is_changing: false,
    };
    let mut observation = asking.ask(desired, resource, live).await?;
    predict(&mut observation, schema, question)?;
    Ok(observation)
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

/// How one object is asked about.
struct Asking<'a> {
    cluster: &'a dyn Cluster,
    question: &'a Question,
    discovery: &'a Discovery,
    /// The inputs that it has completed with, of a Job.
    recorded: Option<&'a Inputs>,
    /// Whether the right to ask is not known to be missing.
    may_ask: bool,
    /// How it is merged once everything is applied.
    schema: &'a Schema,
    /// Whether the definition of its kind is to change.
    is_changing: bool,
}

impl Asking<'_> {
    /// Asks the server what an apply of `desired` would do to `live`.
    async fn ask(
        mut self,
        desired: DesiredObject,
        resource: Resource,
        mut live: Option<LiveObject>,
    ) -> Result<Observation> {
        let question = self.question;
        let mut is_fixed = false;
        for _ in 0..TRIES {
            let (set, rerun) = (question.set.as_ref(), &question.policy.rerun);
            let run = Run::of(&desired, live.as_ref(), self.recorded, set, rerun, is_fixed);
            // What is created anew is as git says, whole.
            let stays = live
                .as_ref()
                .filter(|live| live.deletion_timestamp().is_none() && !matches!(run, Run::Again(_)));
            let mut made = Made::new(question, (self.discovery, self.schema), &desired, stays);
            if let (Run::Noted, Some(live)) = (&run, &live) {
                job::keep_spec(&mut made.sent, live);
            }
            let unasked = self.unasked(&desired, live.as_ref(), &run, made.migration.as_ref());
            // It is for when the old one is gone.
            let is_anew = matches!(run, Run::Again(_))
                || unasked
                    .as_ref()
                    .is_some_and(|answer| is_because(answer, &Unverified::BeingDeleted));
            bind(
                &mut made.sent,
                live.as_ref().filter(|_| !is_anew).map(Version::of).as_ref(),
            );
            let answer = match unasked {
                Some(answer) => Ok(answer),
                None => self.dry_run(&desired, &resource, &made, live.as_ref(), &run).await,
            };
            match answer {
                Ok(answer) => {
                    let wanted = Wanted {
                        desired,
                        resource,
                        made,
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
                    let wanted = Wanted {
                        desired,
                        resource,
                        made,
                    };
                    return self.instead(wanted, live, error).await;
                }
            }
        }
        Err(Error::new(format!("{} changes faster than it can be compared", desired.reference)).hint("try again"))
    }

    /// What is said of an object of which the server refuses an apply, where there is another way to what
    /// git wants.
    async fn instead(&self, mut wanted: Wanted, live: Option<LiveObject>, error: ClusterError) -> Result<Observation> {
        let Some(live) = live.filter(|_| wanted.desired.inputs.is_none()) else {
            return wanted.refused(None, error);
        };
        let Some(fields) = plan::fixed_fields(&error) else {
            return match defaulted::refused_fields(&error, &wanted.made.sent, &live) {
                Some(fields) => {
                    wanted.made = wanted.made.taking(self.question, &live, &fields);
                    Ok(wanted.observed(Some(live), not_yet(Unverified::Defaulted(fields)), Run::Plain))
                }
                None => wanted.refused(Some(live), error),
            };
        };
        // What is created anew is as git says, whole.
        wanted.made = Made::new(self.question, (self.discovery, self.schema), &wanted.desired, None);
        bind(&mut wanted.made.sent, None);
        let anew = anew::Anew {
            cluster: self.cluster,
            resource: &wanted.resource,
            desired: &wanted.desired,
            live: &live,
            sent: &wanted.made.sent,
            field_manager: &self.question.policy.field_manager,
        };
        match anew.answer(fields).await {
            Ok(answer) => Ok(wanted.observed(Some(live), answer, Run::Plain)),
            Err(error) => wanted.refused(Some(live), error),
        }
    }

    /// What is said of an object about which the server is not asked.
    fn unasked(
        &self,
        desired: &DesiredObject,
        live: Option<&LiveObject>,
        run: &Run,
        migration: Option<&Migration>,
    ) -> Option<Answered> {
        let question = self.question;
        let claim = live.map(|live| plan::claim(desired, live, question.set.as_ref(), &question.policy));
        match claim {
            Some(claim) if !claim.allows_change() => return Some(Answered::NotOurs(claim)),
            _ if *run == Run::Stands => return Some(Answered::Stands),
            _ => {}
        }
        if live.is_some_and(|live| live.deletion_timestamp().is_some()) {
            return Some(not_yet(Unverified::BeingDeleted));
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
        made: &Made,
        live: Option<&LiveObject>,
        run: &Run,
    ) -> Result<Answered, ClusterError> {
        let sent = &made.sent;
        let field_manager = &self.question.policy.field_manager;
        let reference = &desired.reference;
        let Answer {
            object,
            warnings: words,
            ..
        } = if let (Run::Again(_), Some(live)) = (run, live) {
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
        let object = match (&made.migration, live) {
            (Some(migration), Some(live)) => {
                let after = After {
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
        let warnings = warnings(desired, words);
        Ok(Answered::ByServer { object, warnings })
    }
}
