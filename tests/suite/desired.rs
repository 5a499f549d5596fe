//! The shipped `desired/`, on a control plane with all controllers, a scheduler and nodes.

use std::fs;
use std::path::Path;

use crate::bed::Bed;
use crate::control_plane::ControlPlane;

/// A bed whose `desired/` is a copy of the shipped one. All of them are about the one namespace it
/// names, so one test uses it from the first sync to the last.
fn shipped() -> Bed {
    let bed = Bed::without_namespace(ControlPlane::full(), "openstack");
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("desired"),
        &bed.dir.join("desired"),
    );
    bed
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory of our own");
    for entry in fs::read_dir(from).expect("a directory that is there") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file that can be copied");
        }
    }
}

#[test]
fn from_an_empty_cluster_to_in_sync_and_on() {
    let bed = shipped();
    bed.commit("The topology");

    // Into an empty cluster, until everything is Current, without a warning or a mismatch.
    let run = bed
        .run(&["sync", "--yes"])
        .exits(0)
        .shows("synced:")
        .shows_not("mismatch")
        .shows_not("warning");
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    bed.run(&["status"]).exits(0);

    // In sync, and a diff writes nothing.
    let requests = bed.audited(|| drop(bed.diff().exits(0).shows("in sync:")));
    assert!(!requests.is_empty() && !requests.iter().any(crate::control_plane::AuditEvent::is_write));

    // Another replica count is that field of that workload, and nothing else.
    let path = bed.dir.join("desired/memcached/statefulset.yaml");
    let text = fs::read_to_string(&path).expect("the manifest of Memcached");
    let replicas = text
        .lines()
        .find(|line| line.trim_start().starts_with("replicas:"))
        .expect("a replica count");
    bed.write("memcached/statefulset.yaml", &text.replace(replicas, "  replicas: 5"));
    bed.commit("More Memcached");
    let run = bed
        .diff()
        .exits(1)
        .shows("~ update StatefulSet openstack/memcached")
        .shows("spec.replicas")
        .shows("+ 5 git")
        .shows("1 to update;");
    let signs: Vec<_> = run
        .stdout
        .lines()
        .filter(|line| line.trim_start().starts_with("+ "))
        .collect();
    assert_eq!(signs.len(), 1, "{}", run.stdout);
    bed.synced().shows("synced: 1 updated");

    // A moved component changes nothing.
    fs::rename(bed.dir.join("desired/memcached"), bed.dir.join("desired/cache")).expect("it can be moved");
    bed.diff().exits(0);

    // A removed one is pruned, and nothing else is.
    let traefik = bed.get("deployment", "traefik").expect("it is there")["metadata"]["uid"].clone();
    fs::remove_dir_all(bed.dir.join("desired/cache")).expect("it can be removed");
    bed.synced().shows("deleted");
    assert!(bed.get("statefulset", "memcached").is_none() && bed.get("service", "memcached").is_none());
    assert_eq!(
        bed.get("deployment", "traefik").expect("it is there")["metadata"]["uid"],
        traefik
    );
    bed.diff().exits(0);
}
