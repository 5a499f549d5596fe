//! One sync at a time: the Lease of an ApplySet, held by this process.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::fence::Fence;
use super::lock::{HeldLease, LeaseHolder, Lock, Renewed, micro_time, object};
use crate::applyset::inventory::ApplySet;
use crate::cluster::{Cluster, ClusterError, Failure, Resource};
use crate::diagnostic::error::Error;
use crate::object::{GroupVersionKind, LiveObject};
use crate::observe;

/// The field manager of the Lease's own fields.
pub(super) const MANAGER: &str = "stackanetes";
/// How often to look at a Lease that somebody else has, at most.
const LOOK: Duration = Duration::from_secs(1);

/// How often it is written at most, to take it or to give it back, where that fails and may go better.
pub(super) const WRITES: usize = 5;
/// How long to wait between two of these writes.
pub(super) const PAUSE: Duration = Duration::from_millis(250);

/// The Lease of an ApplySet, held by this process and renewed in the background.
pub(super) struct Lease {
    pub(super) resource: Resource,
    pub(super) set: ApplySet,
    /// How long it is valid without being renewed.
    pub(super) valid: Duration,
    pub(super) fence: Arc<Fence>,
    pub(super) held: Arc<watch::Sender<LeaseState>>,
    pub(super) renewal: JoinHandle<()>,
}

/// Whether a Lease is still held.
#[derive(Debug, Clone)]
pub(super) enum LeaseState {
    /// The Lease is held, as far as is known; this is how it was stored last.
    Yes { object: Value, renewed: Renewed },
    /// The Lease is not held any more, for this reason. That never changes again.
    Lost(String),
}

/// Whose the Lease shall be, and for how long.
pub(super) struct Wish<'a> {
    pub(super) set: &'a ApplySet,
    pub(super) holder: &'a LeaseHolder,
    pub(super) lock: Lock,
    /// Turns true when it is not wanted any more.
    pub(super) stop: watch::Receiver<bool>,
}

