//! A sync that waits for as long as a test wants it to.

use super::{Bed, config_map, with_metadata};

const CLAIM: &str = "apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
";

impl Bed {
    /// Writes the claim `claim`, and the ConfigMap `after`, which is applied once somebody has bound the claim.
    pub fn write_claim(&self) {
        self.write("claim.yaml", CLAIM);
        let depends = format!(
            "  annotations:\n    config.kubernetes.io/depends-on: /namespaces/{}/PersistentVolumeClaim/claim\n",
            self.namespace
        );
        let after = with_metadata(&config_map("after", &[("a", "1")]), &depends);
        self.write("after.yaml", &after);
    }

    /// Binds the claim, which no controller of the bare control plane does.
    pub fn bind_claim(&self) {
        let bound = r#"{"status":{"phase":"Bound"}}"#;
        let patch = ["patch", "pvc", "claim", "--subresource=status", "--type=merge"];
        self.kubectl(&[&patch[..], &["--patch", bound]].concat());
    }
}
