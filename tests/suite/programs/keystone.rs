//! Keystone whole: its database by its Jobs, its API under uWSGI with Memcached, and its keys rotated.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::thread;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::process::Program;
use super::shipped::{replaced, stackanetes};
use super::{Place, Process, Shipped, answers, environment, galera, memcached};
use crate::bed::Bed;
use crate::control_plane::ControlPlane;

const FERNET_KEYS: &str = "keystone-fernet-keys";
const CREDENTIAL_KEYS: &str = "keystone-credential-keys";
/// Where the keys are rotated. Another test has the name that is shipped.
const NAMESPACE: &str = "openstack-keys";

/// What all that Keystone runs have in common here.
struct Keystone {
    place: Place,
    shipped: Shipped,
    api: IpAddr,
    hosts: Vec<(String, String)>,
    keys: [String; 2],
}

impl Keystone {
    /// One from the shipped configuration, whose database and caches are on loopback.
    fn new() -> Keystone {
        let place = Place::new("keystone");
        let mut shipped = Shipped::render(&["--set", "mariadb.replicas=1", "--set", "misc.workers=2"]);
        for secret in [FERNET_KEYS, CREDENTIAL_KEYS] {
            for number in ["0", "1"] {
                shipped.generate(secret, number, &fernet_key());
            }
        }
        let mut hosts = vec![(
            "mariadb.openstack.svc.cluster.local".to_owned(),
            place.address(1).to_string(),
        )];
        for ordinal in 0..3 {
            let host = format!("memcached-{ordinal}.memcached.openstack.svc.cluster.local");
            hosts.push((host, place.address(ordinal + 1).to_string()));
        }
        let keys = ["fernet-keys", "credential-keys"].map(|name| place.directory(name));
        let keystone = Keystone {
            api: place.address(1),
            place,
            shipped,
            hosts,
            keys,
        };
        for (secret, directory) in [FERNET_KEYS, CREDENTIAL_KEYS].iter().zip(&keystone.keys) {
            for number in ["0", "1"] {
                fs::write(format!("{directory}/{number}"), keystone.shipped.secret(secret, number)).expect("our own");
            }
        }
        // One of the places where Keystone looks for its configuration. /etc/keystone is another.
        let configuration = keystone.configuration();
        keystone.place.write(".keystone/keystone.conf", &configuration);
        keystone
    }

    fn configuration(&self) -> String {
        let mut replacements = vec![
            ("/var/lib/keystone/fernet-keys", self.keys[0].as_str()),
            ("/var/lib/keystone/credential-keys", &self.keys[1]),
        ];
        let caches = self.hosts.iter().skip(1);
        replacements.extend(caches.map(|(host, address)| (host.as_str(), address.as_str())));
        self.shipped.file("keystone-etc", "keystone.conf", &replacements)
    }

    /// What a workload runs, against the database that is here.
    fn program(&self, kind: &str, name: &str) -> Program {
        let (host, address) = &self.hosts[0];
        self.shipped
            .program(kind, name, &[])
            .with(&[(&format!("{host}:3306"), &format!("{address}:3306"))])
    }

    fn create_database(&self) {
        let client = self.place.path("client.cnf");
        let script = self
            .shipped
            .file("mariadb-bin", "create-database.sh", &[("/tmp/client.cnf", &client)]);
        let script = self.place.write("create-database.sh", &script);
        let (host, address) = &self.hosts[0];
        self.shipped
            .program("Job", "keystone-db-init", &[])
            .with(&[("/opt/mariadb/create-database.sh", &script), (host, address)])
            .run(&self.place, "keystone-db-init");
    }

    fn serve(&self) -> Process {
        let listen = format!("http-socket = {}:5000", self.api);
        let ini = self
            .shipped
            .file("keystone-etc", "uwsgi.ini", &[("http-socket = :5000", &listen)]);
        let ini = self.place.write("uwsgi.ini", &ini);
        let mut program = self
            .program("Deployment", "keystone-api")
            .with(&[("/etc/keystone/uwsgi.ini", &ini)]);
        assert_eq!(program.command[0], "uwsgi");
        // In the image it is built into its Python; Debian's is to be told of both.
        let environment = environment();
        let environment = environment.to_str().expect("text");
        let debian = ["uwsgi-core", "--plugin", "python3", "--virtualenv", environment];
        program.command.splice(..1, debian.map(str::to_owned));
        let mut process = program.start(&self.place, "keystone-api");
        process.wait_until(&self.place, "Keystone is healthy", || {
            answers(self.api, 5000, "/healthcheck")
        });
        process
    }

