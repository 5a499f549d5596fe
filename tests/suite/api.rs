//! Requests to the API server that are not ours: those of others, who write too.

use http::Request;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use kube::{Client, Error};
use serde_json::Value;

use crate::control_plane::ControlPlane;

/// The content of a request that is JSON.
pub const JSON: &str = "application/json";

/// The content of a merge patch.
pub const MERGE: &str = "application/merge-patch+json";

/// A connection of somebody who may do anything.
pub async fn connect(plane: &ControlPlane) -> Client {
    let kubeconfig = Kubeconfig::read_from(plane.admin_kubeconfig()).expect("a kubeconfig");
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    Client::try_from(config.expect("a configuration")).expect("a client")
}

/// Sends one request, whose body is empty where it is null. What the API server refuses is nothing.
pub async fn send(client: &Client, method: &str, path: &str, content: &str, body: &Value) -> Option<Value> {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = Request::builder().method(method).uri(path);
    let request = request.header("content-type", content).body(body.into_bytes());
    match client.request(request.expect("a request")).await {
        Ok(answer) => Some(answer),
        Err(Error::Api(_)) => None,
        Err(error) => panic!("the API server gave no answer: {error}"),
    }
}
