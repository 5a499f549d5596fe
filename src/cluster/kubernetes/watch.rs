//! Watches a kind through the watcher of `kube`, which lists, watches, resumes and lists again.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::{ApiResource, DynamicResourceScope};
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::{self, DefaultBackoff, Event};
use kube::{Api, Client};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokio::time::sleep;

use super::paced::Paced;
use super::page::fill_in_kind;
use super::refusal::{Rejection, RequestSubject};
use super::transport::Transport;
use super::unreachable::{self, ServerAddress};
use crate::cluster::{ClusterError, Failure, Resource, Scope, WatchEvent};
use crate::object::LiveObject;

/// The events of `resource`. What passes at the second try is waited out; what does not is an error, after which
/// the stream goes on trying for as long as it is read.
pub(super) fn watch(
    transport: &Transport,
    resource: &Resource,
    scope: &Scope,
    selector: &str,
) -> BoxStream<'static, Result<WatchEvent, ClusterError>> {
    let mut config = watcher::Config::default();
    if !selector.is_empty() {
        config = config.labels(selector);
    }
    let api = api(Paced::client(transport.client.clone()), resource, scope);
    let watching = KubernetesWatch {
        events: watcher::watcher(api.clone(), config.clone()).boxed(),
        api,
        config,
        resource: resource.clone(),
        server: transport.server.clone(),
        backoff: DefaultBackoff::default(),
        pause: None,
        restarting: false,
        failed: 0,
    };
    stream::unfold(watching, |mut watching| async move {
        Some((watching.next().await?, watching))
    })
    .boxed()
}

fn api(client: Client, resource: &Resource, scope: &Scope) -> Api<WatchItem> {
    let gvk = &resource.gvk;
    let resource = ApiResource {
        group: gvk.group_kind.group.to_string(),
        version: gvk.version.to_string(),
        api_version: gvk.api_version(),
        kind: gvk.group_kind.kind.to_string(),
        plural: resource.plural.to_string(),
    };
    match scope {
        Scope::Cluster => Api::all_with(client, &resource),
        Scope::Namespace(namespace) => Api::namespaced_with(client, namespace, &resource),
    }
}

struct KubernetesWatch {
    events: BoxStream<'static, watcher::Result<Event<WatchItem>>>,
    api: Api<WatchItem>,
    config: watcher::Config,
    resource: Resource,
    server: ServerAddress,
    backoff: DefaultBackoff,
    /// How long to wait before the watcher may try again.
    pause: Option<Duration>,
    /// Whether a restart was announced of which nothing came yet.
    restarting: bool,
    /// How many tries have failed since the last that told anything.
    failed: usize,
}

impl KubernetesWatch {
    async fn next(&mut self) -> Option<Result<WatchEvent, ClusterError>> {
        loop {
            if let Some(pause) = self.pause.take() {
                sleep(pause).await;
            }
            match self.events.next().await? {
                Ok(Event::Init) if self.restarting => {}
                Ok(event) => return Some(Ok(self.event(event))),
                Err(error) => {
                    self.pause = self.backoff.next();
                    self.failed += 1;
                    if matches!(error, watcher::Error::WatchFailed(_)) {
                        // What could not be read is told of in no other way than by a list.
                        self.events = watcher::watcher(self.api.clone(), self.config.clone()).boxed();
                    }
                    match self.failure(error) {
                        (error, Outlook::Lasts) => return Some(Err(error)),
                        (error, Outlook::Passes) if self.failed > 1 => return Some(Err(error)),
                        (error, Outlook::Passes) => {
                            tracing::debug!(resource = self.resource.plural.as_str(), %error, "watching again");
                        }
                    }
                }
            }
        }
    }

    fn event(&mut self, event: Event<WatchItem>) -> WatchEvent {
        self.restarting = matches!(event, Event::Init);
        if !self.restarting {
            self.failed = 0;
        }
        // That its list works again does not say that a watch does: each new one lists the whole kind.
        if matches!(event, Event::Apply(_) | Event::Delete(_)) {
            self.backoff.reset();
        }
        match event {
            Event::Init => WatchEvent::Restarted,
            Event::InitDone => WatchEvent::Listed,
            Event::InitApply(watched) | Event::Apply(watched) => WatchEvent::Applied(Box::new(self.object(watched))),
            Event::Delete(watched) => WatchEvent::Deleted(Box::new(self.object(watched))),
        }
    }

    fn object(&self, watched: WatchItem) -> LiveObject {
        let mut value = watched.value;
        fill_in_kind(&mut value, &self.resource.gvk);
        LiveObject::new(value)
    }

    /// What an error of the watcher is in our terms.
    fn failure(&self, error: watcher::Error) -> (ClusterError, Outlook) {
        let cause = match error {
            watcher::Error::InitialListFailed(cause)
            | watcher::Error::WatchStartFailed(cause)
            | watcher::Error::WatchFailed(cause) => cause,
            watcher::Error::WatchError(status) => kube::Error::Api(status),
            watcher::Error::NoResourceVersion => return (self.unwatchable(), Outlook::Lasts),
        };
        let refusal = match cause {
            kube::Error::Api(status) => Rejection::of(*status),
            cause => {
                let error = unreachable::error(&self.server, cause);
                let outlook = if unreachable::is_transient(&error) {
                    Outlook::Passes
                } else {
                    Outlook::Lasts
                };
                return (error, outlook);
            }
        };
        let outlook = outlook(refusal.code());
        (refusal.into_error(&RequestSubject::kind(&self.resource)), outlook)
    }

    fn unwatchable(&self) -> ClusterError {
        let plural = &self.resource.plural;
        ClusterError::new(
            Failure::Other,
            format!("failed to watch {plural}: the server does not say which version it sends"),
        )
    }
}

/// Whether trying again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outlook {
    /// A bad moment.
    Passes,
    /// A missing right, a kind that is gone.
    Lasts,
}

fn outlook(code: u16) -> Outlook {
    match code {
        408..=410 | 425 | 429 => Outlook::Passes,
        400..=499 => Outlook::Lasts,
        _ => Outlook::Passes,
    }
}

/// An object as the server sent it, field by field, with just the part that the watcher reads
/// itself. `DynamicObject` would drop metadata that its types do not know.
#[derive(Clone)]
struct WatchItem {
    metadata: ObjectMeta,
    value: Value,
}

impl<'de> Deserialize<'de> for WatchItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let resource_version = value
            .pointer("/metadata/resourceVersion")
            .and_then(Value::as_str)
            .map(str::to_owned);
        Ok(Self {
            metadata: ObjectMeta {
                resource_version,
                ..ObjectMeta::default()
            },
            value,
        })
    }
}

/// Leaves out the object, which may be a Secret.
impl fmt::Debug for WatchItem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Watched").finish_non_exhaustive()
    }
}

impl kube::Resource for WatchItem {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        resource.kind.as_str().into()
    }

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        resource.group.as_str().into()
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        resource.version.as_str().into()
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}
