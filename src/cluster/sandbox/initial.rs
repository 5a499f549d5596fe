//! What is in a sandbox before anything is written: the namespaces that every cluster has.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::path::CLUSTER;
use super::store::Stored;

const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Them, and where they lie.
pub(super) fn objects() -> Vec<Stored> {
    let stored = |name: &&str| {
        let path = Path::new(CLUSTER).join("namespaces").join(format!("{name}.yaml"));
        let value = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "uid": uid_of(&path.to_string_lossy()), "resourceVersion": "1"},
            "status": {"phase": "Active"},
        });
        Stored {
            path,
            value: Arc::new(value),
        }
    };
    NAMESPACES.iter().map(stored).collect()
}

/// The UID of an object that nobody gave one, by its file: always the same.
pub(super) fn uid_of(path: &str) -> String {
    let digest = Sha256::digest(path);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uid(bytes)
}

/// A UID of these bytes, in the form of a random one ([RFC 9562](https://www.rfc-editor.org/rfc/rfc9562)).
pub(super) fn uid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}
