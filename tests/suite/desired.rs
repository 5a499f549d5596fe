//! The shipped `desired/`, on a control plane with all controllers, a scheduler and nodes.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::bed::{Bed, namespace, write_script};
use crate::control_plane::{AuditEvent, ControlPlane, kubectl_program};
use crate::environments;
use crate::roles;
use crate::sandbox;

/// A bed whose `desired/` is a copy of the shipped one. All of them are about the one namespace it
/// names, so on each control plane one test uses it from the first sync to the last.
pub fn shipped(plane: &'static ControlPlane) -> Bed {
    let bed = Bed::without_namespace(plane, "openstack").with_default_secrets();
    copy_shipped(&bed.dir);
    bed
}

/// Copies the shipped `desired/` into a repository.
pub fn copy_shipped(repository: &Path) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("desired");
    copy(&shipped, &repository.join("desired"));
}

/// Copies a directory, with all that is in it.
pub fn copy(from: &Path, to: &Path) {
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
    let mut bed = shipped(ControlPlane::full());
    bed.commit("The topology");

    // Into an empty cluster, until everything is Current, without a warning or a mismatch; and first of all
    // by users with exactly the rights that are printed for it.
    let namespaces = ["openstack", "openstack-data-plane"];
    let preview = roles::user(&bed, "preview", &namespaces);
    let anybody = std::mem::replace(&mut bed.user, preview);
    let run = bed.diff().exits(1).shows("? not compared Secret").shows_not("refused");
    assert!(!run.stderr.contains("error"), "{}", run.stderr);
    bed.user = roles::user(&bed, "sync", &namespaces);
    let requests = bed.audited(|| {
        let run = bed
            .run(&["sync", "--yes"])
            .exits(0)
            .shows("complete:")
            .shows_not("mismatch")
            .shows_not("warning");
        assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    });
    bed.run(&["diff"]).exits(0).shows("in sync:");
    bed.user = anybody;
    for name in namespaces {
        // What came with the roles is the ApplySet's alone from now on.
        let bare = namespace(name);
        let apply = ["apply", "--server-side", "-f", "-"];
        bed.plane.kubectl_stdin(&apply, &bare).expect_success();
    }
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
    environments_change_what_their_fixtures_say(&bed);
    a_component_is_switched_off(&bed);
    if std::env::var_os("ENVIRONMENTS").is_some() {
        every_environment_syncs(&bed);
    }
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
    // What waits for nobody is there before what waits longest, however slow the machine is.
    let last = written("keystone-api", "deployments");
    for (independent, resource) in [
        ("mariadb", "statefulsets"),
        ("rabbitmq", "statefulsets"),
        ("memcached", "statefulsets"),
        ("openvswitch", "daemonsets"),
        ("libvirt", "daemonsets"),
        ("traefik", "deployments"),
        ("keystone-etc", "configmaps"),
    ] {
        assert!(written(independent, resource) <= last, "{independent} waits for nobody");
    }
    let completed = |job: &str| -> String {
        let job = bed.get("job", job).expect("it is there");
        job["status"]["completionTime"].as_str().expect("it is complete")[..19].to_owned()
    };
    let available = |deployment: &str| -> String {
        let deployment = bed.get("deployment", deployment).expect("it is there");
        let conditions = deployment["status"]["conditions"]
            .as_array()
            .expect("it has conditions")
            .clone();
        let available = conditions.iter().find(|condition| condition["type"] == "Available");
        available.expect("it is available")["lastTransitionTime"]
            .as_str()
            .expect("a time")[..19]
            .to_owned()
    };
    let chain = [
        // Clients, after all of the database: its nodes, its proxy, and the Service that leads there.
        (available("mariadb-proxy"), written("mariadb", "services")),
        (written("mariadb", "services"), written("keystone-db-init", "jobs")),
        (ready, written("keystone-db-init", "jobs")),
        (completed("keystone-db-init"), written("keystone-db-sync", "jobs")),
        (completed("keystone-db-sync"), written("keystone-bootstrap", "jobs")),
        (completed("keystone-bootstrap"), written("keystone-api", "deployments")),
        // A backup before each migration; the API after it; what only the old one needed, last.
        (completed("glance-db-init"), written("glance-db-backup", "jobs")),
        (completed("glance-db-backup"), written("glance-db-sync", "jobs")),
        (completed("glance-db-sync"), written("glance-api", "deployments")),
        (available("glance-api"), written("glance-db-contract", "jobs")),
        // The conductor before those that ask it, and compute nodes after all of them.
        (available("placement-api"), written("nova-conductor", "deployments")),
        (available("nova-conductor"), written("nova-api", "deployments")),
        (available("nova-scheduler"), written("nova-compute", "daemonsets")),
        (
            available("neutron-rpc-server"),
            written("neutron-ovs-agent", "daemonsets"),
        ),
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
    write_script(&bin.join("kubectl"), &format!("exec {} \"$@\"", words.join(" ")));
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
        // Git's own, and not what a CronJob makes every five minutes.
        let members = ["--selector", "applyset.kubernetes.io/part-of"];
        bed.kubectl(&[&["get", kind, "--output", paths], &members[..]].concat())
    };
    let jobs = uids("jobs");
    assert!(jobs.contains("keystone-db-sync="), "{jobs}");
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
        .shows("~ update 1 workload: what it reads changes")
        .shows("ConfigMap openstack/keystone-etc: Deployment keystone-api")
        .shows("restarts 1 pod")
        .shows("2 to update;")
        .shows_not("Job");
    bed.synced().shows("complete: 2 updated");
    assert_eq!(uids("jobs"), jobs);
    bed.diff().exits(0);
}

