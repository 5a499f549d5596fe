//! The API server as others use it: what is there, and what they write.

use std::collections::BTreeMap;

use futures::future::join_all;
use http::Request;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use kube::{Client, Error};
use serde_json::{Value, json};

use super::step::{Id, Other, Write};
use crate::control_plane::ControlPlane;

/// The kinds that are looked at: their version, their name in addresses, and whether they are namespaced.
const KINDS: [(&str, &str, &str, bool); 15] = [
    ("Namespace", "v1", "namespaces", false),
    ("ConfigMap", "v1", "configmaps", true),
    ("Secret", "v1", "secrets", true),
    ("Service", "v1", "services", true),
    ("ServiceAccount", "v1", "serviceaccounts", true),
    ("ResourceQuota", "v1", "resourcequotas", true),
    ("PersistentVolumeClaim", "v1", "persistentvolumeclaims", true),
    ("Deployment", "apps/v1", "deployments", true),
    ("CronJob", "batch/v1", "cronjobs", true),
    ("Role", "rbac.authorization.k8s.io/v1", "roles", true),
    ("RoleBinding", "rbac.authorization.k8s.io/v1", "rolebindings", true),
    ("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies", true),
    ("StorageClass", "storage.k8s.io/v1", "storageclasses", false),
    (
        "CustomResourceDefinition",
        "apiextensions.k8s.io/v1",
        "customresourcedefinitions",
        false,
    ),
    ("Gadget", "", "gadgets", true),
];

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
        let kubeconfig = Kubeconfig::read_from(plane.admin_kubeconfig()).expect("a kubeconfig");
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
        Self {
            client: Client::try_from(config.expect("a configuration")).expect("a client"),
            name: name.to_owned(),
        }
    }

    /// The namespaces of a history. In the second there is nothing that the ApplySet is kept in.
    pub fn namespaces(&self) -> [String; 2] {
        [self.name.clone(), format!("{}-b", self.name)]
    }

    /// Sends one request. What the API server refuses is nothing.
    pub async fn ask(&self, method: &str, path: &str, content: &str, body: &Value) -> Option<Value> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = Request::builder().method(method).uri(path);
        let request = request.header("content-type", content).body(body.into_bytes());
        match self.client.request(request.expect("a request")).await {
            Ok(answer) => Some(answer),
            Err(Error::Api(_)) => None,
            Err(error) => panic!("the API server gave no answer: {error}"),
        }
    }

    pub async fn get(&self, id: &Id) -> Option<Value> {
        self.ask("GET", &self.path(id)?, "application/json", &Value::Null).await
    }

    /// Makes the namespace that the ApplySet is kept in.
    pub async fn begin(&self) {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name}});
        let made = self.ask("POST", "/api/v1/namespaces", "application/json", &namespace);
        assert!(made.await.is_some(), "there is a namespace {}", self.name);
    }

    /// Takes away all that is left, and does not wait until it is gone.
    pub async fn end(&self) {
        let all = self.snapshot().await;
        for path in all
            .keys()
            .filter_map(|id| self.path(id).filter(|_| id.namespace.is_empty()))
        {
            self.ask("DELETE", &path, "application/json", &Value::Null).await;
        }
    }

    /// What there is, but for what every namespace has and what the ApplySet is kept in.
    pub async fn snapshot(&self) -> Snapshot {
        let lists = KINDS.iter().flat_map(|(kind, version, plural, is_namespaced)| {
            let version = self.version(version);
            let namespaces = self.namespaces().map(|namespace| format!("namespaces/{namespace}/"));
            let scopes = if *is_namespaced {
                namespaces.to_vec()
            } else {
                vec![String::new()]
            };
            scopes
                .into_iter()
                .map(move |scope| (kind, version.clone(), format!("{}/{scope}{plural}", root(&version))))
        });
        let lists = lists.map(|(kind, version, path)| async move {
            let listed = self.ask("GET", &path, "application/json", &Value::Null).await;
            let items = listed.and_then(|mut listed| listed["items"].as_array_mut().map(std::mem::take));
            items.unwrap_or_default().into_iter().map(move |mut item| {
                item["kind"] = json!(kind);
                item["apiVersion"] = json!(version);
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

    /// Writes as somebody else. Whether the API server let them.
    pub async fn write(&self, other: &Other) -> bool {
        let id = &other.object;
        let Some(path) = self.path(id) else {
            return false;
        };
        let merge = "application/merge-patch+json";
        let by = format!("fieldManager={}", other.manager);
        let done = match &other.write {
            Write::Delete => return self.delete(id).await,
            Write::Apply { fields, force } => {
                let fields = self.identified(id, fields);
                let uri = format!("{path}?{by}&force={force}");
                // An apply would make an object that is not there.
                if self.get(id).await.is_none() {
                    return false;
                }
                self.ask("PATCH", &uri, "application/apply-patch+yaml", &fields).await
            }
            Write::Patch { patch, subresource } => {
                let subresource = Some(subresource).filter(|name| !name.is_empty());
                let below = subresource.map(|name| format!("/{name}")).unwrap_or_default();
                self.ask("PATCH", &format!("{path}{below}?{by}"), merge, patch).await
            }
            Write::Update { patch } => {
                let Some(mut object) = self.get(id).await else {
                    return false;
                };
                json_patch::merge(&mut object, patch);
                self.ask("PUT", &format!("{path}?{by}"), "application/json", &object)
                    .await
            }
            Write::Forget => {
                let nothing = json!({"metadata": {"managedFields": [{}]}});
                self.ask("PATCH", &format!("{path}?{by}"), merge, &nothing).await
            }
            Write::Create { object } => {
                let (collection, _) = path.rsplit_once('/').expect("a path has a name");
                self.ask("POST", &format!("{collection}?{by}"), "application/json", object)
                    .await
            }
            Write::Join => {
                let Some(set) = self.set().await else {
                    return false;
                };
                let label = json!({"metadata": {"labels": {"applyset.kubernetes.io/part-of": set}}});
                self.ask("PATCH", &format!("{path}?{by}"), merge, &label).await
            }
        };
        done.is_some()
    }

    /// Deletes an object, and waits until it is gone.
    async fn delete(&self, id: &Id) -> bool {
        let Some(path) = self.path(id) else {
            return false;
        };
        let before = self.get(id).await.map(|object| object["metadata"]["uid"].clone());
        let done = self
            .ask("DELETE", &path, "application/json", &Value::Null)
            .await
            .is_some();
        for _ in 0..500 {
            let now = self.get(id).await.map(|object| object["metadata"]["uid"].clone());
            if now.is_none() || now != before {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        done
    }

    /// The id of the ApplySet, if it was ever synced.
    async fn set(&self) -> Option<Value> {
        let path = format!(
            "/api/v1/namespaces/{}/configmaps?labelSelector=applyset.kubernetes.io/id",
            self.name
        );
        let listed = self.ask("GET", &path, "application/json", &Value::Null).await?;
        let id = listed["items"][0]["metadata"]["labels"]["applyset.kubernetes.io/id"].clone();
        id.is_string().then_some(id)
    }

    /// The Lease of a sync that was killed expires soon.
    pub async fn expire(&self) {
        let path = format!(
            "/apis/coordination.k8s.io/v1/namespaces/{0}/leases/stackanetes-{0}",
            self.name
        );
        let soon = json!({"spec": {"leaseDurationSeconds": 1}});
        self.ask("PATCH", &path, "application/merge-patch+json", &soon).await;
    }

    fn version(&self, version: &str) -> String {
        if version.is_empty() {
            format!("{}.example.net/v1", self.name)
        } else {
            version.to_owned()
        }
    }

    fn path(&self, id: &Id) -> Option<String> {
        let (_, version, plural, _) = KINDS.iter().find(|(kind, ..)| *kind == id.kind)?;
        let version = self.version(version);
        let scope = match id.namespace.as_str() {
            "" => String::new(),
            namespace => format!("namespaces/{namespace}/"),
        };
        Some(format!("{}/{scope}{plural}/{}", root(&version), id.name))
    }

    /// These fields with what identifies the object.
    fn identified(&self, id: &Id, fields: &Value) -> Value {
        let version = KINDS
            .iter()
            .find(|(kind, ..)| *kind == id.kind)
            .map_or("", |(_, version, ..)| version);
        let mut object = json!({"apiVersion": self.version(version), "kind": id.kind, "metadata": {"name": id.name}});
        json_patch::merge(&mut object, fields);
        object
    }
}

fn root(version: &str) -> String {
    let api = if version.contains('/') { "apis" } else { "api" };
    format!("/{api}/{version}")
}
