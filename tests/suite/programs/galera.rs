//! MariaDB: a Galera cluster from the shipped configuration, by the shipped script.

use std::fs;
use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

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

#[track_caller]
fn all_ready(place: &Place, nodes: &mut [Process]) {
    for (ordinal, node) in (0..).zip(nodes) {
        node.wait_until(place, "it is ready", || is_ready(place, ordinal));
    }
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
    let mut nodes: Vec<_> = (0..3).map(|ordinal| start(&place, &shipped, ordinal, 3)).collect();
    all_ready(&place, &mut nodes);

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
    let mut nodes: Vec<_> = (0..3).map(|ordinal| start(&place, &other, ordinal, 3)).collect();
    all_ready(&place, &mut nodes);
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

/// A Job or CronJob that runs one of MariaDB's scripts, for the first of `place`'s nodes.
fn job(place: &Place, shipped: &Shipped, kind: &str, name: &str) -> Program {
    let mut program = shipped.program(kind, name, &[]);
    let script = program.command[1]
        .strip_prefix("/opt/mariadb/")
        .expect("a script")
        .to_owned();
    let node = place.address(1).to_string();
    let [tmp, backup] = ["tmp/", "backup"].map(|path| place.directory(path));
    let text = shipped
        .file("mariadb-bin", &script, &[("/tmp/", &tmp)])
        .replace("/backup", &backup)
        .replace(
            "mariadb-$ordinal.$NODES_HOST",
            &format!("{}$((ordinal + 1))", node.strip_suffix('1').expect("the first")),
        );
    program.command[1] = place.write(&script, &text);
    program.with(&[("mariadb.openstack.svc.cluster.local", &node)])
}

/// The nightly copy of three nodes, brought back to them: the databases are as they were, without what came since,
/// for all nodes and by the same users. A copy that is not whole, or would take Galera apart, changes nothing.
#[test]
fn a_nightly_copy_is_brought_back_to_three_nodes() {
    if !super::available() {
        return;
    }
    let place = Place::new("galera-restore");
    let shipped = Shipped::render(&[]);
    let mut nodes: Vec<_> = (0..3).map(|ordinal| start(&place, &shipped, ordinal, 3)).collect();
    all_ready(&place, &mut nodes);
    for service in ["keystone", "nova"] {
        job(&place, &shipped, "Job", &format!("{service}-db-init")).run(&place, "db-init");
    }
    let all = |ordinal: u8, statement: &str| query(&place, ordinal, "password", statement);
    all(
        0,
        "SET NAMES utf8mb4; CREATE TABLE keystone.user (id INT PRIMARY KEY, name TEXT) CHARSET utf8mb4;
            INSERT INTO keystone.user VALUES (1, 'a\nUSE `mysql`;\n'), (2, '🦀');
            CREATE TABLE nova_api.cells (id INT PRIMARY KEY);",
    );
    job(&place, &shipped, "CronJob", "mariadb-backup").run(&place, "backup");
    let backup = place.dir.join("backup");
    let copies: Vec<_> = fs::read_dir(&backup)
        .expect("our own")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    let [copy] = copies.as_slice() else {
        panic!("one copy, and not {copies:?}")
    };
    let copy = copy.to_str().expect("text");

    let rows = "SELECT HEX(name) FROM keystone.user ORDER BY id";
    let before = all(2, rows);
    all(
        1,
        "DELETE FROM keystone.user; CREATE TABLE keystone.later (id INT PRIMARY KEY);
            DROP DATABASE nova_api; CREATE DATABASE other; DROP USER nova@'%';",
    );
    let restore = |file: &str| {
        let set = format!("mariadb.restore={file}");
        let shipped = Shipped::render(&["--set", &set]);
        let log = format!("restore-{file}");
        let mut process = job(&place, &shipped, "Job", "mariadb-restore").start(&place, &log);
        (process.end().success(), place.log(&log))
    };

    // What would bring nothing back, or too much.
    let whole = fs::read(backup.join(copy)).expect("the copy");
    fs::write(backup.join("cut.sql.gz"), &whole[..whole.len() - 40]).expect("a file of our own");
    let everything = fs::File::create(backup.join("everything.sql.gz")).expect("a file of our own");
    let mut everything = GzEncoder::new(everything, Compression::fast());
    everything
        .write_all(b"USE `keystone`;\nUSE `mysql`;\n-- Dump completed on 2026-11-26\n")
        .and_then(|()| everything.finish())
        .expect("a file of our own");
    for (file, said) in [
        ("everything.sql.gz", "take Galera apart: nothing was changed"),
        ("cut.sql.gz", "is not whole: nothing was changed"),
        ("none.sql.gz", copy),
    ] {
        let (done, log) = restore(file);
        assert!(!done && log.contains(said), "{log}");
    }
    assert_eq!(all(0, "SHOW TABLES IN keystone"), "later\nuser");

    let (done, log) = restore(copy);
    assert!(done, "{log}");
    for ordinal in 0..3 {
        assert_eq!(all(ordinal, rows), before, "of node {ordinal}");
        assert_eq!(all(ordinal, "SHOW TABLES IN keystone"), "user", "of node {ordinal}");
        assert_eq!(all(ordinal, "SHOW DATABASES LIKE 'other'"), "other");
        let host = format!("--host={}", place.address(ordinal + 1));
        for (user, database) in [("keystone", "keystone"), ("nova", "nova_api")] {
            let user = format!("--user={user}");
            let login = [
                "mariadb",
                "--no-defaults",
                &host,
                &user,
                "--password=password",
                database,
            ];
            Program::new(&login).run_with(&place, "login", "SHOW TABLES");
        }
    }
    for node in &mut nodes {
        assert!(node.stop().success());
    }
}

/// In place of the cluster's DNS: answers at port 5353 of an address with what stands in a file, as NAME ADDRESS.
const DNS: &str = r#"
import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], 5353))
while True:
    query, client = server.recvfrom(4096)
    end = query.index(0, 12)
    name = query[13 : 13 + query[12]].decode()
    is_a = query[end + 1 : end + 3] == b"\0\1"
    with open(sys.argv[2]) as zone:
        address = dict(line.split() for line in zone).get(name)
    record = b"\xc0\x0c\0\1\0\1\0\0\0\5\0\4" + socket.inet_aton(address) if address and is_a else b""
    header = query[:2] + (b"\x84\0" if address else b"\x84\3") + bytes([0, 1, 0, bool(record), 0, 0, 0, 0])
    server.sendto(header + query[12 : end + 5] + record, client)
