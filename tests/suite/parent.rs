//! A sync that cannot keep its parent gives back what it holds.

use crate::bed::{Bed, secret};
use crate::control_plane::Rule;

#[test]
fn a_sync_whose_parent_cannot_be_written_gives_back_the_lease() {
    let bed = Bed::new("parent-forbidden");
    bed.write("secret.yaml", &secret("credentials"));
    let rule = |group, resource, verbs| Rule {
        groups: group,
        resources: resource,
        verbs,
    };
    let user = bed.plane.user_in(
        "parent-forbidden",
        &[
            rule(&[""], &["secrets"], &["get", "list", "watch", "create", "patch"]),
            rule(&[""], &["configmaps", "namespaces"], &["get"]),
            rule(&["coordination.k8s.io"], &["leases"], &["get", "create", "update"]),
        ],
    );
    bed.run_as(&user.kubeconfig, &["sync", "--yes"], "")
        .exits(2)
        .complains("ConfigMap parent-forbidden/stackanetes-parent-forbidden")
        .complains("\"configmaps\"");
    assert!(
        bed.get("secret", "credentials").is_none(),
        "nothing is written without its parent"
    );
    assert_eq!(bed.lease_holder(), "");
}
