//! A cluster behind a real API server: what each method of [`Cluster`] asks it over HTTP.
//!
//! `connection` finds the server, `request` says what to send, `transport` sends it, `refusal` and
//! `unreachable` say what went wrong; `discovery`, `open_api` and `watch` are methods with rooms of their
//! own, and `cache` keeps what the first two have read.

mod cache;
mod connection;
mod discovery;
mod expected;
mod open_api;
mod paced;
mod page;
mod proxy;
mod refusal;
mod request;
mod rewrite;
mod transport;
mod unreachable;
mod warning;
mod watch;
mod withdrawn;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::error::Error as StdError;

use async_trait::async_trait;
use futures::stream::BoxStream;
use http::StatusCode;
use kube::Client;
use serde_json::{Value, json};

use self::cache::Cache;
use self::connection::{Endpoint, ProcessEnvironment};
use self::expected::{Expected, Identity};
use self::page::Page;
use self::refusal::{Rejection, RequestSubject};
use self::request::{HttpRequest, collection, member, query};
use self::transport::{Reply, RequestLimit, Transport};
use self::unreachable::{Plugin, ServerAddress};
use self::withdrawn::unless_withdrawn;
use super::{
    Answer, Apply, Cluster, ClusterError, Deletion, Discovery, Failure, Force, Judge, Patch, Persist, Propagation,
    Resource, Scope, WatchEvent,
};
use crate::object::{GroupVersionKind, LiveObject, ObjectRef};
use crate::ssa::schema::Schema;

pub use self::connection::{Connection, Impersonation, KubeconfigNames, Token, Trust};

/// How many objects are asked for at a time.
const PAGE: &str = "500";

/// What kubectl asks for too: a field that the server does not know is an error.
const STRICT: (&str, &str) = ("fieldValidation", "Strict");

/// The parameter of a list that selects, and its value.
type ListParameter<'a> = (&'static str, &'a str);

/// A cluster behind an API server.
#[derive(Clone)]
pub struct Kubernetes {
    transport: Transport,
    /// Where answers are kept that the server would only repeat.
    cache: Option<Cache>,
    context: Option<String>,
    default_namespace: String,
    skips_verification: bool,
}

impl Kubernetes {
    /// Finds the cluster that `connection` means, and gets the credential for it. Sends nothing to
    /// the server.
    pub async fn connect(connection: &Connection) -> Result<Self, ClusterError> {
        let Endpoint { config, context } = connection.resolve(&ProcessEnvironment::of_process()).await?;
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let default_namespace = config.default_namespace.clone();
        let skips_verification = config.accept_invalid_certs;
        let is_verified = !skips_verification && config.cluster_url.scheme_str() == Some("https");
        let plugin = config.auth_info.exec.as_ref().map(Plugin::of);
        let server = ServerAddress { url: server, plugin };
        // A credential plugin is run, and waited for, while the client is made.
        let client = tokio::task::spawn_blocking(move || Client::try_from(config)).await;
        let client = match client {
            Ok(Ok(client)) => client,
            Ok(Err(kube::Error::InferKubeconfig(error))) => {
                let whose = context.map_or(server.url, |context| format!("context {context}"));
                return Err(connection::unusable(&whose, error));
            }
            Ok(Err(kube::Error::Auth(error))) => {
                return Err(unreachable::credential(&server, &error));
            }
            Ok(Err(error)) => return Err(unusable_server(&server.url, &error)),
            Err(error) => return Err(unusable_server(&server.url, &error)),
        };
        Ok(Self {
            // Whatever an unknown server says is kept for nobody else.
            cache: is_verified.then(|| Cache::of_user(&server.url)).flatten(),
            transport: Transport::new(client, server, RequestLimit::of(connection.request_timeout)),
            skips_verification,
            context,
            default_namespace,
        })
    }

    /// What a person calls this cluster: the context's name, or the server's URL where there is none.
    pub fn context_name(&self) -> &str {
        self.context.as_deref().unwrap_or(&self.transport.server.url)
    }

    /// The context, where one is meant and its own cluster is asked.
    pub fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// Whether whoever is on the way to the server may be taken for it: its certificate is not verified.
    pub fn skips_verification(&self) -> bool {
        self.skips_verification
    }

    /// The namespace of what names none: the context's, or the pod's.
    pub fn default_namespace(&self) -> &str {
        &self.default_namespace
    }

    /// The URL of the API server.
    pub fn server(&self) -> &str {
        &self.transport.server.url
    }

    async fn send(&self, request: &HttpRequest, subject: &RequestSubject<'_>) -> Result<Reply, ClusterError> {
        self.transport.send(request).await?.accepted(subject)
    }

