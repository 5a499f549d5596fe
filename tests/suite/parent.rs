//! A sync that cannot keep its parent gives back what it holds, and one that cannot read it changes nothing.

use serde_json::json;

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

#[test]
fn a_parent_that_cannot_be_read_is_neither_written_anew_nor_deleted() {
    let bed = Bed::new("parent-unreadable");
    bed.write_config_map("settings", &[("a", "1")]);
    bed.synced();
    let parent = "stackanetes-parent-unreadable";
    let unlisted = "{\"kinds\": [";
    bed.patch(
        "somebody",
        "configmap",
        parent,
        &json!({"data": {"unlisted": unlisted}}),
    );
    bed.write_config_map("settings", &[("a", "2")]);
    let words = "failed to read ConfigMap parent-unreadable/stackanetes-parent-unreadable: its data.unlisted cannot be \
                 read: ";
    for command in [&["diff"][..], &["sync", "--yes"], &["delete", "--yes"]] {
        bed.run(command).exits(2).complains(words);
    }
    let parent = bed.get("configmap", parent).expect("it is there");
    assert_eq!(parent["data"]["unlisted"], unlisted);
    assert_eq!(bed.get("configmap", "settings").expect("it is there")["data"]["a"], "1");
}
