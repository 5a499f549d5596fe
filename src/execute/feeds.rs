//! What objects are doing: one watch a kind and scope, started when first needed.
//!
//! A watch may fail, and one whose connection was lost is silent without an error. So where a watch fails, and where it
//! has told nothing for a while, what is waited for is read itself.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cluster::{Cluster, ClusterError, Failure, Resource, Scope, WatchEvent};
use crate::kinds::finalizer::{Finalizer, finalizers};
use crate::kinds::health::{self, Health, Status};
use crate::kinds::termination::{self, Remainder};
use crate::object::{GroupKind, LiveObject, ObjectRef};
use crate::observe::{self, Scopes};

use super::DeletionBlock;

/// How long to wait before looking again at an object that no watch sees.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How long a watch may tell nothing before what is waited for is read itself.
const SILENCE: Duration = Duration::from_secs(10);

/// What a watch has told of one object.
#[derive(Debug, Clone)]
struct WatchedObject {
    uid: String,
    version: Option<u128>,
    health: Health,
    finalizers: Vec<Finalizer>,
    /// What it waits for, of a namespace that is being deleted.
    remainders: Vec<Remainder>,
    /// Whether it is a Job that has completed.
    is_complete: bool,
}

/// What a watch has told so far.
#[derive(Debug, Default)]
struct Feed {
    /// Whether every object there is has been told of at least once.
    listed: bool,
    objects: BTreeMap<ObjectRef, WatchedObject>,
    /// What was there and is not any more, as it was in the end.
    gone: BTreeMap<ObjectRef, WatchedObject>,
    /// While the watch starts again: what has not been told of again yet.
    unconfirmed: BTreeSet<ObjectRef>,
    /// Why nothing is told at the moment.
    failed: Option<Failed>,
}

/// Why a watch brings no events.
#[derive(Debug, Clone)]
struct Failed {
    failure: Failure,
    message: String,
}

impl Feed {
    fn note(&mut self, event: WatchEvent) {
        match event {
            WatchEvent::Restarted => self.unconfirmed = self.objects.keys().cloned().collect(),
            WatchEvent::Listed => {
                self.listed = true;
                for gone in std::mem::take(&mut self.unconfirmed) {
                    if let Some(seen) = self.objects.remove(&gone) {
                        self.gone.insert(gone, seen);
                    }
                }
            }
            WatchEvent::Deleted(object) => {
                let reference = object.reference();
                self.objects.remove(&reference);
                self.gone.insert(reference, WatchedObject::in_the_end(*object));
            }
            WatchEvent::Applied(object) => {
                let reference = object.reference();
                self.unconfirmed.remove(&reference);
                self.gone.remove(&reference);
                self.objects.insert(reference, WatchedObject::of(&object));
            }
        }
    }

    /// Takes note of what was found where the object that was applied is read itself.
    fn note_read(&mut self, applied: &LiveObject, found: Option<LiveObject>) {
        self.note(match found {
            Some(live) => WatchEvent::Applied(Box::new(live)),
            None => WatchEvent::Deleted(Box::new(applied.clone())),
        });
    }
}

impl WatchedObject {
    fn of(object: &LiveObject) -> Self {
        Self {
            uid: object.uid().to_owned(),
            version: version(object),
            health: health::of(object),
            is_complete: health::is_complete(object),
            finalizers: finalizers(object),
            remainders: termination::remainders(object),
        }
    }

    /// What an object was when it went. A Job that its TTL removes right after it completed has
    /// completed all the same.
    fn in_the_end(object: LiveObject) -> Self {
        let mut value = object.into_value();
        if let Some(metadata) = value.get_mut("metadata").and_then(serde_json::Value::as_object_mut) {
            metadata.remove("deletionTimestamp");
        }
        Self::of(&LiveObject::new(value))
    }
}

/// The `resourceVersion` as the number it is, so that versions of one kind can be put in order
/// ([KEP-5504](https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/5504-comparable-resource-version)).
fn version(object: &LiveObject) -> Option<u128> {
    object.resource_version().parse().ok()
}

struct RunningFeed {
    feed: Arc<watch::Sender<Feed>>,
    task: JoinHandle<()>,
}

/// The watches of a sync. They end when it is dropped.
pub(super) struct Feeds {
    cluster: Arc<dyn Cluster>,
    selector: String,
    scopes: Scopes,
    watched: Mutex<BTreeMap<(GroupKind, Scope), RunningFeed>>,
}

impl Feeds {
    pub(super) fn new(cluster: Arc<dyn Cluster>, selector: String, scopes: Scopes) -> Self {
        Self {
            cluster,
            selector,
            scopes,
            watched: Mutex::default(),
        }
    }

