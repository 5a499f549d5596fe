//! Objects whose namespace is neither in the cluster nor in the directory: they are refused, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::sync::Arc;

use smol_str::SmolStr;

use super::ask_all::ObjectAnswers;
use super::ask_one::is_because;
use super::explain::refused;
use super::members::Observer;
use crate::cluster::{ClusterError, Failure};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::Place;
use crate::object::ObjectRef;
use crate::plan::{Answered, Observation, RefusedBy, Unverified};

impl Observer<'_> {
    /// Tells of each namespace that is missing once, at the first object that wants it; of the others only that it is.
    ///
    /// The server says so of what it is asked about. Of what it may not be asked about, the namespace is looked for.
    /// Without the namespace of the ApplySet itself nothing can be done at all: that is an error.
    pub(super) async fn tell_homeless(&self, answers: &mut ObjectAnswers) -> Result<()> {
        self.look_for_namespaces(answers).await;
        let mut homeless: BTreeMap<SmolStr, Vec<&mut Observation>> = BTreeMap::new();
        for observation in answers
            .objects
            .iter_mut()
            .filter(|observation| is_homeless(&observation.answer))
        {
            let namespace = observation.desired.reference.namespace.clone().unwrap_or_default();
            homeless.entry(namespace).or_default().push(observation);
        }
        let set = self.query.set.as_ref();
        let is_fatal = set.is_some_and(|set| homeless.contains_key(set.namespace.as_str()));
        if is_fatal {
            let errors = homeless
                .iter()
                .map(|(namespace, observations)| missing(namespace, observations));
            return Error::join(errors).map_or(Ok(()), Err);
        }
        for (namespace, observations) in homeless {
            let told = Arc::new(missing(&namespace, &observations));
            let first = first_of(&observations);
            for (index, observation) in observations.into_iter().enumerate() {
                let error = if first == Some(index) {
                    Arc::clone(&told)
                } else {
                    Arc::new(Error::new(format!("namespace {namespace} does not exist")))
                };
                observation.answer = Answered::Refused {
                    error,
                    by: RefusedBy::Validation,
                };
            }
        }
        Ok(())
    }

    /// Looks for the namespaces of what the server may not be asked about. Who may not look sees no less than before.
    async fn look_for_namespaces(&self, answers: &mut ObjectAnswers) {
        let proved = answers.proved.iter().map(|proved| &proved.settled.reference);
        let others = answers.objects.iter().map(|observation| &observation.desired.reference);
        let namespaces = proved.chain(others).filter(|object| object.kind.is("", "Namespace"));
        let wanted: BTreeSet<SmolStr> = namespaces.map(|namespace| namespace.name.clone()).collect();
        let mut known: BTreeMap<SmolStr, bool> = BTreeMap::new();
        for observation in &mut answers.objects {
            let is_unasked = observation.live.is_none() && is_because(&observation.answer, &Unverified::NotAllowed);
            let Some(name) = observation.desired.reference.namespace.clone().filter(|_| is_unasked) else {
                continue;
            };
            if wanted.contains(&name) {
                continue;
            }
            let is_missing = match known.get(&name) {
                Some(is_missing) => *is_missing,
                None => self.is_missing(&ObjectRef::namespace(&name)).await,
            };
            known.insert(name.clone(), is_missing);
            if is_missing {
                let message = format!("namespaces {name:?} not found");
                let error = ClusterError::new(Failure::NamespaceMissing, message);
                let error = refused(self.cluster.judge(), &observation.desired, error);
                observation.answer = refusal(error);
            }
        }
    }

    async fn is_missing(&self, namespace: &ObjectRef) -> bool {
        match self.discovery.preferred(&namespace.kind) {
            Some(resource) => matches!(self.cluster.get(resource, namespace).await, Ok(None)),
            None => false,
        }
    }
}

fn refusal(error: Error) -> Answered {
    Answered::Refused {
        error: Arc::new(error),
        by: RefusedBy::Validation,
    }
}

/// Whether nothing is wrong with a manifest but that the namespace of its object is missing.
fn is_homeless(answer: &Answered) -> bool {
    let Answered::Refused { error, .. } = answer else {
        return false;
    };
    let cause = error.source().and_then(|cause| cause.downcast_ref::<ClusterError>());
    cause.is_some_and(|cause| cause.failure == Failure::NamespaceMissing)
}

fn place(observation: &Observation) -> Option<Place> {
    let Answered::Refused { error, .. } = &observation.answer else {
        return None;
    };
    error.places().first().map(|(place, _)| place.clone())
}

/// The object that stands first in the directory.
fn first_of(observations: &[&mut Observation]) -> Option<usize> {
    let placed = observations.iter().enumerate();
    let first = placed.min_by_key(|(_, observation)| {
        place(observation).map(|place| (place.file.path().to_owned(), place.span.start))
    });
    first.map(|(index, _)| index)
}

/// A namespace that is missing, and how many objects want it.
fn missing(namespace: &str, observations: &[&mut Observation]) -> Error {
    let count = observations.len();
    let message = if count == 1 {
        format!("namespace {namespace} does not exist")
    } else {
        format!("namespace {namespace} does not exist, and {count} objects are to be in it")
    };
    let first = first_of(observations).and_then(|index| place(observations[index]));
    let label = if count == 1 { "" } else { "the first of them" };
    let error = match first {
        Some(place) => Error::new(message).at(place, label),
        None => Error::new(message),
    };
    error.hint(format!(
        "add it to the directory, or create it with `kubectl create namespace {namespace}`"
    ))
}
