//! What changes in a sandbox, as its files tell: looked at when this process writes, and now and then
//! for what others write.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::watch;
use tokio::time::timeout;

use super::Sandbox;
use crate::cluster::{Cluster as _, ClusterError, Resource, Scope, WatchEvent};
use crate::object::{LiveObject, ObjectRef};

/// How long to wait for another process's writes.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

pub(super) fn watch(
    sandbox: &Sandbox,
    resource: &Resource,
    scope: &Scope,
    selector: &str,
) -> BoxStream<'static, Result<WatchEvent, ClusterError>> {
    let watching = Watching {
        writes: sandbox.writes.subscribe(),
        sandbox: sandbox.clone(),
        resource: resource.clone(),
        scope: scope.clone(),
        selector: selector.to_owned(),
        known: None,
        events: VecDeque::new(),
    };
    stream::unfold(watching, |mut watching| async move {
        Some((watching.next().await, watching))
    })
    .boxed()
}

struct Watching {
    sandbox: Sandbox,
    writes: watch::Receiver<()>,
    resource: Resource,
    scope: Scope,
    selector: String,
    /// What was told of; nothing before the first look.
    known: Option<BTreeMap<ObjectRef, LiveObject>>,
    events: VecDeque<WatchEvent>,
}

impl Watching {
    async fn next(&mut self) -> Result<WatchEvent, ClusterError> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            if self.known.is_some() {
                // Whichever comes first; that nobody can write any more is no reason to stop.
                let _ = timeout(LOOK_AGAIN, self.writes.changed()).await;
            }
            let listed = self.sandbox.list(&self.resource, &self.scope, &self.selector).await;
            if listed.is_err() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            self.note(listed?);
        }
    }

    fn note(&mut self, listed: Vec<LiveObject>) {
        let now: BTreeMap<ObjectRef, LiveObject> =
            listed.into_iter().map(|object| (object.reference(), object)).collect();
        let applied = |object: &LiveObject| WatchEvent::Applied(Box::new(object.clone()));
        match self.known.take() {
            None => {
                self.events.push_back(WatchEvent::Restarted);
                self.events.extend(now.values().map(applied));
                self.events.push_back(WatchEvent::Listed);
            }
            Some(before) => {
                for (reference, object) in &before {
                    // One that was created anew is another one.
                    if now.get(reference).is_none_or(|other| other.uid() != object.uid()) {
                        self.events.push_back(WatchEvent::Deleted(Box::new(object.clone())));
                    }
                }
                let changed = now
                    .iter()
                    .filter(|(reference, object)| before.get(*reference) != Some(*object));
                self.events.extend(changed.map(|(_, object)| applied(object)));
            }
        }
        self.known = Some(now);
    }
}
