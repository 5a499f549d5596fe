//! Asks an API server which kinds it has, in two requests where it can answer so, else in many.
//!
//! The two answers are large and seldom change. They are kept on disk with the tags that the server gives
//! them, and asked for again by these: then it answers only that nothing changed. So nothing that is kept
//! is ever out of date.

use futures::stream::{self, StreamExt, TryStreamExt};
use http::StatusCode;
use kube::client::{APIGroupDiscoveryList, APIVersionDiscovery};
use kube::core::discovery::v2::ACCEPT_AGGREGATED_DISCOVERY_V2;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::cache::Cache;
use super::expected::Expected;
use super::refusal::RequestSubject;
use super::request::HttpRequest;
use super::transport::Transport;
use crate::cluster::{ClusterError, Discovery, Failure, Resource};
use crate::object::{GroupKind, GroupVersionKind};

/// What a root answers: for all of its versions at once, or which versions there are.
const ROOTS: [&str; 3] = ["APIGroupDiscoveryList", "APIVersions", "APIGroupList"];
/// What a version answers.
pub(super) const RESOURCES: &str = "APIResourceList";

/// How many requests at a time, where it takes many.
const CONCURRENCY: usize = 8;

/// Asks for everything.
pub(super) async fn discover(transport: &Transport, cache: Option<&Cache>) -> Result<Discovery, ClusterError> {
    let (version, core, groups) = futures::try_join!(
        read(transport, HttpRequest::get("/version", Expected::Field("gitVersion"))),
        discover_root(transport, cache, "/api"),
        discover_root(transport, cache, "/apis"),
    )?;
    let ServerVersion { git_version } = parse(version)?;
    let mut discovery = Discovery::new(git_version, []);
    for version in core.into_iter().chain(groups) {
        match version.resources {
            Some(resources) => resources.into_iter().for_each(|resource| discovery.add(resource)),
            None => discovery.unavailable.push(version.name),
        }
    }
    Ok(discovery)
}

/// A version of a group.
#[derive(Debug, PartialEq)]
struct GroupVersion {
    /// `apps/v1`; `v1`
    name: String,
    /// What it holds; `None` when whoever serves it does not answer.
    resources: Option<Vec<Resource>>,
}

/// What `/api` or `/apis` leads to, in the server's order of preference.
async fn discover_root(
    transport: &Transport,
    cache: Option<&Cache>,
    root: &str,
) -> Result<Vec<GroupVersion>, ClusterError> {
    let answer = read_root(transport, cache, root).await?;
    if answer["kind"] == "APIGroupDiscoveryList" {
        return Ok(aggregated(parse(answer)?));
    }
    stream::iter(version_names(parse(answer)?))
        .map(|name| async move {
            let request = HttpRequest::get(format!("{root}/{name}"), Expected::Kind(&[RESOURCES]));
            let resources = match read(transport, request).await {
                Ok(answer) => Some(one_by_one(&name, parse(answer)?)),
                Err(error) if matches!(error.failure, Failure::Other | Failure::NotFound | Failure::Unreadable) => None,
                Err(error) => return Err(error),
            };
            Ok(GroupVersion { name, resources })
        })
        .buffered(CONCURRENCY)
        .try_collect()
        .await
}

/// The answer of a root; the one that is kept, where the server says that it is still the same.
async fn read_root(transport: &Transport, cache: Option<&Cache>, root: &str) -> Result<Value, ClusterError> {
    let name = root.trim_start_matches('/');
    let (known, kept) = cache.and_then(|cache| cache.latest(name)).unzip();
    let request = HttpRequest {
        accept: ACCEPT_AGGREGATED_DISCOVERY_V2,
        known: known.map(|tag| format!("\"{tag}\"")),
        ..HttpRequest::get(root, Expected::Kind(&ROOTS))
    };
    let reply = transport.send(&request).await?;
    if let (StatusCode::NOT_MODIFIED, Some(kept)) = (reply.code, kept) {
        return Ok(kept);
    }
    let reply = reply.accepted(&RequestSubject::default())?;
    let tag = reply.tag.clone().unwrap_or_default();
    let answer = reply.content;
    if let (Some(cache), Some(tag)) = (cache, tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'))) {
        cache.keep(name, tag, &answer.to_string());
    }
    Ok(answer)
}