    /// Runs the client as the printed openrc says, through something that routes as Traefik does.
    #[track_caller]
    fn client(&self, openrc: &str, command: &str) -> Value {
        let proxy = relay(SocketAddr::new(self.api, 5000));
        let script = format!("{openrc}\nexec openstack {command} --format json");
        let answer = Program::new(&["bash", "-euc", &script])
            .env("OS_PASSWORD", self.shipped.secret("keystone-admin", "password"))
            .env("http_proxy", format!("http://{proxy}"))
            .run(&self.place, "openstack");
        serde_json::from_str(&answer).expect("the client prints JSON")
    }

    /// Runs what a CronJob runs, as its ServiceAccount; what it printed.
    #[track_caller]
    fn rotate(&self, bed: &Bed, kind: &str, arguments: &[(&str, &str)]) -> String {
        let name = format!("keystone-{kind}-rotate");
        let account = self.place.directory("account");
        let token = bed.kubectl(&["create", "token", "keystone-rotate"]);
        let server = bed.plane.server().strip_prefix("https://").expect("a URL");
        let (host, port) = server.rsplit_once(':').expect("a URL with a port");
        let kubeconfig = fs::read_to_string(&bed.user.kubeconfig).expect("a file of the bed");
        let kubeconfig: Value = serde_json::from_str(&kubeconfig).expect("it is JSON");
        let certificate = &kubeconfig["clusters"][0]["cluster"]["certificate-authority"];
        for (file, text) in [("token", token.trim()), ("namespace", NAMESPACE)] {
            fs::write(format!("{account}/{file}"), text).expect("a file of our own");
        }
        let certificate = certificate.as_str().expect("a path");
        fs::copy(certificate, format!("{account}/ca.crt")).expect("a certificate");
        let script = self.shipped.file(
            "keystone-bin",
            "rotate-keys.py",
            &[
                ("/var/run/secrets/kubernetes.io/serviceaccount", &account),
                (
                    "/etc/keystone/keystone.conf",
                    &self.place.path(".keystone/keystone.conf"),
                ),
            ],
        );
        let script = self.place.write("rotate-keys.py", &script);
        let program = match kind {
            "fernet" => self.shipped.program("CronJob", &name, &[]),
            _ => self.program("CronJob", &name),
        };
        program
            .with(&[("/opt/keystone/rotate-keys.py", script.as_str())])
            .with(arguments)
            .env("KUBERNETES_SERVICE_HOST", host)
            .env("KUBERNETES_SERVICE_PORT", port)
            .run(&self.place, &name)
    }

    /// What the kubelet does: the files of the pods become what the Secrets hold. The keys, by number.
    fn follow(&self, bed: &Bed, secret: &str) -> Vec<String> {
        let directory = &self.keys[usize::from(secret == CREDENTIAL_KEYS)];
        let data = bed.get("secret", secret).expect("it is there")["data"].clone();
        let data = data.as_object().expect("it has keys").clone();
        for entry in fs::read_dir(directory).expect("our own").flatten() {
            let _ = fs::remove_file(entry.path());
        }
        (0..data.len())
            .map(|number| {
                let key = data[&number.to_string()].as_str().expect("numbers without gaps");
                let key = String::from_utf8(BASE64_STANDARD.decode(key).expect("base64")).expect("text");
                fs::write(format!("{directory}/{number}"), &key).expect("our own");
                key
            })
            .collect()
    }
}