    /// Waits until the object that was applied is Current or has failed, for as long as there is
    /// `patience`; the last that was seen of it. `progress` hears of every change on the way.
    pub(super) async fn current(
        &self,
        resource: &Resource,
        applied: &LiveObject,
        patience: impl Future<Output = ()>,
        mut progress: impl FnMut(&Health),
    ) -> Health {
        let reference = applied.reference();
        let mut last = health::of(applied);
        if last.is_current() {
            return last;
        }
        progress(&last);
        let mut feed = self.feed(resource, &reference);
        let settled = async {
            loop {
                let failed = feed.borrow().failed.clone();
                if let Some(health) = verdict(&feed.borrow_and_update(), &reference, applied) {
                    if health != last && !health.is_current() {
                        progress(&health);
                    }
                    last = health;
                    if matches!(
                        last.status,
                        Status::Current | Status::Failed | Status::NotFound | Status::Unknown
                    ) {
                        return;
                    }
                }
                let pause = match failed {
                    Some(_) => LOOK_AGAIN,
                    None => SILENCE,
                };
                match tokio::time::timeout(pause, feed.changed()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return,
                    Err(_) => {
                        if let Err(error) = self.read(resource, applied).await {
                            last = unwatchable(&error.message);
                        }
                    }
                }
            }
        };
        // Out of patience, `last` says how far it came.
        tokio::select! {
            () = settled => {}
            () = patience => {}
        }
        last
    }

    /// Reads the object that was applied itself, where its watch tells nothing.
    async fn read(&self, resource: &Resource, applied: &LiveObject) -> Result<(), ClusterError> {
        let reference = applied.reference();
        let found = self.cluster.get(resource, &reference).await?;
        let feed = self.watched(resource, &reference);
        feed.send_modify(|feed| feed.note_read(applied, found));
        Ok(())
    }

    /// Whether the Job that was applied was seen complete.
    pub(super) fn saw_complete(&self, resource: &Resource, applied: &LiveObject) -> bool {
        if health::is_complete(applied) {
            return true;
        }
        let reference = applied.reference();
        let feed = self.feed(resource, &reference);
        let feed = feed.borrow();
        let seen = [feed.objects.get(&reference), feed.gone.get(&reference)];
        seen.into_iter()
            .flatten()
            .any(|seen| seen.uid == applied.uid() && seen.is_complete)
    }

    /// Begins to watch for the end of an object, so that nothing is missed once it is deleted.
    pub(super) fn expect(&self, resource: &Resource, reference: &ObjectRef) {
        self.feed(resource, reference);
    }

