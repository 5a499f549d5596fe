//! The other services of OpenStack, by their real packages. They are a gigabyte, so they are asked for:
//! `tests/programs/install --openstack`; with `STACKANETES_OPENSTACK=required` none is left out.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::process::Program;
use super::{Place, Process, Shipped, answers, environment, galera, path};
use crate::environments;
use crate::options::{self, Copy, EVERYTHING, Mistake};

/// The Python environment that `tests/programs/install --openstack` makes.
fn packages() -> PathBuf {
    environment().with_file_name("openstack")
}

fn packages_available() -> bool {
    if !super::available() {
        return false;
    }
    let is_there = packages().join("complete").is_file();
    let required = env::var_os("STACKANETES_OPENSTACK").is_some_and(|value| value == "required");
    assert!(
        is_there || !required,
        "not there: OpenStack in {}",
        packages().display()
    );
    if !is_there {
        // Not by eprintln, whose output the test runner withholds from a test that passes.
        let _ = writeln!(
            io::stderr(),
            "skipped, for want of OpenStack: run tests/programs/install --openstack"
        );
    }
    is_there
}

impl Program {
    /// With the programs of these packages before all others.
    fn of_packages(self) -> Program {
        let path = format!("{}/bin:{}", packages().display(), path());
        // Scripts of ours read each other: nothing is left beside them.
        self.env("PATH", path).env("PYTHONDONTWRITEBYTECODE", "1")
    }
}

/// Which service reads a file of a ConfigMap, by the name that `check-options.py` has for it.
fn reader(config_map: &str, key: &str) -> Option<String> {
    let reader = match (config_map, key) {
        ("neutron-etc", "ml2_conf.ini") => "neutron-ml2".to_owned(),
        ("neutron-agents-etc", "neutron.conf") => "neutron-agents".to_owned(),
        ("neutron-agents-etc", agent) => format!("neutron-{}", agent.strip_suffix(".ini")?.replace('_', "-")),
        (_, "glance-api.conf") => "glance".to_owned(),
        (_, "cinder.conf" | "keystone.conf" | "neutron.conf" | "nova.conf" | "placement.conf") => {
            key.strip_suffix(".conf")?.to_owned()
        }
        _ => return None,
    };
    Some(reader)
}

/// The configuration files of all environments, each once.
fn configuration_files() -> Vec<Value> {
    let mut files = BTreeSet::new();
    for environment in environments::names() {
        for object in environments::rendered(&environment) {
            let Some(data) = object["data"].as_object().filter(|_| object["kind"] == "ConfigMap") else {
                continue;
            };
            let name = object["metadata"]["name"].as_str().expect("a name");
            for (key, text) in data {
                if let Some(service) = reader(name, key) {
                    let text = text.as_str().expect("text").to_owned();
                    files.insert((service, format!("{name}/{key}"), text));
                }
            }
        }
    }
    let files = files.into_iter();
    files
        .map(|(service, name, text)| json!({"service": service, "name": name, "text": text}))
        .collect()
}

/// No file of any environment has an option that there is none of, or a value that is none for it.
#[test]
fn every_option_is_one_that_the_service_has() {
    if !packages_available() {
        return;
    }
    let place = Place::new("options");
    let files = configuration_files();
    let services: BTreeSet<_> = files
        .iter()
        .map(|file| file["service"].as_str().expect("text"))
        .collect();
    assert_eq!(services.len(), 12, "{services:?}");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/check-options.py");
    let check = |files: &[Value]| {
        let command = format!("python3 {script} || echo found");
        let program = Program::new(&["sh", "-c", &command]).of_packages();
        program.run_with(&place, "options", &Value::from(files).to_string())
    };
    assert_eq!(check(&files).trim(), "");

    // And it would find one.
    let neutron = files
        .iter()
        .find(|file| file["service"] == "neutron")
        .expect("it is there");
    for (right, wrong, finding) in [
        (
            "rabbit_quorum_queue =",
            "rabbit_quorum_queues =",
            "there is no oslo_messaging_rabbit/rabbit_quorum_queues",
        ),
        ("l3_ha = False", "l3_ha = perhaps", "DEFAULT/l3_ha: "),
    ] {
        let mut file = neutron.clone();
        let text = file["text"].as_str().expect("text").to_owned();
        assert!(text.contains(right));
        file["text"] = text.replace(right, wrong).into();
        let found = check(&[file]);
        assert!(found.contains(finding) && found.ends_with("found\n"), "{found}");
    }
}

