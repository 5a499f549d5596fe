//! Waits until objects are Current.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use super::{DeletionBlock, Event, Execution, Hindered, Outcome, Run, Wait};
use crate::cluster::Resource;
use crate::kinds::health::{self, Health, Hindrance, Status};
use crate::kinds::jobs::InputDigests;
use crate::object::{self, LiveObject, ObjectRef};
use crate::observe::{self, Diagnosis};
use crate::plan::InSync;

/// How long until the StorageClass of a claim that is not bound is read again.
const CLASS_INTERVAL: Duration = Duration::from_secs(1);

/// How long an object is waited for before its pods and the Events about them are asked why.
const FIRST_LOOK: Duration = Duration::from_secs(2);

/// How long at most until they are asked again. The time doubles up to it, so that a hundred objects that are waited for
/// do not keep the server busy.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The pause between two looks where the answer may end the wait.
const SHORT_PAUSE: Duration = Duration::from_secs(4);

/// An object that is waited for.
struct Awaited<'a> {
    resource: &'a Resource,
    /// The object as it was written.
    live: &'a LiveObject,
    /// The health when it was seen last.
    health: RefCell<Health>,
    /// What kept it from becoming Current when that was asked last.
    hindered: RefCell<Option<Hindered>>,
}

impl Awaited<'_> {
    /// That it is waited for.
    fn event(&self) -> Event {
        Event::Waiting {
            reference: self.live.reference(),
            health: self.health.borrow().clone(),
            hindered: self.hindered.borrow().clone(),
        }
    }
}

