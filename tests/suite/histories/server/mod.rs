//! The API server as others use it: what is there, and what they write.

mod kinds;
mod migrate;
mod write;

use std::collections::BTreeMap;

use futures::future::join_all;
use kube::Client;
use serde_json::{Value, json};

use super::step::Id;
use crate::api::{self, JSON, MERGE};
use crate::control_plane::ControlPlane;
use kinds::KINDS;

/// All objects of a history that are in the cluster.
pub type Snapshot = BTreeMap<Id, Value>;

/// A connection for the others of one history.
pub struct Server {
    client: Client,
    /// The history's own name.
    name: String,
}

impl Server {
    pub async fn connect(plane: &ControlPlane, name: &str) -> Self {
        Self {
            client: api::connect(plane).await,
            name: name.to_owned(),
        }
    }

    /// The namespaces of a history. In the second there is nothing that the ApplySet is kept in.
    fn namespaces(&self) -> [String; 2] {
        [self.name.clone(), format!("{}-b", self.name)]
    }

    /// Sends one request. What the API server refuses is nothing.
    async fn ask(&self, method: &str, path: &str, content: &str, body: &Value) -> Option<Value> {
        api::send(&self.client, method, path, content, body).await
    }

    async fn get(&self, path: &str) -> Option<Value> {
        self.ask("GET", path, JSON, &Value::Null).await
    }

    /// Makes the namespace that the ApplySet is kept in.
    pub async fn begin(&self) {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name}});
        let made = self.ask("POST", "/api/v1/namespaces", JSON, &namespace);
        assert!(made.await.is_some(), "there is a namespace {}", self.name);
    }

    /// Takes away all that is left, and does not wait until it is gone.
    pub async fn end(&self) {
        let all = self.snapshot().await;
        for id in all.keys().filter(|id| id.namespace.is_empty()) {
            if let Some(path) = self.path(id).await {
                self.ask("DELETE", &path, JSON, &Value::Null).await;
            }
        }
    }

    /// What there is, but for what every namespace has and what the ApplySet is kept in.
    pub async fn snapshot(&self) -> Snapshot {
        let gadgets = self.version_of_gadgets().await;
        let lists = KINDS.iter().flat_map(|kind| {
            let root = kind.root(&gadgets);
            let namespaces = self.namespaces().map(|namespace| format!("namespaces/{namespace}/"));
            let scopes = if kind.is_namespaced {
                namespaces.to_vec()
            } else {
                vec![String::new()]
            };
            let paths = scopes
                .into_iter()
                .map(move |scope| format!("{root}/{scope}{}", kind.plural));
            paths.map(move |path| (kind, path))
        });
        let lists = lists.map(|(kind, path)| async move {
            let listed = self.get(&path).await;
            let items = listed.and_then(|mut listed| listed["items"].as_array_mut().map(std::mem::take));
            items.unwrap_or_default().into_iter().map(move |mut item| {
                item["kind"] = json!(kind.name);
                // Which version it was listed in is nobody's change.
                item["apiVersion"] = json!(kind.version);
                (Id::of(&item), item)
            })
        });
        let all = join_all(lists).await.into_iter().flatten();
        all.filter(|(id, object)| self.is_looked_at(id, object)).collect()
    }

    fn is_looked_at(&self, id: &Id, object: &Value) -> bool {
        let is_ours = id.namespace.starts_with(&self.name) || id.name.contains(&self.name);
        let is_everywhere = ["kube-root-ca.crt", "default"].contains(&id.name.as_str());
        let is_parent = object["metadata"]["labels"]["applyset.kubernetes.io/id"].is_string();
        is_ours && !is_everywhere && !is_parent && !id.name.starts_with("stackanetes-")
    }

    /// The id of the ApplySet, if it was ever synced.
    pub async fn set(&self) -> Option<String> {
        let path = format!("/api/v1/namespaces/{0}/configmaps/stackanetes-{0}", self.name);
        let parent = self.get(&path).await?;
        let id = &parent["metadata"]["labels"]["applyset.kubernetes.io/id"];
        id.as_str().map(str::to_owned)
    }

    /// The Lease of a sync that was killed expires soon.
    pub async fn expire(&self) {
        let path = format!(
            "/apis/coordination.k8s.io/v1/namespaces/{0}/leases/stackanetes-{0}",
            self.name
        );
        let soon = json!({"spec": {"leaseDurationSeconds": 1}});
        self.ask("PATCH", &path, MERGE, &soon).await;
    }

    /// The group and version that Gadgets are read and written in: the first one, for as long as it is served.
    async fn version_of_gadgets(&self) -> String {
        let first = format!("{}.example.net/v1", self.name);
        // Not discovery, which lags behind what is served.
        if self.get(&format!("/apis/{first}/gadgets?limit=1")).await.is_some() {
            first
        } else {
            format!("{}.example.net/v2", self.name)
        }
    }

    /// Where an object is, and the group and version that it is read and written in there.
    async fn place(&self, id: &Id) -> Option<(String, String)> {
        let kind = KINDS.iter().find(|kind| kind.name == id.kind)?;
        let version = if kind.version.is_empty() {
            self.version_of_gadgets().await
        } else {
            kind.version.to_owned()
        };
        let scope = match id.namespace.as_str() {
            "" => String::new(),
            namespace => format!("namespaces/{namespace}/"),
        };
        Some((
            format!("{}/{scope}{}/{}", kind.root(&version), kind.plural, id.name),
            version,
        ))
    }

    async fn path(&self, id: &Id) -> Option<String> {
        self.place(id).await.map(|(path, _)| path)
    }
}
