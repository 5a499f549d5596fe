//! Reads from an API server how it merges kinds: its OpenAPI v3 documents, one a group and version.
//!
//! `/openapi/v3` names them all, each with a hash of what is in it. What merging needs of a document is
//! kept on disk under that hash, so each is read once as long as it stays the same.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::cache::Cache;
use super::expected::Expected;
use super::refusal::RequestSubject;
use super::request::HttpRequest;
use super::transport::Transport;
use crate::cluster::{ClusterError, Failure};
use crate::object::GroupVersionKind;
use crate::ssa::schema::{self, Schema};

/// How many documents at a time.
const CONCURRENCY: usize = 4;
/// How often the documents may have changed since they were named.
const TRIES: usize = 3;

/// What `/openapi/v3` answers.
#[derive(Deserialize)]
struct Index {
    paths: BTreeMap<String, PathEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PathEntry {
    /// `/openapi/v3/apis/apps/v1?hash=0123`
    #[serde(rename = "serverRelativeURL")]
    server_relative_url: String,
}

/// The schema of these kinds. A group and version that the server does not describe is not in it.
pub(super) async fn schema(
    transport: &Transport,
    cache: Option<&Cache>,
    kinds: &BTreeSet<GroupVersionKind>,
) -> Result<Schema, ClusterError> {
    let versions: BTreeSet<String> = kinds.iter().map(path).collect();
    for _ in 0..TRIES {
        if let Some(documents) = documents(transport, cache, &versions).await? {
            return Ok(Schema::from_open_api(&documents));
        }
    }
    let message = "the server's schemas change faster than they can be read";
    Err(ClusterError::new(Failure::Other, message))
}

/// The documents of these versions; none if one of them changed since it was named.
async fn documents(
    transport: &Transport,
    cache: Option<&Cache>,
    versions: &BTreeSet<String>,
) -> Result<Option<Vec<Value>>, ClusterError> {
    let index = transport
        .send(&HttpRequest::get("/openapi/v3", Expected::Field("paths")))
        .await?
        .accepted(&RequestSubject::default())?;
    let mut index: Index = serde_json::from_value(index.content).map_err(unreadable)?;
    index.paths.retain(|path, _| versions.contains(path));
    let documents: Vec<Option<Value>> = stream::iter(index.paths)
        .map(|(version, entry)| async move { document(transport, cache, &version, &entry).await })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    Ok(documents.into_iter().collect())
}

/// What merging needs of one document.
async fn document(
    transport: &Transport,
    cache: Option<&Cache>,
    version: &str,
    entry: &PathEntry,
) -> Result<Option<Value>, ClusterError> {
    let address = entry.server_relative_url.as_str();
    let hash = address.split_once("?hash=").map_or("", |(_, hash)| hash);
    let kept = cache.and_then(|cache| cache.find(version, hash));
    if let Some(kept) = kept.filter(|kept| kept.pointer("/components/schemas").is_some_and(Value::is_object)) {
        return Ok(Some(kept));
    }
    if !address.starts_with("/openapi/v3/") {
        let message = format!("the server names {address:?} as the schema of {version}");
        return Err(ClusterError::new(Failure::Other, message));
    }
    let request = HttpRequest::get(address, Expected::Field("components"));
    let reply = transport.send(&request).await?;
    // The way to one that has another hash by now.
    if reply.code == StatusCode::MOVED_PERMANENTLY {
        return Ok(None);
    }
    let document = reply.accepted(&RequestSubject::default())?.content;
    let reduced = schema::reduce([&document]);
    if let Some(cache) = cache {
        cache.keep(version, hash, &reduced);
    }
    serde_json::from_str(&reduced).map(Some).map_err(unreadable)
}

/// The path under which the index has the document of a kind.
fn path(kind: &GroupVersionKind) -> String {
    let root = if kind.group_kind.group.is_empty() {
        "api"
    } else {
        "apis"
    };
    format!("{root}/{}", kind.api_version())
}

fn unreadable(error: serde_json::Error) -> ClusterError {
    ClusterError::new(Failure::Other, "failed to read the server's schemas").because(error)
}