/// From nothing to a token for admin by the printed openrc; then all of it again, which changes
/// nothing; then new keys, with which what was locked before can still be opened.
#[test]
fn a_token_by_the_printed_openrc_and_keys_that_rotate() {
    if !super::available() {
        return;
    }
    let keystone = Keystone::new();
    let (place, shipped) = (&keystone.place, &keystone.shipped);
    let _caches: Vec<_> = (1..=3).map(|number| memcached::start(place, shipped, number)).collect();
    let mut database = galera::start(place, shipped, 0, 1);
    database.wait_until(place, "the database is ready", || galera::is_ready(place, 0));

    // Each Job twice: a Job may run again at any time.
    for _ in 0..2 {
        keystone.create_database();
        keystone
            .program("Job", "keystone-db-sync")
            .run(place, "keystone-db-sync");
        keystone
            .program("Job", "keystone-bootstrap")
            .run(place, "keystone-bootstrap");
    }
    let _api = keystone.serve();
    keystone
        .program("Job", "keystone-db-contract")
        .run(place, "keystone-db-contract");

    let openrc = stackanetes(&["output", "openrc"]);
    assert!(
        openrc.contains("\nexport OS_AUTH_URL=http://identity.openstack.cluster:30080/v3\n"),
        "{openrc}"
    );
    let token = keystone.client(&openrc, "token issue");
    let id = token["id"].as_str().expect("a token");
    assert!(id.starts_with("gAAAAA"), "a Fernet token");
    let caches = Program::new(&[
        "bash",
        "-c",
        &format!(
            "exec 3<>/dev/tcp/{}/11211; printf 'stats\\r\\nquit\\r\\n' >&3; cat <&3",
            place.address(1)
        ),
    ]);
    assert!(caches.run(place, "stats").contains("STAT cmd_set"), "Keystone caches");

    // The endpoints are those of the parameters, and are found by name from outside.
    let endpoints = keystone.client(&openrc, "endpoint list");
    let mut urls: Vec<_> = endpoints
        .as_array()
        .expect("a list")
        .iter()
        .map(|endpoint| {
            (
                endpoint["Interface"].as_str().expect("text"),
                endpoint["URL"].as_str().expect("text"),
            )
        })
        .collect();
    urls.sort_unstable();
    let inside = "http://keystone.openstack.svc.cluster.local:5000/v3";
    assert_eq!(
        urls,
        [
            ("admin", inside),
            ("internal", inside),
            ("public", "http://identity.openstack.cluster:30080/v3")
        ]
    );

    register(&keystone, &openrc);

    // Something that is locked with the credential keys.
    let credential = keystone.client(&openrc, "credential create --type cert admin secret-of-a-user");
    let credential = credential["id"].as_str().expect("an id").to_owned();
    rotate(&keystone, &openrc, id, &credential);
}

/// A service is registered by its Job: all of it the first time, nothing the next, and then what
/// differs alone.
fn register(keystone: &Keystone, openrc: &str) {
    let place = &keystone.place;
    let script = place.write(
        "register.py",
        &keystone.shipped.file("keystone-bin", "register.py", &[]),
    );
    let api = format!("http://{}:5000", keystone.api);
    let run = |parameters: &[&str]| {
        let job = Shipped::render(parameters).program("Job", "glance-ks-register", &[]);
        job.with(&[
            ("/opt/keystone/register.py", &script),
            ("http://keystone.openstack.svc.cluster.local:5000", &api),
        ])
        .run(place, "glance-ks-register")
    };
    let made = run(&[]);
    for what in ["project service", "user glance", "service image", "endpoint public"] {
        assert!(made.contains(&format!("{what}: making it\n")), "{made}");
    }
    assert!(made.contains("user glance: giving it the role service\n"), "{made}");
    assert_eq!(run(&[]), "");

    let host = ["--set", "network.ingress.host='%s.example.org'"];
    assert_eq!(run(&host), "endpoint public: changing url\n");
    let endpoints = keystone.client(openrc, "endpoint list --service image");
    let urls = endpoints
        .as_array()
        .expect("a list")
        .iter()
        .map(|endpoint| &endpoint["URL"]);
    let mut urls: Vec<_> = urls.map(|url| url.as_str().expect("text")).collect();
    urls.sort_unstable();
    let inside = "http://glance.openstack.svc.cluster.local:9292";
    assert_eq!(urls, [inside, inside, "http://image.example.org:30080"]);

    let password = [&host[..], &["--set", "passwords.keystone.glance=another"]].concat();
    assert_eq!(run(&password), "user glance: setting the password\n");
    assert_eq!(run(&password), "");
}

