//! Who may do what: bindings to roles and to accounts.

use super::directory::{CheckedDirectory, CheckedObject};
use super::finding::Finding;
use super::references::follow;

const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) fn check<'a>(directory: &CheckedDirectory<'a>, object: &CheckedObject<'a>, findings: &mut Vec<Finding>) {
    if object.kind().group != GROUP || !matches!(object.kind().kind.as_str(), "RoleBinding" | "ClusterRoleBinding") {
        return;
    }
    let role = object.at(&["roleRef"]);
    let kind = match role.field("kind").text() {
        Some("ClusterRole") => (GROUP, "ClusterRole", None),
        Some("Role") => (GROUP, "Role", object.namespace()),
        _ => return,
    };
    follow(directory, object, &role.field("name"), kind, "grants", findings);
    for subject in object.at(&["subjects"]).items() {
        if subject.field("kind").text() != Some("ServiceAccount") {
            continue;
        }
        let namespace = subject.field("namespace").text().or(object.namespace());
        let kind = ("", "ServiceAccount", namespace);
        follow(directory, object, &subject.field("name"), kind, "is for", findings);
    }
}