/// What `oslo-config-validator` says of each of these files.
fn validated(files: &[Value]) -> Vec<Vec<String>> {
    let place = Place::new("validator");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/validate-options.py");
    let program = Program::new(&["python3", script]).of_packages();
    let said = program.run_with(&place, "validator", &Value::from(files).to_string());
    serde_json::from_str(&said).expect("a list of lists")
}

/// The validator, too, finds nothing in what is shipped; and whatever it finds where a mistake was made,
/// `check` has found: see `options::every_mistake_is_found_at_its_line_of_the_template`.
#[test]
fn the_validator_of_oslo_config_finds_no_more_than_check() {
    if !packages_available() {
        return;
    }
    let files = configuration_files();
    for (file, said) in files.iter().zip(validated(&files)) {
        assert!(said.is_empty(), "{}: {said:?}", file["name"]);
    }

    let copy = Copy::new("validated-options");
    let mistakes = options::mistakes();
    let text = |mistake: &Mistake| {
        let (component, key) = mistake.file.split_once("/etc/").expect("a file of a component");
        let config_map = format!("{component}-etc");
        let key = key.trim_end_matches(".j2");
        let service = reader(&config_map, key).expect("it is read by a service");
        let rendered = copy.with(mistake, |_| {
            copy.run(&[&["render"][..], &EVERYTHING].concat()).exits(0).stdout
        });
        let objects: Vec<Value> = serde_saphyr::from_multiple(&rendered).expect("the output is YAML");
        let mut found = objects
            .iter()
            .filter(|object| object["kind"] == "ConfigMap" && object["metadata"]["name"] == *config_map);
        let text = found.next().expect("the ConfigMap is there")["data"][key]
            .as_str()
            .expect("text")
            .to_owned();
        json!({"service": service, "name": mistake.file, "text": text})
    };
    let files: Vec<Value> = mistakes.iter().map(text).collect();
    for (mistake, said) in mistakes.iter().zip(validated(&files)) {
        let is_found = ["validator", "parser"].contains(&mistake.known_to.as_str());
        assert_eq!(!said.is_empty(), is_found, "{}: {said:?}", mistake.finding);
    }
    // What it does not look at, the service itself refuses.
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/check-options.py");
    let typed: Vec<_> = mistakes
        .iter()
        .zip(files)
        .filter(|(mistake, _)| mistake.known_to == "type")
        .collect();
    let typed: Vec<Value> = typed.into_iter().map(|(_, file)| file).collect();
    let command = format!("python3 {script} || true");
    let program = Program::new(&["sh", "-c", &command]).of_packages();
    let found = program.run_with(&Place::new("typed"), "typed", &Value::from(typed.clone()).to_string());
    assert_eq!(found.lines().count(), typed.len(), "{found}");
}