/// Each of these changes these objects and no others.
fn parameters_reach_what_depends_on_them(bed: &Bed) {
    let changes = |parameter: &str, expected: &[&str]| {
        let run = bed.run(&["diff", "--stat", "--set", parameter]).exits(1);
        assert_eq!(headings(&run.stdout), expected, "{}", run.stdout);
    };
    changes(
        "rabbitmq.replicas=5",
        &[
            "~ update PodDisruptionBudget openstack/rabbitmq",
            "~ update StatefulSet openstack/rabbitmq",
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
    // A volume keeps what it was made with, and the diff says what it would cost to replace it.
    bed.run(&["diff", "--set", "storage.class=fast"])
        .exits(1)
        .shows("! refused PersistentVolumeClaim openstack/glance-images spec cannot be changed")
        .shows("if it is replaced, its data is lost, unless the volume is retained")
        .shows("! refused StatefulSet openstack/mariadb spec.volumeClaimTemplates cannot be changed")
        .shows("4 refused; 164 unchanged");
}

/// What each environment would change, as its fixture says: `fixtures/environments/NAME.changes`.
/// With `UPDATE_EXPECTED=1`, they are written anew.
fn environments_change_what_their_fixtures_say(bed: &Bed) {
    copy(&environments::fixtures(), &bed.dir.join("desired/environments"));
    for name in environments::names() {
        let run = bed.run(&["diff", "--stat", "--switch-environment", "--environment", &name]);
        let changes = headings(&run.stdout).join("\n");
        assert_eq!(run.code, i32::from(!changes.is_empty()), "{name}: {}", run.stderr);
        let path = environments::fixtures().join(format!("{name}.changes"));
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&path, changes + "\n").expect("a file of our own");
            continue;
        }
        let expected = fs::read_to_string(&path).expect("each environment has its changes");
        assert_eq!(changes, expected.trim_end(), "{name}");
    }
    fs::remove_dir_all(bed.dir.join("desired/environments")).expect("a directory of our own");
}

/// From each environment to the next, until everything is Current and a diff asks nothing. It takes
/// minutes, so it is asked for: `ENVIRONMENTS=all cargo test --test suite desired`.
fn every_environment_syncs(bed: &Bed) {
    copy(&environments::fixtures(), &bed.dir.join("desired/environments"));
    for (node, label) in [("control-plane-0", "control"), ("compute-0", "compute")] {
        bed.kubectl(&["label", "node", node, &format!("example.org/{label}=enabled")]);
    }
    for name in environments::names() {
        let environment = ["--environment", &name, "--switch-environment"];
        let sync = [&["sync", "--yes", "--max-prune", "100%"], &environment[..]].concat();
        bed.run(&sync).exits(0).shows("complete:").shows_not("mismatch");
        let requests = bed.audited(|| drop(bed.run(&["diff", "--environment", &name]).exits(0)));
        let asked: Vec<&str> = requests
            .iter()
            .filter(|request| request.dry_run || request.is_write())
            .map(|request| request.name.as_str())
            .collect();
        assert!(asked.is_empty(), "{name}: {asked:?}");
    }
}

/// What would be done to which object, in order.
fn headings(diff: &str) -> Vec<String> {
    let lines = diff.lines();
    let lines = lines.filter(|line| line.starts_with(['~', '+', '-', '±', '!', '?', '=']));
    let mut headings: Vec<_> = lines
        .map(|line| line.split_whitespace().take(4).collect::<Vec<_>>().join(" "))
        .collect();
    headings.sort_unstable();
    headings
}

/// It is pruned, but for its data, and nothing else changes.
fn a_component_is_switched_off(bed: &Bed) {
    let uid = |kind: &str, name: &str| bed.get(kind, name).expect("it is there")["metadata"]["uid"].clone();
    let traefik = uid("deployment", "traefik");
    bed.run(&["sync", "--yes", "--set", "glance.enabled=false", "--max-prune", "20"])
        .exits(0)
        .shows("deleted")
        .shows_not("updated");
    assert!(bed.get("deployment", "glance-api").is_none() && bed.get("service", "glance").is_none());
    assert!(
        bed.get("persistentvolumeclaim", "glance-images").is_some(),
        "images are kept"
    );
    assert_eq!(uid("deployment", "traefik"), traefik);
    bed.run(&["diff", "--set", "glance.enabled=false"]).exits(0);
}
