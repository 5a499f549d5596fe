//! Who is asked about, in which order: what decides about others goes first.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use rayon::iter::{Either, IntoParallelIterator as _, ParallelIterator as _};
use smol_str::SmolStr;

use super::ask_one::{Inquiry, WantedObject, bind, is_because, read};
use super::members::Observer;
use super::payload::Payload;
use super::predict::not_yet;
use super::provable::Provable;
use crate::cluster::Resource;
use crate::diagnostic::error::{Error, Result};
use crate::kinds::definition::Definition;
use crate::kinds::generate;
use crate::kinds::jobs::JobRun;
use crate::object::{DesiredObject, GroupKind, LiveObject, is_definition};
use crate::plan::compare;
use crate::plan::{Answered, ObjectVersion, Observation, Proved, Unverified};
use crate::ssa::schema::Schema;

/// What is known of the desired objects.
#[derive(Debug)]
pub(super) struct ObjectAnswers {
    /// The objects of which the records of the server prove that they are in sync.
    pub(super) proved: Vec<Proved>,
    /// Everything else.
    pub(super) objects: Vec<Observation>,
}

/// A desired object, how its kind is reached, and the member that it is, if it is one.
pub(super) type Known = (DesiredObject, Resource, Option<(Resource, LiveObject)>);

impl Observer<'_> {
    /// Asks about every object: Namespaces first, since what is in a missing one, and in one that is
    /// going, cannot be asked about.
    ///
    /// Then about definitions: what is of a kind whose definition is to change cannot be asked about either,
    /// since the server would answer by the definition that it has.
    pub(super) async fn ask_all(
        &self,
        known: Vec<Known>,
        schema: &Schema,
        provable: &Provable,
    ) -> Result<ObjectAnswers> {
        let (namespaces, rest): (Vec<_>, Vec<_>) = known
            .into_iter()
            .partition(|(object, _, _)| object.reference.kind.is("", "Namespace"));
        let (definitions, rest): (Vec<_>, Vec<_>) = rest
            .into_iter()
            .partition(|(object, _, _)| is_definition(&object.reference.kind));
        let mut around = QueryContext::new(schema);
        let (mut proved, namespaces) = self.proved(namespaces, &around, provable);
        let mut observations = self.ask_some(namespaces, &around).await?;
        around.missing = observations
            .iter()
            .filter(|observation| {
                let is_going = is_because(&observation.answer, &Unverified::BeingDeleted);
                observation.live.is_none() || is_going
            })
            .map(|observation| observation.desired.reference.name.clone())
            .collect();
        let (more, definitions) = self.proved(definitions, &around, provable);
        proved.extend(more);
        let definitions = self.ask_some(definitions, &around).await?;
        around.changing = definitions.iter().filter_map(changing_kind).collect();
        observations.extend(definitions);
        let (more, rest) = self.proved(rest, &around, provable);
        proved.extend(more);
        observations.extend(self.ask_some(rest, &around).await?);
        let mut answers = ObjectAnswers {
            proved,
            objects: observations,
        };
        self.tell_homeless(&mut answers).await?;
        Ok(answers)
    }

    /// Takes out what is proved to be in sync, by the schema of its kind: nothing is asked of it, and nothing of it
    /// is kept but what a plan tells.
    fn proved(&self, known: Vec<Known>, around: &QueryContext<'_>, provable: &Provable) -> (Vec<Proved>, Vec<Known>) {
        let known = known.into_par_iter();
        known.partition_map(|known| match self.prove(known, around, provable) {
            Ok(proved) => Either::Left(proved),
            Err(known) => Either::Right(*known),
        })
    }

    /// What is proved of an object; the object itself, where nothing is.
    fn prove(&self, known: Known, around: &QueryContext<'_>, provable: &Provable) -> Result<Proved, Box<Known>> {
        let (desired, resource, member) = known;
        let is_changing = around.changing.contains(&desired.reference.kind);
        let may_be = |listed: &Resource, live: &LiveObject| {
            !is_changing && listed.gvk == resource.gvk && provable.has(&desired.reference, live)
        };
        let live = match member {
            Some((listed, live)) if may_be(&listed, &live) => live,
            member => return Err(Box::new((desired, resource, member))),
        };
        let mut payload = self.payload_of(&desired, Some(&live), around.schema);
        if !self.is_proved(&desired, &mut payload, &live, around.schema) {
            let member = Some((resource.clone(), live));
            return Err(Box::new((desired, resource, member)));
        }
        Ok(Proved::new((desired, resource), &live, payload.ruled))
    }

    /// Of a Job, its inputs decide; and what is still to be made in the cluster is no proof. What is sent is used up.
    fn is_proved(&self, desired: &DesiredObject, payload: &mut Payload, live: &LiveObject, schema: &Schema) -> bool {
        desired.inputs.is_none()
            && payload.migration.is_none()
            && generate::due(desired, Some(live)).is_none()
            && compare::is_proved(payload.sent.take(), live, schema, &self.query.policy.field_manager)
    }

    fn payload_of(&self, desired: &DesiredObject, live: Option<&LiveObject>, schema: &Schema) -> Payload {
        Payload::new(self.query, (self.discovery, schema), (desired, None), live)
    }

    /// Asks about each, but first about one of those that take the same right: where that is missing, the
    /// others are not asked about.
    ///
    /// A right can be given for single names. Then some are not asked about that could be; they are
    /// marked as unverified like the rest.
    async fn ask_some(&self, known: Vec<Known>, around: &QueryContext<'_>) -> Result<Vec<Observation>> {
        let mut rights = BTreeSet::new();
        let (first, rest): (Vec<_>, Vec<_>) = known.into_iter().partition(|known| rights.insert(Right::to(known)));
        let mut asked = AskedObject::default();
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
        around: &QueryContext<'_>,
        refused: &BTreeSet<Right>,
        asked: &mut AskedObject,
    ) -> Result<()> {
        let mut answers = futures::stream::iter(known)
            .map(|known| async {
                let right = Right::to(&known);
                let may_ask = !refused.contains(&right);
                (right, self.ask_one(known, around, may_ask).await)
            })
            .buffered(self.query.concurrency);
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

    async fn ask_one(&self, known: Known, around: &QueryContext<'_>, may_ask: bool) -> Result<Observation> {
        let (desired, resource, member) = known;
        let namespace = desired.reference.namespace.clone();
        let missing = namespace.filter(|name| around.missing.contains(name));
        let is_changing = around.changing.contains(&desired.reference.kind);
        let is_served = self.discovery.resource(&resource.gvk).is_some();
        let bringer = self.brought_by.get(&desired.reference.kind).filter(|_| !is_served);
        let unverified = match (bringer, missing) {
            (Some(by), missing) => {
                let member = member.as_ref().filter(|_| missing.is_none());
                Some((Unverified::KindComes(by.clone()), member.map(|(_, live)| live.clone())))
            }
            (None, Some(namespace)) => Some((Unverified::NamespaceMissing(namespace), None)),
            (None, None) => (!is_served).then(|| {
                let served = self.discovery.versions(&resource.gvk.group_kind).iter();
                let why = Unverified::KindMissing(served.map(|resource| resource.gvk.api_version()).collect());
                (why, member.as_ref().map(|(_, live)| live.clone()))
            }),
        };
        if let Some((why, live)) = unverified {
            let mut payload = self.payload_of(&desired, live.as_ref(), around.schema);
            bind(&mut payload.sent, live.as_ref().map(ObjectVersion::of).as_ref());
            let wanted = WantedObject {
                desired,
                resource,
                payload,
            };
            return Ok(wanted.observed(live, not_yet(why), JobRun::Plain));
        }
        let recorded = self.completed.get(&desired.reference);
        let live = match member {
            Some((listed, live)) if listed.gvk == resource.gvk => Some(live),
            // What is no member is most often not there: the server says so when it is asked.
            // Of a Job it may not be asked, so it must be looked for.
            None if self.query.set.is_some() && recorded.is_none() && may_ask && !is_changing => None,
            _ => read(self.cluster, &resource, &desired).await?,
        };
        let asking = Inquiry {
            cluster: self.cluster,
            query: self.query,
            discovery: self.discovery,
            recorded,
            may_ask,
            schema: around.schema,
            is_changing,
            base: None,
        };
        asking.ask(desired, resource, live).await
    }
}

