//! The least that a tool could ask of the API server: the LISTs of a diff, and the applies of a sync.
//!
//! Each is a process of its own, so that its time and memory are measured as those of the tools are.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use futures::stream::{self, StreamExt as _};
use http::{Method, Request};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::Value;

/// How many applies are under way at once: as many as `stackanetes` has.
const CONCURRENCY: usize = 16;

/// Gets every page of the lists whose paths are the lines of `file`, all lists at once, and drops them.
#[tokio::main]
pub async fn list(file: &Path) {
    let text = fs::read_to_string(file).expect("the paths of the lists");
    let client = connect().await;
    let lists = text
        .lines()
        .map(|path| tokio::spawn(pages(client.clone(), path.to_owned())));
    for list in lists.collect::<Vec<_>>() {
        list.await.expect("every page is read");
    }
}

async fn pages(client: Client, first: String) {
    let mut next = Some(first.clone());
    while let Some(path) = next {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = client.send(request).await.expect("the server answers");
        assert!(response.status().is_success(), "{first}: {}", response.status());
        let mut body = response.into_body();
        let mut head = Vec::new();
        while let Some(frame) = body.frame().await {
            let bytes = frame
                .expect("the page is read to its end")
                .into_data()
                .unwrap_or_default();
            if head.len() < HEAD {
                head.extend_from_slice(&bytes[..bytes.len().min(HEAD)]);
            }
        }
        next = continuation(&String::from_utf8_lossy(&head)).map(|token| format!("{first}&continue={token}"));
    }
}

/// The metadata of a list stand before its items, within so many bytes.
const HEAD: usize = 4096;

/// What a page says is to be asked for the next one. The token is base64 for URLs.
fn continuation(head: &str) -> Option<&str> {
    let metadata = head.split("\"items\"").next()?;
    let (_, rest) = metadata.split_once("\"continue\":\"")?;
    rest.split('"').next().filter(|token| !token.is_empty())
}

/// Applies the objects of `file`, one a line after its path: the first, and then all others, 16 at once.
#[tokio::main]
pub async fn apply(file: &Path) {
    let text = fs::read_to_string(file).expect("the objects");
    let client = connect().await;
    let mut lines = text.lines();
    let first = lines.next().expect("there is a namespace");
    apply_one(client.clone(), first.to_owned()).await;
    let others = lines.map(|line| tokio::spawn(apply_one(client.clone(), line.to_owned())));
    let mut others = stream::iter(others).buffer_unordered(CONCURRENCY);
    while let Some(applied) = others.next().await {
        applied.expect("it is applied");
    }
}

async fn apply_one(client: Client, line: String) {
    let (path, object) = line.split_once(' ').expect("a path and an object");
    let request = Request::builder()
        .method(Method::PATCH)
        .uri(format!("{path}?fieldManager=floor&fieldValidation=Strict&force=true"))
        .header("content-type", "application/apply-patch+yaml")
        .body(Body::from(object.as_bytes().to_vec()))
        .expect("a request");
    let response = client.send(request).await.expect("the server answers");
    assert!(response.status().is_success(), "{path}: {}", response.status());
    response.into_body().collect().await.expect("the answer is read");
}

/// The lines that [`apply`] reads.
pub fn lines(objects: &[Value]) -> String {
    let mut lines = String::new();
    for object in objects {
        let _ = writeln!(lines, "{} {object}", path(object));
    }
    lines
}

/// Where the API server has an object of one of the kinds of the benchmark.
fn path(object: &Value) -> String {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let version = text(&object["apiVersion"]);
    let root = if version.contains('/') { "apis" } else { "api" };
    let plural = format!("{}s", text(&object["kind"]).to_lowercase());
    let name = text(&object["metadata"]["name"]);
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("/{root}/{version}/namespaces/{namespace}/{plural}/{name}"),
        None => format!("/{root}/{version}/{plural}/{name}"),
    }
}

/// The cluster of the kubeconfig that `KUBECONFIG` names.
async fn connect() -> Client {
    let kubeconfig = Kubeconfig::from_env()
        .expect("a kubeconfig")
        .expect("KUBECONFIG is set");
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    Client::try_from(config.expect("a cluster")).expect("a client")
}
