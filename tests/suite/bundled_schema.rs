//! The schema that is bundled is the control plane's own.

use std::fs;
use std::path::Path;

use serde_json::Value;
use stackanetes::schema;

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
    // What a CustomResourceDefinition of another test adds has a group with another ending.
    let is_built_in = |path: &str| {
        let group = path.split('/').nth(1).unwrap_or_default();
        !group.contains('.') || group.ends_with(".k8s.io")
    };
    let paths = paths.keys().filter(|path| is_group(path) && is_built_in(path));
    paths.map(|path| get(&format!("/openapi/v3/{path}"))).collect()
}

#[test]
fn the_bundled_schema_is_that_of_the_control_plane() {
    let reduced = schema::reduce(&documents(ControlPlane::bare()));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schema/kubernetes.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&file, &reduced).expect("a file of our own");
    }
    let bundled = fs::read_to_string(&file).expect("the bundled schema");
    let differs = bundled.lines().zip(reduced.lines()).find(|(old, new)| old != new);
    assert!(
        bundled == reduced,
        "UPDATE_SCHEMA=1 cargo test --test suite bundled_schema makes it anew; first difference: {differs:?}"
    );
}