    /// All objects that are selected, page by page.
    async fn select(
        &self,
        resource: &Resource,
        scope: &Scope,
        selector: ListParameter<'_>,
    ) -> Result<Vec<LiveObject>, ClusterError> {
        if let Some(objects) = self.pages(resource, scope, selector).await? {
            return Ok(objects);
        }
        tracing::debug!(resource = resource.plural.as_str(), "listing again from the beginning");
        self.pages(resource, scope, selector).await?.ok_or_else(|| {
            let plural = &resource.plural;
            failed(format!(
                "failed to list {plural}: the server forgets its pages faster than they are read"
            ))
        })
    }

    /// The pages of a list from the first to the last; `None` when the server has forgotten, midway,
    /// the state that the first page was of.
    async fn pages(
        &self,
        resource: &Resource,
        scope: &Scope,
        selector: ListParameter<'_>,
    ) -> Result<Option<Vec<LiveObject>>, ClusterError> {
        let namespace = match scope {
            Scope::Cluster => None,
            Scope::Namespace(namespace) => Some(namespace.as_str()),
        };
        let subject = RequestSubject::kind(resource);
        let mut objects = Vec::new();
        let mut next = String::new();
        loop {
            let mut parameters = vec![("limit", PAGE)];
            parameters.extend(Some(selector).filter(|(_, text)| !text.is_empty()));
            parameters.extend(Some(("continue", next.as_str())).filter(|_| !next.is_empty()));
            let address = query(collection(resource, namespace)?, &parameters);
            let request = HttpRequest::get(address, Expected::List(resource.gvk.clone()));
            let reply = self.transport.send(&request).await?;
            if reply.code == StatusCode::GONE && !next.is_empty() {
                return Ok(None);
            }
            let reply = reply.accepted(&subject)?;
            let page = reply.page.unwrap_or_else(|| Page::of(reply.content, &resource.gvk));
            objects.extend(page.objects);
            match page.next {
                Some(token) => next = token,
                None => return Ok(Some(objects)),
            }
        }
    }
}

#[async_trait]
impl Cluster for Kubernetes {
    fn address(&self) -> String {
        self.transport.server.url.clone()
    }

    fn judge(&self) -> Judge {
        Judge::Server
    }

    async fn discover(&self) -> Result<Discovery, ClusterError> {
        discovery::discover(&self.transport, self.cache.as_ref()).await
    }

    async fn schema(&self, kinds: &BTreeSet<GroupVersionKind>) -> Result<Schema, ClusterError> {
        open_api::schema(&self.transport, self.cache.as_ref(), kinds).await
    }

    async fn list(&self, resource: &Resource, scope: &Scope, selector: &str) -> Result<Vec<LiveObject>, ClusterError> {
        let list = || self.select(resource, scope, ("labelSelector", selector));
        let listed = unless_withdrawn(&self.transport, resource, list).await?;
        Ok(listed.unwrap_or_default())
    }

    async fn events(&self, reference: &ObjectRef, uid: &str) -> Result<Vec<LiveObject>, ClusterError> {
        let event = Resource {
            gvk: GroupVersionKind::new("v1", "Event"),
            plural: "events".into(),
            namespaced: true,
            listable: true,
        };
        // Those about what is cluster-scoped are kept there.
        let namespace = reference.namespace.clone().unwrap_or_else(|| "default".into());
        let about = format!("involvedObject.uid={uid}");
        self.select(&event, &Scope::Namespace(namespace), ("fieldSelector", &about))
            .await
    }

    async fn get(&self, resource: &Resource, reference: &ObjectRef) -> Result<Option<LiveObject>, ClusterError> {
        let expected = Expected::Object(Identity::named(resource, reference));
        let request = HttpRequest::get(address(resource, reference)?, expected);
        let get = async || {
            let reply = self.transport.send(&request).await?;
            if reply.code == StatusCode::NOT_FOUND && Rejection::read(&reply).is_no_such_object(&reference.name) {
                return Ok(None);
            }
            let object = reply.accepted(&RequestSubject::kind(resource))?.content;
            Ok(Some(LiveObject::new(object)))
        };
        let got = unless_withdrawn(&self.transport, resource, get).await?;
        Ok(got.flatten())
    }

