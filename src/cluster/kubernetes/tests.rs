//! The cluster against a server that says what a test tells it to: what is sent again, what is not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use kube::Config;

use super::*;
use crate::object::{GroupKind, GroupVersionKind};

/// Answers each request by a function of its first line and of how many came before it with the
/// same; `None` cuts the connection.
struct ScriptedServer {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl ScriptedServer {
    fn new(answer: impl Fn(&str, usize) -> Option<String> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let server = Self {
            url,
            seen: seen.clone(),
        };
        // Ends with the process: the listener is never closed.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let line = request_line(&stream);
                let before = {
                    let mut seen = seen.lock().expect("the lock");
                    seen.push(line.clone());
                    seen.iter().filter(|earlier| **earlier == line).count() - 1
                };
                if let Some(answer) = answer(&line, before) {
                    stream.write_all(answer.as_bytes()).expect("an answer");
                }
            }
        });
        server
    }

    fn cluster(&self) -> Kubernetes {
        let mut config = Config::new(self.url.parse().expect("a URL"));
        config.default_retry = false;
        let client = Client::try_from(config).expect("a client");
        let server = super::ServerAddress {
            url: self.url.clone(),
            plugin: None,
        };
        let transport = Transport::new(client, server, RequestLimit::Usual);
        Kubernetes {
            transport,
            cache: None,
            context: None,
            default_namespace: "default".into(),
            skips_verification: false,
        }
    }

    /// One that has answered before.
    fn known_cluster(&self) -> Kubernetes {
        let cluster = self.cluster();
        cluster.transport.know();
        self.seen.lock().expect("the lock").clear();
        cluster
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("the lock").clone()
    }
}

/// `GET /api/v1/configmaps`; the rest of the request is read and forgotten.
fn request_line(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).expect("a request");
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a header");
        match line.to_ascii_lowercase().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().expect("a length"),
            Some(_) => {}
            None => break,
        }
    }
    reader.read_exact(&mut vec![0; length]).expect("a body");
    first.trim_end().trim_end_matches(" HTTP/1.1").to_owned()
}

/// `None` would be a connection that is cut.
#[expect(clippy::unnecessary_wraps, reason = "a scripted server may also not answer")]
fn answer(status: &str, body: &Value) -> Option<String> {
    let body = body.to_string();
    Some(format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    ))
}

fn ok(body: &Value) -> Option<String> {
    answer("200 OK", body)
}

fn config_maps() -> Resource {
    let gvk = GroupVersionKind::new("v1", "ConfigMap");
    Resource {
        gvk,
        plural: "configmaps".into(),
        namespaced: true,
        listable: true,
    }
}

fn config_map() -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}})
}

/// The manifest as a server stores it.
fn stored() -> Value {
    let mut stored = config_map();
    stored["metadata"]["uid"] = "1".into();
    stored
}

fn list(items: Value, next: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMapList", "metadata": {"continue": next}, "items": items})
}

/// What a server says of the kinds of a version.
fn served(plural: &str) -> Value {
    json!({"kind": "APIResourceList", "resources": [{"name": plural}]})
}

async fn apply(cluster: &Kubernetes) -> Result<Answer, ClusterError> {
    let object = config_map();
    let reference = ObjectRef::of(&object);
    let apply = Apply {
        object: &object,
        reference: &reference,
        field_manager: "me",
        force: Force::Take,
        persist: Persist::DryRun,
    };
    cluster.apply(&config_maps(), &apply).await
}

const APPLY: &str =
    "PATCH /api/v1/namespaces/n/configmaps/a?fieldManager=me&fieldValidation=Strict&force=true&dryRun=All";
const CREATE: &str = "POST /api/v1/namespaces/n/configmaps?fieldManager=me&fieldValidation=Strict";

#[tokio::test]
async fn an_apply_is_sent_again_after_a_failure_that_may_pass() {
    let server = ScriptedServer::new(|_, before| match before {
        0 => answer("503 Service Unavailable", &json!({})),
        1 => None,
        _ => answer("201 Created", &stored()),
    });
    let applied = apply(&server.known_cluster()).await.expect("an answer");
    assert!(applied.created);
    assert_eq!(server.seen(), [APPLY, APPLY, APPLY]);
}

