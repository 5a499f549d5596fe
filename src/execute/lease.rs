//! One sync at a time: a Lease an ApplySet.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::cluster::{Cluster, Failure, Resource};
use crate::error::{Error, Result};
use crate::inventory::ApplySet;
use crate::object::{GroupVersionKind, LiveObject};
use crate::observe;

/// Who holds a Lease, as others read it.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Who and where: `alice@laptop/4711`.
    pub identity: String,
}

/// How long a Lease is valid without being renewed, in seconds.
const DURATION: u16 = 30;
/// How often it is renewed.
const RENEWAL: Duration = Duration::from_secs(5);
/// How long after the last renewal it is taken for lost.
const GIVE_UP: Duration = Duration::from_secs(20);
/// The field manager of the Lease's own fields.
const MANAGER: &str = "stackanetes";

/// The Lease of an ApplySet, held by this process and renewed in the background.
pub(super) struct Lease {
    resource: Resource,
    set: ApplySet,
    held: watch::Receiver<Held>,
    renewal: JoinHandle<()>,
}

#[derive(Debug, Clone)]
enum Held {
    Yes(Value),
    Lost(String),
}

impl Lease {
    /// Takes the Lease. `Err` names the holder when another process has it.
    pub(super) async fn acquire(cluster: &Arc<dyn Cluster>, set: &ApplySet, holder: &Holder) -> Result<Self> {
        let reference = set.lease();
        let resource = Resource {
            gvk: GroupVersionKind::new("coordination.k8s.io/v1", "Lease"),
            plural: "leases".to_owned(),
            namespaced: true,
            listable: true,
        };
        let failed = |what: &str, error| observe::failed(&format!("{what} {reference}"), error);
        let live = cluster
            .get(&resource, &reference)
            .await
            .map_err(|error| failed("read", error))?;
        let now = Timestamp::now();
        if let Some(live) = &live
            && let Some(other) = valid_holder(live, now)
        {
            return Err(held_by(set, &other));
        }
        let wanted = object(set, holder, live.as_ref(), now);
        let written = match live {
            Some(_) => cluster.replace(&resource, &wanted, MANAGER).await,
            None => cluster.create(&resource, &wanted, MANAGER).await,
        };
        let stored = match written {
            Ok(stored) => stored,
            Err(error) if matches!(error.failure, Failure::Conflict | Failure::AlreadyExists) => {
                return Err(held_by(set, "another sync that began at the same moment"));
            }
            Err(error) => return Err(failed("take", error)),
        };
        let (sender, held) = watch::channel(Held::Yes(stored.into_value()));
        let renewal = tokio::spawn(renew(cluster.clone(), resource.clone(), set.clone(), sender));
        Ok(Self {
            resource,
            set: set.clone(),
            held,
            renewal,
        })
    }

    /// Waits until the Lease is lost, and says how.
    pub(super) async fn lost(&self) -> Error {
        let mut held = self.held.clone();
        let lost = held.wait_for(|held| matches!(held, Held::Lost(_))).await;
        let why = match lost.as_deref() {
            Ok(Held::Lost(why)) => why.clone(),
            _ => "it is not renewed any more".to_owned(),
        };
        Error::new(format!("lost the Lease of the ApplySet {}: {why}", self.set.name))
            .hint("what was written stays; run the sync again")
    }