impl Run<'_> {
    /// Waits until an object that is as git wants it is Current too.
    pub(super) async fn await_settled(&self, settled: InSync) -> Outcome {
        if settled.health.is_current() {
            return Outcome::Unchanged;
        }
        let InSync {
            reference,
            resource,
            inputs,
            ..
        } = settled;
        let live = {
            let _turn = self.requests.acquire().await;
            self.execution.cluster.get(&resource, &reference).await
        };
        match live {
            Ok(Some(live)) => self.await_current(&resource, &live, inputs, Outcome::Unchanged).await,
            Ok(None) => Outcome::Moved,
            Err(error) => Outcome::Failed(observe::failed(&format!("read {reference}"), error)),
        }
    }

    pub(super) async fn await_current(
        &self,
        resource: &Resource,
        live: &LiveObject,
        inputs: Option<InputDigests>,
        done: Outcome,
    ) -> Outcome {
        if let Some(health) = self.not_awaited(live).await {
            self.unawaited.set(self.unawaited.get() + 1);
            let reference = live.reference();
            self.send(Event::Unawaited { reference, health });
            return done;
        }
        let awaited = Awaited {
            resource,
            live,
            health: RefCell::new(health::of(live)),
            hindered: RefCell::default(),
        };
        let progress = |health: &Health| {
            awaited.health.replace(health.clone());
            self.send(awaited.event());
        };
        let health = tokio::select! {
            biased;
            () = self.waits_for_consumer(live) => return done,
            health = self.feeds.current(resource, live, self.patience(), progress) => health,
            hindered = self.hindered(&awaited) => return Outcome::NotReady(hindered),
        };
        if health.is_current() {
            if let Some(inputs) = inputs.filter(|_| self.feeds.saw_complete(resource, live)) {
                self.runs.complete(&live.reference(), inputs);
            }
            done
        } else {
            let known = awaited.hindered.take().filter(|_| self.is_stopped());
            Outcome::NotReady(match known {
                Some(hindered) => hindered.health,
                None => self.explained(resource, live, health).await,
            })
        }
    }

    /// Ends when a claim stays Pending until a pod uses it, and never for anything else. It is asked again and again,
    /// because the StorageClass may come after the claim, in another component.
    async fn waits_for_consumer(&self, live: &LiveObject) {
        let Execution { cluster, served, .. } = &self.execution;
        while !observe::waits_for_consumer(&**cluster, &served.discovery, live).await {
            if !live.reference().kind.is("", "PersistentVolumeClaim") {
                return std::future::pending().await;
            }
            tokio::time::sleep(CLASS_INTERVAL).await;
        }
    }

    /// How an object is that is not Current and is not waited for. What the API server itself must know before it takes
    /// other objects is waited for all the same, and what has failed has failed.
    async fn not_awaited(&self, live: &LiveObject) -> Option<Health> {
        let kind = live.reference().kind;
        let is_needed = kind.is("", "Namespace") || object::is_definition(&kind);
        let health = health::of(live);
        if self.execution.wait != Wait::Not || is_needed || matches!(health.status, Status::Current | Status::Failed) {
            return None;
        }
        let Execution { cluster, served, .. } = &self.execution;
        let is_as_it_should_be = observe::waits_for_consumer(&**cluster, &served.discovery, live).await;
        (!is_as_it_should_be).then_some(health)
    }

    /// Asks again and again why an object is not Current, and tells of what keeps it from that. Ends only where that
    /// does not pass by itself, and the sync is not to wait for such objects.
    async fn hindered(&self, awaited: &Awaited<'_>) -> Health {
        if !observe::can_be_diagnosed(&awaited.resource.gvk.group_kind) {
            return std::future::pending().await;
        }
        let longest = match self.execution.wait {
            Wait::FailFast => SHORT_PAUSE,
            Wait::UntilCurrent | Wait::Not => LONGEST_PAUSE,
        };
        let mut pause = FIRST_LOOK;
        let mut since: Option<(Hindrance, Instant)> = None;
        loop {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
            let found = self.diagnosed(awaited).await;
            if *awaited.hindered.borrow() != found {
                awaited.hindered.replace(found.clone());
                self.send(awaited.event());
            }
            let Some(Hindered { by, health }) = found else {
                since = None;
                continue;
            };
            let began = match since {
                Some((same, began)) if same == by => began,
                _ => Instant::now(),
            };
            since = Some((by, began));
            let lasts = by.lasts_after().is_some_and(|after| began.elapsed() >= after);
            if lasts && self.execution.wait == Wait::FailFast {
                return health;
            }
        }
    }

    async fn diagnosed(&self, awaited: &Awaited<'_>) -> Option<Hindered> {
        let Awaited { resource, live, .. } = awaited;
        let health = awaited.health.borrow().clone();
        let _turn = self.requests.acquire().await;
        let Execution { cluster, served, .. } = &self.execution;
        let found = observe::diagnosed(&**cluster, &served.discovery, resource, live, health).await;
        let Diagnosis { health, hindrance } = found;
        hindrance.map(|by| Hindered { by, health })
    }

    /// How an object is, with why; without it where the sync is stopped.
    async fn explained(&self, resource: &Resource, live: &LiveObject, health: Health) -> Health {
        if self.is_stopped() {
            return health;
        }
        let _turn = self.requests.acquire().await;
        let Execution { cluster, served, .. } = &self.execution;
        observe::explained(&**cluster, &served.discovery, resource, live, health).await
    }

    /// Waits until the object with this UID is gone. Meanwhile it tells what a namespace waits for that is being deleted.
    pub(super) async fn gone(
        &self,
        resource: &Resource,
        reference: &ObjectRef,
        uid: &str,
    ) -> Result<(), DeletionBlock> {
        let tell = |health: Health| {
            let by = Hindrance::NamespaceHeld;
            self.send(Event::Waiting {
                reference: reference.clone(),
                health: health.clone(),
                hindered: Some(Hindered { by, health }),
            });
        };
        tokio::select! {
            gone = self.feeds.gone(resource, reference, uid, self.patience()) => gone,
            never = self.feeds.terminating(resource, reference, tell) => match never {},
        }
    }

    /// How long anything is waited for: until its time is up, or the sync is stopped.
    pub(super) async fn patience(&self) {
        let mut stop = self.execution.stop.clone();
        tokio::select! {
            () = tokio::time::sleep(self.execution.timeout) => {}
            Ok(_) = stop.wait_for(|stop| *stop) => {}
        }
    }
}
