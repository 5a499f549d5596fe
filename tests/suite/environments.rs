//! The shipped `desired/` with each of the environments in `fixtures/environments`, which switch
//! what can be switched.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::bed::Run;
use crate::control_plane::{ControlPlane, Form};
use crate::desired::copy;

/// Where the environments are.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/environments")
}

/// All environments, by name.
pub fn names() -> Vec<String> {
    let entries = fs::read_dir(fixtures()).expect("the fixtures are there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut names: Vec<String> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    names
}

/// A directory whose `desired/` is a copy of the shipped one, with the environments.
pub fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-environments", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("desired"),
            &root.join("desired"),
        );
        copy(&fixtures(), &root.join("desired/environments"));
        root
    })
}

#[track_caller]
fn stackanetes(args: &[&str]) -> Run {
    let child = Command::new(env!("CARGO_BIN_EXE_stackanetes"))
        .args(args)
        .current_dir(directory())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    Run::finish(child.expect("the command starts"))
}

/// The objects of an environment.
#[track_caller]
pub fn rendered(environment: &str) -> Vec<Value> {
    let run = stackanetes(&["render", "--show-secrets", "--environment", environment]).exits(0);
    serde_saphyr::from_multiple(&run.stdout).expect("the output is YAML")
}

fn of_kind<'a>(objects: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    objects.iter().filter(move |object| object["kind"] == kind)
}

