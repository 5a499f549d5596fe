//! Kubeconfigs.

use std::fs;
use std::sync::LazyLock;

use stackanetes::cluster::{Connection, Kubernetes};
use stackanetes::diagnostic::error::Error;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::shown;

/// What may name a program that gives credentials, however it is spelled: no input may run one.
const PROGRAMS: [&str; 4] = ["exec", "auth", "\\", "!"];

static DIRECTORY: LazyLock<Option<TempDir>> = LazyLock::new(|| TempDir::new().ok());
static RUNTIME: LazyLock<Option<Runtime>> = LazyLock::new(|| Builder::new_current_thread().enable_all().build().ok());

/// Reads a kubeconfig, and finds the cluster that its current context means. Nothing is sent.
pub fn run(input: &[u8]) {
    let (Some(directory), Some(runtime)) = (&*DIRECTORY, &*RUNTIME) else {
        return;
    };
    let file = directory.path().join("config");
    if fs::write(&file, input).is_err() {
        return;
    }
    let connection = Connection {
        kubeconfig: Some(file),
        ..Connection::default()
    };
    if let Err(error) = connection.names() {
        shown::error(&Error::new("failed").because(error));
    }
    let text = String::from_utf8_lossy(input);
    if PROGRAMS.iter().any(|program| text.contains(program)) {
        return;
    }
    match runtime.block_on(Kubernetes::connect(&connection)) {
        Ok(cluster) => assert!(!cluster.server().is_empty()),
        Err(error) => shown::error(&Error::new("failed").because(error)),
    }
}