    /// Lets the next sync begin at once. A Lease that cannot be given back expires by itself.
    pub(super) async fn release(self, cluster: &Arc<dyn Cluster>) {
        self.renewal.abort();
        let Held::Yes(mut object) = self.held.borrow().clone() else {
            return;
        };
        object["spec"]["holderIdentity"] = "".into();
        if let Err(error) = cluster.replace(&self.resource, &object, MANAGER).await {
            tracing::debug!(%error, "failed to give back the Lease");
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Renews the Lease until it is lost. One that could not be renewed in time is taken for lost a good
/// while before anybody else may take it.
async fn renew(cluster: Arc<dyn Cluster>, resource: Resource, set: ApplySet, held: watch::Sender<Held>) {
    let mut renewed = Instant::now();
    loop {
        tokio::time::sleep(RENEWAL).await;
        let lost = match tokio::time::timeout_at(renewed + GIVE_UP, renew_once(&*cluster, &resource, &set, &held)).await
        {
            Ok(Ok(())) => {
                renewed = Instant::now();
                continue;
            }
            Ok(Err(Some(lost))) => lost,
            Ok(Err(None)) if renewed.elapsed() < GIVE_UP => continue,
            Ok(Err(None)) | Err(_) => "it could not be renewed in time".to_owned(),
        };
        held.send_replace(Held::Lost(lost));
        return;
    }
}

/// `Err(Some)` when the Lease is not ours any more, `Err(None)` when that is not known.
async fn renew_once(
    cluster: &dyn Cluster,
    resource: &Resource,
    set: &ApplySet,
    held: &watch::Sender<Held>,
) -> Result<(), Option<String>> {
    let Held::Yes(mut object) = held.borrow().clone() else {
        return Err(None);
    };
    object["spec"]["renewTime"] = micro_time(Timestamp::now()).into();
    match cluster.replace(resource, &object, MANAGER).await {
        Ok(stored) => {
            held.send_replace(Held::Yes(stored.into_value()));
            Ok(())
        }
        Err(error) if matches!(error.failure, Failure::NotFound | Failure::NamespaceMissing) => {
            Err(Some("somebody deleted it".to_owned()))
        }
        // Either somebody took it, or our own write arrived and its answer did not.
        Err(error) if error.failure == Failure::Conflict => {
            let live = cluster.get(resource, &set.lease()).await.ok().flatten();
            let identity = |lease: &Value| {
                (
                    lease["metadata"]["uid"].clone(),
                    lease["spec"]["holderIdentity"].clone(),
                )
            };
            match live.map(LiveObject::into_value) {
                Some(live) if identity(&live) == identity(&object) => {
                    held.send_replace(Held::Yes(live));
                    Ok(())
                }
                Some(live) => Err(Some(format!(
                    "{} has it",
                    live["spec"]["holderIdentity"].as_str().unwrap_or("nobody")
                ))),
                None => Err(None),
            }
        }
        Err(error) => {
            tracing::debug!(%error, "failed to renew the Lease; trying again");
            Err(None)
        }
    }
}

/// Who holds a Lease, unless it is free or expired.
fn valid_holder(lease: &LiveObject, now: Timestamp) -> Option<String> {
    let spec = lease.value().get("spec")?;
    let holder = spec
        .get("holderIdentity")?
        .as_str()
        .filter(|holder| !holder.is_empty())?;
    let renewed: Timestamp = spec.get("renewTime")?.as_str()?.parse().ok()?;
    let seconds = spec.get("leaseDurationSeconds")?.as_i64()?;
    (now.duration_since(renewed) < SignedDuration::from_secs(seconds)).then(|| holder.to_owned())
}

fn held_by(set: &ApplySet, holder: &str) -> Error {
    Error::new(format!("the ApplySet {} is being synced by {holder}", set.name)).hint(format!(
        "wait until it is done; a sync that died is taken over after {DURATION} s"
    ))
}

fn object(set: &ApplySet, holder: &Holder, live: Option<&LiveObject>, now: Timestamp) -> Value {
    let reference = set.lease();
    let transitions = live
        .and_then(|live| live.value().pointer("/spec/leaseTransitions")?.as_i64())
        .unwrap_or(-1);
    let mut metadata = json!({"name": reference.name, "namespace": set.namespace});
    if let Some(live) = live {
        metadata["uid"] = live.uid().into();
        metadata["resourceVersion"] = live.resource_version().into();
    }
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata,
        "spec": {
            "holderIdentity": holder.identity,
            "leaseDurationSeconds": DURATION,
            "acquireTime": micro_time(now),
            "renewTime": micro_time(now),
            "leaseTransitions": transitions + 1,
        },
    })
}

/// The form of Kubernetes' MicroTime.
fn micro_time(time: Timestamp) -> String {
    format!("{time:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_held_until_it_expires_or_is_given_back() {
        let set = ApplySet {
            name: "demo".into(),
            namespace: "a".into(),
        };
        let holder = Holder {
            identity: "alice@laptop/1".into(),
        };
        let then = Timestamp::from_second(1_000_000).expect("a time");
        let lease = object(&set, &holder, None, then);
        let after = |seconds: i64| then + SignedDuration::from_secs(seconds);
        let live = LiveObject::new(lease.clone());
        assert_eq!(valid_holder(&live, after(29)).as_deref(), Some("alice@laptop/1"));
        assert_eq!(valid_holder(&live, after(31)), None);
        let mut free = lease;
        free["spec"]["holderIdentity"] = "".into();
        assert_eq!(valid_holder(&LiveObject::new(free), after(1)), None);
    }
}
