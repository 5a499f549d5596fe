//! Waits for a kind that comes at run time, once what brings it was applied.

use super::apply::Agreed;
use super::feeds::LOOK_AGAIN;
use super::{Outcome, Run};
use crate::cluster::Resource;
use crate::diagnostic::error::Error;
use crate::object::{DesiredObject, ObjectRef};
use crate::plan::Unverified;

impl Run<'_> {
    /// The same, with how its kind is reached, where that was not known when it was planned.
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
        loop {
            let discovery = {
                let _turn = self.requests.acquire().await;
                self.execution.cluster.discover().await
            };
            match discovery {
                Ok(discovery) => {
                    if let Some(resource) = discovery.resource(&desired.gvk()) {
                        return resource.clone();
                    }
                }
                Err(error) => tracing::debug!(%error, "failed to discover a kind that is to come"),
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
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