fn aggregated(list: APIGroupDiscoveryList) -> Vec<GroupVersion> {
    let mut versions = Vec::new();
    for group in list.items {
        let group_name = group.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
        for version in group.versions {
            let gvk = |kind: &str| GroupVersionKind {
                group_kind: GroupKind::new(&group_name, kind),
                version: version.version.as_deref().unwrap_or_default().into(),
            };
            let name = gvk("").api_version();
            let resources = is_current(&version).then(|| {
                let resources = version.resources.iter().filter_map(|resource| {
                    let kind = resource
                        .response_kind
                        .as_ref()?
                        .kind
                        .as_deref()
                        .filter(|kind| !kind.is_empty())?;
                    Some(Resource {
                        gvk: gvk(kind),
                        plural: resource.resource.as_deref()?.into(),
                        namespaced: resource.scope.as_deref() == Some("Namespaced"),
                        listable: resource.verbs.iter().any(|verb| verb == "list"),
                    })
                });
                resources.collect()
            });
            versions.push(GroupVersion { name, resources });
        }
    }
    versions
}

/// The server keeps what an extension server said before it went away; it may be nothing.
fn is_current(version: &APIVersionDiscovery) -> bool {
    version.freshness.as_deref() != Some("Stale")
}

/// `/api` or `/apis`, as servers answer that do not aggregate.
#[derive(Deserialize)]
struct Root {
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    groups: Vec<ApiGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiGroup {
    #[serde(default)]
    versions: Vec<Name>,
    preferred_version: Option<Name>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Name {
    group_version: String,
}

#[derive(Deserialize)]
struct ResourceList {
    #[serde(default)]
    resources: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    kind: String,
    namespaced: bool,
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServerVersion {
    git_version: String,
}

/// The versions to ask for; of each group, the preferred one first.
fn version_names(root: Root) -> Vec<String> {
    let mut names = root.versions;
    for group in root.groups {
        for version in group.preferred_version.into_iter().chain(group.versions) {
            if !names.contains(&version.group_version) {
                names.push(version.group_version);
            }
        }
    }
    names
}

fn one_by_one(api_version: &str, list: ResourceList) -> Vec<Resource> {
    list.resources
        .into_iter()
        .filter(|resource| !resource.name.contains('/'))
        .map(|resource| Resource {
            gvk: GroupVersionKind::new(api_version, &resource.kind),
            plural: resource.name.into(),
            namespaced: resource.namespaced,
            listable: resource.verbs.iter().any(|verb| verb == "list"),
        })
        .collect()
}

async fn read(transport: &Transport, request: HttpRequest) -> Result<Value, ClusterError> {
    Ok(transport
        .send(&request)
        .await?
        .accepted(&RequestSubject::default())?
        .content)
}

fn parse<T: DeserializeOwned>(value: Value) -> Result<T, ClusterError> {
    serde_json::from_value(value)
        .map_err(|error| ClusterError::new(Failure::Other, "failed to read which kinds the server has").because(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn aggregated_discovery_keeps_the_order_and_names_what_does_not_answer() {
        let resource = |plural: &str, kind: &str, scope: &str| {
            json!({
                "resource": plural, "scope": scope, "verbs": ["get", "list"],
                "responseKind": {"group": "", "version": "", "kind": kind},
                "subresources": [{"subresource": "status", "verbs": ["get"]}],
            })
        };
        let list = json!({"kind": "APIGroupDiscoveryList", "items": [
            {"metadata": {"name": "autoscaling", "creationTimestamp": null}, "versions": [
                {"version": "v2", "freshness": "Current", "resources": [resource("hpas", "HPA", "Namespaced")]},
                {"version": "v1", "freshness": "Current", "resources": [resource("hpas", "HPA", "Namespaced")]},
            ]},
            {"metadata": {"name": ""}, "versions": [{"version": "v1", "resources": [resource("nodes", "Node", "Cluster"), resource("x", "", "Cluster")]}]},
            {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1beta1", "freshness": "Stale"}]},
        ]});
        let found = aggregated(serde_json::from_value(list).expect("a list"));
        let names: Vec<_> = found.iter().map(|version| version.name.as_str()).collect();
        assert_eq!(
            names,
            ["autoscaling/v2", "autoscaling/v1", "v1", "metrics.k8s.io/v1beta1"]
        );
        assert_eq!(found[3].resources, None);
        let nodes = found[2].resources.as_deref().expect("resources");
        let gvk = GroupVersionKind::new("v1", "Node");
        assert_eq!(
            nodes,
            [Resource {
                gvk,
                plural: "nodes".into(),
                namespaced: false,
                listable: true
            }]
        );
        assert!(found[0].resources.as_deref().expect("resources")[0].namespaced);
    }
}