/// The table that our types are held to says what those of oslo.config do.
#[test]
fn the_table_of_values_is_that_of_oslo_config() {
    if !super::available() {
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/option_values.py");
    let program = Program::new(&["python3", script]).env("PYTHONDONTWRITEBYTECODE", "1");
    let table = program.run(&Place::new("values"), "values");
    assert_eq!(table, include_str!("../../../fixtures/options/values.tsv"));
}

/// What is shipped is what the script makes of the packages.
#[test]
fn the_schemas_are_those_of_the_packages() {
    if !packages_available() {
        return;
    }
    let place = Place::new("schemas");
    let components = [
        "cinder",
        "glance",
        "keystone",
        "neutron",
        "neutron-agents",
        "nova",
        "placement",
    ];
    for component in components {
        place.directory(component);
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/option_schemas.py");
    Program::new(&["python3", script, &place.path("")])
        .of_packages()
        .run(&place, "schemas");
    let desired = Path::new(env!("CARGO_MANIFEST_DIR")).join("desired");
    let mut count = 0;
    for component in components {
        for entry in fs::read_dir(desired.join(component).join("options")).expect("schemas") {
            let path = entry.expect("an entry").path();
            let made = place.path(path.strip_prefix(&desired).expect("below it").to_str().expect("text"));
            let same = fs::read(&path).expect("a schema") == fs::read(&made).expect("it is made");
            assert!(
                same,
                "{} is not what tests/programs/option_schemas.py makes",
                path.display()
            );
            count += 1;
        }
    }
    assert_eq!(count, 12);
}

/// What all services have in common here: a database, and a place.
struct Services {
    place: Place,
    shipped: Shipped,
    /// The same with Ceph, without which there is no Cinder. The others would look for Ceph.
    with_ceph: Shipped,
}

/// One process of each service, on one node of the database.
const SMALL: [&str; 4] = ["--set", "mariadb.replicas=1", "--set", "misc.workers=1"];

/// The services, and the Jobs that make their tables.
const SERVICES: [(&str, &[&str]); 5] = [
    ("placement", &["db-sync", "online-migrations"]),
    ("glance", &["db-sync", "metadefs", "db-contract"]),
    ("cinder", &["db-sync", "online-migrations"]),
    ("neutron", &["db-sync", "db-contract"]),
    ("nova", &["db-sync", "online-migrations"]),
];

impl Services {
    fn new(place: Place) -> Services {
        let render = |args: &[&str]| {
            let mut shipped = Shipped::render(args);
            for (service, _) in SERVICES {
                shipped.generate(&format!("{service}-keystone"), "memcache", "a-key");
            }
            shipped
        };
        Services {
            place,
            shipped: render(&SMALL),
            with_ceph: render(&[&SMALL[..], &EVERYTHING].concat()),
        }
    }

    fn shipped(&self, service: &str) -> &Shipped {
        match service {
            "cinder" => &self.with_ceph,
            _ => &self.shipped,
        }
    }

    /// Writes what a pod finds in `/etc`, each in a directory of its service here.
    fn configure(&self) {
        for (service, _) in SERVICES {
            let config_map = self.shipped(service).object("ConfigMap", &format!("{service}-etc"));
            for (key, text) in config_map["data"].as_object().expect("it has files") {
                let file = match key.as_str() {
                    "ml2_conf.ini" => "plugins/ml2/ml2_conf.ini",
                    key => key,
                };
                let text = text.as_str().expect("text");
                let text = text.replace("/etc/", &self.place.path("etc/"));
                let text = text.replace("/var/lib/", &self.place.path("lib/"));
                let listen = format!("http-socket = {}:", self.place.address(1));
                let text = text.replace("http-socket = :", &listen);
                self.place.write(&format!("etc/{service}/{file}"), &text);
            }
        }
        for (service, _) in SERVICES {
            // The other place where they look for what is in /etc.
            let home = self.place.path(&format!(".{service}"));
            let settings = self.place.path(&format!("etc/{service}"));
            std::os::unix::fs::symlink(settings, home).expect("a link of our own");
        }
        for directory in ["glance/images", "glance/scratch", "cinder", "neutron", "nova"] {
            self.place.directory(&format!("lib/{directory}"));
        }
    }

    /// What a workload runs, with the database and the files that are here.
    fn program(&self, kind: &str, name: &str, service: &str) -> Program {
        let shipped = self.shipped(service);
        let mut program = shipped.program(kind, name, &[("status.podIP", "127.0.0.1")]);
        let address = self.place.address(1).to_string();
        let scripts = [("nova-bin", "/opt/nova/"), ("mariadb-bin", "/opt/mariadb/")];
        let mut here = |text: &mut String| {
            *text = text.replace("mariadb.openstack.svc.cluster.local", &address);
            for file in ["neutron.conf", "plugins", "uwsgi"] {
                let path = format!("etc/{service}/{file}");
                *text = text.replace(&format!("/{path}"), &self.place.path(&path));
            }
            for (config_map, directory) in scripts {
                if let Some(script) = text.strip_prefix(directory) {
                    let script = script.to_owned();
                    let content = shipped.file(config_map, &script, &[]);
                    let content = content
                        .replace("/tmp/", &self.place.path(""))
                        .replace("/backup", &self.place.path("backup"));
                    *text = self.place.write(&script, &content);
                }
            }
        };
        program.command.iter_mut().for_each(&mut here);
        program.environment.iter_mut().for_each(|(_, value)| here(value));
        // Some look in a directory that can be said.
        let settings = self.place.path(&format!("etc/{service}"));
        let variable = format!("OS_{}_CONFIG_DIR", service.to_uppercase());
        program.env(&variable, settings).of_packages()
    }

    fn serve(&self, service: &str, deployment: &str) -> Process {
        let mut program = self.program("Deployment", deployment, service);
        assert_eq!(program.command[0], "uwsgi");
        // In the image it is built into its Python; Debian's is to be told of both.
        let packages = packages();
        let debian = [
            "uwsgi-core",
            "--plugin",
            "python3",
            "--virtualenv",
            packages.to_str().expect("text"),
        ];
        program.command.splice(..1, debian.map(str::to_owned));
        program.start(&self.place, deployment)
    }
}

/// From nothing, each service's Jobs make its database, may run again, and leave a copy behind; then its
/// API answers, by the path that its probes ask for.
#[test]
fn databases_are_made_by_the_jobs_and_the_apis_answer() {
    if !packages_available() {
        return;
    }
    let services = Services::new(Place::new("openstack"));
    let (place, shipped) = (&services.place, &services.shipped);
    services.configure();
    place.directory("backup");
    let mut database = galera::start(place, shipped, 0, 1);
    database.wait_until(place, "the database is ready", || galera::is_ready(place, 0));

    for (service, jobs) in SERVICES {
        for job in [&["db-init"], &jobs[..1], &["db-backup"], jobs].concat() {
            let name = format!("{service}-{job}");
            services.program("Job", &name, service).run(place, &name);
        }
    }
    let backups: Vec<_> = std::fs::read_dir(place.path("backup"))
        .expect("our own")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(backups.len(), SERVICES.len(), "{backups:?}");
    let words = galera::query(
        place,
        0,
        "password",
        "SELECT COUNT(*) > 10 FROM glance.metadef_namespaces",
    );
    assert_eq!(words.trim(), "1");
    // Where cells are is kept without a password.
    let cells = "SELECT name, transport_url, database_connection FROM nova_api.cell_mappings ORDER BY name";
    let cells = galera::query(place, 0, "password", cells);
    assert!(
        cells.starts_with("cell0\tnone:///\t{scheme}://{username}:{password}@"),
        "{cells}"
    );
    assert!(
        cells.contains("\ncell1\t{scheme}://{username}:{password}@") && !cells.contains(":password@"),
        "{cells}"
    );

    let apis = [
        ("placement", "placement-api", 8778, "/"),
        ("glance", "glance-api", 9292, "/healthcheck"),
        ("cinder", "cinder-api", 8776, "/healthcheck"),
        ("neutron", "neutron-server", 9696, "/healthcheck"),
        ("nova", "nova-api", 8774, "/"),
        ("nova", "nova-metadata", 8775, "/"),
    ];
    for (service, deployment, port, path) in apis {
        let probe =
            &services.shipped(service).object("Deployment", deployment)["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(probe["readinessProbe"]["httpGet"]["path"], path);
        assert_eq!(probe["ports"][0]["containerPort"], port);
        let mut api = services.serve(service, deployment);
        api.wait_until(place, deployment, || answers(place.address(1), port, path));
        api.stop();
    }
}