#[tokio::test]
async fn an_object_that_is_refused_is_not_sent_again() {
    let message = "failed to create typed patch object (n/a; /v1, Kind=ConfigMap): .dat: field not declared in schema";
    let status = json!({"kind": "Status", "message": message, "code": 500});
    let server = ScriptedServer::new(move |_, _| answer("500 Internal Server Error", &status));
    let error = apply(&server.cluster()).await.expect_err("a refusal");
    assert_eq!((error.failure, error.message.as_str()), (Failure::Invalid, message));
    assert_eq!(server.seen(), [APPLY]);
}

#[tokio::test]
async fn a_create_is_sent_again_only_when_the_server_had_no_time_for_it() {
    for failure in [answer("503 Service Unavailable", &json!({})), None] {
        let server = ScriptedServer::new(move |line, _| {
            if line == CREATE {
                failure.clone()
            } else {
                ok(&json!({}))
            }
        });
        let cluster = server.known_cluster();
        cluster
            .create(&config_maps(), &config_map(), "me")
            .await
            .expect_err("a failure");
        assert_eq!(server.seen(), [CREATE]);
    }
    let server = ScriptedServer::new(|_, before| match before {
        0 => Some(
            "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".into(),
        ),
        _ => answer("201 Created", &stored()),
    });
    server
        .cluster()
        .create(&config_maps(), &config_map(), "me")
        .await
        .expect("an object");
    assert_eq!(server.seen(), [CREATE, CREATE]);
}

#[tokio::test]
async fn the_first_request_is_sent_again_like_the_others() {
    let server = ScriptedServer::new(|_, before| (before > 0).then(|| answer("201 Created", &stored())).flatten());
    apply(&server.cluster()).await.expect("an answer");
    assert_eq!(server.seen(), [APPLY, APPLY]);
}

