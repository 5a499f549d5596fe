//! Waits for a kind that comes at run time, once what brings it was applied.

use std::time::Instant;

use tokio::sync::MutexGuard;

use super::apply::Agreed;
use super::feeds::LOOK_AGAIN;
use super::{Outcome, Run};
use crate::cluster::{Discovery, Resource};
use crate::diagnostic::error::Error;
use crate::object::{DesiredObject, ObjectRef};
use crate::plan::Unverified;

/// What the server said last of its kinds, for all objects that wait for one.
#[derive(Default)]
pub(super) struct LatestKinds {
    /// When it answered, if it was asked: be it with an error, which leaves what it said before.
    answered: Option<Instant>,
    discovery: Discovery,
}

impl Run<'_> {
    /// What was agreed on, with how its kind is reached, where that was not known when it was planned.
    pub(super) async fn with_kind(&self, mut agreed: Agreed) -> Result<Agreed, Outcome> {
        let Some(Unverified::KindComes(bringer)) = &agreed.unverified else {
            return Ok(agreed);
        };
        let desired = &agreed.work.desired;
        let found = tokio::select! {
            found = self.kind_of(desired) => Ok(found),
            () = self.patience() => Err(Outcome::Failed(never_came(desired, bringer))),
        };
        let resource = found?;
        if resource.namespaced && desired.reference.namespace.is_none() {
            return Err(Outcome::Failed(without_namespace(desired)));
        }
        agreed.work.resource = resource;
        Ok(agreed)
    }

    /// Asks until the server knows the kind. What it answers otherwise may be of the moment.
    async fn kind_of(&self, desired: &DesiredObject) -> Resource {
        let gvk = desired.gvk();
        loop {
            if let Some(resource) = self.latest_kinds().await.discovery.resource(&gvk) {
                return resource.clone();
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// What the server says of its kinds, or said less than [`LOOK_AGAIN`] ago. However many objects wait, one of them asks;
    /// the others wait until it is done.
    async fn latest_kinds(&self) -> MutexGuard<'_, LatestKinds> {
        let mut kinds = self.kinds.lock().await;
        if kinds.answered.is_none_or(|at| at.elapsed() >= LOOK_AGAIN) {
            let discovery = {
                let _turn = self.requests.acquire().await;
                self.execution.cluster.discover().await
            };
            match discovery {
                Ok(discovery) => kinds.discovery = discovery,
                Err(error) => tracing::debug!(%error, "failed to discover a kind that is to come"),
            }
            kinds.answered = Some(Instant::now());
        }
        kinds
    }
}

fn never_came(desired: &DesiredObject, bringer: &ObjectRef) -> Error {
    let error = Error::new(format!("the cluster does not know the kind {} yet", desired.gvk()));
    at_kind(error, desired).hint(format!(
        "{bringer} is to bring it: look at the controller that does so, or pass a longer --timeout"
    ))
}

fn without_namespace(desired: &DesiredObject) -> Error {
    let error = Error::new(format!("objects of the kind {} are in namespaces", desired.gvk()));
    at_kind(error, desired).hint("write a `metadata.namespace`: it was not known when this was planned")
}

fn at_kind(error: Error, desired: &DesiredObject) -> Error {
    match desired.place(&crate::object::field::FieldPath::of(&["kind"])) {
        Some(place) => error.at(place, "this kind"),
        None => error,
    }
}