fn named<'a>(objects: &'a [Value], kind: &'a str, name: &str) -> &'a Value {
    let mut found = of_kind(objects, kind).filter(|object| object["metadata"]["name"] == name);
    found.next().unwrap_or_else(|| panic!("there is no {kind} {name}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn every_environment_is_clean_under_check() {
    for name in names() {
        let run = stackanetes(&["check", "--environment", &name]);
        assert!(run.stdout.contains("nothing found"), "{name}:\n{}", run.stdout);
        run.exits(0);
    }
}

/// Every object of every environment, by a dry-run, into namespaces with their limits.
#[test]
fn every_environment_is_accepted_by_the_server_without_a_warning() {
    let plane = ControlPlane::start(Form::Bare);
    let default = rendered("default");
    let namespaces: Vec<&Value> = of_kind(&default, "Namespace").collect();
    assert_eq!(namespaces.len(), 2);
    let namespaces = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": namespaces}).to_string();
    let apply = ["apply", "--server-side", "--filename", "-"];
    plane.kubectl_stdin(&apply, &namespaces).expect_success();

    for name in names() {
        let mut objects = rendered(&name);
        for object in &mut objects {
            // Without one, an object is in that of the set; what has none ignores it.
            if object["metadata"]["namespace"].is_null() && ["ConfigMap", "Secret"].contains(&kind(object)) {
                object["metadata"]["namespace"] = "openstack".into();
            }
        }
        let count = objects.len();
        let objects = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
        let output = plane.kubectl_stdin(&[&apply[..], &["--dry-run=server"]].concat(), &objects);
        // What this environment is about is to end some day, and the server says so.
        let known = "spec.externalIPs is deprecated";
        let is_known = |line: &&str| name == "external-ips" && line.contains(known);
        let said: Vec<&str> = output.stderr.lines().filter(|line| !is_known(line)).collect();
        assert!(said.is_empty(), "{name}: {said:?}");
        assert_eq!(name == "external-ips", output.stderr.contains(known), "{name}");
        assert_eq!(output.expect_success().lines().count(), count, "{name}");
    }
}

fn kind(object: &Value) -> &str {
    object["kind"].as_str().expect("an object has a kind")
}

/// One parameter says where the cloud is found, and all that tells somebody follows.
#[test]
fn another_host_is_everywhere_and_the_old_one_nowhere() {
    let (old, new) = ("openstack.cluster", "cloud.example.org");
    let openrc = |environment: &str| {
        stackanetes(&["output", "openrc", "--environment", environment])
            .exits(0)
            .stdout
    };
    let default = rendered("default");
    let changed = rendered("another-host");
    for (objects, here, there) in [(&default, old, new), (&changed, new, old)] {
        let text = serde_json::to_string(objects).expect("JSON");
        assert!(text.contains(here) && !text.contains(there));
    }
    assert!(openrc("default").contains("http://identity.openstack.cluster:30080/v3\n"));
    assert!(openrc("another-host").contains("http://identity.cloud.example.org:443/v3\n"));
    assert!(!openrc("another-host").contains(old));

    let names = [
        "compute",
        "horizon",
        "identity",
        "image",
        "network",
        "novnc.compute",
        "placement",
    ];
    let hosts: Vec<String> = names.iter().map(|name| format!("{name}.{new}")).collect();
    let mut found: Vec<&str> = of_kind(&changed, "Ingress")
        .map(|ingress| ingress["spec"]["rules"][0]["host"].as_str().expect("a host"))
        .collect();
    found.sort_unstable();
    assert_eq!(found, hosts);

    // The endpoints: of each that has an Ingress and is in Keystone, by the Job that registers it.
    let public = |job: &str| {
        let args = list(&named(&changed, "Job", job)["spec"]["template"]["spec"]["containers"][0]["args"]);
        let mut args = args.iter().filter_map(|arg| arg.as_str()?.strip_prefix("--public="));
        args.next().expect("it registers a public endpoint").to_owned()
    };
    for (service, url) in [
        ("glance", "http://image.cloud.example.org:443"),
        ("neutron", "http://network.cloud.example.org:443"),
        ("nova", "http://compute.cloud.example.org:443/v2.1"),
        ("placement", "http://placement.cloud.example.org:443"),
    ] {
        assert_eq!(public(&format!("{service}-ks-register")), url);
    }
    let bootstrap = named(&changed, "Job", "keystone-bootstrap");
    let bootstrap = &bootstrap["spec"]["template"]["spec"]["containers"][0]["env"];
    let url = list(bootstrap)
        .iter()
        .find(|variable| variable["name"] == "OS_BOOTSTRAP_PUBLIC_URL");
    let url = url.expect("Keystone registers itself");
    assert_eq!(url["value"], "http://identity.cloud.example.org:443/v3");
    let file = |config_map: &str, key: &str| {
        let text = named(&changed, "ConfigMap", config_map)["data"][key].as_str();
        text.expect("the file is there").to_owned()
    };
    assert!(file("horizon-etc", "local_settings.py").contains(r#"ALLOWED_HOSTS = ["horizon.cloud.example.org"]"#));
    let console = "novncproxy_base_url = http://novnc.compute.cloud.example.org:443/vnc_auto.html\n";
    assert!(file("nova-compute-etc", "nova.conf").contains(console));
}

/// Where Cinder is found: its Service, its port, its entry in the catalogue, and its name outside.
const CINDER: [&str; 4] = ["cinder.openstack.svc", "8776", "volumev3", "volume.openstack.cluster"];

/// Without Ceph nothing would keep volumes: nobody offers any, or is told where to ask for one.
#[test]
fn cinder_is_there_only_with_ceph() {
    for (args, is_there) in [
        (&["--set", "cinder.enabled=true"][..], false),
        (&["--environment", "ceph"], true),
        (&["--environment", "ceph", "--set", "cinder.enabled=false"], false),
    ] {
        stackanetes(&[&["check"], args].concat()).exits(0);
        let text = stackanetes(&[&["render"], args].concat()).exits(0).stdout;
        for word in CINDER {
            assert_eq!(text.contains(word), is_there, "{word} with {args:?}");
        }
        let objects: Vec<Value> = serde_saphyr::from_multiple(&text).expect("the output is YAML");
        let is_cinders = |object: &Value| object["metadata"]["labels"]["app.kubernetes.io/name"] == "cinder";
        assert_eq!(objects.iter().any(is_cinders), is_there, "{args:?}");
        // Nova is not configured for it either.
        assert_eq!(text.contains("[cinder]"), is_there, "{args:?}");
        assert_eq!(text.contains("OS_CINDER__PASSWORD"), is_there, "{args:?}");
    }
}

/// What Traefik is told to look for is what the Ingresses are, and what they lead to is there.
#[test]
fn traefik_and_the_ingresses_agree() {
    for (environment, node_port, tls) in [
        ("default", 30080, false),
        ("another-host", 31443, false),
        ("tls", 30080, true),
    ] {
        let objects = rendered(environment);
        let pod = &named(&objects, "Deployment", "traefik")["spec"]["template"]["spec"]["containers"][0];
        let arguments: Vec<&str> = list(&pod["args"]).iter().filter_map(Value::as_str).collect();
        let argument = |name: &str| {
            let mut given = arguments
                .iter()
                .filter_map(|argument| argument.strip_prefix(name)?.strip_prefix('='));
            given.next()
        };
        let class = argument("--providers.kubernetesingress.ingressclass").expect("a class");
        let namespace = argument("--providers.kubernetesingress.namespaces").expect("a namespace");
        assert_eq!(argument("--entrypoints.web.http.tls"), tls.then_some("true"));
        named(&objects, "IngressClass", class);

        // From the port of every node to that which Traefik listens on.
        let service = &named(&objects, "Service", "traefik")["spec"];
        assert_eq!(service["ports"][0]["nodePort"], node_port);
        let port = list(&pod["ports"])
            .iter()
            .find(|port| port["name"] == service["ports"][0]["targetPort"])
            .expect("the Service leads to a port of Traefik's");
        let address = argument("--entrypoints.web.address").expect("an entry point");
        assert_eq!(address, format!(":{}", port["containerPort"]));

        let ingresses: Vec<&Value> = of_kind(&objects, "Ingress").collect();
        assert!(ingresses.len() >= 7);
        for ingress in ingresses {
            assert_eq!(ingress["spec"]["ingressClassName"], class);
            assert_eq!(ingress["metadata"]["namespace"], namespace);
            let rule = &ingress["spec"]["rules"][0];
            if tls {
                let expected = serde_json::json!([{"hosts": [rule["host"]], "secretName": "openstack-certificate"}]);
                assert_eq!(ingress["spec"]["tls"], expected);
            } else {
                assert!(list(&ingress["spec"]["tls"]).is_empty());
            }
            let backend = &rule["http"]["paths"][0]["backend"]["service"];
            let service = named(&objects, "Service", backend["name"].as_str().expect("a name"));
            let ports = list(&service["spec"]["ports"]);
            assert!(ports.iter().any(|port| port["name"] == backend["port"]["name"]));
        }
    }
    for environment in ["no-ingress", "external-ips"] {
        let objects = rendered(environment);
        let kinds = ["Ingress", "IngressClass"];
        assert!(
            !objects.iter().any(|object| kinds.contains(&kind(object))),
            "{environment}"
        );
    }
}

/// Each is refused before anything is rendered, with the reason.
#[test]
fn wrong_parameters_are_refused_with_the_reason() {
    let key = "AQBAjcdlAAAAABAAyH3Cq0mq0w0dJ1x7mV9d0Q==";
    let keys = ["cinder", "glance", "radosgw"].map(|user| format!("ceph.{user}_keyring={key}"));
    let ceph = |last: &str| {
        let mut sets = keys.to_vec();
        sets.extend(["ceph.enabled=true".to_owned(), last.to_owned()]);
        sets
    };
    let one = |set: &str| vec![set.to_owned()];
    for (sets, reason) in [
        (one("mariadb.replicas=2"), "An even number is refused"),
        (one("rabbitmq.replicas=4"), "An even number is refused"),
        (one("network.ingress.host=openstack.cluster"), "It must hold %s once"),
        (one("network.ingress.host='%s.%s.org'"), "It must hold %s once"),
        (one("network.ingress.host='%s.Cloud_1'"), "It must hold %s once"),
        (one("network.ingress.port=0"), "The port of every public URL"),
        (one("network.ingress.node_port=443"), "--service-node-port-range"),
        (
            one("deployment.tolerations=[{key: a, effect: NoSchedul}]"),
            "deployment.tolerations",
        ),
        (
            one("deployment.image_pull_secrets=[Login]"),
            "kubernetes.io/dockerconfigjson",
        ),
        (one("nova.config={DEFAULT: {a: null}}"), "nova.config"),
        (one("nova.config={DEFAULT: {'a = b': 1}}"), "nova.config"),
        (one("nova.config={DEFAULT: {a: \"b\\nc\"}}"), "nova.config"),
        (
            one("mariadb.restore=../copy.sql.gz"),
            "The name of a file in the volume",
        ),
        (one("network.ingress.tls.secret=Certificate"), "The name of a Secret"),
        (one("network.minion_interface_name=eno1/0"), "at most 15 letters"),
        (
            one("network.minion_interface_name=a-name-of-16-let"),
            "at most 15 letters",
        ),
        (one("network.minion_interface_name=''"), "at most 15 letters"),
        (one("neutron.external_interface='eth 1'"), "at most 15 letters"),
        (one("neutron.bridge_name=br:ex"), "at most 15 letters"),
        (one("network.node_cidrs=[]"), "The networks that nodes are in"),
        (one("network.node_cidrs=[10.0.0.1]"), "network.node_cidrs"),
        (one("network.external_ips=[openstack.cluster]"), "network.external_ips"),
        (one("network.external_ips=[10.0.0.256]"), "network.external_ips"),
        (one("network.dns.servers=[dns.example.org]"), "network.dns.servers"),
        (
            one("deployment.control_node_label=openstack-control-plane=enabled"),
            "without a value",
        ),
        (one("deployment.compute_node_label='a label'"), "without a value"),
        (one("deployment.control_replicas=0"), "How many of each API"),
        (one("ceph.enabled=true"), "With Ceph there is at least one"),
        (ceph("ceph.monitors=[]"), "With Ceph there is at least one"),
        (ceph("ceph.monitors=['10.0.0.1,10.0.0.2']"), "ceph.monitors"),
        (ceph("ceph.monitors=[10.0.0.1, 10.0.0.1]"), "HOST or HOST:PORT each"),
        (one("ceph.monitors=[http://ceph]"), "ceph.monitors"),
        (ceph("ceph.cinder_user=client.cinder"), "without `client.`"),
        (ceph("ceph.glance_keyring=[client.glance]"), "ceph.glance_keyring"),
        (one("ceph.secret_uuid=457eb676"), "a UUID"),
        (one("passwords.database.nova=p@ss"), "only these characters"),
        (one("nova.virt_type=xen"), "The kind of virtual machines"),
        (one("neutron.tenant_network_type=vlan"), "The kind of tunnel"),
        (one("images.nova.tag=2026.1@sha256:12"), "A tag, or a tag with a digest"),
        (
            one("images.nova.registry=https://example.org"),
            "The host of a registry",
        ),
        (one("libvirt.memory.limit=16G"), "An amount of memory"),
        (
            one("glance.storage_access=ReadOnlyMany"),
            "more than one replica need many",
        ),
        (one("misc.workers=0"), "How many processes"),
    ] {
        let mut args = vec!["render"];
        args.extend(sets.iter().flat_map(|set| ["--set", set.as_str()]));
        let run = stackanetes(&args).exits(2).complains(reason).hides(&["p@ss"]);
        assert!(run.stdout.is_empty(), "{sets:?}");
    }
}
