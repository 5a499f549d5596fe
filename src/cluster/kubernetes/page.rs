//! A page of a list.

use serde_json::Value;
use tokio::task::{JoinError, spawn_blocking};

use super::failed;
use super::transport::Reply;
use crate::cluster::{ClusterError, Resource};
use crate::object::LiveObject;

/// A page of a list.
pub(super) struct Page {
    /// The objects, each with its kind.
    pub(super) objects: Vec<LiveObject>,
    /// What the next page is asked for by; nothing on the last one.
    pub(super) next: Option<String>,
}

impl Page {
    /// Reads an answer while others go on: a page can be megabytes.
    pub(super) async fn read_aside(reply: Reply, resource: &Resource) -> Result<Self, ClusterError> {
        let resource = resource.clone();
        let stopped = |error: JoinError| failed("failed to read the answer of the server".to_owned()).because(error);
        spawn_blocking(move || Self::read(reply, &resource))
            .await
            .map_err(stopped)?
    }

    fn read(reply: Reply, resource: &Resource) -> Result<Self, ClusterError> {
        let mut list = reply.json()?;
        let items = match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            Some(Value::Null) => Vec::new(),
            // An empty list from something that is no API server would have everything made anew.
            _ => {
                return Err(failed(format!(
                    "failed to list {}: the answer is not a list",
                    resource.plural
                )));
            }
        };
        let objects = items.into_iter().map(|mut item| {
            fill_in_kind(&mut item, resource);
            LiveObject::new(item)
        });
        let next = list.pointer("/metadata/continue").and_then(Value::as_str);
        Ok(Self {
            objects: objects.collect(),
            next: next.filter(|token| !token.is_empty()).map(str::to_owned),
        })
    }
}

/// The items of a list do not say what they are.
pub(super) fn fill_in_kind(object: &mut Value, resource: &Resource) {
    if let Some(object) = object.as_object_mut() {
        object
            .entry("apiVersion")
            .or_insert_with(|| resource.gvk.api_version().into());
        object
            .entry("kind")
            .or_insert_with(|| resource.gvk.group_kind.kind.clone().into());
    }
}
