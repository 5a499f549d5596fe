//! Answers of an API server, or of whatever stands in its place.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use futures::StreamExt as _;
use serde_json::json;
use stackanetes::cluster::{Apply, Cluster, ClusterError, Connection, Force, Kubernetes, Persist, Resource, Scope};
use stackanetes::diagnostic::error::Error;
use stackanetes::object::{GroupKind, GroupVersionKind, ObjectRef};
use tempfile::NamedTempFile;
use tokio::runtime::{Builder, Runtime};

use super::parts::parts;
use super::shown;

/// How long the client waits for an answer: it always gets one, but may not be content with it.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many events of a watch are looked at.
const EVENTS: usize = 20;

/// What the server says, one answer after the other, and from the first again.
#[derive(Default)]
struct Script {
    answers: Vec<Vec<u8>>,
    next: usize,
}

struct Scene {
    runtime: Runtime,
    script: Arc<Mutex<Script>>,
    cluster: Kubernetes,
}

static SCENE: LazyLock<Option<Scene>> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().ok()?;
    let script = Arc::new(Mutex::new(Script::default()));
    let cluster = runtime.block_on(connected(&script))?;
    Some(Scene {
        runtime,
        script,
        cluster,
    })
});

/// Asks everything that is asked of a cluster. The answers stand one below the other, each under a line
/// `-- STATUS --` or `-- STATUS HEADER: VALUE --`.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let answers: Vec<_> = parts(&text)
        .iter()
        .skip(1)
        .map(|(head, body)| answer(head, body.as_bytes()))
        .collect();
    let Some(scene) = &*SCENE else { return };
    if answers.is_empty() {
        return;
    }
    *scene.script.lock().unwrap_or_else(PoisonError::into_inner) = Script { answers, next: 0 };
    scene.runtime.block_on(ask(&scene.cluster));
}

async fn ask(cluster: &Kubernetes) {
    let resource = Resource {
        gvk: GroupVersionKind::new("v1", "ConfigMap"),
        plural: "configmaps".into(),
        namespaced: true,
        listable: true,
    };
    let reference = ObjectRef {
        kind: GroupKind::new("", "ConfigMap"),
        namespace: Some("shop".into()),
        name: "a".into(),
    };
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}});
    let scope = Scope::Namespace("shop".into());
    let kinds = BTreeSet::from([resource.gvk.clone(), GroupVersionKind::new("apps/v1", "Deployment")]);
    let apply = Apply {
        object: &object,
        reference: &reference,
        field_manager: "ours",
        force: Force::Yield,
        persist: Persist::DryRun,
    };
    told(cluster.get(&resource, &reference).await);
    told(cluster.apply(&resource, &apply).await);
    told(cluster.list(&resource, &scope, "").await);
    told(cluster.discover().await);
    told(cluster.schema(&kinds).await);
    let mut events = cluster.watch(&resource, &scope, "").take(EVENTS);
    let watched = async {
        while let Some(event) = events.next().await {
            told(event);
        }
    };
    // A watch begins again for ever.
    let _ = tokio::time::timeout(Duration::from_millis(5), watched).await;
}

fn told<T>(result: Result<T, ClusterError>) {
    if let Err(error) = result {
        shown::error(&Error::new("failed").because(error));
    }
}

/// An answer in HTTP. Statuses after which a client waits, and asks again, are not answered.
fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let (status, header) = head.split_once(' ').unwrap_or((head, ""));
    let status: u16 = status.parse().unwrap_or(200);
    let status = if matches!(status, 200..=299 | 400..=428 | 430..=499) {
        status
    } else {
        200
    };
    let header: String = header.chars().filter(|letter| !letter.is_control()).collect();
    let is_framing = |name: &str| {
        let name = name.trim().to_ascii_lowercase();
        [
            "content-length",
            "transfer-encoding",
            "connection",
            "retry-after",
            "upgrade",
        ]
        .contains(&name.as_str())
    };
    let header = header.split_once(':').filter(|(name, _)| !is_framing(name));
    let header = header.map_or(String::new(), |(name, value)| format!("{name}:{value}\r\n"));
    let head = format!("HTTP/1.1 {status} a\r\n{header}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Begins a server, and connects to it.
async fn connected(script: &Arc<Mutex<Script>>) -> Option<Kubernetes> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).ok()?;
    let address = listener.local_addr().ok()?;
    let script = Arc::clone(script);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let script = Arc::clone(&script);
            thread::spawn(move || serve(stream, &script));
        }
    });
    let kubeconfig = NamedTempFile::new().ok()?;
    let connection = Connection {
        kubeconfig: Some(kubeconfig.path().to_owned()),
        server: Some(format!("http://{address}")),
        request_timeout: Some(PATIENCE),
        ..Connection::default()
    };
    Kubernetes::connect(&connection).await.ok()
}

/// Answers the requests of one connection.
fn serve(mut stream: TcpStream, script: &Mutex<Script>) -> Option<()> {
    // Else each answer waits for the client to say that it has the one before.
    stream.set_nodelay(true).ok()?;
    let mut read = Vec::new();
    loop {
        while end_of_request(&read).is_none() {
            let mut some = [0; 4096];
            match stream.read(&mut some).ok()? {
                0 => return None,
                count => read.extend_from_slice(&some[..count]),
            }
        }
        read.drain(..end_of_request(&read)?);
        let answer = {
            let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
            let number = script.next;
            script.next += 1;
            script.answers.get(number % script.answers.len().max(1)).cloned()
        };
        stream.write_all(&answer?).ok()?;
    }
}

/// Where the first request ends, if it is there whole.
fn end_of_request(read: &[u8]) -> Option<usize> {
    let head = read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&read[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
    (read.len() >= head + length).then_some(head + length)
}
