//! The proxy in front of the nodes.

use std::io::Read as _;
use std::net::{IpAddr, TcpStream};
use std::thread;
use std::time::Duration;

use super::super::process::Program;
use super::super::{Place, Process, Shipped, answers, available};
use super::{is_ready, query, start, three};

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
    if !available() {
        return;
    }
    let place = Place::new("galera-proxy");
    let shipped = Shipped::render(&[]);
    let mut nodes = three(&place, &shipped);
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
    // Two that write the same row at two nodes are refused all the time: a while without that is one node. A busy
    // machine may answer a check late, which leads them away and back again.
    let mut write_at = |node: &str| {
        for (ordinal, client) in ordinals.iter().zip(&mut clients) {
            let is_there = || {
                let log = place.log(&format!("client-{ordinal}"));
                log.lines().rev().take(300).filter(|line| *line == node).count() == 300
            };
            client.wait_until(&place, &format!("all is written at {node}"), is_there);
        }
    };
    let connections = |ordinal: u8| {
        let others =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'root' AND id != CONNECTION_ID()";
        query(&place, ordinal, "password", others)
    };
    let mut are_connected = |nodes: &[(u8, &str)]| {
        let is_so = || nodes.iter().all(|(ordinal, count)| connections(*ordinal) == *count);
        proxies[0].wait_until(&place, &format!("connections are {nodes:?}"), is_so);
    };
    write_at("mariadb-0");
    are_connected(&[(0, "2"), (1, "0"), (2, "0")]);

    nodes[0].kill();
    write_at("mariadb-1");
    are_connected(&[(1, "2"), (2, "0")]);

    nodes[0] = start(&place, &shipped, 0, 3);
    nodes[0].wait_until(&place, "it is ready", || is_ready(&place, 0));
    write_at("mariadb-0");
    are_connected(&[(0, "2"), (1, "0"), (2, "0")]);
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
    if !available() {
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
        let stream = TcpStream::connect((proxy_address, 3306));
        let _ = stream.and_then(|mut stream| stream.read_to_string(&mut name));
        name
    };
    let address = |number: u8| place.address(number).to_string();
    proxy.wait_until(&place, "it leads to the first", || led_to() == address(1));

    place.write("zone", "");
    thread::sleep(Duration::from_secs(12));
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
