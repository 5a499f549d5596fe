//! The shipped `desired/`, on a control plane with all controllers, a scheduler and nodes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::bed::Bed;
use crate::control_plane::{AuditEvent, ControlPlane, kubectl_program};
use crate::sandbox;

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
    let requests = bed.audited(|| {
        let run = bed
            .run(&["sync", "--yes"])
            .exits(0)
            .shows("synced:")
            .shows_not("mismatch")
            .shows_not("warning");
        assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    });
    bed.run(&["status"]).exits(0);
    in_the_order_of_the_graph(&bed, &requests);

    // In sync, and a diff writes nothing; it does not even ask, since the server's records prove it.
    what_a_steady_state_costs(&bed);
    bed.run(&["diff", "--verify"]).exits(0).shows("in sync:");

    sandbox::it_is_the_same_in_a_sandbox(&bed);
    sandbox::it_is_the_same_in_a_snapshot(&bed);
    keys_are_made(&bed);
    a_line_of_configuration(&bed);
    parameters_reach_what_depends_on_them(&bed);
    a_component_is_switched_off(&bed);
}

/// One LIST a kind, however many objects there are; what the server serves, of which it only says that it
/// is still the same; the parent, and the key beside it, without which nobody knows whether pods follow
/// their Secrets. No dry-run, and no schema.
fn what_a_steady_state_costs(bed: &Bed) {
    let requests = bed.audited(|| drop(bed.diff().exits(0).shows("in sync:")));
    let (lists, rest): (Vec<_>, Vec<_>) = requests.into_iter().partition(|request| request.verb == "list");
    let mut listed: Vec<_> = lists.iter().map(|list| (&list.group, &list.resource)).collect();
    let count = listed.len();
    listed.sort();
    listed.dedup();
    assert!(count > 10 && count == listed.len(), "{lists:#?}");
    assert!(lists.iter().all(|list| list.uri.contains("limit=")), "{lists:#?}");
    let mut rest: Vec<(u16, String)> = rest.into_iter().map(|request| (request.code, request.uri)).collect();
    rest.sort();
    let of_set = "/api/v1/namespaces/openstack";
    let expected = [
        (200, format!("{of_set}/configmaps/stackanetes-openstack")),
        (200, format!("{of_set}/secrets/stackanetes-openstack-key")),
        (200, "/version".to_owned()),
        (304, "/api".to_owned()),
        (304, "/apis".to_owned()),
    ];
    assert_eq!(rest, expected);
}

/// What is independent starts side by side, and what depends waits until what it needs is Current.
fn in_the_order_of_the_graph(bed: &Bed, requests: &[AuditEvent]) {
    let written = |name: &str, resource: &str| -> String {
        let is = |request: &&AuditEvent| request.is_write() && request.resource == resource && request.name == name;
        let first = requests.iter().find(is).unwrap_or_else(|| panic!("{name} is written"));
        // Times of conditions are whole seconds.
        first.received[..19].to_owned()
    };
    let list = bed.kubectl(&[
        "get",
        "pods",
        "--selector",
        "app.kubernetes.io/name=mariadb",
        "--output",
        "json",
    ]);
    let pods: Value = serde_json::from_str(&list).expect("JSON");
    let ready = pods["items"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|pod| pod["status"]["conditions"].as_array().cloned().unwrap_or_default())
        .filter(|condition| condition["type"] == "Ready")
        .filter_map(|condition| Some(condition["lastTransitionTime"].as_str()?[..19].to_owned()))
        .max()
        .expect("MariaDB is ready");
    for independent in ["mariadb", "rabbitmq", "memcached"] {
        assert!(
            written(independent, "statefulsets") <= ready,
            "{independent} waits for nobody"
        );
    }
    assert!(written("traefik", "deployments") <= ready, "Traefik waits for nobody");
    assert!(
        written("keystone-etc", "configmaps") <= ready,
        "configuration waits for nobody"
    );
    let completed = |job: &str| -> String {
        let job = bed.get("job", job).expect("it is there");
        job["status"]["completionTime"].as_str().expect("it is complete")[..19].to_owned()
    };
    let chain = [
        (ready, written("keystone-db-init", "jobs")),
        (completed("keystone-db-init"), written("keystone-db-sync", "jobs")),
        (completed("keystone-db-sync"), written("keystone-bootstrap", "jobs")),
        (completed("keystone-bootstrap"), written("keystone-api", "deployments")),
    ];
    for (done, next) in chain {
        assert!(next >= done, "{next} {done}");
    }
}

/// What nobody should choose is there, and what somebody chose is what the printed openrc reads.
fn keys_are_made(bed: &Bed) {
    for secret in ["keystone-fernet-keys", "keystone-credential-keys"] {
        let data = bed.get("secret", secret).expect("it is there")["data"].clone();
        assert_eq!(data.as_object().expect("it has keys").len(), 2);
        assert_ne!(data["0"], data["1"]);
    }
    // Whoever rotates them may: to the next diff they are none of its business.
    let rotated = serde_json::json!({"data": {"0": "bmV3", "1": "b2xk", "2": "bmV4dA=="}});
    bed.patch("rotate-keys", "secret", "keystone-fernet-keys", &rotated);
    bed.diff().exits(0);
    let openrc = bed.run(&["output", "openrc"]).exits(0);
    let sourced = sourced(bed, &openrc.stdout);
    assert_eq!(
        sourced,
        "http://identity.openstack.cluster:30080/v3 RegionOne admin password"
    );
}