"#;

/// Starts it, at an address of its own.
fn start_dns(place: &Place, zone: &str) -> Process {
    let script = place.write("dns.py", DNS);
    let address = place.address(20).to_string();
    Program::new(&["python3", &script, &address, zone]).start(place, "dns")
}

/// Starts a proxy as it is shipped, but for whom it asks for names.
fn start_proxy(place: &Place, shipped: &Shipped, address: IpAddr) -> Process {
    let server = format!("nameserver dns {}:5353", place.address(20));
    let configuration = shipped.file("mariadb-proxy-etc", "haproxy.cfg", &[("parse-resolv-conf", &server)]);
    let configuration = place.write("haproxy.cfg", &configuration);
    shipped
        .program("Deployment", "mariadb-proxy", &[("status.podIP", &address.to_string())])
        .with(&[("/etc/haproxy/haproxy.cfg", &configuration)])
        .unprivileged()
        .start(place, &format!("proxy-{address}"))
}

/// Writes the same row over and over, as all other clients do. Prints the node that it did so at, or what went wrong
/// before it tries again.
const CLIENT: &str = r#"
import pymysql, sys, time
connection = None
while True:
    try:
        if connection is None:
            connection = pymysql.connect(host=sys.argv[1], user="root", password="password", autocommit=True)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE app.counter SET count = count + 1")
            cursor.execute("SELECT @@wsrep_node_name")
            print(cursor.fetchone()[0], flush=True)
    except pymysql.Error as error:
        print("again:", error, flush=True)
        connection = None
    time.sleep(0.01)
"#;