impl Lease {
    /// Takes the Lease, waiting while somebody else has it, of whom `tell` is told. From then on
    /// nothing passes the fence without it.
    pub(super) async fn acquire(
        fence: &Arc<Fence>,
        wish: Wish<'_>,
        tell: impl Fn(&LeaseHolder),
    ) -> Result<Self, Error> {
        let taker = Taker {
            cluster: fence.cluster(),
            resource: resource(),
            wish,
        };
        let began = Instant::now();
        let mut watched: Option<(HeldLease, Instant)> = None;
        let mut lives = false;
        let mut tried = 1;
        loop {
            let live = taker.read().await?;
            if let Some(claim) = live.as_ref().and_then(HeldLease::of) {
                let since = match &watched {
                    Some((seen, since)) if seen.version == claim.version => *since,
                    seen => {
                        lives = seen.is_some();
                        Instant::now()
                    }
                };
                if !claim.is_over(since.elapsed()) {
                    // One that may be over is looked at until that is known.
                    let may_be_over = claim.may_be_over(Timestamp::now()) && !lives;
                    if began.elapsed() >= taker.wish.lock.wait && !may_be_over {
                        return Err(claim.refusal(taker.wish.set));
                    }
                    if watched.is_none() {
                        tell(&claim.holder);
                    }
                    taker.pause(&claim).await?;
                    watched = Some((claim, since));
                    // Somebody was faster, which is no failure: how long that may go on is the caller's to say.
                    tried = 1;
                    continue;
                }
            }
            match taker.take(live.as_ref()).await {
                Ok((object, renewed)) => return Ok(taker.keep(fence, object, renewed)),
                // Somebody may have been faster: who that is will be seen.
                Err(error) if tried < WRITES && may_go_better(&error) => {
                    tracing::debug!(%error, "failed to take the Lease; trying again");
                    tried += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(taker.failed("take", error)),
            }
        }
    }

    /// Waits until the Lease is lost, and says how.
    pub(super) async fn lost(&self) -> Error {
        let mut held = self.held.subscribe();
        let lost = held.wait_for(|held| matches!(held, LeaseState::Lost(_))).await;
        let why = match lost.as_deref() {
            Ok(LeaseState::Lost(why)) => why.clone(),
            _ => "it is not renewed any more".to_owned(),
        };
        Error::new(format!("lost the Lease of the ApplySet {}: {why}", self.set.name))
            .hint("what was written stays; run the sync again")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Takes a Lease.
struct Taker<'a> {
    cluster: &'a Arc<dyn Cluster>,
    resource: Resource,
    wish: Wish<'a>,
}

impl Taker<'_> {
    async fn read(&self) -> Result<Option<LiveObject>, Error> {
        let read = self.cluster.get(&self.resource, &self.wish.set.lease()).await;
        read.map_err(|error| self.failed("read", error))
    }

    /// Takes it from where it stands. Where a write fails that may be stored all the same, the Lease itself tells.
    async fn take(&self, live: Option<&LiveObject>) -> Result<(Value, Renewed), ClusterError> {
        // What the others count from is not later than this.
        let renewed = Renewed::now();
        let Wish { set, holder, lock, .. } = &self.wish;
        let wanted = object(set, holder, *lock, live, renewed.time);
        let written = match live {
            Some(_) => self.cluster.replace(&self.resource, &wanted, MANAGER).await,
            None => self.cluster.create(&self.resource, &wanted, MANAGER).await,
        };
        let error = match written {
            Ok(stored) => return Ok((stored.into_value(), renewed)),
            Err(error) => error,
        };
        if may_go_better(&error) {
            let found = self.cluster.get(&self.resource, &set.lease()).await.ok().flatten();
            let ours = found.filter(|found| is_same_taking(found.value(), &wanted));
            if let Some(ours) = ours {
                return Ok((ours.into_value(), renewed));
            }
        }
        Err(error)
    }

    /// Renews it from now on, and lets nothing pass the fence once it is lost.
    fn keep(self, fence: &Arc<Fence>, object: Value, renewed: Renewed) -> Lease {
        let lock = self.wish.lock;
        let held = Arc::new(watch::Sender::new(LeaseState::Yes { object, renewed }));
        fence.close(held.clone(), lock.give_up());
        let keeper = LeaseRenewal {
            cluster: self.cluster.clone(),
            resource: self.resource.clone(),
            set: self.wish.set.clone(),
            lock,
            held: held.clone(),
        };
        Lease {
            resource: self.resource,
            set: self.wish.set.clone(),
            valid: lock.valid,
            fence: fence.clone(),
            held,
            renewal: tokio::spawn(keeper.keep()),
        }
    }

    async fn pause(&self, claim: &HeldLease) -> Result<(), Error> {
        let mut stop = self.wish.stop.clone();
        let stopped = async {
            // Who could stop it may be gone; then nobody does.
            if stop.wait_for(|stop| *stop).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = tokio::time::sleep(LOOK.min(self.wish.lock.renewal())) => Ok(()),
            () = stopped => Err(Error::new(format!(
                "stopped while {} syncs the ApplySet {}; nothing was changed",
                claim.holder, self.wish.set.name
            ))),
        }
    }

    fn failed(&self, what: &str, error: ClusterError) -> Error {
        observe::failed(&format!("{what} {}", self.wish.set.lease()), error)
    }
}

/// Renews a Lease until it is lost.
struct LeaseRenewal {
    cluster: Arc<dyn Cluster>,
    resource: Resource,
    set: ApplySet,
    lock: Lock,
    held: Arc<watch::Sender<LeaseState>>,
}

impl LeaseRenewal {
    async fn keep(self) {
        loop {
            tokio::time::sleep(self.lock.renewal()).await;
            let LeaseState::Yes { object, renewed } = self.held.borrow().clone() else {
                return;
            };
            let left = self.lock.give_up().saturating_sub(renewed.age());
            // Whoever was stopped for so long may find nobody in its place; it was out of it all the same.
            if left.is_zero() {
                lose(&self.held, "it was not renewed in time".to_owned());
                return;
            }
            let lost = match tokio::time::timeout(left, self.renew(object)).await {
                Ok(Ok(())) => continue,
                Ok(Err(Some(lost))) => lost,
                Ok(Err(None)) if renewed.age() < self.lock.give_up() => continue,
                Ok(Err(None)) | Err(_) => "it could not be renewed in time".to_owned(),
            };
            lose(&self.held, lost);
            return;
        }
    }