    /// Waits until the object with this UID is gone, for as long as there is `patience`.
    pub(super) async fn gone(
        &self,
        resource: &Resource,
        reference: &ObjectRef,
        uid: &str,
        patience: impl Future<Output = ()>,
    ) -> Result<(), DeletionBlock> {
        let mut last = None;
        let gone = async {
            loop {
                self.unseen(resource, reference, uid).await?;
                // A watch by label loses sight of an object that loses its label: only a look at the
                // object itself tells that it is gone.
                match self.cluster.get(resource, reference).await {
                    Ok(Some(live)) if live.uid() == uid => last = Some(WatchedObject::of(&live)),
                    Ok(_) => return Ok(()),
                    Err(error) if error.failure.may_pass() => {}
                    Err(error) => return Err(DeletionBlock::Hidden(error.message)),
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        let waited = tokio::select! {
            gone = gone => Some(gone),
            () = patience => None,
        };
        waited.unwrap_or_else(|| {
            Err(match self.last_seen(resource, reference).or(last) {
                Some(seen) if !seen.remainders.is_empty() => DeletionBlock::Terminating(seen.remainders),
                Some(seen) => DeletionBlock::Finalizers(seen.finalizers),
                None => DeletionBlock::Unanswered,
            })
        })
    }

    /// Tells how a namespace is that is being deleted, each time that its controller says something else of what it waits
    /// for. It never ends.
    pub(super) async fn terminating(
        &self,
        resource: &Resource,
        reference: &ObjectRef,
        tell: impl Fn(Health),
    ) -> Infallible {
        let mut feed = self.feed(resource, reference);
        let mut told = Vec::new();
        loop {
            let seen = feed.borrow_and_update().objects.get(reference).cloned();
            if let Some(seen) = seen.filter(|seen| !seen.remainders.is_empty() && seen.remainders != told) {
                told = seen.remainders;
                tell(seen.health);
            }
            if feed.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Waits until the watch does not see the object with this UID, or tells nothing.
    async fn unseen(&self, resource: &Resource, reference: &ObjectRef, uid: &str) -> Result<(), DeletionBlock> {
        let mut feed = self.feed(resource, reference);
        let unseen = feed.wait_for(|feed| {
            let there = feed.objects.get(reference).is_some_and(|seen| seen.uid == uid);
            feed.failed.is_some() || (feed.listed && !there)
        });
        match tokio::time::timeout(SILENCE, unseen).await {
            Ok(Ok(feed)) => match &feed.failed {
                // Its kind is gone, it seems, and all objects with it.
                Some(failed) if failed.failure != Failure::NotFound && !failed.failure.may_pass() => {
                    Err(DeletionBlock::Hidden(failed.message.clone()))
                }
                _ => Ok(()),
            },
            Ok(Err(_)) => Err(DeletionBlock::WatchEnded),
            // Whoever asks looks at the object itself.
            Err(_) => Ok(()),
        }
    }

    fn last_seen(&self, resource: &Resource, reference: &ObjectRef) -> Option<WatchedObject> {
        self.feed(resource, reference).borrow().objects.get(reference).cloned()
    }

    fn feed(&self, resource: &Resource, reference: &ObjectRef) -> watch::Receiver<Feed> {
        self.watched(resource, reference).subscribe()
    }

    /// The feed of an object's kind and place, whose watch is begun where there is none yet.
    fn watched(&self, resource: &Resource, reference: &ObjectRef) -> Arc<watch::Sender<Feed>> {
        let kind = &resource.gvk.group_kind;
        let scope = observe::scope_of(reference, &self.scopes);
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = watched.entry((kind.clone(), scope)).or_insert_with_key(|(_, scope)| {
            let mut events = self.cluster.watch(resource, scope, &self.selector);
            let feed = Arc::new(watch::Sender::new(Feed::default()));
            let sender = feed.clone();
            let task = tokio::spawn(async move {
                while let Some(event) = events.next().await {
                    sender.send_modify(|feed| match event {
                        Ok(event) => {
                            feed.failed = None;
                            feed.note(event);
                        }
                        Err(error) => {
                            feed.failed = Some(Failed {
                                failure: error.failure.clone(),
                                message: error.to_string(),
                            });
                        }
                    });
                }
            });
            RunningFeed { feed, task }
        });
        entry.feed.clone()
    }
}

impl Drop for Feeds {
    fn drop(&mut self) {
        for watched in self.watched.get_mut().unwrap_or_else(PoisonError::into_inner).values() {
            watched.task.abort();
        }
    }
}

/// How an object is that cannot be seen.
fn unwatchable(why: &str) -> Health {
    Health {
        status: Status::Unknown,
        message: format!("it cannot be watched: {why}"),
    }
}

/// What a feed says of an object that was applied; `None` while it has not seen that apply.
fn verdict(feed: &Feed, reference: &ObjectRef, applied: &LiveObject) -> Option<Health> {
    let not_found = |message: &str| Health {
        status: Status::NotFound,
        message: message.to_owned(),
    };
    if let Some(failed) = feed.failed.as_ref().filter(|failed| !failed.failure.may_pass()) {
        return Some(unwatchable(&failed.message));
    }
    match (feed.objects.get(reference), feed.gone.get(reference)) {
        (Some(seen), _) if seen.uid == applied.uid() => (seen.version >= version(applied)).then(|| seen.health.clone()),
        (Some(_), _) => Some(not_found("it was deleted and recreated")),
        (None, Some(seen)) if seen.uid == applied.uid() => {
            let is_done = reference.kind.is("batch", "Job") && seen.health.is_current();
            Some(if is_done {
                Health::current()
            } else {
                not_found("it was deleted")
            })
        }
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config_map(name: &str, uid: &str) -> LiveObject {
        let value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "uid": uid}});
        LiveObject::new(value)
    }

    fn applied(object: LiveObject) -> WatchEvent {
        WatchEvent::Applied(Box::new(object))
    }

    #[test]
    fn what_a_restarted_watch_does_not_tell_of_again_is_gone() {
        let mut feed = Feed::default();
        feed.note(applied(config_map("a", "1")));
        feed.note(applied(config_map("b", "2")));
        feed.note(WatchEvent::Restarted);
        feed.note(applied(config_map("b", "2")));
        assert_eq!(
            feed.objects.len(),
            2,
            "until the list is whole, nothing is said to be gone"
        );
        feed.note(WatchEvent::Listed);
        assert_eq!(
            feed.objects
                .keys()
                .map(|object| object.name.as_str())
                .collect::<Vec<_>>(),
            ["b"]
        );
    }

    #[test]
    fn what_is_read_is_known_as_if_the_watch_had_told_it() {
        let mut feed = Feed::default();
        let ours = config_map("a", "1");
        assert_eq!(verdict(&feed, &ours.reference(), &ours), None);
        feed.note_read(&ours, Some(ours.clone()));
        let health = verdict(&feed, &ours.reference(), &ours).expect("something is known");
        assert_eq!(health.status, Status::Current);
        feed.note_read(&ours, None);
        let health = verdict(&feed, &ours.reference(), &ours).expect("something is known");
        assert_eq!(health.status, Status::NotFound);
    }

    #[test]
    fn a_watch_that_may_go_on_says_nothing_of_an_object_and_one_that_may_not_does() {
        let ours = config_map("a", "1");
        let told = |failure| {
            let message = "refused".to_owned();
            let feed = Feed {
                failed: Some(Failed { failure, message }),
                ..Feed::default()
            };
            verdict(&feed, &ours.reference(), &ours).map(|health| health.message)
        };
        assert_eq!(told(Failure::Unreachable), None);
        assert_eq!(
            told(Failure::Forbidden).as_deref(),
            Some("it cannot be watched: refused")
        );
    }

    #[test]
    fn another_uid_is_another_object() {
        let mut feed = Feed::default();
        feed.note(applied(config_map("a", "2")));
        let ours = config_map("a", "1");
        let health = verdict(&feed, &ours.reference(), &ours).expect("something is known");
        assert_eq!(health.status, Status::NotFound);
    }
}
