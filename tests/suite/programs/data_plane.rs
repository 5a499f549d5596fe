//! What the data plane's pods run besides the services: where they are, and whose passwords they have.

use serde_json::{Value, json};

use super::Place;
use super::process::Program;
use crate::control_plane::{ControlPlane, Form};
use crate::environments;

/// A node's address is found by the name of its interface; a wrong name is told with the right ones.
#[test]
fn the_address_of_an_interface_or_which_there_are() {
    let place = Place::new("address");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/desired/data-plane/bin/address.py");
    let ask = |interface: &str| {
        let command = format!("python3 {script} {interface} 2>&1 || true");
        Program::new(&["sh", "-c", &command]).run(&place, "address")
    };
    assert_eq!(ask("lo").trim(), "127.0.0.1");
    let told = ask("eno17");
    assert!(
        told.contains("the interface eno17 has no address on this node"),
        "{told}"
    );
    assert!(told.contains("There are ") && told.contains("lo"), "{told}");
    assert!(told.contains("network.minion_interface_name"), "{told}");
}

/// A password that is made in the cluster becomes the same in both namespaces, by an account that may
/// do no more than that.
#[test]
fn passwords_that_are_made_become_the_same_in_the_data_plane() {
    const NAMES: [&str; 3] = ["rabbitmq-admin", "nova-keystone", "neutron-metadata"];
    let plane = ControlPlane::start(Form::Bare);
    let place = Place::new("secrets");
    let objects = environments::rendered("generated-passwords");
    let is_needed = |object: &&Value| {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        object["kind"] == "Namespace" || (name == "data-plane-secrets" && object["kind"] != "Job")
    };
    let apply = |objects: Vec<Value>| {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
        let apply = ["apply", "--server-side", "--filename", "-"];
        plane.kubectl_stdin(&apply, &list).expect_success();
    };
    let needed = objects.iter().filter(is_needed).cloned();
    let (namespaces, needed): (Vec<_>, Vec<_>) = needed.partition(|object| object["kind"] == "Namespace");
    apply(namespaces);
    apply(needed);
    // As the first sync makes them: each for itself.
    let secret = |namespace: &str, name: &str| {
        let metadata = json!({"name": name, "namespace": namespace});
        let data = json!({"password": format!("{name} in {namespace}"), "memcache": "another key"});
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data})
    };
    let namespaces = ["openstack", "openstack-data-plane"];
    let secrets = NAMES
        .iter()
        .flat_map(|name| namespaces.map(|namespace| secret(namespace, name)));
    apply(secrets.chain([secret("openstack", "mariadb-root")]).collect());

    let token = plane.kubectl(&["create", "token", "data-plane-secrets", "--namespace", "openstack"]);
    let server = plane.server().strip_prefix("https://").expect("a URL");
    let (host, port) = server.rsplit_once(':').expect("a URL with a port");
    let certificate = plane.kubectl(&["config", "view", "--raw", "--output", "json"]);
    let certificate: Value = serde_json::from_str(&certificate.expect_success()).expect("JSON");
    let certificate = certificate["clusters"][0]["cluster"]["certificate-authority"].as_str();
    let certificate = std::fs::read_to_string(certificate.expect("a path")).expect("a certificate");
    place.write("account/token", token.expect_success().trim());
    place.write("account/namespace", "openstack");
    place.write("account/ca.crt", &certificate);
    let script = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/desired/data-plane/bin/copy-secrets.py"
    ));
    let account = "/var/run/secrets/kubernetes.io/serviceaccount";
    let script = script.expect("it is there").replace(account, &place.path("account"));
    let script = place.write("copy-secrets.py", &script);
    let job = objects
        .iter()
        .find(|object| object["kind"] == "Job" && object["metadata"]["name"] == "data-plane-secrets");
    let job = &job.expect("there is one")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(job["args"], json!(NAMES));
    let run = || {
        Program::new(&[&["python3", &script], &NAMES[..]].concat())
            .env("KUBERNETES_SERVICE_HOST", host)
            .env("KUBERNETES_SERVICE_PORT", port)
            .run(&place, "copy-secrets")
    };
    assert_eq!(run().matches("was copied").count(), 3);
    assert_eq!(run().matches("is the same").count(), 3);
    for name in NAMES {
        let [here, there] =
            namespaces.map(|namespace| plane.get("secret", Some(namespace), name).expect("it is there"));
        assert_eq!(here["data"]["password"], there["data"]["password"]);
    }

    let user = "--as=system:serviceaccount:openstack:data-plane-secrets";
    for (verb, what, namespace, may) in [
        ("get", "secret/rabbitmq-admin", "openstack", true),
        ("patch", "secret/rabbitmq-admin", "openstack", false),
        ("patch", "secret/rabbitmq-admin", "openstack-data-plane", true),
        ("get", "secret/mariadb-root", "openstack", false),
        ("list", "secrets", "openstack-data-plane", false),
        ("create", "pods", "openstack-data-plane", false),
    ] {
        let answer = plane.kubectl(&["auth", "can-i", verb, what, user, "--namespace", namespace]);
        assert_eq!(answer.stdout.trim() == "yes", may, "{verb} {what} in {namespace}");
    }
}

/// Every script that is shipped can be read by the program that is to run it.
#[test]
fn every_script_is_one() {
    let desired = concat!(env!("CARGO_MANIFEST_DIR"), "/desired");
    let mut scripts = 0;
    for component in std::fs::read_dir(desired).expect("it is there").flatten() {
        let Ok(files) = std::fs::read_dir(component.path().join("bin")) else {
            continue;
        };
        for file in files.flatten().map(|entry| entry.path()) {
            let text = std::fs::read_to_string(&file).expect("text");
            let path = file.to_str().expect("text");
            let first = text.lines().next().unwrap_or_default();
            let python = "import ast, sys; ast.parse(open(sys.argv[1]).read())";
            let check: &[&str] = match first {
                "#!/usr/bin/env python3" => &["python3", "-c", python, path],
                "#!/bin/bash" => &["bash", "-n", path],
                "#!/bin/sh" => &["sh", "-n", path],
                other => panic!("{path} begins with {other}"),
            };
            let place = Place::new("script");
            Program::new(check).run(&place, "script");
            scripts += 1;
        }
    }
    assert!(scripts >= 15, "{scripts}");
}