/// What a shell knows that has sourced this openrc, with a kubectl that reaches the cluster.
fn sourced(bed: &Bed, openrc: &str) -> String {
    let kubectl = kubectl_program();
    let words = std::iter::once(kubectl.get_program()).chain(kubectl.get_args());
    let words: Vec<_> = words.map(|word| format!("'{}'", word.display())).collect();
    let bin = bed.dir.join("bin");
    fs::create_dir_all(&bin).expect("a directory of our own");
    let script = bin.join("kubectl");
    fs::write(&script, format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" "))).expect("a file of our own");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("a file of our own");
    fs::write(bed.dir.join("openrc"), openrc).expect("a file of our own");
    let path = std::env::var("PATH").unwrap_or_default();
    let known = ". ./openrc && echo $OS_AUTH_URL $OS_REGION_NAME $OS_USERNAME $OS_PASSWORD";
    let output = Command::new("sh")
        .args(["-c", known])
        .current_dir(&bed.dir)
        .env_clear()
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("HOME", &bed.dir)
        .env("KUBECONFIG", ControlPlane::full().admin_kubeconfig())
        .output()
        .expect("a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// One line of Keystone's configuration is that line in the diff, restarts Keystone's pods, and runs
/// no Job.
fn a_line_of_configuration(bed: &Bed) {
    let uids = |kind: &str| {
        let paths = "jsonpath={range .items[*]}{.metadata.name}={.metadata.uid} {end}";
        bed.kubectl(&["get", kind, "--output", paths])
    };
    let jobs = uids("jobs");
    assert_eq!(jobs.split_whitespace().count(), 3, "{jobs}");
    let path = bed.dir.join("desired/keystone/etc/keystone.conf.j2");
    let text = fs::read_to_string(path).expect("the configuration of Keystone");
    let line = "connection_recycle_time = 600";
    assert!(text.contains(line));
    bed.write(
        "keystone/etc/keystone.conf.j2",
        &text.replace(line, "connection_recycle_time = 300"),
    );
    bed.commit("Recycle sooner");
    bed.diff()
        .exits(1)
        .shows("~ update ConfigMap openstack/keystone-etc")
        .shows(&format!("- {line}"))
        .shows("+ connection_recycle_time = 300")
        .shows("~ update Deployment openstack/keystone-api")
        .shows("restarts 1 pod")
        .shows("2 to update;")
        .shows_not("Job");
    bed.synced().shows("synced: 2 updated");
    assert_eq!(uids("jobs"), jobs);
    bed.diff().exits(0);
}

/// Each of these changes these objects and no others.
fn parameters_reach_what_depends_on_them(bed: &Bed) {
    let changes = |parameter: &str, expected: &[&str]| {
        let run = bed.run(&["diff", "--set", parameter]).exits(1);
        let headings = run
            .stdout
            .lines()
            .filter(|line| line.starts_with(['~', '+', '-', '±', '!', '?', '=']));
        let mut headings: Vec<_> = headings
            .map(|line| line.split_whitespace().take(4).collect::<Vec<_>>().join(" "))
            .collect();
        headings.sort_unstable();
        assert_eq!(headings, expected, "{}", run.stdout);
        run
    };
    changes(
        "deployment.control_replicas=3",
        &[
            "+ create PodDisruptionBudget openstack/keystone-api",
            "~ update Deployment openstack/keystone-api",
        ],
    )
    .shows("spec.replicas")
    .shows("- 1")
    .shows("+ 3");
    changes(
        "rabbitmq.replicas=5",
        &[
            "~ update PodDisruptionBudget openstack/rabbitmq",
            "~ update StatefulSet openstack/rabbitmq",
        ],
    );
    // The endpoints follow the ingress by a Job that runs again.
    changes(
        "network.ingress.host='%s.example.org'",
        &[
            "~ update Ingress openstack/keystone",
            "± replace Job openstack/keystone-bootstrap",
        ],
    );
    changes(
        "passwords.database.keystone=another",
        &[
            "~ update Deployment openstack/keystone-api",
            "~ update Secret openstack/keystone-database",
            "± replace Job openstack/keystone-db-init",
            "± replace Job openstack/keystone-db-sync",
        ],
    );
    // A volume keeps what it was made with, and the server says so before anything is done.
    bed.run(&["diff", "--set", "storage.class=fast"])
        .exits(2)
        .complains("set only when the object is created");
    for (parameter, because) in [
        ("mariadb.replicas=2", "An even number is refused"),
        ("network.ingress.host=openstack.cluster", "%s"),
        ("passwords.database.root=p@ss", "passwords.database.root"),
    ] {
        bed.run(&["diff", "--set", parameter]).exits(2).complains(because);
    }
}

/// It is pruned, and nothing else changes.
fn a_component_is_switched_off(bed: &Bed) {
    let uid = |kind: &str, name: &str| bed.get(kind, name).expect("it is there")["metadata"]["uid"].clone();
    let traefik = uid("deployment", "traefik");
    bed.run(&["sync", "--yes", "--set", "rabbitmq.enabled=false"])
        .exits(0)
        .shows("deleted")
        .shows_not("updated");
    assert!(bed.get("statefulset", "rabbitmq").is_none() && bed.get("service", "rabbitmq").is_none());
    assert!(
        bed.get("persistentvolumeclaim", "data-rabbitmq-0").is_some(),
        "data is kept"
    );
    assert_eq!(uid("deployment", "traefik"), traefik);
    bed.run(&["diff", "--set", "rabbitmq.enabled=false"]).exits(0);
}
