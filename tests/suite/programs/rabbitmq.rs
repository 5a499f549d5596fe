//! RabbitMQ from the shipped configuration.

use std::net::IpAddr;

use super::process::Program;
use super::{Place, Process, Shipped, free_port, listens};

/// A queue of a client that asks for nothing particular is a quorum queue, for the user and password
/// that the Secret gives; and a changed password is the one that counts after a restart.
#[test]
fn queues_are_quorum_queues() {
    if !super::available() {
        return;
    }
    let place = Place::new("rabbitmq");
    let address = place.address(1);
    let (mapper_port, node_port) = (free_port(address), free_port(address));
    let port = mapper_port.to_string();
    let mut mapper = Program::new(&["epmd", "-address", &address.to_string(), "-port", &port]).start(&place, "epmd");
    mapper.wait_until(&place, "epmd listens", || listens(address, mapper_port));

    for password in ["password", "another"] {
        let mut shipped = Shipped::render(&["--set", &format!("passwords.rabbitmq.admin={password}")]);
        shipped.generate("rabbitmq-erlang-cookie", "cookie", "ACOOKIEOFTWENTYLETTERS");
        let secret = |name: &str, key: &str| place.write(&format!("{name}/{key}"), &shipped.secret(name, key));
        let cookie = secret("rabbitmq-erlang-cookie", "cookie");
        let definitions = place.write(
            "definitions.json",
            &shipped.file("rabbitmq-etc", "definitions.json", &[]),
        );
        // Debian's RabbitMQ is of before 4.1, and would ask the API server for its peers.
        let alone = [("cluster_formation.peer_discovery_backend = k8s", "")];
        let listen = [5672, 15672, 15692].map(|port| format!("= {address}:{port}"));
        let listeners = [
            (
                "listeners.tcp.default = 5672",
                format!("listeners.tcp.default {}", listen[0]),
            ),
            (
                "management.tcp.port = 15672",
                format!("management.tcp.ip = {address}\nmanagement.tcp.port = 15672"),
            ),
            (
                "prometheus.tcp.port = 15692",
                format!("prometheus.tcp.ip = {address}\nprometheus.tcp.port = 15692"),
            ),
        ];
        let home = place.directory("home");
        let mut replacements = vec![("/var/lib/rabbitmq", home.as_str())];
        replacements.extend(alone);
        replacements.extend(listeners.iter().map(|(from, to)| (*from, to.as_str())));
        let configuration = shipped.file("rabbitmq-etc", "rabbitmq.conf", &replacements);
        place.write("rabbitmq.conf", &configuration);
        let plugins = shipped.file(
            "rabbitmq-etc",
            "enabled_plugins",
            &[("rabbitmq_peer_discovery_k8s, ", "")],
        );
        place.write("enabled_plugins", &plugins);
        let inputs = [
            ("/etc/rabbitmq-cookie/cookie", cookie.as_str()),
            ("/etc/rabbitmq/definitions.json", &definitions),
        ];
        let script = shipped.file("rabbitmq-bin", "start.sh", &inputs);
        let script = place.write("start.sh", &script);

        let node = format!("rabbit@{address}");
        let settings = |program: Program| {
            program
                // What /etc/rabbitmq is in the image.
                .env("RABBITMQ_CONFIG_FILE", place.path("rabbitmq.conf"))
                .env("RABBITMQ_ENABLED_PLUGINS_FILE", place.path("enabled_plugins"))
                // What is fixed in the image, and shared by all on this machine.
                .env("ERL_EPMD_PORT", mapper_port)
                .env("ERL_EPMD_ADDRESS", address)
                .env("RABBITMQ_DIST_PORT", node_port)
                .env("RABBITMQ_LOG_BASE", place.path("home"))
                .env("RABBITMQ_MNESIA_BASE", place.path("home/mnesia"))
        };
        let server = shipped.program("StatefulSet", "rabbitmq", &[("metadata.name", "rabbitmq-0")]);
        let server = server.with(&[
            ("/opt/rabbitmq-bin/start.sh", &script),
            ("/var/lib/rabbitmq", &home),
            ("rabbit@rabbitmq-0.rabbitmq-nodes.openstack.svc.cluster.local", &node),
        ]);
        let control = Program {
            command: [
                "rabbitmqctl",
                "--longnames",
                "--node",
                &node,
                "--silent",
                "list_queues",
                "name",
                "type",
            ]
            .map(str::to_owned)
            .to_vec(),
            ..settings(Program::new(&[])).env("HOME", &home)
        };
        let mut server = settings(server).start(&place, "rabbitmq");
        server.wait_until(&place, "it takes clients", || listens(address, 5672));

        // With the library that OpenStack's services use.
        let client = format!(
            "import amqp
connection = amqp.Connection('{address}:5672', 'openstack', '{password}')
connection.connect()
connection.channel().queue_declare('notifications', durable=True, auto_delete=False)
connection.close()"
        );
        Program::new(&["python3", "-c", &client]).run(&place, "client");
        assert_eq!(control.run(&place, "rabbitmqctl").trim(), "notifications\tquorum");
        probe(&place, &shipped, address, password, &mut server);
    }
}

/// Whether a service is connected is told by its own connections, and a broker that is gone is not
/// its fault.
fn probe(place: &Place, shipped: &Shipped, address: IpAddr, password: &str, server: &mut Process) {
    let script = place.write("connected.py", &shipped.file("rabbitmq-client", "connected.py", &[]));
    let is_well = |arguments: &str| {
        let command = format!("python3 {script} {arguments} && echo well || echo ill");
        let asked = Program::new(&["sh", "-c", &command]).env("RABBITMQ_HOST", address);
        asked.run(place, "probe").trim_end().ends_with("well")
    };
    let service = format!(
        "import amqp, time
connection = amqp.Connection('{address}:5672', 'openstack', '{password}')
connection.connect()
time.sleep(600)"
    );
    let mut service = Program::new(&["python3", "-c", &service, "a-service"]).start(place, "service");
    service.wait_until(place, "the service is connected", || is_well("a-service"));
    assert!(!is_well("another-service") && !is_well("--or-broker-gone another-service"));
    server.stop();
    assert!(!is_well("a-service") && is_well("--or-broker-gone a-service"));
}
