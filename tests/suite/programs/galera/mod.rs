//! MariaDB: a Galera cluster from the shipped configuration, by the shipped script.

mod proxy;
mod restore;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::process::Program;
use super::{Place, Process, Shipped, answers, free_port};

/// Starts a node of `count`. Its address is that of its number, from 1.
pub fn start(place: &Place, shipped: &Shipped, ordinal: u8, count: u8) -> Process {
    start_server("mariadbd", place, shipped, ordinal, count)
}

/// The same, of another server.
fn start_server(server: &str, place: &Place, shipped: &Shipped, ordinal: u8, count: u8) -> Process {
    let address = place.address(ordinal + 1).to_string();
    let home = place.directory(&format!("mariadb-{ordinal}"));
    let [data, run, tmp] = ["data", "run", "tmp"].map(|name| place.directory(&format!("mariadb-{ordinal}/{name}")));
    let hosts: Vec<_> = (0..count)
        .map(|ordinal| {
            let host = format!("mariadb-{ordinal}.mariadb-nodes.openstack.svc.cluster.local");
            (host, place.address(ordinal + 1).to_string())
        })
        .collect();
    // Nodes would listen on every address, and here all are of one machine.
    let bind = format!("bind_address = {address}");
    let listen = format!("\"gmcast.listen_addr=tcp://{address}:4567; gcache.size=16M");
    // Where a copy of the data comes in: `socat` listens on every address.
    let receive = format!(
        "wsrep_on = ON\nwsrep_sst_receive_address = {address}:{}",
        free_port(place.address(ordinal + 1))
    );
    let temporary = format!("tmpdir = {tmp}");
    let mut replacements = vec![
        ("/var/lib/mysql", data.as_str()),
        ("/run/mysqld", &run),
        ("tmpdir = /tmp", &temporary),
        ("bind_address = *", &bind),
        ("\"gcache.size=256M", &listen),
        ("wsrep_on = ON", &receive),
        // It is a small machine.
        ("innodb_buffer_pool_size = 1G", "innodb_buffer_pool_size = 64M"),
        ("innodb_log_file_size = 256M", "innodb_log_file_size = 16M"),
    ];
    replacements.extend(hosts.iter().map(|(host, address)| (host.as_str(), address.as_str())));
    let configuration = shipped.file("mariadb-etc", "galera.cnf", &replacements);
    let configuration = place.write(&format!("mariadb-{ordinal}/galera.cnf"), &configuration);
    let server = format!("[\"{server}\", ");
    let replacements = [
        ("/etc/mysql/galera.cnf", configuration.as_str()),
        ("[\"mariadbd\", ", &server),
    ];
    let script = shipped.file("mariadb-bin", "node.py", &replacements);
    let script = place.write(&format!("mariadb-{ordinal}/node.py"), &script);

    let name = format!("mariadb-{ordinal}");
    let fields = [("metadata.name", name.as_str()), ("status.podIP", &address)];
    shipped
        .program("StatefulSet", "mariadb", &fields)
        .with(&[("/opt/mariadb/node.py", &script), ("python3", "/usr/bin/python3")])
        .env("HOME", home)
        .unprivileged()
        .start(place, &name)
}

/// By its readiness probe.
pub fn is_ready(place: &Place, ordinal: u8) -> bool {
    answers(place.address(ordinal + 1), 4569, "/ready")
}

/// What a node answers to root, over the network.
#[track_caller]
pub fn query(place: &Place, ordinal: u8, password: &str, statement: &str) -> String {
    let host = format!("--host={}", place.address(ordinal + 1));
    let password = format!("--password={password}");
    let command = [
        "mariadb",
        "--no-defaults",
        &host,
        "--port=3306",
        "--user=root",
        &password,
    ];
    let command = [&command[..], &["--batch", "--skip-column-names"]].concat();
    Program::new(&command)
        .run_with(place, "query", statement)
        .trim()
        .to_owned()
}