    /// `Err(Some)` when the Lease is not ours any more, `Err(None)` when that is not known.
    async fn renew(&self, mut object: Value) -> Result<(), Option<String>> {
        let renewed = Renewed::now();
        object["spec"]["renewTime"] = micro_time(renewed.time).into();
        match self.cluster.replace(&self.resource, &object, MANAGER).await {
            Ok(stored) => {
                self.note(stored.into_value(), renewed);
                Ok(())
            }
            Err(error) if matches!(error.failure, Failure::NotFound | Failure::NamespaceMissing) => {
                Err(Some("somebody deleted it".to_owned()))
            }
            // Either somebody took it, or our own write arrived and its answer did not.
            Err(error) if error.failure == Failure::Conflict => {
                let live = self.cluster.get(&self.resource, &self.set.lease()).await.ok().flatten();
                let Some(live) = live else { return Err(None) };
                let holder = HeldLease::of(&live).map_or_else(|| "nobody".to_owned(), |claim| claim.holder.to_string());
                let live = live.into_value();
                if identity(&live) != identity(&object) {
                    return Err(Some(format!("{holder} has it")));
                }
                // Which of our writes it was is not known: the next one counts.
                self.note_version(live);
                Err(None)
            }
            Err(error) => {
                tracing::debug!(%error, "failed to renew the Lease; trying again");
                Err(None)
            }
        }
    }

    fn note(&self, stored: Value, now: Renewed) {
        self.held.send_if_modified(|held| match held {
            LeaseState::Yes { object, renewed } => {
                (*object, *renewed) = (stored, now);
                true
            }
            LeaseState::Lost(_) => false,
        });
    }

    fn note_version(&self, stored: Value) {
        self.held.send_if_modified(|held| match held {
            LeaseState::Yes { object, .. } => {
                *object = stored;
                true
            }
            LeaseState::Lost(_) => false,
        });
    }
}

/// Notes that a Lease is lost. The first reason counts.
pub(super) fn lose(held: &watch::Sender<LeaseState>, why: String) {
    held.send_if_modified(|held| match held {
        LeaseState::Yes { .. } => {
            *held = LeaseState::Lost(why);
            true
        }
        LeaseState::Lost(_) => false,
    });
}

/// Whether another try may succeed, or this one has.
fn may_go_better(error: &ClusterError) -> bool {
    matches!(error.failure, Failure::Conflict | Failure::AlreadyExists) || error.may_have_arrived()
}

/// Whether a Lease is stored as it was to be taken: at this time, by this holder.
fn is_same_taking(stored: &Value, wanted: &Value) -> bool {
    ["holderIdentity", "acquireTime", "leaseTransitions"]
        .iter()
        .all(|field| stored["spec"][field] == wanted["spec"][field])
}

/// Which taking of which Lease this is, and whose.
pub(super) fn identity(lease: &Value) -> [Value; 3] {
    let spec = &lease["spec"];
    [
        lease["metadata"]["uid"].clone(),
        spec["holderIdentity"].clone(),
        spec["leaseTransitions"].clone(),
    ]
}

fn resource() -> Resource {
    Resource {
        gvk: GroupVersionKind::new("coordination.k8s.io/v1", "Lease"),
        plural: "leases".into(),
        namespaced: true,
        listable: true,
    }
}