/// However many nodes there are, all clients of all proxies write to one; to the next when it is gone, and to the
/// first again, and to no other, when it is back.
#[test]
fn all_clients_write_to_one_node() {
    if !super::available() {
        return;
    }
    let place = Place::new("galera-proxy");
    let shipped = Shipped::render(&[]);
    let mut nodes: Vec<_> = (0..3).map(|ordinal| start(&place, &shipped, ordinal, 3)).collect();
    all_ready(&place, &mut nodes);
    query(
        &place,
        0,
        "password",
        "CREATE DATABASE app; CREATE TABLE app.counter (id INT PRIMARY KEY, count INT);
         INSERT INTO app.counter VALUES (1, 0)",
    );

    let [first, second, third] = [1, 2, 3].map(|number| place.address(number));
    let zone = format!("mariadb-0 {first}\nmariadb-1 {second}\nmariadb-2 {third}\n");
    let _dns = start_dns(&place, &place.write("zone", &zone));
    let ordinals = [10, 11];
    let mut proxies = ordinals.map(|ordinal| start_proxy(&place, &shipped, place.address(ordinal + 1)));
    for (ordinal, proxy) in ordinals.iter().zip(&mut proxies) {
        let is_ready = || answers(place.address(ordinal + 1), 4570, "/ready");
        proxy.wait_until(&place, "it is ready", is_ready);
    }
    let client = place.write("client.py", CLIENT);
    let mut clients = ordinals.map(|ordinal| {
        let address = place.address(ordinal + 1).to_string();
        Program::new(&["python3", &client, &address]).start(&place, &format!("client-{ordinal}"))
    });
    let mut write_at = |node: &str, within: u64| {
        let started = Instant::now();
        for (ordinal, client) in ordinals.iter().zip(&mut clients) {
            let is_there = || {
                let log = place.log(&format!("client-{ordinal}"));
                log.lines().rev().take(20).filter(|line| *line == node).count() == 20
            };
            client.wait_until(&place, node, is_there);
        }
        assert!(
            started.elapsed() < Duration::from_secs(within),
            "{:?}",
            started.elapsed()
        );
    };
    let connections = |ordinal: u8| {
        let others =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'root' AND id != CONNECTION_ID()";
        query(&place, ordinal, "password", others)
    };
    write_at("mariadb-0", 60);
    for ordinal in ordinals {
        for _ in 0..20 {
            let name = query(&place, ordinal, "password", "SELECT @@wsrep_node_name");
            assert_eq!(name, "mariadb-0");
        }
    }
    assert_eq!([0, 1, 2].map(connections), ["2", "0", "0"]);
    // Nobody was refused for what another did at another node.
    for ordinal in ordinals {
        let log = place.log(&format!("client-{ordinal}"));
        assert!(log.lines().all(|line| line == "mariadb-0"), "{log}");
    }

    nodes[0].kill();
    write_at("mariadb-1", 30);
    assert_eq!([1, 2].map(connections), ["2", "0"]);

    nodes[0] = start(&place, &shipped, 0, 3);
    nodes[0].wait_until(&place, "it is ready", || is_ready(&place, 0));
    write_at("mariadb-0", 30);
    assert_eq!([0, 1, 2].map(connections), ["2", "0", "0"]);
}

/// In place of a node that is ready: tells every client at which address it is.
const NODE: &str = r"
import http.server, socketserver, sys, threading
class State(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
class Server(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(sys.argv[1].encode())
socketserver.ThreadingTCPServer.allow_reuse_address = True
state = http.server.HTTPServer((sys.argv[1], 4569), State)
threading.Thread(target=state.serve_forever, daemon=True).start()
socketserver.ThreadingTCPServer((sys.argv[1], 3306), Server).serve_forever()
";

/// A node that moved is found at its new address, and one whose name is gone for a while is not forgotten.
#[test]
fn the_proxy_follows_a_node_that_moves() {
    use std::io::Read as _;
    if !super::available() {
        return;
    }
    let place = Place::new("galera-moves");
    let shipped = Shipped::render(&[]);
    // As it is in the cluster, it is one that HAProxy takes.
    let whole = place.write("shipped.cfg", &shipped.file("mariadb-proxy-etc", "haproxy.cfg", &[]));
    Program::new(&["haproxy", "-c", "-f", &whole])
        .env("POD_IP", "192.0.2.1")
        .run(&place, "check");

    let zone = |first: u8| {
        let first = place.address(first);
        place.write("zone", &format!("mariadb-0 {first}\nmariadb-1 {}\n", place.address(2)))
    };
    let _dns = start_dns(&place, &zone(1));
    let script = place.write("node.py", NODE);
    let node = |number: u8| {
        let address = place.address(number).to_string();
        Program::new(&["python3", &script, &address]).start(&place, &format!("node-{number}"))
    };
    let (mut first, second) = (node(1), node(2));
    let proxy_address = place.address(11);
    let mut proxy = start_proxy(&place, &shipped, proxy_address);
    let led_to = || {
        let mut name = String::new();
        let stream = std::net::TcpStream::connect((proxy_address, 3306));
        let _ = stream.and_then(|mut stream| stream.read_to_string(&mut name));
        name
    };
    let address = |number: u8| place.address(number).to_string();
    proxy.wait_until(&place, "it leads to the first", || led_to() == address(1));

    place.write("zone", "");
    std::thread::sleep(Duration::from_secs(12));
    assert_eq!(led_to(), address(1));
    first.kill();
    proxy.wait_until(&place, "it leads to the second", || led_to() == address(2));
    let moved = node(4);
    zone(4);
    proxy.wait_until(&place, "it leads to the moved", || led_to() == address(4));
    assert!(answers(proxy_address, 4570, "/ready") && answers(proxy_address, 4570, "/live"));
    // Without any node it is alive, and not ready.
    drop((moved, second));
    proxy.wait_until(&place, "it is not ready", || !answers(proxy_address, 4570, "/ready"));
    assert!(answers(proxy_address, 4570, "/live"));
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