/// Three nodes, all of them ready.
#[track_caller]
fn three(place: &Place, shipped: &Shipped) -> Vec<Process> {
    let mut nodes: Vec<_> = (0..3).map(|ordinal| start(place, shipped, ordinal, 3)).collect();
    for (ordinal, node) in (0..).zip(&mut nodes) {
        node.wait_until(place, "it is ready", || is_ready(place, ordinal));
    }
    nodes
}

/// Three nodes form a cluster out of nothing; what one is given, all have. All are killed at once, not
/// all of them as far as the others, and come back with everything, and with another password.
#[test]
fn three_nodes_come_back_from_a_full_stop() {
    if !super::available() {
        return;
    }
    let place = Place::new("galera");
    let shipped = Shipped::render(&[]);
    let mut nodes = three(&place, &shipped);

    query(
        &place,
        0,
        "password",
        "CREATE DATABASE kept; CREATE TABLE kept.rows (id INT PRIMARY KEY, text TEXT);
         INSERT INTO kept.rows VALUES (1, 'on all');",
    );
    assert_eq!(query(&place, 2, "password", "SELECT * FROM kept.rows"), "1\ton all");

    // The first node misses something, so it must not be the one that starts the cluster.
    nodes[0].kill();
    let cluster = "SHOW STATUS LIKE 'wsrep_cluster_size'";
    nodes[1].wait_until(&place, "the others notice", || {
        query(&place, 1, "password", cluster).ends_with('2')
    });
    query(&place, 1, "password", "INSERT INTO kept.rows VALUES (2, 'on two')");
    nodes.iter_mut().for_each(Process::kill);

    let other = Shipped::render(&["--set", "passwords.database.root=another"]);
    let mut nodes = three(&place, &other);
    for ordinal in 0..3 {
        let rows = query(&place, ordinal, "another", "SELECT text FROM kept.rows ORDER BY id");
        assert_eq!(rows, "on all\non two", "of node {ordinal}");
    }
    assert!(query(&place, 0, "another", cluster).ends_with('3'));
    let said = place.log("mariadb-1");
    assert!(said.contains("[node] start: no node stands further"), "{said}");

    // And when they are told to go, they go well.
    for node in &mut nodes {
        assert!(node.stop().success());
    }
}

/// In place of the real one: to recover takes three seconds, and then it runs until it is ended.
const SLOW: &str = "#!/bin/sh
case \"$*\" in
    *--wsrep-recover*)
        sleep 3
        echo 'WSREP: Recovered position: 6f2e0d52-0000-11ef-8000-000000000000:6000' >&2 ;;
    *)
        echo \"server: $*\"
        exec sleep 1000 ;;
esac
";

/// A node that finds out where it stands is alive, and nobody counts on what it said before.
#[test]
fn a_node_that_recovers_is_alive_and_says_no_position() {
    if !super::available() {
        return;
    }
    let place = Place::new("galera-recovery");
    let shipped = Shipped::render(&[]);
    let bin = place.write("bin/mariadbd", SLOW);
    fs::set_permissions(&bin, fs::Permissions::from_mode(0o755)).expect("a file of our own");
    place.directory("mariadb-0/data/data/mysql");
    place.write("mariadb-0/data/start-alone", "");
    let mut node = start_server(&bin, &place, &shipped, 0, 3);
    let state = || super::get(place.address(1), 4569, "/state");
    node.wait_until(&place, "it answers", || state().is_some());
    let recovering = state().expect("it answers");
    assert!(
        recovering.contains("\"running\": true") && recovering.contains("\"seqno\": -1"),
        "{recovering}"
    );
    assert!(answers(place.address(1), 4569, "/live") && !is_ready(&place, 0));
    // Told to start alone, it does once it knows where it stands, and the word counts once.
    node.wait_until(&place, "it starts", || place.log("mariadb-0").contains("server: "));
    assert!(place.log("mariadb-0").contains(":6000"));
    assert!(place.log("mariadb-0").contains("--wsrep-new-cluster"));
    assert!(!place.dir.join("mariadb-0/data/start-alone").exists());
}