#[tokio::test]
async fn a_server_that_never_answers_is_named() {
    let server = ScriptedServer::new(|_, _| None);
    let error = apply(&server.cluster()).await.expect_err("no answer");
    assert_eq!(error.failure, Failure::Unreachable);
    assert!(
        error.message.starts_with(&format!("failed to reach {}: ", server.url)),
        "{error}"
    );
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn an_answer_that_is_not_what_was_asked_for_is_none() {
    let another = || json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b", "uid": "1"}});
    let server = ScriptedServer::new(move |_, before| match before {
        0 => ok(&Value::Null),
        1 => ok(&another()),
        2 => ok(&json!({})),
        _ => ok(&stored()),
    });
    apply(&server.cluster()).await.expect("an answer");
    assert_eq!(server.seen().len(), 4);

    let server =
        ScriptedServer::new(|_, _| Some("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html></html>".to_owned()));
    let error = apply(&server.cluster()).await.expect_err("no answer");
    assert_eq!(
        (error.failure, error.message.as_str()),
        (Failure::Unreadable, "the answer is not JSON")
    );
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_list_whose_pages_expire_begins_again_once() {
    let page = |name: &str, next: &str| ok(&list(json!([{"metadata": {"name": name, "namespace": "n"}}]), next));
    let gone = || answer("410 Gone", &json!({"kind": "Status", "reason": "Expired", "code": 410}));
    let server = ScriptedServer::new(move |line, before| match (line.contains("continue="), before) {
        (false, _) => page("a", "x y"),
        (true, 0) => gone(),
        (true, _) => page("b", ""),
    });
    let objects = server
        .cluster()
        .list(&config_maps(), &Scope::Cluster, "a=b")
        .await
        .expect("objects");
    let names: Vec<_> = objects.iter().map(|object| object.reference().to_string()).collect();
    assert_eq!(names, ["ConfigMap n/a", "ConfigMap n/b"]);
    let first = "GET /api/v1/configmaps?limit=500&labelSelector=a%3Db";
    let second = "GET /api/v1/configmaps?limit=500&labelSelector=a%3Db&continue=x%20y";
    assert_eq!(server.seen(), [first, second, first, second]);

    let server = ScriptedServer::new(move |line, _| {
        if line.contains("continue=") {
            gone()
        } else {
            page("a", "x")
        }
    });
    let error = server
        .cluster()
        .list(&config_maps(), &Scope::Cluster, "")
        .await
        .expect_err("no list");
    assert_eq!(error.failure, Failure::Other);
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn what_is_not_there_is_told_from_what_cannot_be_there() {
    let reference = LiveObject::new(config_map()).reference();
    let missing =
        json!({"kind": "Status", "reason": "NotFound", "details": {"name": "a", "kind": "configmaps"}, "code": 404});
    let server = ScriptedServer::new(move |_, _| answer("404 Not Found", &missing));
    assert_eq!(
        server
            .cluster()
            .get(&config_maps(), &reference)
            .await
            .expect("an answer"),
        None
    );

    // Something answers for the server, which still names the kind.
    let page = || Some("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".into());
    let kinds = served("configmaps");
    let server = ScriptedServer::new(move |line, _| if line == "GET /api/v1" { ok(&kinds) } else { page() });
    let error = server
        .cluster()
        .get(&config_maps(), &reference)
        .await
        .expect_err("a refusal");
    assert_eq!(error.failure, Failure::NotFound);
}

#[tokio::test]
async fn a_kind_that_the_server_names_no_more_has_no_objects() {
    let named = served("configmaps");
    let server = ScriptedServer::new(move |line, before| match (line, before) {
        ("GET /api/v1", 0) => ok(&named),
        ("GET /api/v1", _) => ok(&served("secrets")),
        _ => answer("404 Not Found", &json!({})),
    });
    let cluster = server.cluster();
    let listed = cluster.list(&config_maps(), &Scope::Cluster, "").await;
    assert_eq!(listed.expect("an answer"), []);
    let reference = LiveObject::new(config_map()).reference();
    assert_eq!(cluster.get(&config_maps(), &reference).await.expect("an answer"), None);
}

#[tokio::test]
async fn a_list_that_something_else_says_is_not_there_is_asked_for_again() {
    let found = list(json!([config_map()]), "");
    let server = ScriptedServer::new(move |line, before| match (line, before) {
        ("GET /api/v1", _) => ok(&served("configmaps")),
        (_, 0) => answer("404 Not Found", &json!({})),
        _ => ok(&found),
    });
    let listed = server.cluster().list(&config_maps(), &Scope::Cluster, "").await;
    assert_eq!(listed.expect("an answer").len(), 1);
}

#[tokio::test]
async fn a_server_that_does_not_aggregate_is_asked_version_by_version() {
    let resources = |resources: Value| ok(&json!({"kind": "APIResourceList", "resources": resources}));
    let server = ScriptedServer::new(move |line, _| match line.trim_start_matches("GET ") {
        "/version" => ok(&json!({"gitVersion": "v1.25.0"})),
        "/api" => ok(&json!({"kind": "APIVersions", "versions": ["v1"]})),
        "/apis" => ok(&json!({"kind": "APIGroupList", "groups": [
            {"name": "autoscaling", "preferredVersion": {"groupVersion": "autoscaling/v2"},
             "versions": [{"groupVersion": "autoscaling/v1"}, {"groupVersion": "autoscaling/v2"}]},
            {"name": "gone.io", "versions": [{"groupVersion": "gone.io/v1"}]},
        ]})),
        "/api/v1" => resources(json!([
            {"name": "configmaps", "kind": "ConfigMap", "namespaced": true, "verbs": ["list"]},
            {"name": "pods/log", "kind": "Pod", "namespaced": true, "verbs": ["get"]},
        ])),
        "/apis/gone.io/v1" => answer("404 Not Found", &json!({})),
        _ => resources(
            json!([{"name": "horizontalpodautoscalers", "kind": "HorizontalPodAutoscaler", "namespaced": true}]),
        ),
    });
    let discovery = server.cluster().discover().await.expect("kinds");
    assert_eq!(discovery.server_version, "v1.25.0");
    assert_eq!(discovery.unavailable, ["gone.io/v1"]);
    assert_eq!(discovery.kinds().count(), 2);
    assert_eq!(
        discovery.preferred(&GroupKind::new("", "ConfigMap")),
        Some(&config_maps())
    );
    let versions = discovery.versions(&GroupKind::new("autoscaling", "HorizontalPodAutoscaler"));
    assert_eq!(
        versions
            .iter()
            .map(|version| version.gvk.version.as_str())
            .collect::<Vec<_>>(),
        ["v2", "v1"]
    );
    assert!(!versions[0].listable);
}

/// The index and the document of `example.com/v1`, whose schema has this hash.
fn open_api(line: &str, hash: &str) -> Option<String> {
    let widget = json!({"group": "example.com", "version": "v1", "kind": "Widget"});
    let meta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
    match line {
        "GET /openapi/v3" => ok(&json!({"paths": {
            "apis/example.com/v1": {"serverRelativeURL": format!("/openapi/v3/apis/example.com/v1?hash={hash}")},
            "api/v1": {"serverRelativeURL": "/openapi/v3/api/v1?hash=00"},
        }})),
        line if line.ends_with(&format!("?hash={hash}")) => ok(&json!({"components": {"schemas": {
            "com.example.v1.Widget": {
                "type": "object",
                "properties": {"metadata": {"$ref": format!("#/components/schemas/{meta}")}},
                "x-kubernetes-group-version-kind": [widget],
            },
            meta: {"type": "object", "properties": {"name": {"type": "string"}}},
        }}})),
        _ => answer("301 Moved Permanently", &json!({})),
    }
}

fn widget() -> GroupVersionKind {
    GroupVersionKind::new("example.com/v1", "Widget")
}

fn cache(name: &str) -> (std::path::PathBuf, Cache) {
    let directory = std::env::temp_dir().join(format!("stackanetes-open-api-{}-{name}", std::process::id()));
    let cache = Cache::within(&directory, "server");
    (directory, cache)
}

#[tokio::test]
async fn a_schema_is_read_once_for_each_hash() {
    let server = ScriptedServer::new(|line, _| open_api(line, "AB"));
    let mut cluster = server.known_cluster();
    let (directory, cache) = cache("once");
    cluster.cache = Some(cache);
    for _ in 0..3 {
        let schema = cluster.schema(&[widget()].into()).await.expect("a schema");
        assert!(schema.kind(&widget()).is_some());
    }
    let read = "GET /openapi/v3/apis/example.com/v1?hash=AB";
    assert_eq!(
        server.seen(),
        ["GET /openapi/v3", read, "GET /openapi/v3", "GET /openapi/v3"]
    );
    std::fs::remove_dir_all(directory).expect("it is ours");
}

#[tokio::test]
async fn a_schema_that_changes_while_it_is_read_is_read_again() {
    // The first index names what is gone by the time it is asked for.
    let server = ScriptedServer::new(|line, before| match (line, before) {
        ("GET /openapi/v3", 0) => open_api(line, "OLD"),
        (line, _) => open_api(line, "NEW"),
    });
    let cluster = server.known_cluster();
    let schema = cluster.schema(&[widget()].into()).await.expect("a schema");
    assert!(schema.kind(&widget()).is_some());
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_schema_that_may_not_be_read_is_an_error_and_one_that_is_not_there_is_not() {
    let words = "forbidden: User \"u\" cannot get path \"/openapi/v3\"";
    let server = ScriptedServer::new(move |_, _| {
        answer(
            "403 Forbidden",
            &json!({"kind": "Status", "message": words, "reason": "Forbidden", "code": 403}),
        )
    });
    let cluster = server.known_cluster();
    let error = cluster
        .schema(&[widget()].into())
        .await
        .expect_err("it may not be read");
    assert_eq!(error.failure, Failure::Forbidden);

    let server = ScriptedServer::new(|line, _| open_api(line, "AB"));
    let cluster = server.known_cluster();
    let unknown = GroupVersionKind::new("other.example.com/v1", "Widget");
    let schema = cluster.schema(&[unknown.clone()].into()).await.expect("an index");
    assert!(schema.kind(&unknown).is_none());
    assert_eq!(server.seen(), ["GET /openapi/v3"]);
}

#[tokio::test]
async fn discovery_is_asked_for_by_its_tag_and_answered_from_what_is_kept() {
    let list = || {
        json!({"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": "example.com"}, "versions": [{
            "version": "v1", "freshness": "Current", "resources": [
                {"resource": "widgets", "scope": "Namespaced", "verbs": ["list"], "responseKind": {"kind": "Widget"}},
            ],
        }]}]})
    };
    let server = ScriptedServer::new(move |line, before| match (line, before) {
        ("GET /version", _) => ok(&json!({"gitVersion": "v1.37.2"})),
        ("GET /api", _) => ok(&json!({"kind": "APIGroupDiscoveryList", "items": []})),
        (_, 0) => {
            let body = list().to_string();
            let length = body.len();
            Some(format!(
                "HTTP/1.1 200 OK\r\nETag: \"AB\"\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            ))
        }
        _ => answer("304 Not Modified", &Value::Null),
    });
    let mut cluster = server.known_cluster();
    let (directory, cache) = cache("discovery");
    cluster.cache = Some(cache);
    for _ in 0..2 {
        let discovery = cluster.discover().await.expect("a discovery");
        assert!(discovery.resource(&widget()).is_some());
    }
    assert_eq!(server.seen().len(), 6);
    std::fs::remove_dir_all(directory).expect("it is ours");
}
