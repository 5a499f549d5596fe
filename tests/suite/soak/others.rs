//! What others do to the objects of the ApplySet, and what the API server says of itself.

use http::Request;
use kube::Client;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::api::{self, JSON, MERGE};
use crate::control_plane::ControlPlane;

/// A connection of others, who have nothing to do with the program.
pub struct Others {
    runtime: Runtime,
    client: Client,
    namespace: String,
}

impl Others {
    pub fn connect(plane: &ControlPlane, namespace: &str) -> Others {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let client = runtime.block_on(api::connect(plane));
        Others {
            runtime,
            client,
            namespace: namespace.to_owned(),
        }
    }

    /// Changes a ConfigMap under the name of this manager.
    pub fn patch(&self, name: &str, manager: &str, patch: &Value) {
        let path = format!("configmaps/{name}?fieldManager={manager}");
        let done = self.ask("PATCH", &path, MERGE, patch);
        assert!(done.is_some(), "{name} is there");
    }

    /// Deletes a ConfigMap, if it is there.
    pub fn delete(&self, name: &str) -> bool {
        let path = format!("configmaps/{name}");
        self.ask("DELETE", &path, JSON, &Value::Null).is_some()
    }

    /// Creates a ConfigMap that has these labels.
    pub fn create(&self, name: &str, labels: &Value) {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}});
        let made = self.ask("POST", "configmaps?fieldManager=stranger", JSON, &object);
        assert!(made.is_some(), "{name} was not there");
    }

    /// A ConfigMap that is there.
    pub fn config_map(&self, name: &str) -> Value {
        let path = format!("configmaps/{name}");
        self.ask("GET", &path, JSON, &Value::Null).expect("it is there")
    }

    /// All objects of this kind, by its path below the namespace.
    pub fn list(&self, root: &str, plural: &str) -> Vec<Value> {
        let path = format!("{root}/namespaces/{}/{plural}", self.namespace);
        let listed = self.send("GET", &path, JSON, &Value::Null).expect("they can be listed");
        listed["items"].as_array().cloned().unwrap_or_default()
    }

    /// How many watches the API server answers now.
    pub fn watches(&self) -> u64 {
        let request = Request::get("/metrics").body(Vec::new()).expect("a request");
        let metrics = self.runtime.block_on(self.client.request_text(request));
        let metrics = metrics.expect("the API server tells its metrics");
        let lines = metrics
            .lines()
            .filter(|line| line.starts_with("apiserver_longrunning_requests{") && line.contains("verb=\"WATCH\""));
        let counts = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
        counts.sum()
    }

    fn ask(&self, method: &str, path: &str, content: &str, body: &Value) -> Option<Value> {
        self.send(
            method,
            &format!("/api/v1/namespaces/{}/{path}", self.namespace),
            content,
            body,
        )
    }

    fn send(&self, method: &str, path: &str, content: &str, body: &Value) -> Option<Value> {
        self.runtime
            .block_on(api::send(&self.client, method, path, content, body))
    }
}
