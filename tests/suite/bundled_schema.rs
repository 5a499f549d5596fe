//! What is bundled of Kubernetes' own kinds is what the control plane says of them.

use std::fs;
use std::path::Path;

use serde_json::Value;
use stackanetes::cluster::{Cluster as _, Connection, Kubernetes, reduce_kinds};
use stackanetes::ssa::schema;

use crate::control_plane::ControlPlane;

/// Every document of `/openapi/v3` that describes built-in kinds.
fn documents(plane: &ControlPlane) -> Vec<Value> {
    let get = |path: &str| -> Value {
        let text = plane.kubectl(&["get", "--raw", path]).expect_success();
        serde_json::from_str(&text).expect("JSON")
    };
    let index = get("/openapi/v3");
    let paths = index["paths"].as_object().expect("paths");
    let is_group = |path: &str| path == "api/v1" || (path.starts_with("apis/") && path.split('/').count() == 3);
    let group = |path: &str| path.split('/').nth(1).unwrap_or_default().to_owned();
    let paths = paths.keys().filter(|path| is_group(path) && is_built_in(&group(path)));
    paths.map(|path| get(&format!("/openapi/v3/{path}"))).collect()
}

/// What a CustomResourceDefinition of another test adds has a group with another ending.
fn is_built_in(group: &str) -> bool {
    !group.contains('.') || group.ends_with(".k8s.io")
}

#[test]
fn the_bundled_schema_is_that_of_the_control_plane() {
    is_bundled(
        "src/ssa/schema/kubernetes.json",
        &schema::reduce(&documents(ControlPlane::bare())),
    );
}

#[test]
fn the_bundled_kinds_are_those_of_the_control_plane() {
    let connection = Connection {
        kubeconfig: Some(ControlPlane::bare().admin_kubeconfig().to_owned()),
        ..Connection::default()
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let discovery = runtime.block_on(async {
        let cluster = Kubernetes::connect(&connection).await.expect("a connection");
        cluster.discover().await.expect("an answer")
    });
    let kinds = reduce_kinds(&discovery, |kind| is_built_in(&kind.group));
    is_bundled("src/cluster/built_in.json", &kinds);
}

/// Whether a file of the source has this text; it gets it where the environment says so.
fn is_bundled(file: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&file, text).expect("a file of our own");
    }
    let bundled = fs::read_to_string(&file).expect("what is bundled");
    let differs = bundled.lines().zip(text.lines()).find(|(old, new)| old != new);
    assert!(
        bundled == text,
        "UPDATE_SCHEMA=1 cargo test --test suite bundled_schema makes it anew; first difference: {differs:?}"
    );
}