fn rotate(keystone: &Keystone, openrc: &str, token: &str, credential: &str) {
    let (place, shipped) = (&keystone.place, &keystone.shipped);
    let bed = Bed::on(ControlPlane::bare(), NAMESPACE);
    let mut objects = vec![
        shipped.object("Role", "keystone-rotate").clone(),
        shipped.object("RoleBinding", "keystone-rotate").clone(),
    ];
    objects.push(shipped.object("ServiceAccount", "keystone-rotate").clone());
    for secret in [FERNET_KEYS, CREDENTIAL_KEYS] {
        let mut object = shipped.object("Secret", secret).clone();
        object["stringData"] = json!({"0": shipped.secret(secret, "0"), "1": shipped.secret(secret, "1")});
        objects.push(object);
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    let list = replaced(
        &list.to_string(),
        &[(r#""namespace":"openstack""#, &format!(r#""namespace":"{NAMESPACE}""#))],
    );
    bed.kubectl_stdin(&["apply", "--filename", "-"], &list);

    // Key 0 comes into use, and a second time in a row is too early.
    let before = [shipped.secret(FERNET_KEYS, "0"), shipped.secret(FERNET_KEYS, "1")];
    assert!(keystone.rotate(&bed, "fernet", &[]).contains("3 keys now"));
    assert!(keystone.rotate(&bed, "fernet", &[]).contains("too early"));
    let keys = keystone.follow(&bed, FERNET_KEYS);
    assert_eq!(keys[1..], [before[1].clone(), before[0].clone()]);
    // The old token is still good, and new ones are made.
    let check = |token: &str| {
        keystone.client(openrc, "token issue");
        let request =
            format!("GET /v3/auth/tokens HTTP/1.0\r\nX-Auth-Token: {token}\r\nX-Subject-Token: {token}\r\n\r\n");
        let mut stream = TcpStream::connect((keystone.api, 5000)).expect("it listens");
        stream.write_all(request.as_bytes()).expect("it is open");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.contains(" 200 OK"), "{answer}");
    };
    check(token);
    // Never more than are to be kept: the oldest goes.
    for _ in 0..3 {
        keystone.rotate(&bed, "fernet", &[("43200", "0")]);
    }
    let keys = keystone.follow(&bed, FERNET_KEYS);
    assert!(replaced(&keystone.configuration(), &[]).contains("\nmax_active_keys = 5\n"));
    assert_eq!((keys.len(), keys.contains(&before[1])), (5, false));

    // A credential is locked again with each key that comes into use.
    for _ in 0..3 {
        keystone.rotate(&bed, "credential", &[("86400", "0")]);
        assert_eq!(keystone.follow(&bed, CREDENTIAL_KEYS).len(), 3);
    }
    let shown = keystone.client(openrc, &format!("credential show {credential}"));
    assert!(shown.to_string().contains("secret-of-a-user"), "{shown}");

    // It has no other right.
    let account = format!("--as=system:serviceaccount:{NAMESPACE}:keystone-rotate");
    for (verb, what, may) in [
        ("get", "secret/keystone-fernet-keys", true),
        ("delete", "secret/keystone-fernet-keys", false),
        ("get", "secret/keystone-admin", false),
        ("list", "secrets", false),
    ] {
        let answer = bed
            .plane
            .kubectl(&["auth", "can-i", verb, what, &account, "--namespace", NAMESPACE]);
        assert_eq!(answer.stdout.trim() == "yes", may, "{verb} {what}");
    }
    assert!(
        !place.log("keystone-api").contains("Traceback"),
        "{}",
        place.log("keystone-api")
    );
}

/// A proxy for HTTP that brings every request to this address, whatever its host; where it listens.
/// Like Traefik, it says which host was asked for.
fn relay(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind((to.ip(), 0)).expect("a free port");
    let address = listener.local_addr().expect("it has one");
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || bring(client, to));
        }
    });
    address
}

fn bring(client: TcpStream, to: SocketAddr) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let [method, url, version] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            return None;
        };
        let (host, path) = url.strip_prefix("http://")?.split_once('/')?;
        let mut request =
            format!("{method} /{path} {version}\r\nX-Forwarded-Host: {host}\r\nX-Forwarded-Proto: http\r\n");
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            request += &header;
            if header == "\r\n" {
                break;
            }
            if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let mut server = TcpStream::connect(to).ok()?;
        server.write_all(request.as_bytes()).ok()?;
        server.write_all(&body).ok()?;
        // Keystone closes after each answer, and says so: this connection ends with it.
        std::io::copy(&mut server, &mut &client).ok()?;
        client.shutdown(std::net::Shutdown::Both).ok()?;
    }
}

fn fernet_key() -> String {
    let mut bytes = [0; 32];
    let mut random = fs::File::open("/dev/urandom").expect("there is one");
    random.read_exact(&mut bytes).expect("it never ends");
    base64::prelude::BASE64_URL_SAFE.encode(bytes)
}