    async fn apply(&self, resource: &Resource, apply: &Apply<'_>) -> Result<Answer, ClusterError> {
        let mut parameters = vec![("fieldManager", apply.field_manager), STRICT];
        parameters.extend(match apply.force {
            Force::Take => Some(("force", "true")),
            Force::Yield => None,
        });
        parameters.extend(match apply.persist {
            Persist::DryRun => Some(("dryRun", "All")),
            Persist::Stored => None,
        });
        let address = query(address(resource, apply.reference)?, &parameters);
        let subject = RequestSubject::object(resource, apply.object);
        let answer = Identity::sent(resource, apply.reference, apply.object);
        let reply = self
            .send(&HttpRequest::apply(address, apply.object, answer), &subject)
            .await?;
        let created = reply.code == StatusCode::CREATED;
        Ok(Answer {
            created,
            warnings: reply.warnings,
            object: LiveObject::new(reply.content),
        })
    }

    async fn create(
        &self,
        resource: &Resource,
        object: &Value,
        field_manager: &str,
    ) -> Result<LiveObject, ClusterError> {
        let reference = ObjectRef::of(object);
        let namespace = namespace(resource, &reference)?;
        let address = query(
            collection(resource, namespace)?,
            &[("fieldManager", field_manager), STRICT],
        );
        let subject = RequestSubject::object(resource, object);
        let answer = Identity::sent(resource, &reference, object);
        let reply = self
            .send(&HttpRequest::create(address, object, answer), &subject)
            .await?;
        Ok(LiveObject::new(reply.content))
    }

    async fn replace(
        &self,
        resource: &Resource,
        object: &Value,
        field_manager: &str,
    ) -> Result<LiveObject, ClusterError> {
        let reference = ObjectRef::of(object);
        let address = query(
            address(resource, &reference)?,
            &[("fieldManager", field_manager), STRICT],
        );
        let subject = RequestSubject::object(resource, object);
        let answer = Identity::sent(resource, &reference, object);
        let reply = self
            .send(&HttpRequest::replace(address, object, answer), &subject)
            .await?;
        Ok(LiveObject::new(reply.content))
    }

    async fn patch(&self, resource: &Resource, patch: &Patch<'_>) -> Result<LiveObject, ClusterError> {
        let mut parameters = vec![("fieldManager", patch.field_manager), STRICT];
        parameters.extend(match patch.persist {
            Persist::DryRun => Some(("dryRun", "All")),
            Persist::Stored => None,
        });
        let address = query(address(resource, patch.reference)?, &parameters);
        let answer = Identity::named(resource, patch.reference);
        let request = HttpRequest::patch(address, patch.operations, answer);
        let reply = self.send(&request, &RequestSubject::kind(resource)).await?;
        Ok(LiveObject::new(reply.content))
    }

    async fn delete(&self, resource: &Resource, deletion: &Deletion<'_>) -> Result<(), ClusterError> {
        let options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": deletion.uid, "resourceVersion": deletion.resource_version},
            "propagationPolicy": match deletion.propagation {
                Propagation::Background => "Background",
                Propagation::Foreground => "Foreground",
                Propagation::Orphan => "Orphan",
            },
        });
        let address = address(resource, deletion.reference)?;
        let answer = Identity::named(resource, deletion.reference);
        let request = HttpRequest::delete(address, &options, answer);
        self.send(&request, &RequestSubject::kind(resource)).await?;
        Ok(())
    }

    fn watch(
        &self,
        resource: &Resource,
        scope: &Scope,
        selector: &str,
    ) -> BoxStream<'static, Result<WatchEvent, ClusterError>> {
        watch::watch(&self.transport, resource, scope, selector)
    }
}

/// The path of the object that `reference` names.
fn address(resource: &Resource, reference: &ObjectRef) -> Result<String, ClusterError> {
    member(resource, namespace(resource, reference)?, &reference.name)
}

/// Its namespace, without which its address would mean something else.
fn namespace<'a>(resource: &Resource, reference: &'a ObjectRef) -> Result<Option<&'a str>, ClusterError> {
    match reference.namespace.as_deref() {
        None | Some("") if resource.namespaced => {
            Err(failed(format!("failed to address {reference}: it has no namespace")))
        }
        namespace => Ok(namespace),
    }
}

fn failed(message: String) -> ClusterError {
    ClusterError::new(Failure::Other, message)
}

/// The error of a client that cannot be made. A proxy's URL, which may hold a password, is not told.
fn unusable_server(server: &str, error: &(dyn StdError + 'static)) -> ClusterError {
    let why = match error.downcast_ref() {
        Some(kube::Error::ProxyProtocolDisabled { .. } | kube::Error::ProxyProtocolUnsupported { .. }) => {
            "no way through the proxy that $HTTPS_PROXY or the kubeconfig names ($NO_PROXY spares a server)".to_owned()
        }
        _ => unreachable::innermost(error),
    };
    ClusterError::new(Failure::Configuration, format!("failed to use {server}: {why}"))
}