/// What an object is asked about in the midst of.
struct QueryContext<'a> {
    /// How kinds are merged once everything is applied.
    schema: &'a Schema,
    /// The namespaces that are not there yet, or are going.
    missing: BTreeSet<SmolStr>,
    /// The kinds whose definition is to change.
    changing: BTreeSet<GroupKind>,
}

impl<'a> QueryContext<'a> {
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
    let live = definition.live.as_ref()?;
    let now = Definition::new(live.value());
    let is_changed = match &definition.answer {
        Answered::ByServer { object, .. } => !now.treats_objects_as(Definition::new(object.value())),
        Answered::Unverified { .. } => !compare::is_base(&definition.desired, live),
        Answered::Refused { .. } | Answered::Immutable(_) | Answered::NotOurs(..) | Answered::UpToDate => false,
    };
    if is_changed { now.kind() } else { None }
}

/// What came of asking about several objects.
#[derive(Default)]
struct AskedObject {
    observations: Vec<Observation>,
    /// Mistakes in manifests, each at its place.
    errors: Vec<Error>,
    /// The rights that are missing.
    refused: BTreeSet<Right>,
}

/// The right that it takes to ask about an object, as authorization is usually given: to change what is
/// there, or to create, of one kind in one namespace.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Right {
    kind: GroupKind,
    namespace: Option<SmolStr>,
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
